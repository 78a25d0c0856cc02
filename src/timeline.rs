//! The timeline: events from several sources in one sequence, and those in the hour before the
//! first bad verdict. Pure: no I/O, and no verdicts of its own.

use crate::fact::{Fact, FactValue, parse_instant};
use crate::history::{Sample, Summary};
use crate::observation::{FactState, Observations};
use crate::report::model::Verdict;
use crate::text::{Printable, Untrusted};
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// A change this long before the first bad verdict may be its reason, in seconds.
pub const BEFORE: i64 = 3_600;

named_enum! {
    /// The source of a moment.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Witness, word {
        Alias "alias" "The alias, by recorded facts and the dates of its versions.";
        Journal "journal" "The journal of this machine.";
        Audit "audit" "The audit feed.";
        Executions "executions" "Step Functions.";
        Call "call" "Escalations.";
        Verdict "verdict" "The verdicts of recorded runs.";
    }
}

impl Witness {
    /// Whether its moments are actions or outside events, which could be the reason for a bad
    /// verdict.
    fn could_be_a_reason(self) -> bool {
        matches!(self, Witness::Alias | Witness::Journal | Witness::Audit)
    }
}

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// Seconds since 1970.
    pub at: i64,
    /// Its source.
    pub witness: Witness,
    /// What happened.
    pub text: Printable,
    /// The verdict that a runbook came to here, where it is worse than ok.
    pub bad: Option<Verdict>,
    /// The id of the write that this is a stage of.
    pub write: Option<Printable>,
}

impl Moment {
    /// A moment that is not a verdict.
    pub fn new(at: i64, witness: Witness, text: impl Into<Printable>) -> Self {
        Self {
            at,
            witness,
            text: text.into(),
            bad: None,
            write: None,
        }
    }
}

/// The sequence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// Oldest first.
    pub moments: Vec<Moment>,
    /// Where the worst verdict first stands among them.
    pub broke: Option<usize>,
}

impl Timeline {
    /// Sorts everything since `from`. Within a second, possible causes come before the verdict.
    pub fn of(from: i64, moments: impl IntoIterator<Item = Moment>) -> Self {
        let mut moments: Vec<Moment> = moments
            .into_iter()
            .filter(|moment| moment.at >= from)
            .collect();
        moments.sort_by(|a, b| (a.at, a.witness, &a.text).cmp(&(b.at, b.witness, &b.text)));
        // The worst is what broke, and of several the first: a warning that came before a critical,
        // or beside it, is not what people look for.
        let broke = moments
            .iter()
            .enumerate()
            .filter(|(_, moment)| moment.bad.is_some())
            .max_by_key(|(index, moment)| {
                // An incident names what its bonds and requests suffer from.
                let is_incident = moment.text.as_str().starts_with("INC-");
                let (at, index) = (std::cmp::Reverse(moment.at), std::cmp::Reverse(*index));
                (moment.bad, at, is_incident, index)
            })
            .map(|(index, _)| index);
        Self { moments, broke }
    }

    /// Possible causes in the hour before the first bad verdict, newest first.
    pub fn before(&self) -> impl Iterator<Item = &Moment> {
        let broke = self.broke.and_then(|at| self.moments.get(at));
        let earlier = self
            .moments
            .get(..self.broke.unwrap_or(0))
            .unwrap_or_default();
        earlier
            .iter()
            .rev()
            .take_while(move |moment| broke.is_some_and(|broke| broke.at - moment.at <= BEFORE))
            .filter(|moment| moment.witness.could_be_a_reason())
    }
}

/// Verdict changes between recorded runs. A runbook that a run did not judge keeps its verdict;
/// the first run sets the initial one.
pub fn verdicts(runs: &[Summary]) -> Vec<Moment> {
    let mut known: BTreeMap<&str, Verdict> = BTreeMap::new();
    let mut moments = Vec::new();
    for run in runs {
        for (runbook, word) in &run.runbooks {
            let Some(now) = Verdict::from_word(word) else {
                continue;
            };
            let before = known.insert(runbook, now);
            if before == Some(now) {
                continue;
            }
            let name = Untrusted::new(runbook.to_uppercase()).printable(40);
            let text = match before {
                Some(before) => format!("{name} {} -> {}", before.word(), now.word()),
                None => format!("{name} is {}", now.word()),
            };
            moments.push(Moment {
                bad: Some(now).filter(|now| {
                    *now >= Verdict::Warning && before.is_none_or(|before| before < *now)
                }),
                ..Moment::new(run.at.unix_timestamp(), Witness::Verdict, text)
            });
        }
    }
    moments
}

/// How long a runbook has been, or was, bad by recorded runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spell {
    /// The worst verdict of it.
    pub worst: Verdict,
    /// The first run that saw it.
    pub since: OffsetDateTime,
    /// The last run before it in which the runbook was ok.
    pub well: Option<OffsetDateTime>,
    /// The first run after it in which the runbook was ok; none where it goes on.
    pub until: Option<OffsetDateTime>,
}

/// The newest spell, if any. An unknown verdict neither begins nor ends one.
pub fn last_spell(runs: &[Summary], runbook: &str) -> Option<Spell> {
    let (mut last, mut well) = (None::<Spell>, None);
    for run in runs {
        let of_this = run.runbooks.iter().find(|(id, _)| id == runbook);
        let open = last.as_mut().filter(|spell| spell.until.is_none());
        match of_this.and_then(|(_, word)| Verdict::from_word(word)) {
            Some(bad @ (Verdict::Warning | Verdict::Critical)) => match open {
                Some(spell) => spell.worst = spell.worst.max(bad),
                None => {
                    last = Some(Spell {
                        worst: bad,
                        since: run.at,
                        well,
                        until: None,
                    });
                }
            },
            Some(Verdict::Ok | Verdict::Skipped) => {
                well = Some(run.at);
                if let Some(spell) = open {
                    spell.until = well;
                }
            }
            Some(Verdict::Unknown) | None => {}
        }
    }
    last
}

/// The spell that is still going on by the newest run, if any.
pub fn spell(runs: &[Summary], runbook: &str) -> Option<Spell> {
    last_spell(runs, runbook).filter(|spell| spell.until.is_none())
}

/// Moves of the alias, by the versions that runs recorded.
pub fn alias(samples: &[Sample]) -> Vec<Moment> {
    let moved = samples.windows(2).filter_map(|pair| match pair {
        [before, after] if before.value != after.value => {
            let since = crate::fact::utc(before.at);
            let text = format!(
                "alias moved from version {} to {} after {since}",
                before.value, after.value
            );
            Some(Moment::new(after.at.unix_timestamp(), Witness::Alias, text))
        }
        _ => None,
    });
    moved.collect()
}

/// What this run's own facts date: executions, and when the version behind the alias was
/// published.
pub fn facts(observations: &Observations) -> Vec<Moment> {
    let mut moments = Vec::new();
    for (path, what) in [
        ("executions.newest_unsuccessful", ""),
        ("executions.longest_running", "RUNNING "),
    ] {
        for line in lines(observations, path) {
            let line = line.printable(200);
            // The first time in it is when it started.
            if let Some(at) = line.as_str().split(' ').find_map(parse_instant) {
                moments.push(Moment::new(
                    at,
                    Witness::Executions,
                    format!("{what}{line}"),
                ));
            }
        }
    }
    let value = |path: &str| match observations.get(path) {
        FactState::Known(Fact { value, .. }) => Some(value),
        _ => None,
    };
    if let (Some(FactValue::Instant(at)), Some(version)) =
        (value("alias.published"), value("alias.version"))
    {
        let text = format!(
            "version {}, behind the alias now, was published",
            version.shown()
        );
        moments.push(Moment::new(*at, Witness::Alias, text));
    }
    moments
}

fn lines<'a>(observations: &'a Observations, path: &str) -> &'a [Untrusted] {
    match observations.get(path) {
        FactState::Known(Fact {
            value: FactValue::List(lines),
            ..
        }) => lines,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    fn run(at: i64, runbooks: &[(&str, &str)]) -> Summary {
        Summary {
            id: Ulid::nil(),
            at: OffsetDateTime::from_unix_timestamp(at).expect("a time"),
            verdict: "ok".into(),
            runbooks: runbooks
                .iter()
                .map(|(id, word)| ((*id).into(), (*word).into()))
                .collect(),
            duckops_version: "0".into(),
        }
    }

    #[test]
    fn only_verdict_changes_are_moments_and_worsening_ones_are_bad() {
        let runs = [
            run(10, &[("inc-001", "ok"), ("inc-004", "ok")]),
            run(20, &[("inc-004", "ok")]),
            run(30, &[("inc-004", "warning"), ("inc-001", "nonsense")]),
            run(40, &[("inc-004", "critical"), ("inc-001", "ok")]),
            run(50, &[("inc-004", "unknown")]),
            run(60, &[("inc-004", "ok")]),
        ];
        let told: Vec<_> = verdicts(&runs)
            .into_iter()
            .map(|moment| (moment.at, moment.text.to_string(), moment.bad.is_some()))
            .collect();
        let due = [
            (10, "INC-001 is ok", false),
            (10, "INC-004 is ok", false),
            (30, "INC-004 ok -> warning", true),
            (40, "INC-004 warning -> critical", true),
            (50, "INC-004 critical -> unknown", false),
            (60, "INC-004 unknown -> ok", false),
        ];
        assert_eq!(told, due.map(|(at, text, bad)| (at, text.to_owned(), bad)));
    }

    #[test]
    fn moments_of_the_hour_before_are_listed_newest_first() {
        let bad = |at| Moment {
            bad: Some(Verdict::Critical),
            ..Moment::new(at, Witness::Verdict, "INC-001 ok -> critical")
        };
        let moved = |at, text: &str| Moment::new(at, Witness::Alias, text);
        let moments = [
            bad(10_000),
            moved(10_000 - BEFORE - 1, "too early"),
            moved(10_000 - BEFORE, "an hour"),
            moved(10_000, "at once"),
            moved(10_001, "after"),
            Moment::new(9_000, Witness::Executions, "FAILED"),
            Moment::new(9_500, Witness::Journal, "rollback"),
            moved(1, "before the window"),
        ];
        let timeline = Timeline::of(5, moments.clone());
        assert_eq!(timeline.moments.len(), 7);
        let before: Vec<_> = timeline
            .before()
            .map(|moment| moment.text.as_str())
            .collect();
        assert_eq!(before, ["at once", "rollback", "an hour"]);
        let calm = Timeline::of(0, moments.into_iter().filter(|moment| moment.bad.is_none()));
        assert_eq!((calm.broke, calm.before().count()), (None, 0));
    }

    #[test]
    fn an_alias_move_lies_between_two_runs_with_different_versions() {
        let sample = |at, value| Sample {
            at: OffsetDateTime::from_unix_timestamp(at).expect("a time"),
            value,
        };
        let moved = alias(&[sample(10, 60), sample(20, 60), sample(30, 61)]);
        assert_eq!(moved.len(), 1);
        assert_eq!(moved[0].at, 30);
        assert_eq!(
            moved[0].text.as_str(),
            "alias moved from version 60 to 61 after 1970-01-01T00:00:20Z"
        );
        assert!(alias(&[sample(10, 60)]).is_empty());
    }

    #[test]
    fn a_spell_begins_with_the_first_bad_run_after_a_good_one() {
        let at = |at| OffsetDateTime::from_unix_timestamp(at).expect("a time");
        let seen = |words: &[&str]| {
            let runs: Vec<_> = (10..)
                .step_by(10)
                .zip(words)
                .map(|(at, word)| run(at, &[("inc-001", "ok"), ("inc-004", word)]))
                .collect();
            spell(&runs, "inc-004").map(|spell| (spell.since, spell.well))
        };
        assert_eq!(seen(&[]), None);
        assert_eq!(seen(&["critical"]), Some((at(10), None)));
        assert_eq!(seen(&["critical", "ok"]), None);
        assert_eq!(
            seen(&["critical", "ok", "warning", "critical"]),
            Some((at(30), Some(at(20))))
        );
        // An unknown verdict shows neither a beginning nor an end.
        assert_eq!(
            seen(&["unknown", "critical", "unknown"]),
            Some((at(20), None))
        );
        assert_eq!(seen(&["ok", "unknown"]), None);
        assert_eq!(seen(&["warning", "skipped"]), None);
        // The newest one is kept when it is over, with the worst of it.
        let words = [
            "critical", "ok", "warning", "unknown", "critical", "warning", "ok", "ok",
        ];
        let runs: Vec<_> = (10..)
            .step_by(10)
            .zip(words)
            .map(|(at, word)| run(at, &[("inc-004", word)]))
            .collect();
        let last = last_spell(&runs, "inc-004").expect("a spell");
        assert_eq!(
            (last.worst, last.since, last.until),
            (Verdict::Critical, at(30), Some(at(70)))
        );
    }
}
