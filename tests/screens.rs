//! Claim: whatever a scene shows, the answer is on one screen of 22 lines, at 60, 80 and 200
//! columns, in words that a reader who has just woken up understands.

use crate::structure::{Source, sources};
use crate::support::pty::Pty;
use crate::support::{Stage, at_once, deadline, world};
use regex::Regex;
use std::sync::LazyLock;

/// Lines of a terminal of 24 rows that leave the prompt in sight.
const SCREEN: usize = 22;

/// Forms that must not come back, with what to write in their place.
const FORMS: [(&str, &str); 45] = [
    (r"not so:", "the finding"),
    (r"not known:", "not judged: REASON"),
    (r"cannot tell", "not judged: REASON"),
    (r"ask by hand|by hand:|judge by eye", "check it yourself"),
    (r"\btold\b|\btells\b", "reported, shows"),
    (r"\bheard\b", "received, read"),
    (r"asks nobody|nobody was asked", "no network"),
    (r"no-consent|nobody consented", "consent missing"),
    (r"nobody (was )?called", "not sent"),
    (r"\ba human\b|\bhumans\b", "the approver"),
    (r"\bsomebody\b|\bnobody\b", "another user; or the thing"),
    (r"is at it\b|at the alias", "is changing the alias"),
    (r"beside it", "the label of the row"),
    (r"the house", "GOVERNANCE-LOG.md"),
    (r"stalest", "oldest"),
    (r"let in\b|lets [a-z ]*in\b", "allowed"),
    (r"kept warm", "provisioned concurrency"),
    (r"is calm", "no errors"),
    (r"errors right now", "errors in the last 5 min"),
    (r"at most [\d.]+ %", "the rate alone"),
    (r"not needed:|there is nothing to", "skip: the reason"),
    (r"comes first\b", "caused by INC-003"),
    (r"the two belong", "likely cause"),
    (r"\bsettle (step|which)", "Fix"),
    (r"time-outs?\b", "timeout"),
    (r"\bunawares\b", "unexpectedly"),
    (r"for good\b", "permanently"),
    (r"make sure that this", "what it affects"),
    (r"\bfor 0 s\b|\b0 s ago\b", "now"),
    (r"os error", "the words of the error alone"),
    (r"says that\b", "reports"),
    (r"\d+m\d+s|\b\d+(m|h) ago", "40 min"),
    (r"\bmend(s|ed)?\b", "fix"),
    (r"is waited for", "is awaited"),
    (r"as it should be", "the state"),
    (r"every step is ok", "5 of 5 steps ok"),
    (
        r"\(not known\)",
        "a rule of a runbook names a fact that may be unknown",
    ),
    (r"show that it fails", "a failure is proven after 10 s"),
    (r"=…", "no placeholder in an action"),
    (r"\ball \d+ agents", "3 of 3 agents"),
    (r"judged: inc-\d+ first$", "INC-001 is critical"),
    (
        r"one or more\b|\bnothing aws said\b",
        "the number; not used",
    ),
    (r"!$", "no exclamation mark"),
    (r"\bwhereby\b|\bof which\b", "a second sentence"),
    (r"\bplease\b|\bsorry\b", "no apology"),
];

/// The forms, ready to be looked for in a lower-case line.
static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let forms = FORMS.iter();
    let pattern = |form: &str| Regex::new(&format!("(?-u){form}")).expect("a form");
    forms
        .map(|(form, instead)| (pattern(form), *instead))
        .collect()
});

/// What is wrong with the words of a text.
fn forms(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    // What came from outside is quoted, and not ours.
    for line in text.lines().filter(|line| !line.contains("html")) {
        let lower = line.to_ascii_lowercase();
        for (form, instead) in PATTERNS.iter() {
            if let Some(at) = form.find(&lower) {
                found.push(format!("{:?}, write: {instead}, in: {line}", at.as_str()));
            }
        }
    }
    found
}

/// One of many.
static ONE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?-u)(?:^|[\s(])1 ([a-z]{3,}s)\b").expect("a pattern"));
/// Many of one.
static MANY: LazyLock<Regex> = LazyLock::new(|| {
    let nouns = "agent|request|step|check|error|bond|warning|invocation|execution|duckling|\
                 certificate|event|second|minute|hour|day|runbook|version|pulse|entry|note|fact";
    let many = format!(r"(?-u)(?:^|[\s(])(?:0|[2-9]|\d\d+) (?:{nouns})(?:[\s,;.)]|$)");
    Regex::new(&many).expect("a pattern")
});
/// `version 62 event`, `step 3 check`: a number that names and does not count.
static NAMES: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?-u)(version|step|port|HTTP|page) \d+ \w+").expect("a pattern"));
/// The number and the name of a step.
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)^ +(?:CRIT|WARN|UNKN|ok|skip) +[0-9]+ +[!-~]+").expect("a pattern")
});

/// Counts with the wrong form of their noun.
fn plurals(text: &str) -> Vec<String> {
    // Verbs and words that end like a plural.
    let fine = [
        "runs", "serves", "status", "was", "has", "less", "access", "address", "process",
    ];
    let mut found = Vec::new();
    for whole in text.lines() {
        let line = ROW.replace(whole, "");
        let wrong = ONE.captures_iter(&line);
        let wrong = wrong.filter(|found| !fine.contains(&&found[1]));
        found.extend(wrong.map(|found| format!("{:?} in: {whole}", &found[0])));
        if !NAMES.is_match(&line) {
            let many = MANY.find_iter(&line);
            // `15 error lines`
            let many = many.filter(|found| {
                let rest = &line[found.end()..];
                !rest.starts_with("line") && !rest.starts_with("failures")
            });
            found.extend(many.map(|found| format!("{:?} in: {whole}", found.as_str())));
        }
    }
    found
}

/// Whether a line is a command to be pasted, which is never broken.
fn is_command(line: &str) -> bool {
    let line = line.trim_start();
    let line = line.strip_prefix("then ").unwrap_or(line).trim_start();
    let starts = [
        "duckops ",
        "aws ",
        "curl ",
        "for ",
        "timedatectl",
        "unset ",
        "hand off:",
        "aws CLI",
    ];
    starts.iter().any(|start| line.starts_with(start))
}

/// The lines that are wider than this many columns.
fn overflow(text: &str, columns: usize) -> Vec<String> {
    let mut wrong = Vec::new();
    let lines = text.lines().count();
    if lines > SCREEN {
        wrong.push(format!("{lines} lines at {columns}:\n{text}"));
    }
    let wide = text.lines().filter(|line| !is_command(line));
    let wide = wide.filter(|line| line.chars().count() > columns);
    wrong.extend(wide.map(|line| format!("wider than {columns}: {line}")));
    wrong
}

/// The output of a call on a terminal of this width.
fn at_width(stage: &Stage, arguments: &[&str], columns: u16) -> String {
    let call = stage
        .once(arguments)
        .env("TERM", "dumb")
        .env("NO_COLOR", "1");
    let (_, text) = Pty::start(call.command(), 50, columns).end();
    // A note about the recording stands on standard error, which is the same terminal here.
    let ours = text
        .lines()
        .filter(|line| !line.starts_with("judged from "));
    ours.map(|line| line.trim_end_matches('\r').to_owned() + "\n")
        .collect()
}

/// A scene in every format that a person reads: what is wrong with it.
fn scene(name: &str) -> Vec<String> {
    let world = world(name);
    let deadline = deadline(&world);
    let stage = Stage::of(world);
    let saved = stage.home().join("saved.json");
    let saved = saved.to_str().expect("UTF-8");
    let ran = stage
        .once(&["triage", "--deadline", deadline, "--save", saved])
        .run();
    let mut wrong = overflow(&ran.stdout, 80);
    let mut texts = vec![ran.stdout, ran.stderr];
    for columns in [60, 200] {
        let text = at_width(&stage, &["triage", "--from", saved], columns);
        wrong.extend(overflow(&text, columns.into()));
        texts.push(text);
    }
    let (_, report) = stage.once(&["triage", "--from", saved]).json();
    let leading = report["runbooks"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    for columns in [60, 80] {
        let text = at_width(&stage, &["triage", &leading, "--from", saved], columns);
        wrong.extend(overflow(&text, columns.into()));
        texts.push(text);
    }
    for more in [&["--explain"][..], &["-o", "short"], &["-o", "markdown"]] {
        let ran = stage
            .once(&[&["triage", "--from", saved], more].concat())
            .run();
        texts.extend([ran.stdout, ran.stderr]);
    }
    // Texts of the recording itself, such as its path, are none of ours.
    let ours = texts.iter().map(|text| text.replace(saved, "FILE"));
    for text in ours {
        wrong.extend(forms(&text));
        wrong.extend(plurals(&text));
    }
    wrong.sort();
    wrong.dedup();
    wrong
        .into_iter()
        .map(|wrong| format!("{name}: {wrong}"))
        .collect()
}

#[test]
fn every_scene_is_one_screen_in_plain_words() {
    let scenes: Vec<_> = duckops::practice::scenes()
        .iter()
        .map(|scene| scene.name)
        .collect();
    let wrong: Vec<_> = at_once(4, &scenes, |name| scene(name))
        .into_iter()
        .flatten()
        .collect();
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn screens_of_other_commands_are_one_screen_in_plain_words() {
    let calls: [(&str, &[&[&str]]); 7] = [
        ("canary-left", &[&["alias", "show"]]),
        (
            "inc-001",
            &[
                &["alias", "check"],
                &["alias", "show"],
                &["alias", "rollback"],
                &["timeline"],
                &["facts", "logs.newest_errors"],
                &["journal"],
                &["doctor"],
                &["peck", "show", "peck_a1"],
            ],
        ),
        (
            "healthy",
            &[
                &["alias", "check", "--to", "61"],
                &["doctor"],
                &["bond", "list"],
                &["peck", "list"],
            ],
        ),
        (
            "peck",
            &[
                &["peck", "list"],
                &["peck", "show", "peck_a1"],
                &["peck", "show", "peck_a5"],
            ],
        ),
        (
            "peck-unbonded",
            &[
                &["peck", "show", "peck_a1"],
                &["peck", "show", "peck_a1", "--handoff"],
            ],
        ),
        (
            "bond",
            &[
                &["bond", "list"],
                &["bond", "show", "DECAF00000000003"],
                &["bond", "verify", "DECAF00000000003"],
            ],
        ),
        (
            "inc-004",
            &[
                &["escalate", "inc-004"],
                &["timeline"],
                &["check"],
                &["peck", "list"],
                &["peck", "guide"],
                &["bond", "guide"],
            ],
        ),
    ];
    // What is read in a channel or from top to bottom is no screen.
    let is_page = |call: &[&str]| {
        matches!(
            call,
            ["escalate" | "check", ..] | [_, "guide", ..] | [.., "--handoff"] | [_, "verify", _]
        ) || call.starts_with(&["alias", "rollback"])
    };
    let mut wrong = Vec::new();
    for (scene, calls) in calls {
        let stage = Stage::of(world(scene));
        for call in calls {
            for columns in [60, 80, 200] {
                let text = at_width(&stage, call, columns);
                let found = forms(&text).into_iter().chain(plurals(&text));
                let too_much = overflow(&text, columns.into());
                let too_much = too_much.into_iter().filter(|_| !is_page(call));
                let all = found.chain(too_much);
                wrong.extend(all.map(|found| format!("{scene} {call:?}: {found}")));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// What no scene shows, such as an error of a disk, is in plain words too.
#[test]
fn no_text_in_the_source_has_a_form_that_must_not_come_back() {
    // Parts of sentences that are fine, names within templates, texts of others that are read, and
    // the docs of variants.
    const FINE: [&str; 10] = [
        "not known:",
        "os error",
        r"\btold\b|\btells\b",
        r"\ba human\b|\bhumans\b",
        r"\bsomebody\b|\bnobody\b",
        r"is at it\b|at the alias",
        r"let in\b|lets [a-z ]*in\b",
        r"time-outs?\b",
        "as it should be",
        r"\bwhereby\b|\bof which\b",
    ];
    let looked_for = FORMS.iter().zip(PATTERNS.iter());
    let looked_for: Vec<_> = looked_for
        .filter(|((form, _), _)| !FINE.contains(form))
        .map(|(_, pattern)| pattern)
        .collect();
    assert_eq!(looked_for.len(), FORMS.len() - FINE.len());
    let literal = Regex::new(r#""(?:[^"\\]|\\.)*""#).expect("a pattern");
    let (mut read, mut wrong) = (0, Vec::new());
    // The stack answers as others do, and these words are replaced in one place.
    let is_read =
        |source: &&Source| source.room != "practice" && !source.path.ends_with("runbook/words.rs");
    for source in sources().iter().filter(is_read) {
        for text in literal.find_iter(&source.code) {
            let text = text.as_str().to_ascii_lowercase();
            // A word alone is a name.
            if !text.contains(' ') {
                continue;
            }
            read += 1;
            let found = looked_for.iter().filter(|(form, _)| form.is_match(&text));
            let path = source.path.display();
            wrong.extend(found.map(|(_, instead)| format!("{path}: {text}, write: {instead}")));
        }
    }
    assert!(read > 2_000, "{read} texts");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn local_times_are_those_of_the_zone_and_only_of_tables() {
    let stage = Stage::of(world("inc-004"));
    let local = |arguments: &[&str]| stage.duckops(arguments).env("TZ", "Asia/Kolkata").run();
    let found = Regex::new(r#"^[^"]*[0-9]{2}:[0-9]{2}Z"#).expect("a pattern");
    for call in [
        &["triage"][..],
        &["triage", "inc-004", "--explain"],
        &["alias", "show"],
        &["timeline"],
    ] {
        let utc = stage.duckops(call).run().stdout;
        let ran = local(&[call, &["--local"]].concat());
        assert!(utc.contains("Z"), "{utc}");
        assert!(
            ran.stdout.ends_with("\ntimes     local, UTC+05:30\n"),
            "{call:?}: {}",
            ran.stdout
        );
        let utc = ran.stdout.lines().find(|line| found.is_match(line));
        assert_eq!(utc, None, "{call:?}");
    }
    // 03:12 in UTC is 08:42 there; the deadline is five minutes later.
    let first = local(&["triage", "inc-004", "--local"]).stdout;
    assert!(
        first.contains("Escalate to T-JOSH (P1) by 08:47, in 5 min"),
        "{first}"
    );
    for format in ["json", "short", "markdown", "nagios"] {
        let ran = local(&["triage", "--local", "--output", format]);
        assert_eq!(ran.code, if format == "nagios" { 3 } else { 64 }, "{ran:?}");
        assert!(ran.stderr.contains("use it with -o table"), "{ran:?}");
    }
}

/// A pipe is as wide as a page. Paths and ARNs stay whole.
#[test]
fn lists_of_sentences_fit_80_columns_through_a_pipe() {
    let stage = Stage::of(world("healthy"));
    for call in [&["drill", "scenes"][..], &["doctor", "--explain"]] {
        let text = stage.once(call).run().stdout;
        let wide = text.lines().filter(|line| line.chars().count() > 80);
        let wide: Vec<_> = wide.filter(|line| line.trim().contains(' ')).collect();
        assert_eq!(wide, [""; 0], "{call:?}");
    }
}

#[test]
fn help_and_runbooks_are_in_plain_words() {
    let stage = Stage::of(world("healthy"));
    let commands = [
        "triage",
        "check",
        "facts",
        "audit",
        "history",
        "timeline",
        "report",
        "diff",
        "record",
        "escalate",
        "alias",
        "alias show",
        "alias check",
        "alias rollback",
        "alias promote",
        "peck",
        "peck list",
        "peck show",
        "peck guide",
        "bond",
        "bond list",
        "bond show",
        "bond verify",
        "bond pulse",
        "bond rotate",
        "bond disconnect",
        "webhook",
        "webhook send",
        "webhook diagnose",
        "webhook verify",
        "webhook bundle",
        "webhook listen",
        "journal",
        "rules",
        "schema",
        "runbook",
        "drill",
        "doctor",
        "completions",
        "exit-codes",
    ];
    let runbooks = [
        "inc-001", "inc-002", "inc-003", "inc-004", "inc-005", "peck", "bond",
    ];
    let help = commands.map(|command| {
        let words: Vec<_> = std::iter::once("help").chain(command.split(' ')).collect();
        stage.duckops(&words).run().stdout
    });
    let shown = runbooks.map(|id| stage.duckops(&["runbook", "show", id]).run().stdout);
    let wrong: Vec<_> = help
        .iter()
        .chain(&shown)
        .flat_map(|text| forms(text).into_iter().chain(plurals(text)))
        .collect();
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Files that are missing, folders where a file is due, ports in use: what failed in words.
#[test]
fn errors_of_the_system_are_in_plain_words() {
    let stage = Stage::of(world("inc-004"));
    std::fs::create_dir(stage.home().join("folder")).expect("a folder");
    std::fs::write(stage.home().join("file"), "text").expect("a file");
    let held = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = held.local_addr().expect("bound").port().to_string();
    let calls: [&[&str]; 13] = [
        &["triage", "--deploy-log", "nowhere"],
        &["triage", "--runbooks", "nowhere"],
        &["triage", "--save", "file/a.json"],
        &["check", "--textfile", "file/duckops.prom"],
        &["report", "inc-004", "--html", "file/page.html"],
        &["history", "peck.callback_errors", "--svg", "file/a.svg"],
        &["drill", "--from", "nowhere"],
        &["diff", "nowhere", "file/b"],
        &["record", "inc-004", "--log", "file/LOG.md"],
        &["runbook", "lint", "--runbooks", "nowhere"],
        &["runbook", "new", "inc-006", "--runbooks", "file/own"],
        &[
            "webhook",
            "verify",
            "--secret-file",
            "nowhere",
            "--data",
            "nowhere",
        ],
        &[
            "webhook",
            "listen",
            "--secret-file",
            "nowhere",
            "--port",
            &port,
        ],
    ];
    let mut wrong = Vec::new();
    for call in calls {
        let ran = stage.duckops(call).run();
        let text = format!("{}{}", ran.stdout, ran.stderr);
        println!("{}\n{}", call.join(" "), ran.stderr);
        let names_it = text.contains("nowhere") || text.contains("file") || text.contains(&port);
        assert!(names_it, "{call:?}: {text}");
        wrong.extend(forms(&text));
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_checks_of_words_find_planted_ones() {
    for planted in [
        "  1 CRIT  not so: Callback errors stay within the limit",
        "Nobody was asked",
        "  INC-004 CRIT unchanged for 0 s",
        "Connection refused (os error 111)",
    ] {
        assert!(!forms(planted).is_empty(), "{planted}");
    }
    for planted in [
        "1 agents dead",
        "2 request failed",
        "(1 entries)",
        "12 error in 15 min",
    ] {
        assert!(!plurals(planted).is_empty(), "{planted}");
    }
    for right in [
        "1 agent dead",
        "0 errors",
        "version 1 runs",
        "61 serves",
        "HTTP 502 error",
    ] {
        assert_eq!(plurals(right), Vec::<String>::new());
    }
    let tall = "line\n".repeat(SCREEN + 1);
    assert_eq!(overflow(&tall, 80).len(), 1);
    assert_eq!(overflow(&"x".repeat(81), 80).len(), 1);
    assert!(overflow(&format!("          duckops {}", "x".repeat(81)), 80).is_empty());
}
