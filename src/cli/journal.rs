//! `duckops journal`: the writes that were made from this machine, and whether the journal is
//! intact. Sends no request.

use super::fail::Failure;
use super::format::Format;
use super::{Context, args};
use crate::engine::journal;
use crate::report;
use crate::state_dir::journal::{JournalEntry, Stage};

pub(super) fn main(context: &Context, args: &args::JournalArgs) -> Result<u8, Failure> {
    let is_json = context.out.format == Format::Json;
    // Whether it is whole and which writes are open takes no more of it than this.
    let is_needed = |entry: &JournalEntry| {
        is_json || !args.verify || matches!(entry.stage, Stage::Sending | Stage::Outcome)
    };
    let chain = journal::open(&context.settings)?.read_where(is_needed);
    let chain = chain.map_err(|error| Failure::own(error.to_string()))?;
    let document = report::journal::document(&chain, args.verify, is_json, context.out.screen);
    Ok(context.out.document(&document))
}
