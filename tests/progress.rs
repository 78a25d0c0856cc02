//! Claim: on a terminal one line says what is waited for and for how long, and is gone before the
//! answer stands there; through a pipe there is none of it.

use crate::support::pty::Pty;
use crate::support::{Stage, world};
use duckops::practice::{Fault, Operation};
use std::time::Duration;

/// A stack on which the audit feed takes this long.
fn slow(milliseconds: u64) -> Stage {
    let mut world = world("inc-004");
    let fault = Fault::Delay(Duration::from_millis(milliseconds));
    world.faults.insert(Operation::Audit, fault);
    Stage::of(world)
}

#[test]
fn a_slow_run_names_what_it_waits_for_and_clears_the_line() {
    let stage = slow(3_500);
    let call = stage.once(&["triage", "inc-004"]).env("TERM", "xterm");
    let pty = Pty::start(call.command(), 24, 80);
    let first = pty.wait_for("duckops: waiting for audit feed");
    assert!(first.contains(" answers in"), "{first}");
    // It counts.
    pty.wait("the seconds", |screen| {
        screen.contains("audit feed") && screen.contains(" (2 s), ")
    });
    let last = pty.wait_for("CRITICAL");
    assert!(!last.contains("waiting for"), "{last}");
    assert_eq!(pty.end().0, 2);
}

#[test]
fn without_a_terminal_or_quietly_there_is_no_such_line() {
    let stage = slow(1_500);
    let piped = stage
        .once(&["triage", "inc-004"])
        .env("TERM", "xterm")
        .run();
    assert_eq!((piped.code, piped.stderr.as_str()), (2, ""), "{piped:?}");
    for (arguments, term) in [
        (&["triage", "inc-004", "--quiet"][..], "xterm"),
        (&["triage", "inc-004"], "dumb"),
    ] {
        let call = stage.once(arguments).env("TERM", term);
        let (code, written) = Pty::start(call.command(), 24, 80).end();
        assert_eq!(code, 2, "{arguments:?}");
        assert!(
            !written.contains("waiting for"),
            "{arguments:?} {term}: {written}"
        );
    }
    // A run that answers at once needs none.
    let quick = Stage::of(world("inc-004"));
    let call = quick.once(&["triage", "inc-004"]).env("TERM", "xterm");
    let piped = quick.once(&["drill", "inc-004"]).env("TERM", "xterm").run();
    assert!(!piped.stderr.contains("waiting"), "{piped:?}");
    let (code, written) = Pty::start(call.command(), 24, 80).end();
    assert_eq!(code, 2, "{written}");
}

#[test]
fn waiting_for_a_recovery_counts_down() {
    let stage = Stage::of(world("inc-001"));
    let call = stage
        .once(&["triage", "inc-001", "--wait", "8s"])
        .env("TERM", "xterm");
    let pty = Pty::without_output(call.command(), 24, 200);
    let left = |screen: &str| -> Option<u64> {
        let (before, _) = screen.split_once(" s left")?;
        before.rsplit(' ').next()?.parse().ok()
    };
    let first = pty.wait("a countdown", |screen| left(screen).is_some());
    let first = left(&first).expect("seconds");
    pty.wait("a second less", |screen| {
        left(screen).is_some_and(|now| now < first)
    });
    let (code, written) = pty.end();
    assert_eq!(code, 2, "{written}");
    let piped = stage.once(&["triage", "inc-001", "--wait", "3s"]).run();
    assert_eq!((piped.code, piped.stderr.as_str()), (2, ""), "{piped:?}");
}

#[test]
fn a_drill_shows_each_scene_as_soon_as_it_was_played() {
    let home = tempfile::tempdir().expect("a folder");
    let call = crate::support::Duckops::new(home.path(), &["drill"]).env("TERM", "xterm");
    let pty = Pty::start(call.without("DUCKOPS_TEST_NOW").command(), 60, 120);
    let early = pty.wait_for("found   healthy");
    assert!(
        !early.contains(" scenes found"),
        "it was all over by then: {early}"
    );
    let total = format!(" of {}", duckops::practice::scenes().len());
    pty.wait("a bar", |screen| {
        screen.contains("duckops: scenes ") && screen.contains(&total)
    });
    pty.terminate();
    assert_eq!(pty.end().0, 143);
}

#[test]
fn export_and_prune_and_a_long_feed_show_how_far_they_are() {
    let mut world = world("healthy");
    world.audit_body = Some(duckops::drill::long_feed(&world, 400_000));
    let stage = Stage::of(world);
    // However busy the machine is: this is not about the deadline.
    let asked = ["audit", "--type", "nothing", "--deadline", "1m"];
    let call = stage.duckops(&asked).env("TERM", "xterm");
    let pty = Pty::without_output(call.command(), 24, 80);
    pty.wait("a count", |screen| {
        let count = screen
            .split_once("audit feed: ")
            .and_then(|(_, rest)| rest.split_once(" entries read"));
        count.is_some_and(|(number, _)| number.parse::<u64>().is_ok_and(|number| number > 0))
    });
    assert_eq!(pty.end().0, 0);
    let piped = stage.duckops(&asked).env("TERM", "xterm").run();
    assert_eq!(piped.stderr, "0 entries\n");
    for arguments in [&["history", "export", "--csv"][..], &["history", "prune"]] {
        let piped = stage.duckops(arguments).env("TERM", "xterm").run();
        assert_eq!(
            (piped.code, piped.stderr.as_str()),
            (0, ""),
            "{arguments:?}"
        );
    }
}
