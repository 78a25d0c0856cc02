//! Whatever comes back of the request, the exit code is what reading back shows.

use super::{CONSENT, alias, journal, puts};
use crate::support::{Stage, at_once, world};
use duckops::practice::{FakeStack, Fault, Operation};
use serde_json::json;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

/// One way for the answer to go wrong, and what is then true.
struct OutcomeCase {
    what: &'static str,
    fault: fn() -> Option<Fault>,
    stale: u64,
    /// Reads of the alias are denied once the request was seen.
    blind: bool,
    code: i32,
    outcome: &'static str,
    applied: bool,
}

fn done(fault: Fault) -> Option<Fault> {
    Some(Fault::Done(Box::new(fault)))
}

/// As from a cache or a proxy.
const OTHER_ALIAS: &str = r#"{"AliasArn":"arn:aws:lambda:us-east-1:121546003735:function:mission-control-api:dev","Name":"dev","FunctionVersion":"61","RevisionId":"another"}"#;

/// A proxy that read what came back may answer so for a request that it passed on.
const PROXY: &str = "<html><body>This answer was blocked.</body></html>";

#[rustfmt::skip]
const CASES: &[OutcomeCase] = &[
    OutcomeCase { what: "all well", fault: || None, stale: 0, blind: false, code: 0, outcome: "done", applied: true },
    OutcomeCase { what: "reads lag two seconds behind", fault: || None, stale: 2, blind: false, code: 0, outcome: "done", applied: true },
    OutcomeCase { what: "applied, the connection torn", fault: || done(Fault::Reset), stale: 0, blind: false, code: 0, outcome: "done", applied: true },
    OutcomeCase { what: "applied, torn, and reads lag behind", fault: || done(Fault::Reset), stale: 2, blind: false, code: 0, outcome: "done", applied: true },
    OutcomeCase { what: "applied, then 500", fault: || done(Fault::Status(500)), stale: 0, blind: false, code: 0, outcome: "done", applied: true },
    OutcomeCase { what: "applied, 500, and reads lag behind", fault: || done(Fault::Status(500)), stale: 2, blind: false, code: 0, outcome: "done", applied: true },
    OutcomeCase { what: "applied, half an answer", fault: || done(Fault::CutBody), stale: 0, blind: false, code: 0, outcome: "done", applied: true },
    OutcomeCase { what: "applied, an answer that is none", fault: || done(Fault::Html), stale: 0, blind: false, code: 0, outcome: "done", applied: true },
    OutcomeCase { what: "applied, no answer", fault: || done(Fault::Hang), stale: 0, blind: false, code: 0, outcome: "done", applied: true },
    OutcomeCase { what: "500 without effect", fault: || Some(Fault::Status(500)), stale: 0, blind: false, code: 3, outcome: "unclear", applied: false },
    OutcomeCase { what: "torn without effect", fault: || Some(Fault::Reset), stale: 0, blind: false, code: 3, outcome: "unclear", applied: false },
    OutcomeCase { what: "no answer and no effect", fault: || Some(Fault::Hang), stale: 0, blind: false, code: 3, outcome: "unclear", applied: false },
    OutcomeCase { what: "504 without effect", fault: || Some(Fault::Status(504)), stale: 0, blind: false, code: 3, outcome: "unclear", applied: false },
    OutcomeCase { what: "200 with nothing and no effect", fault: || Some(Fault::Empty), stale: 0, blind: false, code: 3, outcome: "unclear", applied: false },
    OutcomeCase { what: "200 with {} and no effect", fault: || Some(Fault::Body("{}".into())), stale: 0, blind: false, code: 3, outcome: "unclear", applied: false },
    OutcomeCase { what: "a web page and no effect", fault: || Some(Fault::Html), stale: 0, blind: false, code: 3, outcome: "unclear", applied: false },
    OutcomeCase { what: "200 about another alias", fault: || Some(Fault::Body(OTHER_ALIAS.into())), stale: 0, blind: false, code: 3, outcome: "unclear", applied: false },
    OutcomeCase { what: "applied, 200 with nothing", fault: || done(Fault::Empty), stale: 0, blind: false, code: 0, outcome: "done", applied: true },
    OutcomeCase { what: "412 though nobody changed it", fault: || Some(Fault::Refuse(412, "PreconditionFailedException")), stale: 0, blind: false, code: 1, outcome: "unchanged", applied: false },
    OutcomeCase { what: "409", fault: || Some(Fault::Refuse(409, "ResourceConflictException")), stale: 0, blind: false, code: 1, outcome: "unchanged", applied: false },
    OutcomeCase { what: "429", fault: || Some(Fault::Throttle), stale: 0, blind: false, code: 1, outcome: "unchanged", applied: false },
    OutcomeCase { what: "denied", fault: || Some(Fault::Deny), stale: 0, blind: false, code: 1, outcome: "unchanged", applied: false },
    OutcomeCase { what: "a redirect, which AWS never answers", fault: || Some(Fault::Redirect("http://127.0.0.1:1/".into())), stale: 0, blind: false, code: 3, outcome: "unclear", applied: false },
    OutcomeCase { what: "403 of a proxy", fault: || Some(Fault::Own(403, PROXY)), stale: 0, blind: false, code: 3, outcome: "unclear", applied: false },
    OutcomeCase { what: "applied, 403 of a proxy, and reads lag behind", fault: || done(Fault::Own(403, PROXY)), stale: 2, blind: false, code: 0, outcome: "done", applied: true },
    OutcomeCase { what: "429 with nothing", fault: || Some(Fault::Own(429, "")), stale: 0, blind: false, code: 3, outcome: "unclear", applied: false },
    OutcomeCase { what: "AWS timed out", fault: || Some(Fault::Refuse(400, "RequestTimeoutException")), stale: 0, blind: false, code: 3, outcome: "unclear", applied: false },
    OutcomeCase { what: "applied, and then nobody may read", fault: || None, stale: 0, blind: true, code: 2, outcome: "overtaken", applied: true },
    OutcomeCase { what: "applied, 500, and then nobody may read", fault: || done(Fault::Status(500)), stale: 0, blind: true, code: 3, outcome: "unclear", applied: true },
    OutcomeCase { what: "500, and then nobody may read", fault: || Some(Fault::Status(500)), stale: 0, blind: true, code: 3, outcome: "unclear", applied: false },
];

fn play(case: &OutcomeCase) -> Duration {
    let mut world = world("inc-001");
    if let Some(fault) = (case.fault)() {
        world.faults.insert(Operation::UpdateAlias, fault);
    }
    world.stale_for = Duration::from_secs(case.stale);
    if case.blind {
        // Time enough between the request and its answer to take the right away.
        world.latency = Duration::from_millis(300);
    }
    let stage = Stage::of(world);
    let began = Instant::now();
    let (code, document) = thread::scope(|scope| {
        if case.blind {
            scope.spawn(|| {
                while puts(&stage).is_empty() && began.elapsed() < Duration::from_secs(60) {
                    thread::sleep(Duration::from_millis(5));
                }
                stage
                    .practice
                    .world()
                    .faults
                    .insert(Operation::GetAlias, Fault::Deny);
            });
        }
        // Without read access the whole limit is waited for.
        let wait = if case.blind { "6s" } else { "30s" };
        alias(&stage, &["rollback", "--to", "61", CONSENT, "--wait", wait]).json()
    });
    let told = (code, document["outcome"].as_str().unwrap_or_default());
    assert_eq!(
        told,
        (case.code, case.outcome),
        "{}: {document:#}",
        case.what
    );
    assert_eq!(puts(&stage).len(), 1, "{}", case.what);
    let now = stage.practice.world().alias_target.clone();
    assert_eq!(now.version == "61", case.applied, "{}", case.what);
    assert!(now.weights.is_empty());
    let journal = journal(&stage);
    let outcome = journal
        .iter()
        .find(|line| line["entry"]["stage"] == "outcome");
    assert!(outcome.is_some(), "{}: {journal:#?}", case.what);
    began.elapsed()
}

#[test]
fn the_exit_code_follows_the_read_back() {
    // Most of the time is spent waiting.
    let took = at_once(10, CASES, play);
    for (case, took) in CASES.iter().zip(&took) {
        println!(
            "outcome: {:<40} exit {} after {took:.1?}",
            case.what, case.code
        );
    }
    let false_successes = CASES.iter().filter(|case| case.code == 0 && !case.applied);
    println!(
        "outcomes: {} of {} true; false successes {}, false conflicts 0, requests {}, the most per command 1",
        took.len(),
        CASES.len(),
        false_successes.count(),
        took.len(),
    );
}

/// While AWS thinks, nothing flows: the SDK would give up after five seconds of that.
#[test]
fn an_answer_is_waited_for_as_long_as_its_limit_says() {
    let mut world = world("inc-001");
    let late = Fault::Delay(Duration::from_millis(6_800));
    world.faults.insert(Operation::UpdateAlias, late.clone());
    world.faults.insert(Operation::ListExecutions, late);
    let stage = Stage::of(world);
    let (code, moved) = alias(
        &stage,
        &["rollback", "--to", "61", CONSENT, "--wait", "30s"],
    )
    .json();
    assert_eq!((code, &moved["outcome"]), (0, &json!("done")), "{moved:#}");
    assert!(!moved.to_string().contains("lost"), "{moved:#}");
    let (_, read) = stage
        .duckops(&["facts", "executions", "--deadline", "30s"])
        .json();
    assert!(!read.to_string().contains("throughput"), "{read:#}");
    let asked = stage.practice.requests();
    let asked = asked
        .iter()
        .filter(|one| one.operation == Some(Operation::ListExecutions));
    let mut asked: Vec<_> = asked.map(|one| one.question.as_str()).collect();
    let all = asked.len();
    asked.sort_unstable();
    asked.dedup();
    assert!(
        all > 0 && asked.len() == all,
        "none is asked again: {asked:?} of {all}"
    );
}

/// Another operator moves the alias in the console, without a revision, at the same moment.
#[test]
fn a_concurrent_change_without_revision_is_detected() {
    let mut world = world("inc-001");
    world.together = Some(std::sync::Arc::new(tokio::sync::Barrier::new(2)));
    let stage = Stage::of(world);
    let url = format!(
        "{}/2015-03-31/functions/mission-control-api/aliases/prod",
        stage.practice.aws_url()
    );
    let (code, document) = thread::scope(|scope| {
        scope.spawn(|| crate::support::http_put(&url, r#"{"FunctionVersion":"60"}"#));
        alias(&stage, &["rollback", "--to", "61", CONSENT, "--wait", "1s"]).json()
    });
    // Either it was first and ours was refused, or ours was applied and overwritten.
    let outcome = document["outcome"].as_str().unwrap_or_default();
    assert!(
        [(4, "conflict"), (2, "overtaken")].contains(&(code, outcome)),
        "{document:#}"
    );
    assert!(
        document["summary"].to_string().contains("version 60"),
        "{document:#}"
    );
    assert_eq!(stage.practice.world().alias_target.version, "60");
}

#[test]
fn a_change_by_another_user_while_the_move_is_verified_is_said() {
    let stage = Stage::of(world("inc-001"));
    let url = format!(
        "{}/2015-03-31/functions/mission-control-api/aliases/prod",
        stage.practice.aws_url()
    );
    let (code, document) = thread::scope(|scope| {
        scope.spawn(|| {
            // Once it was read back, and before it is verified.
            let journal = stage.state().join("journal.jsonl");
            let is_in_force = || {
                let text = std::fs::read_to_string(&journal).unwrap_or_default();
                text.contains("in-force")
            };
            let began = Instant::now();
            while !is_in_force() && began.elapsed() < Duration::from_secs(60) {
                thread::sleep(Duration::from_millis(5));
            }
            crate::support::http_put(&url, r#"{"FunctionVersion":"60"}"#);
        });
        alias(&stage, &["rollback", "--to", "61", CONSENT, "--wait", "4s"]).json()
    });
    assert_eq!(
        (code, &document["outcome"]),
        (2, &json!("overtaken")),
        "{document:#}"
    );
    let summary = document["summary"].to_string();
    assert!(
        summary.contains("from version 62 to 61") && summary.contains("version 60"),
        "{summary}"
    );
    assert_eq!(document["undo"], json!(null), "{document:#}");
}

fn slow() -> FakeStack {
    let mut world = world("inc-001");
    world.latency = Duration::from_millis(60);
    world
}

/// Killed after this long, at any point: the next run reports the truth, by the alias itself.
#[test]
fn after_a_kill_at_any_moment_the_next_run_reports_the_true_state() {
    let rounds: Vec<u64> = (0..22).collect();
    let ends = at_once(4, &rounds, |round| killed(*round));
    let count = |of: fn(&Killed) -> bool| ends.iter().filter(|end| of(end)).count();
    let (kills, unfinished) = (count(|end| end.kill), count(|end| end.open));
    println!(
        "kills: {kills}, with the request under way {unfinished}, applied {}, untrue reports 0",
        count(|end| end.applied)
    );
    assert!(
        kills > 10 && unfinished > 0,
        "{kills} kills, {unfinished} of them in time"
    );
}

/// What a round of killing came to.
struct Killed {
    /// Whether it was still running.
    kill: bool,
    /// Whether the journal has a request without an outcome.
    open: bool,
    applied: bool,
}

fn killed(round: u64) -> Killed {
    let mut world = slow();
    // Half of the requests take effect, and none is answered soon.
    let fault = match round % 2 {
        0 => Fault::Delay(Duration::from_secs(2)),
        _ => Fault::Hang,
    };
    world.faults.insert(Operation::UpdateAlias, fault);
    let stage = Stage::of(world);
    let mut command = alias(&stage, &["rollback", "--to", "61", CONSENT, "--wait", "1s"]).command();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let began = Instant::now();
    let moment = if round < 8 {
        // Somewhere on the way to the request.
        Duration::from_millis(100 + round * 100)
    } else {
        while puts(&stage).is_empty() && began.elapsed() < Duration::from_secs(30) {
            thread::sleep(Duration::from_millis(2));
        }
        // From the request on.
        Duration::from_millis((round - 8) * 30)
    };
    thread::sleep(moment);
    let over = child.try_wait().expect("a state").is_some();
    let _ = child.kill();
    let _ = child.wait();
    assert!(puts(&stage).len() <= 1, "{moment:?}");
    let is_there = stage.practice.world().alias_target.version == "61";
    let entries = journal(&stage);
    let has = |word: &str| entries.iter().any(|line| line["entry"]["stage"] == word);
    let open = has("sending") && !has("outcome");
    let end = Killed {
        kill: !over,
        open,
        applied: is_there,
    };
    if is_there {
        assert!(
            has("sending"),
            "{moment:?}: sent before it was written down"
        );
    }
    let (_, document) = alias(&stage, &["show"]).json();
    let notes = document["notes"].to_string();
    let due = match (open, is_there) {
        (false, _) => return end,
        (true, true) => "the alias is as it wanted",
        (true, false) => "never applied",
    };
    assert!(
        notes.contains("unfinished") && notes.contains(due),
        "{moment:?}: {notes}"
    );
    // The next write settles it in the journal.
    alias(&stage, &["rollback", "--to", "60", "--wait", "1s"]).run();
    let settled = journal(&stage);
    let found = settled
        .iter()
        .any(|line| line["entry"]["detail"]["found_later"] == json!(true));
    assert!(found, "{moment:?}: {settled:#?}");
    end
}

fn signalled(stage: &Stage, signal: &str, when: impl Fn() -> bool) -> (i32, String) {
    let mut command = alias(stage, &["rollback", "--to", "61", CONSENT, "--wait", "60s"]).command();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let began = Instant::now();
    while !when() && began.elapsed() < Duration::from_secs(30) {
        thread::sleep(Duration::from_millis(5));
    }
    let kill = format!("kill -{signal} {}", child.id());
    let _ = std::process::Command::new("/bin/sh")
        .args(["-c", &kill])
        .status();
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap_or(-1), said.into_owned())
}

#[test]
fn interrupting_before_the_request_sends_nothing() {
    for (signal, due) in [("INT", 130), ("TERM", 143)] {
        let stage = Stage::of(slow());
        let asked = || !stage.practice.requests().is_empty();
        let (code, said) = signalled(&stage, signal, asked);
        assert_eq!(code, due, "{said}");
        assert!(said.contains("nothing was sent"), "{said}");
        assert!(puts(&stage).is_empty());
    }
}

#[test]
fn interrupting_after_the_request_waits_for_the_outcome() {
    at_once(3, &["INT", "TERM", "HUP"], |signal| {
        let mut world = slow();
        world
            .faults
            .insert(Operation::UpdateAlias, Fault::Delay(Duration::from_secs(1)));
        let stage = Stage::of(world);
        let (code, said) = signalled(&stage, signal, || !puts(&stage).is_empty());
        // HUP changes nothing; the others cut the watching short, and the report says so.
        let due = if *signal == "HUP" { 0 } else { 2 };
        assert_eq!(code, due, "{signal}: {said}");
        assert!(
            said.contains("prod moved from version 62 to 61"),
            "{signal}: {said}"
        );
        assert_eq!(stage.practice.world().alias_target.version, "61");
        assert!(
            journal(&stage)
                .iter()
                .any(|line| line["entry"]["stage"] == "outcome")
        );
    });
}

/// A gateway gives up, and the change is applied seconds later.
#[test]
fn a_move_without_answer_stays_open_until_a_later_read_settles_it() {
    for late in [true, false] {
        let mut world = world("inc-001");
        world
            .faults
            .insert(Operation::UpdateAlias, Fault::Status(504));
        let stage = Stage::of(world);
        let back = ["rollback", "--to", "61", CONSENT, "--wait", "1s"];
        let (code, document) = alias(&stage, &back).json();
        let outcome = document["outcome"].as_str().unwrap_or_default();
        assert_eq!((code, outcome), (3, "unclear"), "{document:#}");
        let summary = document["summary"].as_str().unwrap_or_default();
        assert!(summary.contains("may have been applied"), "{summary}");
        let verify = ["journal", "--verify"];
        assert_eq!(stage.duckops(&verify).run().code, 1, "it is open");
        // Too early: reading the old revision proves nothing yet.
        let (_, document) = alias(&stage, &["show"]).json();
        let notes = document["notes"].to_string();
        assert!(notes.contains("unfinished alias rollback"), "{notes}");
        assert_eq!(stage.duckops(&verify).run().code, 1, "it is still open");
        let due = if late {
            let mut target = stage.practice.world().alias_target.clone();
            target.version = "61".to_owned();
            target.revision = "applied-late".to_owned();
            stage.practice.world().moved_to(target);
            "in-force"
        } else {
            "unchanged"
        };
        let later = match late {
            true => "2026-03-22T03:12:20Z",
            false => "2026-03-22T03:28:09Z",
        };
        alias(&stage, &["show"])
            .env("DUCKOPS_TEST_NOW", later)
            .run();
        assert_eq!(stage.duckops(&verify).run().code, 0, "{due}");
        let settled = journal(&stage);
        let last = &settled.last().expect("an entry")["entry"]["detail"];
        assert_eq!(
            (&last["outcome"], &last["found_later"]),
            (&json!(due), &json!(true)),
            "{settled:#?}"
        );
        assert_eq!(puts(&stage).len(), 1, "and it was sent once");
    }
}
