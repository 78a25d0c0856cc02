//! The probes: one file for each way of asking. Each declares the facts it yields, does
//! the counting and windowing, and says why when it cannot. No probe knows a rule.

mod alias;
mod audit;
mod aws;
mod connections;
mod document;
mod email;
mod executions;
mod history;
mod identity;
mod lambda;
mod logs;
mod metrics;
mod points;
mod status;

pub use audit::{Listed, listen};
pub use connections::Access;
pub use history::{Past, join};

use crate::cloud::{Aws, Http};
use crate::fact::{Declared, Probe};
use crate::population::Only;
use crate::reading::Reading;
use crate::redact::Secrets;
use crate::stack::Stack;
use std::time::Instant;
use time::OffsetDateTime;

/// What every probe is given.
#[derive(Debug)]
pub struct Ask {
    /// Whom to ask.
    pub stack: Stack,
    /// The HTTP stack.
    pub http: Http,
    /// The AWS clients' configuration.
    pub aws: Aws,
    /// The wall clock when the run began.
    pub now: OffsetDateTime,
    /// The steady clock at the same moment.
    pub began: Instant,
    /// When every answer must be in.
    pub deadline: Instant,
    /// The version that the alias is expected to have, where the caller names one: by flag,
    /// by configuration, or as the newest entry of a deploy log, in this order. Without it
    /// the version that the status API reports counts.
    pub expected_version: Option<String>,
    /// The one request or bond that the run is confined to.
    pub only: Option<Only>,
    /// With what the lists are asked.
    pub access: Access,
}

impl Ask {
    /// The wall clock at this moment.
    fn clock(&self) -> OffsetDateTime {
        self.now + self.began.elapsed()
    }

    /// Everything secret that this run works with.
    pub async fn secrets(&self) -> Secrets {
        let access = [&self.access.token, &self.access.key].into_iter().flatten();
        let access = access
            .chain(&self.access.others)
            .map(|secret| secret.expose().to_owned());
        Secrets::new(access.chain(self.aws.secrets().await))
    }
}

/// The facts that are running totals: what matters of them is by how much they grow.
pub const TOTALS: &[&str] = history::TOTALS;

/// Every probe, in the order of output.
pub const PROBES: [Probe; 11] = [
    Probe::Status,
    Probe::Audit,
    Probe::Executions,
    Probe::Email,
    Probe::Metrics,
    Probe::Logs,
    Probe::Alias,
    Probe::Lambda,
    Probe::Identity,
    Probe::Connections,
    Probe::History,
];

/// The probes that incidents need: who is asked when nothing is asked for by name.
pub fn of_incidents() -> impl Iterator<Item = Probe> {
    PROBES
        .into_iter()
        .filter(|probe| *probe != Probe::Connections)
}

/// The facts a probe yields.
pub fn declared(probe: Probe) -> &'static [Declared] {
    match probe {
        Probe::Status => status::FACTS,
        Probe::Audit => audit::FACTS,
        Probe::Executions => executions::FACTS,
        Probe::Email => email::FACTS,
        Probe::Metrics => metrics::FACTS,
        Probe::Logs => logs::FACTS,
        Probe::Alias => alias::FACTS,
        Probe::Lambda => lambda::FACTS,
        Probe::Identity => identity::FACTS,
        Probe::Connections => connections::FACTS,
        Probe::History => history::FACTS,
    }
}

/// The AWS actions that a probe needs.
pub fn permissions(probe: Probe) -> &'static [&'static str] {
    match probe {
        Probe::Executions => &[executions::ACTION],
        Probe::Email => &["ses:GetAccount"],
        Probe::Metrics | Probe::Lambda => &["cloudwatch:GetMetricData"],
        Probe::Logs => &["logs:FilterLogEvents"],
        Probe::Alias => &[
            "lambda:GetAlias",
            "lambda:GetFunctionConfiguration",
            "lambda:ListVersionsByFunction",
        ],
        Probe::Identity => &["sts:GetCallerIdentity"],
        Probe::Status | Probe::Audit | Probe::Connections | Probe::History => &[],
    }
}

/// Every probe with its facts.
pub fn all() -> impl Iterator<Item = (Probe, &'static [Declared])> {
    PROBES.into_iter().map(|probe| (probe, declared(probe)))
}

/// A fact by its path.
pub fn find(path: &str) -> Option<(Probe, &'static Declared)> {
    all().find_map(|(probe, facts)| {
        facts
            .iter()
            .find(|fact| fact.path == path)
            .map(|fact| (probe, fact))
    })
}

/// The probes whose answers a joined fact is made from.
pub fn inputs(path: &str) -> &'static [Probe] {
    history::inputs(path)
}

/// The complaint about a fact that no probe declares, with the nearest one.
pub fn unknown_fact(path: &str) -> String {
    let near = all()
        .flat_map(|(_, facts)| facts)
        .map(|fact| {
            (
                strsim::normalized_damerau_levenshtein(path, fact.path),
                fact.path,
            )
        })
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((score, near)) if score > 0.5 => {
            format!("no probe yields `{path}`; did you mean `{near}`?")
        }
        _ => format!("no probe yields `{path}`; `duckops facts --schema` lists those there are"),
    }
}

/// Asks one probe. The joined facts of history are not asked for but made, by [`join`].
pub async fn ask(probe: Probe, ask: &Ask) -> Reading {
    match probe {
        Probe::Status => status::ask(ask).await,
        Probe::Audit => audit::ask(ask).await,
        Probe::Executions => executions::ask(ask).await,
        Probe::Email => email::ask(ask).await,
        Probe::Metrics => metrics::ask(ask).await,
        Probe::Logs => logs::ask(ask).await,
        Probe::Alias => alias::ask(ask).await,
        Probe::Lambda => lambda::ask(ask).await,
        Probe::Identity => identity::ask(ask).await,
        Probe::Connections => connections::ask(ask).await,
        Probe::History => Reading::new(Probe::History),
    }
}

/// `v61` and `61` are one version.
fn version_number(version: &str) -> &str {
    let version = version.trim();
    version
        .strip_prefix(['v', 'V'])
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_fact_is_declared_once_and_no_path_is_the_beginning_of_another() {
        let paths: Vec<_> = all()
            .flat_map(|(_, facts)| facts)
            .map(|fact| fact.path)
            .collect();
        let unique: BTreeSet<_> = paths.iter().collect();
        assert_eq!(unique.len(), paths.len());
        for path in &paths {
            let inside = format!("{path}.");
            assert!(
                !paths.iter().any(|other| other.starts_with(&inside)),
                "{path} is a fact and a prefix"
            );
        }
    }
}
