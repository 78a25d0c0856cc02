//! `duckops doctor`: can this machine, as this identity, ask everything a triage asks?
//! Every check says what is in force, and what to do where it is not well.

mod credentials;
mod kept;
mod policy;

use super::Context;
use super::args;
use super::checklist::{self, Check};
use super::fail::Failure;
use crate::engine::history_open;
use crate::engine::run::Run;
use crate::exit;
use crate::fact::{self, Probe};
use crate::history::{self, History, HistoryError, Location, StackKey};
use crate::judge;
use crate::observation::{FactState, Observations};
use crate::probe;
use crate::report::json::DocumentKind;
use crate::report::model::Verdict;
use crate::stack::Origin;
use std::collections::BTreeSet;
use std::fmt::Display;

pub(super) async fn main(context: &Context, args: &args::Doctor) -> Result<u8, Failure> {
    if args.policy {
        let policy = policy::text(context, args.writes);
        let extra = serde_json::json!({ "policy": serde_json::from_str::<serde_json::Value>(&policy).ok() });
        return Ok(context.out.document(
            DocumentKind::DoctorPolicy,
            Verdict::Ok,
            exit::OK,
            "the IAM policy that duckops needs",
            &policy,
            &extra,
        ));
    }
    let mut checks = settings(context);
    checks.push(runbooks(context));
    let run = context.run()?;
    checks.push(history(context, &run).await);
    checks.extend(kept::checks(context));
    checks.extend(credentials::checks(context));
    let probes: BTreeSet<Probe> = probe::of_incidents().collect();
    let answered = run.collect(&probes).await;
    checks.extend(reachable(context, &answered.observations));
    checks.extend(permissions(&answered.observations));
    checks.extend(answered.notes.iter().map(|note| {
        Check::bad(
            "note",
            Verdict::Warning,
            note.clone(),
            "Make sure that this is what you want",
        )
    }));
    Ok(checklist::print(context, DocumentKind::Doctor, &checks))
}

/// Each value in force and where it came from.
fn settings(context: &Context) -> Vec<Check> {
    let (settings, stack) = (&context.settings, &context.settings.stack);
    let said = |name: &str, value: &dyn Display, origin: &Origin| {
        Check::ok(name, format!("{value} ({origin})"))
    };
    let mut checks = vec![
        said("stack", &stack.name.value, &stack.name.origin),
        said("api url", &stack.endpoint(""), &stack.api_url.origin),
        said(
            "state machine",
            &stack.state_machine_arn(),
            &stack.state_machine.origin,
        ),
        said(
            "deadline",
            &crate::fact::duration(
                i64::try_from(settings.deadline.value.as_secs()).unwrap_or(i64::MAX),
            ),
            &settings.deadline.origin,
        ),
        said("output", &settings.output.value, &settings.output.origin),
    ];
    checks.extend(
        stack
            .profile
            .as_ref()
            .map(|profile| said("profile", &profile.value, &profile.origin)),
    );
    checks.push(match &stack.other_region {
        None => said("region", &stack.region.value, &stack.region.origin),
        Some(other) => Check::bad(
            "region",
            Verdict::Unknown,
            format!(
                "{} ({}) is not the stack's {}",
                other.value, other.origin, stack.region.value
            ),
            format!(
                "Unset {}, or say which you mean: --region {}",
                other.origin, stack.region.value
            ),
        ),
    });
    checks
}

fn runbooks(context: &Context) -> Check {
    match context.library.all() {
        Err(error) => Check::bad(
            "runbooks",
            Verdict::Unknown,
            error.to_string(),
            "duckops runbook lint",
        ),
        Ok(runbooks) => {
            let complaints: usize = runbooks
                .iter()
                .map(|runbook| judge::rehearse(runbook).complaints.len())
                .sum();
            match complaints {
                0 => Check::ok(
                    "runbooks",
                    format!("{} runbooks, their cases hold", runbooks.len()),
                ),
                n => Check::bad(
                    "runbooks",
                    Verdict::Warning,
                    format!("{n} complaints"),
                    "duckops runbook lint",
                ),
            }
        }
    }
}

/// Whether history can be read; a shared one also whether it is the stack's.
async fn history(context: &Context, run: &Run) -> Check {
    let location = &run.history;
    if *location == Location::None {
        return Check::bad(
            "history",
            Verdict::Warning,
            "none is kept",
            "Name a folder: --state-dir; without history, windows of 24 h cannot be judged",
        );
    }
    let budget = history::BUSY_BUDGET;
    let opened = history_open::open(location, &run.stack, &run.aws, run.retention, budget).await;
    let stack = StackKey(context.settings.stack.key());
    let read = match opened {
        Ok(history) => read(history, stack).await,
        Err(error) => Err(error),
    };
    match (read, location) {
        (Ok(_), Location::Sqlite(path)) => {
            Check::ok("history", format!("readable: {}", path.display()))
        }
        (Ok(facts), location) => Check::ok(
            "history",
            format!("{location} is the stack's and readable: {facts} facts"),
        ),
        (Err(error), _) => Check::bad(
            "history",
            Verdict::Unknown,
            error.to_string(),
            error.remedy(),
        ),
    }
}

/// How many facts were recorded.
async fn read(history: Box<dyn History>, stack: StackKey) -> Result<usize, HistoryError> {
    let facts = tokio::task::spawn_blocking(move || history.facts(&stack)).await;
    facts
        .unwrap_or_else(|_| {
            Err(HistoryError::NoAnswer {
                place: "history".into(),
                why: "reading it failed inside duckops".into(),
            })
        })
        .map(|facts| facts.len())
}

/// Who answers, from where, and by which clock.
fn reachable(context: &Context, observations: &Observations) -> Vec<Check> {
    let stack = &context.settings.stack;
    let mut checks = Vec::new();
    let fact = |name: &str, path: &str, fix: &str| match observations.get(path) {
        FactState::Known(fact) => Check::ok(name, fact.value.shown()),
        FactState::Unavailable(unavailable) => {
            let fix = unavailable.fix.clone().unwrap_or_else(|| fix.into());
            Check::bad(name, Verdict::Unknown, unavailable.detail.clone(), fix)
        }
        FactState::NotAsked => Check::bad(name, Verdict::Unknown, "not asked", fix),
    };
    checks.push(fact("identity", "aws.identity", "Log in: aws sso login"));
    let account = fact("account", "aws.account", "Log in: aws sso login");
    checks.push(match account.verdict {
        Verdict::Ok if account.found.as_str() != stack.account.value => Check::bad(
            "account",
            Verdict::Unknown,
            format!(
                "{} is not the stack's {}",
                account.found, stack.account.value
            ),
            format!(
                "Choose the profile of account {}: AWS_PROFILE=…",
                stack.account.value
            ),
        ),
        _ => account,
    });
    checks.push(match observations.get("api.up") {
        FactState::Known(fact) if fact.value == crate::fact::FactValue::Bool(false) => {
            let answer = observations.get("api.answer");
            let found = match answer {
                FactState::Known(answer) => answer.value.shown(),
                _ => "it fails".into(),
            };
            Check::bad(
                "status api",
                Verdict::Critical,
                found,
                "duckops triage inc-001",
            )
        }
        FactState::Known(_) => fact("status api", "api.answer", "duckops triage inc-001"),
        _ => fact("status api", "api.up", "duckops triage inc-001"),
    });
    checks.push(fact(
        "audit api",
        "audit.entries",
        "Ask it by hand: duckops runbook show inc-004",
    ));
    checks.push(match observations.skew() {
        None => Check::bad(
            "clock",
            Verdict::Unknown,
            "no answer told the time",
            "Check the API first",
        ),
        Some(skew) if skew.abs() > 60 => Check::bad(
            "clock",
            Verdict::Warning,
            format!("{} off the API's clock", crate::fact::duration(skew)),
            "Set this machine's clock",
        ),
        Some(skew) => Check::ok("clock", format!("{skew} s off the API's clock")),
    });
    checks
}

/// Each AWS action a probe needs, by what came of asking.
fn permissions(observations: &Observations) -> Vec<Check> {
    let mut checks = Vec::new();
    for probe in fact::PROBES.into_iter().filter(|probe| probe.is_aws()) {
        for action in probe::permissions(probe) {
            // Without an answer nothing is known of the permission; a refusal names it.
            let asked = observations.asked(probe);
            let failure = asked.iter().find_map(|asked| asked.failure.as_ref());
            checks.push(match (asked, failure) {
                ([], _) => Check::bad(
                    *action,
                    Verdict::Unknown,
                    "not asked: there are no credentials",
                    "Log in: aws sso login",
                ),
                (_, Some(failure)) => Check::bad(
                    *action,
                    Verdict::Unknown,
                    failure.clone(),
                    format!(
                        "Allow {action}: duckops doctor --policy prints the least that is needed"
                    ),
                ),
                (_, None) => Check::ok(*action, format!("answered, {} requests", asked.len())),
            });
        }
    }
    checks
}
