//! What is read of the function is what is judged: the version that ran, the versions there are, and
//! points that a metric can have.

use super::{alias, as_it_is};
use crate::support::{Stage, world};
use duckops::practice::FakeStack;
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
