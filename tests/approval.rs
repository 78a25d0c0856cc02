//! Claim: no text recommends to terminate an execution, to deploy again or to promote a version
//! without saying in the same sentence that it needs approval.

use crate::support::Duckops;
use std::collections::BTreeSet;
use std::path::Path;

/// The beginnings of words for an act that needs approval.
const ACTS: [&str; 6] = [
    "terminat",
    "stopexecution",
    "stop-execution",
    "redeploy",
    "deploy again",
    "promote",
];

/// Whether a text speaks of such an act and not of an approval. To forbid it outright is no
/// offer: INC-003 has no use for it, approved or not.
fn offers(text: &str) -> bool {
    let text = text.to_lowercase().replace("no redeploy", "");
    ACTS.iter().any(|act| text.contains(act)) && !text.contains("approv")
}

/// Every text in a value of a runbook, however deep.
fn texts(value: &toml::Value, found: &mut Vec<String>) {
    match value {
        toml::Value::String(text) => found.push(text.clone()),
        toml::Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        toml::Value::Table(table) => table.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

fn help(home: &Path, command: &[String]) -> String {
    let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
    let ran = Duckops::new(home, &[&arguments[..], &["--help"]].concat()).run();
    assert_eq!(ran.code, 0, "{command:?}: {ran:?}");
    ran.stdout
}

/// The names that stand under `Commands:`, or in the groups of the overview, but for `help`.
pub(crate) fn commands(help: &str) -> BTreeSet<String> {
    // The overview has them in groups, of which the last one ends where the examples begin.
    let groups = help.split_once("\nTriage (reads only):\n");
    let groups = groups.and_then(|(_, rest)| rest.split_once("\nExamples:\n"));
    let level = help.split_once("\nCommands:\n").map(|(_, rest)| rest);
    let level = level.and_then(|rest| rest.split("\n\n").next());
    groups
        .map(|(groups, _)| groups)
        .or(level)
        .unwrap_or_default()
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_act_that_needs_approval_names_it_in_runbooks_and_guides() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks");
    let (mut read, mut spoken) = (0, 0);
    for file in std::fs::read_dir(folder).expect("the runbooks") {
        let path = file.expect("a file").path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a runbook");
        let runbook = toml::from_str(&text).expect("a runbook");
        let mut found = Vec::new();
        texts(&toml::Value::Table(runbook), &mut found);
        for text in &found {
            assert!(!offers(text), "{}: {text}", path.display());
        }
        let speaks = |text: &&String| ACTS.iter().any(|act| text.to_lowercase().contains(act));
        spoken += found.iter().filter(speaks).count();
        read += 1;
    }
    assert_eq!(read, 7, "every runbook was read");
    assert!(
        spoken >= 3,
        "the words are those that runbooks use: {spoken}"
    );
}

#[test]
fn every_act_that_needs_approval_names_it_in_the_help() {
    let home = tempfile::tempdir().expect("a folder");
    let mut open = vec![Vec::new()];
    let mut read = 0;
    while let Some(command) = open.pop() {
        let text = help(home.path(), &command);
        read += 1;
        // The name of a command in a list stands beside what it is for, on one line.
        for line in text.lines().filter(|line| !line.starts_with("Usage:")) {
            assert!(!offers(line), "{command:?}: {line}");
        }
        for name in commands(&text) {
            open.push([command.clone(), vec![name]].concat());
        }
    }
    assert!(read > 20, "every command was asked: {read}");
}
