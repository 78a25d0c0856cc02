//! The last known-good version, by evidence and never by guess.
//!
//! Good is a version that served this alias often enough, with an error rate that is low
//! beyond chance; that is ready to serve again; that runs other code than the one that is
//! there; and that nobody rolled back. The newest of these is the last known-good. Where
//! none is proven good there is none, and for each the reason is said.

use super::error_rate::{
    MAX_ERROR_RATE, MIN_CLEAN_INVOCATIONS, error_rate_at_least, error_rate_at_most,
};
use super::reader::{FunctionReader, FunctionState};
use super::version_config::VersionConfig;
use super::version_metrics::VersionMetrics;
use crate::observation::{Unavailable, UnavailableReason};
use std::collections::{BTreeMap, BTreeSet};

/// How many candidates have their configuration fetched at once.
const MAX_CONFIG_LOOKUPS: usize = 5;

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
        .take(MAX_CONFIG_LOOKUPS)
        .collect()
}

/// Asks what is still needed and searches.
///
/// # Errors
/// Why it cannot even be searched for.
pub async fn last_good(
    asking: &FunctionReader<'_>,
    seen: &FunctionState,
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
            record: served.describe(),
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
    if error_rate_at_most(failed, invoked) < MAX_ERROR_RATE {
        return None;
    }
    if error_rate_at_least(failed, invoked) < MAX_ERROR_RATE {
        return Some(format!(
            "too little evidence: {failed} errors in {invoked} invocations; {MIN_CLEAN_INVOCATIONS} without an error would do"
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

#[cfg(test)]
#[path = "tests_last_known_good.rs"]
mod tests;
