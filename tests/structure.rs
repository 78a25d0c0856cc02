//! Claim: every room of the source knows only the rooms it may know, stays readable, and
//! leaves the outside world to those whose business it is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Every room, from the top down: a room may use those that stand below it, and nothing else.
/// `docs/architecture.md` says what each is for.
pub(crate) const ROOMS: &[&str] = &[
    "cli",
    "drill",
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
    "named",
];

/// The outside world, for practice: it speaks HTTP and uses none of the rooms above. Only a drill
/// and the command line may use it.
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

pub(crate) struct Source {
    pub(crate) room: String,
    pub(crate) path: PathBuf,
    /// Without comments and test modules.
    pub(crate) code: String,
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

pub(crate) fn sources() -> Vec<Source> {
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
                // Practice may use itself only.
                _ if path.starts_with(OUTSIDE_WORLD) => {
                    [OUTSIDE_WORLD, "drill", "cli"].contains(&source.room.as_str())
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

/// The types that a file declares at its top level.
fn declared_types(code: &str) -> Vec<String> {
    let is_type = |word: &&str| matches!(*word, "struct" | "enum" | "trait" | "type");
    code.lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()))
        .filter_map(|line| {
            let mut words = line.split([' ', '<', '(', ';', '{', ':', '=']);
            words.find(|word| is_type(word))?;
            let name = words.next()?;
            name.starts_with(char::is_uppercase)
                .then(|| name.to_owned())
        })
        .collect()
}

/// One type name, one meaning.
#[test]
fn every_type_name_is_declared_once() {
    let planted = "pub(super) struct One<T>;\nimpl Two {}\n    type Three = u8;\ntype Four = u8;";
    assert_eq!(declared_types(planted), ["One", "Four"]);
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources() {
        for name in declared_types(&source.code) {
            let place = source.path.display().to_string();
            places.entry(name).or_default().push(place);
        }
    }
    println!("structure: {} type names", places.len());
    assert!(places.len() > 400, "{} type names", places.len());
    places.retain(|_, files| files.len() > 1);
    assert_eq!(places, BTreeMap::new());
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

/// The modules of the tree, to find which file an import means.
struct Modules {
    /// By module path: the file, relative to `src`, and its code without comments and strings.
    files: BTreeMap<Vec<String>, (PathBuf, String)>,
    /// By module path: what each imported name stands for.
    imports: BTreeMap<Vec<String>, BTreeMap<String, Vec<String>>>,
}

fn segments(path: &str) -> Vec<String> {
    path.split("::")
        .map(|part| part.trim().to_owned())
        .collect()
}

/// `a::{b, c as d}` as `a::b` and `a::c as d`.
fn flattened(tree: &str) -> Vec<String> {
    let Some((head, rest)) = tree.split_once('{') else {
        return vec![tree.trim().to_owned()];
    };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for c in inner.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts
        .flat_map(|part| flattened(part))
        .map(|part| format!("{}{part}", head.trim()))
        .collect()
}

/// Every `use` of a code: whether it is a re-export, and its tree.
fn use_items(code: &str) -> Vec<(bool, String)> {
    let mut items = Vec::new();
    for piece in code.split_inclusive(';') {
        let at = piece.find("use ").filter(|at| {
            let lead = piece[..*at].rsplit('\n').next().unwrap_or_default().trim();
            lead.is_empty() || lead.starts_with("pub")
        });
        if let Some(at) = at {
            let is_public = piece[..at].trim_end().ends_with([')', 'b']);
            items.push((is_public, piece[at + 4..].trim_end_matches(';').to_owned()));
        }
    }
    items
}

impl Modules {
    fn of(sources: &[(PathBuf, String)]) -> Self {
        let mut files = BTreeMap::new();
        for (path, code) in sources {
            let mut module =
                segments(&path.with_extension("").to_string_lossy().replace('/', "::"));
            if module
                .last()
                .is_some_and(|last| ["mod", "lib"].contains(&last.as_str()))
            {
                module.pop();
            }
            files.insert(module, (path.clone(), code.clone()));
        }
        let mut imports = BTreeMap::new();
        for (module, (_, code)) in &files {
            let mut names = BTreeMap::new();
            for path in use_items(code).iter().flat_map(|(_, tree)| flattened(tree)) {
                let (path, name) = match path.split_once(" as ") {
                    Some((path, name)) => (segments(path), Some(name.trim().to_owned())),
                    None => (segments(&path), None),
                };
                let path: Vec<_> = match path.split_last() {
                    Some((last, rest)) if last == "self" => rest.to_vec(),
                    _ => path,
                };
                if let Some(last) = path.last() {
                    names.insert(name.unwrap_or_else(|| last.clone()), path.clone());
                }
            }
            imports.insert(module.clone(), names);
        }
        Self { files, imports }
    }

    /// A path as it stands in a module, from the root of the crate; none outside of it.
    fn absolute(&self, module: &[String], path: &[String]) -> Option<Vec<String>> {
        let first = path.first()?;
        let supers = path.iter().take_while(|part| *part == "super").count();
        let (base, rest) = match first.as_str() {
            "crate" => (&module[..0], &path[1..]),
            "self" => (module, &path[1..]),
            "super" => (
                &module[..module.len().checked_sub(supers)?],
                &path[supers..],
            ),
            _ => {
                let child = [module, &path[..1]].concat();
                self.files.contains_key(&child).then_some((module, path))?
            }
        };
        Some([base, rest].concat())
    }

    /// The module in which a path's item is defined: names that a module only imports or
    /// re-exports are followed.
    fn definition(&self, path: &[String], depth: usize) -> Option<Vec<String>> {
        let length = (0..=path.len())
            .rev()
            .find(|n| self.files.contains_key(&path[..*n]))?;
        let module = &path[..length];
        let imported = path
            .get(length)
            .and_then(|name| self.imports.get(module)?.get(name));
        let followed = imported.filter(|_| depth < 8).and_then(|import| {
            let target = [self.absolute(module, import)?, path[length + 1..].to_vec()].concat();
            (target != path).then(|| self.definition(&target, depth + 1))?
        });
        followed.or_else(|| Some(module.to_vec()))
    }

    /// The files that each file takes something from. A module that declares another one may
    /// use it: what that takes from its parent is an arrow, the way down is none.
    fn arrows(&self) -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
        let mut arrows = BTreeMap::new();
        for (module, (_, code)) in &self.files {
            let items = use_items(code);
            let exported: BTreeSet<_> = items
                .iter()
                .filter(|(is_public, _)| *is_public)
                .flat_map(|(_, tree)| flattened(tree))
                .map(|path| {
                    path.split(" as ")
                        .next()
                        .unwrap_or_default()
                        .trim()
                        .to_owned()
                })
                .collect();
            let used = items
                .iter()
                .filter(|(is_public, _)| !is_public)
                .flat_map(|(_, tree)| flattened(tree))
                .map(|path| {
                    path.split(" as ")
                        .next()
                        .unwrap_or_default()
                        .trim()
                        .to_owned()
                });
            let inline = code
                .split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':')))
                .filter(|path| path.contains("::"))
                .map(|path| path.trim_end_matches(':').to_owned());
            let mut found = BTreeSet::new();
            for path in used.chain(inline).filter(|path| !exported.contains(path)) {
                let Some(path) = self.absolute(module, &segments(&path)) else {
                    continue;
                };
                let Some(target) = self.definition(&path, 0) else {
                    continue;
                };
                let is_child = target
                    .split_last()
                    .is_some_and(|(_, parent)| parent == module);
                if target != *module && !is_child {
                    found.insert(target);
                }
            }
            arrows.insert(module.clone(), found);
        }
        arrows
    }

    /// Every circle, as the names of its files: files from which an arrow leads back to them.
    fn circles(&self) -> Vec<BTreeSet<String>> {
        let arrows = self.arrows();
        let reached = |from: &Vec<String>| {
            let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
            while let Some(module) = open.pop() {
                for next in arrows.get(module).into_iter().flatten() {
                    if seen.insert(next) {
                        open.push(next);
                    }
                }
            }
            seen
        };
        let reaches: BTreeMap<_, _> = arrows.keys().map(|from| (from, reached(from))).collect();
        let name = |module: &Vec<String>| self.files[module].0.display().to_string();
        let circles = arrows.keys().filter_map(|module| {
            let with = reaches[module].iter().filter(|other| {
                let back = reaches.get(**other);
                back.is_some_and(|back| back.contains(module))
            });
            let circle: BTreeSet<_> = with.map(|other| name(other)).collect();
            (!circle.is_empty()).then_some(circle)
        });
        let distinct: BTreeSet<_> = circles.collect();
        distinct.into_iter().collect()
    }
}

/// The code of a file without what stands in string literals.
fn without_strings(code: &str) -> String {
    let mut out = String::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' if chars.peek() == Some(&'"') => {
                chars.next();
                chars.next();
            }
            '"' => {
                while let Some(inner) = chars.next() {
                    match inner {
                        '\\' => drop(chars.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            _ => out.push(c),
        }
    }
    out
}

#[test]
fn no_two_files_import_each_other() {
    let sources: Vec<_> = sources()
        .into_iter()
        .filter(|source| source.path != Path::new("main.rs"))
        .map(|source| (source.path, without_strings(&source.code)))
        .collect();
    let modules = Modules::of(&sources);
    let arrows: usize = modules.arrows().values().map(BTreeSet::len).sum();
    println!(
        "structure: {arrows} imports between {} files",
        sources.len()
    );
    assert!(arrows > 500, "only {arrows} imports were understood");
    assert_eq!(modules.circles(), Vec::<BTreeSet<String>>::new());
}

#[test]
fn a_circle_of_files_is_found_also_through_a_re_export() {
    let circles = |files: &[(&str, &str)]| {
        let files: Vec<_> = files
            .iter()
            .map(|(path, code)| (PathBuf::from(path), (*code).to_owned()))
            .collect();
        let circles = Modules::of(&files).circles();
        let names = circles
            .into_iter()
            .map(|circle| circle.into_iter().collect::<Vec<_>>());
        names.collect::<Vec<_>>()
    };
    let facade = ("a/mod.rs", "mod b;\nmod c;\npub use b::B;\n");
    let b_takes_c = ("a/b.rs", "use super::c::{self, C};\npub struct B;\n");
    assert_eq!(
        circles(&[
            facade,
            b_takes_c,
            ("a/c.rs", "use crate::a::B;\npub struct C;\n")
        ]),
        [["a/b.rs", "a/c.rs"]]
    );
    assert_eq!(
        circles(&[
            facade,
            b_takes_c,
            ("a/c.rs", "pub fn c() -> super::b::B { super::b::B }\n")
        ]),
        [["a/b.rs", "a/c.rs"]]
    );
    let none: [[&str; 2]; 0] = [];
    assert_eq!(
        circles(&[facade, b_takes_c, ("a/c.rs", "pub struct C;\n")]),
        none
    );
    // Three files in a row, closed by the last one.
    assert_eq!(
        circles(&[
            ("x.rs", "use crate::y::Y;\n"),
            ("y.rs", "use crate::{\n    z::{Z, W},\n};\n"),
            ("z.rs", "use crate::x as other;\n"),
        ]),
        [["x.rs", "y.rs", "z.rs"]]
    );
}
