//! A refusal without any mark of the gateway that began with a move of the alias is the function's own
//! answer: a deploy that lost a route, not a key that expired.

use super::{ALIAS_NUMBER, RecordedSamples};
use crate::fact::{FactValue, Probe};
use crate::lambda::alias_moves::WholeMove;
use crate::observation::{Observation, Unavailable};
use crate::text::Untrusted;
use time::OffsetDateTime;

/// Lays such a refusal to the function. `moves` are those that the journal records.
pub fn check_refusal(
    answers: &mut [Observation],
    past: &Result<RecordedSamples, Unavailable>,
    moves: &[WholeMove],
    now: OffsetDateTime,
) {
    let came_after_good = came_after_good(answers, past.as_ref().ok(), moves);
    let status = answers.iter_mut();
    for status in status.filter(|answer| answer.probe == Probe::Status) {
        let is = |path, value| status.outcome(path).is_ok_and(|fact| fact.value == value);
        let gateway = FactValue::Text(Untrusted::new("gateway"));
        if !came_after_good
            || !is("api.unmarked", FactValue::Bool(true))
            || !is("api.cause", gateway)
        {
            continue;
        }
        let text = |text: &str| FactValue::Text(Untrusted::new(text));
        status.set("api.cause", text("lambda"), now);
        if let Ok(answer) = status.outcome("api.answer") {
            let answer = answer.value.shown();
            // What it was taken for before is no longer said.
            let code = answer.as_str().split([':', ',']).next().unwrap_or_default();
            let told = format!("{code} by the function itself");
            status.set("api.answer", text(&told), now);
        }
    }
}

/// Whether the version behind the alias came after the API last answered well.
fn came_after_good(
    answers: &[Observation],
    past: Option<&RecordedSamples>,
    moves: &[WholeMove],
) -> bool {
    let alias = answers.iter().find(|answer| answer.probe == Probe::Alias);
    let value = |path| {
        alias
            .and_then(|alias| alias.outcome(path).ok())
            .map(|fact| fact.value)
    };
    let Some(FactValue::Int(current)) = value(ALIAS_NUMBER) else {
        return false;
    };
    let runs = past.map(RecordedSamples::answered_runs).unwrap_or_default();
    let Some(good) = runs.into_iter().max_by_key(|run| run.at) else {
        return false;
    };
    let published = match value("alias.published") {
        Some(FactValue::Instant(at)) => Some(at),
        _ => None,
    };
    let moved = moves
        .last()
        .filter(|moved| moved.version == current.to_string());
    good.version != current || published.max(moved.map(|moved| moved.at)) > Some(good.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::GOOD_ANSWERS;
    use crate::history::Sample;
    use std::collections::BTreeMap;

    const NOW: i64 = 1_774_149_129;

    fn at(ago: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(NOW - ago).expect("an instant")
    }

    /// The cause and the answer of a 404 after a good answer of this version so long ago, while the
    /// alias points to 62.
    fn told(is_unmarked: bool, good: Option<(i64, i64)>, moved: Option<i64>) -> (String, String) {
        let text = |text: &str| FactValue::Text(Untrusted::new(text));
        let mut status = Observation::new(Probe::Status);
        status.set("api.cause", text("gateway"), at(0));
        status.set("api.answer", text("HTTP 404: gateway, route or key"), at(0));
        status.set("api.unmarked", FactValue::Bool(is_unmarked), at(0));
        let mut alias = Observation::new(Probe::Alias);
        alias.set(ALIAS_NUMBER, FactValue::Int(62), at(0));
        let sample = |value: fn((i64, i64)) -> i64| -> Vec<Sample> {
            let good = good.into_iter();
            good.map(|run| Sample {
                at: at(run.0),
                value: value(run),
            })
            .collect()
        };
        let past = Ok(RecordedSamples {
            samples: BTreeMap::from([
                (ALIAS_NUMBER, sample(|(_, version)| version)),
                (GOOD_ANSWERS, sample(|_| 1)),
            ]),
            ..RecordedSamples::default()
        });
        let moves: Vec<_> = (moved.into_iter())
            .map(|ago| WholeMove {
                at: NOW - ago,
                version: "62".to_owned(),
            })
            .collect();
        let mut answers = [status, alias];
        check_refusal(&mut answers, &past, &moves, at(0));
        let shown = |path| {
            let fact = answers[0].outcome(path).expect("known");
            fact.value.shown().to_string()
        };
        (shown("api.cause"), shown("api.answer"))
    }

    #[test]
    fn only_an_unmarked_refusal_since_a_move_is_the_functions() {
        let lambda = "HTTP 404 by the function itself";
        let since_move = told(true, Some((300, 61)), None);
        assert_eq!(since_move, ("lambda".to_owned(), lambda.to_owned()));
        assert_eq!(told(true, Some((300, 62)), Some(60)).0, "lambda");
        for (is_unmarked, good, moved) in [
            (false, Some((300, 61)), None),
            (true, Some((300, 62)), None),
            (true, Some((300, 62)), Some(900)),
            (true, None, Some(60)),
        ] {
            let (cause, answer) = told(is_unmarked, good, moved);
            assert_eq!(cause, "gateway", "{is_unmarked} {good:?} {moved:?}");
            assert!(answer.ends_with("gateway, route or key"), "{answer}");
        }
    }
}
