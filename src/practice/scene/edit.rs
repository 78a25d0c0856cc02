//! What scenes say about a world, in one sentence each: every helper changes all the
//! places where the thing shows, so that a scene cannot contradict itself by accident.

use crate::practice::{
    EarlierRun, FakeExecution, FakeMetric, FakeStack, Fault, LogEvent, Operation, Version,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use time::OffsetDateTime;

/// A duration in seconds.
pub(super) const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// A duration in minutes.
pub(super) const fn minutes(n: u64) -> Duration {
    seconds(n * 60)
}

/// A duration in hours.
pub(super) const fn hours(n: u64) -> Duration {
    minutes(n * 60)
}

/// Something entered the audit feed, with these members beside its type and time.
pub(super) fn audit_event(world: &mut FakeStack, ago: Duration, event: &str, mut entry: Value) {
    let stamp = (world.now - ago).unix_timestamp();
    entry["event_type"] = event.into();
    entry["timestamp"] = stamp.into();
    let place = world
        .audit
        .partition_point(|e| e["timestamp"].as_i64() > Some(stamp));
    world.audit.insert(place, entry);
}

/// An agent pulsed.
pub(super) fn pulsed(world: &mut FakeStack, ago: Duration, duck: &str) {
    audit_event(
        world,
        ago,
        "pulse",
        json!({"spaceduck_id": duck, "detail": "ACTIVE"}),
    );
}

/// Records runs every half hour for this many hours, the last one five minutes ago.
pub(super) fn remember(world: &mut FakeStack, hours: u64) {
    world.recorded = (0..hours * 2)
        .rev()
        .map(|i| EarlierRun {
            ago: minutes(5 + i * 30),
            facts: Vec::new(),
        })
        .collect();
}

/// A number that is `total` now, having grown by one at each of these moments.
pub(super) fn grew(world: &mut FakeStack, fact: &'static str, total: i64, moments: &[Duration]) {
    for run in &mut world.recorded {
        let since = moments.iter().filter(|&&moment| moment < run.ago).count();
        run.facts.retain(|(name, _)| *name != fact);
        run.facts
            .push((fact, total - i64::try_from(since).unwrap_or(i64::MAX)));
    }
}

/// Pecks whose callback failed at these moments, on top of `before` undated ones.
pub(super) fn callback_errors(world: &mut FakeStack, before: i64, moments: &[Duration]) {
    let total = before + i64::try_from(moments.len()).unwrap_or(i64::MAX);
    world.status["peck_protocol"]["failure_breakdown"]["callback_error"] = total.into();
    world.status["peck_protocol"]["failed"] = (total + 4).into();
    grew(world, "peck.callback_errors", total, moments);
    for (number, &ago) in moments.iter().enumerate() {
        let name = format!("peck-{:04}", 100 + number);
        let detail = format!("{name}: the target agent could not be reached");
        audit_event(world, ago, "peck.callback_error", json!({"detail": detail}));
        // Every third one runs into the time limit instead of failing.
        let status = if number % 3 == 2 {
            "TIMED_OUT"
        } else {
            "FAILED"
        };
        ran(world, &name, status, ago + minutes(2), Some(ago));
    }
}

/// All callbacks that failed were to this agent.
pub(super) fn callbacks_were_to(world: &mut FakeStack, duck: &str) {
    for entry in &mut world.audit {
        if entry["event_type"] == "peck.callback_error" {
            entry["target_spaceduck_id"] = duck.into();
        }
    }
}

/// An execution that started and perhaps stopped so long ago. The status document counts
/// those that run or succeeded; its count of failures has a history of its own.
pub(super) fn ran(
    world: &mut FakeStack,
    name: &str,
    status: &str,
    start: Duration,
    stop: Option<Duration>,
) {
    let counter = match status {
        "RUNNING" => Some("running"),
        "SUCCEEDED" => Some("succeeded"),
        _ => None,
    };
    if let Some(counter) = counter {
        let counter = &mut world.status["peck_protocol"][counter];
        *counter = (counter.as_i64().unwrap_or_default() + 1).into();
    }
    world.executions.push(FakeExecution {
        name: name.to_owned(),
        status: status.to_owned(),
        start: world.now - start,
        stop: stop.map(|ago| world.now - ago),
    });
}

/// How many agents are in which state.
pub(super) fn agents(world: &mut FakeStack, alive: i64, slow: i64, dead: i64) {
    let total = alive + slow + dead;
    world.status["agents"] =
        json!({"alive": alive, "slow": slow, "dead": dead, "total_bonded": total});
}

/// An agent that has not pulsed for so long.
pub(super) fn silent(world: &mut FakeStack, duck: &str, since: Duration) {
    let last = (world.now - since).unix_timestamp();
    world.audit.retain(|e| {
        e["spaceduck_id"] != duck
            || e["event_type"] != "pulse"
            || e["timestamp"].as_i64() <= Some(last)
    });
}

/// The mails of the last day: pairs of `n` and the number sent in the hour that ended `n - 1` hours
/// ago.
pub(super) fn sent(world: &mut FakeStack, by_hour: &[(u64, u32)]) {
    let total: u32 = by_hour.iter().map(|(_, mails)| mails).sum();
    world.mail.sent_24h = f64::from(total);
    world.status["ses"]["sent_last_24h"] = total.into();
    let middles: Vec<_> = by_hour
        .iter()
        .map(|&(hour, mails)| (hours(hour) - minutes(30), f64::from(mails)))
        .collect();
    measured(world, "Send", &middles);
}

/// What an SES metric reported, and when; what it said before is forgotten.
pub(super) fn measured(world: &mut FakeStack, name: &str, points: &[(Duration, f64)]) {
    reported(world, "AWS/SES", name, &[], points);
}

/// What the function's metric of this name reported: all of it came through the alias, and
/// each call was executed by the version that the alias pointed to then.
pub(super) fn function_measured(world: &mut FakeStack, name: &str, points: &[(Duration, f64)]) {
    let function = world.function.clone();
    let resource = format!("{function}:{}", world.alias);
    let whole = [("FunctionName", function.as_str())];
    reported(world, "AWS/Lambda", name, &whole, points);
    let through_alias = [whole[0], ("Resource", resource.as_str())];
    reported(world, "AWS/Lambda", name, &through_alias, points);
    // A throttled request runs on no version.
    if name != "Throttles" {
        let now = world.now;
        let mut executed: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for point in points {
            let version = served(world, now - point.0);
            executed.entry(version).or_default().push(*point);
        }
        // Invocations long before these points stay.
        let oldest = points.iter().map(|(ago, _)| *ago).max().unwrap_or_default();
        let before = |series: &FakeMetric| {
            series.name == name
                && series.dimensions.iter().any(|(n, _)| n == EXECUTED)
                && series.points.iter().any(|(at, _)| *at + oldest >= now)
        };
        world.metrics.retain(|series| !before(series));
        for (version, points) in executed {
            executed_by(world, &version, name, &points);
        }
    }
}

const EXECUTED: &str = "ExecutedVersion";

/// What the metric reported of a single version behind the alias.
pub(super) fn executed_by(
    world: &mut FakeStack,
    version: &str,
    name: &str,
    points: &[(Duration, f64)],
) {
    let function = world.function.clone();
    let resource = format!("{function}:{}", world.alias);
    let dimensions = [
        ("FunctionName", function.as_str()),
        ("Resource", resource.as_str()),
        (EXECUTED, version),
    ];
    reported(world, "AWS/Lambda", name, &dimensions, points);
}

/// The version that the alias pointed to at a moment: its present one, which came to it a
/// minute after it was published, or the one published before.
fn served(world: &FakeStack, at: OffsetDateTime) -> String {
    let target = &world.alias_target.version;
    let present = world.versions.iter().position(|v| v.number == *target);
    let earlier = present.filter(|index| at < world.versions[*index].modified + minutes(1));
    match earlier.and_then(|index| world.versions[..index].last()) {
        Some(version) => version.number.clone(),
        None => target.clone(),
    }
}

/// A version served three hundred requests well, the last of them so long ago.
pub(super) fn served_long_ago(world: &mut FakeStack, version: &str, ago: Duration) {
    let points = |value| -> Vec<_> { (0..10).map(|n| (ago + hours(n), value)).collect() };
    executed_by(world, version, "Invocations", &points(30.0));
    executed_by(world, version, "Errors", &points(0.0));
}

fn reported(
    world: &mut FakeStack,
    namespace: &str,
    name: &str,
    dimensions: &[(&str, &str)],
    points: &[(Duration, f64)],
) {
    let series = FakeMetric {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        dimensions: dimensions
            .iter()
            .map(|&(n, v)| (n.to_owned(), v.to_owned()))
            .collect(),
        points: points
            .iter()
            .map(|&(ago, value)| (world.now - ago, value))
            .collect(),
    };
    world.metrics.retain(|other| {
        (&other.namespace, &other.name, &other.dimensions)
            != (&series.namespace, &series.name, &series.dimensions)
    });
    if !series.points.is_empty() {
        world.metrics.push(series);
    }
}

/// A line in the function's log.
pub(super) fn logged(world: &mut FakeStack, ago: Duration, message: &str) {
    let stream = format!("[{}]0f1e2d3c", world.alias_target.version);
    world.log_events.push(LogEvent {
        at: world.now - ago,
        stream,
        message: message.to_owned(),
    });
}

/// Ducklings that signed up at these moments, each with its certificate.
pub(super) fn signed_up(world: &mut FakeStack, before: i64, moments: &[Duration]) {
    world
        .audit
        .retain(|entry| entry["event_type"] != "duck.cert_issued");
    let total = before + i64::try_from(moments.len()).unwrap_or(i64::MAX);
    let database: &mut Value = &mut world.status["database"];
    database["ducklings"] = total.into();
    database["birth_certificates"] = total.into();
    database["eggs"] = (total + 5).into();
    grew(world, "status.database.ducklings", total, moments);
    grew(world, "status.database.birth_certificates", total, moments);
    for (number, &ago) in moments.iter().enumerate() {
        let duckling = format!("DECAF1{number:010}");
        audit_event(
            world,
            ago,
            "duck.cert_issued",
            json!({"duckling_id": duckling}),
        );
    }
}

/// Ducklings signed up at some moments and certificates were issued at others, on top of
/// those that everybody has had for long.
pub(super) fn certified(world: &mut FakeStack, ducklings: &[Duration], issued: &[Duration]) {
    world
        .audit
        .retain(|entry| entry["event_type"] != "duck.cert_issued");
    world
        .log_events
        .retain(|line| !line.message.contains("cert"));
    signed_up(world, 14, issued);
    let total = 14 + i64::try_from(ducklings.len()).unwrap_or(i64::MAX);
    world.status["database"]["ducklings"] = total.into();
    grew(world, "status.database.ducklings", total, ducklings);
}

/// A whole fleet stopped so long ago, as feed, counters and earlier runs tell it.
pub(super) fn stopped(world: &mut FakeStack, ducks: &[&str], since: Duration) {
    for duck in ducks {
        silent(world, duck, since);
    }
    let dead = i64::try_from(ducks.len()).unwrap_or(i64::MAX);
    agents(world, 0, 0, dead);
    for run in &mut world.recorded {
        for (fact, value) in &mut run.facts {
            match *fact {
                "status.agents.alive" if run.ago <= since => *value = 0,
                "status.agents.dead" if run.ago <= since => *value = dead,
                _ => {}
            }
        }
    }
}

/// Agents that never pulsed and were bonded before the feed begins.
pub(super) fn never_pulsed(world: &mut FakeStack, count: i64) {
    let bonded: Vec<_> = (world.audit.iter())
        .filter(|entry| entry["event_type"] == "duck.bonded")
        .map(|entry| entry["peck_id"].clone())
        .collect();
    world.audit.retain(|entry| {
        let event = entry["event_type"].as_str().unwrap_or_default();
        let is_settled = event.starts_with("peck") && bonded.contains(&entry["detail"]);
        !event.contains("pulse") && event != "duck.bonded" && !is_settled
    });
    agents(world, 0, 0, count);
    grew(world, "status.agents.alive", 0, &[]);
    grew(world, "status.agents.dead", count, &[]);
}

/// The alias came to a new version so long ago; it was published a minute earlier.
pub(super) fn alias_moved(world: &mut FakeStack, to: &str, ago: Duration) {
    world.versions.push(Version {
        number: to.to_owned(),
        modified: world.now - ago - minutes(1),
        code_sha256: format!("EXAMPLE{to}="),
    });
    world.alias_target.version = to.to_owned();
    world.alias_target.revision = format!("5e1f7a52-0000-4000-8000-0000000000{to}");
    world.deployed(to, ago);
    let number = to.parse().unwrap_or_default();
    recorded_since(world, "alias.number", number, ago);
    // Another version executes since then.
    for name in ["Invocations", "Errors"] {
        let whole = |s: &&FakeMetric| {
            s.namespace == "AWS/Lambda" && s.name == name && s.dimensions.len() == 1
        };
        if let Some(series) = world.metrics.iter().find(whole) {
            let now = world.now;
            let points: Vec<_> = (series.points.iter())
                .filter_map(|(at, value)| Some(((now - *at).try_into().ok()?, *value)))
                .collect();
            function_measured(world, name, &points);
        }
    }
}

/// The API has been failing in this way for so long, and every call with it.
pub(super) fn failing(world: &mut FakeStack, fault: &Fault, since: Duration) {
    for operation in [Operation::Status, Operation::Audit] {
        world.faults.insert(operation, fault.clone());
    }
    recorded_since(world, "api.good_answers", 0, since);
}

/// The function has been failing for so long, twice a minute, with this line in its log. If
/// that began with the version that serves, another one cures it.
pub(super) fn erring(world: &mut FakeStack, line: &str, since: Duration) {
    let errors = |minute: u64| match minutes(minute) <= since {
        true => 2.0,
        false => 0.0,
    };
    let points: Vec<_> = (1..=240).map(|n| (minutes(n), errors(n))).collect();
    function_measured(world, "Errors", &points);
    let serving = world.alias_target.version.clone();
    let began_with_it = served(world, world.now - since) == serving;
    world.culprit = began_with_it.then_some(serving);
    for minute in (1..=240).filter(|minute| minutes(*minute) <= since) {
        logged(world, minutes(minute) - seconds(30), line);
    }
}

/// What runs since then recorded of a fact.
fn recorded_since(world: &mut FakeStack, fact: &str, value: i64, since: Duration) {
    let runs = world.recorded.iter_mut().filter(|run| run.ago <= since);
    for (name, recorded) in runs.flat_map(|run| &mut run.facts) {
        if *name == fact {
            *recorded = value;
        }
    }
}
