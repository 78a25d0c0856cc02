//! What the stack would have to answer: the status document, the feed, executions, mail, the
//! log, the function and its metrics.

use super::{DAY, HOUR, MINUTE, RecordedFacts, SLOWEST, before, fault, function, people, status};
use crate::fact::parse_instant;
use crate::practice::{FakeExecution, FakeStack, Fault, LogEvent, Operation, Review};
use serde_json::{Value, json};
use std::time::Duration;

/// No more entries or lines of one kind are made up: more say nothing more.
const MOST: i64 = 2_000;

pub(super) fn all(world: &mut FakeStack, facts: &RecordedFacts<'_>) {
    document(world, facts);
    feed(world, facts);
    executions(world, facts);
    mail(world, facts);
    log(world, facts);
    function::alias(world, facts);
    function::metrics(world, facts);
    failures(world, facts);
}

fn document(world: &mut FakeStack, facts: &RecordedFacts<'_>) {
    let members = [
        ("status.database.ducklings", "/database", "ducklings"),
        (
            "status.database.birth_certificates",
            "/database",
            "birth_certificates",
        ),
        ("status.agents.alive", "/agents", "alive"),
        ("status.agents.dead", "/agents", "dead"),
        ("status.agents.total_bonded", "/agents", "total_bonded"),
        (
            "peck.callback_errors",
            "/peck_protocol/failure_breakdown",
            "callback_error",
        ),
        ("status.ses.sandbox", "/ses", "sandbox"),
        ("status.lambda_version", "", "lambda_version"),
        ("status.alias_version", "", "lambda_alias_version"),
    ];
    for (fact, parent, member) in members {
        let value = facts
            .int(fact)
            .map(Value::from)
            .or_else(|| facts.bool(fact).map(Value::from))
            .or_else(|| facts.text(fact).map(Value::from));
        let parent = world
            .status
            .pointer_mut(parent)
            .and_then(Value::as_object_mut);
        if let Some(parent) = parent {
            match value {
                Some(value) => parent.insert(member.to_owned(), value),
                // What the document did not hold, or held as something else.
                None if facts.unavailable(fact).is_some() => parent.remove(member),
                None => None,
            };
        }
    }
    // A total of 0 would say what a counter that is missing does not.
    let pecks = world.status["peck_protocol"].as_object_mut();
    if let (Some(pecks), true) = (pecks, facts.unavailable("peck.callback_errors").is_some()) {
        pecks.remove("failed");
    }
    let agents =
        ["total_bonded", "alive", "dead"].map(|name| world.status["agents"][name].as_i64());
    if let [Some(total), Some(alive), Some(dead)] = agents {
        world.status["agents"]["slow"] = (total - alive - dead).max(0).into();
    }
    if let Some(sent) = facts.int("email.sent_24h") {
        world.status["ses"]["sent_last_24h"] = sent.into();
    }
}

/// The entries that were seen, and as many more as were counted.
fn feed(world: &mut FakeStack, facts: &RecordedFacts<'_>) {
    let mut entries: Vec<(u64, String)> = Vec::new();
    for list in [
        "audit.newest_certs",
        "audit.newest_pulses",
        "audit.newest_pecks",
    ] {
        for line in facts.list(list) {
            let Some((time, kind)) = line.split_once(' ') else {
                continue;
            };
            let kind = kind.split(' ').next().unwrap_or_default().to_owned();
            let entry = parse_instant(time).map(|at| (facts.ago(at), kind));
            // One entry may be of two kinds.
            entries.extend(entry.filter(|entry| !entries.contains(entry)));
        }
    }
    let mut more = |kind: &str, is_one: &dyn Fn(&str) -> bool, within: u64, fact: &str| {
        let there = entries
            .iter()
            .filter(|(ago, kind)| *ago < within && is_one(kind))
            .count();
        let missing = facts.int(fact).unwrap_or(0).min(MOST) - i64::try_from(there).unwrap_or(0);
        for nth in 0..u64::try_from(missing).unwrap_or(0) {
            // As old as it may be: the newest ones are known.
            let ago = within.saturating_sub(2 + nth).max(1);
            entries.push((ago, kind.to_owned()));
        }
    };
    let callback = |kind: &str| {
        let kind = kind.to_ascii_lowercase();
        kind.contains("callback") && (kind.contains("error") || kind.contains("fail"))
    };
    let (error, issued) = ("peck.callback_error", "duck.cert_issued");
    more(error, &callback, HOUR, "audit.callback_errors_1h_min");
    more(error, &callback, DAY, "audit.callback_errors_24h_min");
    let is_issued = |kind: &str| kind.contains("cert") && kind.contains("issued");
    more(issued, &is_issued, DAY, "audit.certs_issued_24h_min");
    more(issued, &is_issued, 2 * DAY, "audit.certs_issued_48h_min");
    let is_pulse = |kind: &str| kind.contains("pulse");
    more("pulse", &is_pulse, DAY, "audit.pulses_24h_min");
    let signed_up = |kind: &str| kind.contains("registered") || kind.contains("hatched");
    let signup = "duckling.registered";
    more(signup, &signed_up, DAY, "audit.signups_24h_min");
    more(signup, &signed_up, 2 * DAY, "audit.signups_48h_min");
    let reach = facts.span("audit.reach");
    if let Some(reach) = reach {
        more("pulse", &is_pulse, reach + 1, "audit.pulses");
    }
    entries.extend(
        facts
            .span("audit.registration_age")
            .map(|ago| (ago, "agent.registered".to_owned())),
    );
    entries.extend(reach.map(|ago| (ago, "report.filed".to_owned())));
    let plain = |(ago, kind)| (ago, kind, json!({"spaceduck_id": "DECAF00000000001"}));
    // One feed cannot tell both what was counted of it and whose entries those were.
    let people = match facts.rebuilds_people {
        true => {
            entries.retain(|(_, kind)| kind == "report.filed");
            people::entries(facts)
        }
        false => Vec::new(),
    };
    let people = people.into_iter();
    let people = people.map(|(ago, kind, members)| (ago, kind.to_owned(), members));
    let mut entries: Vec<_> = entries.into_iter().map(plain).chain(people).collect();
    entries.sort_by_key(|(ago, ..)| *ago);
    world.audit = entries
        .into_iter()
        .map(|(ago, kind, mut entry)| {
            entry["event_type"] = kind.into();
            entry["timestamp"] = before(world, ago).unix_timestamp().into();
            entry
        })
        .collect();
    // What was seen of a feed that broke off counts, and its end is not known.
    if facts.unavailable("audit.entries").is_some() && facts.int("audit.pulses_min").is_some() {
        world.faults.insert(Operation::Audit, Fault::CutBody);
    }
}

fn executions(world: &mut FakeStack, facts: &RecordedFacts<'_>) {
    let mut ran: Vec<FakeExecution> = Vec::new();
    let execution = |world: &FakeStack, name: &str, status: &str, start: u64, stop: Option<u64>| {
        FakeExecution {
            name: name.to_owned(),
            status: status.to_owned(),
            start: before(world, start),
            stop: stop.map(|ago| before(world, ago)),
        }
    };
    for line in facts.list("executions.longest_running") {
        if let Some((name, at)) = line.rsplit_once(" since ")
            && let Some(at) = parse_instant(at)
        {
            let name = name.trim_end_matches(" (redriven)");
            ran.push(execution(world, name, "RUNNING", facts.ago(at), None));
        }
    }
    for line in facts.list("executions.newest_unsuccessful") {
        let words: Vec<&str> = line.split(' ').collect();
        let times: Vec<i64> = words
            .iter()
            .filter_map(|word| parse_instant(word))
            .collect();
        let first = words.iter().position(|word| parse_instant(word).is_some());
        if let ([status, ..], [start, rest @ ..], Some(first)) = (&words[..], &times[..], first) {
            let name = words.get(1..first).unwrap_or_default().join(" ");
            let stop = rest.first().map(|at| facts.ago(*at));
            ran.push(execution(world, &name, status, facts.ago(*start), stop));
        }
    }
    for (status, fact, least, start) in [
        ("RUNNING", "executions.running", "", MINUTE),
        (
            "FAILED",
            "executions.failed_24h",
            "executions.unsuccessful_24h_min",
            DAY - 2,
        ),
        ("TIMED_OUT", "executions.timed_out_24h", "", DAY - 2),
        ("ABORTED", "executions.aborted_24h", "", DAY - 2),
    ] {
        let there = ran.iter().filter(|ran| ran.status == status).count();
        let due = facts
            .int(fact)
            .or_else(|| facts.int(least))
            .unwrap_or(0)
            .min(MOST);
        for nth in there..usize::try_from(due).unwrap_or(0) {
            let name = format!("made-up-{status}-{nth}");
            ran.push(execution(world, &name, status, start, None));
        }
    }
    world.executions = ran;
    let express = facts.unavailable("executions.running");
    world.express =
        express.is_some_and(|why| why.why == crate::observation::UnavailableReason::Unsupported);
}

fn mail(world: &mut FakeStack, facts: &RecordedFacts<'_>) {
    #[allow(clippy::cast_precision_loss, reason = "numbers of mails")]
    let number = |fact: &str| facts.int(fact).map(|number| number as f64);
    let mail = &mut world.mail;
    mail.sending_enabled = facts.bool("email.sending_enabled").unwrap_or(true);
    mail.enforcement = facts
        .text("email.enforcement")
        .unwrap_or_else(|| "HEALTHY".into());
    mail.production_access = facts.bool("email.production_access").unwrap_or(false);
    let review = facts.text("email.review").filter(|review| review != "none");
    mail.review = review.map(|status| Review {
        status,
        case: facts.text("email.review_case").unwrap_or_default(),
    });
    mail.sent_24h = number("email.sent_24h").unwrap_or(0.0);
    mail.max_24h = match facts.bool("email.unlimited") {
        Some(true) => -1.0,
        _ => number("email.max_24h").unwrap_or(200.0),
    };
}

/// The lines that were seen, and as many more as were counted.
fn log(world: &mut FakeStack, facts: &RecordedFacts<'_>) {
    let mut lines: Vec<(u64, String)> = Vec::new();
    for list in ["logs.newest_errors", "logs.newest_certs"] {
        for line in facts.list(list) {
            if let Some((time, message)) = line.split_once(' ')
                && let Some(at) = parse_instant(time)
            {
                let line = (facts.ago(at), message.to_owned());
                // The same line may be in both; twice in one it was logged twice.
                if list == "logs.newest_errors" || !lines.contains(&line) {
                    lines.push(line);
                }
            }
        }
    }
    let kind = |line: &str| match line {
        _ if line.contains("Task timed out") => "timeouts",
        _ if line.contains("Runtime exited") || line.contains("killed") => "exits",
        _ if line.contains("ImportModule") || line.contains("Unable to import") => "imports",
        _ => "others",
    };
    let quarter = 15 * MINUTE;
    for (of, fact, words) in [
        (
            "timeouts",
            "logs.timeouts_15m_min",
            "Task timed out after 30.00 seconds",
        ),
        (
            "exits",
            "logs.exits_15m_min",
            "Runtime exited with error: signal: killed",
        ),
        (
            "imports",
            "logs.imports_15m_min",
            "Runtime.ImportModuleError: Unable to import module",
        ),
        ("others", "logs.other_errors_15m_min", "[ERROR] as recorded"),
    ] {
        let is_error = |(ago, line): &&(u64, String)| {
            *ago < quarter && kind(line) == of && !line.contains("cert_issued")
        };
        let there = lines.iter().filter(is_error).count();
        let missing = facts.int(fact).unwrap_or(0).min(MOST) - i64::try_from(there).unwrap_or(0);
        let made_up = (0..missing).map(|_| (quarter - 5, words.to_owned()));
        let made_up: Vec<_> = made_up.collect();
        lines.extend(made_up);
    }
    // A log whose errors are known holds lines that are none.
    if facts.int("logs.errors_15m").is_some() {
        lines.push((MINUTE, "START RequestId: as-recorded".to_owned()));
    }
    world.log_events = lines
        .into_iter()
        .map(|(ago, message)| LogEvent {
            at: before(world, ago),
            stream: "[0]recorded".to_owned(),
            message,
        })
        .collect();
}

/// What failed as a whole fails again.
fn failures(world: &mut FakeStack, facts: &RecordedFacts<'_>) {
    match (facts.bool("api.up"), facts.float("api.seconds")) {
        (Some(false), _) => {
            let answer = facts.text("api.answer").unwrap_or_default();
            let fault = match status(&answer) {
                Some(200) => Fault::Html,
                Some(status) => Fault::Status(status),
                None if answer.contains("no response") => Fault::Hang,
                None => Fault::Reset,
            };
            world.faults.insert(Operation::Status, fault);
        }
        (_, Some(seconds)) if seconds > 1.0 => {
            let late = Duration::try_from_secs_f64(seconds).unwrap_or(SLOWEST);
            let late = Fault::Delay(late.min(SLOWEST));
            world.faults.insert(Operation::Status, late);
        }
        _ => {
            if let Some(why) = facts.unavailable("api.up") {
                world.faults.insert(Operation::Status, fault(why));
            }
        }
    }
    // Where none of these facts is known, the question was not answered at all.
    let whole: [(Operation, &[&str]); 9] = [
        (Operation::Audit, &["pecks.known", "bonds.bonded"]),
        (Operation::Audit, &["audit.entries", "audit.pulses_min"]),
        (
            Operation::ListExecutions,
            &["executions.running", "executions.unsuccessful_24h_min"],
        ),
        (
            Operation::GetAccount,
            &[
                "email.sent_24h",
                "email.sending_enabled",
                "email.enforcement",
            ],
        ),
        (
            Operation::FilterLogEvents,
            &["logs.errors_15m", "logs.cert_failures_1h"],
        ),
        (Operation::GetAlias, &["alias.version"]),
        (Operation::ListVersionsByFunction, &["alias.versions"]),
        (Operation::GetFunctionConfiguration, &["alias.timeout"]),
        (Operation::GetCallerIdentity, &["aws.account"]),
    ];
    for (operation, names) in whole {
        let silences: Vec<_> = names
            .iter()
            .filter_map(|fact| facts.unavailable(fact))
            .collect();
        if let [first, ..] = silences[..]
            && silences.len() == names.len()
        {
            world.faults.insert(operation, fault(first));
        }
    }
    let of_metrics = ["lambda.invocations_by_minute", "email.sends_24h"];
    let denied = of_metrics.iter().filter_map(|fact| facts.unavailable(fact));
    if let Some(why) = denied
        .into_iter()
        .find(|why| why.why == crate::observation::UnavailableReason::Denied)
    {
        world.faults.insert(Operation::GetMetricData, fault(why));
    }
}
