//! Joined facts: what earlier runs recorded, together with what this run was told.
//!
//! A running total says nothing of a day by itself. Recorded totals bound its increase
//! from both sides, dated audit entries from below. This is the one probe that asks
//! nobody: it reads the samples it is handed and the other probes' facts.

mod certs;
mod clock;
mod fleet;
mod function;
mod outage;
mod rollback;
mod versions;

use crate::fact::{FactValue, Probe};
use crate::history::{History, HistoryError, Increase, Sample, StackKey, Window, increase};
use crate::observation::{Known, Reading, Readings, Silence, Why};
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime};

const PECKS: &str = "peck.callback_errors";
const DUCKLINGS: &str = "status.database.ducklings";
const CERTIFICATES: &str = "status.database.birth_certificates";
const ALIVE: &str = "status.agents.alive";
const ERRORS: &str = "callback errors";
const HOUR: Duration = Duration::HOUR;
const DAY: Duration = Duration::DAY;

/// Recorded samples of the facts whose increase is asked for.
#[derive(Debug, Default)]
pub struct Past {
    samples: BTreeMap<&'static str, Vec<Sample>>,
    last_alive: Option<OffsetDateTime>,
}

/// How far back a version may have been seen serving and still be a way back.
const GOOD: Duration = Duration::days(7);
const ALIAS: &str = "alias.number";
const ANSWERED: &str = "api.good_answers";
const OVER: &str = "peck.callback_errors_24h_min";

impl Past {
    /// Reads what the windows ending at `now` need.
    ///
    /// # Errors
    /// That the history cannot be read; an empty one is no error.
    pub fn fetch(
        history: &dyn History,
        stack: &StackKey,
        now: OffsetDateTime,
    ) -> Result<Self, HistoryError> {
        let mut samples = BTreeMap::new();
        for (fact, span) in [
            (PECKS, DAY),
            (DUCKLINGS, 2 * DAY),
            (CERTIFICATES, 2 * DAY),
            (ALIAS, GOOD),
            (ANSWERED, GOOD),
            (OVER, DAY),
        ] {
            samples.insert(fact, history.samples(stack, fact, now - span)?);
        }
        let ever = OffsetDateTime::UNIX_EPOCH;
        Ok(Self {
            samples,
            last_alive: history.last_positive(stack, ALIVE, ever, now)?,
        })
    }
}

impl Past {
    fn of(&self, fact: &str) -> &[Sample] {
        self.samples.get(fact).map_or(&[], Vec::as_slice)
    }
}

/// Makes the joined facts.
pub fn join(readings: &Readings, past: &Result<Past, Silence>, now: OffsetDateTime) -> Reading {
    let mut reading = Reading::new(Probe::History);
    let callback_errors = pecks(&mut reading, readings, past, now);
    clock::join(&mut reading, readings, callback_errors, past, now);
    reading.put("growth.ducklings_24h", grew(readings, past, now), now);
    certs::join(&mut reading, readings, past, now);
    fleet::join(&mut reading, readings, past, now);
    let shown = function::join(&mut reading, readings, now);
    let moved = rollback::moved(readings, past, now.unix_timestamp());
    outage::join(&mut reading, readings, &moved, past, now);
    rollback::join(&mut reading, readings, shown, moved, past, now);
    forecast(&mut reading, readings, now);
    reading
}

/// The increase of a running total up to its present value.
fn grown(
    readings: &Readings,
    past: &Result<Past, Silence>,
    fact: &str,
    now: OffsetDateTime,
    span: Duration,
) -> Result<Increase, Silence> {
    let current = match readings.get(fact) {
        Known::Known(known) => known,
        Known::Silent(silence) => return Err(silence.clone()),
        Known::NotAsked => {
            return Err(Silence::new(
                Why::NotAsked,
                format!("{fact} was not asked for"),
            ));
        }
    };
    let FactValue::Int(value) = current.value else {
        return Err(Silence::new(Why::Mistyped, format!("{fact} is no count")));
    };
    let mut samples = past
        .as_ref()
        .map_err(Clone::clone)?
        .samples
        .get(fact)
        .cloned()
        .unwrap_or_default();
    samples.push(Sample {
        at: current.at,
        value,
    });
    increase(
        &samples,
        Window {
            start: now - span,
            end: now,
        },
    )
    .map_err(|error| {
        Silence::new(
            Why::ClockOff,
            format!("recorded history of {fact} cannot be used: {error}"),
        )
    })
}

/// Yields the callback errors of the last 24 h, at least.
fn pecks(
    reading: &mut Reading,
    readings: &Readings,
    past: &Result<Past, Silence>,
    now: OffsetDateTime,
) -> Option<i64> {
    let day = grown(readings, past, PECKS, now, DAY);
    let hour = grown(readings, past, PECKS, now, HOUR);
    let dated_day = readings.int("audit.callback_errors_24h_min");
    let dated_hour = readings.int("audit.callback_errors_1h_min");
    let at_least = |counted: &Result<Increase, Silence>, dated: Option<i64>| match (counted, dated)
    {
        (Ok(counted), dated) => Ok(counted.at_least.max(dated.unwrap_or(0))),
        (Err(_), Some(dated)) => Ok(dated),
        (Err(silence), None) => Err(silence.clone()),
    };
    let min_day = at_least(&day, dated_day);
    let max_day = day.and_then(|day| bounded(&day, min_day.as_ref().copied().unwrap_or(0), ERRORS));
    let min_hour = at_least(&hour, dated_hour);
    let rising = match (
        &min_hour,
        hour.and_then(|hour| bounded(&hour, *min_hour.as_ref().unwrap_or(&0), ERRORS)),
    ) {
        (Ok(1..), _) => Ok(true),
        (_, Ok(0)) => Ok(false),
        (_, Ok(_)) => Err(Silence::new(
            Why::NotCovered,
            "no total recorded an hour ago or earlier shows whether callback errors rise",
        )
        .fix("Ask again in an hour, or let cron record: duckops triage inc-004")),
        (_, Err(silence)) => Err(silence),
    };
    let at_least = min_day.as_ref().ok().copied();
    reading.put(OVER, min_day.map(FactValue::Int), now);
    reading.put(
        "peck.callback_errors_24h_max",
        max_day.map(FactValue::Int),
        now,
    );
    reading.put(
        "peck.callback_errors_rising",
        rising.map(FactValue::Bool),
        now,
    );
    at_least
}

/// The upper bound, unless a reset took it away or something else proves more.
fn bounded(increase: &Increase, at_least: i64, what: &str) -> Result<i64, Silence> {
    match increase.at_most {
        None => Err(Silence::new(
            Why::CounterReset,
            "the counter fell (counter reset), so its increase has no upper bound",
        )),
        Some(most) if most < at_least => Err(Silence::new(
            Why::Contradictory,
            format!("the audit feed shows {at_least} {what}, the running total allows only {most}"),
        )),
        Some(most) => Ok(most),
    }
}

fn grew(
    readings: &Readings,
    past: &Result<Past, Silence>,
    now: OffsetDateTime,
) -> Result<FactValue, Silence> {
    let grown = grown(readings, past, DUCKLINGS, now, DAY)?;
    match (grown.at_least, grown.at_most) {
        (1.., _) => Ok(FactValue::Bool(true)),
        (_, Some(0)) => Ok(FactValue::Bool(false)),
        _ => Err(Silence::new(
            Why::NotCovered,
            "recorded history does not show whether ducklings registered in the last 24 h",
        )),
    }
}

/// The quota is a rolling window: each hour's mail leaves it 24 h after that hour's end.
fn forecast(reading: &mut Reading, readings: &Readings, now: OffsetDateTime) {
    const BUCKET: i64 = 3_600;
    let series = match readings.get("email.sends_hourly") {
        Known::Known(fact) => &fact.value,
        Known::Silent(silence) => return reading.rest(silence.clone()),
        Known::NotAsked => return,
    };
    let (FactValue::Series(hours), Some(max), Some(sent)) = (
        series,
        readings.int("email.max_24h"),
        readings.int("email.sent_24h"),
    ) else {
        return reading.rest(Silence::new(
            Why::Missing,
            "without the quota there is no forecast",
        ));
    };
    let leaves = |hour: i64| hour + BUCKET + DAY.whole_seconds();
    let mut to_free = sent - max + 1;
    let first = hours.iter().find(|(_, mails)| {
        to_free -= mails;
        to_free <= 0
    });
    let last = hours.iter().rfind(|(_, mails)| *mails > 0);
    let (Some((first, _)), Some((last, _))) = (first, last) else {
        return reading.rest(Silence::new(
            Why::NoData,
            "the mails of the metrics do not add up to what the quota counts",
        ));
    };
    let wait = |hour: i64| (leaves(hour) - now.unix_timestamp()).max(0);
    reading.know("email.capacity_in", FactValue::Duration(wait(*first)), now);
    reading.know(
        "email.capacity_at",
        FactValue::Instant(now.unix_timestamp() + wait(*first)),
        now,
    );
    reading.know(
        "email.full_capacity_in",
        FactValue::Duration(wait(*last)),
        now,
    );
}
