//! Claim: `triage` without a name finds every practice scene too, with one root cause and one next
//! action that can be pasted.

use crate::support::{Stage, at_once, deadline, world};
use std::fmt::Write;

/// What plain `triage` is due to find, a line a scene: name, verdict, root cause, command.
const DUE: &str = include_str!("plain.txt");

/// One line of the table.
fn found(name: &str) -> String {
    let world = world(name);
    let deadline = deadline(&world);
    let stage = Stage::of(world);
    let ran = stage
        .once(&["triage", "-o", "json", "--deadline", deadline])
        .run();
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("one document");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    let command = text(&report["next_action"]["command"]);
    let bad: Vec<_> = report["runbooks"]
        .as_array()
        .expect("runbooks")
        .iter()
        .filter(|runbook| !matches!(runbook["verdict"].as_str(), Some("ok" | "skipped")))
        .map(|runbook| {
            let explained = if runbook["blocked_by"].is_null() {
                ""
            } else {
                "*"
            };
            let verdict = text(&runbook["verdict"]);
            format!("{}={}{explained}", text(&runbook["id"]), &verdict[..4])
        })
        .collect();
    let command = command.replace(&stage.practice.api_url(), "URL");
    format!(
        "{name} | {} | {} | {} | {command}",
        text(&report["verdict"]),
        text(&report["root_cause"]),
        bad.join(" ")
    )
}

#[test]
fn plain_triage_finds_every_scene() {
    let scenes: Vec<_> = duckops::practice::scenes()
        .iter()
        .map(|scene| scene.name)
        .collect();
    let lines = at_once(6, &scenes, |name| found(name));
    let mut table = String::new();
    for line in &lines {
        let _ = writeln!(table, "{line}");
    }
    println!("{table}");
    if std::env::var_os("DUCKOPS_WRITE_TRANSCRIPTS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/plain.txt");
        std::fs::write(path, &table).expect("written");
    }
    let wrong: Vec<_> = DUE
        .lines()
        .zip(table.lines())
        .filter(|(due, found)| due != found)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(DUE.lines().count(), table.lines().count());
}
