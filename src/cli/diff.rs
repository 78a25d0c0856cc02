//! `duckops diff A B`: what changed between two recordings. Sends no request.

use super::fail::Failure;
use super::{Context, args, recording};
use crate::engine::diff::compare;

pub(super) async fn main(context: &Context, args: &args::DiffArgs) -> Result<u8, Failure> {
    let before = recording::load(context, "", &args.before).await?;
    let after = recording::load(context, "", &args.after).await?;
    let (runbook, screen) = (args.runbook.as_deref(), context.out.screen);
    let document = compare(&context.library, (&before, &after), runbook, screen)?;
    Ok(context.out.document(&document))
}
