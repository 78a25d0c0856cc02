//! Claim: the metrics of the runbook files keep every label, range and series that 0.1.0 had,
//! report what the run learned wherever it stands, and need no Rust for a runbook of one's own.

use crate::support::{Duckops, Stage, world};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// What version 0.1.0 printed for every practice scene.
const BEFORE: &str = include_str!("recordings/metrics-0.1.0.json");
/// How many scenes are played at the same time.
const THREADS: usize = 4;

#[derive(Deserialize)]
struct Before {
    runbooks: BTreeMap<String, Series>,
    scenes: Vec<Scenes>,
}

/// The series of a runbook.
#[derive(Deserialize)]
struct Series {
    facts: Vec<Fact>,
    limits: Vec<String>,
}

#[derive(Deserialize)]
struct Fact {
    fact: String,
    unit: String,
}

/// Scenes with the same performance data.
#[derive(Deserialize)]
struct Scenes {
    /// The runbooks that are judged, joined by `+`.
    run: String,
    /// Each label with its range.
    nagios: Vec<String>,
    names: Vec<String>,
}

fn drill(home: &Path, scene: &str, format: &str) -> String {
    let ran = Duckops::new(home, &["drill", "--scene", scene, "-o", format]).run();
    assert_eq!(ran.code, 0, "{scene}: {ran:?}");
    ran.stdout
}

/// The metrics of a line of Nagios: label, value and range.
fn performance(line: &str) -> Vec<(&str, &str, &str)> {
    let first = line.lines().next().expect("a line");
    let (_, data) = first.split_once(" | ").expect("performance data");
    let metrics = data.split(' ').map(|metric| {
        let (label, rest) = metric.split_once('=').expect("a label");
        let (value, range) = rest.split_once(';').unwrap_or((rest, ""));
        (label, value, range)
    });
    metrics
        .filter(|(label, ..)| *label != "time" && !label.starts_with("steps_"))
        .collect()
}

/// The differences to what the version before printed for a scene.
fn lost_labels(scene: &str, line: &str, before: &[String]) -> Vec<String> {
    let now = performance(line);
    let mut lost = Vec::new();
    for label_and_range in before {
        let (label, range) = label_and_range
            .split_once(';')
            .unwrap_or((label_and_range, ""));
        let found = now.iter().find(|(known, ..)| *known == label);
        // A pulse every ten minutes is never exactly on time: it has two minutes of grace now.
        let range = match (label, range) {
            ("pulse_age", "599;1799;0") => "719;1799;0",
            _ => range,
        };
        // A range that is a percentage was open where its whole stood in no evidence.
        let is_kept = found.is_some_and(|(_, _, now)| *now == range || range == ";;0");
        if !is_kept {
            lost.push(format!("{scene}: {label};{range} is now {found:?}"));
        }
    }
    lost
}

#[test]
fn every_label_and_range_of_the_version_before_is_there_in_every_scene() {
    let before: Before = serde_json::from_str(BEFORE).expect("the recorded labels");
    let home = tempfile::tempdir().expect("a folder");
    let all: Vec<_> = before
        .scenes
        .iter()
        .flat_map(|group| group.names.iter().map(|name| (name, &group.nagios)))
        .collect();
    assert_eq!(all.len(), 105, "scenes");
    let home = home.path();
    let lost: Vec<String> = std::thread::scope(|scope| {
        let share = all.len().div_ceil(THREADS);
        let threads: Vec<_> = all
            .chunks(share)
            .map(|scenes| {
                scope.spawn(move || {
                    let lost = scenes.iter().flat_map(|(scene, labels)| {
                        lost_labels(scene, &drill(home, scene, "nagios"), labels)
                    });
                    lost.collect::<Vec<_>>()
                })
            })
            .collect();
        let ended = threads.into_iter().flat_map(|thread| thread.join());
        ended.flatten().collect()
    });
    assert!(lost.is_empty(), "{lost:#?}");
    // And a label that were missing would be missed.
    let labels = &before.scenes[0].nagios;
    assert_eq!(
        lost_labels("none", "OK | time=1s", labels).len(),
        labels.len()
    );
}

#[test]
fn every_series_of_the_version_before_is_there() {
    let before: Before = serde_json::from_str(BEFORE).expect("the recorded series");
    let home = tempfile::tempdir().expect("a folder");
    let mut compared = 0;
    for group in &before.scenes {
        let page = drill(home.path(), &group.names[0], "prometheus");
        // A run without a name asks for requests and bonds, too, and says so in its label.
        let run = match group.run.as_str() {
            "inc-001+inc-002+inc-003+inc-004+inc-005" => format!("bond+{}+peck", group.run),
            named => named.to_owned(),
        };
        for id in group.run.split('+') {
            let Series { facts, limits } = &before.runbooks[id];
            let facts = facts.iter().map(|Fact { fact, unit }| {
                format!("duckops_fact{{stack=\"practice\",run=\"{run}\",fact=\"{fact}\",unit=\"{unit}\"}} ")
            });
            let limits = limits.iter().map(|limit| {
                format!("duckops_limit{{stack=\"practice\",run=\"{run}\",runbook=\"{id}\",limit=\"{limit}\"}} ")
            });
            for series in facts.chain(limits) {
                assert!(
                    page.contains(&series),
                    "{}: {series}\n{page}",
                    group.names[0]
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 60, "{compared}");
}

/// No step shows these as evidence in these scenes, because another rule decided first.
#[test]
fn a_known_fact_is_never_reported_as_unknown() {
    let home = tempfile::tempdir().expect("a folder");
    for (scene, label, fact, value) in [
        (
            "no-metrics-while-down",
            "log_errors_15m_min",
            "logs.errors_15m_min",
            "0",
        ),
        (
            "no-metrics-while-down",
            "lambda_errors_min",
            "lambda.errors_min",
            "0",
        ),
        (
            "certs-first-run",
            "ducklings",
            "status.database.ducklings",
            "16",
        ),
    ] {
        let line = drill(home.path(), scene, "nagios");
        let metrics = performance(&line);
        let found = metrics.iter().find(|(known, ..)| *known == label);
        assert_eq!(found.map(|(_, value, _)| *value), Some(value), "{line}");
        let page = drill(home.path(), scene, "prometheus");
        let mut lines = page
            .lines()
            .filter(|line| line.contains(&format!("fact=\"{fact}\"")));
        let sample = lines.next().expect("a sample");
        assert!(sample.ends_with(&format!(" {value}")), "{sample}");
    }
}

#[test]
fn a_runbook_of_ones_own_has_performance_data_a_picture_and_alerts_without_rust() {
    let stage = Stage::of(world("healthy"));
    let own = stage.home().join("not/there/yet");
    let own = own.to_str().expect("a plain path");
    let made = stage
        .once(&["runbook", "new", "inc-006", "--runbooks", own])
        .run();
    assert_eq!(made.code, 0, "{made:?}");
    let lint = stage.once(&["runbook", "lint", "--runbooks", own]).run();
    assert_eq!(lint.code, 0, "{lint:?}");

    let run = stage
        .duckops(&["triage", "inc-006", "--runbooks", own, "-o", "nagios"])
        .run();
    assert!(
        run.stdout.trim_end().ends_with(" alive_inc_006=3;2:;;0"),
        "{run:?}"
    );
    let page = stage
        .duckops(&["triage", "inc-006", "--runbooks", own, "-o", "prometheus"])
        .run();
    assert!(
        page.stdout
            .contains("fact=\"status.agents.alive\",unit=\"count\"} 3\n"),
        "{page:?}"
    );

    let rules = stage.duckops(&["rules", "--runbooks", own]).run();
    for alert in [
        "DuckopsInc006Critical",
        "DuckopsInc006Warning",
        "DuckopsInc006Unknown",
    ] {
        assert!(
            rules.stdout.contains(&format!("- alert: \"{alert}\"\n")),
            "{}",
            rules.stdout
        );
    }
    assert!(
        rules.stdout.contains("Agents alive: {{ with query "),
        "{}",
        rules.stdout
    );

    // A second one gets its own name; a folder that holds the first is no obstacle.
    let again = stage
        .once(&["runbook", "new", "inc-007", "--runbooks", own])
        .run();
    assert_eq!(again.code, 0, "{again:?}");
    let lint = stage.once(&["runbook", "lint", "--runbooks", own]).run();
    assert_eq!(lint.code, 0, "{lint:?}");

    let picture = [
        "history",
        "status.agents.alive",
        "--runbooks",
        own,
        "--svg",
        "alive.svg",
    ];
    let drawn = stage.duckops(&picture).run();
    assert_eq!(drawn.code, 0, "{drawn:?}");
    let svg = std::fs::read_to_string(stage.home().join("alive.svg")).expect("a picture");
    assert!(svg.contains("warning below 2"), "{svg}");
}
