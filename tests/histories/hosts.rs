//! Several hosts, one table: processes that have nothing in common but its name.
//!
//! The tests named `child_` are those processes; they do nothing unless another test starts
//! them. A part of the rounds is made with every run of the tests; all of them by
//! `cargo test --test claims -- --ignored two_hundred_rounds --nocapture`.

use super::{Place, Table, access, ducks, prod, since, snapshot};
use crate::support::receiver::Receiver;
use crate::support::{Raw, Stage, world};
use duckops::history::{self, CheckState, Exchanged};
use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use time::format_description::well_known::Rfc3339;

const URL: &str = "DUCKOPS_TEST_TABLE_URL";
const NUMBER: &str = "DUCKOPS_TEST_HOST_NUMBER";

/// Another process that shares the table, and does one thing for each line of its input.
struct Host {
    child: Child,
    tell: ChildStdin,
    said: BufReader<ChildStdout>,
}

impl Host {
    fn start(url: &str, number: usize) -> Self {
        let mut child = Command::new(env::current_exe().expect("this program"))
            .args(["--exact", "histories::hosts::child_host", "--ignored"])
            .args(["--nocapture", "--test-threads=1"])
            .env(URL, url)
            .env(NUMBER, number.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child");
        let tell = child.stdin.take().expect("a pipe");
        let said = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, tell, said }
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.tell, "{line}").expect("the host lives");
    }

    /// What it says next; the words of the test harness are none of its own.
    fn says(&mut self) -> String {
        loop {
            let mut line = String::new();
            let read = self.said.read_line(&mut line).expect("the host lives");
            assert!(read > 0, "the host ended");
            if let Some((_, said)) = line.trim_end().split_once("HOST ") {
                return said.to_owned();
            }
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "a part of the tests below"]
fn child_host() {
    let (Ok(url), Ok(number)) = (env::var(URL), env::var(NUMBER)) else {
        return;
    };
    let number: u128 = number.parse().expect("a number");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let keep = (time::Duration::days(7), time::Duration::days(90));
    let access = access(&runtime, &url, keep);
    let mut history = history::share(&ducks(), access, Duration::from_secs(20));
    let mut round: u128 = 0;
    for line in std::io::stdin().lines() {
        match line.expect("a line").as_str() {
            "read" => {
                round += 1;
                let CheckState { revision, .. } = history.ledger(&prod()).expect("a ledger");
                println!("HOST {revision}");
            }
            other => {
                let revision = other.parse().expect("a revision");
                let second = i64::try_from(round).expect("a round");
                let snapshot = snapshot(number * 1_000_000 + round, second, 1);
                let document = format!("{number}");
                let done = history.exchange(&prod(), revision, &document, Some(&snapshot));
                println!("HOST {}", done.expect("an answer") == Exchanged::Done);
            }
        }
    }
}

/// All read the same revision, then all try to write the next at the same moment.
fn race(table: &Table, hosts: usize, rounds: usize) {
    let began = Instant::now();
    let url = table.emulator.url();
    let mut all: Vec<_> = (1..=hosts)
        .map(|number| Host::start(&url, number))
        .collect();
    let mut won = vec![0; hosts];
    for round in 0..rounds {
        all.iter_mut().for_each(|host| host.tell("read"));
        for host in &mut all {
            assert_eq!(host.says(), round.to_string());
        }
        all.iter_mut()
            .for_each(|host| host.tell(&round.to_string()));
        let done: Vec<_> = all.iter_mut().map(Host::says).collect();
        let winners = done.iter().filter(|done| *done == "true").count();
        assert_eq!(winners, 1, "round {round}: {done:?}");
        let winner = done.iter().position(|done| done == "true").expect("one");
        won[winner] += 1;
        let ledger = table.open().ledger(&prod()).expect("a ledger");
        assert_eq!(ledger.document, (winner + 1).to_string());
    }
    let recorded = since(&*table.open(), 0).len();
    assert_eq!(recorded, hosts * rounds, "of every host every snapshot");
    println!(
        "{hosts} hosts, {rounds} rounds in {:.0?}: one winner each, by host {won:?}; {recorded} snapshots recorded",
        began.elapsed()
    );
}

#[test]
fn one_of_several_hosts_changes_the_ledger() {
    for hosts in [2, 5] {
        race(&Table::new(), hosts, 10);
    }
}

/// A host with a state folder and a configuration of its own, and a channel.
struct Machine {
    home: PathBuf,
}

impl Machine {
    fn new(stage: &Stage, name: &str, channel: &str) -> Self {
        let home = stage.home().join(name);
        let folder = home.join(".config/duckops");
        std::fs::create_dir_all(&folder).expect("a folder");
        let secret = folder.join("hook");
        std::fs::write(&secret, channel).expect("written");
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&secret, mode).expect("0600");
        let text = format!(
            "[notify.hook]\nkind = \"webhook\"\nurl_file = \"{}\"\nfrom = \"critical\"\n",
            secret.display()
        );
        std::fs::write(folder.join("config.toml"), text).expect("written");
        Self { home }
    }

    /// A check of INC-005 with notifications; `world` plays AWS, `named` is the stack it is about.
    fn check(&self, named: &Stage, world: &Stage, table: &Table, at: &str) -> Command {
        self.run(&["check", "inc-005", "--notify"], named, world, table, at)
    }

    fn run(
        &self,
        arguments: &[&str],
        named: &Stage,
        world: &Stage,
        table: &Table,
        at: &str,
    ) -> Command {
        let mut command = named
            .duckops(&[arguments, &["--deadline", "60s"]].concat())
            .env("HOME", &self.home)
            .env("DUCKOPS_STATE_DIR", self.home.join("state"))
            .env("AWS_ENDPOINT_URL", world.practice.aws_url())
            .env("AWS_ENDPOINT_URL_DYNAMODB", table.emulator.url())
            .env("DUCKOPS_HISTORY", "dynamodb:ducks")
            .env("DUCKOPS_TEST_NOW", at)
            .command();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// A table that does not answer in time, on a machine that has too much to do, costs a call its
/// place among the others, and it says so: then they are made anew.
#[test]
fn one_of_several_machines_escalates_and_the_others_name_it() {
    assert!((0..3).any(|_| one_of_them_calls()), "no table was in time");
}

/// Whether every one of them could use the table.
fn one_of_them_calls() -> bool {
    let (table, stage) = (Table::new(), Stage::of(world("inc-005")));
    let hook = Receiver::well();
    let at = "2026-03-22T03:12:09Z";
    let names = ["one", "two", "three"];
    let machines = names.map(|name| Machine::new(&stage, name, &hook.url()));
    let call = |place: usize| {
        let arguments = [
            "escalate",
            "inc-005",
            "--confirm",
            "inc-005",
            "--endpoint-override",
            "--operator",
            names[place],
        ];
        machines[place].run(&arguments, &stage, &stage, &table, at)
    };
    let started: Vec<_> = (0..names.len())
        .map(|place| call(place).spawn().expect("it starts"))
        .collect();
    let end = |child: Child| child.wait_with_output().expect("it ends");
    let ended: Vec<_> = started.into_iter().map(end).collect();
    let is_late = |ended: &std::process::Output| {
        String::from_utf8_lossy(&ended.stdout).contains("others will not know of this call")
    };
    if ended.iter().any(is_late) {
        return false;
    }
    let code = |place: usize| ended[place].status.code();
    let callers: Vec<_> = (0..names.len())
        .filter(|place| code(*place) == Some(0))
        .collect();
    let [caller] = callers[..] else {
        panic!("{callers:?}: {ended:#?}");
    };
    for place in (0..names.len()).filter(|place| *place != caller) {
        let told = String::from_utf8_lossy(&ended[place].stdout);
        assert_eq!(code(place), Some(4), "{told}");
        assert!(
            told.contains(&format!("by {} from ", names[caller])),
            "{told}"
        );
    }
    let came = hook.came();
    assert_eq!(came.len(), 1, "{came:#?}");
    assert_eq!(came[0]["brief"]["by"], names[caller]);
    true
}

/// Every round an incident begins, all hosts see it at the same moment, and it ends.
///
/// A table that does not answer within a check's budget, on a machine that has too much to do,
/// costs that check its comparison; the next one sends, and is counted.
fn escalations(table: &Table, hosts: usize, rounds: usize) -> usize {
    let began = Instant::now();
    let (ill, well) = (Stage::of(world("inc-005")), Stage::of(world("healthy")));
    let hook = Receiver::well();
    let machines: Vec<_> = (0..hosts)
        .map(|number| Machine::new(&ill, &format!("host-{number}"), &hook.url()))
        .collect();
    // A run without the table sends its own message under the same key, and says so.
    let is_alone = |message: &serde_json::Value| message["incident"] == message["dedup_key"];
    let told = || hook.came().iter().filter(|one| !is_alone(one)).count();
    let (mut later, mut alone) = (0, 0);
    for round in 0..rounds {
        // Far enough apart that no lease lasts from one round to the next.
        let at = |tries: usize| {
            let seconds = 600 * round + 61 * tries;
            let at = crate::support::now() + Duration::from_secs(seconds as u64);
            for stage in [&ill, &well] {
                stage.practice.world().now = at;
            }
            at.format(&Rfc3339).expect("a time")
        };
        let together = at(0);
        let running: Vec<_> = machines
            .iter()
            .map(|host| {
                host.check(&ill, &ill, table, &together)
                    .spawn()
                    .expect("runs")
            })
            .collect();
        let ended = running
            .into_iter()
            .map(|running| running.wait_with_output());
        let mut said: Vec<_> = ended.map(|output| (2, output)).collect();
        for (stage, code, due) in [(&ill, 2, 2 * round + 1), (&well, 0, 2 * round + 2)] {
            let mut tries = 0;
            while told() < due {
                assert!(tries < 5, "round {round}, nobody is told: {said:#?}");
                let host = &machines[(round + tries) % hosts];
                said.push((code, host.check(&ill, stage, table, &at(tries)).output()));
                tries += 1;
            }
            later += if code == 0 { tries - 1 } else { tries };
            assert_eq!(told(), due, "round {round}: {said:#?}");
        }
        for (code, output) in said {
            let output = output.expect("it ends");
            assert_eq!(output.status.code(), Some(code), "{round}: {output:?}");
            let said = String::from_utf8_lossy(&output.stderr);
            alone += usize::from(said.contains("each check sends again, with the same key"));
        }
    }
    let came = hook.came();
    let by_themselves = came.iter().filter(|one| is_alone(one)).count();
    assert_eq!(by_themselves, alone, "each of them said so");
    assert!(
        came.iter()
            .all(|one| one["dedup_key"] == came[0]["dedup_key"])
    );
    let mut incidents: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in came.iter().filter(|one| !is_alone(one)) {
        let word = |name: &str| message[name].as_str().expect("a text").to_owned();
        let kinds = incidents.entry(word("incident")).or_default();
        kinds.push(word("kind"));
    }
    assert_eq!(incidents.len(), rounds, "an incident each round");
    for (incident, kinds) in &incidents {
        assert_eq!(kinds, &["trigger", "resolve"], "{incident}");
    }
    println!(
        "{hosts} hosts, {rounds} incidents seen by all at once in {:.0?}: {rounds} escalations, {rounds} ends, none twice; {later} told by a later check, {alone} without the table",
        began.elapsed()
    );
    incidents.len()
}

#[test]
fn an_incident_seen_by_several_hosts_is_escalated_once() {
    for hosts in [2, 5] {
        assert_eq!(escalations(&Table::new(), hosts, 2), 2);
    }
}

#[test]
#[ignore = "takes minutes; see above"]
fn two_hundred_rounds_for_one_ledger() {
    // A table is used for twenty rounds, as below.
    for hosts in [2, 5] {
        (0..10).for_each(|_| race(&Table::new(), hosts, 20));
        println!("{hosts} hosts: 200 rounds, one winner each");
    }
}

#[test]
#[ignore = "takes minutes; see above"]
fn two_hundred_rounds_of_escalations() {
    // The emulator needs 7 ms for every snapshot in an answer, so that a table of a few
    // hundred would use up the budget of a check: each is used for twenty rounds.
    for hosts in [2, 5] {
        let told: usize = (0..10).map(|_| escalations(&Table::new(), hosts, 20)).sum();
        println!("{hosts} hosts: {told} incidents, {told} escalations");
        assert_eq!(told, 200);
    }
}

#[test]
fn a_host_killed_during_delivery_is_replaced_after_its_lease() {
    let table = Table::new();
    let ill = Stage::of(world("inc-005"));
    let hanging = Raw::with(|_| {
        std::thread::sleep(Duration::from_secs(120));
        Vec::new()
    });
    let hook = Receiver::well();
    let doomed = Machine::new(&ill, "doomed", &hanging.url());
    let other = Machine::new(&ill, "other", &hook.url());
    let at = |second: i64| {
        let at = crate::support::now() + time::Duration::seconds(second);
        ill.practice.world().now = at;
        at.format(&Rfc3339).expect("a time")
    };
    let mut killed = doomed
        .check(&ill, &ill, &table, &at(0))
        .spawn()
        .expect("runs");
    let began = Instant::now();
    while hanging.connections() == 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "it never told");
        std::thread::sleep(Duration::from_millis(10));
    }
    killed.kill().expect("killed");
    killed.wait().expect("dead");
    for (second, due) in [(30, 0), (59, 0), (61, 1), (90, 1)] {
        let run = other.check(&ill, &ill, &table, &at(second)).output();
        let run = run.expect("it ends");
        assert_eq!(run.status.code(), Some(2), "{second} s: {run:?}");
        let came = hook.came();
        assert_eq!(came.len(), due, "{second} s: {came:#?}");
    }
    let came = hook.came();
    assert_eq!(came[0]["kind"], "trigger");
    assert!(Path::new(&other.home).join("state").exists());
}
