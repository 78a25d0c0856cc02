//! How often the function was called and how often it failed, as its metrics tell.

use super::edit::{executed_by, function_measured, minutes};
use crate::practice::{FakeMetric, FakeStack};
use std::time::Duration;

/// The function was called as ever, but not in the last minutes.
pub(super) fn silent_for(world: &mut FakeStack, last: u64) {
    let twice = |value| -> Vec<_> { (last..=240).map(|n| (minutes(n), value)).collect() };
    function_measured(world, "Invocations", &twice(2.0));
    function_measured(world, "Errors", &twice(0.0));
    function_measured(world, "Throttles", &twice(0.0));
}

/// The same value in each of these minutes.
pub(super) fn minutely(minute: std::ops::RangeInclusive<u64>, value: f64) -> Vec<(Duration, f64)> {
    minute.map(|n| (minutes(n), value)).collect()
}

/// For forty minutes two versions have been executed, twice a minute each; the errors of the
/// last minutes are all of one of them. Version 61 served before.
pub(super) fn shared(world: &mut FakeStack, well: &str, fails: &str, erring: u64) {
    let calls = [minutely(1..=40, 4.0), minutely(41..=240, 2.0)].concat();
    function_measured(world, "Invocations", &calls);
    for (version, failed) in [(well, 0.0), (fails, 2.0)] {
        let oldest = if version == "61" { 240 } else { 40 };
        executed_by(world, version, "Invocations", &minutely(1..=oldest, 2.0));
        let calm = minutely(erring + 1..=oldest, 0.0);
        let errors = [minutely(1..=erring, failed), calm].concat();
        executed_by(world, version, "Errors", &errors);
    }
}

/// The function was invoked directly, once a minute for this long, and failed.
pub(super) fn tested(world: &mut FakeStack, minute: u64) {
    let now = world.now;
    let whole = |series: &&mut FakeMetric| {
        series.namespace == "AWS/Lambda"
            && series.name != "Throttles"
            && series.dimensions.len() == 1
    };
    for series in world.metrics.iter_mut().filter(whole) {
        let calls = minutely(1..=minute, 1.0).into_iter();
        series
            .points
            .extend(calls.map(|(ago, one)| (now - ago, one)));
    }
}

/// CloudWatch knows nothing of these versions alone.
pub(super) fn forget_version_metrics(world: &mut FakeStack, versions: &[&str]) {
    let is_of = |series: &FakeMetric| {
        let mut dimensions = series.dimensions.iter();
        dimensions
            .any(|(name, value)| name == "ExecutedVersion" && versions.contains(&value.as_str()))
    };
    world.metrics.retain(|series| !is_of(series));
}

/// CloudWatch has never heard of the function.
pub(super) fn no_metrics(world: &mut FakeStack) {
    world
        .metrics
        .retain(|series| series.namespace != "AWS/Lambda");
}
