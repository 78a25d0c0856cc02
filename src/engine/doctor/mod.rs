//! The checks of `duckops doctor`: can this machine, as this identity, ask everything that a triage
//! asks? Each says what is in force, and what to do where it is not well.

mod channels;
mod credential_files;
mod policy;

pub use policy::policy;

use super::history_open;
use super::run::Run;
use crate::fact::{self, Probe};
use crate::history::{self, History, HistoryError, Location, StackKey};
use crate::judge;
use crate::observation::{FactState, Observations, Unavailable, UnavailableReason};
use crate::probe;
use crate::report::checklist::ChecklistItem;
use crate::report::model::Verdict;
use crate::runbook::Library;
use crate::stack::{Environment, Origin, Settings, Stack};
use crate::text::counted;
use std::collections::BTreeSet;
use std::fmt::Display;

/// Runs every check; nothing is recorded and no channel is notified.
pub async fn checks(
    settings: &Settings,
    env: &Environment,
    library: &Library,
    run: Run,
) -> Vec<ChecklistItem> {
    let mut checks = self::settings(settings);
    checks.push(runbooks(library));
    checks.push(history(&run).await);
    checks.extend(channels::checks(settings, env));
    checks.extend(credential_files::checks(env));
    let probes: BTreeSet<Probe> = Probe::ALL.into();
    let collected = run.collect(&probes).await;
    checks.extend(reachable(&settings.stack, &collected.observations));
    checks.extend(permissions(&collected.observations));
    checks.extend(collected.notes.iter().map(|note| {
        ChecklistItem::bad(
            "note",
            Verdict::Warning,
            note.clone(),
            note_fix(note.as_str()),
        )
    }));
    checks
}

/// What to do about a note: what it affects, and how to undo it.
fn note_fix(note: &str) -> String {
    let variable = note
        .rsplit_once(" (")
        .and_then(|(_, rest)| rest.split([')', ',']).next())
        .filter(|name| {
            name.bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        });
    match variable {
        Some(name) if note.starts_with("endpoint ") => {
            let reached = match name {
                "DUCKOPS_API_URL" => "the API of the stack",
                _ => "AWS",
            };
            format!("Unset it to reach {reached}, or keep it for practice: unset {name}")
        }
        Some(name) => format!("Every request goes this way; to undo it: unset {name}"),
        None if note.starts_with("this is the practice") => {
            "Use another shell for prod: this one has the exports of a drill".to_owned()
        }
        None if note.starts_with("the AWS profile is ignored") => {
            "Unset the keys to log in with the profile: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY"
                .to_owned()
        }
        None if note.ends_with("is not used") => {
            let name = note.split(' ').next().unwrap_or_default();
            format!("Set it to the URL of a proxy, or remove it: unset {name}")
        }
        None if note.starts_with("requests go to ") => {
            "Name one region in the profile and for the stack (--region, config.toml)".to_owned()
        }
        None => "Read the note; it weakens what a triage shows".to_owned(),
    }
}

/// Each value in force and where it came from.
fn settings(settings: &Settings) -> Vec<ChecklistItem> {
    let stack = &settings.stack;
    let said = |name: &str, value: &dyn Display, origin: &Origin| {
        ChecklistItem::ok(name, format!("{value} ({origin})"))
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
        Some(other) => ChecklistItem::bad(
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

fn runbooks(library: &Library) -> ChecklistItem {
    match library.with_cases().all() {
        Err(error) => ChecklistItem::bad(
            "runbooks",
            Verdict::Unknown,
            error.to_string().replace('\n', "; "),
            "duckops runbook lint",
        ),
        Ok(runbooks) => {
            let complaints: usize = runbooks
                .iter()
                .map(|runbook| judge::rehearse(runbook).complaints.len())
                .sum();
            match complaints {
                0 => ChecklistItem::ok(
                    "runbooks",
                    format!("{} loaded, all cases pass", runbooks.len()),
                ),
                n => ChecklistItem::bad(
                    "runbooks",
                    Verdict::Warning,
                    crate::report::count(n, "complaint", "complaints"),
                    "duckops runbook lint",
                ),
            }
        }
    }
}

/// Whether history can be read; a shared one also whether it is the stack's.
async fn history(run: &Run) -> ChecklistItem {
    let location = &run.history;
    if *location == Location::None {
        return ChecklistItem::bad(
            "history",
            Verdict::Warning,
            "none: windows of 24 h are not judged",
            "Name a folder for the history: --state-dir DIR",
        );
    }
    let budget = history::BUSY_BUDGET;
    let opened = history_open::open(location, &run.stack, &run.aws, run.retention, budget).await;
    let stack = StackKey(run.stack.key());
    let read = match opened {
        Ok(history) => read(history, stack).await,
        Err(error) => Err(error),
    };
    match (read, location) {
        (Ok(_), Location::Sqlite(path)) => {
            ChecklistItem::ok("history", format!("readable: {}", path.display()))
        }
        (Ok(facts), location) => ChecklistItem::ok(
            "history",
            format!(
                "readable, of this stack, {}: {location}",
                counted(facts, "fact")
            ),
        ),
        (Err(error), _) => ChecklistItem::bad(
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

/// What to do about something that is not known, other than to run this command.
fn remedy(unavailable: &Unavailable) -> Option<String> {
    let remedy = unavailable.remedy()?;
    let elsewhere = remedy.strip_suffix(": duckops doctor");
    Some(elsewhere.map_or_else(|| remedy.clone(), str::to_owned))
}

/// Who answers, from where, and by which clock.
fn reachable(stack: &Stack, observations: &Observations) -> Vec<ChecklistItem> {
    let mut checks = Vec::new();
    let fact = |name: &str, path: &str, fix: &str| match observations.get(path) {
        FactState::Known(fact) => ChecklistItem::ok(name, fact.value.shown()),
        FactState::Unavailable(unavailable) => {
            let fix = remedy(unavailable).unwrap_or_else(|| fix.to_owned());
            ChecklistItem::bad(name, Verdict::Unknown, unavailable.detail.clone(), fix)
        }
        FactState::NotAsked => ChecklistItem::bad(name, Verdict::Unknown, "not checked", fix),
    };
    checks.push(fact(
        "identity",
        "aws.identity",
        "Log in to AWS: aws sso login",
    ));
    let account = fact("account", "aws.account", "Log in to AWS: aws sso login");
    checks.push(match account.verdict {
        Verdict::Ok if account.found.as_str() != stack.account.value => ChecklistItem::bad(
            "account",
            Verdict::Unknown,
            format!(
                "{} is not the stack's {}",
                account.found, stack.account.value
            ),
            format!(
                "Choose the profile of account {}: --profile or AWS_PROFILE",
                stack.account.value
            ),
        ),
        _ => account,
    });
    let url = stack.api_url.value.as_str().trim_end_matches('/');
    checks.push(match observations.get("api.up") {
        FactState::Known(fact) if fact.value == crate::fact::FactValue::Bool(false) => {
            let answer = observations.get("api.answer");
            let found = match answer {
                FactState::Known(answer) => answer.value.shown(),
                _ => "down".into(),
            };
            // Where no answer of the API came, triage sends here: this is the act that shows where it
            // ends, or who answers instead.
            let cause = match observations.get("api.cause") {
                FactState::Known(cause) => cause.value.shown().to_string(),
                _ => String::new(),
            };
            let status = crate::text::quoted(&format!("{url}/beak/system/status"));
            let fix = match cause.as_str() {
                "network" => format!("See where the connection ends: curl -sv -m 10 {status}"),
                "gateway" => format!("See who answers there: curl -sS -i -m 10 {status}"),
                _ => "duckops triage inc-001".to_owned(),
            };
            ChecklistItem::bad("status api", Verdict::Critical, found, fix)
        }
        FactState::Known(_) => fact("status api", "api.answer", "duckops triage inc-001"),
        _ => fact("status api", "api.up", "duckops triage inc-001"),
    });
    let feed = crate::text::quoted(&format!("{url}/beak/audit"));
    let fix = format!(
        "See what it answers: curl -sS -i -m 10 -H 'Content-Type:application/json' -d '{{}}' {feed}"
    );
    let mut audit = fact("audit api", "audit.entries", &fix);
    if let Some(entries) = observations.int("audit.entries") {
        audit.found = counted(entries, "entry").into();
    }
    checks.push(audit);
    checks.push(match observations.skew() {
        None => ChecklistItem::bad(
            "clock",
            Verdict::Unknown,
            "no dated answer",
            "Check the API first: duckops triage inc-001",
        ),
        Some(skew) if skew.abs() > 60 => ChecklistItem::bad(
            "clock",
            Verdict::Warning,
            format!("{} off the API", crate::fact::duration(skew)),
            "Set the clock of this machine: timedatectl status",
        ),
        Some(skew) => ChecklistItem::ok("clock", format!("{skew} s off the API")),
    });
    checks
}

/// What mends a failed request: a policy only where AWS refused it, and neither a policy nor a login
/// where the line is dead.
fn permission_fix(observations: &Observations, probe: fact::Probe, action: &str) -> String {
    let silent: Vec<_> = observations
        .all()
        .filter(|(_, of, _)| *of == probe)
        .filter_map(|(_, _, outcome)| outcome.as_ref().err())
        .collect();
    let is_denied = |why: UnavailableReason| why == UnavailableReason::Denied;
    if silent.iter().any(|unavailable| is_denied(unavailable.why)) {
        return format!("Allow {action}; the least policy: duckops doctor --policy");
    }
    let own = silent.into_iter().find_map(remedy);
    own.unwrap_or_else(|| {
        "Check the network, the proxy and the AWS endpoint of this machine".to_owned()
    })
}

/// Why nothing was asked of a probe, and what to do about it.
fn not_checked(observations: &Observations, probe: fact::Probe) -> (String, String) {
    let mut silent = observations
        .all()
        .filter(|(_, of, _)| *of == probe)
        .filter_map(|(_, _, outcome)| outcome.as_ref().err());
    let first = silent.next();
    // The permission in brackets is another one for each, and the reason the same.
    let detail = first.map_or("no request was sent", |why| why.detail.as_str());
    let why = detail.split(" (").next().unwrap_or(detail);
    let fix = first.and_then(remedy);
    let fix = fix.unwrap_or_else(|| "Log in to AWS: aws sso login".to_owned());
    (format!("not checked: {why}"), fix)
}

/// Each AWS action a probe needs, by what came of asking.
fn permissions(observations: &Observations) -> Vec<ChecklistItem> {
    let mut checks = Vec::new();
    for probe in fact::Probe::ALL.into_iter().filter(|probe| probe.is_aws()) {
        for action in probe::permissions(probe) {
            // Without an answer nothing is known of the permission; a refusal names it.
            let asked = observations.asked(probe);
            let failure = asked.iter().find_map(|asked| asked.failure.as_ref());
            let is_login = observations.all().any(|(_, of, outcome)| {
                let why = outcome.as_ref().err().map(|unavailable| unavailable.why);
                of == probe
                    && matches!(
                        why,
                        Some(UnavailableReason::NoCredentials | UnavailableReason::Expired)
                    )
            });
            // Keys that AWS refuses say nothing of a permission.
            checks.push(match (asked, failure) {
                _ if is_login => {
                    let (why, fix) = not_checked(observations, probe);
                    ChecklistItem::bad(*action, Verdict::Unknown, why, fix)
                }
                ([], _) => {
                    let (why, fix) = not_checked(observations, probe);
                    ChecklistItem::bad(*action, Verdict::Unknown, why, fix)
                }
                (_, Some(failure)) => ChecklistItem::bad(
                    *action,
                    Verdict::Unknown,
                    failure.clone(),
                    permission_fix(observations, probe, action),
                ),
                (_, None) => ChecklistItem::ok(
                    *action,
                    format!(
                        "granted, {}",
                        crate::report::count(asked.len(), "request", "requests")
                    ),
                ),
            });
        }
    }
    checks
}
