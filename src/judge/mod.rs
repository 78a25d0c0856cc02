//! From runbooks and readings to a report. Pure: no clock, no I/O, nothing asked.

mod case;
mod conclusion;
mod decision;
mod explain;
mod inputs;
mod step;

pub use case::{CaseResults, Check, rehearse};
pub use conclusion::Conclusion;
pub use inputs::Inputs;

use crate::observation::FactState;
use crate::report::clock;
use crate::report::model::{RunbookReport, StepReport, Verdict};
use crate::runbook::model::Runbook;
use crate::text::Printable;
use std::collections::{BTreeMap, BTreeSet};

/// One runbook that was asked for, or one step of it.
#[derive(Clone, Copy)]
pub struct Selection<'a> {
    /// The runbook.
    pub runbook: &'a Runbook,
    /// The index of the only step asked for; `None` for all.
    pub step: Option<usize>,
}

/// Judges everything that was asked for. `parents` are the runbooks that may explain
/// them and were not asked for: what the readings already say of those counts too.
pub fn judge(asked: &[Selection<'_>], parents: &[&Runbook], inputs: Inputs<'_>) -> Conclusion {
    let mut own: Vec<_> = asked
        .iter()
        .map(|one| (one.runbook, evaluate_runbook(*one, inputs)))
        .collect();
    let mut signs: Vec<_> = parents
        .iter()
        .map(|parent| (*parent, evaluate_parent(parent, inputs)))
        .filter(|(_, judged)| !judged.is_empty())
        .collect();
    let all = || own.iter().chain(&signs);
    let critical: BTreeSet<String> = all()
        .filter(|(_, judged)| worst(judged) == Verdict::Critical)
        .map(|(runbook, _)| runbook.id.clone())
        .collect();
    let told = |(runbook, judged): &mut (&Runbook, Vec<step::Judged>)| {
        explain::rules(runbook, judged, &critical);
        let blocked_by = explain::parent(runbook, judged, &critical);
        let mut report = summed_up(runbook, std::mem::take(judged), inputs);
        if let Some(parent) = blocked_by {
            explain::block(&mut report, &parent);
        }
        report
    };
    let reports = |judged: &mut [(&Runbook, Vec<step::Judged>)]| -> Vec<(u8, RunbookReport)> {
        let judged = judged.iter_mut();
        judged.map(|one| (one.0.rank, told(one))).collect()
    };
    let (own, signs) = (reports(&mut own), reports(&mut signs));
    // What was not asked for is a cause only of what it explains: by itself it is not this run's.
    let explained = |id: &Printable| {
        let blocked = own
            .iter()
            .filter_map(|(_, report)| report.blocked_by.as_ref());
        blocked.into_iter().any(|parent| parent == id)
    };
    let causing = signs.iter().filter(|(_, parent)| explained(&parent.id));
    let cause = own
        .iter()
        .chain(causing)
        .filter(|(_, report)| report.verdict == Verdict::Critical && report.blocked_by.is_none())
        .min_by_key(|(rank, report)| (*rank, &report.severity, &report.id))
        .map(|(_, report)| report.clone());
    let mut runbooks = own;
    runbooks.sort_by(|(rank_a, a), (rank_b, b)| {
        let explained = |report: &RunbookReport| report.blocked_by.is_some();
        (b.verdict.cmp(&a.verdict))
            .then_with(|| explained(a).cmp(&explained(b)))
            .then_with(|| (rank_a, &a.severity, &a.id).cmp(&(rank_b, &b.severity, &b.id)))
    });
    conclusion::of(
        cause,
        runbooks.into_iter().map(|(_, report)| report).collect(),
    )
}

/// The steps of a runbook, or the one asked for.
fn evaluate_runbook(asked: Selection<'_>, inputs: Inputs<'_>) -> Vec<step::Judged> {
    let wanted = |(index, _): &(usize, step::Judged)| asked.step.is_none_or(|only| only == *index);
    let steps = steps(asked.runbook, inputs).into_iter().enumerate();
    steps.filter(wanted).map(|(_, judged)| judged).collect()
}

/// What the readings at hand already say of a runbook that was not asked for: those of
/// its steps whose every question was put anyway.
fn evaluate_parent(runbook: &Runbook, inputs: Inputs<'_>) -> Vec<step::Judged> {
    let asked = |step: &crate::runbook::model::Step| {
        let mut facts = step.rules.iter().flat_map(|rule| rule.when.facts.iter());
        facts.all(|path| inputs.observations.get(path) != FactState::NotAsked)
            && step.rules.iter().all(|rule| rule.when.steps.is_empty())
    };
    steps(runbook, inputs)
        .into_iter()
        .zip(&runbook.steps)
        .filter(|(_, step)| asked(step))
        .map(|(judged, _)| judged)
        .collect()
}

fn worst(judged: &[step::Judged]) -> Verdict {
    Verdict::worst_or_skipped(judged.iter().map(|judged| judged.step.verdict()))
}

fn steps(runbook: &Runbook, inputs: Inputs<'_>) -> Vec<step::Judged> {
    let mut earlier = BTreeMap::new();
    let mut judged: Vec<step::Judged> = Vec::new();
    for (index, step) in runbook.steps.iter().enumerate() {
        let this = step::judge(runbook, index + 1, step, &earlier, inputs);
        // For whatever depends on it, a warning that may be worse is not known.
        let verdict = match this.is_open {
            true => Verdict::Unknown,
            false => this.step.verdict(),
        };
        earlier.insert(step.id.as_str(), verdict);
        judged.push(this);
    }
    judged
}

fn summed_up(runbook: &Runbook, judged: Vec<step::Judged>, inputs: Inputs<'_>) -> RunbookReport {
    let verdict = worst(&judged);
    let leading = || judged.iter().filter(|j| j.step.verdict() == verdict);
    let skipped = || judged.iter().find(|judged| judged.leads);
    let fill = |words: &crate::runbook::Words| {
        words.fill(|path| inputs.value(path), &runbook.limits, inputs.naming)
    };
    // Of two that lead the later one knows more.
    let primary = leading()
        .rfind(|judged| judged.leads)
        .or_else(|| leading().next())
        .map(|judged| &judged.step);
    let is_known =
        |words: &&crate::runbook::Words| words.is_known(&|path: &str| inputs.value(path));
    let overview = runbook.overview.as_ref().filter(is_known).map(fill);
    // The first row is what the incident shows; what to do about it may stand in a later step.
    let skipped = skipped().filter(|_| verdict == Verdict::Skipped);
    let finding = skipped
        .or_else(|| leading().next())
        .map(|judged| &judged.step);
    let waiting = judged.iter().find_map(|judged| {
        let wait = judged.step.warming_up.as_ref()?;
        let until = clock(wait.ready, wait.at);
        Some(format!(
            "OK so far: {} not judged until {until}",
            judged.step.id
        ))
    });
    let summary = match (verdict, finding) {
        (Verdict::Ok, _) => match (waiting, &overview) {
            (Some(waiting), _) => waiting.into(),
            (None, Some(overview)) => overview.clone(),
            (None, None) => {
                let all = judged.len();
                format!("{all} of {all} steps ok").into()
            }
        },
        (Verdict::Unknown, Some(step)) if step.headline.is_none() => unjudged(step, &judged),
        (_, Some(step)) => step
            .headline
            .clone()
            .unwrap_or_else(|| format!("{}: {}", runbook.title, step.summary).into()),
        (_, None) => "Nothing was judged.".into(),
    };
    let next = primary.and_then(|step| step.next_action.clone());
    let then = primary.and_then(|step| step.then.clone());
    let escalations = judged.iter().filter_map(|j| j.step.escalation.clone());
    RunbookReport {
        id: runbook.id.as_str().into(),
        title: runbook.title.as_str().into(),
        short: runbook.short.as_str().into(),
        overview,
        severity: runbook.severity.as_str().into(),
        limits: runbook
            .limits
            .iter()
            .map(|(name, limit)| (name.as_str().into(), limit.clone()))
            .collect(),
        metrics: runbook
            .metrics
            .iter()
            .map(|metric| metric.value(|path| inputs.value(path)))
            .collect(),
        verdict,
        summary,
        blocked_by: None,
        next_action: next,
        then,
        // Whoever is to be called at once comes before whoever has time.
        escalation: escalations.min_by_key(|call| (call.priority.clone(), call.due)),
        steps: judged.into_iter().map(|judged| judged.step).collect(),
        standing: None,
    }
}

/// `executions, stale not judged: AWS denied states:ListExecutions`, with every step that lacks
/// the same thing.
fn unjudged(first: &StepReport, judged: &[step::Judged]) -> Printable {
    let same = judged.iter().map(|judged| &judged.step);
    let same = same
        .filter(|step| step.verdict() == Verdict::Unknown && step.reason_code == first.reason_code);
    let ids: Vec<_> = same
        .filter(|step| step.summary == first.summary)
        .map(|step| step.id.as_str())
        .collect();
    let steps = match ids.len() {
        all if all == judged.len() && all > 1 => format!("all {all} steps"),
        _ => ids.join(", "),
    };
    format!("{steps} {}", first.summary).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::FactValue;
    use crate::observation::{Observation, Observations, Unavailable, UnavailableReason};
    use crate::runbook::Library;
    use crate::text::StackNames;
    use crate::text::Untrusted;
    use time::OffsetDateTime;

    /// Readings in which these facts are known and all others silent.
    fn observations(facts: &[(&'static str, FactValue)]) -> Observations {
        let mut observations = Observations::default();
        for (probe, declared) in crate::fact::all() {
            let mut observation = Observation::silent(
                probe,
                Unavailable::new(UnavailableReason::Missing, "not told"),
            );
            for (path, value) in facts {
                if declared.iter().any(|fact| fact.path == *path) {
                    observation.set(path, value.clone(), OffsetDateTime::UNIX_EPOCH);
                }
            }
            observations.add(declared, observation);
        }
        observations
    }

    fn concluded(asked: &[&str], parents: &[&str], observations: &Observations) -> Conclusion {
        let library = Library::open(None).expect("the built-in runbooks");
        let load = |ids: &[&str]| -> Vec<Runbook> {
            let runbook = |id: &&str| library.get(id).expect("a built-in runbook");
            ids.iter().map(runbook).collect()
        };
        let (asked, parents) = (load(asked), load(parents));
        let asked: Vec<_> = asked
            .iter()
            .map(|runbook| Selection {
                runbook,
                step: None,
            })
            .collect();
        let naming = StackNames::new();
        let inputs = Inputs {
            observations,
            naming: &naming,
        };
        judge(&asked, &parents.iter().collect::<Vec<_>>(), inputs)
    }

    fn mail_failing(used: f64) -> Observations {
        observations(&[
            ("email.sending_enabled", FactValue::Bool(true)),
            ("email.can_send", FactValue::Bool(false)),
            (
                "email.enforcement",
                FactValue::Text(Untrusted::new("HEALTHY")),
            ),
            ("email.unlimited", FactValue::Bool(false)),
            ("email.used_percent", FactValue::Float(used)),
            ("logs.cert_failures_1h_min", FactValue::Int(0)),
            ("logs.mail_errors_1h_min", FactValue::Int(2)),
        ])
    }

    /// Every probe silent for this one reason.
    fn all_silent(reason: UnavailableReason, detail: &str) -> Observations {
        let mut observations = Observations::default();
        for (probe, declared) in crate::fact::all() {
            let unavailable = Unavailable::new(reason, detail);
            observations.add(declared, Observation::silent(probe, unavailable));
        }
        observations
    }

    #[test]
    fn an_unknown_incident_names_the_steps_that_are_not_judged() {
        let silent = all_silent(UnavailableReason::TimedOut, "nothing answered");
        let found = concluded(&["inc-005"], &[], &silent);
        let summary = found.summary.as_str();
        let named =
            summary.starts_with("all ") || summary.contains(found.runbooks[0].steps[0].id.as_str());
        assert!(named, "{summary}");
        let title = found.runbooks[0].title.as_str();
        assert!(!summary.starts_with(title), "{summary}");
    }

    #[test]
    fn the_reason_why_several_steps_are_not_judged_is_said_once() {
        use UnavailableReason::{NoCredentials, Offline, TimedOut, WrongAccount};
        let library = Library::open(None).expect("the built-in runbooks");
        let runbooks = ["inc-002", "inc-005"].map(|id| library.get(id).expect("a built-in one"));
        let naming = StackNames::new();
        let conclude = |steps: &[usize], reason, detail| {
            let asked: Vec<_> = steps
                .iter()
                .zip(&runbooks)
                .map(|(step, runbook)| Selection {
                    runbook,
                    step: Some(*step),
                })
                .collect();
            let observations = &all_silent(reason, detail);
            let inputs = Inputs {
                observations,
                naming: &naming,
            };
            judge(&asked, &[], inputs)
        };
        let offline = "No connection from this machine: API and AWS both unreachable";
        for (reason, detail, due) in [
            (Offline, "x", Some(offline)),
            (
                WrongAccount,
                "x",
                Some("Wrong AWS account: 2 of 2 steps not judged"),
            ),
            (
                NoCredentials,
                "no AWS login",
                Some("No AWS credentials: 2 of 2 steps not judged"),
            ),
            (NoCredentials, "no token of the API", None),
            (TimedOut, "x", None),
        ] {
            let both = conclude(&[0, 0], reason, detail);
            assert_eq!(both.verdict, Verdict::Unknown);
            let headline = both.layout.headline.as_ref().map(|line| line.as_str());
            assert_eq!(headline, due, "{reason:?} {detail}");
            assert!(due.is_none_or(|due| both.summary.as_str() == due));
            assert!(both.root_cause.is_none() && both.escalation.is_none());
            let one = conclude(&[0], reason, detail);
            assert_eq!(one.layout.headline, None, "one step says it itself");
        }
    }

    #[test]
    fn a_critical_quota_explains_failing_mail_but_not_a_certificate_stall() {
        for (used, explained) in [(95.0, false), (95.5, true)] {
            for (asked, parents) in [
                (&["inc-002", "inc-005"][..], &["inc-001"][..]),
                (&["inc-002"], &["inc-001", "inc-005"]),
            ] {
                let found = concluded(asked, parents, &mail_failing(used));
                let certs = found
                    .runbooks
                    .iter()
                    .find(|runbook| runbook.id.as_str() == "inc-002")
                    .expect("it was asked for");
                assert_eq!(certs.blocked_by, None);
                for step in certs
                    .steps
                    .iter()
                    .filter(|step| step.reason_code.as_str().starts_with("mail-"))
                {
                    assert_eq!(step.verdict(), Verdict::Warning);
                    let named = step.summary.as_str().ends_with("; caused by INC-005");
                    assert_eq!(named, explained, "{used}: {}", step.summary);
                }
                assert_eq!(certs.steps.len(), 5);
            }
        }
    }

    #[test]
    fn an_unrequested_incident_is_root_cause_only_of_what_it_explains() {
        let pulse_old = |callbacks: bool| {
            let mut facts = vec![
                ("status.agents.total_bonded", FactValue::Int(3)),
                ("audit.pulses", FactValue::Int(9)),
                ("audit.reach", FactValue::Duration(90_000)),
                ("audit.pulse_age", FactValue::Duration(1_800)),
                ("audit.pulse_age_min", FactValue::Duration(1_800)),
                ("status.agents.all_dead", FactValue::Bool(false)),
                ("audit.newest_pecks_callback_errors", FactValue::Int(0)),
                ("peck.callback_errors_24h_max", FactValue::Int(0)),
                ("peck.callback_errors_rising", FactValue::Bool(false)),
                ("executions.failures_1h_min", FactValue::Int(0)),
                ("executions.failures_24h_min", FactValue::Int(0)),
                ("executions.failures_24h", FactValue::Int(0)),
                ("executions.outcomes_24h", FactValue::Int(0)),
                ("executions.oldest_running_age_min", FactValue::Duration(0)),
                ("executions.oldest_running_age", FactValue::Duration(0)),
            ];
            let errors = if callbacks { 11 } else { 0 };
            facts.push(("peck.callback_errors_24h_min", FactValue::Int(errors)));
            observations(&facts)
        };
        let found = concluded(&["inc-004"], &["inc-003"], &pulse_old(false));
        assert_eq!((found.verdict, found.root_cause), (Verdict::Warning, None));
        let found = concluded(&["inc-004"], &["inc-003"], &pulse_old(true));
        assert_eq!(found.verdict, Verdict::Critical);
        assert_eq!(found.root_cause, Some("inc-003".into()));
        let summary = found.summary.as_str();
        assert!(summary.starts_with("INC-003 "), "whose finding: {summary}");
    }
}
