//! After the move: does the API answer again, and does it say that the new version runs?

use super::canary_evaluation;
use super::status::{Look, look};
use crate::cloud::Http;
use crate::lambda::error_rate::{MAX_ERROR_RATE, error_rate_at_least};
use crate::lambda::reader::FunctionReader;
use crate::stack::Stack;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// So many answers in a row make a recovery.
pub const STEADY: usize = 5;
/// Between two good answers. The API bears 60 requests a minute.
const PAUSE: Duration = Duration::from_secs(1);
/// After a bad one.
const LONG_PAUSE: Duration = Duration::from_secs(3);

/// What watching came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Whether five answers in a row were well and named this version, if any.
    pub well: bool,
    /// What was seen, in words.
    pub told: String,
    /// What the metrics say of the version since the move.
    pub metrics: String,
    /// How often the API was asked.
    pub looks: usize,
}

impl Verified {
    /// For output and journal.
    pub fn json(&self) -> Value {
        json!({
            "well": self.well,
            "status_api": self.told,
            "metrics": self.metrics,
            "asked": self.looks,
        })
    }
}

/// Asks the status API until it answered well five times in a row, the time is over, or
/// `progress` says that nobody wants to wait any longer.
pub async fn watch(
    stack: &Stack,
    http: &Http,
    version: &str,
    limit: Duration,
    mut progress: impl FnMut(&str) -> bool,
) -> Verified {
    let began = Instant::now();
    let (mut steady, mut looks) = (0, 0);
    loop {
        let seen = look(stack, http).await;
        looks += 1;
        let (well, told) = judged(&seen, version);
        steady = if well { steady + 1 } else { 0 };
        let goes_on = progress(&format!(
            "{steady} of {STEADY} good answers in a row: {told}"
        ));
        let pause = if well { PAUSE } else { LONG_PAUSE };
        if steady == STEADY || !goes_on || began.elapsed() + pause > limit {
            let well = steady == STEADY;
            return Verified {
                well,
                told: match well {
                    true => format!("{STEADY} answers in a row were 200; {told}"),
                    false => format!("not {STEADY} good answers in a row; the last one: {told}"),
                },
                metrics: String::new(),
                looks,
            };
        }
        tokio::time::sleep(pause).await;
    }
}

/// Whether a look is well, and what it saw.
fn judged(look: &Look, version: &str) -> (bool, String) {
    match look {
        Look::Not(why) => (false, why.clone()),
        Look::Well(named) if named.is_empty() => (
            true,
            "the API names no version, so which one answers is not proven".to_owned(),
        ),
        Look::Well(named) => match named.iter().find(|named| *named != version) {
            None => (true, format!("it says that version {version} runs")),
            Some(other) => (false, format!("200, but it says that version {other} runs")),
        },
    }
}

/// What CloudWatch knows of the version since it serves, in words, and whether that is bad.
/// Metrics are minutes late: too little is said to be too little.
pub async fn metrics(asking: &FunctionReader<'_>, version: &str, since: i64) -> (String, bool) {
    if version.parse::<i64>().is_err() {
        return (
            "a version without a number has no metrics".to_owned(),
            false,
        );
    }
    let served = canary_evaluation::since(asking, version, since).await;
    match served {
        Err(unavailable) => (format!("not known: {}", unavailable.detail), false),
        Ok(served) if served.invoked() == 0 => (
            "not known yet: CloudWatch has no data points of it since the move".to_owned(),
            false,
        ),
        Ok(served) => {
            let (invoked, failed) = (served.invoked(), served.failed());
            let bad = error_rate_at_least(failed, invoked) > MAX_ERROR_RATE;
            (
                format!("{failed} errors in {invoked} invocations since the move"),
                bad,
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_another_version_is_not_well() {
        let named =
            |versions: &[&str]| Look::Well(versions.iter().map(|v| (*v).to_owned()).collect());
        assert!(judged(&named(&["41", "41"]), "41").0);
        assert!(!judged(&named(&["41", "42"]), "41").0);
        assert!(!judged(&named(&["42"]), "41").0);
        assert!(!judged(&Look::Not("HTTP 502".to_owned()), "41").0);
        let (well, told) = judged(&named(&[]), "41");
        assert!(well && told.contains("not proven"), "{told}");
    }
}
