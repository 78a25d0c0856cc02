//! Many processes record at once and are killed at any moment: every acknowledged snapshot is
//! there exactly once. The full run is `cargo test --lib -- --ignored --nocapture the_whole_storm`.
#![allow(clippy::unwrap_used)] // A broken test may say so loudly.
#![allow(clippy::print_stdout)] // Figures are what this is for.

use super::tests::{LONG, checked, prod, snapshot};
use super::*;
use std::collections::BTreeSet;
use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;
use tempfile::TempDir;
use ulid::Ulid;

const PATH: &str = "DUCKOPS_TEST_STORM_PATH";
const ACKS: &str = "DUCKOPS_TEST_STORM_ACKS";
const EACH: &str = "DUCKOPS_TEST_STORM_EACH";

#[test]
#[ignore = "a part of the tests below"]
fn child_of_the_storm() {
    let told = |name| env::var(name).ok();
    let (Some(path), Some(acks), Some(each)) = (told(PATH), told(ACKS), told(EACH)) else {
        return;
    };
    let mut acks = OpenOptions::new()
        .append(true)
        .create(true)
        .open(acks)
        .unwrap();
    let mut history = Sqlite::open(Path::new(&path), LONG).unwrap();
    for i in 0..each.parse().unwrap() {
        let id = Ulid::generate();
        let began = Instant::now();
        history.record(&snapshot(id.into(), i, i)).unwrap();
        let line = format!("{id} {}\n", began.elapsed().as_micros());
        // One write: a line is whole or not there, also of a process that is killed.
        acks.write_all(line.as_bytes()).unwrap();
    }
}

struct Writer {
    child: Child,
    acks: PathBuf,
}

impl Writer {
    fn start(path: &Path, acks: PathBuf, each: usize) -> Self {
        let done = fs::read_to_string(&acks).unwrap_or_default();
        let left = each.saturating_sub(done.lines().count());
        let name = "history::sqlite::tests_storm::child_of_the_storm";
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", name, "--ignored", "--nocapture"])
            .env(PATH, path)
            .env(ACKS, &acks)
            .env(EACH, left.to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, acks }
    }
}

fn uneven(number: usize) -> usize {
    (number.wrapping_mul(2_654_435_761) >> 7) & 0xffff
}

fn storm(writers: usize, each: usize, kills: usize) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.db");
    let over = AtomicBool::new(false);
    let reads = AtomicUsize::new(0);
    let mut killed = 0;
    std::thread::scope(|threads| {
        // One that opens, reads and closes; one that sits on what it reads; one that tidies.
        threads.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let history = Sqlite::open(&path, LONG).unwrap();
                history.ledger(&prod()).unwrap();
                reads.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        threads.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                if let Ok(Db::Open(db)) = open_for_reading(&path) {
                    let look = db.unchecked_transaction().unwrap();
                    let _: i64 = look
                        .query_row("SELECT count(*) FROM sample", [], |row| row.get(0))
                        .unwrap();
                    std::thread::sleep(Duration::from_millis(500));
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        threads.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                if let Ok(Db::Open(db)) = open_for_reading(&path) {
                    let _ = db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
                }
                std::thread::sleep(Duration::from_millis(35));
            }
        });
        let acks = |number| folder.path().join(format!("acks-{number}"));
        let mut running: Vec<_> = (0..writers)
            .map(|number| Writer::start(&path, acks(number), each))
            .collect();
        for round in 0..kills {
            std::thread::sleep(Duration::from_millis(5 + uneven(round) as u64 % 45));
            let victim = uneven(round + 7_777) % writers;
            if running[victim].child.try_wait().unwrap().is_some() {
                continue;
            }
            running[victim].child.kill().unwrap();
            running[victim].child.wait().unwrap();
            killed += 1;
            let acks = running[victim].acks.clone();
            running[victim] = Writer::start(&path, acks, each);
        }
        let ended: Vec<_> = running
            .iter_mut()
            .map(|writer| writer.child.wait().unwrap().success())
            .collect();
        over.store(true, Ordering::Relaxed);
        assert!(ended.iter().all(|ended| *ended), "{ended:?}");
    });
    let mut acknowledged = Vec::new();
    let mut took: Vec<u64> = Vec::new();
    for number in 0..writers {
        let text = fs::read_to_string(folder.path().join(format!("acks-{number}"))).unwrap();
        for line in text.lines() {
            let (id, micros) = line.split_once(' ').unwrap();
            acknowledged.push(id.to_owned());
            took.push(micros.parse().unwrap());
        }
    }
    let history = Sqlite::open(&path, LONG).unwrap();
    let Db::Open(db) = &history.db else {
        panic!("it is open")
    };
    let mut rows = db.prepare("SELECT ulid FROM snapshot").unwrap();
    let rows: Vec<String> = rows
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let known: BTreeSet<_> = rows.iter().collect();
    let lost = acknowledged.iter().filter(|id| !known.contains(id)).count();
    let twice = rows.len() - known.len();
    let unacknowledged = rows.len() - acknowledged.len();
    took.sort_unstable();
    let at = |share: usize| took[(took.len() - 1) * share / 100] as f64 / 1e3;
    println!(
        "storm: SQLite {}, {writers} writers, {killed} killed, {} acknowledged, {lost} lost, {twice} twice, \
         {unacknowledged} recorded and not acknowledged, {} reads beside, commit p50 {:.1} ms, p99 {:.1} ms",
        rusqlite::version(),
        acknowledged.len(),
        reads.load(Ordering::Relaxed),
        at(50),
        at(99),
    );
    assert_eq!(acknowledged.len(), writers * each);
    assert_eq!((lost, twice), (0, 0));
    assert!(unacknowledged <= killed, "{unacknowledged} of {killed}");
    assert!(killed > 0, "nobody was killed");
    assert_eq!(checked(&history), "ok");
}

#[test]
fn acknowledged_snapshots_survive_repeated_kills() {
    storm(6, 40, 25);
}

#[test]
#[ignore = "takes minutes"]
fn the_whole_storm() {
    storm(32, 200, 600);
}
