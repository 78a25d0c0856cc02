//! Is the alias where it should be, did the errors come with it, and is there a way back.
//!
//! Nothing here is guessed. The version before this one may never have served; the way
//! back is a version that an earlier run saw behind the alias while the API answered.

#[cfg(test)]
mod tests;

use super::function::Shown;
use super::versions::Whose;
use super::{ALIAS, ANSWERED, Past};
use crate::fact::{self, FactValue};
use crate::history::Sample;
use crate::lambda::version_number as number;
use crate::observation::{Known, Reading, Readings, Silence, Why};
use crate::text::Untrusted;
use time::OffsetDateTime;

const MINUTE: i64 = 60;

pub(super) fn join(
    reading: &mut Reading,
    readings: &Readings,
    shown: Result<Shown, Silence>,
    moved: Result<Moved, Silence>,
    past: &Result<Past, Silence>,
    now: OffsetDateTime,
) {
    let text = |word: &str| FactValue::Text(Untrusted::new(word));
    let expected = expected(readings);
    let drift = expected.clone().and_then(|(expected, _)| {
        let version = word(readings, "alias.version")?;
        Ok(number(&version) != number(&expected))
    });
    let version = expected.clone().map(|(version, _)| text(&version));
    reading.put("alias.expected", version, now);
    let from = expected.map(|(_, from)| text(from));
    reading.put("alias.expected_from", from, now);
    reading.put("alias.drift", drift.clone().map(FactValue::Bool), now);

    let after = moved.clone().and_then(|moved| {
        let open = || Silence::new(Why::NotCovered, "nothing shows an earlier version");
        moved.after.map(FactValue::Instant).ok_or_else(open)
    });
    let before = moved.clone().map(|moved| FactValue::Instant(moved.before));
    reading.put("alias.moved_after", after, now);
    reading.put("alias.moved_before", before, now);

    let why = why(readings, drift, &shown, &moved);
    reading.put("rollback.why", why.map(text), now);
    way_back(reading, found(readings, past), now);
}

fn silence(readings: &Readings, path: &str) -> Silence {
    match readings.get(path) {
        Known::Silent(silence) => silence.clone(),
        _ => Silence::new(Why::NotAsked, format!("{path} was not asked for")),
    }
}

fn word(readings: &Readings, path: &str) -> Result<String, Silence> {
    match readings.get(path) {
        Known::Known(fact) => Ok(fact.value.shown().to_string()),
        _ => Err(silence(readings, path)),
    }
}

/// The version that the alias should have, and who says so: the caller before the API.
fn expected(readings: &Readings) -> Result<(String, &'static str), Silence> {
    if let Ok(pinned) = word(readings, "alias.pinned") {
        return Ok((number(&pinned).to_owned(), "the caller"));
    }
    match word(readings, "status.lambda_version") {
        Ok(version) => Ok((number(&version).to_owned(), "the status API")),
        Err(silence) => {
            let at = word(readings, "alias.version").map_or_else(
                |_| String::new(),
                |v| format!("the alias points to {v}, and "),
            );
            let detail = format!("{at}no expected version is known: {}", silence.detail);
            Err(Silence::new(silence.why, detail).fix("Name the version: --expect VERSION"))
        }
    }
}

/// When the alias came to its version.
#[derive(Clone)]
pub(super) struct Moved {
    /// After this, if anything shows it.
    pub(super) after: Option<i64>,
    /// No later than this.
    pub(super) before: i64,
}

/// From recorded runs and from the date of the version: it cannot serve before it exists.
pub(super) fn moved(
    readings: &Readings,
    past: &Result<Past, Silence>,
    now: i64,
) -> Result<Moved, Silence> {
    let Some(current) = readings.int(ALIAS) else {
        return Err(silence(readings, ALIAS));
    };
    let samples = past.as_ref().map_err(Clone::clone)?.of(ALIAS);
    let last = samples.iter().rposition(|sample| sample.value != current);
    let at = |index: usize| samples.get(index).map(|sample| sample.at.unix_timestamp());
    let before = at(last.map_or(0, |last| last + 1)).unwrap_or(now);
    let published = match readings.get("alias.published") {
        Known::Known(fact) => match fact.value {
            FactValue::Instant(at) => Some(at),
            _ => None,
        },
        _ => None,
    };
    let after = last.and_then(at).max(published);
    if after.is_some_and(|after| after > before) {
        return Err(Silence::new(
            Why::ClockOff,
            "recorded history and the date of the version contradict each other",
        ));
    }
    Ok(Moved { after, before })
}

/// Whether the present errors began after the alias moved; `None` when there are none.
fn after_move(
    shown: &Result<Shown, Silence>,
    moved: &Result<Moved, Silence>,
) -> Result<Option<bool>, Silence> {
    let shown = shown.as_ref().map_err(Clone::clone)?;
    let Some(since) = shown.since else {
        return match shown.counted {
            true => Ok(None),
            false => Err(Silence::new(
                Why::NoData,
                "CloudWatch has no data points of the function, so nothing shows when it began to fail",
            )),
        };
    };
    let moved = moved.as_ref().map_err(Clone::clone)?;
    let (Ok(latest) | Err(latest)) = since;
    if moved.after.is_some_and(|after| latest + MINUTE <= after) {
        return Ok(Some(false));
    }
    if since.is_ok_and(|since| since + MINUTE > moved.before) {
        return Ok(Some(true));
    }
    let from = moved.after.map_or_else(
        || "at some time".to_owned(),
        |at| format!("after {}", fact::instant(at)),
    );
    let (before, latest) = (fact::instant(moved.before), fact::instant(latest));
    Err(Silence::new(
        Why::NotCovered,
        format!(
            "the alias moved {from} and no later than {before}, the errors began by {latest}: which came first is not known"
        ),
    )
    .fix("Look up in DEPLOY-LOG.md when the alias moved"))
}

/// What speaks for a rollback, or against it, in a word.
fn why(
    readings: &Readings,
    drift: Result<bool, Silence>,
    shown: &Result<Shown, Silence>,
    moved: &Result<Moved, Silence>,
) -> Result<&'static str, Silence> {
    let up = match readings.get("api.up") {
        Known::Known(fact) => fact.value == FactValue::Bool(true),
        _ => return Err(silence(readings, "api.up")),
    };
    if up {
        return drift.map(|drift| match drift {
            true => "drift-but-up",
            false => "not-needed",
        });
    }
    if drift == Ok(true) {
        return Ok("drift");
    }
    let errors = after_move(shown, moved);
    let of_others = (shown.as_ref()).is_ok_and(|shown| shown.whose == Whose::Others);
    if errors == Ok(Some(true)) && !of_others {
        return Ok("errors-after-move");
    }
    drift?;
    if word(readings, "api.cause").is_ok_and(|cause| cause == "gateway") {
        return Ok("gateway");
    }
    if shown.as_ref().is_ok_and(|shown| shown.throttles > 0) {
        return Ok("throttled");
    }
    if of_others {
        return Ok("errors-of-others");
    }
    match errors? {
        Some(_) => Ok("errors-before-move"),
        None if readings.int("logs.errors_15m") != Some(0) => Err(Silence::new(
            Why::NoData,
            "the metrics show no error yet, and the log is not proven clean: nothing shows when it began to fail",
        )),
        None if shown.as_ref().is_ok_and(|shown| shown.stopped) => Ok("not-invoked"),
        None => Ok("no-errors"),
    }
}

/// The newest other version that a run saw behind the alias while the API answered, and
/// that still exists, with the time of that run.
fn found(
    readings: &Readings,
    past: &Result<Past, Silence>,
) -> Result<Option<(i64, OffsetDateTime)>, Silence> {
    let current = word(readings, "alias.version")?;
    let exists = match readings.get("alias.versions") {
        Known::Known(fact) => match &fact.value {
            FactValue::List(versions) => versions,
            _ => return Err(Silence::new(Why::Mistyped, "the versions are no list")),
        },
        _ => return Err(silence(readings, "alias.versions")),
    };
    let past = past.as_ref().map_err(Clone::clone)?;
    let answered = |at: OffsetDateTime| {
        let mut runs = past.of(ANSWERED).iter();
        runs.any(|run| run.at == at && run.value > 0)
    };
    let good = |sample: &&Sample| {
        let version = sample.value.to_string();
        version != current && exists.iter().any(|known| known.is(&version)) && answered(sample.at)
    };
    let newest = past.of(ALIAS).iter().rev().find(good);
    Ok(newest.map(|sample| (sample.value, sample.at)))
}

fn way_back(
    reading: &mut Reading,
    found: Result<Option<(i64, OffsetDateTime)>, Silence>,
    now: OffsetDateTime,
) {
    let known = found.clone().map(|found| FactValue::Bool(found.is_some()));
    reading.put("rollback.to_known", known, now);
    let found = found.and_then(|found| {
        let none = "no earlier run saw another version serve that still exists";
        found.ok_or_else(|| Silence::new(Why::NoData, none))
    });
    let evidence = found.clone().map(|(_, at)| {
        let at = fact::instant(at.unix_timestamp());
        let seen = format!("the API answered on {at} while the alias pointed to it");
        FactValue::Text(Untrusted::new(seen))
    });
    reading.put("rollback.evidence", evidence, now);
    let version = found.map(|(version, _)| FactValue::Int(version));
    reading.put("rollback.to", version, now);
}
