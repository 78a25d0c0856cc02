//! Claim: `triage` without a name finds every practice scene too, with one root cause and one next
//! action that can be pasted.

use crate::support::{Stage, at_once, deadline, world};
use std::fmt::Write;

/// What plain `triage` is due to find, a line a scene: name, verdict, root cause, command.
const DUE: &str = include_str!("plain.txt");

/// Runs the command of a next action in the world that it was offered in. Yields why it is not one
/// that helps, if so.
fn play(stage: &Stage, command: &str) -> Option<String> {
    let Some(arguments) = command.strip_prefix("duckops ") else {
        return None; // of `aws` and `curl`, `emulators` runs what it can
    };
    // Waiting shows nothing more here: the world stands still.
    let arguments = arguments
        .replace("--wait 5m", "--wait 1s")
        .replace("--wait 2m", "--wait 1s");
    let mut words: Vec<&str> = arguments.split_ascii_whitespace().collect();
    let is_write = matches!(words.as_slice(), ["alias", "rollback" | "promote", ..]);
    if is_write {
        words.push("--endpoint-override");
    }
    if words == ["triage"] {
        return Some("it is the command that was run".to_owned());
    }
    // What the run itself has recorded is there by now.
    let ran = stage.duckops(&words).run();
    let right = match (is_write, ran.code) {
        // Its plan passed every check, and consent is all that is missing.
        (true, code) => code == 5,
        (false, code) => code != 64,
    };
    (!right).then(|| {
        format!(
            "`{command}` ended {}: {}{}",
            ran.code, ran.stdout, ran.stderr
        )
    })
}

/// One line of the table.
fn found(name: &str) -> (String, Option<String>) {
    let world = world(name);
    let deadline = deadline(&world);
    let stage = Stage::of(world);
    let ran = stage
        .duckops(&["triage", "-o", "json", "--deadline", deadline])
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
    let wrong = play(&stage, &command).map(|why| format!("{name}: {why}"));
    let command = command.replace(&stage.practice.api_url(), "URL");
    let line = format!(
        "{name} | {} | {} | {} | {command}",
        text(&report["verdict"]),
        text(&report["root_cause"]),
        bad.join(" ")
    );
    (line, wrong)
}

#[test]
fn plain_triage_finds_every_scene() {
    let scenes: Vec<_> = duckops::practice::scenes()
        .iter()
        .map(|scene| scene.name)
        .collect();
    let found = at_once(6, &scenes, |name| found(name));
    let mut table = String::new();
    for (line, _) in &found {
        let _ = writeln!(table, "{line}");
    }
    println!("{table}");
    if std::env::var_os("DUCKOPS_WRITE_TRANSCRIPTS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/plain.txt");
        std::fs::write(path, &table).expect("written");
    }
    let useless: Vec<_> = found
        .iter()
        .filter_map(|(_, wrong)| wrong.as_ref())
        .collect();
    assert!(useless.is_empty(), "{useless:#?}");
    let without: Vec<_> = table
        .lines()
        .filter(|line| line.ends_with("| -") && !line.contains(" | ok | "))
        .collect();
    assert!(without.is_empty(), "no command: {without:#?}");
    let wrong: Vec<_> = DUE
        .lines()
        .zip(table.lines())
        .filter(|(due, found)| due != found)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(DUE.lines().count(), table.lines().count());
}
