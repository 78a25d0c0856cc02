//! What a watch saw, round by round: the verdicts with the times at which they changed, and the
//! values of the fact that decides.

use crate::fact::{self, FactValue, duration, utc};
use crate::report::model::{Evidence, Report, StepReport, Verdict};
use crate::text::Printable;
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// How many values of a fact are kept: one column each.
const VALUES: usize = 40;

/// The rounds so far.
#[derive(Clone, Debug, Default)]
pub struct WatchLog {
    rounds: usize,
    began: Option<OffsetDateTime>,
    newest: Option<OffsetDateTime>,
    /// The first verdict, then each that differs from the one before.
    verdicts: Vec<(OffsetDateTime, Verdict)>,
    values: BTreeMap<&'static str, (Vec<f64>, Printable)>,
    deciding: Option<&'static str>,
    deadline: Option<(String, Option<OffsetDateTime>)>,
}

impl WatchLog {
    /// Takes in a round.
    pub fn note(&mut self, report: &Report) {
        let at = report.started_at;
        self.rounds += 1;
        self.began.get_or_insert(at);
        self.newest = Some(at);
        if self
            .verdicts
            .last()
            .is_none_or(|(_, last)| *last != report.verdict)
        {
            self.verdicts.push((at, report.verdict));
        }
        let steps = || report.runbooks.iter().flat_map(|runbook| &runbook.steps);
        // Several steps stand on one fact, and a round has one column of it.
        let mut noted = BTreeSet::new();
        for evidence in steps().flat_map(|step| step.finding.evidence()) {
            let Some(value) = &evidence.value else {
                continue;
            };
            let Some(number) = value.number() else {
                continue;
            };
            if !noted.insert(evidence.fact) {
                continue;
            }
            let (values, newest) = self.values.entry(evidence.fact).or_default();
            *newest = value.shown();
            values.push(number);
            let excess = values.len().saturating_sub(VALUES);
            values.drain(..excess);
        }
        let worst = steps().map(StepReport::verdict).max();
        let shown = |step: &'_ StepReport, is_wanted: fn(&FactValue) -> bool| {
            let mut all = step.finding.evidence().iter();
            all.find_map(|one: &Evidence| {
                one.value.as_ref().filter(|value| is_wanted(value))?;
                fact::label(one.fact).map(|_| one.fact)
            })
        };
        // A yes or no has a trend only where nothing is counted.
        let counts = |value: &FactValue| {
            matches!(
                value,
                FactValue::Int(_) | FactValue::Float(_) | FactValue::Duration(_)
            )
        };
        let worst = || steps().filter(|step| Some(step.verdict()) == worst);
        self.deciding = worst()
            .find_map(|step| shown(step, counts))
            .or_else(|| worst().find_map(|step| shown(step, |value| value.number().is_some())))
            .or(self.deciding);
        // Who was paged already is not to be paged again.
        let due = report.escalation.as_ref();
        self.deadline = due
            .filter(|due| due.paged.is_none())
            .map(|due| (format!("{} ({})", due.to, due.priority), due.due));
    }

    /// How many rounds there were.
    pub fn rounds(&self) -> usize {
        self.rounds
    }

    /// The fact that decides, a column for each round in glyphs from low to high, and its newest
    /// value.
    pub fn trend(&self, glyphs: &[char]) -> Option<String> {
        let fact = self.deciding?;
        let (values, newest) = self.values.get(fact)?;
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let columns: String = values
            .iter()
            .map(|value| glyph(*value, low, high, glyphs))
            .collect();
        let range = match high > low {
            true => format!(" (low {low}, high {high})"),
            false => String::new(),
        };
        let label = fact::label(fact)?;
        Some(format!("{label} {columns} {newest}{range}"))
    }

    /// Whom to escalate to, and how much time is left; none where nothing is due.
    pub fn countdown(&self, now: OffsetDateTime) -> Option<String> {
        let (to, due) = self.deadline.as_ref()?;
        Some(match due.map(|due| (due - now).whole_seconds()) {
            Some(left @ 1..) => format!("escalate to {to} in {}", duration(left)),
            Some(late) if late < 0 => format!("escalate to {to} now: {} late", duration(-late)),
            _ => format!("escalate to {to} now"),
        })
    }

    /// What was seen, in one line.
    pub fn summary(&self) -> String {
        let (Some(began), Some(newest)) = (self.began, self.newest) else {
            return "watched 0 rounds".to_owned();
        };
        let rounds = match self.rounds {
            1 => "1 round".to_owned(),
            n => format!("{n} rounds"),
        };
        let span = duration((newest - began).whole_seconds().max(0));
        let mut verdicts = self.verdicts.iter();
        let first = verdicts.next().map_or("", |(_, verdict)| verdict.word());
        let changes = verdicts.map(|(at, verdict)| format!("{} at {}", verdict.word(), utc(*at)));
        let changes: Vec<_> = changes.collect();
        let seen = match changes.is_empty() {
            true => format!("{first} throughout"),
            false => format!("{first}, then {}", changes.join(", then ")),
        };
        format!("watched {rounds} in {span}: {seen}")
    }
}

fn glyph(value: f64, low: f64, high: f64, glyphs: &[char]) -> char {
    let share = match high > low {
        true => (value - low) / (high - low),
        false => 0.0,
    };
    // A share between 0 and 1 of a handful of glyphs.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "in 0..glyphs.len()"
    )]
    let at = (share * (glyphs.len() - 1) as f64).round() as usize;
    glyphs.get(at).copied().unwrap_or(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASCII: [char; 5] = ['_', '.', '-', '=', '#'];

    #[test]
    fn the_lowest_value_has_the_lowest_glyph_and_the_highest_the_highest() {
        let drawn = |values: &[f64]| -> String {
            values
                .iter()
                .map(|value| glyph(*value, 0.0, 10.0, &ASCII))
                .collect()
        };
        assert_eq!(drawn(&[0.0, 5.0, 10.0]), "_-#");
        assert_eq!(glyph(3.0, 3.0, 3.0, &ASCII), '_');
    }

    #[test]
    fn a_trend_that_stands_still_has_no_range() {
        let trend = |values: &[f64], newest: &str| {
            let log = WatchLog {
                deciding: Some("api.up"),
                values: [("api.up", (values.to_vec(), newest.into()))].into(),
                ..WatchLog::default()
            };
            log.trend(&ASCII).expect("values")
        };
        assert_eq!(
            trend(&[1.0, 1.0], "yes"),
            "the status API answered 200 with a status object __ yes"
        );
        let ranged = trend(&[0.0, 2.0], "2");
        assert!(ranged.ends_with(" _# 2 (low 0, high 2)"), "{ranged}");
    }

    #[test]
    fn a_round_is_one_column_however_many_steps_stand_on_the_fact() {
        let mut report = crate::report::sample::one_bad_runbook();
        for runbook in &mut report.runbooks {
            let twice = runbook.steps.clone();
            runbook.steps.extend(twice);
        }
        let mut log = WatchLog::default();
        for round in 1..3 {
            log.note(&report);
            let columns: Vec<_> = log
                .values
                .values()
                .map(|(values, _)| values.len())
                .collect();
            assert!(columns.iter().all(|many| *many == round), "{columns:?}");
            assert!(!columns.is_empty());
        }
    }

    #[test]
    fn an_escalation_that_was_sent_is_not_counted_down() {
        for (paged, is_due) in [(None, true), (Some("paged 4 min ago".into()), false)] {
            let mut report = crate::report::sample::one_bad_runbook();
            if let Some(due) = &mut report.escalation {
                due.paged = paged;
            }
            let mut log = WatchLog::default();
            log.note(&report);
            assert_eq!(log.countdown(report.started_at).is_some(), is_due);
        }
    }

    #[test]
    fn a_countdown_says_how_late_it_is() {
        let at = |seconds: i64| OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(seconds);
        let log = WatchLog {
            deadline: Some(("T-JOSH (P1)".to_owned(), Some(at(100)))),
            ..WatchLog::default()
        };
        let said = |seconds| log.countdown(at(seconds)).expect("something is due");
        assert!(
            said(40).starts_with("escalate to T-JOSH (P1) in 1"),
            "{}",
            said(40)
        );
        assert_eq!(said(100), "escalate to T-JOSH (P1) now");
        assert!(said(130).ends_with(" late"), "{}", said(130));
        assert_eq!(WatchLog::default().countdown(at(0)), None);
    }
}
