//! Mutes of a single agent, request or execution: an incident that is about muted ones alone sends
//! no messages. As soon as another one joins it, it does.

use super::alert_state::AlertState;
use super::mute::Mute;
use crate::fact::FactValue;
use crate::report::model::{RunbookReport, StepReport, Verdict};

/// What a mute may be of beside a runbook.
pub const SUBJECTS: [&str; 3] = ["bond", "peck", "execution"];

/// Lists are cut at this length, so a list of this length may hide a subject that is not muted.
const LISTED: usize = 5;

/// Whether this is `bond:ID`, `peck:ID` or `execution:NAME`.
pub fn is_subject(text: &str) -> bool {
    let Some((kind, name)) = text.split_once(':') else {
        return false;
    };
    let is_plain = |c: char| c.is_ascii_graphic();
    SUBJECTS.contains(&kind) && (1..=200).contains(&name.len()) && name.chars().all(is_plain)
}

impl AlertState {
    /// The mute that ends first of those that together cover everything that a runbook found;
    /// none where it found something else as well, or where it is not known what it found.
    pub(super) fn subject_mute(&self, runbook: &RunbookReport) -> Option<(&str, &Mute)> {
        let names = self.mutes.iter().filter_map(|(key, mute)| {
            let (_, name) = is_subject(key).then(|| key.split_once(':'))??;
            Some((name, (key.as_str(), mute)))
        });
        let names: Vec<_> = names.collect();
        if names.is_empty() {
            return None;
        }
        let is_bad = |step: &&StepReport| step.verdict() >= Verdict::Warning;
        let mut covering = Vec::new();
        for step in runbook.steps.iter().filter(is_bad) {
            covering.extend(covered(step, &names)?);
        }
        covering.into_iter().min_by_key(|(_, mute)| mute.until)
    }
}

/// The mutes that cover every line of the lists of a step, of those that each name mutes.
fn covered<T: Copy>(step: &StepReport, names: &[(&str, T)]) -> Option<Vec<T>> {
    let evidence = step.finding.evidence();
    let lists = evidence
        .iter()
        .filter_map(|evidence| match &evidence.value {
            Some(FactValue::List(lines)) => Some(lines),
            _ => None,
        });
    let lines: Vec<_> = lists.flatten().collect();
    if lines.is_empty() || lines.len() >= LISTED {
        return None;
    }
    let mute = |line: &crate::text::Untrusted| {
        let line = line.printable(usize::MAX);
        let mut names = names.iter();
        names.find_map(|(name, mute)| holds_word(line.as_str(), name).then_some(*mute))
    };
    lines.into_iter().map(mute).collect()
}

/// Whether a text holds a name that nothing goes on from at either end.
fn holds_word(text: &str, name: &str) -> bool {
    let goes_on = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(goes_on) && !after.is_some_and(goes_on)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::fact::Probe;
    use crate::report::model::{Evidence, Finding};
    use crate::report::sample;
    use crate::text::Untrusted;
    use time::{Duration, OffsetDateTime};

    /// A runbook with one bad step that names these.
    fn runbook(lines: &[&str]) -> RunbookReport {
        let mut runbook = sample::one_bad_runbook().runbooks.remove(0);
        let lines = lines.iter().map(|line| Untrusted::new(*line));
        let evidence = Evidence {
            fact: "bonds.worst",
            value: Some(FactValue::List(lines.collect())),
            unit: "",
            source: Probe::Connections,
            at: None,
        };
        runbook.steps.truncate(1);
        runbook.steps[0].finding = Finding::Critical(vec![evidence]);
        runbook
    }

    #[test]
    fn an_incident_is_muted_where_every_subject_of_it_is() {
        let mut state = AlertState::default();
        let now = OffsetDateTime::UNIX_EPOCH;
        state.mute(now, "bond:AAAA01", now + Duration::hours(2), "Ada");
        state.mute(now, "bond:AAAA02", now + Duration::hours(1), "Bob");
        let by = |lines: &[&str]| {
            state
                .subject_mute(&runbook(lines))
                .map(|(_, mute)| mute.by.as_str())
        };
        assert_eq!(by(&["AAAA01 OFFLINE, 40 min"]), Some("Ada"));
        let both = ["AAAA01 OFFLINE, 40 min", "AAAA02 SLOW, 12 min"];
        assert_eq!(by(&both), Some("Bob"), "the first to end");
        for lines in [
            &[][..],
            &["AAAA03 OFFLINE, 40 min"],
            &["AAAA01 OFFLINE, 40 min", "AAAA03 SLOW, 12 min"],
            &["AAAA01 a", "AAAA01 b", "AAAA01 c", "AAAA01 d", "AAAA01 e"],
        ] {
            assert_eq!(by(lines), None, "{lines:?}");
        }
        // A second bad step without a named subject is not covered by the mute.
        let mut two = runbook(&["AAAA01 OFFLINE, 40 min"]);
        let mut other = two.steps[0].clone();
        other.finding = Finding::Warning(Vec::new());
        two.steps.push(other);
        assert_eq!(state.subject_mute(&two), None);
        assert!(state.unmute("bond:AAAA01"));
        assert_eq!(state.subject_mute(&runbook(&["AAAA01 OFFLINE"])), None);
    }

    #[test]
    fn a_subject_has_a_kind_and_a_name() {
        for (text, due) in [
            ("bond:AAAA000000000001", true),
            ("peck:peck_7f3a", true),
            ("execution:peck-0099", true),
            ("inc-004", false),
            ("bond:", false),
            ("agent:AAAA", false),
            ("bond:a b", false),
            ("bond:a\u{1b}", false),
        ] {
            assert_eq!(is_subject(text), due, "{text}");
        }
    }

    #[test]
    fn a_name_counts_as_a_whole_word_only() {
        assert!(holds_word("FAILED peck-0100 at 03:12", "peck-0100"));
        assert!(holds_word("AAAA0001: OFFLINE", "AAAA0001"));
        for other in ["peck-01001", "x-peck-0100", "peck-0100-b", "peck-010"] {
            assert!(!holds_word(other, "peck-0100"), "{other}");
        }
    }
}
