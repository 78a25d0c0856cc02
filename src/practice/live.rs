//! A world in which time passes: whatever was going on when the scene began goes on. Agents
//! that pulsed lately pulse again, metrics and log lines that came every minute keep coming,
//! a request that was being decided is decided. Nothing else happens: what had stopped when
//! the scene began stays still, and so does everything that a scene is about.

use super::FakeStack;
use super::world::{FakeExecution, FakeMetric, LogEvent};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use time::OffsetDateTime;

/// Nothing here happens more often.
const STEP: Duration = Duration::from_secs(1);
/// How long the approval of a request takes.
const DECISION: Duration = Duration::from_secs(6 * 60);
/// How long after one request the next one is made.
const BETWEEN_REQUESTS: Duration = Duration::from_secs(60 * 60);
/// Agents pulse at least this often, or are not counted as going on.
const LONGEST_PULSE_INTERVAL: Duration = Duration::from_secs(15 * 60);

/// Further than this in one step nothing is played.
const LONGEST_ADVANCE: Duration = Duration::from_secs(7 * 86_400);

impl FakeStack {
    /// Lets time pass until `to`: everything of the time since the last call happens. Does
    /// nothing for less than a second, or for a moment that has passed already.
    pub fn advance(&mut self, to: OffsetDateTime) {
        let from = self.lived_until;
        if to - from < STEP {
            return;
        }
        self.lived_until = to;
        // A test that moves the clock by more is about the clock, not about what goes on.
        if to - from > LONGEST_ADVANCE {
            return;
        }
        self.pulse(from, to);
        self.decide(from, to);
        self.measure(from, to);
        self.log(from, to);
    }

    /// Agents whose last two pulses say that they are still at it.
    fn pulse(&mut self, from: OffsetDateTime, to: OffsetDateTime) {
        let mut last: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for entry in &self.audit {
            if let (Some("pulse"), Some(agent), Some(at)) = (
                entry["event_type"].as_str(),
                entry["spaceduck_id"].as_str(),
                entry["timestamp"].as_i64(),
            ) {
                let times = last.entry(agent).or_default();
                if times.len() < 2 {
                    times.push(at);
                }
            }
        }
        let mut pulses: Vec<(i64, String)> = Vec::new();
        for (agent, times) in last {
            let [newest, before] = times[..] else {
                continue;
            };
            let interval = newest - before;
            let is_regular = interval > 0 && interval <= seconds(LONGEST_PULSE_INTERVAL);
            if !is_regular || newest + interval < from.unix_timestamp() {
                continue;
            }
            let mut at = newest + interval;
            while at <= to.unix_timestamp() {
                pulses.push((at, agent.to_owned()));
                at += interval;
            }
        }
        for (at, agent) in pulses {
            self.tell(
                at,
                "pulse",
                json!({"spaceduck_id": agent, "detail": "ACTIVE"}),
            );
        }
    }

    /// A request that was young when the scene began is approved in time, and an hour after
    /// one was made there is another. One that was older is what the scene is about.
    fn decide(&mut self, from: OffsetDateTime, to: OffsetDateTime) {
        loop {
            let newest = self.executions.iter().max_by_key(|ran| ran.start);
            let Some(newest) = newest.filter(|ran| ran.start + BETWEEN_REQUESTS >= from) else {
                break;
            };
            let (start, is_usual) = (
                newest.start + BETWEEN_REQUESTS,
                matches!(newest.status.as_str(), "RUNNING" | "SUCCEEDED"),
            );
            if start > to || !is_usual {
                break;
            }
            let name = format!("peck-live-{}", start.unix_timestamp());
            self.count_pecks("running", 1);
            self.tell(
                start.unix_timestamp(),
                "peck.requested",
                json!({"detail": name}),
            );
            self.executions.push(FakeExecution {
                name,
                status: "RUNNING".to_owned(),
                start,
                stop: None,
            });
        }
        let mut approved = Vec::new();
        for ran in &mut self.executions {
            let end = ran.start + DECISION;
            if ran.status == "RUNNING" && end > from && end <= to {
                ran.status = "SUCCEEDED".to_owned();
                ran.stop = Some(end);
                approved.push((end.unix_timestamp(), ran.name.clone()));
            }
        }
        for (at, name) in approved {
            self.count_pecks("running", -1);
            self.count_pecks("succeeded", 1);
            self.tell(at, "peck.approved", json!({"detail": name}));
            let agents = self.audit.iter().rev();
            let bonded = agents.filter(|entry| entry["event_type"] == "duck.bonded");
            let agent = bonded.map(|entry| entry["spaceduck_id"].clone()).next();
            if let Some(agent) = agent {
                let bond = json!({"peck_id": name, "spaceduck_id": agent});
                self.tell(at + 4, "duck.bonded", bond);
            }
        }
    }

    /// Metrics that came every minute, or every hour, go on with their last value; what counts
    /// mail does not, because the account's own count stands still. A version that took over from
    /// another version executes what that one did, and fails only where it is not the cure.
    fn measure(&mut self, from: OffsetDateTime, to: OffsetDateTime) {
        let is_cured = self.is_cured();
        let mut taken_over = Vec::new();
        for nth in 0..self.metrics.len() {
            let series = &self.metrics[nth];
            let Some((last, interval, value)) = rhythm(series, from) else {
                continue;
            };
            let value = match is_cured && series.name == "Errors" {
                true => 0.0,
                false => value,
            };
            let mut points = Vec::new();
            let mut at = last + interval;
            while at <= to {
                points.push((at, value));
                at += interval;
            }
            match executed_version(series).is_none_or(|version| self.serves(version)) {
                true => self.metrics[nth].points.extend(points),
                false => taken_over.push((nth, points)),
            }
        }
        for (nth, points) in taken_over {
            self.take_over(nth, points);
        }
    }

    /// The version that serves now gets the points of one that no longer does.
    fn take_over(&mut self, nth: usize, points: Vec<(OffsetDateTime, f64)>) {
        let before = self
            .alias_before
            .as_ref()
            .map(|(target, _)| &target.version);
        let Some(before) = before.filter(|v| executed_version(&self.metrics[nth]) == Some(v))
        else {
            return;
        };
        let mut series = FakeMetric {
            points: Vec::new(),
            ..self.metrics[nth].clone()
        };
        for (name, value) in &mut series.dimensions {
            if name == EXECUTED_VERSION && value == before {
                value.clone_from(&self.alias_target.version);
            }
        }
        let same = |other: &&mut FakeMetric| {
            (&other.namespace, &other.name, &other.dimensions)
                == (&series.namespace, &series.name, &series.dimensions)
        };
        // From then on it has a rhythm of its own; until then it is given one.
        match self.metrics.iter_mut().find(same) {
            Some(own)
                if own
                    .points
                    .iter()
                    .any(|(at, _)| Some(*at) >= points.first().map(|p| p.0)) => {}
            Some(own) => own.points.extend(points),
            None => self.metrics.push(FakeMetric { points, ..series }),
        }
    }

    fn serves(&self, version: &str) -> bool {
        let target = &self.alias_target;
        target.version == version || target.weights.iter().any(|(other, _)| other == version)
    }

    /// Whether the version whose fault it was that the API failed serves no longer.
    fn is_cured(&self) -> bool {
        self.culprit
            .as_ref()
            .is_some_and(|culprit| !self.serves(culprit))
    }

    /// Lines that came every minute. Those about a call, not about its failure, are logged by the
    /// version that serves.
    fn log(&mut self, from: OffsetDateTime, to: OffsetDateTime) {
        let mut last: BTreeMap<(&str, &str), Vec<&LogEvent>> = BTreeMap::new();
        for line in &self.log_events {
            let lines = last.entry((&line.stream, &line.message)).or_default();
            lines.push(line);
        }
        let mut lines: Vec<LogEvent> = Vec::new();
        for mut all in last.into_values() {
            all.sort_by_key(|line| line.at);
            let [.., before, newest] = all[..] else {
                continue;
            };
            let interval = newest.at - before.at;
            let is_over = newest
                .version()
                .is_some_and(|version| !self.serves(version));
            let is_call = ["START ", "END "]
                .iter()
                .any(|word| newest.message.starts_with(word));
            if is_over && !is_call
                || interval != time::Duration::MINUTE
                || newest.at + interval * 2 < from
            {
                continue;
            }
            let mut line = newest.clone();
            if is_over {
                line.logged_by(&self.alias_target.version);
            }
            line.at += interval;
            while line.at <= to {
                // Another version may have logged it already.
                if !is_over || !self.log_events.contains(&line) {
                    lines.push(line.clone());
                }
                line.at += interval;
            }
        }
        self.log_events.extend(lines);
    }

    fn tell(&mut self, at: i64, event: &str, mut entry: Value) {
        entry["event_type"] = event.into();
        entry["timestamp"] = at.into();
        // The feed is newest first; entries without a time stay where the scene has them.
        let is_older = |entry: &Value| entry["timestamp"].as_i64().is_some_and(|t| t <= at);
        let place = self.audit.iter().position(is_older);
        self.audit.insert(place.unwrap_or(self.audit.len()), entry);
    }

    fn count_pecks(&mut self, counter: &str, by: i64) {
        let count = &mut self.status["peck_protocol"][counter];
        if let Some(before) = count.as_i64() {
            *count = (before + by).into();
        }
    }
}

const EXECUTED_VERSION: &str = "ExecutedVersion";

fn executed_version(series: &FakeMetric) -> Option<&str> {
    let mut dimensions = series.dimensions.iter();
    let own = dimensions.find(|(name, _)| name == EXECUTED_VERSION);
    own.map(|(_, version)| version.as_str())
}

/// The newest point of a series that is going on, the time between its points, and its value.
fn rhythm(
    series: &FakeMetric,
    from: OffsetDateTime,
) -> Option<(OffsetDateTime, time::Duration, f64)> {
    if series.name == "Send" {
        return None;
    }
    let mut points = series.points.clone();
    points.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let [(last, value), (before, _), ..] = points[..] else {
        return None;
    };
    let interval = last - before;
    let is_regular = interval > time::Duration::ZERO && interval <= time::Duration::HOUR;
    let goes_on = last + interval + time::Duration::MINUTE >= from;
    (is_regular && goes_on).then_some((last, interval, value))
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
