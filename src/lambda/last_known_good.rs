//! The last known-good version: which version a rollback should go to, by evidence and never by guess.
//!
//! There is one computation for `triage`, `alias show`, `alias check` and `alias rollback`, so that
//! they never name different versions. Its witnesses are CloudWatch metrics per version, recorded
//! runs, the journal and the deploy log. A version is good when metrics show an error rate that is
//! low beyond chance, or when a recorded run saw the API answer while the alias pointed to it and
//! metrics do not speak against it; when no rollback is the last thing that happened to it; and when
//! it is ready and differs from the serving version in code or configuration. Of several good ones the
//! one that served last is chosen, the newer one where they served in the same hour.

use super::error_rate::{
    MAX_ERROR_RATE, MIN_CLEAN_INVOCATIONS, error_rate_at_least, error_rate_at_most, errors_in,
};
use super::version_config::VersionConfig;
use super::version_events::{EventStanding, VersionEvents};
use super::version_metrics::VersionMetrics;
use crate::fact;
use crate::observation::{Unavailable, UnavailableReason};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The resolution in which versions are ordered by when they served: that of their metrics.
const HOUR: i64 = 3_600;

/// A recorded run that saw the API answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnsweredRun {
    /// When, in seconds since 1970.
    pub at: i64,
    /// The version that the alias pointed to.
    pub version: i64,
}

/// Everything that the last known-good version is computed from.
#[derive(Clone, Copy, Debug)]
pub struct Witnesses<'a> {
    /// The version that serves, which is never a candidate.
    pub serving: &'a VersionConfig,
    /// The numbers of all published versions.
    pub published: &'a [i64],
    /// What the newest versions did behind the alias.
    pub metrics: &'a [VersionMetrics],
    /// The configuration of the versions that were inspected.
    pub configs: &'a BTreeMap<i64, Result<VersionConfig, Unavailable>>,
    /// Rollbacks and promotions.
    pub events: &'a VersionEvents,
    /// Recorded runs that saw the API answer, in any order.
    pub answered: &'a [AnsweredRun],
}

/// One version and why it is not the last known-good, if something speaks against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its number.
    pub number: i64,
    /// What it did, in words.
    pub record: String,
    /// What speaks against it; `None` for a good version.
    pub rejected_because: Option<String>,
}

/// The last known-good version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownGood {
    /// Its number.
    pub version: i64,
    /// What shows that it is good, in words.
    pub evidence: String,
}

/// The outcome of the search.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// The last known-good version; `None` when no version is proven good; an error when a version
    /// with a good record could not be inspected, so that it is open whether that is the one.
    pub last_known_good: Result<Option<KnownGood>, Unavailable>,
    /// Every version that was considered, the one that served last first.
    pub candidates: Vec<Candidate>,
}

impl Assessment {
    /// The number of the last known-good version, if one is known.
    pub fn version(&self) -> Option<i64> {
        let known = self.last_known_good.as_ref().ok();
        known.and_then(|good| good.as_ref().map(|good| good.version))
    }
}

/// Finds the last known-good version.
pub fn assess(witnesses: &Witnesses<'_>) -> Assessment {
    let mut last_known_good = Ok(None);
    let mut candidates = Vec::new();
    for record in records(witnesses) {
        let rejected = match record.rejection(witnesses) {
            Some(why) => Some(why),
            None => match rejection_from_config(witnesses, record.number) {
                Ok(rejected) => rejected,
                Err(unavailable) => {
                    let why = unavailable.detail.to_string();
                    if last_known_good == Ok(None) {
                        last_known_good = Err(unavailable);
                    }
                    Some(why)
                }
            },
        };
        if rejected.is_none() && last_known_good == Ok(None) {
            last_known_good = Ok(Some(KnownGood {
                version: record.number,
                evidence: record.evidence(),
            }));
        }
        candidates.push(Candidate {
            number: record.number,
            record: record.describe(),
            rejected_because: rejected,
        });
    }
    Assessment {
        last_known_good,
        candidates,
    }
}

/// Versions with a good record whose configuration is still to be fetched, most likely one first, at
/// most `limit`; none once the last known-good version is settled.
pub fn candidates_to_inspect(witnesses: &Witnesses<'_>, limit: usize) -> Vec<i64> {
    let mut wanted = Vec::new();
    for record in records(witnesses) {
        if record.rejection(witnesses).is_some() {
            continue;
        }
        match witnesses.configs.get(&record.number) {
            None => wanted.push(record.number),
            Some(_) => match rejection_from_config(witnesses, record.number) {
                // Nothing after this one is needed.
                Ok(None) | Err(_) => break,
                Ok(Some(_)) => {}
            },
        }
    }
    wanted.truncate(limit);
    wanted
}

/// The versions for which a rollback is the last thing that happened, or after which nothing shows
/// that their new promotion went well.
pub fn rolled_back_versions(
    events: &VersionEvents,
    metrics: &[VersionMetrics],
    answered: &[AnsweredRun],
) -> BTreeSet<i64> {
    let ever = events.ever_rolled_back().into_iter();
    ever.filter(|version| {
        let metrics = metrics.iter().find(|m| m.number == *version);
        Record::of(*version, metrics, answered, events).is_withheld()
    })
    .collect()
}

/// The record of one version, as far as it counts.
struct Record {
    number: i64,
    standing: EventStanding,
    /// Invocations and errors; `None` where CloudWatch was not asked for this version.
    counts: Option<(i64, i64)>,
    /// When it last served, in seconds since 1970, rounded down to the hour.
    last_served: Option<i64>,
    /// When a recorded run last saw the API answer while the alias pointed to it.
    answered_at: Option<i64>,
}

/// The records of all versions but the serving one, the one that served last first.
fn records(witnesses: &Witnesses<'_>) -> Vec<Record> {
    let with_metrics = witnesses.metrics.iter().map(|metrics| metrics.number);
    let recorded = witnesses.answered.iter().map(|run| run.version);
    let numbers: BTreeSet<i64> = with_metrics.chain(recorded).collect();
    let mut records: Vec<_> = numbers
        .into_iter()
        .filter(|number| number.to_string() != witnesses.serving.number)
        .map(|number| {
            let metrics = witnesses.metrics.iter().find(|m| m.number == number);
            Record::of(number, metrics, witnesses.answered, witnesses.events)
        })
        .collect();
    records.sort_by_key(|record| Reverse((record.last_served, record.number)));
    records
}

impl Record {
    fn of(
        number: i64,
        metrics: Option<&VersionMetrics>,
        answered: &[AnsweredRun],
        events: &VersionEvents,
    ) -> Self {
        let standing = events.standing(number);
        // After a rollback and a new promotion only what came after the promotion counts.
        let since = match standing {
            EventStanding::PromotedAgain(at) => at,
            _ => i64::MIN,
        };
        let count = |points: &[(i64, i64)]| -> i64 {
            let counted = points.iter().filter(|(at, _)| *at >= since);
            counted.map(|(_, n)| n).sum()
        };
        let served = metrics.and_then(|metrics| {
            let served = metrics.invocations.iter().filter(|(_, n)| *n > 0);
            served.map(|(at, _)| *at).max()
        });
        let answered_at = answered
            .iter()
            .filter(|run| run.version == number && run.at > since)
            .map(|run| run.at)
            .max();
        Self {
            number,
            standing,
            counts: metrics.map(|m| (count(&m.invocations), count(&m.errors))),
            last_served: served.max(answered_at).map(|at| at.div_euclid(HOUR) * HOUR),
            answered_at,
        }
    }

    fn is_withheld(&self) -> bool {
        match self.standing {
            EventStanding::NeverRolledBack => false,
            EventStanding::RolledBack => true,
            EventStanding::PromotedAgain(_) => self.rejection_from_counts().is_some(),
        }
    }

    /// What speaks against the version beside its configuration.
    fn rejection(&self, witnesses: &Witnesses<'_>) -> Option<String> {
        if self.is_withheld() {
            return Some("rolled back before".to_owned());
        }
        if !witnesses.published.contains(&self.number) {
            return Some("does not exist any more".to_owned());
        }
        self.rejection_from_counts()
    }

    fn rejection_from_counts(&self) -> Option<String> {
        let (invoked, failed) = self.counts.unwrap_or((0, 0));
        if failed > invoked {
            return Some("metrics contradict each other".to_owned());
        }
        if invoked > 0 && error_rate_at_least(failed, invoked) >= MAX_ERROR_RATE {
            return Some(format!("failed: {}", errors_in(failed, invoked)));
        }
        let is_proven = error_rate_at_most(failed, invoked) < MAX_ERROR_RATE;
        if is_proven || self.answered_at.is_some() {
            return None;
        }
        Some(match invoked {
            0 => "not served in 30 d".to_owned(),
            _ => format!(
                "too few invocations: {} ({MIN_CLEAN_INVOCATIONS} without an error needed)",
                crate::lambda::error_rate::record(failed, invoked)
            ),
        })
    }

    fn describe(&self) -> String {
        match self.counts {
            None | Some((0, _)) => "never served".to_owned(),
            Some((invoked, failed)) => crate::lambda::error_rate::record(failed, invoked),
        }
    }

    fn evidence(&self) -> String {
        let answered = self.answered_at.map(|at| {
            let at = fact::instant(at);
            let minute = at.get(..16).unwrap_or(&at).replace('T', " ");
            format!("API answered 200 at {minute}Z")
        });
        let counted = self.counts.filter(|(invoked, _)| *invoked > 0);
        let counted = counted.map(|_| self.describe());
        let parts: Vec<_> = answered.into_iter().chain(counted).collect();
        parts.join("; ")
    }
}

/// What speaks against a version by its state and its configuration.
///
/// # Errors
/// Why that is not known, except that a version which is gone is simply rejected.
fn rejection_from_config(
    witnesses: &Witnesses<'_>,
    number: i64,
) -> Result<Option<String>, Unavailable> {
    let config = match witnesses.configs.get(&number) {
        None => {
            let why = format!("the state of version {number} was not requested");
            return Err(Unavailable::new(UnavailableReason::NotAsked, why));
        }
        Some(Err(unavailable)) if unavailable.why == UnavailableReason::NotFound => {
            return Ok(Some("does not exist any more".to_owned()));
        }
        Some(Err(unavailable)) => {
            let detail = &unavailable.detail;
            let mut unavailable = unavailable.clone();
            unavailable.detail =
                format!("the state of version {number} is not known: {detail}").into();
            return Err(unavailable);
        }
        Some(Ok(config)) => config,
    };
    if !config.is_ready() {
        return Ok(Some(format!("it is not ready: {}", config.state)));
    }
    let serving = witnesses.serving;
    if !serving.differences(config).is_empty() {
        return Ok(None);
    }
    Ok(match (&config.code, &serving.code) {
        (Some(code), Some(current)) if code == current => {
            Some("same code as the version that serves".to_owned())
        }
        (Some(_), Some(_)) => None,
        _ => Some("its code cannot be compared with the version that serves".to_owned()),
    })
}

#[cfg(test)]
#[path = "tests_last_known_good.rs"]
mod tests;

#[cfg(test)]
#[path = "tests_last_known_good_generated.rs"]
mod generated_tests;
