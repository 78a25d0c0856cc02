//! `duckops journal`: what was changed from this machine, and whether the record of it is
//! whole. Asks nobody.

use super::fail::Failure;
use super::{Context, args};
use crate::engine::journal;
use crate::report;

pub(super) fn main(context: &Context, args: &args::JournalArgs) -> Result<u8, Failure> {
    let chain = journal::open(&context.settings)?.read();
    let chain = chain.map_err(|error| Failure::own(error.to_string()))?;
    let document = report::journal::document(&chain, args.verify, context.out.screen);
    Ok(context.out.document(&document))
}
