//! Claim: a new user finds the command for a job by the help in one try, and an almost correct word
//! is answered with the correct one.

use crate::support::{Duckops, Ran, Stage, world};
use std::process::Command;

fn run(arguments: &[&str]) -> Ran {
    let home = tempfile::tempdir().expect("a folder");
    Duckops::new(home.path(), arguments).run()
}

#[test]
fn the_overview_names_the_command_for_each_job() {
    let help = run(&["--help"]).stdout;
    // A job in a user's words, and the command in the line below them.
    let jobs = [
        ("judge callback errors", "duckops triage inc-004"),
        (
            "check a version before promoting",
            "duckops alias check --to 63",
        ),
        ("roll back prod", "duckops alias rollback"),
        (
            "mute an incident for two hours",
            "duckops check inc-004 --mute inc-004 --until 2h --by $USER",
        ),
        (
            "see what would be paged",
            "duckops escalate inc-004 --dry-run",
        ),
        ("find a stuck peck", "duckops triage inc-004 stale"),
        ("page the on-call contact", "duckops escalate inc-004"),
        (
            "send a test page",
            "duckops escalate inc-004 --note 'test page'",
        ),
        (
            "silence its notifications",
            "duckops check inc-004 --mute inc-004 --until 2h --by $USER",
        ),
    ];
    for (job, command) in jobs {
        let mut lines = help.lines().skip_while(|line| !line.contains(job));
        assert!(lines.next().is_some(), "{job} is not in {help}");
        assert_eq!(lines.next().map(str::trim), Some(command), "{job}");
    }
    let groups = [
        "Triage (reads only):",
        "Change (shows the plan",
        "Record:",
        "Set up:",
    ];
    let at: Vec<_> = groups.iter().map(|group| help.find(group)).collect();
    assert!(at.is_sorted() && at.iter().all(Option::is_some), "{at:?}");
    assert_eq!(run(&["help"]).stdout, help);
    assert_eq!(run(&["-h"]).stdout, help);
}

/// Help is as wide as a page, and says in one short line what a command does.
#[test]
fn help_of_every_command_fits_80_columns_and_opens_with_a_short_line() {
    let mut open = vec![Vec::new()];
    let mut seen = 0;
    while let Some(path) = open.pop() {
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        let help = run(&[&["help"], words.as_slice()].concat()).stdout;
        // A usage is never broken.
        let wide: Vec<_> = help
            .lines()
            .filter(|line| line.chars().count() > 80 && !line.starts_with("Usage: "))
            .collect();
        assert_eq!(wide, [""; 0], "{path:?}");
        let first = help.lines().next().unwrap_or_default();
        let most = if path.is_empty() { 80 } else { 70 };
        assert!(first.chars().count() <= most, "{path:?}: {first}");
        let below = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let below = below.take_while(|line| line.starts_with("  "));
        let below = below.filter_map(|line| line.split_whitespace().next());
        open.extend(below.map(|name| [path.as_slice(), &[name.to_owned()]].concat()));
        if path.is_empty() {
            let roots = [
                "triage",
                "check",
                "facts",
                "runbook",
                "drill",
                "audit",
                "init",
                "doctor",
                "history",
                "rules",
                "alias",
                "peck",
                "bond",
                "webhook",
                "record",
                "escalate",
                "timeline",
                "report",
                "diff",
                "journal",
                "mcp",
                "schema",
                "help",
                "completions",
                "man",
            ];
            open.extend(roots.map(|name| vec![name.to_owned()]));
        }
        seen += 1;
    }
    assert!(seen > 45, "{seen}");
}

#[test]
fn help_of_a_command_has_examples_and_exit_codes() {
    for path in [
        &["triage"][..],
        &["alias", "rollback"],
        &["webhook", "send"],
        &["history"],
    ] {
        let help = run(&[&["help"], path].concat()).stdout;
        assert_eq!(run(&[path, &["--help"]].concat()).stdout, help, "{path:?}");
        let (_, after) = help.split_once("\nExamples:\n").expect("examples");
        let comments = after
            .lines()
            .filter(|line| line.starts_with("  # "))
            .count();
        let calls = after
            .lines()
            .filter(|line| line.starts_with("  duckops "))
            .count();
        assert!(
            (2..=4).contains(&calls) && comments == calls,
            "{path:?}: {after}"
        );
        assert!(after.contains("\nExit codes: "), "{path:?}: {after}");
    }
    assert!(
        run(&["help", "triage"])
            .stdout
            .contains("0 ok, 1 warning, 2 critical, 3 unknown")
    );
    assert!(
        run(&["help", "alias", "rollback"])
            .stdout
            .contains("5 consent missing")
    );
}

#[test]
fn the_options_of_every_command_have_one_page_that_each_help_names() {
    let options = run(&["help", "options"]);
    assert_eq!(options.code, 0, "{options:?}");
    let global = [
        "--stack",
        "--api-url",
        "--region",
        "--profile",
        "--account",
        "--output",
        "--color",
        "--quiet",
        "--explain",
        "--verbose",
        "--deadline",
        "--runbooks",
        "--history",
        "--state-dir",
    ];
    let overview = run(&["help"]).stdout;
    for option in global {
        assert!(options.stdout.contains(option), "{option}");
        assert!(overview.contains(option), "{option}");
    }
    for path in [&["triage"][..], &["alias", "rollback"], &["history"]] {
        let help = run(&[&["help"], path].concat()).stdout;
        assert!(help.contains("duckops help options"), "{path:?}: {help}");
        assert!(!help.contains("--state-dir"), "{path:?}: {help}");
        assert!(help.lines().count() <= 40, "{path:?}: {help}");
    }
    let man = run(&["man", "triage"]).stdout;
    assert!(man.contains("state\\-dir"), "a manual page is complete");
}

#[test]
fn an_incident_is_known_by_its_number() {
    let stage = Stage::of(world("inc-004"));
    for number in ["4", "004", "INC-004"] {
        for call in [
            &["triage", number][..],
            &["check", number],
            &["escalate", number, "--dry-run"],
            &["record", number, "--dry-run"],
        ] {
            let named: Vec<_> = call
                .iter()
                .map(|word| if *word == number { "inc-004" } else { word })
                .collect();
            let (code, document) = stage.once(call).json();
            let (due, right) = stage.once(&named).json();
            assert_eq!(code, due, "{call:?}: {document}");
            let of = |document: &serde_json::Value| {
                let runbook = document["runbook"].as_str().map(str::to_owned);
                runbook.or_else(|| Some(document["runbooks"][0]["id"].as_str()?.to_owned()))
            };
            assert_eq!(of(&document), Some("inc-004".to_owned()), "{call:?}");
            assert_eq!(of(&right), of(&document), "{call:?}");
        }
    }
    let shown = run(&["runbook", "show", "4"]);
    assert_eq!(shown.stdout, run(&["runbook", "show", "inc-004"]).stdout);
    let drilled = run(&["drill", "004"]);
    assert!(
        drilled.code == 0 && drilled.stdout.contains("INC-004"),
        "{drilled:?}"
    );
    // What a recording was asked for is an id, whatever was typed.
    let file = stage.home().join("saved.json");
    let path = file.to_str().expect("UTF-8");
    assert_eq!(stage.once(&["triage", "4", "--save", path]).run().code, 2);
    let saved = std::fs::read_to_string(&file).expect("a recording");
    assert!(
        saved.contains("\"inc-004\"") && !saved.contains("\"4\""),
        "{saved:.400}"
    );
    // Of a number without an incident there is none.
    for wrong in ["9", "0004", "-4", "4a"] {
        assert_eq!(run(&["triage", wrong]).code, 64, "{wrong}");
    }
}

#[test]
fn an_unknown_word_is_answered_with_the_nearest_or_with_all() {
    let cells: [(&[&str], &[&str]); 19] = [
        (
            &["triage", "inc-001", "--wait"],
            &["the value is missing", "--wait: Repeat until"],
        ),
        (
            &["report", "inc-004"],
            &[
                "missing: --html <FILE>",
                "example: duckops report inc-004 --html",
            ],
        ),
        (
            &["alias", "rollback", "61"],
            &[
                "unknown argument `61`",
                "did you mean: duckops alias rollback --to 61",
            ],
        ),
        (&["triage", "-o", "jsn"], &["did you mean: json"]),
        (
            &["completions", "fsh"],
            &["did you mean: fish", "usage: duckops completions"],
        ),
        (
            &["alias", "promote", "--to"],
            &["the value is missing", "help: duckops help alias promote"],
        ),
        (&["webhook"], &["missing: a command", "diagnose "]),
        (
            &["help", "trage"],
            &["did you mean: triage", "list: duckops help"],
        ),
        (
            &["triag"],
            &["unknown command \"triag\"", "did you mean: duckops triage"],
        ),
        (&["esc"], &["did you mean: duckops escalate"]),
        (&["rollback"], &["did you mean: duckops alias rollback"]),
        (&["mute"], &["did you mean: duckops check inc-004 --mute "]),
        (
            &["silence"],
            &["did you mean: duckops check inc-004 --mute "],
        ),
        (&["page"], &["did you mean: duckops escalate inc-004"]),
        (
            &["alias", "rolback"],
            &[
                "did you mean: duckops alias rollback",
                "list: duckops help alias",
            ],
        ),
        (
            &["nope"],
            &[
                "unknown command \"nope\"",
                "commands: triage, check",
                "list: duckops help",
            ],
        ),
        (
            &["alias", "nope"],
            &["commands: show, check, rollback, promote"],
        ),
        (&["triage", "--wach", "5s"], &["--wach", "--watch"]),
        (
            &["triage", "inc-004", "exec"],
            &["did you mean: executions"],
        ),
    ];
    for (arguments, said) in cells {
        let ran = run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (64, ""), "{arguments:?}");
        for words in said {
            assert!(
                ran.stderr.contains(words),
                "{arguments:?}: {words}: {}",
                ran.stderr
            );
        }
    }
    // Two edits away nothing is guessed.
    for arguments in [
        &["nope"][..],
        &["triage", "inc-004", "execoutins"],
        &["facts", "nothing"],
    ] {
        let ran = run(arguments);
        assert!(
            !ran.stderr.contains("did you mean"),
            "{arguments:?}: {}",
            ran.stderr
        );
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("man");
    let path = folder.to_str().expect("UTF-8");
    let (code, document) = Duckops::new(home.path(), &["man", "--out", path]).json();
    assert_eq!(
        (code, document["kind"].as_str()),
        (0, Some("man")),
        "{document}"
    );
    let files = document["files"].as_array().expect("files").clone();
    assert!(files.len() > 50, "{}", files.len());
    for file in &files {
        let file = file.as_str().expect("a path");
        let text = std::fs::read_to_string(file).expect("a page");
        let name = file
            .rsplit('/')
            .next()
            .and_then(|name| name.strip_suffix(".1"))
            .expect("a name");
        assert!(
            text.contains(&format!(".TH {name} 1 ")),
            "{file}: {text:.200}"
        );
        assert!(text.contains(".SH SYNOPSIS"), "{file}");
    }
    let of = |path: &[&str]| run(&[&["man"], path].concat()).stdout;
    for (path, file) in [
        (&[][..], "duckops.1"),
        (&["alias", "rollback"], "duckops-alias-rollback.1"),
    ] {
        let written = std::fs::read_to_string(folder.join(file)).expect("a page");
        assert_eq!(of(path), written, "{path:?}");
        assert!(
            written.contains("prod@62") || path.is_empty(),
            "the examples are in it"
        );
    }
    assert_eq!(run(&["man", "nope"]).code, 64);
    // Where there is a formatter, it has nothing to say against them.
    if let Ok(lint) = Command::new("mandoc")
        .args(["-T", "lint", "-W", "error"])
        .arg(folder.join("duckops.1"))
        .output()
    {
        assert!(
            lint.status.success(),
            "{}",
            String::from_utf8_lossy(&lint.stdout)
        );
    } else {
        println!("help: no mandoc here; the pages were read by nobody else");
    }
}
