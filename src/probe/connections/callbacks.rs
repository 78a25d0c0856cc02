//! The facts about callbacks that failed: which requests, at which agents, and whether those agents
//! still pulse.

use super::NAMED;
use crate::connections::{
    CallbackError, Class, Connections, EventKind, NEWS, OFFLINE, Peck, PeckState, RECENT, class,
};
use crate::fact::{FactValue, duration, instant};
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// How many requests are named in a sentence.
const SAID: usize = 3;

/// An agent at which callbacks failed.
struct FailingAgent<'a> {
    id: &'a str,
    errors: i64,
    /// Seconds since its newest sign of life; `None` without one.
    pulse_age: Option<i64>,
    /// Whether it is bonded and a pulse of the last 30 minutes would show. An agent that is asked for
    /// its first bond has no pulse to miss.
    would_pulse: bool,
    /// Whether it was unpecked, after which no pulse is due.
    is_ended: bool,
}

impl FailingAgent<'_> {
    /// Whether it has no pulse of the last 30 minutes.
    fn is_offline(&self) -> bool {
        let is_silent = match self.pulse_age {
            Some(age) => class(age) == Class::Offline,
            None => self.would_pulse,
        };
        is_silent && !self.is_ended
    }

    fn line(&self, all: i64) -> String {
        let pulse = match self.pulse_age {
            _ if self.is_ended => "unpecked".to_owned(),
            None => "no pulse in the feed".to_owned(),
            Some(age) => format!("{}, last pulse {} ago", class(age).word(), duration(age)),
        };
        let (id, errors) = (self.id, self.errors);
        format!("{id}: {errors} of {all} callback errors in 24 h; {pulse}")
    }
}

/// Sets them. `dead` is how many agents the status API calls dead, 0 while that is not known.
pub fn facts(observation: &mut Observation, all: &Connections, dead: i64, at: OffsetDateTime) {
    let mut agents = failing(all);
    blame_the_missing(&mut agents, all, dead);
    let offline: Vec<_> = agents.iter().filter(|agent| agent.is_offline()).collect();
    // In a feed of less than that the last pulse of an agent that is alive may not show either.
    let reaches = all.reach.is_some_and(|reach| reach >= OFFLINE);
    let is_silent =
        |agent: &&FailingAgent<'_>| reaches && agent.pulse_age.is_none() && !agent.is_ended;
    let silent: Vec<_> = agents.iter().filter(is_silent).collect();
    let total = count(all.callback_errors.len());
    let errors = offline.iter().map(|agent| agent.errors).sum();
    for (path, value) in [
        ("callbacks.errors_24h_min", total),
        ("callbacks.failing", count(agents.len())),
        ("callbacks.failing_offline", count(offline.len())),
        ("callbacks.errors_of_offline", errors),
        ("callbacks.failing_silent", count(silent.len())),
    ] {
        observation.set(path, FactValue::Int(value), at);
    }
    let lines = agents.iter().take(NAMED);
    let lines = lines.map(|agent| Untrusted::new(agent.line(total)));
    observation.set("callbacks.by_agent", FactValue::List(lines.collect()), at);
    // An OFFLINE agent is named first, because it can be restored.
    let worst = offline.first().copied().or(agents.first());
    let none = || Unavailable::new(UnavailableReason::NoData, "no callback failed in 24 h");
    let text = |text: String| FactValue::Text(Untrusted::new(text));
    let line = worst.map(|agent| text(agent.line(total)));
    observation.put("callbacks.worst", line.ok_or_else(none), at);
    let id = worst.map(|agent| text(agent.id.to_owned()));
    observation.put("callbacks.worst_id", id.ok_or_else(none), at);
    let id = silent.first().map(|agent| text(agent.id.to_owned()));
    let no_silent = || {
        let why = "no callback failed at an agent without a pulse";
        Unavailable::new(UnavailableReason::NoData, why)
    };
    observation.put("callbacks.silent_id", id.ok_or_else(no_silent), at);
    let newest = all.callback_errors.iter().take(NAMED);
    let shown = newest.clone().map(|error| Untrusted::new(shown(error)));
    observation.set("callbacks.newest", FactValue::List(shown.collect()), at);
    let names = newest_names(&all.callback_errors).map(text);
    observation.put("callbacks.newest_names", names.ok_or_else(none), at);
}

/// The agents at which callbacks failed, the one with the most errors first. What names no agent
/// counts for none.
fn failing(all: &Connections) -> Vec<FailingAgent<'_>> {
    let mut by_agent: BTreeMap<&str, i64> = BTreeMap::new();
    let named = all.callback_errors.iter();
    for error in named.filter(|error| !error.agent.is_empty()) {
        *by_agent.entry(error.agent.as_str()).or_default() += 1;
    }
    let pulses: BTreeMap<&str, i64> = (all.bonds.iter())
        .filter(|bond| by_agent.contains_key(bond.id.as_str()))
        .filter_map(|bond| Some((bond.id.as_str(), bond.seen?)))
        .collect();
    let bonded: BTreeSet<&str> = (all.bonds.iter())
        .filter(|bond| bond.since.is_some() && bond.over.is_none())
        .map(|bond| bond.id.as_str())
        .collect();
    let mut are_ended: BTreeMap<&str, bool> = BTreeMap::new();
    for bond in all
        .bonds
        .iter()
        .filter(|bond| by_agent.contains_key(bond.id.as_str()))
    {
        let is_ended = are_ended.entry(bond.id.as_str()).or_insert(true);
        *is_ended &= bond.over.is_some();
    }
    let agent = |(id, errors)| FailingAgent {
        id,
        errors,
        pulse_age: pulses.get(id).map(|at| (all.now - at).max(0)),
        would_pulse: all.reach.is_some_and(|reach| reach >= OFFLINE) && bonded.contains(id),
        is_ended: are_ended.get(id) == Some(&true),
    };
    let mut agents: Vec<_> = by_agent.into_iter().map(agent).collect();
    // Sorting keeps the order of ids among equals.
    agents.sort_by_key(|agent| std::cmp::Reverse(agent.errors));
    agents
}

/// A bond that is older than the feed is not known to be in force. If as many agents are dead as
/// fail repeatedly without a pulse, and no other agent is seen OFFLINE, the dead ones are those.
fn blame_the_missing(agents: &mut [FailingAgent<'_>], all: &Connections, dead: i64) {
    let is_offline = |seen: i64| class((all.now - seen).max(0)) == Class::Offline;
    let seen_offline = (all.bonds.iter())
        .filter(|bond| bond.over.is_none() && bond.seen.is_some_and(is_offline))
        .count();
    let mut silent: Vec<_> = agents
        .iter_mut()
        .filter(|agent| agent.pulse_age.is_none() && agent.errors > 1 && !agent.is_ended)
        .collect();
    if all.reach.is_some_and(|reach| reach >= OFFLINE) && count(silent.len() + seen_offline) <= dead
    {
        silent.iter_mut().for_each(|agent| agent.would_pulse = true);
    }
}

/// The requests of the newest errors, said once of the agent where it is the same.
fn newest_names(errors: &[CallbackError]) -> Option<String> {
    let newest = &errors[..errors.len().min(SAID)];
    let first = newest.first()?;
    let is_same = newest.iter().all(|error| error.agent == first.agent);
    let has_ids = newest.iter().all(|error| !error.peck.is_empty());
    if !is_same || !has_ids {
        let names: Vec<_> = newest.iter().map(named).collect();
        return Some(names.join(", "));
    }
    let pecks: Vec<_> = newest.iter().map(|error| error.peck.as_str()).collect();
    let pecks = pecks.join(", ");
    Some(match first.agent.as_str() {
        "" => format!("{pecks} (agent not named)"),
        agent => format!("{pecks} at {agent}"),
    })
}

fn named(error: &CallbackError) -> String {
    let or = |text: &str, otherwise: &str| match text {
        "" => otherwise.to_owned(),
        text => text.to_owned(),
    };
    let peck = or(&error.peck, "a request without id");
    let agent = or(&error.agent, "an unnamed agent");
    format!("{peck} at {agent}")
}

fn shown(error: &CallbackError) -> String {
    format!("{} {}", instant(error.at), named(error))
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The requests that went wrong after an approver acted, by how they did and how long ago.
pub(super) fn request_errors(observation: &mut Observation, all: &Connections, at: OffsetDateTime) {
    let failed = || {
        let pecks = all.pecks.iter();
        pecks.filter(|peck| peck.state(all.now) == PeckState::CallbackError)
    };
    let is_within =
        |when: Option<i64>, window: i64| when.is_some_and(|when| all.now - when <= window);
    let error = |peck: &&Peck| peck.last(EventKind::CallbackError);
    // A list says that it failed and not when: after it was approved or asked, as late as now
    // where neither is dated.
    let listed = |peck: &&Peck| {
        let is_listed = error(peck).is_none() && peck.listed == Some(PeckState::CallbackError);
        let since = peck.last(EventKind::Approved).or(peck.begun());
        is_listed.then(|| since.unwrap_or(all.now))
    };
    let failed_at = |peck: &&Peck| error(peck).or(listed(peck));
    let recent = failed().filter(|peck| is_within(failed_at(peck), NEWS));
    let recent = recent.count();
    let unbonded = |window: i64| {
        let silent = failed().filter(|peck| failed_at(peck).is_none());
        let within = silent.filter(|peck| is_within(peck.last(EventKind::Approved), window));
        within.count() as i64
    };
    let silent = failed().filter(|peck| failed_at(peck).is_none());
    let newest = silent.max_by_key(|peck| peck.last(EventKind::Approved));
    let none = || {
        Unavailable::new(
            UnavailableReason::NoData,
            "no approved request lacks its bond",
        )
    };
    let id = newest.map(|peck| FactValue::Text(Untrusted::new(&*peck.id)));
    observation.put("pecks.newest_unbonded", id.ok_or_else(none), at);
    let approved = newest.and_then(|peck| peck.last(EventKind::Approved));
    let age = approved.map(|approved| FactValue::Duration((all.now - approved).max(0)));
    observation.put("pecks.newest_unbonded_age", age.ok_or_else(none), at);
    for (path, count) in [
        ("pecks.callback_errors_recent", recent as i64),
        ("pecks.unbonded", unbonded(RECENT)),
        ("pecks.unbonded_recent", unbonded(NEWS)),
    ] {
        observation.set(path, FactValue::Int(count), at);
    }
}

#[cfg(test)]
mod tests;
