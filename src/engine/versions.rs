//! Whether single versions are looked up in a run, and looking them up.
//!
//! A version to go back to matters only while the API fails or the alias has drifted, so a run in
//! which all is well asks nothing about single versions.

use crate::evidence::RecordedSamples;
use crate::fact::{FactValue, Probe};
use crate::lambda::reader::FunctionReader;
use crate::lambda::version_lookup::{VersionLookup, look_up_versions};
use crate::lambda::version_number;
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::probe::ProbeContext;

/// Looks up single versions if this run needs them, as it does while the status API `is_slow` to
/// answer.
///
/// # Errors
/// Why they were not looked up: nothing is wrong, or what to ask about is not known.
pub(super) async fn look_up(
    asking: &ProbeContext,
    answers: &[Observation],
    past: &Result<RecordedSamples, Unavailable>,
    is_slow: bool,
) -> Result<VersionLookup, Unavailable> {
    let of = |probe| answers.iter().find(|answer| answer.probe == probe);
    let not_asked = |why: &str| Unavailable::new(UnavailableReason::NotAsked, why);
    let Some(alias) = of(Probe::Alias) else {
        return Err(not_asked("the alias was not requested"));
    };
    let serving = text(alias, "alias.version")?;
    let fails = of(Probe::Status).is_some_and(is_failing);
    let is_forced = asking.versions.is_lookup_forced || is_slow;
    if !is_forced && !is_needed(asking, of(Probe::Status), &serving) {
        return Err(not_asked(
            "nothing shows that the API fails or that the alias has drifted, so no version to go back to was looked for",
        ));
    }
    let published = match alias.outcome("alias.versions")?.value {
        FactValue::List(versions) => versions,
        _ => return Err(not_asked("the versions are no list")),
    };
    let published = published.iter().map(|number| number.printable(20));
    let published = published.filter_map(|number| number.as_str().parse().ok());
    let events = asking.versions.events.clone()?;
    // Without recorded runs the metrics alone decide; that history was not read is said anyway.
    let answered = past.as_ref().map(RecordedSamples::answered_runs);
    let reader = FunctionReader::new(&asking.stack, &asking.aws, asking.now, asking.deadline);
    let answered = answered.unwrap_or_default();
    let lookup = look_up_versions(
        &reader,
        &serving,
        published.collect(),
        events,
        answered,
        fails || is_slow,
    );
    Ok(lookup.await)
}

fn text(observation: &Observation, path: &str) -> Result<String, Unavailable> {
    let fact = observation.outcome(path)?;
    Ok(fact.value.shown().to_string())
}

fn is_failing(status: &Observation) -> bool {
    let up = status.outcome("api.up");
    up.is_ok_and(|up| up.value == FactValue::Bool(false))
}

/// Whether the API fails or the alias points elsewhere than expected.
fn is_needed(asking: &ProbeContext, status: Option<&Observation>, serving: &str) -> bool {
    let Some(status) = status else {
        return false;
    };
    if is_failing(status) {
        return true;
    }
    let reported = || text(status, "status.lambda_version").ok();
    let expected = asking.expected_version.clone().or_else(reported);
    expected.is_some_and(|expected| version_number(&expected) != version_number(serving))
}
