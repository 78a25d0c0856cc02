//! The requests and the bonds: the audit feed, and the lists where credentials are given,
//! as counts and ages over all of them, or over the one that a run is confined to.
//!
//! The records themselves are part of the observation. A list that was requested and failed might
//! have named any of them: then all states are unknown, and the records say why.

mod bonds;
mod callbacks;
mod lists;

use super::ProbeContext;
use super::audit;
use crate::connections::{
    Connections, Gap, NO_BOND_IN_FEED, Only, Peck, PeckState, RECENT, WINDOW,
};
use crate::fact::{FactValue, Probe, duration, instant};
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::text::Untrusted;
pub use callbacks::facts as callback_facts;
pub use lists::Access;
use lists::ListResults;
use time::OffsetDateTime;

/// How many are named as evidence.
const NAMED: usize = 5;
pub(super) async fn observe(context: &ProbeContext) -> Observation {
    let mut observation = Observation::new(Probe::Connections);
    let mut listing = Vec::new();
    let (connections, mut lists) = tokio::join!(
        audit::connections(context, &mut observation),
        lists::fetch_all(context, &mut listing),
    );
    observation.asked.extend(listing);
    let told = connections.and_then(|connections| match connections.unusable() {
        Some(unavailable) => Err(unavailable),
        None => Ok(connections),
    });
    let mut connections = match told {
        Ok(told) => told,
        Err(unavailable) => {
            observation.default_unavailable(unavailable);
            return observation;
        }
    };
    for row in &lists.rows {
        connections.builder.listed(row);
    }
    let reach = connections.reach();
    let silent = lists
        .failed
        .as_ref()
        .map(|_| "a list that was asked failed");
    let connections = connections
        .builder
        .end(reach, silent, std::mem::take(&mut lists.notes));
    let connections = Connections {
        listed: lists.is_asked,
        ..connections
    };
    // These come from the feed alone, which every step may read.
    callbacks::facts(&mut observation, &connections, 0, context.now);
    match lists.failed.take() {
        Some(unavailable) => observation.default_unavailable(unavailable),
        None => facts(&mut observation, &connections, context, &lists),
    }
    observation.connections = Some(connections);
    observation
}

fn facts(
    observation: &mut Observation,
    all: &Connections,
    context: &ProbeContext,
    lists: &ListResults,
) {
    let at = context.now;
    let single = context.only.is_some();
    observation.set("connections.single", FactValue::Bool(single), at);
    // What INC-003 finds of the whole fleet is joined in afterwards.
    observation.set("bonds.unpulsed_expected", FactValue::Bool(false), at);
    observation.set("bonds.untraced", FactValue::Int(0), at);
    observation.set("bonds.untraced_24h", FactValue::Int(0), at);
    let is_known = match &context.only {
        None => true,
        Some(Only::Peck(_)) => !all.pecks.is_empty(),
        Some(Only::Bond(_)) => !all.bonds.is_empty(),
    };
    if !is_known {
        let back = all.reach.map_or("is empty".to_owned(), |reach| {
            format!("goes back {}", duration(reach))
        });
        let lists = match all.listed {
            true => "",
            false => "; --token-file or --beak-key-file adds the lists",
        };
        // Executions are not asked here, and INC-004 names them.
        let (of, executions, command) = match &context.only {
            Some(Only::Peck(_)) => (
                "no request of this id",
                ", or judge executions: duckops triage inc-004",
                "duckops peck list",
            ),
            _ => ("no entry of this id", "", "duckops bond list"),
        };
        let why = format!("{of}; the audit feed {back}");
        observation.default_unavailable(
            Unavailable::new(UnavailableReason::NotFound, why)
                .fix(format!("Check the id{executions}{lists}"))
                .command(command),
        );
        return;
    }
    of_pecks(observation, all, (single, lists), at);
    bond_facts(observation, all, at);
}

/// Says what the records show of bonds; again where more of them became known.
pub fn bond_facts(observation: &mut Observation, all: &Connections, at: OffsetDateTime) {
    bonds::facts(observation, all, (all.only.is_some(), all.listed), at);
}

/// A reason that the lists would remove.
fn unlisted(lacks_token: bool, why: UnavailableReason, detail: String) -> Unavailable {
    match lacks_token {
        true => Unavailable::new(
            UnavailableReason::NeedsCredentials,
            format!("needs a token: {detail}"),
        )
        .fix("Name a token file, with which the lists are read (--token-file FILE)")
        .command("duckops help bond"),
        false => Unavailable::new(why, detail),
    }
}

/// A token lists agents; requests are listed for one agent, with its key.
fn needs_requests(detail: String) -> Unavailable {
    Unavailable::new(
        UnavailableReason::NeedsCredentials,
        format!("needs a Beak key and its agent: {detail}"),
    )
    .fix("Name the key and the agent, with which its requests are listed (--beak-key-file FILE, --spaceduck ID)")
    .command("duckops help peck")
}

fn of_pecks(
    observation: &mut Observation,
    all: &Connections,
    (one, lists): (bool, &ListResults),
    at: OffsetDateTime,
) {
    let lacks_token = !one && !lists.is_asked;
    let state = |peck: &Peck| peck.state(all.now);
    let are = |wanted| all.pecks.iter().filter(move |peck| state(peck) == wanted);
    let count = |wanted| are(wanted).count() as i64;
    // What is certain of some stands, whatever is uncertain of others.
    for (path, wanted) in [
        ("pecks.callback_errors", PeckState::CallbackError),
        ("pecks.denied", PeckState::Denied),
        ("pecks.expired", PeckState::Expired),
    ] {
        set_int(observation, path, count(wanted), at);
    }
    callbacks::request_errors(observation, all, at);
    let window = FactValue::Duration(all.reach.unwrap_or(0).min(RECENT));
    observation.set("pecks.window", window, at);
    set_int(
        observation,
        "pecks.rivals",
        all.pecks.iter().filter(|peck| peck.duplicates > 0).count() as i64,
        at,
    );
    let left = are(PeckState::Pending)
        .filter_map(|peck| peck.left(all.now))
        .min();
    observation.set(
        "pecks.least_left",
        FactValue::Duration(left.unwrap_or(WINDOW)),
        at,
    );
    let doubtful = all
        .pecks
        .iter()
        .find(|peck| state(peck) == PeckState::Unknown);
    let doubt = doubtful.map(|peck| {
        let many = are(PeckState::Unknown).count();
        let why = peck.uncertain.unwrap_or("nothing says when it was asked");
        let lacks_token = lacks_token && why == NO_BOND_IN_FEED;
        let which = crate::report::count(many, "request", "requests");
        let detail = format!("the state of {which} is not certain: {why}");
        unlisted(lacks_token, UnavailableReason::Contradictory, detail)
    });
    // The list of requests has nothing more to add.
    let gap = |gap: Option<Gap>| {
        let is_told = |gap: &Gap| one || (lists.has_requests && token_tells(*gap, all));
        let gap = gap.filter(|gap| !is_told(gap))?;
        Some(match token_tells(gap, all) {
            true if lists.is_asked => needs_requests(said(gap)),
            tells => unlisted(
                lacks_token && tells,
                UnavailableReason::NotCovered,
                said(gap),
            ),
        })
    };
    let (pending, all_known) = (gap(all.gaps.pending), gap(all.gaps.pecks));
    let pending = doubt.clone().or(pending);
    let all_known = doubt.or(all_known);
    let or = |unavailable: &Option<Unavailable>, value: FactValue| {
        unavailable.clone().map_or(Ok(value), Err)
    };
    let counted = |wanted| FactValue::Int(count(wanted));
    let known = FactValue::Int(all.pecks.len() as i64);
    observation.put(
        "pecks.pending",
        or(&pending, counted(PeckState::Pending)),
        at,
    );
    observation.put(
        "pecks.approved",
        or(&all_known, counted(PeckState::Approved)),
        at,
    );
    observation.put("pecks.known", or(&all_known, known), at);
    observation.put("pecks.all_known", or(&all_known, FactValue::Bool(true)), at);
    for (path, wanted) in [
        ("pecks.newest_pending", PeckState::Pending),
        ("pecks.newest_denied", PeckState::Denied),
        ("pecks.newest_expired", PeckState::Expired),
        ("pecks.newest_callback_errors", PeckState::CallbackError),
    ] {
        let mut of: Vec<&Peck> = are(wanted).collect();
        of.sort_by_key(|peck| (std::cmp::Reverse(peck.newest()), peck.id.clone()));
        if wanted == PeckState::CallbackError {
            let none = || Unavailable::new(UnavailableReason::NoData, "no request has failed");
            let newest = of
                .first()
                .map(|peck| FactValue::Text(Untrusted::new(&*peck.id)));
            observation.put("pecks.newest_callback_error", newest.ok_or_else(none), at);
        }
        let lines = of.into_iter().take(NAMED).map(|peck| {
            let when = peck
                .begun()
                .map_or("at an unknown time".to_owned(), instant);
            Untrusted::new(format!("{} asked {when}", peck.id))
        });
        observation.set(path, FactValue::List(lines.collect()), at);
    }
}

fn said(gap: Gap) -> String {
    match gap {
        Gap::Empty => "the audit feed is empty".to_owned(),
        Gap::Short(reach, needed) => format!(
            "the audit feed goes back only {} (needs {})",
            duration(reach),
            duration(needed)
        ),
        Gap::Nameless(what) | Gap::NamelessFailure(what) => {
            format!("an entry of the feed about {what} does not say which")
        }
    }
}

fn set_int(observation: &mut Observation, path: &'static str, count: i64, at: OffsetDateTime) {
    observation.set(path, FactValue::Int(count), at);
}

/// Whether it is by design that the feed does not tell, so that only the lists do: it is short, or
/// it never says whom an entry is about. One that names some, or shows a failure, leaves a doubt.
fn token_tells(gap: Gap, all: &Connections) -> bool {
    match gap {
        Gap::Empty | Gap::Short(..) => true,
        Gap::Nameless(_) => all.pecks.is_empty() && all.bonds.is_empty(),
        Gap::NamelessFailure(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connections::{Bond, CallbackError};
    use std::time::{Duration, Instant};

    #[test]
    fn a_fleet_of_dead_agents_is_counted_in_the_time_that_reading_it_takes() {
        const MANY: i64 = 20_000;
        let now = 1_774_149_129;
        let mut all = Connections {
            now,
            reach: Some(86_400),
            ..Connections::default()
        };
        for n in 0..MANY {
            let id = format!("DECAF{n:011}");
            let mut bond = Bond::default();
            bond.id.clone_from(&id);
            bond.seen = Some(now - 7_200);
            bond.since = Some(now - 80_000);
            all.bonds.push(bond);
            all.callback_errors.push(CallbackError {
                at: now - 60,
                peck: format!("peck-{n}"),
                agent: id,
            });
        }
        let began = Instant::now();
        let mut observation = Observation::new(Probe::Connections);
        let at = OffsetDateTime::UNIX_EPOCH;
        bond_facts(&mut observation, &all, at);
        callbacks::facts(&mut observation, &all, 0, at);
        for path in ["bonds.offline_24h", "callbacks.failing_offline"] {
            let fact = observation.outcome(path).expect("a known fact");
            assert_eq!(fact.value, FactValue::Int(MANY), "{path}");
        }
        // Comparing each with each takes more than half a minute.
        let took = began.elapsed();
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
}
