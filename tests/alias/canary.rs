//! Claim: a promotion needs approval and a calm stack; its canary distinguishes success, failure
//! and too little traffic; a half-finished one is found by the next run.

use super::{Value, alias, journal, json, puts};
use crate::support::{Stage, front, http_put, world};
use duckops::practice::{FakeMetric, FakeStack, Version};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

pub(super) const APPROVED: [&str; 4] = [
    "--approved-by",
    "T-JOSH",
    "--approval-note",
    "tested in staging",
];

/// A healthy stack with a new version 62, which serves this much traffic with these errors.
pub(super) fn ready(invocations: f64, errors: f64) -> FakeStack {
    let mut world = world("healthy");
    let newest = world.versions.last().expect("a version").clone();
    world.versions.push(Version {
        number: "62".into(),
        code_sha256: "EXAMPLE62=".into(),
        ..newest
    });
    serve(&mut world, invocations, errors);
    world
}

/// Version 62 serves so much, so well.
pub(super) fn serve(world: &mut FakeStack, invocations: f64, errors: f64) {
    let dimensions = [
        ("FunctionName", "mission-control-api"),
        ("Resource", "mission-control-api:prod"),
        ("ExecutedVersion", "62"),
    ];
    let at = world.now - Duration::from_secs(1);
    for (name, sum) in [("Invocations", invocations), ("Errors", errors)] {
        if invocations > 0.0 {
            world.metrics.push(FakeMetric {
                namespace: "AWS/Lambda".into(),
                name: name.into(),
                dimensions: dimensions
                    .map(|(n, v)| (n.to_owned(), v.to_owned()))
                    .to_vec(),
                points: vec![(at, sum)],
            });
        }
    }
}

fn promote(stage: &Stage, more: &[&str]) -> (i32, Value) {
    let mut arguments = vec![
        "promote",
        "--to",
        "62",
        "--confirm",
        "prod@61->62",
        "--wait",
        "30s",
    ];
    arguments.extend(APPROVED);
    arguments.extend(more);
    alias(stage, &arguments).json()
}

#[test]
fn a_promotion_with_approval_is_one_request_and_says_who_approved() {
    let stage = Stage::of(ready(0.0, 0.0));
    let (code, document) = promote(&stage, &[]);
    assert_eq!(
        (code, &document["outcome"]),
        (0, &json!("done")),
        "{document:#}"
    );
    assert_eq!(puts(&stage).len(), 1);
    assert_eq!(stage.practice.world().alias_target.version, "62");
    let line = document["governance_log"].as_str().expect("a line");
    assert!(
        line.contains("approved by T-JOSH: tested in staging"),
        "{line}"
    );
    assert_eq!(
        journal(&stage)[0]["entry"]["detail"]["approved_by"],
        "T-JOSH"
    );
}

#[test]
fn a_canary_that_serves_well_is_followed_by_the_rest() {
    let stage = Stage::of(ready(200.0, 0.0));
    let (code, document) = promote(&stage, &["--canary", "10", "--bake", "2s"]);
    assert_eq!(
        (code, &document["outcome"]),
        (0, &json!("done")),
        "{document:#}"
    );
    let sent: Vec<_> = puts(&stage).into_iter().map(|seen| seen.question).collect();
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert!(
        sent[0].contains("to 61") && sent[0].contains("{\"62\": 0.1}"),
        "{sent:?}"
    );
    assert!(
        sent[1].contains("to 62") && sent[1].contains("weights {}"),
        "{sent:?}"
    );
    let end = stage.practice.world().alias_target.clone();
    assert_eq!((end.version.as_str(), end.weights.len()), ("62", 0));
    // Two writes, each with its own outcome, and nothing follows the second.
    let entries = journal(&stage);
    let of = |stage: &str| -> Vec<&Value> {
        let entries = entries.iter().map(|line| &line["entry"]);
        entries.filter(|entry| entry["stage"] == stage).collect()
    };
    let (plans, ends) = (of("plan"), of("outcome"));
    assert_eq!((plans.len(), ends.len()), (2, 2), "{entries:#?}");
    assert_ne!(plans[0]["id"], plans[1]["id"], "{entries:#?}");
    for (plan, end) in plans.iter().zip(&ends) {
        assert_eq!(plan["id"], end["id"], "{entries:#?}");
        assert_eq!(plan["detail"]["id"], plan["id"]);
    }
    assert!(plans[0]["detail"]["then"].is_string());
    assert!(plans[1]["detail"]["then"].is_null(), "{:#}", plans[1]);
}

#[test]
fn a_canary_that_fails_is_taken_back() {
    let stage = Stage::of(ready(0.0, 0.0));
    let (code, document) = std::thread::scope(|scope| {
        scope.spawn(|| {
            let began = std::time::Instant::now();
            while puts(&stage).is_empty() && began.elapsed() < Duration::from_secs(60) {
                std::thread::sleep(Duration::from_millis(20));
            }
            serve(&mut stage.practice.world(), 40.0, 20.0);
        });
        promote(&stage, &["--canary", "10", "--bake", "30s"])
    });
    assert_eq!(
        (code, &document["outcome"]),
        (2, &json!("returned")),
        "{document:#}"
    );
    let end = stage.practice.world().alias_target.clone();
    assert_eq!((end.version.as_str(), end.weights.len()), ("61", 0));
    assert_eq!(puts(&stage).len(), 2);
    // What was taken back once is not taken for good again.
    let (code, document) = alias(&stage, &["check", "--to", "62"]).json();
    assert_eq!(code, 2, "{document:#}");
    assert!(
        document.to_string().contains("rolled back before"),
        "{document:#}"
    );
}

/// A change of the alias's description, say: it has another revision and splits as before.
fn describe(aws: &str) {
    let path = "2015-03-31/functions/mission-control-api/aliases/prod";
    let answer = http_put(&format!("{aws}/{path}"), "{}");
    assert!(answer.contains("200 OK"), "{answer}");
}

#[test]
fn a_canary_that_fails_is_taken_back_although_the_alias_has_another_revision() {
    for is_in_the_bake in [true, false] {
        let stage = Stage::of(ready(0.0, 0.0));
        let (practice, moves) = (stage.practice.aws_url(), Arc::new(AtomicUsize::new(0)));
        let aws = front::before(practice.clone(), move |request| {
            let is_move = request.head.starts_with("PUT");
            if is_move && moves.fetch_add(1, Ordering::SeqCst) == 1 && !is_in_the_bake {
                // Between the last look and the way back.
                describe(&practice);
            }
            None
        });
        let (code, document) = std::thread::scope(|scope| {
            scope.spawn(|| {
                let began = std::time::Instant::now();
                while puts(&stage).is_empty() && began.elapsed() < Duration::from_secs(60) {
                    std::thread::sleep(Duration::from_millis(20));
                }
                if is_in_the_bake {
                    // After the alias was read back.
                    std::thread::sleep(Duration::from_secs(2));
                    describe(&stage.practice.aws_url());
                }
                serve(&mut stage.practice.world(), 40.0, 20.0);
            });
            let mut arguments = vec!["promote", "--to", "62", "--confirm", "prod@61->62"];
            arguments.extend(APPROVED);
            arguments.extend(["--canary", "10", "--bake", "30s"]);
            alias(&stage, &arguments)
                .env("AWS_ENDPOINT_URL", &aws)
                .json()
        });
        assert_eq!(
            (code, &document["outcome"]),
            (2, &json!("returned")),
            "{document:#}"
        );
        let end = stage.practice.world().alias_target.clone();
        assert_eq!((end.version.as_str(), end.weights.len()), ("61", 0));
    }
}

#[test]
fn a_canary_with_too_little_traffic_is_not_a_success_and_the_next_run_finds_the_shift() {
    for how in ["resume", "return"] {
        let stage = Stage::of(ready(3.0, 0.0));
        let (code, document) = promote(&stage, &["--canary", "10", "--bake", "1s"]);
        assert_eq!(
            (code, &document["outcome"]),
            (2, &json!("half-done")),
            "{document:#}"
        );
        assert!(
            document["summary"]
                .to_string()
                .contains("not enough traffic"),
            "{document:#}"
        );
        assert_eq!(puts(&stage).len(), 1);
        let (code, document) = alias(&stage, &["check", "--to", "62", "--deadline", "8s"]).json();
        assert_eq!(code, 2, "{document:#}");
        let said = document["summary"].to_string();
        assert!(said.contains("unfinished shift"), "{said}");
        let (code, document) = match how {
            "resume" => promote(&stage, &[]),
            _ => alias(
                &stage,
                &[
                    "rollback",
                    "--to",
                    "61",
                    "--confirm",
                    "prod@61->61",
                    "--wait",
                    "30s",
                ],
            )
            .json(),
        };
        assert_eq!(
            (code, &document["outcome"]),
            (0, &json!("done")),
            "{how}: {document:#}"
        );
        let end = stage.practice.world().alias_target.clone();
        let due = if how == "resume" { "62" } else { "61" };
        assert_eq!((end.version.as_str(), end.weights.len()), (due, 0));
    }
}

#[test]
fn a_promotion_is_refused_while_the_stack_is_not_calm() {
    type Case = (&'static str, fn(&mut FakeStack), &'static str);
    let cases: [Case; 2] = [
        (
            "all dead",
            |w| w.status["agents"] = json!({"alive": 0, "slow": 0, "dead": 3, "total_bonded": 3}),
            "all agents dead",
        ),
        ("much mail", |w| w.mail.sent_24h = 160.0, "160 sent"),
    ];
    for (what, change, says) in cases {
        let mut world = ready(0.0, 0.0);
        change(&mut world);
        let stage = Stage::of(world);
        let (code, document) = promote(&stage, &[]);
        assert_eq!(code, 1, "{what}: {document:#}");
        assert!(
            document["refusals"].to_string().contains(says),
            "{what}: {document:#}"
        );
        assert!(puts(&stage).is_empty());
    }
}

/// The pipeline of the README.
#[test]
fn check_and_promote_work_in_a_pipeline() {
    let stage = Stage::of(ready(0.0, 0.0));
    let duckops = env!("CARGO_BIN_EXE_duckops");
    let line = format!(
        "{duckops} -q alias check --to 62 && {duckops} alias promote --to 62 --approved-by T-JOSH \
         --approval-note 'tested in staging' --confirm 'prod@61->62' --endpoint-override"
    );
    for (version, due) in [("62", true), ("99", false)] {
        let line = line
            .replace("--to 62", &format!("--to {version}"))
            .replace("61->62", &format!("61->{version}"));
        let command = stage.duckops(&[]).command();
        let mut shell = std::process::Command::new("/bin/sh");
        shell.args(["-c", &line]).env_clear();
        for (name, value) in command.get_envs() {
            shell.env(name, value.unwrap_or_default());
        }
        let before = puts(&stage).len();
        let output = shell
            .stdin(std::process::Stdio::null())
            .output()
            .expect("a shell");
        assert_eq!(output.status.success(), due, "{output:?}");
        assert_eq!(puts(&stage).len() - before, usize::from(due));
    }
}
