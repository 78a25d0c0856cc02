//! `duckops alias check` and `show`: reports like those of every incident, in every format.

use super::gather::{Gathered, Wanted, gather};
use crate::act::alias::check::{self};
use crate::cli::Context;
use crate::cli::args::AliasRead;
use crate::cli::fail::Failure;
use crate::cli::run::shown;
use crate::report::model::{Report, Runbook};

pub(super) async fn check(
    context: &Context,
    read: &AliasRead,
    to: Option<&str>,
) -> Result<u8, Failure> {
    let wanted = Wanted {
        purpose: None,
        to,
        read,
        other_hosts: true,
    };
    let gathered = gather(context, &wanted).await?;
    let target = gathered.target.clone().unwrap_or_default();
    let runbook = gathered.checked(&wanted, &target, |known, checks| {
        check::as_runbook(known, &checks)
    });
    Ok(context.out.report(&report(&gathered, runbook)))
}

pub(super) async fn show(context: &Context, read: &AliasRead) -> Result<u8, Failure> {
    check(context, read, None).await
}

fn report(gathered: &Gathered, runbook: Runbook) -> Report {
    Report {
        stack: shown(gathered.stack()),
        started_at: gathered.clock.now,
        took: gathered.clock.began.elapsed(),
        verdict: runbook.verdict,
        root_cause: None,
        summary: runbook.summary.clone(),
        next_action: runbook.next_action.clone(),
        escalation: None,
        runbooks: vec![runbook],
        notes: gathered.all_notes(),
    }
}
