//! Claim: `triage`, `alias show`, `alias check` and `alias rollback` name the same last known-good
//! version, never one for which a rollback is the last thing that happened, and none where a witness
//! that must be heard is denied.

use crate::support::{Duckops, Stage, now, step, world};
use duckops::practice::{EarlierRun, FakeMetric, FakeStack, Fault, Operation, Version};
use duckops::stack::{Flags, Settings};
use duckops::state_dir::journal::{Journal, JournalEntry, Stage as Step};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use time::OffsetDateTime;

/// What each command says: a version, that there is none, or that it is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    Version(i64),
    None,
    Unknown,
}

/// The version that `triage` goes back to.
fn by_triage(ask: &dyn Fn(&[&str]) -> Duckops) -> Named {
    let (_, document) = ask(&["facts", "rollback"]).json();
    let facts = document["facts"].as_array().expect("facts");
    let fact = |path: &str| facts.iter().find(|fact| fact["fact"] == path);
    let value = |path: &str| fact(path).expect("the fact")["value"].clone();
    match value("rollback.to_known") {
        Value::Bool(true) => Named::Version(value("rollback.to").as_i64().expect("a version")),
        Value::Bool(false) => Named::None,
        _ => Named::Unknown,
    }
}

/// The number that stands behind these words.
fn number_after(text: &str, words: &str) -> Option<i64> {
    let rest = text.split(words).nth(1)?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn by_show(ask: &dyn Fn(&[&str]) -> Duckops) -> Named {
    let (_, document) = ask(&["alias", "show"]).json();
    let versions = step(&document, "alias", "versions");
    let summary = versions["summary"].as_str().expect("a summary");
    match number_after(summary, "last known-good ") {
        Some(version) => Named::Version(version),
        None if summary.contains("no last known-good proven") => Named::None,
        None => Named::Unknown,
    }
}

fn by_rollback(ask: &dyn Fn(&[&str]) -> Duckops) -> Named {
    let arguments = ["alias", "rollback", "--dry-run", "--endpoint-override"];
    let (_, document) = ask(&arguments).json();
    let summary = document["summary"].as_str().expect("a summary");
    if let Some(version) = document["plan"]["to"].as_str() {
        return Named::Version(version.parse().expect("a number"));
    }
    match summary.contains("no version is proven") {
        true => Named::None,
        false => Named::Unknown,
    }
}

/// What all of them say, which must be the same. `alias check` names a version where the serving one
/// is not safe, so it may also say nothing.
fn named_by_all(ask: &dyn Fn(&[&str]) -> Duckops, what: &str) -> Named {
    let triage = by_triage(ask);
    assert_eq!(by_show(ask), triage, "{what}: alias show against triage");
    assert_eq!(
        by_rollback(ask),
        triage,
        "{what}: alias rollback against triage"
    );
    let (_, document) = ask(&["alias", "check"]).json();
    let summary = document["summary"].to_string();
    if let Some(version) = number_after(&summary, "The last known-good is ") {
        assert_eq!(
            Named::Version(version),
            triage,
            "{what}: alias check against triage"
        );
    }
    triage
}

fn all_of(stage: &Stage, what: &str) -> Named {
    named_by_all(&|arguments| stage.duckops(arguments), what)
}

#[test]
fn a_version_that_was_rolled_back_in_an_earlier_outage_is_not_offered_in_the_next() {
    let stage = Stage::of(world("onset-unknown"));
    let consent = "--confirm=prod@61->60";
    let back = [
        "alias",
        "rollback",
        "--to",
        "60",
        consent,
        "--endpoint-override",
        "--wait",
        "30s",
    ];
    let (_, document) = stage.duckops(&back).json();
    assert_eq!(document["plan"]["to"], "60", "{document:#}");
    assert_ne!(document["outcome"], "refused", "{document:#}");
    assert!(stage.practice.world().alias_target.version == "60");
    // The next outage, on the same port with the same state folder.
    *stage.practice.world() = world("inc-001");
    assert_eq!(
        all_of(&stage, "after a rollback from 61"),
        Named::Version(60)
    );
    // The move to 62 is not recorded here, so only the expected version shows that it is wrong.
    let drifted = ["triage", "inc-001", "--expect", "60"];
    let (_, document) = stage.duckops(&drifted).json();
    let rollback = step(&document, "inc-001", "rollback");
    let command = rollback["next_action"]["command"]
        .as_str()
        .expect("a command");
    assert_eq!(command, "duckops alias rollback --to 60");
    let mut offered: Vec<_> = command.split(' ').skip(1).collect();
    offered.extend(["--dry-run", "--endpoint-override"]);
    let (code, document) = stage.duckops(&offered).json();
    assert_eq!(
        (code, &document["outcome"]),
        (0, &json!("dry-run")),
        "{document:#}"
    );
}

#[test]
fn metrics_alone_show_triage_the_version_that_the_alias_command_takes() {
    let stage = Stage::of(world("onset-after-move-unrecorded"));
    assert_eq!(all_of(&stage, "by metrics"), Named::Version(61));
    let (_, document) = stage.duckops(&["triage", "inc-001"]).json();
    let rollback = step(&document, "inc-001", "rollback");
    assert_eq!(rollback["reason_code"], "roll-back", "{rollback:#}");
    assert!(
        rollback["evidence"]
            .to_string()
            .contains("0 errors in 400 invocations"),
        "{rollback:#}"
    );
}

#[test]
fn without_a_witness_no_command_names_a_last_known_good() {
    let stage = Stage::of(world("onset-after-move-no-way-back"));
    assert_eq!(all_of(&stage, "no way back"), Named::None);
}

#[test]
fn recorded_runs_alone_show_every_command_the_same_version() {
    let mut world = world("inc-001");
    world
        .metrics
        .retain(|series| !has_dimension(series, "ExecutedVersion"));
    let stage = Stage::of(world);
    assert_eq!(all_of(&stage, "by recorded runs"), Named::Version(61));
}

#[test]
fn the_same_code_with_another_configuration_is_named_and_taken() {
    let mut world = world("inc-001");
    let changed = json!({"CodeSha256": "EXAMPLE62=", "MemorySize": 256});
    world.configured.insert("61".into(), changed);
    let stage = Stage::of(world);
    assert_eq!(all_of(&stage, "another configuration"), Named::Version(61));
    let to = [
        "alias",
        "rollback",
        "--to",
        "61",
        "--dry-run",
        "--endpoint-override",
    ];
    let (code, document) = stage.duckops(&to).json();
    assert_eq!(code, 0, "{document:#}");
}

#[test]
fn a_denied_look_up_makes_the_step_unknown_with_the_permission_and_names_no_version() {
    for (operation, permission) in [
        (Operation::GetMetricData, "cloudwatch:GetMetricData"),
        (
            Operation::GetFunctionConfiguration,
            "lambda:GetFunctionConfiguration",
        ),
        (
            Operation::ListVersionsByFunction,
            "lambda:ListVersionsByFunction",
        ),
    ] {
        let mut world = world("inc-001");
        // Without metrics of the function the cause would be unknown for another reason.
        world.faults.insert(operation, Fault::Deny);
        let stage = Stage::of(world);
        assert_eq!(all_of(&stage, permission), Named::Unknown);
        let drifted = ["triage", "inc-001", "rollback", "--expect", "61"];
        let (_, document) = stage.duckops(&drifted).json();
        let rollback = step(&document, "inc-001", "rollback");
        assert_eq!(rollback["verdict"], "unknown", "{permission}: {rollback:#}");
        assert!(
            rollback.to_string().contains(permission),
            "{permission}: {rollback:#}"
        );
    }
}

#[test]
fn alias_check_of_a_bad_version_names_the_last_known_good() {
    let mut world = world("inc-001");
    world
        .configured
        .insert("60".into(), json!({"State": "Failed"}));
    let stage = Stage::of(world);
    let (_, document) = stage.duckops(&["alias", "check", "--to", "60"]).json();
    let summary = document["summary"].to_string();
    assert!(summary.contains("The last known-good is 61"), "{summary}");
}

#[test]
fn an_ok_run_requests_no_single_version() {
    let asked = |scene: &str| {
        let stage = Stage::of(world(scene));
        let (_, _) = stage.duckops(&["triage", "inc-001"]).json();
        let requests = stage.practice.requests();
        // Others ask for the configuration by the alias or without any version.
        let by_version = requests.iter().filter(|seen| {
            seen.operation == Some(Operation::GetFunctionConfiguration)
                && seen.question.ends_with(|c: char| c.is_ascii_digit())
        });
        by_version.count()
    };
    assert_eq!(asked("healthy"), 0);
    assert!(asked("inc-001") > 0);
    assert!(asked("drift") > 0);
}

/// Numbers that look random and are the same in every run.
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let index = self.below(from.len() as u64);
        from[usize::try_from(index).expect("a small number")]
    }
}

fn has_dimension(series: &FakeMetric, name: &str) -> bool {
    series.dimensions.iter().any(|(n, _)| n == name)
}

const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// An outage of version 62 with everything else around it by chance.
fn generated_world(chance: &mut Lcg) -> FakeStack {
    let mut world = world("inc-001");
    let numbers = ["57", "58", "59", "60", "61", "62"];
    world.versions.clear();
    for number in numbers {
        if number == "62" || chance.below(8) > 0 {
            world.versions.push(Version {
                number: number.to_owned(),
                modified: world.now - Duration::from_secs(10 * DAY),
                code_sha256: chance.pick(&["A=", "B=", "EXAMPLE62="]).to_owned(),
            });
        }
    }
    if let Some(serving) = world.versions.last_mut() {
        serving.modified = world.now - Duration::from_secs(41 * MINUTE);
        serving.code_sha256 = "EXAMPLE62=".to_owned();
    }
    world.configured = BTreeMap::new();
    for number in &numbers[..5] {
        let config = match chance.below(6) {
            0 => json!({"State": "Inactive"}),
            1 => json!({"MemorySize": 512}),
            2 => json!({"Environment": {"Variables": {"STAGE": "prod", "MODE": "old"}}}),
            _ => continue,
        };
        world.configured.insert((*number).to_owned(), config);
    }
    world
        .metrics
        .retain(|series| !has_dimension(series, "ExecutedVersion"));
    for number in numbers {
        let (invoked, failed) = match number {
            "62" => (200.0, 200.0),
            _ => chance.pick(&[
                (0.0, 0.0),
                (20.0, 0.0),
                (400.0, 0.0),
                (400.0, 200.0),
                (900.0, 4.0),
            ]),
        };
        let ago = Duration::from_secs(HOUR * (2 + chance.below(200)));
        let at = if number == "62" {
            world.now - Duration::from_secs(10 * MINUTE)
        } else {
            world.now - ago
        };
        for (name, value) in [("Invocations", invoked), ("Errors", failed)] {
            let series = version_series(&world, name, number, at, value);
            world.metrics.push(series);
        }
    }
    world
        .recorded
        .retain(|run| run.ago < Duration::from_secs(50 * MINUTE));
    for _ in 0..chance.below(6) {
        let version = chance.pick(&[57, 58, 59, 60, 61]);
        let answered = i64::from(chance.below(4) > 0);
        world.recorded.push(EarlierRun {
            ago: Duration::from_secs(HOUR * (1 + chance.below(100))),
            facts: vec![("alias.number", version), ("api.good_answers", answered)],
        });
    }
    world.recorded.sort_by_key(|run| std::cmp::Reverse(run.ago));
    world
}

fn version_series(
    world: &FakeStack,
    name: &str,
    number: &str,
    at: OffsetDateTime,
    value: f64,
) -> FakeMetric {
    let function = world.function.clone();
    let resource = format!("{function}:{}", world.alias);
    let dimensions = [
        ("FunctionName", function),
        ("Resource", resource),
        ("ExecutedVersion", number.to_owned()),
    ];
    FakeMetric {
        namespace: "AWS/Lambda".to_owned(),
        name: name.to_owned(),
        dimensions: dimensions.map(|(n, v)| (n.to_owned(), v)).into(),
        points: vec![(at, value)],
    }
}

/// A move as the journal records it: hours ago, command, from, to.
type Moved = (u64, &'static str, i64, i64);

fn generated_moves(chance: &mut Lcg) -> Vec<Moved> {
    let mut moves: Vec<Moved> = (0..chance.below(4))
        .map(|_| {
            let command = chance.pick(&["alias rollback", "alias promote"]);
            let from = chance.pick(&[57, 58, 59, 60, 61]);
            let to = chance.pick(&[57, 58, 59, 60, 61].map(|n| if n == from { 62 } else { n }));
            (1 + chance.below(300), command, from, to)
        })
        .collect();
    moves.sort_by_key(|made| std::cmp::Reverse(made.0));
    moves
}

fn written_to_journal(stage: &Stage, moves: &[Moved]) {
    let flags = Flags {
        api_url: Some(stage.practice.api_url()),
        ..Flags::default()
    };
    let stack = Settings::resolve(&flags, &|_| None)
        .expect("settings")
        .stack;
    let entries = moves
        .iter()
        .zip(0..)
        .flat_map(|((ago, command, from, to), id)| {
            let at = now() - Duration::from_secs(ago * HOUR);
            let at = at
                .format(&time::format_description::well_known::Rfc3339)
                .expect("a time");
            let plan = json!({"alias": "prod", "from": from.to_string(), "to": to.to_string(),
                          "version": to.to_string(), "weights": {}, "revision": "r"});
            let outcome = json!({"outcome": "in-force", "revision": "r"});
            [
                (Step::Plan, plan),
                (Step::Sending, json!({})),
                (Step::Outcome, outcome),
            ]
            .map(|(stage, detail)| JournalEntry {
                id: format!("move-{id}"),
                at: at.clone(),
                action: (*command).to_owned(),
                stage,
                stack: stack.key(),
                detail,
            })
        });
    let entries: Vec<_> = entries.collect();
    std::fs::create_dir_all(stage.state()).expect("a folder");
    Journal::in_folder(&stage.state())
        .append(&entries)
        .expect("written");
}

/// The versions for which a rollback is the last thing that happened, from what was generated.
fn rolled_back_last(moves: &[Moved], log: &[Moved]) -> BTreeSet<i64> {
    let mut all: Vec<&Moved> = moves.iter().chain(log).collect();
    all.sort_by_key(|made| std::cmp::Reverse(made.0));
    let mut last = BTreeMap::new();
    for (_, command, from, to) in all {
        match *command {
            "alias rollback" => last.insert(*from, "rolled back"),
            _ => last.insert(*to, "promoted"),
        };
    }
    let back = last.into_iter().filter(|(_, what)| *what == "rolled back");
    back.map(|(version, _)| version).collect()
}

#[test]
fn in_generated_worlds_all_commands_agree_and_none_names_a_version_that_was_rolled_back_last() {
    let mut seen = BTreeMap::new();
    let mut withheld = 0;
    for seed in 1..=12 {
        let mut chance = Lcg(seed);
        let world = generated_world(&mut chance);
        let (moves, log) = (generated_moves(&mut chance), generated_moves(&mut chance));
        let stage = Stage::of(world);
        written_to_journal(&stage, &moves);
        let lines = log.iter().map(|(ago, command, from, to)| {
            let at = now() - Duration::from_secs(ago * HOUR);
            let at = at
                .format(&time::format_description::well_known::Rfc3339)
                .expect("a time");
            format!("{at} | prod | version {to} | {command}, was {from} | by ops\n")
        });
        let path = stage.home().join("DEPLOY-LOG.md");
        std::fs::write(&path, lines.collect::<String>()).expect("written");
        let what = format!("seed {seed}, journal {moves:?}, log {log:?}");
        // With the journal alone, and with the deploy log as one more witness.
        let by_journal = all_of(&stage, &what);
        let with_log = |arguments: &[&str]| {
            let mut arguments = arguments.to_vec();
            if arguments[0] == "facts" {
                return stage.duckops(&arguments);
            }
            let path = path.to_str().expect("a path");
            arguments.extend(["--deploy-log", path]);
            stage.duckops(&arguments)
        };
        let back = rolled_back_last(&moves, &[]);
        if let Named::Version(version) = by_journal {
            assert!(
                !back.contains(&version),
                "{what}: {version} was rolled back"
            );
        }
        let shown = by_show(&with_log);
        assert_eq!(by_rollback(&with_log), shown, "{what}: with the deploy log");
        assert_eq!(
            by_triage_with_log(&with_log),
            shown,
            "{what}: with the deploy log"
        );
        if let Named::Version(version) = shown {
            let back = rolled_back_last(&moves, &log);
            assert!(
                !back.contains(&version),
                "{what}: {version} was rolled back"
            );
        }
        withheld += back.len();
        *seen.entry(format!("{by_journal:?}")).or_insert(0) += 1;
    }
    println!("last known-good: {seen:?}, {withheld} withheld");
    assert!(seen.len() >= 3, "the worlds are too much alike: {seen:?}");
    assert!(withheld > 3, "nothing was withheld: {withheld}");
}

/// The same as the facts say, from the evidence of the step.
fn by_triage_with_log(ask: &dyn Fn(&[&str]) -> Duckops) -> Named {
    let (_, document) = ask(&["triage", "inc-001"]).json();
    let rollback = step(&document, "inc-001", "rollback");
    // What is suggested reads the log too, or it would decide without it.
    if let Some(command) = rollback["next_action"]["command"].as_str() {
        let read = command.contains(" --deploy-log /");
        let reads = command.starts_with("duckops alias ") || command.starts_with("duckops triage ");
        assert_eq!(read, reads, "{command}");
    }
    let evidence = rollback["evidence"].as_array().expect("evidence");
    let fact = |name: &str| evidence.iter().find(|fact| fact["fact"] == name);
    match fact("rollback.to").and_then(|fact| fact["value"].as_i64()) {
        Some(version) => Named::Version(version),
        None if fact("rollback.to_known").is_some_and(|fact| fact["value"] == false) => Named::None,
        None => Named::Unknown,
    }
}
