//! Claim: every room of the source knows only the rooms it may know, stays readable, and
//! leaves the outside world to those whose business it is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Every room, from the top down: a room may use those that stand below it, and nothing else.
/// `docs/architecture.md` says what each is for.
pub(crate) const ROOMS: &[&str] = &[
    "cli",
    "engine",
    "write",
    "alerting",
    "webhook",
    "judge",
    "evidence",
    "probe",
    "lambda",
    "recording",
    "timeline",
    "history",
    "runbook",
    "report",
    "cloud",
    "stack",
    "state_dir",
    "observation",
    "connections",
    "fact",
    "text",
    "redact",
    "exit",
];

/// The outside world, for practice: it speaks HTTP and uses none of the rooms above.
const OUTSIDE_WORLD: &str = "practice";

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

/// What opens, makes, renames or removes files. (`std::fs` types and looking at metadata do
/// not.) SQLite opens its database by itself, at a path that `state_dir` has prepared.
const FILES: &[&str] = &[
    "File::open",
    "File::create",
    "File::options",
    "OpenOptions",
    "DirBuilder",
    "fs::copy",
    "fs::create_dir",
    "fs::hard_link",
    "fs::open",
    "fs::read",
    "fs::remove",
    "fs::rename",
    "fs::write",
    "read_dir(",
    "rustix::fs",
    "tokio::fs",
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

/// The room that a path starts with, if it is one.
fn room_of(path: &str) -> Option<usize> {
    let first = path.split("::").next().unwrap_or_default();
    ROOMS.iter().position(|room| *room == first)
}

#[test]
fn every_room_uses_only_rooms_below_it() {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    let mut uses = 0;
    for source in sources() {
        if ["lib", "main"].contains(&source.room.as_str()) {
            continue;
        }
        let own = ROOMS.iter().position(|room| *room == source.room);
        for path in used(&source.code) {
            uses += 1;
            let is_allowed = match (own, room_of(&path)) {
                (Some(own), Some(used)) => used >= own,
                // Practice may use itself only; the command line may use practice.
                _ if path.starts_with(OUTSIDE_WORLD) => {
                    [OUTSIDE_WORLD, "cli"].contains(&source.room.as_str())
                }
                _ => false,
            };
            if !is_allowed {
                wrong.push(format!("{} uses {path}", source.path.display()));
            }
        }
        seen.insert(source.room);
    }
    assert_eq!(wrong, Vec::<String>::new());
    let table: BTreeSet<_> = ROOMS
        .iter()
        .chain([&OUTSIDE_WORLD])
        .map(|room| (*room).to_owned())
        .collect();
    assert_eq!(seen, table, "the list of rooms is the list of folders");
    println!("structure: {uses} uses in {} rooms", seen.len());
    assert!(uses > 100, "only {uses} uses were understood");
}

#[test]
fn groups_and_paths_in_use_lines_are_understood() {
    let found = |code: &str| used(code).into_iter().collect::<Vec<_>>();
    assert_eq!(found("use crate::report::json;"), ["report::json"]);
    assert_eq!(
        found("use crate::probe::{self, ProbeContext,\n    Access};"),
        ["probe", "probe::Access", "probe::ProbeContext"]
    );
    assert_eq!(found("use crate::{judge, report};"), ["judge", "report"]);
    assert_eq!(found("let x = crate::judge::judge(y);"), ["judge::judge"]);
    assert!(room_of("report::json") > room_of("judge"));
    assert_eq!(room_of("practice::Scene"), None);
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
fn only_state_dir_opens_files() {
    let (mut inside, mut outside) = (0, Vec::new());
    for source in sources() {
        for line in source.code.lines() {
            let Some(word) = FILES.iter().find(|word| line.contains(**word)) else {
                continue;
            };
            match source.room.as_str() {
                "state_dir" => inside += 1,
                _ => outside.push(format!("{}: {word}", source.path.display())),
            }
        }
    }
    assert_eq!(outside, Vec::<String>::new());
    assert!(
        inside > 10,
        "only {inside} uses were understood in state_dir"
    );
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
