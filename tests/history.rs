//! Claim: what is recorded can be taken out again, whole, by programs that we did not write,
//! and looked at.

use crate::support::{Stage, world};
use std::process::{Command, Stdio};

/// What Python's own readers make of an export: rows, the sum of the values, and the times.
const READ: &str = "\
import csv, datetime, json, sys
rows = []
if sys.argv[1] == 'csv':
    rows = list(csv.DictReader(sys.stdin))
else:
    lines = [json.loads(line) for line in sys.stdin]
    end = lines.pop()
    assert end == {'complete': True, 'readings': len(lines)}, end
    rows = lines
for row in rows:
    datetime.datetime.fromisoformat(row['at'].replace('Z', '+00:00'))
    assert not any(str(cell)[:1] in '=+@|%\\t' for cell in row.values() if cell), row
print(len(rows), sum(int(row['value']) for row in rows), len({row['fact'] for row in rows}))
";

fn read(kind: &str, text: &str) -> String {
    use std::io::Write;
    let mut python = Command::new("python3")
        .args(["-c", READ, kind])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    let mut input = python.stdin.take().expect("its input");
    input.write_all(text.as_bytes()).expect("written");
    drop(input);
    let output = python.wait_with_output().expect("ended");
    assert!(output.status.success(), "{kind}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn both_exports_hold_every_reading() {
    let stage = Stage::of(world("inc-004"));
    assert_eq!(stage.duckops(&["check"]).run().code, 2);
    let csv = stage.duckops(&["history", "export", "--csv"]).run();
    let jsonl = stage.duckops(&["history", "export", "--jsonl"]).run();
    assert_eq!((csv.code, jsonl.code), (0, 0));
    let (one, other) = (read("csv", &csv.stdout), read("jsonl", &jsonl.stdout));
    assert_eq!(one, other);
    let path = stage.state().join("history.db");
    let database = rusqlite::Connection::open(path).expect("opened");
    let recorded = database.query_row(
        "SELECT count(*) || ' ' || sum(value) || ' ' || count(DISTINCT series) FROM sample",
        [],
        |row| row.get::<_, String>(0),
    );
    assert_eq!(one.trim(), recorded.expect("counted"));
    println!("exported rows, sum, facts: {}", one.trim());
}

#[test]
fn a_trend_is_drawn_with_the_limits_of_its_runbook() {
    let stage = Stage::of(world("inc-005"));
    assert_eq!(stage.duckops(&["check"]).run().code, 2);
    let path = stage.home().join("trend.svg");
    let file = path.to_str().expect("a path");
    let ran = stage
        .duckops(&["history", "email.sent_24h", "--svg", file])
        .run();
    assert_eq!(ran.code, 0, "{ran:?}");
    let picture = std::fs::read_to_string(&path).expect("the picture");
    for word in [
        "warning above 159",
        "critical above 190",
        "last 198",
        "<circle",
    ] {
        assert!(picture.contains(word), "{word}: {picture}");
    }
    // An independent XML parser finds nothing wrong with it.
    let parsed = Command::new("python3")
        .args([
            "-c",
            "import sys,xml.dom.minidom as d;d.parse(sys.argv[1])",
            file,
        ])
        .status();
    assert!(parsed.expect("python3").success());
    let none = stage.duckops(&["history", "--svg", file]).run();
    assert_eq!(none.code, 64, "{none:?}");
    let nowhere = stage.duckops(&["history", "email.sent_24h", "--svg", "/proc/none/x.svg"]);
    assert_eq!(nowhere.run().code, 3);
}

#[test]
fn old_readings_are_pruned_on_demand_by_the_configured_retention() {
    let stage = Stage::of(world("healthy"));
    assert_eq!(stage.duckops(&["check"]).run().code, 0);
    let prune = |at: &str| {
        let prune = stage
            .duckops(&["history", "prune"])
            .env("DUCKOPS_TEST_NOW", at);
        let (code, document) = prune.json();
        assert_eq!(code, 0, "{document}");
        document["readings"].as_i64().expect("a number")
    };
    assert_eq!(prune("2026-03-22T03:12:09Z"), 0, "nothing is old");
    assert!(prune("2026-03-30T03:12:09Z") > 0);
    assert_eq!(prune("2026-03-30T03:12:09Z"), 0, "once");
    let config = stage.home().join(".config/duckops");
    std::fs::create_dir_all(&config).expect("a folder");
    std::fs::write(
        config.join("config.toml"),
        "[retention]\ndetail = \"30d\"\n",
    )
    .expect("written");
    let said = stage.duckops(&["history", "prune"]).run();
    assert!(
        said.stdout
            .contains("every reading is kept since 2026-02-20"),
        "{said:?}"
    );
}
