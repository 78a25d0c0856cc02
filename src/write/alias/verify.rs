//! Verifies a move: whether the API answers again, and which version it reports.

use super::canary_evaluation;
use super::status::{StatusReading, read_status};
use crate::cloud::Http;
use crate::lambda::error_rate::{MAX_ERROR_RATE, error_rate_at_least, errors_in};
use crate::lambda::reader::FunctionReader;
use crate::stack::Stack;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How many good answers in a row count as restored.
pub const GOOD_ANSWERS_IN_A_ROW: usize = 5;
/// The pause after a good answer. The API allows 60 requests a minute.
const PAUSE: Duration = Duration::from_secs(1);
/// The pause after any other.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(3);

/// The result of watching the API after a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Whether five answers in a row were good and named this version, if any.
    pub is_restored: bool,
    /// What was read, in one phrase.
    pub summary: String,
    /// What the metrics say of the version since the move.
    pub metrics: String,
    /// How often the API was asked.
    pub reads: usize,
}

impl Verification {
    /// For output and journal.
    pub fn json(&self) -> Value {
        json!({
            "well": self.is_restored,
            "status_api": self.summary,
            "metrics": self.metrics,
            "asked": self.reads,
        })
    }
}

/// Reads the status API until five answers in a row were good, the time is over, or `progress`
/// returns that the operator wants to end.
pub async fn watch(
    stack: &Stack,
    http: &Http,
    version: &str,
    limit: Duration,
    mut progress: impl FnMut(&str) -> bool,
) -> Verification {
    let began = Instant::now();
    let (mut in_a_row, mut reads) = (0, 0);
    loop {
        let seen = read_status(stack, http).await;
        reads += 1;
        let (is_restored, summary) = evaluate(&seen, version);
        in_a_row = if is_restored { in_a_row + 1 } else { 0 };
        let goes_on = progress(&format!(
            "{in_a_row} of {GOOD_ANSWERS_IN_A_ROW} good answers in a row: {summary}"
        ));
        let pause = if is_restored {
            PAUSE
        } else {
            PAUSE_AFTER_FAILURE
        };
        if in_a_row == GOOD_ANSWERS_IN_A_ROW || !goes_on || began.elapsed() + pause > limit {
            let is_restored = in_a_row == GOOD_ANSWERS_IN_A_ROW;
            return Verification {
                is_restored,
                summary: match is_restored {
                    true => format!(
                        "{GOOD_ANSWERS_IN_A_ROW} of {GOOD_ANSWERS_IN_A_ROW} status answers 200; {summary}"
                    ),
                    false => format!(
                        "not {GOOD_ANSWERS_IN_A_ROW} good answers in a row; the last one: {summary}"
                    ),
                },
                metrics: String::new(),
                reads,
            };
        }
        tokio::time::sleep(pause).await;
    }
}

/// Whether a reading is good, and what it shows.
fn evaluate(read_status: &StatusReading, version: &str) -> (bool, String) {
    match read_status {
        StatusReading::Failed(why) => (false, why.clone()),
        StatusReading::Answered(named) if named.is_empty() => (
            true,
            "API names no version, so which one answers is not proven".to_owned(),
        ),
        StatusReading::Answered(named) => match named.iter().find(|named| *named != version) {
            None => (true, format!("API reports version {version}")),
            Some(other) => (false, format!("200, but API reports version {other}")),
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
            "no CloudWatch data points since the move yet".to_owned(),
            false,
        ),
        Ok(served) => {
            let (invoked, failed) = (served.invoked(), served.failed());
            let bad = error_rate_at_least(failed, invoked) > MAX_ERROR_RATE;
            (
                format!("{} since the move", errors_in(failed, invoked)),
                bad,
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_names_another_version_is_not_good() {
        let named = |versions: &[&str]| {
            StatusReading::Answered(versions.iter().map(|v| (*v).to_owned()).collect())
        };
        assert!(evaluate(&named(&["41", "41"]), "41").0);
        assert!(!evaluate(&named(&["41", "42"]), "41").0);
        assert!(!evaluate(&named(&["42"]), "41").0);
        assert!(!evaluate(&StatusReading::Failed("HTTP 502".to_owned()), "41").0);
        let (is_restored, summary) = evaluate(&named(&[]), "41");
        assert!(is_restored && summary.contains("not proven"), "{summary}");
    }
}
