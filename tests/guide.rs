//! Claim: the guide goes through a runbook on a terminal, changes nothing by itself, says what an
//! act changed, and gives the terminal back however it is left.

use crate::support::pty::Pty;
use crate::support::{Duckops, Stage, world};
use duckops::practice::Operation;

/// A guide on a terminal of 24 lines.
fn guide(stage: &Stage, runbook: &str, rows: u16, columns: u16) -> Pty {
    let call = stage
        .duckops(&["triage", runbook, "--guide"])
        .env("TERM", "xterm");
    Pty::start(call.command(), rows, columns)
}

/// Whether the terminal is as it was before.
fn is_given_back(pty: &Pty) -> bool {
    pty.modes() == (false, false)
}

fn writes(stage: &Stage) -> usize {
    let requests = stage.practice.requests();
    requests
        .iter()
        .filter(|request| request.operation == Some(Operation::UpdateAlias))
        .count()
}

#[test]
fn a_bad_deploy_is_found_rolled_back_confirmed_and_recorded() {
    let stage = Stage::live("inc-001");
    let log = stage.home().join("GOVERNANCE-LOG.md");
    std::fs::write(&log, "# Governance log\n").expect("a log");
    let call = stage
        .duckops(&["triage", "1", "-g"])
        .without("DUCKOPS_TEST_NOW")
        .env("DUCKOPS_STACK", "practice")
        .env("DUCKOPS_GOVERNANCE_LOG", &log)
        .env("TERM", "xterm");
    let mut pty = Pty::start(call.command(), 24, 80);
    let found = pty.wait_for("CRITICAL  INC-001 step 1 of 5");
    assert!(found.contains("finding   HTTP 502"), "{found}");
    // On to the step that suggests the rollback.
    pty.press("nnn");
    let suggested = pty.wait_for("step 4 of 5");
    assert!(suggested.contains("duckops alias rollback"), "{suggested}");
    assert_eq!(writes(&stage), 0, "nothing is changed by looking");
    pty.press("r");
    let asked = pty.wait("the question", |screen| {
        screen.contains("To go ahead, type: ")
    });
    assert_eq!(writes(&stage), 0, "nothing is changed without consent");
    let (_, words) = asked.split_once("To go ahead, type: ").expect("the words");
    let words = words.lines().next().expect("a line").trim().to_owned();
    std::thread::sleep(std::time::Duration::from_millis(300));
    pty.press(&format!("{words}\n"));
    pty.wait_for("any key goes on");
    assert_eq!(writes(&stage), 1);
    pty.press(" ");
    let after = pty.wait_for("changed: ");
    assert!(after.contains("step 1 probe CRIT -> OK"), "{after}");
    // The recovery is proven by answers in a row: asked again until it is.
    pty.press("n");
    pty.wait_for("step 5 of 5");
    for _ in 0..60 {
        if pty.screen().contains("OK  INC-001 step 5") {
            break;
        }
        pty.press("a");
        pty.wait("an answer", |screen| {
            screen.contains("read step 5 again") || screen.contains("changed: step 5")
        });
        std::thread::sleep(std::time::Duration::from_secs(2));
    }
    pty.wait_for("OK  INC-001 step 5");
    pty.press("n");
    let end = pty.wait_for("end of 5 steps");
    let flat = end.replace('\n', "");
    assert!(flat.contains("ran duckops alias rollback"), "{end}");
    pty.press("w");
    // What the rollback left on the screen stands above it.
    pty.wait("the entry", |screen| {
        let (_, after) = screen.split_once("RECORDED").unwrap_or_default();
        after.contains("any key goes on")
    });
    let recorded = std::fs::read_to_string(&log).expect("the log");
    assert!(
        recorded.contains("INC-001") && recorded.contains("step 1 probe CRIT -&gt; OK"),
        "{recorded}"
    );
    pty.press(" ");
    pty.wait("all answers", |screen| {
        screen.contains("end of 5 steps") && !screen.contains("reading")
    });
    pty.press("q");
    let (code, written) = pty.end();
    assert!(
        written.contains("guide: step 1 probe CRIT -> OK"),
        "{written}"
    );
    assert!(code == 0 || code == 1, "{code}: {written}");
}

#[test]
fn it_ends_at_every_page_with_the_exit_code_of_the_last_evaluation() {
    let stage = Stage::of(world("inc-004"));
    for pages in 0..=5 {
        let mut pty = guide(&stage, "inc-004", 24, 80);
        pty.wait_for("step 1 of 5");
        for page in 1..=pages {
            pty.press("n");
            let words = if page == 5 {
                "end of 5 steps".to_owned()
            } else {
                format!("step {} of 5", page + 1)
            };
            pty.wait_for(&words);
        }
        pty.press("q");
        let (code, written) = pty.end();
        assert_eq!(code, 2, "{pages}: {written}");
    }
}

#[test]
fn each_key_does_what_the_last_lines_say() {
    let stage = Stage::of(world("inc-004"));
    let mut pty = guide(&stage, "4", 24, 80);
    let first = pty.wait_for("step 1 of 5");
    for words in [
        "finding   18 in 24 h (limit 10)",
        "why       callback errors of the last 24 h: 18",
        "DO NOW",
        "duckops escalate inc-004",
        "a read again",
    ] {
        assert!(first.contains(words), "{words} is not on\n{first}");
    }
    assert!(!first.contains("peck."), "no fact paths: {first}");
    assert_eq!(
        pty.modes(),
        (true, true),
        "an alternate screen without a cursor"
    );
    pty.press("a");
    pty.wait_for("read step 1 again: no verdict changed");
    // Step 2 stands on the audit feed alone, and so nothing else is asked.
    pty.press("n");
    pty.wait_for("step 2 of 5");
    let operations = |from: usize| {
        let requests = stage.practice.requests().split_off(from);
        requests
            .into_iter()
            .filter_map(|request| request.operation)
            .collect::<Vec<_>>()
    };
    assert!(operations(0).contains(&Operation::ListExecutions));
    let before = stage.practice.requests().len();
    pty.press("a");
    pty.wait_for("read step 2 again: no verdict changed");
    let asked = operations(before);
    assert!(asked.contains(&Operation::Audit), "{asked:?}");
    assert!(!asked.contains(&Operation::ListExecutions), "{asked:?}");
    pty.press("b");
    pty.wait_for("step 1 of 5");
    pty.press("v");
    let evidence = pty.wait_for("1 callback-errors");
    assert!(evidence.contains("evidence  peck."), "{evidence}");
    pty.press("v");
    pty.wait_for("finding ");
    pty.press("c");
    pty.wait_for("copied, where the terminal allows it: duckops escalate inc-004");
    // The base64 of that command, in OSC 52.
    assert!(
        pty.written()
            .contains("\x1b]52;c;ZHVja29wcyBlc2NhbGF0ZSBpbmMtMDA0\x1b\\")
    );
    pty.press("x");
    pty.wait_for("no key x");
    pty.press("e");
    let paged = pty.wait_for("any key goes on");
    assert!(paged.contains("duckops escalate inc-004"), "{paged}");
    assert!(
        is_given_back(&pty),
        "the command has the terminal for itself"
    );
    pty.press(" ");
    pty.wait_for("read all steps again: no verdict changed");
    pty.press("\x1b[C");
    pty.wait_for("step 2 of 5");
    pty.press("b");
    pty.wait_for("step 1 of 5");
    pty.resize(20, 60);
    let small = pty.wait("a smaller page", |screen| {
        screen.lines().count() <= 20 && screen.contains("q quit")
    });
    assert!(small.contains("step 1 of 5"), "{small}");
    // Ctrl-C.
    pty.press("\x03");
    let (code, written) = pty.end();
    assert_eq!(code, 130, "{written}");
    assert!(
        written.contains("\x1b[?1049l") && written.contains("\x1b[?25h"),
        "given back: {written}"
    );
}

#[test]
fn without_colour_it_writes_no_colour_and_fits_24_lines() {
    let stage = Stage::of(world("inc-003"));
    let call = stage
        .duckops(&["triage", "inc-003", "--guide"])
        .env("TERM", "xterm")
        .env("NO_COLOR", "1");
    let mut pty = Pty::start(call.command(), 24, 80);
    for step in 1..=5 {
        let screen = pty.wait_for(&format!("step {step} of 5"));
        assert!(
            screen.contains("q quit") && screen.lines().count() <= 24,
            "{screen}"
        );
        pty.press("n");
    }
    pty.wait_for("end of 5 steps");
    pty.press("q");
    let (_, written) = pty.end();
    let is_colour = |part: &str| {
        part.split_once('m').is_some_and(|(digits, _)| {
            !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b';')
        })
    };
    assert!(!written.split("\x1b[").skip(1).any(is_colour), "{written}");
}

#[test]
fn without_a_terminal_or_a_runbook_it_is_a_usage_error() {
    let home = tempfile::tempdir().expect("a folder");
    let ran = Duckops::new(home.path(), &["triage", "inc-004", "--guide"]).run();
    assert_eq!((ran.code, ran.stdout.as_str()), (64, ""), "{ran:?}");
    assert!(ran.stderr.contains("--guide needs a terminal"), "{ran:?}");
    let ran = Duckops::new(home.path(), &["triage", "--guide"]).run();
    assert_eq!(ran.code, 64, "{ran:?}");
    for (more, term) in [(&["-o", "json"][..], "xterm"), (&[], "dumb")] {
        let arguments = [&["triage", "inc-004", "-g"], more].concat();
        let call = Duckops::new(home.path(), &arguments).env("TERM", term);
        let (code, written) = Pty::start(call.command(), 24, 80).end();
        assert_eq!(code, 64, "{more:?} {term}: {written}");
        assert!(!written.contains("\x1b[?1049h"), "{written}");
    }
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let stage = Stage::of(world("inc-004"));
    let pty = guide(&stage, "inc-004", 24, 80);
    pty.wait_for("step 1 of 5");
    pty.terminate();
    let (code, written) = pty.end();
    assert_eq!(code, 143, "{written}");
    assert!(
        written.contains("\x1b[?1049l") && written.contains("\x1b[?25h"),
        "{written}"
    );
}

#[test]
fn a_watch_is_drawn_in_place_and_says_at_the_end_what_it_saw() {
    let stage = Stage::of(world("inc-004"));
    let call = stage
        .duckops(&["triage", "inc-004", "--watch", "2s"])
        .env("TERM", "xterm");
    let mut pty = Pty::start(call.command(), 24, 80);
    let first = pty.wait_for("round 1, next in");
    for words in [
        "escalate to T-JOSH (P1) ",
        "CRITICAL",
        "callback errors of the last 24 h _ 18",
    ] {
        assert!(first.contains(words), "{words} is not on\n{first}");
    }
    assert_eq!(pty.modes(), (true, true));
    pty.wait_for("round 2, next in");
    pty.resize(30, 100);
    pty.wait_for("callback errors of the last 24 h ___ 18");
    pty.press("q");
    let (code, written) = pty.end();
    assert_eq!(code, 2, "{written}");
    assert!(
        written.contains("watched 3 rounds in ") && written.contains("critical throughout"),
        "{written}"
    );
    // Ctrl-C ends it as any run, and says the same.
    let call = stage
        .duckops(&["triage", "inc-004", "--watch", "1h"])
        .env("TERM", "xterm");
    let mut pty = Pty::start(call.command(), 24, 80);
    pty.wait_for("round 1, next in");
    pty.press("\x03");
    let (code, written) = pty.end();
    assert_eq!(code, 130, "{written}");
    assert!(written.contains("watched 1 round in "), "{written}");
    // Requests and bonds are watched on the same screen.
    let call = stage
        .duckops(&["bond", "list", "--watch", "1h"])
        .env("TERM", "xterm");
    let mut pty = Pty::start(call.command(), 24, 80);
    pty.wait_for("round 1, next in");
    pty.press("q");
    assert!(pty.end().1.contains("watched 1 round"));
}
