//! The requests and the bonds: the audit feed, and the lists where credentials are given,
//! as counts and ages over everybody, or over the one that a run is confined to.
//!
//! The records themselves go along with the reading. A list that was asked and failed might
//! have told of anybody: then nobody's state is known, and the records say why.

mod callbacks;
mod lists;

use super::ProbeContext;
use super::audit;
use crate::connections::{
    BONDED_BEFORE_FEED, Bond, BondState, Class, Connections, Gap, KEY_AGE, NO_BOND_IN_FEED,
    OFFLINE, Only, Peck, PeckState, RECENT, SLOW, WINDOW,
};
use crate::fact::{FactValue, Probe, duration, instant};
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::text::Untrusted;
pub use lists::Access;
use time::OffsetDateTime;

/// So many are named as evidence.
const NAMED: usize = 5;
pub(super) async fn observe(context: &ProbeContext) -> Observation {
    let mut observation = Observation::new(Probe::Connections);
    let mut listing = Vec::new();
    let (connections, lists) = tokio::join!(
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
    let connections = connections.builder.end(reach, silent, lists.notes);
    // These come from the feed alone, which every step may read.
    callbacks::facts(&mut observation, &connections, context.now);
    match lists.failed {
        Some(unavailable) => observation.default_unavailable(unavailable),
        None => facts(&mut observation, &connections, context, lists.is_asked),
    }
    observation.connections = Some(connections);
    observation
}

fn facts(
    observation: &mut Observation,
    all: &Connections,
    context: &ProbeContext,
    lists_asked: bool,
) {
    let at = context.now;
    let single = context.only.is_some();
    observation.set("connections.single", FactValue::Bool(single), at);
    // What INC-003 finds of the whole fleet is joined in afterwards.
    observation.set("bonds.unpulsed_expected", FactValue::Bool(false), at);
    observation.set("bonds.untraced", FactValue::Int(0), at);
    let is_known = match &context.only {
        None => true,
        Some(Only::Peck(_)) => !all.pecks.is_empty(),
        Some(Only::Bond(_)) => !all.bonds.is_empty(),
    };
    if !is_known {
        let back = all.reach.map_or("is empty".to_owned(), |reach| {
            format!("goes back {}", duration(reach))
        });
        observation.default_unavailable(
            Unavailable::new(
                UnavailableReason::NotFound,
                format!("no entry of this id; the audit feed {back}"),
            )
            .fix("Check the id; --token-file or --beak-key-file adds the lists"),
        );
        return;
    }
    // Of everybody the lists would show what the feed does not; of one that was named it counts
    // as missing.
    let lacks_token = !single && !lists_asked;
    of_pecks(observation, all, (single, lacks_token), at);
    of_bonds(observation, all, (single, lacks_token), at);
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

fn of_pecks(
    observation: &mut Observation,
    all: &Connections,
    (one, lacks_token): (bool, bool),
    at: OffsetDateTime,
) {
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
        let many = count(PeckState::Unknown);
        let why = peck.uncertain.unwrap_or("nothing says when it was asked");
        let lacks_token = lacks_token && why == NO_BOND_IN_FEED;
        let detail = match many {
            1 => format!("the state of 1 request is not certain: {why}"),
            _ => format!("the state of {many} requests is not certain: {why}"),
        };
        unlisted(lacks_token, UnavailableReason::Contradictory, detail)
    });
    let gap = |gap: Option<Gap>| {
        let gap = gap.filter(|_| !one);
        gap.map(|gap| {
            let lacks_token = lacks_token && token_tells(gap, all);
            unlisted(lacks_token, UnavailableReason::NotCovered, said(gap))
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

fn of_bonds(
    observation: &mut Observation,
    all: &Connections,
    (one, lacks_token): (bool, bool),
    at: OffsetDateTime,
) {
    let now = all.now;
    let bonded: Vec<&Bond> = all
        .bonds
        .iter()
        .filter(|bond| bond.state() == BondState::Bonded)
        .collect();
    let are = |wanted| bonded.iter().filter(move |bond| bond.class(now) == wanted);
    let count = |wanted| are(wanted).count() as i64;
    let oldest = |ages: &mut dyn Iterator<Item = i64>| FactValue::Duration(ages.max().unwrap_or(0));
    let pulsing = || {
        bonded
            .iter()
            .filter(|bond| matches!(bond.class(now), Class::Alive | Class::Slow | Class::Offline))
    };
    // What is certain of some stands, whatever is uncertain of others.
    set_int(observation, "bonds.slow", count(Class::Slow), at);
    set_int(observation, "bonds.offline", count(Class::Offline), at);
    set_int(observation, "bonds.unpulsed", count(Class::Never), at);
    let lately = |bond: &&&Bond| {
        let age = bond.pulse_age(now);
        age.is_some_and(|age| age < OFFLINE + RECENT)
    };
    let lately: Vec<_> = are(Class::Offline).filter(lately).collect();
    set_int(observation, "bonds.offline_24h", lately.len() as i64, at);
    let overdue = |bond: &&&Bond| {
        let age = bond.age(now);
        age.is_none_or(|age| (SLOW..RECENT).contains(&age))
    };
    let overdue: Vec<_> = are(Class::Never).filter(overdue).collect();
    set_int(observation, "bonds.unpulsed_24h", overdue.len() as i64, at);
    // One that is overdue comes before one that was bonded last year and never ran.
    let silent = overdue.iter().max_by_key(|bond| bond.age(now)).copied();
    let silent = silent.or(are(Class::Never).max_by_key(|bond| bond.age(now)));
    let none = || Unavailable::new(UnavailableReason::NoData, "each bonded agent has pulsed");
    let id = silent.map(|bond| FactValue::Text(Untrusted::new(&*bond.id)));
    observation.put("bonds.unpulsed_id", id.ok_or_else(none), at);
    observation.set(
        "bonds.pulse_age",
        oldest(&mut pulsing().filter_map(|bond| bond.pulse_age(now))),
        at,
    );
    observation.set(
        "bonds.unpulsed_for",
        oldest(&mut are(Class::Never).filter_map(|bond| bond.age(now))),
        at,
    );
    failing(observation, &bonded, all, one, at);
    keys(observation, &bonded, all, lacks_token, at);
    let unclear = all
        .bonds
        .iter()
        .find_map(|bond| match (bond.state(), bond.class(now)) {
            (BondState::Unknown, _) => Some(
                bond.uncertain
                    .unwrap_or("nothing says whether it is in force"),
            ),
            (_, Class::Unknown) => bond.unseen,
            _ => None,
        });
    let doubtful = all
        .bonds
        .iter()
        .filter(|bond| bond.class(now) == Class::Unknown)
        .count();
    let gap = all.gaps.bonds.filter(|_| !one);
    let lacks_token = lacks_token
        && match unclear {
            Some(why) => why == BONDED_BEFORE_FEED,
            None => gap.is_some_and(|gap| token_tells(gap, all)),
        };
    let unclear = unclear.map(|why| match doubtful {
        1 => format!("the state of 1 bond is not certain: {why}"),
        _ => format!("the state of {doubtful} bonds is not certain: {why}"),
    });
    if let Some(why) = unclear.or(gap.map(said)) {
        let mut unavailable = unlisted(lacks_token, UnavailableReason::NotCovered, why);
        unavailable.fix.get_or_insert_with(|| "With --token-file or --beak-key-file the lists are asked, which know when each agent was last seen".into());
        for path in [
            "bonds.bonded",
            "bonds.alive",
            "bonds.pulsing",
            "bonds.unpecked",
        ] {
            observation.set_unavailable(path, unavailable.clone());
        }
    } else {
        set_int(observation, "bonds.bonded", bonded.len() as i64, at);
        set_int(observation, "bonds.alive", count(Class::Alive), at);
        set_int(observation, "bonds.pulsing", pulsing().count() as i64, at);
        let over = all
            .bonds
            .iter()
            .filter(|bond| bond.state() == BondState::Unpecked);
        set_int(observation, "bonds.unpecked", over.count() as i64, at);
    }
    let stale =
        |bond: &&&Bond| matches!(bond.class(now), Class::Offline | Class::Slow | Class::Never);
    let mut worst: Vec<&&Bond> = bonded.iter().filter(stale).collect();
    worst.sort_by_key(|bond| (bond.class(now), bond.seen, bond.id.clone()));
    // An agent that went OFFLINE today comes before one that has been so for a week.
    let first = lately
        .iter()
        .chain(&worst)
        .next()
        .map(|bond| bond.id.clone());
    let none = || Unavailable::new(UnavailableReason::NoData, "no agent is offline or slow");
    let first = first.map(|id| FactValue::Text(Untrusted::new(id)));
    observation.put("bonds.worst_id", first.ok_or_else(none), at);
    let lines = worst.into_iter().take(NAMED).map(|bond| {
        let age = bond
            .pulse_age(now)
            .map_or(String::new(), |age| format!(", {}", duration(age)));
        Untrusted::new(format!("{} {}{age}", bond.id, bond.class(now).word()))
    });
    observation.set("bonds.worst", FactValue::List(lines.collect()), at);
}

/// Deliveries that failed lately. One that names nobody failed for somebody.
fn failing(
    observation: &mut Observation,
    bonded: &[&Bond],
    all: &Connections,
    one: bool,
    at: OffsetDateTime,
) {
    let named = bonded.iter().filter(|bond| bond.fails(all.now)).count() as i64;
    let count = match all.gaps.failures {
        Some(gap) if one && named == 0 => {
            Err(Unavailable::new(UnavailableReason::NotCovered, said(gap)))
        }
        Some(_) if !one => Ok(named + 1),
        _ => Ok(named),
    };
    observation.put("bonds.failing", count.map(FactValue::Int), at);
}

/// Between which bounds the age of the oldest key lies.
fn keys(
    observation: &mut Observation,
    bonded: &[&Bond],
    all: &Connections,
    lacks_token: bool,
    at: OffsetDateTime,
) {
    let oldest = bonded.iter().max_by_key(|bond| bond.key_min);
    let least = oldest.map_or(0, |bond| bond.key_min);
    let none = || Unavailable::new(UnavailableReason::NoData, "no bond");
    let id = oldest.map(|bond| FactValue::Text(Untrusted::new(&*bond.id)));
    observation.put("bonds.oldest_key_id", id.ok_or_else(none), at);
    observation.set("bonds.key_age_min", FactValue::Duration(least), at);
    let most = bonded
        .iter()
        .try_fold(0, |most, bond| Some(bond.key_max?.max(most)));
    let open = |bond: &&&Bond| {
        bond.key_max
            .is_none_or(|most| most > KEY_AGE && most > least)
    };
    let outcome = match (most, bonded.iter().filter(open).count()) {
        (Some(most), 0) => Ok(FactValue::Duration(most)),
        (_, many) => Err(unlisted(
            lacks_token,
            UnavailableReason::NotCovered,
            format!(
                "the age of {many} keys is not known: the feed shows no rotation of them and goes back {}",
                duration(all.reach.unwrap_or(0))
            ),
        )),
    };
    observation.put("bonds.key_age", outcome, at);
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
