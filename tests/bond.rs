//! Claims: a bond is written to once, with consent, and only if that is safe; the outcome is known,
//! or reported as unknown; an issued key is never lost without a report.

pub(crate) mod canary;
mod consent;
mod kill;

use crate::support::{Duckops, Ran, Stage, at_once, world};
use duckops::practice::{FakeStack, Fault, Operation};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The agent whose bond is written to.
pub(crate) const ID: &str = "AAAA000000000001";

/// A world in which that bond is a day old and its last pulse this many seconds.
pub(crate) fn bonded(pulse_age: Option<u64>) -> FakeStack {
    let mut world = world("healthy");
    world.bond(ID, Duration::from_secs(86_400));
    if let Some(age) = pulse_age {
        let at = world.now - Duration::from_secs(age);
        world.happened("duck.pulse", ID, at);
    }
    world
}

/// A file that only its owner can use.
fn secret(stage: &Stage, name: &str, text: &str) -> PathBuf {
    let path = stage.home().join(name);
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
    path
}

/// The binary with a token, permitted to go to the practice stack.
pub(crate) fn write(stage: &Stage, arguments: &[&str]) -> Duckops {
    let token = secret(stage, "token", "practice-token\n");
    let arguments: Vec<_> = ["bond"]
        .iter()
        .chain(arguments)
        .chain(["--endpoint-override"].iter())
        .copied()
        .collect();
    stage
        .duckops(&arguments)
        .env("DUCKOPS_TOKEN_FILE", token.into_os_string())
}

/// How many requests came that change something.
pub(crate) fn writes(stage: &Stage) -> usize {
    let is_write = |operation| {
        matches!(
            operation,
            Operation::Pulse | Operation::Rotate | Operation::Unpeck
        )
    };
    let requests = stage.practice.requests();
    requests
        .iter()
        .filter(|seen| seen.operation.is_some_and(is_write))
        .count()
}

/// The files of the state folder under a name, with what is in them.
pub(crate) fn files(state: &Path, folder: &str) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(state.join(folder)) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries
        .flatten()
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).expect("read"))
        })
        .collect();
    files.sort();
    files
}

fn key_files(stage: &Stage) -> Vec<(String, Vec<u8>)> {
    let mut files = files(&stage.state(), "keys");
    files.retain(|(name, _)| name.ends_with(".key"));
    files
}

fn issued(stage: &Stage) -> Vec<String> {
    let world = stage.practice.world();
    world
        .issued
        .iter()
        .map(|issued| issued.key.clone())
        .collect()
}

fn says(ran: &Ran, word: &str) {
    let words: Vec<_> = ran.stdout.split_whitespace().collect();
    // Between words its lines end wherever the screen does.
    assert!(words.join(" ").contains(word), "{word}: {ran:?}");
}

#[test]
fn a_rotation_leaves_the_new_key_in_a_file_and_nothing_else_behind() {
    let stage = Stage::of(bonded(Some(60)));
    let ran = write(&stage, &["rotate", ID, "--confirm", ID]).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    let issued = issued(&stage);
    assert_eq!((issued.len(), writes(&stage)), (1, 1));
    let keys = files(&stage.state(), "keys");
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert!(keys[0].0.starts_with(&format!("{ID}-")) && keys[0].0.ends_with(".key"));
    assert_eq!(keys[0].1, format!("{}\n", issued[0]).into_bytes());
    let path = stage.state().join("keys").join(&keys[0].0);
    let mode = |path: &Path| fs::metadata(path).expect("seen").permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&stage.state().join("keys")), 0o700);
    says(&ran, &path.to_string_lossy());
    says(&ran, "SLOW from 2026-03-22T03:21:09Z");
    says(&ran, "OFFLINE from 2026-03-22T03:41:09Z");
    assert_eq!(files(&stage.state(), "intents"), []);
    let journal = stage.duckops(&["journal", "--verify"]).run();
    assert_eq!(journal.code, 0, "{journal:?}");
}

#[test]
fn a_bond_write_without_the_exact_id_sends_nothing() {
    let stage = Stage::of(bonded(Some(60)));
    for action in ["rotate", "disconnect"] {
        for confirm in [
            None,
            Some(""),
            Some("yes"),
            Some("AAAA00000000000"),
            Some("aaaa000000000001"),
        ] {
            let mut arguments = vec![action, ID];
            if let Some(confirm) = confirm {
                arguments.extend(["--confirm", confirm]);
            }
            let ran = write(&stage, &arguments).run();
            assert_eq!(ran.code, 5, "{action} {confirm:?}: {ran:?}");
            says(&ran, "nothing was sent");
        }
        let ran = write(&stage, &[action, ID, "--dry-run"]).run();
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(
            ran.stdout.lines().all(|line| line.starts_with("DRY RUN")),
            "{ran:?}"
        );
    }
    assert_eq!(writes(&stage), 0);
    assert_eq!(files(&stage.state(), "intents"), []);
    assert_eq!(files(&stage.state(), "keys"), []);
}

#[test]
fn an_unbonded_or_silent_agent_is_not_rotated() {
    for (age, rotates) in [
        (Some(599), true),
        (Some(600), false),
        (Some(601), false),
        (Some(1800), false),
        (None, false),
    ] {
        let stage = Stage::of(bonded(age));
        let ran = write(&stage, &["rotate", ID, "--confirm", ID]).run();
        assert_eq!(ran.code, i32::from(!rotates), "{age:?}: {ran:?}");
        assert_eq!(writes(&stage), usize::from(rotates), "{age:?}");
        if !rotates {
            says(&ran, "restore the runtime first");
            let reason = [
                "rotate",
                ID,
                "--confirm",
                ID,
                "--force-stale-pulse",
                "leaked",
            ];
            let forced = write(&stage, &reason).run();
            assert_eq!((forced.code, writes(&stage)), (0, 1), "{age:?}: {forced:?}");
            says(&forced, "leaked");
        }
    }
    let mut over = bonded(Some(60));
    let at = over.now - Duration::from_secs(5);
    over.happened("duck.unpecked", ID, at);
    let stage = Stage::of(over);
    for action in ["rotate", "disconnect"] {
        let ran = write(&stage, &[action, ID, "--confirm", ID]).run();
        assert_eq!(ran.code, 1, "{ran:?}");
        says(&ran, "UNPECKED");
    }
    for (event, state) in [("peck.denied", "DENIED"), ("peck.expired", "EXPIRED")] {
        let mut never = world("healthy");
        let at = never.now - Duration::from_secs(60);
        never.happened(event, ID, at);
        let stage = Stage::of(never);
        for action in ["rotate", "disconnect"] {
            let ran = write(&stage, &[action, ID, "--confirm", ID]).run();
            assert_eq!((ran.code, writes(&stage)), (1, 0), "{event}: {ran:?}");
            says(&ran, state);
        }
    }
    let other = write(
        &stage,
        &["rotate", "AAAA00000000000", "--confirm", "AAAA00000000000"],
    )
    .run();
    assert_eq!(
        other.code, 1,
        "an id that begins like a known one: {other:?}"
    );
    assert_eq!(writes(&stage), 0);
}

#[test]
fn an_unavailable_guard_refuses_the_write() {
    for fault in [
        Fault::Deny,
        Fault::Reset,
        Fault::CutBody,
        Fault::Empty,
        Fault::Html,
    ] {
        let mut world = bonded(Some(60));
        world.faults.insert(Operation::Audit, fault.clone());
        let stage = Stage::of(world);
        for action in ["rotate", "disconnect"] {
            let ran = write(&stage, &[action, ID, "--confirm", ID]).run();
            assert_eq!(ran.code, 1, "{fault:?}: {ran:?}");
            says(&ran, "not proven");
        }
        assert_eq!(writes(&stage), 0, "{fault:?}");
    }
}

#[test]
fn an_overridden_endpoint_needs_a_flag_and_a_secret_needs_a_private_file() {
    let stage = Stage::of(bonded(Some(60)));
    let token = secret(&stage, "token", "practice-token");
    let elsewhere = stage
        .duckops(&["bond", "rotate", ID, "--confirm", ID])
        .env("DUCKOPS_TOKEN_FILE", token.clone().into_os_string())
        .run();
    assert_eq!(elsewhere.code, 1, "{elsewhere:?}");
    says(&elsewhere, "--endpoint-override");
    let none = stage
        .duckops(&["bond", "rotate", ID, "--confirm", ID, "--endpoint-override"])
        .run();
    assert_eq!(none.code, 1, "{none:?}");
    says(&none, "--token-file");
    fs::set_permissions(&token, fs::Permissions::from_mode(0o644)).expect("set");
    let open = stage
        .duckops(&["bond", "rotate", ID, "--confirm", ID, "--endpoint-override"])
        .env("DUCKOPS_TOKEN_FILE", token.into_os_string())
        .run();
    assert_eq!(open.code, 1, "{open:?}");
    says(&open, "chmod 600");
    let odd = write(&stage, &["rotate", "../x", "--confirm", "../x"]).run();
    assert_eq!(odd.code, 64, "{odd:?}");
    assert_eq!(stage.practice.requests().len(), 0, "nobody was even asked");
}

/// Every way in which the answer to a rotation can fail: the report is true, the key is where the
/// report says, and the next run does not send again by itself.
#[test]
fn every_failed_answer_is_reported_truthfully() {
    let whole = r#"{"beak_key":"#.len() + "\"bk_LIVE_".len() + 40 + 1;
    let cases: Vec<(Fault, i32, bool)> = vec![
        // Nothing was issued, and that is known.
        (Fault::Deny, 1, false),
        (Fault::Status(400), 1, false),
        (Fault::Status(409), 4, false),
        (Fault::Status(412), 4, false),
        (Fault::Throttle, 1, false),
        // Nothing was issued, and that cannot be known.
        (Fault::Reset, 3, false),
        (Fault::Status(500), 3, false),
        (Fault::Status(502), 3, false),
        (Fault::Redirect("http://127.0.0.1:1/".to_owned()), 3, false),
        (Fault::Own(403, "<html>blocked</html>"), 3, false),
        (Fault::Own(403, "RBAC: access denied"), 3, false),
        (Fault::Own(401, ""), 3, false),
        (Fault::Own(409, ""), 3, false),
        (Fault::Own(404, "{}"), 3, false),
        (Fault::Html, 3, false),
        (
            Fault::Body(r#"{"error":"rotate_pending_window"}"#.to_owned()),
            3,
            false,
        ),
        (
            Fault::Body(r#"{"ok":false,"beak_key":null}"#.to_owned()),
            3,
            false,
        ),
        // A key was issued.
        (Fault::Done(Box::new(Fault::Reset)), 3, true),
        (Fault::Done(Box::new(Fault::Status(502))), 3, true),
        (
            Fault::Done(Box::new(Fault::Own(403, "<html>blocked</html>"))),
            3,
            true,
        ),
        (Fault::Done(Box::new(Fault::Own(413, ""))), 3, true),
        (Fault::Done(Box::new(Fault::Own(412, "no\n"))), 3, true),
        (Fault::Done(Box::new(Fault::ResetAfter(0))), 3, true),
        (Fault::Done(Box::new(Fault::ResetAfter(whole - 1))), 3, true),
        (Fault::Done(Box::new(Fault::Empty)), 3, true),
        (Fault::Done(Box::new(Fault::Html)), 3, true),
        (Fault::Done(Box::new(Fault::Body("OK".to_owned()))), 2, true),
        (
            Fault::Done(Box::new(Fault::Rename("beak_key", "new_secret"))),
            2,
            true,
        ),
        (Fault::Done(Box::new(Fault::ResetAfter(whole))), 2, true),
        (
            Fault::Done(Box::new(Fault::Rename("message", "error"))),
            2,
            true,
        ),
        (
            Fault::Done(Box::new(Fault::Rename("beak_key", "new_beak_key"))),
            0,
            true,
        ),
        (Fault::Done(Box::new(Fault::Trickle)), 0, true),
        (Fault::Delay(Duration::from_millis(300)), 0, true),
    ];
    at_once(5, &cases, |(fault, code, issues)| {
        let mut world = bonded(Some(60));
        world.faults.insert(Operation::Rotate, fault.clone());
        let stage = Stage::of(world);
        let (ran, document) = write(&stage, &["rotate", ID, "--confirm", ID]).json();
        assert_eq!(ran, *code, "{fault:?}: {document:#}");
        assert_eq!(
            (writes(&stage), issued(&stage).len()),
            (1, usize::from(*issues)),
            "{fault:?}"
        );
        accounted(&stage, &document, fault);
        // A second try before `recover` is refused.
        stage.practice.world().faults.clear();
        let again = write(&stage, &["rotate", ID, "--confirm", ID]).run();
        let open = files(&stage.state(), "intents").len();
        let unsettled = document["outcome"] == "unclear" || document["outcome"] == "unrecognised";
        assert_eq!(again.code, i32::from(unsettled), "{fault:?}: {again:?}");
        let other = stage.duckops(&["bond", "show", ID]).run();
        let told = other.stdout.contains("unfinished bond rotate");
        assert_eq!(told, unsettled, "{fault:?}: {other:?}");
        assert_eq!(open, usize::from(unsettled), "{fault:?}");
        if unsettled {
            says(&again, "--recover");
            supersede(&stage, fault, *code);
        }
    });
}

/// Every key that was issued is in a file, in the raw answer, or declared as lost.
fn accounted(stage: &Stage, document: &Value, fault: &Fault) {
    let files = files(&stage.state(), "keys");
    for key in issued(stage) {
        let holds = |name: &str| {
            files.iter().any(|(file, bytes)| {
                file.ends_with(name) && String::from_utf8_lossy(bytes).contains(&key)
            })
        };
        let declared = document["outcome"] == "unclear";
        let kept = document["outcome"] == "unrecognised" && holds(".spool");
        let bodiless = matches!(fault, Fault::Done(inner) if matches!(**inner, Fault::Body(_)));
        assert!(
            holds(".key") || kept || declared || bodiless,
            "{fault:?}: {document:#}"
        );
    }
}

/// An unsettled rotation is reported by every recovery, and given up only with explicit consent.
fn supersede(stage: &Stage, fault: &Fault, code: i32) {
    let mut tellings = Vec::new();
    for _ in 0..3 {
        let (ran, document) = write(stage, &["rotate", ID, "--recover"]).json();
        assert_eq!(ran, code, "{fault:?}: {document:#}");
        tellings.push(document["result"].to_string());
    }
    assert!(
        tellings.windows(2).all(|pair| pair[0] == pair[1]),
        "{tellings:?}"
    );
    let intent = files(&stage.state(), "intents")[0].0.replace(".json", "");
    let before = issued(stage).len();
    let wrong = ["rotate", ID, "--confirm", ID, "--supersede", "01OTHER"];
    assert_eq!(write(stage, &wrong).run().code, 1);
    assert_eq!(issued(stage).len(), before);
    let right = ["rotate", ID, "--confirm", ID, "--supersede", &intent];
    let ran = write(stage, &right).run();
    assert_eq!(ran.code, 0, "{fault:?}: {ran:?}");
    assert_eq!(issued(stage).len(), before + 1);
    assert_eq!(files(&stage.state(), "intents"), []);
    let (_, document) = write(stage, &["rotate", ID, "--recover"]).json();
    assert_eq!(document["outcome"], "nothing-open");
}

#[test]
fn a_key_from_a_truncated_answer_is_kept_and_not_verified() {
    let stage = Stage::of(bonded(Some(60)));
    let fault = Fault::Done(Box::new(Fault::ResetAfter(63)));
    stage
        .practice
        .world()
        .faults
        .insert(Operation::Rotate, fault);
    let (code, document) = write(&stage, &["rotate", ID, "--confirm", ID]).json();
    assert_eq!(code, 2, "{document:#}");
    assert_eq!(document["outcome"], "not-verified");
    assert_eq!(
        key_files(&stage)[0].1,
        format!("{}\n", issued(&stage)[0]).into_bytes()
    );
    assert_eq!(files(&stage.state(), "intents"), []);
}

#[test]
fn a_pulse_is_sent_with_the_agents_own_key_and_seen() {
    let stage = Stage::of(bonded(Some(700)));
    let pulse = ["pulse", ID, "--confirm", ID];
    let without = write(&stage, &pulse).run();
    assert_eq!((without.code, writes(&stage)), (1, 0), "{without:?}");
    let stale = secret(&stage, "stale", "bk_LIVE_old");
    let ran = write(&stage, &pulse)
        .env("DUCKOPS_BEAK_KEY_FILE", stale.into_os_string())
        .run();
    assert_eq!((ran.code, writes(&stage)), (1, 1), "{ran:?}");
    says(&ran, "stale");
    let key = secret(&stage, "key", &format!("bk_LIVE_of_{ID}"));
    let ran = write(&stage, &pulse)
        .env("DUCKOPS_BEAK_KEY_FILE", key.clone().into_os_string())
        .run();
    assert_eq!((ran.code, writes(&stage)), (0, 2), "{ran:?}");
    let dropped = Fault::Done(Box::new(Fault::Reset));
    stage.practice.world().now += Duration::from_secs(60);
    stage
        .practice
        .world()
        .faults
        .insert(Operation::Pulse, dropped);
    let ran = write(&stage, &pulse)
        .env("DUCKOPS_BEAK_KEY_FILE", key.into_os_string())
        .run();
    assert_eq!((ran.code, writes(&stage)), (0, 3), "{ran:?}");
    says(&ran, "the answer was lost");
}

#[test]
fn a_disconnect_names_the_bond_and_is_read_back() {
    let stage = Stage::of(bonded(Some(60)));
    let ran = write(&stage, &["disconnect", ID, "--confirm", ID]).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    says(&ran, "cannot be undone");
    says(&ran, "duck.unpecked");
    says(&ran, "2026-03-21T03:12:09Z");
    assert_eq!(writes(&stage), 1);
    let again = write(&stage, &["disconnect", ID, "--confirm", ID]).run();
    assert_eq!((again.code, writes(&stage)), (1, 1), "{again:?}");
    let ends = [
        (Fault::Done(Box::new(Fault::Reset)), 0),
        (Fault::Reset, 3),
        (Fault::Status(403), 1),
        (Fault::Status(409), 4),
        (Fault::Own(403, r#"{"error":"grant_required"}"#), 1),
        (Fault::Own(403, ""), 3),
        (Fault::Own(412, "Precondition Failed"), 3),
        (Fault::Done(Box::new(Fault::Own(403, "Forbidden"))), 0),
        (Fault::Body("{}".to_owned()), 2),
    ];
    at_once(5, &ends, |(fault, code)| {
        let stage = Stage::of(bonded(Some(60)));
        stage
            .practice
            .world()
            .faults
            .insert(Operation::Unpeck, fault.clone());
        let ran = write(&stage, &["disconnect", ID, "--confirm", ID]).run();
        assert_eq!((ran.code, writes(&stage)), (*code, 1), "{fault:?}: {ran:?}");
    });
}

/// An end whose answer was lost is open in the journal until a later reading shows what
/// became of it.
#[test]
fn a_disconnect_without_answer_stays_open_until_a_later_read_settles_it() {
    for is_applied_late in [true, false] {
        let mut world = bonded(Some(60));
        world.faults.insert(Operation::Unpeck, Fault::Status(504));
        let stage = Stage::of(world);
        let (code, document) = write(&stage, &["disconnect", ID, "--confirm", ID]).json();
        assert_eq!(
            (code, &document["outcome"]),
            (3, &"unclear".into()),
            "{document:#}"
        );
        let verify = ["journal", "--verify"];
        assert_eq!(stage.duckops(&verify).run().code, 1, "it is open");
        let dry_run = ["disconnect", ID, "--dry-run"];
        write(&stage, &dry_run).run();
        assert_eq!(stage.duckops(&verify).run().code, 1, "it is still open");
        let later = match is_applied_late {
            true => {
                let mut world = stage.practice.world();
                let at = world.now + Duration::from_secs(9);
                world.happened("duck.unpecked", ID, at);
                "2026-03-22T03:12:20Z"
            }
            false => "2026-03-22T03:28:09Z",
        };
        write(&stage, &dry_run).env("DUCKOPS_TEST_NOW", later).run();
        let settled = stage.duckops(&verify).run();
        assert_eq!(settled.code, 0, "{is_applied_late}: {settled:?}");
    }
}

/// A success that is none is a lost answer, not an acceptance.
#[test]
fn a_success_that_denies_itself_is_no_acceptance_of_a_bond_write() {
    let faults = [
        Fault::Html,
        Fault::Body(r#"{"success":false}"#.to_owned()),
        Fault::Body(r#"{"error":"upstream"}"#.to_owned()),
    ];
    let cases: Vec<_> = faults
        .iter()
        .flat_map(|fault| [(fault, Operation::Unpeck), (fault, Operation::Pulse)])
        .collect();
    at_once(6, &cases, |(fault, operation)| {
        let mut world = bonded(Some(60));
        world.faults.insert(*operation, (*fault).clone());
        let stage = Stage::of(world);
        let key = secret(&stage, "key", &format!("bk_LIVE_of_{ID}"));
        let action = match operation {
            Operation::Unpeck => "disconnect",
            _ => "pulse",
        };
        let ran = write(&stage, &[action, ID, "--confirm", ID]);
        let ran = ran.env("DUCKOPS_BEAK_KEY_FILE", key.into_os_string());
        let (code, document) = ran.json();
        assert_eq!(
            (code, &document["outcome"]),
            (3, &"unclear".into()),
            "{action} {fault:?}: {document:#}"
        );
        assert_eq!(writes(&stage), 1, "{action} {fault:?}");
        let open = stage.duckops(&["journal", "--verify"]).run();
        assert_eq!(open.code, 1, "{action} {fault:?}: it is open");
    });
}

/// An end is final: a pulse after it is a contradiction, and nothing is sent on one.
#[test]
fn a_bond_that_pulses_after_its_end_is_refused() {
    let mut world = bonded(Some(600));
    let (over, pulse) = (
        world.now - Duration::from_secs(300),
        world.now - Duration::from_secs(60),
    );
    world.happened("duck.unpecked", ID, over);
    world.happened("duck.pulse", ID, pulse);
    let stage = Stage::of(world);
    let key = secret(&stage, "key", &format!("bk_LIVE_of_{ID}"));
    for action in ["rotate", "disconnect", "pulse"] {
        let ran = write(&stage, &[action, ID, "--confirm", ID])
            .env("DUCKOPS_BEAK_KEY_FILE", key.clone().into_os_string())
            .run();
        assert_eq!((ran.code, writes(&stage)), (1, 0), "{action}: {ran:?}");
        says(&ran, "unpecked, and it pulsed after that");
    }
    let shown = stage.duckops(&["bond", "show", ID]).run();
    says(&shown, "unpecked, and it pulsed after that");
}

/// A run against another stack or account asks for consent that names it.
#[test]
fn consent_names_a_stack_and_account_that_are_not_the_configured_ones() {
    let stage = Stage::of(bonded(Some(60)));
    let elsewhere = |confirm: &str| {
        let rotate = [
            "rotate",
            ID,
            "--account",
            "111122223333",
            "--confirm",
            confirm,
        ];
        write(&stage, &rotate).run()
    };
    let ran = elsewhere(ID);
    assert_eq!((ran.code, writes(&stage)), (5, 0), "{ran:?}");
    let words = format!("{ID}@prod/111122223333");
    says(&ran, &format!("--confirm {words}"));
    says(&ran, "prod, account 111122223333");
    let ran = elsewhere(&words);
    assert_eq!((ran.code, writes(&stage)), (0, 1), "{ran:?}");
}

/// Any user could replace the journal and the locks in it.
#[test]
fn a_world_writable_state_folder_is_refused() {
    let stage = Stage::of(bonded(Some(60)));
    fs::create_dir_all(stage.state()).expect("made");
    fs::set_permissions(stage.state(), fs::Permissions::from_mode(0o777)).expect("set");
    let ran = write(&stage, &["rotate", ID, "--confirm", ID]).run();
    assert_eq!((ran.code, writes(&stage)), (1, 0), "{ran:?}");
    says(&ran, "chmod 700");
}

#[test]
fn concurrent_rotations_of_one_bond_rotate_once() {
    let stage = Stage::of(bonded(Some(60)));
    let slow = Fault::Delay(Duration::from_millis(800));
    stage
        .practice
        .world()
        .faults
        .insert(Operation::Rotate, slow);
    let rotate = ["rotate", ID, "--confirm", ID];
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| write(&stage, &rotate).run().code))
            .collect();
        runs.into_iter()
            .map(|run| run.join().expect("ran"))
            .collect()
    });
    assert_eq!(
        codes.iter().filter(|code| **code == 0).count(),
        1,
        "{codes:?}"
    );
    assert_eq!(
        codes.iter().filter(|code| **code == 1).count(),
        3,
        "{codes:?}"
    );
    assert_eq!(issued(&stage).len(), 1);
}

#[test]
fn a_rotation_whose_key_cannot_be_stored_is_refused() {
    let stage = Stage::of(bonded(Some(60)));
    let keys = stage.state().join("keys");
    fs::create_dir_all(&keys).expect("made");
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o755)).expect("set");
    let open = write(&stage, &["rotate", ID, "--confirm", ID]).run();
    assert_eq!((open.code, writes(&stage)), (1, 0), "{open:?}");
    says(&open, "chmod 700");
    fs::remove_dir(&keys).expect("removed");
    std::os::unix::fs::symlink("/tmp", &keys).expect("linked");
    let link = write(&stage, &["rotate", ID, "--confirm", ID]).run();
    assert_eq!((link.code, writes(&stage)), (1, 0), "{link:?}");
    assert_eq!(
        files(&stage.state(), "intents"),
        [],
        "and nothing is left open"
    );
}

#[test]
fn a_missing_key_file_is_not_reported_as_stored() {
    let stage = Stage::of(bonded(Some(60)));
    stage
        .practice
        .world()
        .faults
        .insert(Operation::Rotate, Fault::Done(Box::new(Fault::Status(502))));
    let lost = write(&stage, &["rotate", ID, "--confirm", ID]).run();
    assert_eq!(lost.code, 3, "{lost:?}");
    let (name, bytes) = files(&stage.state(), "intents").remove(0);
    let stored = br#"{"state":"stored","fingerprint":"01234567","file":"none.key"}"#;
    let path = stage.state().join("intents").join(name);
    fs::write(&path, [&bytes[..], stored, b"\n"].concat()).expect("written");
    let (code, document) = write(&stage, &["rotate", ID, "--recover"]).json();
    assert_eq!(
        (code, &document["outcome"]),
        (3, &"unclear".into()),
        "{document:#}"
    );
}

#[test]
fn verification_waits_for_a_pulse_after_the_rotation() {
    let stage = Stage::of(bonded(Some(60)));
    let verify = ["rotate", ID, "--confirm", ID, "--verify", "--wait"];
    let wait = |wait| {
        let arguments: Vec<_> = verify.iter().copied().chain([wait]).collect();
        write(&stage, &arguments).json()
    };
    let (code, document) = wait("1s");
    assert_eq!(
        (code, &document["outcome"]),
        (2, &"not-verified".into()),
        "{document:#}"
    );
    assert_eq!(key_files(&stage).len(), 1, "the key is kept all the same");
    let (code, document) = std::thread::scope(|scope| {
        scope.spawn(|| {
            while issued(&stage).len() < 2 {
                std::thread::sleep(Duration::from_millis(10));
            }
            let mut world = stage.practice.world();
            let later = world.now + Duration::from_secs(30);
            world.happened("duck.pulse", ID, later);
        });
        wait("20s")
    });
    assert_eq!(
        (code, &document["outcome"]),
        (0, &"done".into()),
        "{document:#}"
    );
    let journal = stage.duckops(&["journal"]).run();
    assert!(journal.stdout.contains("verified"), "{journal:?}");
    assert!(journal.stdout.contains(ID), "{journal:?}");
    assert_eq!(wait("soon").0, 64);
}

#[test]
fn an_ended_bond_is_not_sent_a_pulse_and_an_unknown_id_is_called_that() {
    let mut over = bonded(Some(60));
    let at = over.now - Duration::from_secs(5);
    over.happened("duck.unpecked", ID, at);
    let stage = Stage::of(over);
    let ran = stage.duckops(&["bond", "verify", ID]).run();
    assert_eq!(ran.code, 2, "{ran:?}");
    says(&ran, "duckops bond guide disconnect");
    assert!(!ran.stdout.contains("bond pulse"), "{ran:?}");
    let stage = Stage::of(bonded(Some(700)));
    let ran = stage.duckops(&["bond", "verify", ID]).run();
    says(&ran, &format!("duckops bond pulse {ID}"));
    let ran = write(&stage, &["rotate", "NOPE"]).run();
    assert_eq!(ran.code, 1, "{ran:?}");
    says(&ran, "names it");
    says(&ran, "duckops bond list");
    let pulse = stage
        .duckops(&["bond", "pulse", ID, "--endpoint-override"])
        .run();
    says(&pulse, "duckops help bond pulse");
}

#[test]
fn a_mute_of_an_id_that_nothing_names_is_pointed_out() {
    let stage = Stage::of(bonded(Some(60)));
    for (subject, is_known) in [
        (format!("bond:{ID}"), true),
        ("bond:NOPE".to_owned(), false),
        ("inc-004".to_owned(), true),
    ] {
        let mute = [
            "check", "-q", "--mute", &subject, "--until", "2h", "--by", "me",
        ];
        let ran = stage.duckops(&mute).run();
        let is_pointed_out = ran.stderr.contains("nothing that was read names bond NOPE");
        assert_eq!(is_pointed_out, !is_known, "{subject}: {ran:?}");
    }
    // A run that is not well names what is muted.
    let stage = Stage::of(world("inc-004"));
    let mute = ["check", "--mute", "inc-004", "--until", "2h", "--by", "me"];
    stage.duckops(&mute).run();
    let ran = stage.duckops(&["triage", "inc-004"]).run();
    says(&ran, "INC-004 is muted until 2026-03-22T05:12:09Z by me");
}
