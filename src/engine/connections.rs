//! Observing the connections: one run that asks what a runbook of pecks or bonds needs, and the
//! records that it was judged by.

use super::run::Run;
use super::runbooks::RequestedRunbooks;
use crate::connections::{Connections, Only};
use crate::probe::Access;
use crate::report::model::{Report, Verdict};

/// The records of a run and their report.
pub struct ObservedConnections {
    /// The requests and bonds.
    pub connections: Connections,
    /// What the runbook says of them.
    pub report: Report,
}

/// Asks and judges with one runbook, over all connections or over one. The verdict is that of the
/// connections; an incident that explains them has its name, its action and its escalation there.
pub async fn observe(
    mut run: Run,
    requested: &RequestedRunbooks,
    access: Access,
    only: Option<Only>,
) -> ObservedConnections {
    run.access = access;
    run.only = only;
    // A look at single connections is no check of the stack: it reads history and records nothing.
    run.queue = None;
    let mut collected = run.collect(&requested.probes()).await;
    let connections = collected.observations.take_connections();
    let mut report = requested.evaluate(collected).report;
    if let Some(own) = report.runbooks.first()
        && own.verdict != report.verdict
        && own.blocked_by.is_some()
    {
        let (verdict, summary) = (own.verdict, &own.summary);
        report.summary = match verdict {
            Verdict::Unknown => format!("{} {summary}", own.title).into(),
            _ => summary.clone(),
        };
        report.verdict = verdict;
        report.next_action = own.next_action.clone();
        report.escalation = own.escalation.clone();
    }
    ObservedConnections {
        connections: connections.unwrap_or_default(),
        report,
    }
}
