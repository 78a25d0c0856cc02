//! Waiting for a recovery: how often is asked, what was seen so far, and when the waiting is over.

use super::run::EvaluatedRun;
use crate::evidence::{STEADY, WaitedFor};
use crate::report::model::{Report, Verdict};
use std::time::{Duration, Instant};

/// Not more often than the API's rate limit bears: 60 a minute, tries included.
pub const SHORTEST: Duration = Duration::from_secs(2);
/// At first one question in this time; a good rollback is proven by five of them.
const OFTEN: Duration = Duration::from_secs(5);
/// For so long it is asked often.
const OFTEN_FOR: Duration = Duration::from_secs(120);
/// And after that once in this time.
const SELDOM: Duration = Duration::from_secs(10);

/// A run that is repeated until it is well.
pub struct Wait {
    began: Instant,
    limit: Duration,
    seen: WaitedFor,
    /// Runs in a row that were ok.
    ok: i64,
}

impl Wait {
    /// Waits for at most `limit` from now on.
    pub fn new(limit: Duration) -> Self {
        Self {
            began: Instant::now(),
            limit,
            seen: WaitedFor::default(),
            ok: 0,
        }
    }

    /// What the runs so far have seen, for the next one.
    pub fn seen(&self) -> WaitedFor {
        self.seen
    }

    /// Takes in the answers of a run.
    pub fn note(&mut self, evaluated: &EvaluatedRun) {
        self.ok = match evaluated.report.verdict {
            Verdict::Ok => self.ok + 1,
            _ => 0,
        };
        match evaluated.observations.int("api.good_answers") {
            Some(1..) => self.seen.good += 1,
            Some(_) => {
                let failed = evaluated.report.started_at.unix_timestamp();
                self.seen = WaitedFor {
                    good: 0,
                    failed: Some(failed),
                };
            }
            None => self.seen.good = 0,
        }
    }

    /// Whether nothing is left to wait for: all is well and stays so, the recovery that was asked
    /// for is proven, or the time is over.
    pub fn is_over(&self, report: &Report) -> bool {
        self.ok >= STEADY || is_recovery(report, "restored") || self.left() < SHORTEST
    }

    /// What to say while waiting, beside how much time is left. A recovery counts its good answers
    /// itself, those of earlier runs among them.
    pub fn progress(&self, report: &Report) -> String {
        let (verdict, ok) = (report.verdict.word(), self.ok.min(STEADY));
        let count = match is_recovery(report, "recovering") {
            true => String::new(),
            false => format!(", {ok} of {STEADY} ok in a row"),
        };
        format!("{verdict}{count}: {}", report.summary)
    }

    /// How long to wait before the next run, if the last one began at `asked`.
    pub fn pause(&self, asked: Instant) -> Duration {
        let every = match self.began.elapsed() < OFTEN_FOR {
            true => OFTEN,
            false => SELDOM,
        };
        every.saturating_sub(asked.elapsed()).min(self.left())
    }

    /// How much time is left.
    pub fn left(&self) -> Duration {
        self.limit.saturating_sub(self.began.elapsed())
    }
}

/// Whether one runbook was asked for, and it shows that the API has recovered, or is about to.
fn is_recovery(report: &Report, reason: &str) -> bool {
    let [only] = report.runbooks.as_slice() else {
        return false;
    };
    let is_there = |step: &crate::report::model::StepReport| {
        step.id.as_str() == "recovery" && step.reason_code.as_str() == reason
    };
    only.steps.iter().any(is_there)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_recovery_is_counted_once_and_everything_else_by_runs_that_were_ok() {
        let mut wait = Wait::new(Duration::from_secs(60));
        wait.ok = 3;
        let mut report = sample::one_bad_runbook();
        report.runbooks.truncate(1);
        let counted = wait.progress(&report);
        assert!(counted.contains(", 3 of 5 ok in a row: "), "{counted}");
        let step = &mut report.runbooks[0].steps[0];
        (step.id, step.reason_code) = ("recovery".into(), "recovering".into());
        report.summary = "2 of 5 good answers in a row".into();
        let said = wait.progress(&report);
        assert_eq!(said.matches(" of 5 ").count(), 1, "{said}");
    }
}
