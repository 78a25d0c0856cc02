//! Claim: what README.md and docs/ show of the program is what the program prints, and every
//! file that a page names is there.
//!
//! A transcript is a `text` block whose first line is the call. It may leave lines out where it
//! says `…`, and nowhere else. The comment above it says where it ran:
//! `<!-- scene: inc-005; at: 03:16:09; exit: 2 -->`. Without one it needs no stack and ends 0. With
//! `keys: nn` it is what a terminal of 24 rows shows after these were pressed; `q` ends it then.
//! After a screen was changed, this writes the transcripts anew, each about as long as it was:
//! `DUCKOPS_WRITE_TRANSCRIPTS=1 cargo test --test claims docs::`. Read the difference.

use crate::structure::ROOMS;
use crate::support::pty::Pty;
use crate::support::{Duckops, Ran, Stage, world};
use crate::webhook::Home;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

const WRITE: &str = "DUCKOPS_WRITE_TRANSCRIPTS";
/// A line that is longer is cut where a transcript is written anew.
const WIDEST: usize = 100;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every page for people, by its path in the tree.
fn pages() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for folder in ["", "docs", "runbooks"] {
        let entries = std::fs::read_dir(root().join(folder)).expect("a folder");
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_some_and(|kind| kind == "md") {
                let text = std::fs::read_to_string(&path).expect("a page");
                let path = path.strip_prefix(root()).expect("in the tree").to_owned();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// What differs from run to run and from machine to machine: ports, how long it took, ids, names of
/// hosts, and how far two clocks are apart.
const VARIES: [(&str, &str); 9] = [
    (r", next in [0-9]+ s$", ", next in TIME"),
    (r"^Sent from [^,]+,", "Sent from HOST,"),
    (r" -?[0-9] s off ", " SECONDS off "),
    (r" 200 in [0-9.]+ m?s;", " 200 in TIME;"),
    (r"127\.0\.0\.1:[0-9]+", "127.0.0.1:PORT"),
    (r" steps in .*, exit ", " steps in TIME, exit "),
    (r" (requests?), [0-9.]+ m?s ", " $1, TIME "),
    (r" in [0-9.]+ m?s$", " in TIME"),
    (r"(?-u:\b)[0-9A-HJKMNP-TV-Z]{26}(?-u:\b)", "ULID"),
];

fn timeless(text: &str) -> String {
    static PATTERNS: LazyLock<Vec<(regex::Regex, &str)>> = LazyLock::new(|| {
        let compiled = VARIES.map(|(pattern, word)| {
            let pattern = format!("(?m){pattern}");
            (regex::Regex::new(&pattern).expect("a pattern"), word)
        });
        compiled.into()
    });
    let mut text = text.to_owned();
    for (pattern, word) in PATTERNS.iter() {
        text = pattern.replace_all(&text, *word).into_owned();
    }
    text
}

/// A call and what it is shown to print.
struct Transcript<'a> {
    call: &'a str,
    arguments: Vec<String>,
    shown: &'a str,
    /// The scene that it ran on; none for what brings its own.
    scene: Option<&'a str>,
    /// The time of day on 2026-03-22.
    at: &'a str,
    exit: i32,
    /// What is pressed at a terminal; none where it runs without one.
    keys: Option<&'a str>,
}

/// What stands for the home folder of whoever calls.
const HOME: &str = "/home/ops";

const OPEN: &str = "```text\n$ duckops ";

/// The words of a command line, some in single quotes.
fn words(call: &str) -> Vec<String> {
    let parts = call.split('\'').enumerate();
    let words = parts.flat_map(|(at, part)| match at % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

fn transcripts(page: &str) -> Vec<Transcript<'_>> {
    let mut found = Vec::new();
    for (start, _) in page.match_indices(OPEN) {
        let block = &page[start + OPEN.len()..];
        let (block, _) = block.split_once("```").expect("the end of a block");
        let (call, shown) = block.split_once('\n').expect("a call");
        let mut transcript = Transcript {
            call,
            arguments: words(call),
            shown,
            scene: None,
            at: "03:12:09",
            exit: 0,
            keys: None,
        };
        let above = page[..start].trim_end().lines().last().unwrap_or_default();
        let said = above
            .strip_prefix("<!-- ")
            .and_then(|s| s.strip_suffix(" -->"));
        for part in said.into_iter().flat_map(|said| said.split("; ")) {
            match part.split_once(": ") {
                Some(("scene", scene)) => transcript.scene = Some(scene),
                Some(("at", at)) => transcript.at = at,
                Some(("keys", keys)) => transcript.keys = Some(keys),
                Some(("exit", exit)) => transcript.exit = exit.parse().expect("a number"),
                _ => panic!("{above}: what is {part}?"),
            }
        }
        found.push(transcript);
    }
    found
}

/// Whether the program printed this: the first line that it did not.
fn printed(shown: &str, output: &str) -> Result<usize, String> {
    let (shown, output) = (timeless(shown), timeless(output));
    let mut rest = output.lines();
    let (mut found, mut is_gap) = (0, false);
    for line in shown.lines() {
        if line.trim() == "…" {
            is_gap = true;
            continue;
        }
        let is_it = |real: &str| match line.strip_suffix(" …") {
            Some(head) => real.starts_with(head),
            None => real == line,
        };
        let is_there = match is_gap {
            true => rest.any(is_it),
            false => rest.next().is_some_and(is_it),
        };
        if !is_there {
            return Err(line.to_owned());
        }
        (found, is_gap) = (found + 1, false);
    }
    match rest.next() {
        Some(more) if !is_gap => Err(format!("it goes on: {more}")),
        _ => Ok(found),
    }
}

/// A transcript for this output, with its gaps where the one before had its first.
fn written_anew(before: &str, output: &str) -> String {
    let lines: Vec<_> = output.lines().collect();
    let is_gap = |line: &&str| line.trim() == "…";
    let shown: Vec<_> = before.lines().collect();
    let head = shown.iter().position(&is_gap);
    let tail = shown.iter().rev().position(&is_gap);
    let cut = |line: &str| match line.chars().count() > WIDEST {
        true => {
            line.chars()
                .take(WIDEST)
                .collect::<String>()
                .trim_end()
                .to_owned()
                + " …\n"
        }
        false => line.to_owned() + "\n",
    };
    let (Some(head), Some(tail)) = (head, tail) else {
        return lines.iter().map(|line| cut(line)).collect();
    };
    if head + tail >= lines.len() {
        return lines.iter().map(|line| cut(line)).collect();
    }
    let head = lines[..head].iter().map(|line| cut(line));
    let tail = lines[lines.len() - tail..].iter().map(|line| cut(line));
    head.chain(["…\n".to_owned()]).chain(tail).collect()
}

/// Whatever the transcripts of one page ran on. Calls on one scene share its state.
struct Places {
    home: tempfile::TempDir,
    scenes: BTreeMap<String, Stage>,
    hooks: Home,
    receiver: Option<crate::webhook::Listening>,
}

impl Places {
    fn run(&mut self, transcript: &Transcript<'_>) -> Ran {
        let words: Vec<_> = transcript.arguments.iter().map(String::as_str).collect();
        let Some(scene) = transcript.scene else {
            return match words.as_slice() {
                ["webhook", rest @ ..] => self.webhook(rest),
                arguments => Duckops::new(self.home.path(), arguments).run(),
            };
        };
        let folder = self.home.path();
        let (token, key) = (folder.join("token"), folder.join("key"));
        crate::support::receiver::secret(&token, "practice-token");
        crate::support::receiver::secret(&key, "bk_LIVE_practice");
        let scenes = self.scenes.entry(scene.to_owned());
        let stage = scenes.or_insert_with(|| Stage::of(world(scene)));
        // The practice stack is an endpoint that is not AWS.
        let over = match words[..] {
            ["alias", "rollback" | "promote", ..]
            | ["bond", "pulse" | "rotate" | "disconnect", ..] => &["--endpoint-override"][..],
            _ => &[],
        };
        let call = stage.duckops(&[&words[..], over].concat()).inside(folder);
        let call = match words[..] {
            ["bond", "rotate" | "disconnect", ..] => {
                call.env("DUCKOPS_TOKEN_FILE", token.as_os_str())
            }
            _ => call,
        };
        let now = format!("2026-03-22T{}Z", transcript.at);
        let call = call.env("DUCKOPS_TEST_NOW", now);
        let mut ran = match transcript.keys {
            Some(keys) => at_terminal(call, keys),
            None => call.run(),
        };
        let homes = [stage.home(), folder].map(Path::to_string_lossy);
        for text in [&mut ran.stdout, &mut ran.stderr] {
            for home in &homes {
                *text = text.replace(&**home, HOME);
            }
        }
        // Nobody needs to type it against AWS itself.
        for flag in over {
            ran.stdout = ran.stdout.replace(&format!(" {flag}"), "");
        }
        ran
    }

    /// A call to a receiver of ours that verifies. The secret file is the harness' own, and so
    /// is the port of the receiver.
    fn webhook(&mut self, arguments: &[&str]) -> Ran {
        let receiver = self.receiver.get_or_insert_with(|| self.hooks.listen(&[]));
        let words = arguments
            .iter()
            .filter(|word| !["--secret-file", "secret"].contains(word))
            .map(|word| match word.starts_with("http://127.0.0.1:8787/") {
                true => receiver.url.as_str(),
                false => word,
            });
        let words: Vec<_> = words.collect();
        let body = br#"{"event":"duck.pulse"}"#;
        std::fs::write(self.hooks.path("body.json"), body).expect("written");
        // The receiver's clock is this machine's.
        self.hooks.webhook(&words).without("DUCKOPS_TEST_NOW").run()
    }
}

/// What a terminal shows after these keys were pressed.
fn at_terminal(call: Duckops, keys: &str) -> Ran {
    let mut pty = Pty::start(call.env("TERM", "xterm").command(), 24, 80);
    // What it says while it asks, and on a busy machine of what it still waits for.
    let asking = ["reading ", " answers in"];
    let settled = |screen: &str| {
        screen.contains("quit") && !asking.iter().any(|words| screen.contains(words))
    };
    let mut screen = pty.wait("the first screen", settled);
    for key in keys.chars().filter(|key| *key != '-') {
        let before = screen;
        pty.press(&key.to_string());
        screen = pty.wait("the next screen", |now| settled(now) && now != before);
    }
    // A screen that is being drawn is half the one before.
    loop {
        std::thread::sleep(Duration::from_millis(100));
        let now = pty.wait("a screen at rest", settled);
        if now == screen {
            break;
        }
        screen = now;
    }
    pty.press("q");
    let (code, _) = pty.end();
    let mut lines: Vec<_> = screen.lines().map(str::trim_end).collect();
    // The keys stand at the bottom of the screen, in a transcript below the rest.
    lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    Ran {
        code,
        stdout: lines.join("\n").trim_end().to_owned() + "\n",
        stderr: String::new(),
    }
}

/// Every command, each with its examples.
const COMMANDS: &str = include_str!("../src/cli/examples.txt");
/// What goes on until it is ended, what goes to a DynamoDB table, and what only writes a folder.
const NOT_SHOWN: [&str; 5] = [
    "drill serve",
    "webhook listen",
    "mcp",
    "history init",
    "webhook bundle",
];

#[test]
fn every_transcript_of_readme_and_docs_is_what_the_program_prints() {
    let writes = std::env::var_os(WRITE).is_some();
    let (mut calls, mut lines, mut wrong) = (Vec::new(), 0, Vec::new());
    for (path, page) in pages() {
        let mut places = Places {
            home: tempfile::tempdir().expect("a folder"),
            scenes: BTreeMap::new(),
            hooks: Home::new(),
            receiver: None,
        };
        let mut anew = page.clone();
        for transcript in transcripts(&page) {
            let call = transcript.call.to_owned();
            let ran = places.run(&transcript);
            if ran.code != transcript.exit {
                let page = path.display();
                wrong.push(format!("{page}: {call}: exit {}: {ran:?}", ran.code));
            }
            let output = format!("{}{}", ran.stderr, ran.stdout);
            match printed(transcript.shown, &output) {
                Ok(found) => lines += found,
                Err(_) if writes => {
                    let before = format!("{OPEN}{call}\n{}```", transcript.shown);
                    let shown = written_anew(transcript.shown, &output);
                    let after = format!("{OPEN}{call}\n{shown}```");
                    anew = anew.replacen(&before, &after, 1);
                }
                Err(line) => wrong.push(format!(
                    "{}: `{call}` does not print {line:?}:\n{output}",
                    path.display()
                )),
            }
            calls.push(call);
        }
        if anew != page {
            std::fs::write(root().join(&path), anew).expect("written");
            println!("{}: transcripts written anew", path.display());
        }
    }
    assert!(
        wrong.is_empty(),
        "set {WRITE}=1 to write them anew\n{}",
        wrong.join("\n")
    );
    for incident in ["inc-001", "inc-002", "inc-003", "inc-004", "inc-005"] {
        assert!(calls.contains(&format!("drill {incident}")), "{calls:?}");
    }
    for command in COMMANDS.split("\n\n").filter_map(|block| {
        let (path, _) = block.trim().strip_prefix('[')?.split_once(']')?;
        Some(path).filter(|path| !NOT_SHOWN.contains(path))
    }) {
        let is_it = |call: &String| {
            let rest = call.strip_prefix(command);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        assert!(calls.iter().any(is_it), "{command}: {calls:?}");
    }
    println!("{} transcripts, {lines} lines", calls.len());
}

#[test]
fn transcript_written_anew_is_true_and_about_as_long() {
    let output = format!("one\ntwo\nthree\nfour\n{} end\nsix\n", "long ".repeat(40));
    for (before, due) in [
        ("a\nb\n…\n", 3),
        ("a\n…\nb\n…\nc\nd\n", 4),
        ("a\nb\n", 6),
        ("a\nb\nc\nd\n…\ne\nf\ng\n", 6),
    ] {
        let anew = written_anew(before, &output);
        assert_eq!(anew.lines().count(), due, "{before:?}: {anew}");
        assert!(printed(&anew, &output).is_ok(), "{before:?}: {anew}");
        assert!(
            anew.lines().all(|line| line.chars().count() <= WIDEST + 2),
            "{anew}"
        );
    }
}

/// The paths that a page names: in links, and in backquotes from a folder of the tree on.
fn named(page: &str, path: &Path) -> Vec<(String, PathBuf)> {
    let folder = path.parent().expect("a folder");
    let links = page.split("](").skip(1);
    let links = links.filter_map(|rest| rest.split_once(')').map(|(link, _)| link));
    let links = links
        .filter(|link| !link.contains("://") && !link.starts_with('#'))
        .map(|link| link.split('#').next().unwrap_or(link))
        .map(|link| (link.to_owned(), root().join(folder).join(link)));
    const FOLDERS: [&str; 7] = [
        "src/",
        "tests/",
        "docs/",
        "runbooks/",
        "contrib/",
        "benchmarks/",
        ".ci/",
    ];
    let quoted = page.split('`').skip(1).step_by(2);
    let quoted = quoted
        .filter(|text| FOLDERS.iter().any(|folder| text.starts_with(folder)))
        .filter(|text| !text.contains(['\n', ' ', '<', '*', 'N']))
        .map(|text| text.split("::").next().unwrap_or(text))
        .map(|text| (text.to_owned(), root().join(text)));
    links.chain(quoted).collect()
}

#[test]
fn every_file_that_a_page_names_is_there() {
    let mut count = 0;
    let mut gone = Vec::new();
    for (path, page) in pages() {
        // What a version changed may be gone by now.
        if path == Path::new("CHANGELOG.md") {
            continue;
        }
        for (name, place) in named(&page, &path) {
            count += 1;
            if !place.exists() {
                gone.push(format!("{}: {name}", path.display()));
            }
        }
    }
    assert!(gone.is_empty(), "{gone:#?}");
    assert!(count > 40, "only {count} paths were found");
    let lost = named(
        "see `src/nowhere.rs` and [a page](nothing.md#there)",
        Path::new("a.md"),
    );
    assert_eq!(lost.len(), 2);
    assert!(lost.iter().all(|(_, place)| !place.exists()));
}

#[test]
fn readme_is_short_and_architecture_lists_the_rooms_in_their_order() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("a page");
    assert!(readme.lines().count() <= 90, "{}", readme.lines().count());
    for command in ["cargo run -- drill inc-004", "cargo test "] {
        assert!(readme.contains(command), "{command}");
    }
    let page = std::fs::read_to_string(root().join("docs/architecture.md")).expect("a page");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let listed: Vec<_> = rows
        .filter_map(|row| row.split_once('`').map(|(room, _)| room))
        .filter(|room| ROOMS.contains(room))
        .collect();
    assert_eq!(listed, ROOMS, "the order of tests/structure.rs");
}

#[test]
fn a_transcript_that_is_not_true_would_be_found() {
    let output = "one\ntwo\nthree http://127.0.0.1:8123/x\nfour, 5 steps in 12ms, exit 2\n";
    let fine = "one\n  …\nthree …\nfour, 5 steps in 1.2s, exit 2\n";
    assert_eq!(printed(fine, output), Ok(3));
    assert_eq!(
        printed("one\ntwo\nthree http://127.0.0.1:9/x\n…\n", output),
        Ok(3)
    );
    let footer = "prod us-east-1 · 7 requests, 0.57 s · exit 2\n";
    assert_eq!(
        printed("prod us-east-1 · 7 requests, 0.1 s · exit 2\n", footer),
        Ok(1)
    );
    for wrong in [
        "prod us-east-1 · 6 requests, 0.57 s · exit 2\n",
        "prod us-east-1 · 7 requests, 0.57 s · exit 0\n",
    ] {
        assert!(printed(wrong, footer).is_err(), "{wrong}");
    }
    for wrong in [
        "one\nthree …\nfour, 5 steps in 1.2s, exit 2\n",
        "one\ntwo\n",
        "one\n…\nthree\n…\n",
        "one\n…\nfour, 5 steps in 12ms, exit 0\n",
        "two\n…\n",
        "one\n…\nfour …\nthree …\n",
    ] {
        assert!(printed(wrong, output).is_err(), "{wrong}");
    }
}

/// Each promise of SECURITY.md names what shows it: a file of the tree in which there are tests.
#[test]
fn each_promise_of_security_names_tests_that_exist() {
    let text = std::fs::read_to_string(root().join("SECURITY.md")).expect("SECURITY.md");
    let rows = text.lines().filter(|line| line.starts_with("| "));
    let rows: Vec<_> = rows.skip(1).collect();
    assert!(rows.len() > 20, "{}", rows.len());
    for row in rows {
        let shown = row.trim_end_matches(" |").rsplit_once(" | ");
        let (_, shown) = shown.expect("two columns");
        let named = shown.split('`').skip(1).step_by(2);
        let is_path = |name: &&str| name.starts_with("tests/") || name.starts_with("src/");
        let all: Vec<_> = named.filter(is_path).collect();
        let has_tests = |name: &str| {
            let (path, _) = name.split_once('*').unwrap_or((name, ""));
            let (folder, begin) = path.rsplit_once('/').expect("a folder");
            let entries = std::fs::read_dir(root().join(folder)).expect("a folder");
            let mut files = entries.flatten().map(|entry| entry.path()).filter(|path| {
                let file = path.file_name().map(|name| name.to_string_lossy());
                file.is_some_and(|file| match name.contains('*') {
                    true => file.starts_with(begin),
                    false => file == begin,
                })
            });
            files.any(|path| {
                let text = std::fs::read_to_string(path).unwrap_or_default();
                ["#[test]", "#[tokio::test", "mod tests"]
                    .iter()
                    .any(|mark| text.contains(mark))
            })
        };
        assert!(!all.is_empty(), "nothing shows it: {row}");
        for name in all {
            assert!(has_tests(name), "{name} has no test: {row}");
        }
    }
}
