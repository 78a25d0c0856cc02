//! Claim: what README.md shows of the program is what the program prints. A transcript may
//! leave lines out where it says `…`, and nowhere else.

use crate::support::{Duckops, Stage, world};
use crate::webhook::Home;

const README: &str = include_str!("../README.md");

/// What differs from run to run: the port of the practice stack and how long it took.
fn timeless(text: &str) -> String {
    let mut pieces = text.split("127.0.0.1:");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out.push_str("127.0.0.1:PORT");
        out.push_str(piece.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    let took = |line: &str| match (line.split_once(" steps in "), line.split_once(", exit ")) {
        (Some((before, _)), Some((_, after))) => format!("{before} steps in TIME, exit {after}"),
        _ => line.to_owned(),
    };
    out.lines().map(|line| took(line) + "\n").collect()
}

/// The transcripts: the arguments of the call and what it is said to print.
fn transcripts(document: &str) -> Vec<(Vec<&str>, &str)> {
    let blocks = document.split("```text\n").skip(1);
    blocks
        .map(|block| {
            let (block, _) = block.split_once("```").expect("the end of a block");
            let (call, printed) = block.split_once('\n').expect("a call");
            let call = call.strip_prefix("$ duckops ").expect("a call of duckops");
            (call.split(' ').collect(), printed)
        })
        .collect()
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

#[test]
fn every_transcript_of_the_readme_is_what_the_program_prints() {
    let home = tempfile::tempdir().expect("a folder");
    let all = transcripts(README);
    let mut lines = 0;
    // What needs a stack is shown of the one whose mail is gone, four minutes apart.
    let stage = Stage::of(world("inc-005"));
    // The alias is rolled back where a new version broke it, which nobody consents to here.
    let broken = Stage::of(world("inc-001"));
    // Somebody is called about callback errors, where no channel is configured.
    let spike = Stage::of(world("inc-004"));
    // Requests and bonds, each in every state.
    let (pecks, bonds) = (Stage::of(world("peck")), Stage::of(world("bond")));
    let token = home.path().join("token");
    std::fs::write(&token, "practice-token").expect("written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&token, mode).expect("set");
    // A receiver of ours that verifies.
    let hooks = Home::new();
    let receiver = hooks.listen(&[]);
    let mut clocks = ["2026-03-22T03:12:09Z", "2026-03-22T03:16:09Z"].iter();
    for (arguments, shown) in &all {
        let (call, due) = match arguments.as_slice() {
            ["check", ..] => {
                let clock = clocks.next().expect("two checks");
                (stage.duckops(arguments).env("DUCKOPS_TEST_NOW", *clock), 2)
            }
            ["alias", ..] => {
                let word = "--endpoint-override";
                let arguments: Vec<_> = arguments.iter().copied().chain([word]).collect();
                (broken.duckops(&arguments), 5)
            }
            ["escalate", ..] => (spike.duckops(arguments), 0),
            ["peck", ..] => (pecks.duckops(arguments), 2),
            ["bond", "rotate", ..] => {
                let word = "--endpoint-override";
                let arguments: Vec<_> = arguments.iter().copied().chain([word]).collect();
                let call = bonds.duckops(&arguments);
                (call.env("DUCKOPS_TOKEN_FILE", token.as_os_str()), 5)
            }
            ["bond", ..] => (bonds.duckops(arguments), 2),
            ["webhook", rest @ ..] => {
                // The secret file is the harness' own, and so is the port of the receiver.
                let rest: Vec<_> = rest
                    .iter()
                    .filter(|word| !["--secret-file", "secret"].contains(word))
                    .map(|word| match word.starts_with("http://127.0.0.1:8787/") {
                        true => receiver.url.as_str(),
                        false => word,
                    })
                    .collect();
                // The receiver's clock is this machine's.
                (hooks.webhook(&rest).without("DUCKOPS_TEST_NOW"), 0)
            }
            _ => (Duckops::new(home.path(), arguments), 0),
        };
        let ran = call.run();
        assert_eq!(ran.code, due, "{arguments:?}: {ran:?}");
        let output = format!("{}{}", ran.stderr, ran.stdout);
        lines += printed(shown, &output)
            .unwrap_or_else(|line| panic!("{arguments:?} does not print {line:?}:\n{output}"));
    }
    let calls: Vec<_> = all.iter().map(|(call, _)| call.join(" ")).collect();
    for incident in ["inc-001", "inc-002", "inc-003", "inc-004", "inc-005"] {
        assert!(calls.contains(&format!("drill {incident}")), "{calls:?}");
    }
    println!("readme: {} transcripts, {lines} lines", all.len());
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
