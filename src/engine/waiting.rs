//! What a run still waits for: which questions were asked, since when, and which are answered. The
//! run fills it in, and the progress line reads it from another thread.

use crate::fact::{Probe, duration};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The questions of one run after the other.
#[derive(Clone, Debug, Default)]
pub struct Waiting(Arc<Mutex<Vec<OpenQuestion>>>);

#[derive(Debug)]
struct OpenQuestion {
    probe: Probe,
    since: Instant,
    is_answered: bool,
}

impl Waiting {
    /// These were asked now; what a run before has asked is forgotten.
    pub(super) fn begin(&self, probes: impl IntoIterator<Item = Probe>) {
        let since = Instant::now();
        let asked = probes.into_iter().map(|probe| OpenQuestion {
            probe,
            since,
            is_answered: false,
        });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = asked.collect();
    }

    /// This one answered, or will not any more.
    pub(super) fn answered(&self, probe: Probe) {
        let mut questions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for question in questions
            .iter_mut()
            .filter(|question| question.probe == probe)
        {
            question.is_answered = true;
        }
    }

    /// What is waited for, for at least `patience` already; none where nothing is.
    pub fn line(&self, patience: Duration) -> Option<String> {
        let questions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let open: Vec<_> = questions
            .iter()
            .filter(|question| !question.is_answered)
            .collect();
        let since = open.iter().map(|question| question.since).min()?.elapsed();
        if since < patience {
            return None;
        }
        let first = subject(open.first()?.probe);
        let names = match open.as_slice() {
            [_] => first.to_owned(),
            [_, second] => format!("{first}, {}", subject(second.probe)),
            // All of them would take three rows of a terminal.
            [_, others @ ..] => format!("{first} and {} more", others.len()),
            [] => return None,
        };
        let seconds = duration(i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
        let (answered, all) = (questions.len() - open.len(), questions.len());
        Some(format!(
            "waiting for {names} ({seconds}), {answered} of {all} answers in"
        ))
    }
}

/// What answers a probe, as an operator calls it.
fn subject(probe: Probe) -> &'static str {
    match probe {
        Probe::Status => "status API",
        Probe::Audit => "audit feed",
        Probe::Executions => "Step Functions",
        Probe::Email => "SES",
        Probe::Metrics => "SES metrics",
        Probe::Logs => "CloudWatch Logs",
        Probe::Alias => "Lambda alias",
        Probe::Lambda => "Lambda metrics",
        Probe::Identity => "AWS identity",
        Probe::Connections => "requests and bonds",
        Probe::History => "history",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_what_is_open_and_counts_the_answers() {
        let waiting = Waiting::default();
        assert_eq!(waiting.line(Duration::ZERO), None);
        waiting.begin([Probe::Status, Probe::Audit, Probe::History]);
        assert_eq!(waiting.line(Duration::from_secs(60)), None, "not yet");
        let line = waiting.line(Duration::ZERO).expect("three are open");
        assert!(
            line.starts_with("waiting for status API and 2 more ("),
            "{line}"
        );
        waiting.answered(Probe::Audit);
        let line = waiting.line(Duration::ZERO).expect("two are open");
        let (before, after) = line.split_once(" (").expect("how long");
        assert_eq!(before, "waiting for status API, history");
        assert!(after.ends_with("), 1 of 3 answers in"), "{after}");
        waiting.answered(Probe::Status);
        waiting.answered(Probe::History);
        assert_eq!(waiting.line(Duration::ZERO), None);
        // The next run begins anew.
        waiting.begin([Probe::Email]);
        let line = waiting.line(Duration::ZERO).expect("one is open");
        assert!(line.ends_with("0 of 1 answers in"), "{line}");
    }
}
