//! Debouncing: a verdict takes effect once N of the last M runs were at least as bad.

use super::stored::{VerdictWord, millis};
use crate::report::model::Verdict;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// How many runs are remembered, and the largest M.
pub(super) const REMEMBERED: usize = 20;

/// `3/5`: a verdict counts once three of the last five runs were at least as bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Debounce {
    /// Bad runs that are needed.
    pub needed: usize,
    /// Runs that are looked at.
    pub of: usize,
}

impl Debounce {
    /// Every run counts at once.
    pub const NONE: Debounce = Debounce { needed: 1, of: 1 };

    /// Reads `3/5`; at least one of at most twenty.
    pub fn parse(text: &str) -> Option<Self> {
        let (needed, of) = text.split_once('/')?;
        let number = |text: &str| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse::<usize>().ok())?
        };
        let (needed, of) = (number(needed)?, number(of)?);
        (1 <= needed && needed <= of && of <= REMEMBERED).then_some(Self { needed, of })
    }
}

/// The verdict of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PastRun {
    pub(super) at: i64,
    pub(super) verdict: VerdictWord,
}

impl PastRun {
    pub(super) fn new(at: OffsetDateTime, verdict: Verdict) -> Self {
        Self {
            at: millis(at),
            verdict: VerdictWord(verdict),
        }
    }
}

/// The worst verdict that at least `needed` of the last `of` runs reached; the newest run is
/// the last. Runs that never were count as ok. Forgets runs that no rule can ask for.
pub(super) fn debounced(runs: &mut Vec<PastRun>, debounce: Debounce) -> Verdict {
    let superfluous = runs.len().saturating_sub(REMEMBERED);
    runs.drain(..superfluous);
    let Debounce { needed, of } = debounce;
    let mut worst: Vec<_> = runs
        .iter()
        .rev()
        .take(of)
        .map(|run| run.verdict.0)
        .collect();
    worst.sort_unstable_by(|a, b| b.cmp(a));
    let reached = worst.get(needed - 1).copied();
    reached.map_or(Verdict::Ok, |verdict| verdict.max(Verdict::Ok))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(verdicts: &[Verdict], debounce: &str) -> Verdict {
        let run = |verdict: &Verdict| PastRun::new(OffsetDateTime::UNIX_EPOCH, *verdict);
        let mut runs = verdicts.iter().map(run).collect();
        debounced(&mut runs, Debounce::parse(debounce).expect("a rule"))
    }

    #[test]
    fn debounced_verdict_is_the_worst_that_enough_runs_reached() {
        use Verdict::{Critical as C, Ok as O, Unknown as U, Warning as W};
        let table: [(&[Verdict], &str, Verdict); 12] = [
            (&[C], "1/1", C),
            (&[C, O], "1/1", O),
            (&[C], "3/5", O),
            (&[C, C], "3/5", O),
            (&[C, C, C], "3/5", C),
            (&[C, O, C, O, C], "3/5", C),
            (&[C, O, O, C, O, C], "3/5", O),
            (&[C, C, C, O, O], "3/5", C),
            (&[C, C, C, O, O, O], "3/5", O),
            (&[C, C, W], "3/5", W),
            (&[C, U, W, O, O], "2/5", U),
            (&[C; 40], "20/20", C),
        ];
        for (verdicts, rule, due) in table {
            assert_eq!(after(verdicts, rule), due, "{verdicts:?} {rule}");
        }
    }

    #[test]
    fn debounce_rule_needs_one_to_twenty_runs() {
        assert_eq!(Debounce::parse("3/5"), Some(Debounce { needed: 3, of: 5 }));
        for text in [
            "", "3", "3/", "/5", "0/5", "6/5", "3/21", "+3/5", "3/5/7", "3 /5", "-1/2",
        ] {
            assert_eq!(Debounce::parse(text), None, "{text}");
        }
    }
}
