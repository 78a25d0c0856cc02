//! Claims: a rotation that is killed anywhere loses no key without saying so, issues none
//! twice, and claims no success that is not on disk.
//!
//! The whole of it takes long and is run by name:
//! `cargo test --test claims -- --ignored --nocapture bond::kill`. It needs `strace` and the
//! right to trace; without them it fails, and says that it did not run.

use super::{ID, bonded, files, write};
use crate::support::{Ran, Stage, under};
use duckops::practice::{Fault, Operation};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What many rounds came to.
#[derive(Debug, Default)]
struct Figures {
    rounds: usize,
    /// Rounds in which the process was still there to be killed.
    killed: usize,
    issued: usize,
    /// Keys that were in their file when the process ended.
    in_file: usize,
    /// Keys that recovery put there from the raw answer.
    recovered: usize,
    declared_lost: usize,
    unaccounted: usize,
    issued_twice: usize,
    false_success: usize,
}

/// One round: a rotation in its own state folder, which is killed, and all that
/// must hold afterwards.
struct Round<'a> {
    stage: &'a Stage,
    state: PathBuf,
    issued_before: usize,
}

impl<'a> Round<'a> {
    fn new(stage: &'a Stage, number: usize) -> Self {
        let mut world = stage.practice.world();
        let fresh = bonded(Some(60));
        world.bonds = fresh.bonds;
        world.audit = fresh.audit;
        Self {
            stage,
            state: stage.home().join(format!("round-{number}")),
            issued_before: world.issued.len(),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        write(self.stage, arguments)
            .env("DUCKOPS_STATE_DIR", self.state.clone().into_os_string())
            .command()
    }

    fn rotate(&self) -> Command {
        self.command(&["rotate", ID, "--confirm", ID])
    }

    fn recover(&self) -> (i32, String) {
        let mut command = self.command(&["rotate", ID, "--recover", "--output", "json"]);
        let output = command.stdin(Stdio::null()).output().expect("it runs");
        let document: serde_json::Value =
            serde_json::from_slice(&output.stdout).expect("a document");
        let outcome = document["outcome"].as_str().expect("an outcome").to_owned();
        (output.status.code().expect("a code"), outcome)
    }

    fn issued(&self) -> Vec<String> {
        let world = self.stage.practice.world();
        let new = world.issued.iter().skip(self.issued_before);
        new.map(|issued| issued.key.clone()).collect()
    }

    fn in_a_file(&self, key: &str, ending: &str) -> bool {
        let files = files(&self.state, "keys");
        files.iter().any(|(name, bytes)| {
            name.ends_with(ending) && String::from_utf8_lossy(bytes).contains(key)
        })
    }

    /// What must hold after the process has ended, with this code if it ended by itself.
    fn settle(&self, code: Option<i32>, figures: &mut Figures) {
        figures.rounds += 1;
        figures.killed += usize::from(code.is_none());
        let before: Vec<_> = self
            .issued()
            .iter()
            .map(|key| self.in_a_file(key, ".key"))
            .collect();
        if code == Some(0) && before != [true] {
            figures.false_success += 1;
        }
        let (first, outcome) = self.recover();
        // Settled rotations stay settled; unsettled ones are reported again.
        let again = self.recover();
        match outcome.as_str() {
            "nothing-open" | "recovered" => assert_eq!(again, (0, "nothing-open".to_owned())),
            _ => assert_eq!(again, (first, outcome.clone())),
        }
        let issued = self.issued();
        figures.issued += issued.len();
        figures.issued_twice += issued.len().saturating_sub(1);
        for (number, key) in issued.iter().enumerate() {
            if self.in_a_file(key, ".key") {
                match before.get(number) {
                    Some(true) => figures.in_file += 1,
                    _ => figures.recovered += 1,
                }
            } else if outcome == "unclear" {
                figures.declared_lost += 1;
            } else {
                figures.unaccounted += 1;
                println!("unaccounted: {outcome}, {:?}", files(&self.state, "keys"));
            }
        }
        if outcome == "unclear" {
            let again = self.rotate().output().expect("it runs");
            assert_eq!(again.status.code(), Some(1), "a second one by itself");
            assert_eq!(self.issued().len(), issued.len(), "a second one by itself");
        }
        std::fs::remove_dir_all(&self.state).ok();
    }
}

impl Figures {
    fn add(&mut self, more: &Figures) {
        self.rounds += more.rounds;
        self.killed += more.killed;
        self.issued += more.issued;
        self.in_file += more.in_file;
        self.recovered += more.recovered;
        self.declared_lost += more.declared_lost;
        self.unaccounted += more.unaccounted;
        self.issued_twice += more.issued_twice;
        self.false_success += more.false_success;
    }

    fn hold(&self, what: &str) {
        println!("{what}: {self:?}");
        assert!(self.issued > 0, "{self:?}");
        assert_eq!(
            (self.unaccounted, self.issued_twice, self.false_success),
            (0, 0, 0),
            "{self:?}"
        );
        assert_eq!(
            self.issued,
            self.in_file + self.recovered + self.declared_lost,
            "{self:?}"
        );
    }
}

/// Numbers that are the same in every run of one seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % most.max(1)
    }
}

fn random(rounds: usize, seed: u64) -> Figures {
    let stage = Stage::of(bonded(Some(60)));
    let mut dice = Dice(seed);
    let mut figures = Figures::default();
    let mut usual = Vec::new();
    for number in 0..5 {
        let round = Round::new(&stage, number);
        let began = Instant::now();
        let code = round.rotate().output().expect("it runs").status.code();
        usual.push(began.elapsed());
        round.settle(code, &mut figures);
    }
    usual.sort();
    let usual = usual[2].as_micros() as u64;
    for number in 5..rounds {
        let fault = match dice.below(4) {
            0 => Some(Fault::Delay(Duration::from_millis(dice.below(8)))),
            1 => Some(Fault::Done(Box::new(Fault::Trickle))),
            2 => Some(Fault::Done(Box::new(Fault::ResetAfter(
                dice.below(120) as usize
            )))),
            _ => None,
        };
        let mut faults = BTreeMap::new();
        faults.extend(fault.map(|fault| (Operation::Rotate, fault)));
        stage.practice.world().faults = faults;
        let round = Round::new(&stage, number);
        let mut child = round
            .rotate()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        std::thread::sleep(Duration::from_micros(dice.below(usual * 6 / 5)));
        child.kill().ok();
        let code = child.wait().expect("it ended").code();
        if dice.below(3) == 0 {
            // Recovery can be killed as well.
            let mut recovery = round.command(&["rotate", ID, "--recover"]);
            let recovery = recovery.stdout(Stdio::null()).stderr(Stdio::null());
            let mut recovery = recovery.spawn().expect("it runs");
            std::thread::sleep(Duration::from_micros(dice.below(usual)));
            recovery.kill().ok();
            recovery.wait().expect("it ended");
        }
        round.settle(code, &mut figures);
    }
    figures
}

#[test]
fn a_kill_at_any_moment_never_loses_a_key_silently() {
    // On a busy machine a whole batch may miss the moment between answer and key file.
    let is_telling = (1..=6).any(|seed| {
        let figures = random(120, seed);
        figures.hold("120 random kills");
        figures.killed > 0 && figures.recovered > 0
    });
    assert!(is_telling, "no kill left a key to recover");
}

/// The rounds are divided among stages of their own, because most of a round is waiting: for the
/// disk, and for the moment of the kill.
#[test]
#[ignore = "half an hour on one core; run it by name"]
fn ten_thousand_random_kills() {
    const STAGES: u64 = 4;
    let began = Instant::now();
    let seeds: Vec<u64> = (2..2 + STAGES).collect();
    let rounds = 10_000 / seeds.len();
    let all = crate::support::at_once(seeds.len(), &seeds, |seed| random(rounds, *seed));
    let mut sum = Figures::default();
    for figures in &all {
        sum.add(figures);
    }
    assert_eq!(sum.rounds, 10_000);
    sum.hold("10,000 random kills");
    println!("in {:.0?}", began.elapsed());
}

/// The system calls that touch a file or a socket.
const TOUCHING: &str = "openat,open,creat,read,pread64,readv,write,pwrite64,writev,fallocate,\
    ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,link,linkat,mkdir,\
    mkdirat,fchmod,fchmodat,chmod,flock,fcntl,lseek,statx,fstat,newfstatat,getdents64,socket,\
    connect,sendto,sendmsg,recvfrom,recvmsg,setsockopt,getsockopt,shutdown,close";

/// A call of the program under `strace` with these further options.
fn traced(options: &[&str], command: &Command) -> Ran {
    let trace = format!("trace={TOUCHING}");
    let first = ["-f", "-qq", "-e", "signal=none", "-e", &trace];
    let arguments = [&first, options, &["--"]].concat();
    let mut strace = under(command, "strace", &arguments);
    let output = strace.output().unwrap_or_else(|error| {
        panic!("NOT RUN: strace cannot be started ({error})");
    });
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The lines of a trace of one good run, and how often the main thread makes each call.
fn good_run(round: &Round<'_>, trace: &Path) -> (Vec<String>, BTreeMap<String, usize>) {
    let to = trace.to_str().expect("a path");
    let ran = traced(&["-y", "-o", to], &round.rotate());
    assert_eq!(ran.code, 0, "NOT RUN: strace may not trace here: {ran:?}");
    let text = std::fs::read_to_string(trace).expect("a trace");
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let main = lines[0].split_whitespace().next().expect("a process");
    let mut calls = BTreeMap::new();
    for line in lines.iter().filter(|line| line.starts_with(main)) {
        let call = line[main.len()..].trim_start();
        if let Some((name, _)) = call.split_once('(').filter(|_| !call.starts_with('<')) {
            *calls.entry(name.to_owned()).or_default() += 1;
        }
    }
    (lines, calls)
}

#[test]
#[ignore = "needs strace; some minutes; run it by name"]
fn strace_kill_at_every_system_call_loses_no_key_silently() {
    let stage = Stage::of(bonded(Some(60)));
    let mut figures = Figures::default();
    let round = Round::new(&stage, 0);
    let (_, calls) = good_run(&round, &stage.home().join("trace"));
    round.settle(Some(0), &mut figures);
    let points: usize = calls.values().sum();
    let mut number = 1;
    for (call, times) in &calls {
        for time in 1..=*times {
            let round = Round::new(&stage, number);
            number += 1;
            let inject = format!("inject={call}:signal=SIGKILL:when={time}");
            let ran = traced(&["-o", "/dev/null", "-e", &inject], &round.rotate());
            let code = Some(ran.code).filter(|code| *code >= 0);
            round.settle(code, &mut figures);
        }
    }
    println!("kill points: {points} of {} kinds of calls", calls.len());
    figures.hold("killed at every call");
    assert!(figures.killed * 10 >= points * 9, "{figures:?} of {points}");
    // What had arrived was never given up for lost.
    assert!(
        figures.recovered > 0 && figures.declared_lost < 10,
        "{figures:?}"
    );
}

#[test]
#[ignore = "needs strace; a minute or two; run it by name"]
fn strace_failure_of_any_system_call_loses_no_issued_key() {
    let stage = Stage::of(bonded(Some(60)));
    let mut figures = Figures::default();
    let round = Round::new(&stage, 0);
    let (_, calls) = good_run(&round, &stage.home().join("trace"));
    round.settle(Some(0), &mut figures);
    // The disk is full, is broken, or the call is interrupted.
    let files = [
        "fallocate",
        "write",
        "fsync",
        "fdatasync",
        "renameat2",
        "unlinkat",
        "ftruncate",
        "fchmod",
        "mkdir",
        "mkdirat",
        "flock",
        "openat",
        "fstat",
        "lseek",
        "read",
        "recvfrom",
        "sendto",
        "connect",
        "socket",
    ];
    let (mut number, mut refused) = (1, 0);
    for (call, times) in calls
        .iter()
        .filter(|(call, _)| files.contains(&call.as_str()))
    {
        for time in 1..=*times {
            for error in ["EIO", "ENOSPC", "EINTR"] {
                let round = Round::new(&stage, number);
                number += 1;
                let inject = format!("inject={call}:error={error}:when={time}");
                let ran = traced(&["-o", "/dev/null", "-e", &inject], &round.rotate());
                // Whatever fails, the exit code is one that was promised, or the program did
                // not even start.
                assert!(!matches!(ran.code, 101 | 134 | 139), "{inject}: {ran:?}");
                refused += usize::from(ran.code == 1);
                if matches!(ran.code, 1 | 5) {
                    assert_eq!(round.issued().len(), 0, "{inject}: {ran:?}");
                }
                round.settle(Some(ran.code), &mut figures);
            }
        }
    }
    figures.hold("every call failing");
    println!("{number} runs, {refused} of them refused with nothing sent");
    assert!(refused > 20, "{refused}");
}

/// That nothing is reported before it would survive a power cut is read off the order of the
/// calls; that is no power cut.
#[test]
#[ignore = "needs strace; run it by name"]
fn strace_nothing_is_reported_before_key_and_directory_are_synced() {
    let stage = Stage::of(bonded(Some(60)));
    let round = Round::new(&stage, 0);
    let (lines, _) = good_run(&round, &stage.home().join("trace"));
    let place = |what: &str, parts: &[&str]| {
        let found = lines.iter().position(|line| {
            line.contains(&format!(" {what}(")) && parts.iter().all(|part| line.contains(part))
        });
        found.unwrap_or_else(|| panic!("{what} {parts:?} is not in {lines:#?}"))
    };
    let last = |what: &str, parts: &[&str]| {
        let found = lines.iter().rposition(|line| {
            line.contains(&format!(" {what}(")) && parts.iter().all(|part| line.contains(part))
        });
        found.unwrap_or_else(|| panic!("{what} {parts:?}"))
    };
    let sent = lines
        .iter()
        .position(|line| {
            line.contains("POST /beak/rotate") || line.contains("POST /prod/beak/rotate")
        })
        .expect("the request");
    let order = [
        (
            "the intent's first line",
            place("fdatasync", &["/intents/", ".tmp>"]),
        ),
        ("the intent's name", place("renameat2", &["/intents>"])),
        ("the intents' folder", place("fsync", &["/intents>"])),
        ("the spool's room", place("fallocate", &[".spool>"])),
        ("the spool", place("fsync", &[".spool>"])),
        ("the keys' folder", place("fsync", &["/keys>"])),
        ("the journal", place("fsync", &["journal.jsonl>"])),
        ("the mark", last("fdatasync", &["/intents/"]).min(sent - 1)),
        ("the request", sent),
        ("the raw answer", place("fdatasync", &[".spool>"])),
        ("the key", place("fsync", &[".key.tmp>"])),
        ("the key's name", place("renameat2", &["/keys>"])),
        ("the keys' folder again", last("fsync", &["/keys>"])),
        ("the report", place("write", &["(1<", "DONE "])),
    ];
    for pair in order.windows(2) {
        assert!(
            pair[0].1 < pair[1].1,
            "{} before {}: {order:?}",
            pair[0].0,
            pair[1].0
        );
    }
    let renamed = place("renameat2", &["/keys>"]);
    let synced = (renamed..lines.len()).find(|at| {
        lines[*at].contains(" fsync(")
            && lines[*at].contains("/keys>")
            && lines[*at].ends_with("= 0")
    });
    assert!(
        synced.is_some_and(|at| at < place("write", &["(1<", "DONE "])),
        "{order:?}"
    );
    let marks = lines.iter().take(sent);
    let marked = marks
        .filter(|line| line.contains("write(") && line.contains("sending"))
        .count();
    assert!(marked > 0, "the mark is written before the request");
}
