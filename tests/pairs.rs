//! Claim: with two things wrong at once, one run names the right root cause, calls no child
//! critical that its parent explains, agrees with its own exit code, and fits on a screen.

use crate::support::{Stage, at_once, deadline, world};
use duckops::practice::{EarlierRun, FakeStack};
use serde_json::Value;
use std::collections::BTreeSet;

/// A scene, and the incidents that it makes critical by itself. Where two scenes change
/// the same thing, the earlier one in the list has its way.
struct Wrong {
    scene: &'static str,
    critical: &'static [&'static str],
}

const fn wrong(scene: &'static str, critical: &'static [&'static str]) -> Wrong {
    Wrong { scene, critical }
}

const WRONG: [Wrong; 17] = [
    wrong("api-gone", &["inc-001"]),
    wrong("api-500", &["inc-001"]),
    wrong("inc-001", &["inc-001"]),
    // A fleet that lived four hours ago, with callbacks that fail since.
    wrong("fleet-and-callbacks", &["inc-003", "inc-004", "bond"]),
    // Offline for longer than a day is no news of a single bond.
    wrong("fleet-dead-30h", &["inc-003", "inc-004"]),
    // One of its agents has not pulsed for five hours.
    wrong("inc-004", &["inc-004", "bond"]),
    wrong("inc-005", &["inc-005"]),
    // 200 of 200, and mails with certificates that were refused.
    wrong("cert-mail-refused", &["inc-005"]),
    wrong("inc-002", &["inc-002"]),
    wrong("wrong-account", &[]),
    wrong("denied", &[]),
    wrong("denied-mail", &[]),
    wrong("log-denied", &[]),
    wrong("torn-audit", &[]),
    wrong("hanging-audit", &[]),
    wrong("drift", &[]),
    wrong("first-run", &[]),
];

/// What is solved first: the incidents that explain others, then P0 before P1, then by id;
/// single connections last. `None` where nothing is critical.
fn due(critical: &BTreeSet<&'static str>) -> Option<&'static str> {
    let order = [
        "inc-001", "inc-003", "inc-005", "inc-002", "inc-004", "bond", "peck",
    ];
    order.into_iter().find(|id| critical.contains(id))
}

/// Who explains whom.
struct Explained {
    id: &'static str,
    /// Those that take its evidence away: while one of them is critical, what is unknown of it
    /// is not judged.
    unknown_by: &'static [&'static str],
    /// Those that cause what its rules find, and a word of the findings that they cause.
    found_by: &'static [(&'static str, &'static str)],
}

const EXPLAINED: [Explained; 5] = [
    Explained {
        id: "inc-002",
        unknown_by: &["inc-001"],
        found_by: &[("inc-005", "mail")],
    },
    Explained {
        id: "inc-003",
        unknown_by: &["inc-001"],
        found_by: &[],
    },
    Explained {
        id: "inc-004",
        unknown_by: &["inc-001", "inc-003"],
        found_by: &[("inc-003", "")],
    },
    Explained {
        id: "bond",
        unknown_by: &["inc-001"],
        found_by: &[("inc-003", "")],
    },
    Explained {
        id: "peck",
        unknown_by: &["inc-001"],
        found_by: &[("inc-004", "")],
    },
];

/// What is critical when both scenes are played at once.
fn critical(one: &Wrong, other: &Wrong) -> BTreeSet<&'static str> {
    let scenes = [one.scene, other.scene];
    let mut all: BTreeSet<_> = one.critical.iter().chain(other.critical).copied().collect();
    // Who cannot ask the mail account cannot know that its quota is gone.
    if scenes.contains(&"wrong-account") || scenes.contains(&"denied-mail") {
        all.remove("inc-005");
    }
    // Certificates stall by what earlier runs recorded, and there were none.
    if scenes.contains(&"first-run") {
        all.remove("inc-002");
    }
    // Only the feed shows when an agent pulsed, and where none did for over a day no single bond
    // is critical.
    let silent = ["torn-audit", "hanging-audit", "fleet-dead-30h"];
    if silent.iter().any(|scene| scenes.contains(scene)) {
        all.remove("bond");
    }
    all
}

/// Whether two scenes cannot be played at once: both say how the API fails or how much mail
/// was sent, or one issues the certificates that the other does not.
fn contradict(one: &Wrong, other: &Wrong) -> bool {
    let both = |id| one.critical.contains(&id) && other.critical.contains(&id);
    let scenes = [one.scene, other.scene];
    let issued = scenes.contains(&"inc-005") && scenes.contains(&"inc-002");
    both("inc-001") || both("inc-005") || issued
}

/// Two worlds as one: what each changed of the healthy one. The first has its way.
fn merged(healthy: &FakeStack, first: FakeStack, second: FakeStack) -> FakeStack {
    macro_rules! pick {
        ($($field:ident),*) => {
            FakeStack {
                $($field: match first.$field == healthy.$field {
                    true => second.$field,
                    false => first.$field,
                },)*
                status: statuses(&healthy.status, first.status, second.status),
                audit: feed(&healthy.audit, first.audit, second.audit),
                executions: both(&healthy.executions, first.executions, second.executions),
                metrics: both(&healthy.metrics, first.metrics, second.metrics),
                log_events: both(&healthy.log_events, first.log_events, second.log_events),
                recorded: runs(&healthy.recorded, first.recorded, second.recorded),
                alias_before: None,
                together: None,
                faults: second.faults.into_iter().chain(first.faults).collect(),
            }
        };
    }
    pick!(
        now,
        lived_until,
        frozen,
        account,
        region,
        state_machine,
        function,
        alias,
        log_group,
        audit_body,
        express,
        mail,
        versions,
        alias_target,
        alias_moves,
        stale_for,
        configured,
        policy,
        provisioned,
        reserved,
        culprit,
        empty_log_pages,
        latency,
        page_size,
        bonds,
        agents,
        requests,
        token,
        issued,
        api_gone
    )
}

/// What neither took away, and what either added.
fn both<T: PartialEq>(healthy: &[T], first: Vec<T>, second: Vec<T>) -> Vec<T> {
    let stayed = |item: &T| !healthy.contains(item) || second.contains(item);
    let mut all: Vec<T> = first.into_iter().filter(stayed).collect();
    let added = second.into_iter().filter(|item| !healthy.contains(item));
    let added: Vec<T> = added.filter(|item| !all.contains(item)).collect();
    all.extend(added);
    all
}

/// The same for a feed: newest first, and compared as texts, because it is long.
fn feed(healthy: &[Value], first: Vec<Value>, second: Vec<Value>) -> Vec<Value> {
    let texts = |feed: &[Value]| feed.iter().map(Value::to_string).collect::<BTreeSet<_>>();
    let (healthy, other) = (texts(healthy), texts(&second));
    let mut all: Vec<Value> = first
        .into_iter()
        .filter(|entry| {
            let text = entry.to_string();
            !healthy.contains(&text) || other.contains(&text)
        })
        .collect();
    let own = texts(&all);
    all.extend(second.into_iter().filter(|entry| {
        let text = entry.to_string();
        !healthy.contains(&text) && !own.contains(&text)
    }));
    all.sort_by_key(|entry| std::cmp::Reverse(entry["timestamp"].as_i64()));
    all
}

fn statuses(healthy: &Value, first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Object(mut first), Value::Object(second)) => {
            for (key, theirs) in second {
                let ours = first.remove(&key).unwrap_or_default();
                let merged = statuses(&healthy[&key], ours, theirs);
                first.insert(key, merged);
            }
            Value::Object(first)
        }
        (first, second) if first == *healthy => second,
        (first, _) => first,
    }
}

/// Earlier runs of both; empty if one has none.
fn runs(
    healthy: &[EarlierRun],
    first: Vec<EarlierRun>,
    second: Vec<EarlierRun>,
) -> Vec<EarlierRun> {
    if first.is_empty() || second.is_empty() {
        return Vec::new();
    }
    assert_eq!(first.len(), second.len());
    let mut all = Vec::new();
    for ((mut first, second), healthy) in first.into_iter().zip(second).zip(healthy) {
        assert_eq!((first.ago, second.ago), (healthy.ago, healthy.ago));
        first.facts = first
            .facts
            .into_iter()
            .map(|(name, value)| {
                let told = |run: &EarlierRun| run.facts.iter().find(|(n, _)| *n == name).copied();
                match told(healthy) == Some((name, value)) {
                    true => told(&second).expect("the same facts"),
                    false => (name, value),
                }
            })
            .collect();
        all.push(first);
    }
    all
}

/// How many lines of an 80 columns wide terminal a report takes. A command is never
/// broken, and counts as the one line that it is.
fn lines(table: &str) -> usize {
    let commands = ["aws ", "curl ", "duckops ", "for "];
    let line = |line: &str| match line.trim_start() {
        text if commands.iter().any(|c| text.starts_with(c)) => 1,
        _ => line.chars().count().div_ceil(80).max(1),
    };
    table.lines().map(line).sum()
}

/// A page of a terminal.
const PAGE: usize = 25;

fn judged(one: &Wrong, other: &Wrong, world: FakeStack, complaints: &mut Vec<String>) -> usize {
    let pair = format!("{} + {}", one.scene, other.scene);
    let critical = critical(one, other);
    let saving = [
        "triage",
        "--deadline",
        deadline(&world),
        "--save",
        "run.json",
    ];
    let stage = Stage::of(world);
    let (code, document) = stage.once(&saving).json();
    // What a recording shows is what the run itself would have shown: `recording` proves it.
    let table = stage.once(&["triage", "--from", "run.json"]).run();
    let mut complain = |what: String| complaints.push(format!("{pair}: {what}"));

    let cause = due(&critical);
    if document["root_cause"].as_str() != cause {
        complain(format!("{} for {cause:?}", document["root_cause"]));
    }
    let runbooks = document["runbooks"].as_array().expect("runbooks");
    assert_eq!(runbooks.len(), 7, "{pair}");
    for runbook in runbooks {
        let id = runbook["id"].as_str().expect("an id");
        let explained = EXPLAINED.iter().find(|child| child.id == id);
        let summary = runbook["summary"].as_str().expect("a summary");
        let verdict = runbook["verdict"].as_str().expect("a verdict");
        let unknown_by = explained.map_or(&[][..], |child| child.unknown_by);
        let unknown_by = unknown_by.iter().copied();
        let unknown_by: Vec<_> = unknown_by.filter(|id| critical.contains(id)).collect();
        let found_by = explained.map_or(&[][..], |child| child.found_by).iter();
        let found_by = found_by.filter(|(_, word)| summary.contains(word));
        let found_by = found_by.map(|(id, _)| *id);
        let found_by: Vec<_> = found_by.filter(|id| critical.contains(id)).collect();
        let is_blocked = match (verdict, runbook["blocked_by"].as_str()) {
            (_, None) => false,
            ("unknown", Some(parent)) => {
                let due = format!("not judged: {} is critical", parent.to_ascii_uppercase());
                if unknown_by.first() != Some(&parent) || summary != due {
                    complain(format!("{id} is not judged for {parent}: {summary}"));
                }
                true
            }
            ("warning" | "critical", Some(parent)) => {
                let due = format!("; caused by {}", parent.to_ascii_uppercase());
                if !found_by.contains(&parent) || !summary.ends_with(&due) {
                    complain(format!("{id} is {verdict} by {parent}: {summary}"));
                }
                true
            }
            (_, Some(parent)) => {
                complain(format!("{id} is {verdict}, and explained by {parent}"));
                true
            }
        };
        if is_blocked && !runbook["escalation"].is_null() {
            complain(format!("{id} calls somebody though another explains it"));
        }
        // A parent explains what is bad and what is not known; the rest needs none.
        if !unknown_by.is_empty() && verdict == "unknown" && !is_blocked {
            complain(format!("{id} is unknown, and {unknown_by:?} critical"));
        }
        let has_parent = !unknown_by.is_empty() || !found_by.is_empty();
        if has_parent && critical.contains(id) && !is_blocked {
            complain(format!("{id} is {verdict} by itself: {summary}"));
        }
        // What takes the evidence away may leave an incident unknown that is critical without it.
        let is_due = critical.contains(id) && !(verdict == "unknown" && is_blocked);
        if (verdict == "critical") != is_due {
            complain(format!("{id} is {verdict}: {summary}"));
        }
    }

    // Bad first, then not known, then what is merely odd: the run is what its worst is.
    let rank = |verdict: &Value| match verdict.as_str() {
        Some("critical") => 4,
        Some("unknown") => 3,
        Some("warning") => 2,
        Some("ok") => 1,
        _ => 0,
    };
    let worst = runbooks.iter().map(|r| rank(&r["verdict"])).max();
    if Some(rank(&document["verdict"])) != worst {
        complain(format!("the run is {}", document["verdict"]));
    }
    if cause.is_none() && code == 0 {
        complain("nothing was said of either".to_owned());
    }
    let means = match document["verdict"].as_str() {
        Some("ok") => 0,
        Some("warning") => 1,
        Some("critical") => 2,
        _ => 3,
    };
    if [code, table.code] != [means; 2] || document["exit_code"] != code {
        complain(format!("exit {code}, as a table {}", table.code));
    }

    let length = lines(&table.stdout);
    if length > PAGE {
        complain(format!("{length} lines\n{}", table.stdout));
    }
    for id in &critical {
        let name = id.to_ascii_uppercase();
        if !table.stdout.contains(&name) {
            complain(format!("{name} is not on the page\n{}", table.stdout));
        }
    }
    if let Some(cause) = cause {
        let summary = document["summary"].as_str().unwrap_or_default();
        if !summary.starts_with(&cause.to_ascii_uppercase()) {
            complain(format!("the summary is {summary:?}"));
        }
        if document["next_action"].is_null() || document["escalation"].is_null() {
            complain("nobody is called, or nothing is to do".to_owned());
        }
    }
    assert_eq!(stage.practice.unexpected(), 0, "{pair}");
    length
}

#[test]
fn two_simultaneous_faults_have_one_root_cause_and_fit_one_screen() {
    let healthy = world("healthy");
    let mut pairs = Vec::new();
    for (nth, one) in WRONG.iter().enumerate() {
        let others = WRONG[nth + 1..].iter();
        pairs.extend(others.filter(|o| !contradict(one, o)).map(|o| (one, o)));
    }
    assert!(pairs.len() >= 32, "{}", pairs.len());
    // Most of the time is spent waiting for what hangs.
    let found: Vec<(usize, Vec<String>)> = at_once(6, &pairs, |(one, other)| {
        let both = merged(&healthy, world(one.scene), world(other.scene));
        let mut complaints = Vec::new();
        let length = judged(one, other, both, &mut complaints);
        (length, complaints)
    });
    let longest = found.iter().map(|(longest, _)| *longest).max();
    println!(
        "{} pairs of {} scenes; the longest table has {} lines",
        pairs.len(),
        WRONG.len(),
        longest.unwrap_or_default()
    );
    let complaints: Vec<String> = found.into_iter().flat_map(|(_, c)| c).collect();
    assert!(
        complaints.is_empty(),
        "{} complaints:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}

/// Without this, a merge that loses a scene would make every pair easy.
#[test]
fn a_pair_of_scenes_shows_both_faults() {
    let healthy = world("healthy");
    let both = merged(&healthy, world("fleet-and-callbacks"), world("inc-005"));
    assert_eq!(
        both.status["agents"],
        world("fleet-and-callbacks").status["agents"]
    );
    assert_eq!(both.mail, world("inc-005").mail);
    let ducklings = &world("inc-005").status["database"]["ducklings"];
    assert_eq!(both.status["database"]["ducklings"], *ducklings);
    let of = |world: &FakeStack, kind: &str| {
        let events = world.audit.iter().filter(|e| e["event_type"] == kind);
        events.count()
    };
    let (fleet, mail) = (world("fleet-and-callbacks"), world("inc-005"));
    assert_eq!(of(&both, "peck.callback_error"), 20);
    assert_eq!(of(&both, "pulse"), of(&fleet, "pulse"));
    assert_eq!(of(&both, "duck.cert_issued"), of(&mail, "duck.cert_issued"));
    assert!(of(&fleet, "pulse") < of(&healthy, "pulse"));

    let both = merged(&healthy, world("api-500"), world("hanging-audit"));
    assert_eq!(
        both.faults,
        world("api-500").faults,
        "the first has its way"
    );
    let both = merged(&healthy, world("api-gone"), world("first-run"));
    assert!(both.api_gone && both.recorded.is_empty());
    let same = merged(&healthy, world("healthy"), world("healthy"));
    assert_eq!(same.status, healthy.status);
    assert_eq!(same.audit.len(), healthy.audit.len());
    assert_eq!(same.executions, healthy.executions);
    assert_eq!(same.recorded, healthy.recorded);
}
