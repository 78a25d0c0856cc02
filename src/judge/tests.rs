//! Tests of how runbooks explain each other, and of what a run comes to.

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
fn beside_something_worse_what_keeps_steps_unknown_is_said_with_its_command() {
    let used = [("email.used_percent", FactValue::Float(99.0))];
    let mut observations = all_silent(UnavailableReason::NoCredentials, "no AWS credentials");
    for (probe, declared) in crate::fact::all() {
        if declared.iter().any(|fact| fact.path == used[0].0) {
            let why = Unavailable::new(UnavailableReason::NoCredentials, "no AWS credentials");
            let mut observation = Observation::silent(probe, why);
            observation.set(used[0].0, used[0].1.clone(), OffsetDateTime::UNIX_EPOCH);
            observations.add(declared, observation);
        }
    }
    let found = concluded(&["inc-002", "inc-005"], &[], &observations);
    assert_eq!(found.verdict, Verdict::Critical);
    assert_eq!(found.layout.headline, None);
    let (why, command) = found.layout.obstacle.expect("several steps are unknown");
    assert!(why.as_str().starts_with("No AWS credentials: "), "{why}");
    let command = command.expect("a command");
    assert!(command.as_str().starts_with("aws sso login"), "{command}");
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

/// One step of a built-in runbook.
fn step_of(runbook: &str, step: &str, observations: &Observations) -> StepReport {
    let found = concluded(&[runbook], &[], observations);
    let mut steps = found.runbooks[0].steps.iter();
    let step = steps.find(|judged| judged.id.as_str() == step);
    step.expect("a step of it").clone()
}

#[test]
fn what_others_wrote_is_pasted_into_a_shell_only_as_a_plain_word() {
    for (name, is_plain) in [
        ("peck-0004", true),
        ("x; rm -rf ~", false),
        ("$(id)", false),
        ("-rf", false),
        ("", false),
    ] {
        let failed = observations(&[
            ("executions.failures_1h_min", FactValue::Int(1)),
            ("executions.failures_24h_min", FactValue::Int(1)),
            (
                "executions.newest_failure_name",
                FactValue::Text(Untrusted::new(name)),
            ),
        ]);
        let step = step_of("inc-004", "executions", &failed);
        let next = step.next_action.expect("something to do");
        let command = next.command.expect("a command").to_string();
        let is_named = command.contains("describe-execution");
        assert_eq!(is_named, is_plain, "{name}: {command}: {}", step.summary);
        assert!(
            is_plain || name.is_empty() || !command.contains(name),
            "{command}"
        );
    }
}

#[test]
fn what_does_not_reach_back_far_enough_is_left_to_the_history() {
    for (reason, due) in [
        (UnavailableReason::NotCovered, true),
        (UnavailableReason::TimedOut, false),
    ] {
        let silent = all_silent(reason, "x");
        let step = step_of("inc-004", "executions", &silent);
        let next = step.next_action.expect("something to do");
        let is_history = next.text.as_str().starts_with("Let cron record");
        assert_eq!(is_history, due, "{reason:?}: {}", next.text);
        assert_eq!(next.command == Some("duckops history".into()), due);
    }
}

#[test]
fn only_where_all_steps_lack_the_same_they_are_named_as_all() {
    let silent = all_silent(UnavailableReason::TimedOut, "nothing answered");
    let whole = concluded(&["inc-003"], &[], &silent);
    let mut mixed = all_silent(UnavailableReason::TimedOut, "nothing answered");
    let status = |path: &str| path.starts_with("status.");
    for (probe, declared) in crate::fact::all() {
        if declared.iter().any(|fact| status(fact.path)) {
            let other = Unavailable::new(UnavailableReason::TimedOut, "another reason");
            mixed.add(declared, Observation::silent(probe, other));
        }
    }
    let part = concluded(&["inc-003"], &[], &mixed);
    let summaries: std::collections::BTreeSet<_> = part.runbooks[0]
        .steps
        .iter()
        .map(|step| step.summary.to_string())
        .collect();
    assert!(summaries.len() > 1, "{summaries:?}");
    let all = whole.runbooks[0].steps.len();
    let is_same = whole.runbooks[0]
        .steps
        .iter()
        .all(|step| step.summary == whole.runbooks[0].steps[0].summary);
    let named = whole
        .summary
        .as_str()
        .starts_with(&format!("all {all} steps "));
    assert_eq!(named, is_same, "{}", whole.summary);
    assert!(
        !part.summary.as_str().starts_with("all "),
        "{}",
        part.summary
    );
    for step in whole.runbooks[0].steps.iter().map(|step| step.id.as_str()) {
        let library = Library::open(None).expect("the built-in runbooks");
        let runbook = library.get("inc-003").expect("a built-in one");
        let place = runbook.steps.iter().position(|one| one.id == step);
        let naming = StackNames::new();
        let one = Selection {
            runbook: &runbook,
            step: place,
        };
        let inputs = Inputs {
            observations: &silent,
            naming: &naming,
        };
        let alone = judge(&[one], &[], inputs);
        assert!(
            alone.summary.as_str().starts_with(step),
            "{}",
            alone.summary
        );
    }
}

#[test]
fn one_failure_that_silences_steps_of_several_incidents_is_said_once() {
    let silent = all_silent(UnavailableReason::TimedOut, "the feed timed out");
    let found = concluded(&["inc-002", "inc-004"], &[], &silent);
    let steps: usize = found.runbooks.iter().map(|one| one.steps.len()).sum();
    let headline = found.layout.headline.expect("it is said once");
    let headline = headline.as_str();
    assert!(headline.starts_with("The feed timed out: "), "{headline}");
    assert!(
        headline.ends_with(&format!(" of {steps} steps not judged")),
        "{headline}"
    );
    let one = concluded(&["inc-004"], &[], &silent);
    assert_eq!(one.layout.headline, None, "one incident says it itself");
}
