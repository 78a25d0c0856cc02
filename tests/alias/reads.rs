//! What is read of the function is what is judged: the version that ran, the versions there are, and
//! points that a metric can have.

use super::{alias, as_it_is};
use crate::support::{Stage, world};
use duckops::practice::{FakeStack, Fault, Operation};
use serde_json::Value;

/// The steps of `alias show` or `alias check` in this world.
fn steps(change: fn(&mut FakeStack), arguments: &[&str]) -> Vec<Value> {
    let mut world = world("healthy");
    change(&mut world);
    let (_, document) = alias(&Stage::of(world), arguments).json();
    let steps = document["runbooks"][0]["steps"].as_array();
    steps.expect("steps").clone()
}

fn step<'a>(steps: &'a [Value], id: &str) -> &'a Value {
    steps
        .iter()
        .find(|step| step["id"] == id)
        .expect("the step")
}

#[test]
fn a_smoke_test_is_passed_by_the_version_that_was_invoked() {
    let found = steps(as_it_is, &["check", "--to", "60", "--smoke"]);
    assert_eq!(step(&found, "smoke")["verdict"], "ok", "{found:#?}");
}

#[test]
fn every_published_version_is_counted() {
    let published = world("healthy").versions.len();
    assert!(published > 1);
    let found = steps(as_it_is, &["show"]);
    let summary = step(&found, "versions")["summary"].to_string();
    assert!(
        summary.contains(&format!("{published} versions published")),
        "{summary}"
    );
}

#[test]
fn a_point_below_zero_proves_nothing_of_a_version() {
    let ruin = |world: &mut FakeStack| {
        let of_61 = |(name, value): &(String, String)| name == "ExecutedVersion" && value == "61";
        let mut metrics = world.metrics.iter_mut();
        let metric =
            metrics.find(|metric| metric.name == "Errors" && metric.dimensions.iter().any(of_61));
        metric.expect("its errors").points[0].1 = -5.0;
    };
    let well = steps(as_it_is, &["check", "--to", "61"]);
    assert_eq!(step(&well, "record")["verdict"], "ok", "{well:#?}");
    let found = steps(ruin, &["check", "--to", "61"]);
    let record = step(&found, "record");
    assert_eq!(record["verdict"], "unknown", "{record:#}");
    assert!(
        record.to_string().contains("do not fit together"),
        "{record:#}"
    );
}

#[test]
fn what_an_outage_hides_of_the_last_known_good_version_keeps_nobody_from_it() {
    let stage = Stage::of(world("inc-001"));
    let (code, document) = alias(&stage, &["check", "--to", "61"]).json();
    assert_eq!(code, 3, "{document:#}");
    let command = &document["next_action"]["command"];
    assert_eq!(command, "duckops alias rollback --to 61", "{document:#}");
}

#[test]
fn a_reason_of_several_checks_is_said_once_and_no_check_is_left_out() {
    let mut world = world("healthy");
    for operation in [Operation::Status, Operation::Audit] {
        let refusal = Fault::Refuse(500, "AuthorizerConfigurationException");
        world.faults.insert(operation, refusal);
    }
    let stage = Stage::of(world);
    let gateway = alias(&stage, &["check"]).run().stdout;
    let whole = gateway.split_whitespace().collect::<Vec<_>>().join(" ");
    let reason = "its configuration or authorizer, not the function";
    // In the first line, and in one row.
    assert_eq!(whole.matches(reason).count(), 2, "{gateway}");
    for line in [
        "  UNKN 23 status  not judged, as 19 drift",
        "  UNKN 24 fleet   not judged, as 19 drift",
        "          duckops triage inc-001",
    ] {
        assert!(
            gateway.lines().any(|shown| shown == line),
            "{line}: {gateway}"
        );
    }
    let offline = |arguments: &[&str]| {
        let call = alias(&stage, arguments).without("AWS_ACCESS_KEY_ID");
        call.without("AWS_SECRET_ACCESS_KEY").run().stdout
    };
    let check = offline(&["check"]);
    assert!(check.contains("no AWS credentials"), "{check}");
    assert!(check.contains("fleet audit mail"), "{check}");
    assert!(!check.contains('…'), "{check}");
    let show = offline(&["show"]);
    assert!(!show.contains("KNOWN-GOOD"), "a table of nothing: {show}");
}

#[test]
fn what_speaks_for_a_rollback_stands_before_what_is_not_known() {
    let ran = alias(&Stage::of(world("inc-001")), &["show"]).run();
    assert!(
        ran.stdout
            .starts_with("UNKNOWN   prod 100 % on version 62; current 62 serves now: 10 errors"),
        "{ran:?}"
    );
}

/// `triage` reads the errors of a version that served well before them, or that are older than it.
#[test]
fn a_check_offers_no_rollback_that_triage_does_not() {
    for scene in ["served-well-then-fails", "onset-before-move"] {
        let stage = Stage::of(world(scene));
        let (_, check) = alias(&stage, &["check"]).json();
        let next = check["next_action"]["command"].as_str().expect("a command");
        assert_eq!(next, "duckops triage inc-001", "{scene}: {check:#}");
        let (_, triage) = stage.duckops(&["triage", "inc-001"]).json();
        let next = triage["next_action"]["command"].as_str();
        assert!(
            next.is_some_and(|command| !command.contains("rollback")),
            "{scene}: {triage:#}"
        );
        let plan = ["rollback", "--to", "60", "--dry-run"];
        let plan = alias(&stage, &plan).run();
        assert!(
            plan.stdout.contains("ADVISED AGAINST onset:"),
            "{scene}: {plan:?}"
        );
    }
    // Where triage offers one, so does the check.
    let stage = Stage::of(world("inc-001"));
    let (_, check) = alias(&stage, &["check"]).json();
    let next = check["next_action"]["command"].as_str();
    assert_eq!(next, Some("duckops alias rollback --to 61"), "{check:#}");
}

#[test]
fn errors_of_a_canary_are_not_those_of_the_version_beside_it() {
    let mut world = world("canary-errs");
    // The weights are waited for: they are not in question here.
    world.faults.clear();
    let (_, document) = alias(&Stage::of(world), &["check", "--deadline", "8s"]).json();
    let steps = document["runbooks"][0]["steps"].as_array().expect("steps");
    let summary = step(steps, "current")["summary"].to_string();
    assert!(summary.contains("of the canary"), "{summary}");
}
