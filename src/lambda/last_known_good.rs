//! The last known-good version, by evidence and never by guess.
//!
//! Good is a version that served this alias often enough, with an error rate that is low
//! beyond chance; that is ready to serve again; that runs other code than the one that is
//! there; and that nobody rolled back. The newest of these is the last known-good. Where
//! none is proven good there is none, and for each the reason is said.

use super::reader::{FunctionReader, Seen};
use super::version_config::VersionConfig;
use super::version_metrics::VersionMetrics;
use crate::observation::{Unavailable, UnavailableReason};
use std::collections::{BTreeMap, BTreeSet};

/// The error rate must be below this with 95 % confidence.
pub const LOW: f64 = 0.05;
/// So many invocations without an error show that.
pub const CLEAN: i64 = 73;
/// So many versions with a good record are looked at closer.
const CLOSER: usize = 5;

/// What each version did, and what is known of those that did well.
#[derive(Clone, Debug)]
pub struct History<'a> {
    /// The version that serves.
    pub current: &'a VersionConfig,
    /// What each version did behind the alias, newest first.
    pub served: &'a [VersionMetrics],
    /// Those that were looked at closer.
    pub configured: &'a BTreeMap<i64, Result<VersionConfig, Unavailable>>,
    /// Those that somebody rolled back.
    pub rolled_back: &'a BTreeSet<i64>,
}

/// One version and why it is not the last known-good, if it is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its number.
    pub number: i64,
    /// What it did, in words.
    pub record: String,
    /// Why not; none for a version that is good.
    pub against: Option<String>,
}

/// What came of the search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The last known-good version, if one is proven to be.
    pub good: Option<i64>,
    /// Every version that was considered, newest first.
    pub candidates: Vec<Candidate>,
}

/// The versions whose record is good, newest first: those to look at closer.
pub fn worth_asking(
    current: &str,
    served: &[VersionMetrics],
    rolled_back: &BTreeSet<i64>,
) -> Vec<i64> {
    served
        .iter()
        .filter(|served| served.number.to_string() != current)
        .filter(|served| by_record(served, rolled_back).is_none())
        .map(|served| served.number)
        .take(CLOSER)
        .collect()
}

/// Asks what is still needed and searches.
///
/// # Errors
/// Why it cannot even be searched for.
pub async fn last_good(
    asking: &FunctionReader<'_>,
    seen: &Seen,
    rolled_back: &BTreeSet<i64>,
) -> Result<Search, Unavailable> {
    let current = seen.current.as_ref().map_err(Clone::clone)?;
    let served = seen.served.as_ref().map_err(Clone::clone)?;
    let mut configured = BTreeMap::new();
    for number in worth_asking(&current.number, served, rolled_back) {
        let found = asking.configured(&number.to_string()).await;
        configured.insert(number, found);
    }
    Ok(search(&History {
        current,
        served,
        configured: &configured,
        rolled_back,
    }))
}

/// The last known-good version, and why each other one is not.
pub fn search(history: &History<'_>) -> Search {
    let candidates: Vec<_> = history
        .served
        .iter()
        .filter(|served| served.number.to_string() != history.current.number)
        .map(|served| Candidate {
            number: served.number,
            record: record(served),
            against: by_record(served, history.rolled_back)
                .or_else(|| closer(history, served.number)),
        })
        .collect();
    let good = candidates.iter().find(|c| c.against.is_none());
    Search {
        good: good.map(|candidate| candidate.number),
        candidates,
    }
}

/// What a version did, in words.
pub(crate) fn record(served: &VersionMetrics) -> String {
    match (served.invoked(), served.failed()) {
        (0, _) => "never served".to_owned(),
        (invoked, failed) => {
            let bound = upper(failed, invoked) * 100.0;
            format!("{failed} errors in {invoked} invocations, at most {bound:.1} %")
        }
    }
}

/// What speaks against a version by its record alone.
fn by_record(served: &VersionMetrics, rolled_back: &BTreeSet<i64>) -> Option<String> {
    let (invoked, failed) = (served.invoked(), served.failed());
    if rolled_back.contains(&served.number) {
        return Some("it was rolled back before".to_owned());
    }
    if invoked == 0 {
        return Some("it never served this alias in the last 30 days".to_owned());
    }
    if failed > invoked {
        return Some("its metrics contradict each other".to_owned());
    }
    if upper(failed, invoked) < LOW {
        return None;
    }
    if lower(failed, invoked) < LOW {
        return Some(format!(
            "too little evidence: {failed} errors in {invoked} invocations; {CLEAN} without an error would do"
        ));
    }
    Some(format!(
        "it failed: {failed} errors in {invoked} invocations"
    ))
}

/// What speaks against a version beside its record.
fn closer(history: &History<'_>, number: i64) -> Option<String> {
    let configured = match history.configured.get(&number) {
        None => return Some("not looked at closer".to_owned()),
        Some(Err(unavailable)) if unavailable.why == UnavailableReason::NotFound => {
            return Some("it does not exist any more".to_owned());
        }
        Some(Err(unavailable)) => {
            return Some(format!("its state is not known: {}", unavailable.detail));
        }
        Some(Ok(configured)) => configured,
    };
    if !configured.is_ready() {
        return Some(format!("it is not ready: {}", configured.state_shown()));
    }
    match (&configured.code, &history.current.code) {
        (Some(code), Some(current)) if code == current => {
            Some("it runs the same code as the version that serves".to_owned())
        }
        (Some(_), Some(_)) => None,
        _ => Some("its code cannot be compared with the version that serves".to_owned()),
    }
}

/// The 95 % Wilson bounds of a rate: so low and so high it may be.
fn wilson(failed: i64, all: i64) -> (f64, f64) {
    const Z: f64 = 1.959_964;
    if all <= 0 {
        return (0.0, 1.0);
    }
    let (n, rate) = (all as f64, failed as f64 / all as f64);
    let z2 = Z * Z;
    let middle = rate + z2 / (2.0 * n);
    let spread = Z
        * (rate * (1.0 - rate) / n + z2 / (4.0 * n * n))
            .max(0.0)
            .sqrt();
    let whole = 1.0 + z2 / n;
    ((middle - spread) / whole, (middle + spread) / whole)
}

/// The rate is at most this, with 95 % confidence.
pub(crate) fn upper(failed: i64, all: i64) -> f64 {
    wilson(failed, all).1
}

/// The rate is at least this, with 95 % confidence.
pub(crate) fn lower(failed: i64, all: i64) -> f64 {
    wilson(failed, all).0
}

#[cfg(test)]
#[path = "tests_last_known_good.rs"]
mod tests;
