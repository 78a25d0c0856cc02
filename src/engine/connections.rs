//! Observing the connections: one run that asks what a runbook of pecks or bonds needs, and the
//! records that it was judged by.

use super::collect;
use super::run::Run;
use crate::connections::{Connections, Only};
use crate::judge::Selection;
use crate::probe::Access;
use crate::report::model::Report;
use crate::runbook::model::Runbook;

/// The records of a run and their report.
pub struct ObservedConnections {
    /// The requests and bonds.
    pub connections: Connections,
    /// What the runbook says of them.
    pub report: Report,
}

/// Asks and judges with one runbook, over all connections or over one.
pub async fn observe(
    mut run: Run,
    runbook: &Runbook,
    access: Access,
    only: Option<Only>,
) -> ObservedConnections {
    run.access = access;
    run.only = only;
    // A look at single connections is no check of the stack: it reads history and records nothing.
    run.queue = None;
    let steps = runbook.steps.iter().map(|step| (runbook, step));
    let mut collected = run.collect(&collect::probes_for_steps(steps)).await;
    let connections = collected.observations.take_connections();
    let selection = Selection {
        runbook,
        step: None,
    };
    ObservedConnections {
        connections: connections.unwrap_or_default(),
        report: collected.evaluate(&[selection], &[]).report,
    }
}
