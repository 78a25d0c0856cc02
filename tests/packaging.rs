//! Claim: packaging and publishing agree and are defined once: nothing is released while
//! the target is not set, both packages hold the same files, the dashboard queries series that
//! exist, the container is healthy by the age of its last check, and the gates end as the check
//! does. What needs a clean root, Prometheus or other tools is tried by the scripts in `packaging/`.

use crate::support::emulator::environment;
use crate::support::{Stage, world};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn run(program: impl Into<PathBuf>, set: &[(&str, &str)]) -> Output {
    Command::new(program.into())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .envs(set.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("it runs")
}

#[test]
fn nothing_is_released_while_nobody_knows_where_to() {
    let set = read("packaging/publish.env");
    let value = set
        .lines()
        .find_map(|line| line.strip_prefix("REPOSITORY="));
    // Changed together with the decision where to publish.
    assert_eq!(
        value,
        Some(""),
        "the one value that says where it is published"
    );
    for script in ["packaging/release.sh", "packaging/formula.sh"] {
        let ran = run(root().join(script), &[]);
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(64), "{script}: {said}");
        assert!(
            said.contains("refused") && ran.stdout.is_empty(),
            "{script}: {said}"
        );
        let set = [("DUCKOPS_REPOSITORY", "http://127.0.0.1/x")];
        assert_eq!(
            run(root().join(script), &set).status.code(),
            Some(64),
            "{script}"
        );
    }
    let manifest: toml::Value = toml::from_str(&read("Cargo.toml")).expect("a manifest");
    for key in ["repository", "homepage", "authors"] {
        assert!(manifest["package"].get(key).is_none(), "{key} is invented");
    }
}

/// Where each file of a package comes from and goes to, and its mode.
fn assets(manifest: &toml::Value, kind: &str) -> BTreeSet<(String, String, String)> {
    let list = manifest["package"]["metadata"][kind]["assets"].as_array();
    let text = |value: &toml::Value| value.as_str().expect("a text").to_owned();
    list.expect("assets")
        .iter()
        .map(|asset| match asset {
            toml::Value::Array(parts) => (text(&parts[0]), text(&parts[1]), text(&parts[2])),
            table => (
                text(&table["source"]),
                text(&table["dest"]),
                text(&table["mode"]),
            ),
        })
        .map(|(source, place, mode)| {
            let place = place.trim_start_matches('/').to_owned();
            let name = source.rsplit('/').next().unwrap_or_default();
            let place = match place.ends_with('/') && !name.contains('*') {
                true => format!("{place}{name}"),
                false => place,
            };
            (source, place, mode)
        })
        .collect()
}

#[test]
fn both_packages_hold_the_same_files_and_each_is_there() {
    let manifest: toml::Value = toml::from_str(&read("Cargo.toml")).expect("a manifest");
    let (deb, rpm) = (assets(&manifest, "deb"), assets(&manifest, "generate-rpm"));
    let differ: Vec<_> = deb.symmetric_difference(&rpm).collect();
    // Each distribution has a place of its own for completions of zsh and for the licence.
    let own = |(source, ..): &&&(String, String, String)| {
        !["target/packaging/completions/_duckops", "LICENSE"].contains(&source.as_str())
    };
    assert_eq!(differ.iter().filter(own).count(), 0, "{differ:#?}");
    for (source, ..) in &deb {
        let folder = source.split('*').next().unwrap_or_default();
        let is_there = source.starts_with("target/") || root().join(folder).exists();
        assert!(is_there, "{source}");
    }
}

#[test]
fn the_packaged_unit_and_the_example_differ_in_nothing_that_the_check_sees() {
    let kept = |text: String| -> BTreeSet<String> {
        let lines = text
            .lines()
            .map(|line| line.replace("/usr/local/bin", "/usr/bin"));
        lines
            .filter(|line| {
                let names = [
                    "SuccessExitStatus",
                    "User",
                    "State",
                    "Environment=",
                    "Timeout",
                    "Type",
                ];
                names.iter().any(|name| line.starts_with(name))
            })
            .collect()
    };
    let packaged = kept(read("packaging/systemd/duckops-check.service"));
    let example = kept(read("contrib/duckops-check.service"));
    assert_eq!(packaged, example);
    assert!(packaged.len() >= 7, "{packaged:?}");
    let timer = "duckops-check.timer";
    assert_eq!(
        read(&format!("packaging/systemd/{timer}")),
        read(&format!("contrib/{timer}"))
    );
    let (users, folders) = (
        read("packaging/sysusers.conf"),
        read("packaging/tmpfiles.conf"),
    );
    assert!(
        users.contains("\nu duckops ") && folders.contains("\nd /var/lib/duckops 0700 duckops")
    );
}

/// The names of all series in a query.
fn series(query: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = query.split(move |c| !is_part(c));
    words.filter(|word| word.starts_with("duckops_"))
}

#[test]
fn the_dashboard_asks_for_series_facts_and_limits_that_a_check_writes() {
    let stage = Stage::of(world("inc-004"));
    let file = stage.home().join("duckops.prom");
    let path = file.to_str().expect("UTF-8");
    stage.once(&["check", "--textfile", path]).run();
    let written = std::fs::read_to_string(&file).expect("the textfile");
    let dashboard: Value =
        serde_json::from_str(&read("packaging/grafana/duckops.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let queries: Vec<_> = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().expect("targets"))
        .map(|target| target["expr"].as_str().expect("a query"))
        .collect();
    assert!(queries.len() > 20, "{}", queries.len());
    for query in &queries {
        for name in series(query) {
            assert!(
                written.contains(&format!("\n{name}{{")),
                "{name} is not written"
            );
            let is_counter = written.contains(&format!("# TYPE {name} counter"));
            let is_rate = query.contains(&format!("increase({name}"));
            assert_eq!(is_counter, is_rate, "{query}");
        }
        for label in ["fact=\"", "limit=\""] {
            for text in query.split(label).skip(1) {
                let value = text.split('"').next().unwrap_or_default();
                assert!(written.contains(&format!("{label}{value}\"")), "{query}");
            }
        }
    }
}

#[test]
fn a_container_is_healthy_while_checks_end_whatever_they_find() {
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("duckops.prom");
    let health = |age: &str| {
        let set = [
            ("DUCKOPS_TEXTFILE", file.to_str().expect("UTF-8")),
            ("DUCKOPS_INTERVAL", "300"),
            ("DUCKOPS_HEALTH_AGE", age),
        ];
        let ran = run(root().join("packaging/container/health"), &set);
        ran.status.code()
    };
    assert_eq!(health("900"), Some(1), "no check has ended");
    // Nothing answers: the check ends, and finds that.
    let stage = Stage::live("api-500");
    let path = file.to_str().expect("UTF-8");
    let check = stage.once(&["check", "--textfile", path]);
    let ran = check.without("DUCKOPS_TEST_NOW").run();
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(health("900"), Some(0));
    assert_eq!(health("-1"), Some(1), "an older check than is allowed");
    std::fs::write(&file, "torn").expect("written");
    assert_eq!(health("900"), Some(1));
}

#[test]
fn the_gates_for_pipelines_end_as_the_check_does() {
    let python = environment().join("bin");
    let path = format!("{}:/usr/bin:/bin", python.display());
    let ran = Command::new(root().join("gate/try.sh"))
        .arg(env!("CARGO_BIN_EXE_duckops"))
        .env_clear()
        .env("PATH", path)
        .stdin(Stdio::null())
        .output()
        .expect("bash");
    let (out, err) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    assert!(ran.status.success(), "{out}{err}");
    assert_eq!(out.matches("ok: action").count(), 6, "{out}");
    assert_eq!(out.matches("ok: gitlab").count(), 6, "{out}");
}
