//! Claim: every room of the source knows only the rooms it may know, stays readable, and
//! leaves the outside world to those whose business it is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A room and what it may use, from the top down. A path with `::` is permitted alone:
/// `report::model` does not open `report`.
const ROOMS: &[(&str, &[&str])] = &[
    (
        "cli",
        &[
            "act",
            "cloud",
            "drill",
            "exit",
            "fact",
            "history",
            "judge",
            "notify",
            "population",
            "probe",
            "reading",
            "recording",
            "redact",
            "report",
            "runbook",
            "stack",
            "standing",
            "text",
            "timeline",
            "triage",
            "webhook",
        ],
    ),
    (
        "timeline",
        &["fact", "history", "reading", "report::model", "text"],
    ),
    (
        "act",
        &[
            "cloud",
            "fact",
            "population",
            "reading",
            "report::model",
            "stack",
            "text",
        ],
    ),
    ("webhook", &["cloud", "redact", "report::model", "text"]),
    ("drill", &["report::model", "stack", "text"]),
    (
        "triage",
        &[
            "cloud",
            "fact",
            "probe",
            "reading",
            "redact",
            "runbook::model",
            "stack",
            "text",
        ],
    ),
    (
        "recording",
        &[
            "fact",
            "fact::declared",
            "fact::PROBES",
            "reading",
            "redact",
            "report::model",
            "runbook::Naming",
            "runbook::stack_word",
            "text",
        ],
    ),
    (
        "judge",
        &[
            "fact",
            "fact::all",
            "fact::find",
            "reading",
            "report::model",
            "runbook",
            "text",
        ],
    ),
    (
        "probe",
        &[
            "cloud",
            "fact",
            "history",
            "population",
            "reading",
            "redact::Removed",
            "redact::Secrets",
            "stack",
            "text",
        ],
    ),
    ("notify", &["cloud", "fact", "stack", "standing", "text"]),
    ("standing", &["fact", "report::model", "text"]),
    ("cloud", &["reading", "stack", "text"]),
    (
        "stack",
        // What the words of runbooks call the stack's names by.
        &["fact", "runbook::Naming", "text"],
    ),
    (
        "runbook",
        &[
            "fact",
            "fact::find",
            "fact::inputs",
            "fact::unknown_fact",
            "report::model",
            "text",
        ],
    ),
    ("report", &["exit", "fact", "reading::Asked", "text"]),
    ("reading", &["fact", "population", "text"]),
    ("population", &["fact", "text"]),
    // Of the cloud only how an error is put into words.
    ("history", &["cloud::innermost", "fact", "text"]),
    ("fact", &["text"]),
    ("text", &["redact"]),
    ("redact", &[]),
    ("exit", &[]),
];

/// What only the command line may touch.
const OUTSIDE: &[&str] = &[
    "std::env::",
    "use std::env",
    "SystemTime::now",
    "now_utc(",
    "now_local(",
    "println!",
    "print!(",
    "eprintln!",
    "eprint!(",
    "std::io::stdout",
    "std::io::stderr",
    "process::exit",
];

const LONGEST: usize = 400;

struct Source {
    room: String,
    path: PathBuf,
    /// Without comments, strings and test modules.
    code: String,
    lines: usize,
}

/// Whether a file is there for tests only, by the names this tree gives such files.
fn is_for_tests(path: &Path) -> bool {
    path.components().any(|part| {
        let name = part.as_os_str().to_string_lossy();
        let stem = name.strip_suffix(".rs").unwrap_or(&name);
        stem == "sample" || stem.split('_').any(|word| word == "tests")
    })
}

fn sources() -> Vec<Source> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&root).expect("in src").to_owned();
                if !is_for_tests(&inside) {
                    sources.push(read(&path, inside));
                }
            }
        }
    }
    assert!(
        sources.len() > 50,
        "only {} files were found",
        sources.len()
    );
    sources
}

fn read(path: &Path, inside: PathBuf) -> Source {
    let text = std::fs::read_to_string(path).expect("a source file");
    let own = text
        .find("#[cfg(test)]\nmod tests {")
        .map_or(text.as_str(), |at| &text[..at]);
    let code: Vec<_> = own
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let first = inside.components().next().expect("a name");
    let room = first.as_os_str().to_string_lossy().replace(".rs", "");
    Source {
        room,
        lines: own.lines().count(),
        code: code.join("\n"),
        path: inside,
    }
}

/// Every `crate::…` of a text as dotted paths, groups in braces taken apart.
fn used(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        // `$crate::` and such would hide a use; none is written here.
        if let Some(group) = rest.strip_prefix('{') {
            let inside = group.split('}').next().unwrap_or_default();
            found.extend(inside.split(',').map(|name| name.trim().to_owned()));
            continue;
        }
        let path: String = rest
            .chars()
            .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '{' | ',' | ' ' | '\n'))
            .collect();
        let (head, group) = path.split_once('{').unwrap_or((&path, ""));
        let head: String = head
            .split([',', ' ', '\n'])
            .next()
            .unwrap_or_default()
            .to_owned();
        if group.is_empty() {
            found.insert(head.trim_end_matches(':').to_owned());
        }
        for name in group
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            let name = name.split(' ').next().unwrap_or(name);
            found.insert(if name == "self" {
                head.trim_end_matches(':').to_owned()
            } else {
                format!("{head}{name}")
            });
        }
    }
    found.retain(|path| !path.is_empty());
    found
}

fn permits(allowed: &[&str], path: &str) -> bool {
    allowed.iter().any(|room| {
        path == *room
            || path
                .strip_prefix(room)
                .is_some_and(|rest| rest.starts_with("::"))
    })
}

#[test]
fn every_room_knows_only_the_rooms_it_may_know() {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    let mut uses = 0;
    for source in sources() {
        if ["lib", "main"].contains(&source.room.as_str()) {
            continue;
        }
        let Some((_, allowed)) = ROOMS.iter().find(|(room, _)| *room == source.room) else {
            wrong.push(format!(
                "{}: there is no room `{}` in the table",
                source.path.display(),
                source.room
            ));
            continue;
        };
        for path in used(&source.code) {
            uses += 1;
            let own = path == source.room || path.starts_with(&format!("{}::", source.room));
            if !own && !permits(allowed, &path) {
                wrong.push(format!("{} uses {path}", source.path.display()));
            }
        }
        seen.insert(source.room);
    }
    assert_eq!(wrong, Vec::<String>::new());
    let table: BTreeSet<_> = ROOMS.iter().map(|(room, _)| (*room).to_owned()).collect();
    assert_eq!(seen, table, "the table speaks of rooms that are there");
    println!("structure: {uses} uses in {} rooms", seen.len());
    assert!(uses > 100, "only {uses} uses were understood");
}

#[test]
fn the_way_down_has_no_way_back() {
    // Whole rooms only: a part of a room that is named alone is a shared vocabulary.
    let place = |name: &str| ROOMS.iter().position(|(room, _)| *room == name);
    for (at, (room, allowed)) in ROOMS.iter().enumerate() {
        for below in allowed.iter().filter(|name| !name.contains("::")) {
            assert!(
                place(below) > Some(at),
                "{room} stands below {below} and uses it"
            );
        }
    }
}

#[test]
fn a_room_that_uses_more_would_be_found() {
    let found = |code: &str| used(code).into_iter().collect::<Vec<_>>();
    assert_eq!(found("use crate::report::json;"), ["report::json"]);
    assert_eq!(
        found("use crate::probe::{self, Ask,\n    Past};"),
        ["probe", "probe::Ask", "probe::Past"]
    );
    assert_eq!(found("use crate::{judge, report};"), ["judge", "report"]);
    assert_eq!(found("let x = crate::judge::judge(y);"), ["judge::judge"]);
    let probe = ROOMS
        .iter()
        .find(|(room, _)| *room == "probe")
        .expect("probe")
        .1;
    assert!(
        !permits(probe, "report::model")
            && !permits(probe, "judge")
            && permits(probe, "fact::Probe")
    );
    let judge = ROOMS
        .iter()
        .find(|(room, _)| *room == "judge")
        .expect("judge")
        .1;
    assert!(
        permits(judge, "fact::find") && !permits(judge, "probe::ask") && !permits(judge, "probe")
    );
}

#[test]
fn no_source_file_is_longer_than_can_be_read() {
    let long: Vec<_> = sources()
        .into_iter()
        .filter(|source| source.lines > LONGEST)
        .map(|source| format!("{}: {} lines", source.path.display(), source.lines))
        .collect();
    assert_eq!(long, Vec::<String>::new());
}

#[test]
fn only_the_command_line_touches_clock_environment_and_terminal() {
    let mut wrong = Vec::new();
    for source in sources().into_iter().filter(|source| source.room != "cli") {
        for (number, line) in source.code.lines().enumerate() {
            for word in OUTSIDE.iter().filter(|word| line.contains(**word)) {
                wrong.push(format!("{} ({number}): {word}", source.path.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn exit_codes_are_written_in_one_place() {
    // A bare 64, 130 or 143 anywhere else would be a second source of the contract.
    let mut wrong = Vec::new();
    for source in sources().into_iter().filter(|source| source.room != "exit") {
        for line in source.code.lines() {
            let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            if line.contains("ExitCode::from(") && source.room != "main" {
                wrong.push(format!("{}: {line}", source.path.display()));
            }
            if source.room == "cli"
                && words.clone().any(|word| ["130", "143"].contains(&word))
                && !line.contains("Exit codes:")
            {
                wrong.push(format!("{}: {line}", source.path.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
