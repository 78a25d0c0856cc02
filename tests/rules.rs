//! Claim: the alert rules fire for each incident, for a stale check and for an absent one, and
//! for nothing else. Prometheus' own promtool says so, where it is installed.

use crate::support::missing_tool::not_run;
use crate::support::{Stage, world};
use std::process::Command;

const RUNBOOKS: [(&str, &str); 7] = [
    ("inc-001", "P0"),
    ("inc-002", "P1"),
    ("inc-003", "P1"),
    ("inc-004", "P1"),
    ("inc-005", "P0"),
    ("peck", "P2"),
    ("bond", "P2"),
];

/// Whether promtool is there; on CI it has to be.
fn promtool() -> bool {
    let there = Command::new("promtool").arg("--version").output().is_ok();
    if !there {
        not_run("promtool is not installed (Debian: apt-get install prometheus)");
    }
    there
}

fn series(runbook: &str, verdict: &str, values: &str) -> String {
    format!(
        "      - series: 'duckops_runbook_verdict{{stack=\"prod\",run=\"all\",runbook=\"{runbook}\",verdict=\"{verdict}\"}}'\n        values: '{values}'\n"
    )
}

fn last(values: &str) -> String {
    format!(
        "      - series: 'duckops_last_complete_run_timestamp_seconds{{stack=\"prod\",run=\"all\"}}'\n        values: '{values}'\n"
    )
}

/// Every alert whether it fires at this minute: none, or with these labels.
fn due(at: &str, alert: &str, labels: Option<&[(&str, &str)]>) -> String {
    let mut text =
        format!("      - eval_time: {at}\n        alertname: {alert}\n        exp_alerts:");
    let Some(labels) = labels else {
        return text + " []\n";
    };
    text.push_str("\n          - exp_labels:\n");
    for (name, value) in labels {
        text.push_str(&format!("              {name}: \"{value}\"\n"));
    }
    text
}

#[test]
fn each_alert_fires_when_it_is_due_and_only_then() {
    if !promtool() {
        return;
    }
    let stage = Stage::of(world("healthy"));
    let rules = stage.duckops(&["rules"]).run();
    assert_eq!(rules.code, 0, "{rules:?}");
    let folder = stage.home();
    // Annotations are for people; what is compared here is what fires, with which labels.
    let bare: String = {
        let mut skipping = false;
        let lines = rules.stdout.lines().filter(|line| {
            if line.trim_start().starts_with("annotations:") {
                skipping = true;
            } else if line.trim_start().starts_with("- alert:") {
                skipping = false;
            }
            !skipping
        });
        lines.collect::<Vec<_>>().join("\n") + "\n"
    };
    std::fs::write(folder.join("rules.yml"), &bare).expect("written");
    std::fs::write(folder.join("whole.yml"), &rules.stdout).expect("written");
    let checked = Command::new("promtool")
        .args(["check", "rules", "whole.yml"])
        .current_dir(folder)
        .output()
        .expect("promtool");
    assert!(checked.status.success(), "{checked:?}");

    let mut tests = String::from("rule_files: [rules.yml]\nevaluation_interval: 1m\ntests:\n");
    let camel = |id: &str| match id.strip_prefix("inc-") {
        Some(number) => format!("DuckopsInc{number}"),
        None => format!("Duckops{}{}", id[..1].to_uppercase(), &id[1..]),
    };
    let mut points = 0;
    for (id, priority) in RUNBOOKS {
        // Well for ten minutes, critical for ten, well again; checked all the time.
        tests.push_str("  - interval: 1m\n    input_series:\n");
        tests.push_str(&series(id, "critical", "0x9 1x9 0x30"));
        tests.push_str(&series(id, "unknown", "0x60"));
        tests.push_str(&last("0+60x60"));
        tests.push_str("    alert_rule_test:\n");
        let of = |priority, severity| {
            [
                ("priority", priority),
                ("runbook", id),
                ("severity", severity),
                ("stack", "prod"),
            ]
        };
        let labels = of(priority, "critical");
        for (other, _) in RUNBOOKS {
            let alert = format!("{}Critical", camel(other));
            for (at, fires) in [("9m", false), ("10m", true), ("19m", true), ("20m", false)] {
                let fires = fires && other == id;
                tests.push_str(&due(at, &alert, fires.then_some(&labels)));
                points += 1;
            }
        }
        tests.push_str(&due("19m", "DuckopsCheckStale", None));
        tests.push_str(&due("19m", "DuckopsCheckAbsent", None));
        // Unknown for long enough.
        tests.push_str("  - interval: 1m\n    input_series:\n");
        tests.push_str(&series(id, "critical", "0x60"));
        tests.push_str(&series(id, "unknown", "1x60"));
        tests.push_str(&last("0+60x60"));
        tests.push_str("    alert_rule_test:\n");
        let labels = of("P2", "warning");
        let alert = format!("{}Unknown", camel(id));
        tests.push_str(&due("14m", &alert, None));
        tests.push_str(&due("15m", &alert, Some(&labels)));
        // A lasting warning; one that comes and goes raises no alert.
        tests.push_str("  - interval: 1m\n    input_series:\n");
        tests.push_str(&series(id, "critical", "0x60"));
        tests.push_str(&series(id, "warning", "1x9 0x9 1x40"));
        tests.push_str(&last("0+60x60"));
        tests.push_str("    alert_rule_test:\n");
        let labels = of("P3", "warning");
        let alert = format!("{}Warning", camel(id));
        tests.push_str(&due("19m", &alert, None));
        tests.push_str(&due("34m", &alert, None));
        tests.push_str(&due("35m", &alert, Some(&labels)));
        points += 7;
    }
    // What another incident explains is no alert of its own.
    tests.push_str("  - interval: 1m\n    input_series:\n");
    tests.push_str(&series("inc-001", "critical", "1x60"));
    tests.push_str(&series("inc-004", "unknown", "1x60"));
    tests.push_str(&last("0+60x60"));
    tests.push_str("    alert_rule_test:\n");
    tests.push_str(&due("40m", "DuckopsInc004Unknown", None));
    // A check that is no longer made: the file stays and says what it said.
    tests.push_str("  - interval: 1m\n    input_series:\n");
    tests.push_str(&last("60x60"));
    tests.push_str("    alert_rule_test:\n");
    let labels = [
        ("priority", "P1"),
        ("run", "all"),
        ("severity", "critical"),
        ("stack", "prod"),
    ];
    tests.push_str(&due("16m", "DuckopsCheckStale", None));
    tests.push_str(&due("17m", "DuckopsCheckStale", Some(&labels)));
    // No file at all.
    tests.push_str("  - interval: 1m\n    input_series:\n");
    tests.push_str(&series("inc-001", "critical", "0x60"));
    tests.push_str("    alert_rule_test:\n");
    let labels = [
        ("priority", "P1"),
        ("severity", "critical"),
        ("stack", "prod"),
    ];
    tests.push_str(&due("14m", "DuckopsCheckAbsent", None));
    tests.push_str(&due("15m", "DuckopsCheckAbsent", Some(&labels)));
    tests.push_str(&due("60m", "DuckopsHostSilent", None));
    points += 6;
    // One of two hosts is gone with its series: nothing is stale, and not everything is absent.
    tests.push_str("  - interval: 1m\n    input_series:\n");
    for (host, values) in [("a", "0+60x90"), ("b", "0+60x20 _x70")] {
        tests.push_str(
            &last(values).replace("run=\"all\"", &format!("run=\"all\",instance=\"{host}\"")),
        );
    }
    tests.push_str("    alert_rule_test:\n");
    let labels = [
        ("instance", "b"),
        ("priority", "P1"),
        ("run", "all"),
        ("severity", "critical"),
        ("stack", "prod"),
    ];
    for alert in ["DuckopsCheckAbsent", "DuckopsCheckStale"] {
        tests.push_str(&due("60m", alert, None));
    }
    tests.push_str(&due("20m", "DuckopsHostSilent", None));
    tests.push_str(&due("45m", "DuckopsHostSilent", Some(&labels)));
    points += 4;
    std::fs::write(folder.join("tests.yml"), &tests).expect("written");
    let run = || {
        Command::new("promtool")
            .args(["test", "rules", "tests.yml"])
            .current_dir(folder)
            .output()
            .expect("promtool")
    };
    let judged = run();
    let said = String::from_utf8_lossy(&judged.stderr).into_owned();
    assert!(judged.status.success(), "{said}");
    // And it would say so if a rule were missing.
    std::fs::write(folder.join("rules.yml"), bare.replace("> 900", "> 90000")).expect("written");
    assert!(!run().status.success(), "a stale check that nobody notices");
    println!("{points} points of time, judged by promtool");
}

#[test]
fn the_interval_sets_the_staleness_and_an_invalid_one_is_refused() {
    let stage = Stage::of(world("healthy"));
    let hourly = stage.duckops(&["rules", "--interval", "1h"]).run();
    assert!(hourly.stdout.contains("> 10800"), "{hourly:?}");
    for interval in ["", "5", "0s", "2d", "-5m"] {
        let argument = format!("--interval={interval}");
        let ran = stage.duckops(&["rules", &argument]).run();
        assert_eq!(ran.code, 64, "{interval}: {ran:?}");
    }
}

#[test]
fn every_alert_has_what_a_person_who_is_woken_needs() {
    let stage = Stage::of(world("healthy"));
    let parts = |text: &str| -> Vec<String> {
        let alerts = text.split("      - alert: ").skip(1);
        alerts.map(str::to_owned).collect()
    };
    let plain = stage.duckops(&["rules"]).run();
    let alerts = parts(&plain.stdout);
    assert_eq!(alerts.len(), 3 * RUNBOOKS.len() + 3, "{plain:?}");
    for alert in &alerts {
        for key in [
            "severity: \"",
            "summary: \"",
            "description: \"",
            "runbook_url: \"",
        ] {
            assert!(alert.contains(key), "{key}: {alert}");
        }
    }
    for (id, _) in RUNBOOKS {
        let of = |kind: &str| {
            let runbook = format!("runbook: \"{id}\"");
            let mut alerts = alerts.iter();
            alerts.any(|alert| alert.contains(&runbook) && alert.contains(kind))
        };
        assert!(of("severity: \"critical\"") && of("Warning\""), "{id}");
    }
    let folder = stage.home().join(".config/duckops");
    std::fs::create_dir_all(&folder).expect("a folder");
    let text = "runbook_url = \"https://wiki.invalid/{runbook}.html\"\n";
    std::fs::write(folder.join("config.toml"), text).expect("written");
    let linked = stage.duckops(&["rules"]).run();
    let link = "runbook_url: \"https://wiki.invalid/inc-004.html\"";
    assert_eq!(linked.stdout.matches(link).count(), 3, "{linked:?}");
}
