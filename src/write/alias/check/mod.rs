//! The preflight: whether a version is safe to take the traffic of the alias. Twenty-two checks
//! and the checklist before a promotion, each with its evidence, its reason and what would make
//! it ok. Pure: everything was read before.
//!
//! A check that could not be made is unknown, never passed. Which checks refuse a write, and
//! which only advise against it, stands in one [`table`].

mod drift;
mod onset;
mod promotion;
mod record;
mod result;
mod runtimes;
mod table;
mod target;

use super::plan::Purpose;
use crate::fact::Probe;
use crate::lambda::function_state::FunctionState;
use crate::lambda::version_config::VersionConfig;
use crate::lambda::version_metrics::VersionMetrics;
use crate::observation::{Observations, RequestLog, Unavailable};
use crate::report::model::{Escalation, NextAction, RunbookReport, StepReport, Verdict};
use crate::stack::Stack;
pub(super) use drift::{WHO_MOVED, who_moved};
use result::CheckResult;
use std::collections::BTreeSet;
use table::{CHECKLIST, CHECKS, Gate, manual};
use time::OffsetDateTime;

/// Everything that is known before the alias is moved.
#[derive(Debug)]
pub struct PreflightInput<'a> {
    /// Its purpose; `None` for a check without a write.
    pub purpose: Option<Purpose>,
    /// Which stack.
    pub stack: &'a Stack,
    /// What AWS said of the alias.
    pub seen: &'a FunctionState,
    /// The version that shall serve.
    pub target: &'a str,
    /// How it is configured.
    pub configured: &'a Result<VersionConfig, Unavailable>,
    /// What the probes said of the stack.
    pub observations: &'a Observations,
    /// What each version did behind the alias, newest first.
    pub version_metrics: &'a Result<Vec<VersionMetrics>, Unavailable>,
    /// Versions for which a rollback is the last thing that happened.
    pub rolled_back: &'a BTreeSet<i64>,
    /// The text of DEPLOY-LOG.md, where it was given.
    pub deploy_log: Option<&'a str>,
    /// What a run of the target alone answered, where it was asked for.
    pub smoke: Option<&'a Result<String, String>>,
    /// Whether another run on this machine is at it; `None` when there is no place for locks.
    pub busy: Option<bool>,
    /// Whether a host that is not AWS's own may count.
    pub other_hosts: bool,
    /// When the alias came to where it points, by the journal, in seconds since 1970.
    pub moved_at: Option<i64>,
    /// Whether going to this version undoes the last move, made from this machine.
    pub undoes: bool,
    /// A shift of our own that was left half done: the version that was to come.
    pub half_done: Option<&'a str>,
    /// The requests that all of this stands on.
    pub asked: &'a [RequestLog],
    /// When it was asked.
    pub at: OffsetDateTime,
}

impl PreflightInput<'_> {
    fn is(&self, purpose: Purpose) -> bool {
        self.purpose == Some(purpose)
    }

    /// Whether the target is an older version than the one that serves.
    fn is_back(&self) -> bool {
        let number = |text: &str| text.parse::<i64>().ok();
        let current = self.seen.alias.as_ref().ok().map(|a| a.version.as_str());
        number(self.target) < current.and_then(number) && number(self.target).is_some()
    }
}

/// One check, made.
#[derive(Clone, Debug)]
pub struct PreflightCheck {
    /// As a step of a report.
    pub step: StepReport,
    gate: Gate,
}

impl PreflightCheck {
    /// Whether it stands in the way of what is wanted.
    pub fn blocks(&self, purpose: Purpose) -> bool {
        let verdict = self.step.verdict();
        match self.gate {
            Gate::Shut => matches!(verdict, Verdict::Critical | Verdict::Unknown),
            Gate::Bad => verdict == Verdict::Critical,
            Gate::Advice => purpose == Purpose::Promotion && verdict == Verdict::Critical,
            Gate::Open => false,
        }
    }

    /// Whether it says that a rollback would not help.
    pub fn advises_against(&self) -> bool {
        let bad = matches!(self.step.verdict(), Verdict::Critical | Verdict::Warning);
        self.gate == Gate::Advice && bad
    }
}

/// Makes every check.
pub fn preflight(input: &PreflightInput<'_>) -> Vec<PreflightCheck> {
    let rollback = input.is(Purpose::Rollback);
    (1..)
        .zip(CHECKS)
        .filter(|(_, (id, ..))| !(rollback && CHECKLIST.contains(id)))
        .map(|(number, (id, title, gate, probe, made))| {
            let judged = made(input);
            // Going back from a shift that went wrong ends the shift: that is the point.
            let gate = match (id, rollback) {
                ("weights", true) => Gate::Open,
                _ => gate,
            };
            PreflightCheck {
                step: step(input, number, id, title, probe, judged),
                gate,
            }
        })
        .collect()
}

fn step(
    input: &PreflightInput<'_>,
    number: usize,
    id: &str,
    title: &str,
    probe: Probe,
    judged: CheckResult,
) -> StepReport {
    let asked = match id {
        "alias" => input
            .asked
            .iter()
            .map(|a| (Probe::Alias, a.clone()))
            .collect(),
        _ => Vec::new(),
    };
    let reason_code = judged.reason.into();
    let summary = judged.summary.as_str().into();
    let next_action = judged.next.as_deref().map(|text| NextAction {
        text: text.into(),
        command: judged.command.as_deref().map(Into::into),
    });
    StepReport {
        number,
        id: id.into(),
        title: title.into(),
        finding: judged.finding(probe, input.at),
        reason_code,
        summary,
        also: Vec::new(),
        headline: None,
        then: None,
        next_action,
        escalation: None,
        warming_up: None,
        unavailable: None,
        asked,
        manual: manual(input, id).into(),
    }
}

/// The checks of what no version is answerable for.
const OF_STACK: [&str; 7] = [
    "weights",
    "concurrency",
    "permission",
    "alone",
    "fleet",
    "audit",
    "mail",
];

/// The checks as a runbook, so that every renderer can show them.
pub fn as_runbook(input: &PreflightInput<'_>, checks: &[PreflightCheck]) -> RunbookReport {
    let verdict = Verdict::worst(checks.iter().map(|check| check.step.verdict()));
    let alias = &input.stack.alias.value;
    let version = match input.target {
        "" => "The version that serves".to_owned(),
        target => format!("Version {target}"),
    };
    let worst: Vec<_> = checks
        .iter()
        .filter(|check| check.step.verdict() == verdict)
        .collect();
    // Where all is well, its record says why.
    let record = || {
        checks
            .iter()
            .find(|check| check.step.id.as_str() == "record")
    };
    let first = match verdict {
        Verdict::Ok => record().filter(|check| check.step.verdict() == Verdict::Ok),
        _ => worst.first().copied(),
    };
    let why = first.map_or(String::new(), |first| {
        let summary = first.step.summary.as_str();
        let summary = summary
            .strip_prefix(&format!("{}: ", input.target))
            .unwrap_or(summary);
        let caution = match verdict {
            Verdict::Warning => ", with caution",
            _ => "",
        };
        let id = match first.step.id.as_str() {
            "record" => String::new(),
            id => format!("{id} "),
        };
        format!("{caution}: {id}{summary}")
    });
    // What ails the stack is no fault of the version.
    let is_of_stack = first.is_some_and(|first| OF_STACK.contains(&first.step.id.as_str()));
    let what = match verdict {
        Verdict::Critical if is_of_stack => format!("{alias} is not safe to move now"),
        Verdict::Critical => format!("{version} is not safe for {alias}"),
        Verdict::Unknown => format!("{version} is not proven safe for {alias}"),
        Verdict::Warning | Verdict::Ok | Verdict::Skipped => {
            format!("{version} is safe for {alias}")
        }
    };
    let steps: Vec<StepReport> = checks.iter().map(|check| check.step.clone()).collect();
    let next_action = worst
        .iter()
        .find_map(|check| check.step.next_action.clone())
        .filter(|_| verdict != Verdict::Ok);
    RunbookReport {
        id: "alias".into(),
        title: format!("{version} for {alias}").into(),
        severity: "P0".into(),
        limits: Vec::new(),
        metrics: Vec::new(),
        verdict,
        summary: format!("{what}{why}").into(),
        blocked_by: None,
        standing: None,
        short: "alias".into(),
        overview: None,
        then: None,
        next_action,
        escalation: None::<Escalation>,
        steps,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model::Finding;
    use crate::report::sample;

    #[test]
    fn only_bad_advice_speaks_against_a_rollback() {
        let report = sample::one_bad_runbook();
        let step = &report.runbooks[0].steps[0];
        for (finding, is_bad) in [
            (Finding::Critical(Vec::new()), true),
            (Finding::Warning(Vec::new()), true),
            (Finding::Unknown(Vec::new()), false),
            (Finding::Skipped(Vec::new()), false),
        ] {
            for gate in [Gate::Shut, Gate::Bad, Gate::Advice, Gate::Open] {
                let step = StepReport {
                    finding: finding.clone(),
                    ..step.clone()
                };
                let due = gate == Gate::Advice && is_bad;
                let check = PreflightCheck { step, gate };
                assert_eq!(check.advises_against(), due, "{finding:?} {gate:?}");
            }
        }
    }
}
