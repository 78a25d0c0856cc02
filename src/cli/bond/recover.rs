//! `duckops bond rotate ID --recover`: the outcomes of unfinished rotations of a bond, by the
//! files that they left. Nothing is sent.

use crate::cli::Context;
use crate::cli::fail::Failure;
use crate::cli::prompt::{Terminal, print};
use crate::engine::run::Run;
use crate::write::Clock;
use crate::write::bond::{BondId, lock, recovered};
use crate::write::guarded::{WriteContext, open_state};
use crate::write::report::WriteReport;
use std::time::Instant;

pub(super) fn main(context: &Context, id: &str) -> Result<u8, Failure> {
    let bond = BondId::parse(id)?;
    let run = context.run()?;
    let clock = Clock {
        now: run.now,
        began: Instant::now(),
    };
    let report = recover(context, &run, clock, &bond).unwrap_or_else(|refused| *refused);
    Ok(print(context, super::WRITE, &report, Some(clock)))
}

fn recover(
    context: &Context,
    run: &Run,
    clock: Clock,
    bond: &BondId,
) -> Result<WriteReport, Box<WriteReport>> {
    let state = context.settings.state_dir.as_ref();
    let (state, journal) = open_state(state.map(|folder| folder.value.as_path()))?;
    let _lock = lock(state, &run.stack, bond, run.now)?;
    let write_context = WriteContext {
        stack: &run.stack,
        http: &run.http,
        aws: &run.aws,
        state,
        journal: &journal,
        clock,
        operator: &Terminal(context),
    };
    Ok(recovered(&write_context, bond))
}
