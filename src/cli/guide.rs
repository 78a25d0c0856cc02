//! What is drawn on a terminal: the walk through a runbook (`--guide`), and the watch.

mod screen;
mod walk;
pub(super) mod watch;

use super::Context;
use super::args::TriageArgs;
use super::fail::Failure;

/// `duckops triage RUNBOOK --guide`: through a runbook step by step, on a terminal.
pub(super) async fn main(context: &Context, args: &TriageArgs) -> Result<u8, Failure> {
    walk::main(context, args).await
}
