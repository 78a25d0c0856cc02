//! Joined facts: what earlier runs recorded, together with the answers of this run.
//!
//! A running total says nothing of a day by itself. Recorded totals bound its increase
//! from both sides, dated audit entries from below. This is the one probe that asks
//! no endpoint: its input is recorded samples and the other probes' facts.

mod cert_age;
mod certs;
mod clock;
mod culprit;
mod dead_targets;
mod executions;
mod expected;
mod fleet;
mod function;
mod gateway;
mod last_growth;
mod log_lines;
mod log_silence;
mod mail_forecast;
mod mail_silence;
mod moves;
mod none_since;
mod offline_agents;
mod outage;
mod population;
mod recovery;
mod refusal;
mod rollback;
mod versions;
mod warming_up;

pub use dead_targets::check_dead_targets;
pub use gateway::check_gateway;
pub use log_silence::check_log_silence;
pub use mail_silence::check_mail_silence;
pub use moves::VersionEvidence;
pub use offline_agents::{is_offline_agent, offline_agents, recall_offline_agents};
pub use population::join_population;
pub use recovery::{STEADY, WaitedFor};
pub use refusal::check_refusal;

use crate::fact::{FactValue, Probe};
use crate::history::{History, HistoryError, Increase, Sample, StackKey, Window, increase};
use crate::lambda::last_known_good::AnsweredRun;
use crate::observation::{FactState, Observation, Observations, Unavailable, UnavailableReason};
use std::collections::{BTreeMap, BTreeSet};
use time::{Duration, OffsetDateTime};

const CALLBACK_ERRORS: &str = "peck.callback_errors";
const DECLINED: &str = "peck.declined";
const DEAD: &str = "status.agents.dead";
const DUCKLINGS: &str = "status.database.ducklings";
const CERTIFICATES: &str = "status.database.birth_certificates";
const ALIVE: &str = "status.agents.alive";
const CALLBACK_ERRORS_NOUN: &str = "callback errors";
const HOUR: Duration = Duration::HOUR;
const DAY: Duration = Duration::DAY;

/// Recorded samples of the facts whose increase is asked for.
#[derive(Debug, Default)]
pub struct RecordedSamples {
    samples: BTreeMap<&'static str, Vec<Sample>>,
    last_alive: Option<OffsetDateTime>,
    /// Id and last pulse of the agents that a run of the last two days saw OFFLINE last.
    offline: Vec<(String, i64)>,
    /// When the first snapshot was recorded, on a first installation whose history is too young.
    pub installed: Option<OffsetDateTime>,
}

/// How far back a version may have been seen serving and still be a way back.
const KNOWN_GOOD_WINDOW: Duration = Duration::days(7);
const ALIAS_NUMBER: &str = "alias.number";
const GOOD_ANSWERS: &str = "api.good_answers";
const CALLBACK_ERRORS_24H: &str = "peck.callback_errors_24h_min";

impl RecordedSamples {
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
            (CALLBACK_ERRORS, DAY),
            (DECLINED, DAY),
            (DEAD, DAY),
            (DUCKLINGS, 2 * DAY),
            (CERTIFICATES, 2 * DAY),
            (ALIAS_NUMBER, KNOWN_GOOD_WINDOW),
            (GOOD_ANSWERS, KNOWN_GOOD_WINDOW),
            (CALLBACK_ERRORS_24H, DAY),
        ] {
            samples.insert(fact, history.samples(stack, fact, now - span)?);
        }
        let ever = OffsetDateTime::UNIX_EPOCH;
        let mut offline = history.newest(stack, offline_agents::RECORD, now - 2 * DAY)?;
        offline.retain(|(_, pulse)| *pulse > 0);
        Ok(Self {
            samples,
            offline,
            last_alive: history.last_positive(stack, ALIVE, ever, now)?,
            installed: None,
        })
    }

    /// When the oldest of these was recorded.
    pub fn oldest(&self) -> Option<OffsetDateTime> {
        self.samples
            .values()
            .flatten()
            .map(|sample| sample.at)
            .min()
    }
}

impl RecordedSamples {
    /// The recorded runs that saw the API answer, with the version that the alias pointed to.
    pub fn answered_runs(&self) -> Vec<AnsweredRun> {
        let answered = self.of(GOOD_ANSWERS).iter().filter(|run| run.value > 0);
        let times: BTreeSet<OffsetDateTime> = answered.map(|run| run.at).collect();
        let versions = self.of(ALIAS_NUMBER).iter();
        versions
            .filter(|sample| times.contains(&sample.at))
            .map(|sample| AnsweredRun {
                at: sample.at.unix_timestamp(),
                version: sample.value,
            })
            .collect()
    }

    fn of(&self, fact: &str) -> &[Sample] {
        self.samples.get(fact).map_or(&[], Vec::as_slice)
    }
}

/// Makes the joined facts.
///
/// `waited` is what a run that waits for recovery has seen so far.
pub fn join(
    observations: &Observations,
    past: &Result<RecordedSamples, Unavailable>,
    versions: VersionEvidence<'_>,
    waited: Option<WaitedFor>,
    now: OffsetDateTime,
) -> Observation {
    let mut observation = Observation::new(Probe::History);
    let callback_errors = join_callback_errors(&mut observation, observations, past, now);
    clock::join(&mut observation, observations, callback_errors, past, now);
    observation.put(
        "growth.ducklings_24h",
        ducklings_grew(observations, past, now),
        now,
    );
    let signups = certs::join(&mut observation, observations, past, now);
    cert_age::join(&mut observation, observations, past, now);
    let unmailed = unmailed_signups(observations, signups).map(FactValue::Int);
    observation.put("email.unmailed_signups", unmailed, now);
    fleet::join(&mut observation, observations, past, now);
    executions::join(&mut observation, observations, past, now);
    none_since::join(&mut observation, observations, past, now);
    join_function(&mut observation, observations, past, versions, waited, now);
    mail_forecast::join_mail_forecast(&mut observation, observations, now);
    warming_up::join(&mut observation, observations, past, now);
    observation
}

/// The function behind the API: its alias, its errors, what to do about them, and its recovery.
fn join_function(
    observation: &mut Observation,
    observations: &Observations,
    past: &Result<RecordedSamples, Unavailable>,
    versions: VersionEvidence<'_>,
    waited: Option<WaitedFor>,
    now: OffsetDateTime,
) {
    let history = moves::alias_history(observations, past, versions, now.unix_timestamp());
    let metrics = function::join(observation, observations, &history, now);
    let log = log_lines::join(observation, observations, &history, now);
    let drift = expected::join(observation, observations, past, versions, &history, now);
    outage::join(observation, observations, &history, past, versions, now);
    recovery::join(observation, observations, &log, past, waited, now);
    let inputs = rollback::RollbackInputs {
        observations,
        drift,
        metrics: &metrics,
        history: &history,
        log: &log,
        versions,
    };
    rollback::join(observation, &inputs, now);
    rollback::join_last_known_good(observation, observations, versions.assessment, now);
}

/// Why a fact is not known.
fn unavailable(observations: &Observations, path: &str) -> Unavailable {
    match observations.get(path) {
        FactState::Unavailable(unavailable) => unavailable.clone(),
        _ => Unavailable::new(UnavailableReason::NotAsked, format!("{path} not requested")),
    }
}

fn text_fact(observations: &Observations, path: &str) -> Result<String, Unavailable> {
    match observations.get(path) {
        FactState::Known(fact) => Ok(fact.value.shown().to_string()),
        _ => Err(unavailable(observations, path)),
    }
}

/// The increase of a running total up to its present value. What came between two checks of which
/// the window begins counts as within it: an alarm of a day's window ends one check later, and no
/// check in between is left without an answer.
fn increase_of(
    observations: &Observations,
    past: &Result<RecordedSamples, Unavailable>,
    fact: &str,
    now: OffsetDateTime,
    span: Duration,
) -> Result<Increase, Unavailable> {
    let current = match observations.get(fact) {
        FactState::Known(known) => known,
        FactState::Unavailable(unavailable) => return Err(unavailable.clone()),
        FactState::NotAsked => {
            return Err(Unavailable::new(
                UnavailableReason::NotAsked,
                format!("{fact} not requested"),
            ));
        }
    };
    let FactValue::Int(value) = current.value else {
        return Err(Unavailable::new(
            UnavailableReason::Mistyped,
            format!("{fact} is no count"),
        ));
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
    .map(|increase| Increase {
        at_least: increase.at_least + increase.at_edge,
        ..increase
    })
    .map_err(|error| {
        Unavailable::new(
            UnavailableReason::ClockOff,
            format!("recorded history of {fact} cannot be used: {error}"),
        )
    })
}

/// Yields the callback errors of the last 24 h, at least.
fn join_callback_errors(
    observation: &mut Observation,
    observations: &Observations,
    past: &Result<RecordedSamples, Unavailable>,
    now: OffsetDateTime,
) -> Option<i64> {
    let day = increase_of(observations, past, CALLBACK_ERRORS, now, DAY);
    let hour = increase_of(observations, past, CALLBACK_ERRORS, now, HOUR);
    let dated_day = observations.int("audit.callback_errors_24h_min");
    let dated_hour = observations.int("audit.callback_errors_1h_min");
    let at_least =
        |counted: &Result<Increase, Unavailable>, dated: Option<i64>| match (counted, dated) {
            (Ok(counted), dated) => Ok(counted.at_least.max(dated.unwrap_or(0))),
            (Err(_), Some(dated)) => Ok(dated),
            (Err(unavailable), None) => Err(unavailable.clone()),
        };
    let min_day = at_least(&day, dated_day);
    let max_day = day.and_then(|day| {
        upper_bound(
            &day,
            min_day.as_ref().copied().unwrap_or(0),
            CALLBACK_ERRORS_NOUN,
        )
    });
    let min_hour = at_least(&hour, dated_hour);
    let rising = match (
        &min_hour,
        hour.and_then(|hour| {
            upper_bound(
                &hour,
                *min_hour.as_ref().unwrap_or(&0),
                CALLBACK_ERRORS_NOUN,
            )
        }),
    ) {
        (Ok(1..), _) => Ok(true),
        (_, Ok(0)) => Ok(false),
        (_, Ok(_)) => Err(Unavailable::new(
            UnavailableReason::NotCovered,
            "no total recorded an hour ago or earlier shows whether callback errors rise",
        )
        .fix("Let cron record, then check again in an hour")
        .command("duckops help check")),
        (_, Err(unavailable)) => Err(unavailable),
    };
    let at_least = min_day.as_ref().ok().copied();
    observation.put(CALLBACK_ERRORS_24H, min_day.map(FactValue::Int), now);
    observation.put(
        "peck.callback_errors_24h_max",
        max_day.map(FactValue::Int),
        now,
    );
    observation.put(
        "peck.callback_errors_rising",
        rising.map(FactValue::Bool),
        now,
    );
    at_least
}

/// The upper bound, unless a reset took it away or something else proves more.
fn upper_bound(increase: &Increase, at_least: i64, what: &str) -> Result<i64, Unavailable> {
    match increase.at_most {
        None => Err(Unavailable::new(
            UnavailableReason::CounterReset,
            "the counter fell (counter reset), so its increase has no upper bound",
        )),
        Some(most) if most < at_least => Err(Unavailable::new(
            UnavailableReason::Contradictory,
            format!("the audit feed shows {at_least} {what}, the running total allows only {most}"),
        )),
        Some(most) => Ok(most),
    }
}

fn ducklings_grew(
    observations: &Observations,
    past: &Result<RecordedSamples, Unavailable>,
    now: OffsetDateTime,
) -> Result<FactValue, Unavailable> {
    let increase_of = increase_of(observations, past, DUCKLINGS, now, DAY)?;
    match (increase_of.at_least, increase_of.at_most) {
        (1.., _) => Ok(FactValue::Bool(true)),
        (_, Some(0)) => Ok(FactValue::Bool(false)),
        _ => Err(Unavailable::new(
            UnavailableReason::NotCovered,
            "recorded history does not show whether ducklings registered in the last 24 h",
        )),
    }
}

/// Sign-ups of the last 24 h that are known, if the account and the metrics both show that no
/// mail was sent in that time.
fn unmailed_signups(observations: &Observations, signups: Option<i64>) -> Result<i64, Unavailable> {
    const SENT: &str = "email.sent_24h";
    let sent = observations.int(SENT);
    match (sent, observations.get(SENT)) {
        (None, FactState::Unavailable(unavailable)) => Err(unavailable.clone()),
        (None, _) => Err(Unavailable::new(
            UnavailableReason::NotAsked,
            format!("{SENT} not requested"),
        )),
        (Some(1..), _) => Ok(0),
        _ if observations.int("email.sends_24h") > Some(0) => Ok(0),
        _ => Ok(signups.unwrap_or(0)),
    }
}
