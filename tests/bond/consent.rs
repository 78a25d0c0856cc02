//! Claim: only a whole line that was typed after the plan was shown is consent.

use super::{ID, bonded, write, writes};
use crate::support::Stage;
use duckops::practice::{Fault, Operation};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

/// The end of input at a terminal: given twice, since the first one ends a line that was begun.
const END: &str = "\x04";

/// Runs a rotation at a terminal. `before` is typed while nothing was shown yet, `after` when
/// the question stands there. Returns the exit code and what was sent.
fn rotate(before: &str, after: &[&str]) -> (i32, usize) {
    let mut world = bonded(Some(60));
    // Time to type something before the plan is there.
    let slow = Fault::Delay(Duration::from_millis(1_500));
    world.faults.insert(Operation::Audit, slow);
    let stage = Stage::of(world);
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&ours).expect("granted");
    unlockpt(&ours).expect("unlocked");
    let name = ptsname(&ours, Vec::new()).expect("a name");
    let theirs = || {
        let path = name.to_str().expect("UTF-8");
        let open = File::options().read(true).write(true).open(path);
        OwnedFd::from(open.expect("the terminal"))
    };
    let mut command = write(&stage, &["rotate", ID]).command();
    let mut child = command
        .stdin(Stdio::from(theirs()))
        .stdout(Stdio::null())
        .stderr(Stdio::from(theirs()))
        .spawn()
        .expect("it runs");
    drop(command);
    let mut terminal = File::from(ours);
    let mut shown = terminal.try_clone().expect("a second handle");
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut text, mut piece) = (Vec::new(), [0; 4096]);
        // Reading fails when the other side is gone.
        while let Ok(read @ 1..) = shown.read(&mut piece) {
            text.extend_from_slice(&piece[..read]);
            if text.windows(3).any(|part| part == b"\n> ") {
                let _ = tell.send(());
            }
        }
    });
    terminal.write_all(before.as_bytes()).expect("typed");
    told.recv_timeout(Duration::from_secs(30))
        .expect("a question");
    // The question is on the screen a moment before it is read.
    std::thread::sleep(Duration::from_millis(300));
    for text in after {
        terminal.write_all(text.as_bytes()).expect("typed");
        std::thread::sleep(Duration::from_millis(100));
    }
    let code = child.wait().expect("it ends").code().unwrap_or(-1);
    (code, writes(&stage))
}

#[test]
fn a_line_typed_after_the_plan_was_shown_is_consent() {
    assert_eq!(rotate("", &[&format!("{ID}\n")]), (0, 1));
}

#[test]
fn input_typed_before_the_plan_is_not_consent() {
    // It is an answer to nothing, and the question is not asked again.
    assert_eq!(rotate(&format!("{ID}\n"), &[]), (5, 0));
}

#[test]
fn an_empty_line_typed_before_the_plan_is_no_answer_to_it() {
    assert_eq!(rotate("\n", &[&format!("{ID}\n")]), (0, 1));
}

#[test]
fn a_line_ended_by_end_of_input_is_not_consent() {
    assert_eq!(rotate("", &[ID, END, END]), (5, 0));
}
