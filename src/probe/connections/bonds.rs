//! The facts about bonds: how many of which health, whose pulse or key is the oldest.

use super::{NAMED, said, set_int, token_tells, unlisted};
use crate::connections::{
    BONDED_BEFORE_FEED, Bond, BondState, Class, Connections, KEY_AGE, OFFLINE, RECENT, SLOW,
};
use crate::fact::{FactValue, duration};
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::text::{Untrusted, counted};
use time::OffsetDateTime;

pub(super) fn facts(
    observation: &mut Observation,
    all: &Connections,
    (one, lists_asked): (bool, bool),
    at: OffsetDateTime,
) {
    // Of everybody the lists would show what the feed does not; of one that was named it counts
    // as missing.
    let lacks_token = !one && !lists_asked;
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
    let died_lately = |bond: &Bond| {
        let age = bond.pulse_age(now);
        bond.class(now) == Class::Offline && age.is_some_and(|age| age < OFFLINE + RECENT)
    };
    let lately = bonded.iter().filter(|bond| died_lately(bond));
    set_int(observation, "bonds.offline_24h", lately.count() as i64, at);
    let is_overdue = |bond: &Bond| {
        let age = bond.age(now);
        age.is_none_or(|age| (SLOW..RECENT).contains(&age))
    };
    let mut silent: Vec<&Bond> = are(Class::Never).copied().collect();
    let overdue = silent.iter().filter(|bond| is_overdue(bond));
    set_int(
        observation,
        "bonds.unpulsed_24h",
        overdue.count() as i64,
        at,
    );
    // One that is overdue comes before one that was bonded last year and never ran.
    silent.sort_by_key(|bond| std::cmp::Reverse((is_overdue(bond), bond.age(now))));
    let none = "each bonded agent has pulsed";
    let id = silent.first().map(|bond| bond.id.to_string());
    put_text(observation, "bonds.unpulsed_id", id, none, at);
    let silent = names(&silent, |bond| bond.age(now));
    put_text(observation, "bonds.unpulsed_names", silent, none, at);
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
    // Of everybody, an end is final, and that the agent pulses all the same changes nothing.
    let is_over = |bond: &&Bond| !one && bond.pulsed_after_end();
    let open = || all.bonds.iter().filter(|bond| !is_over(bond));
    let unclear = open().find_map(|bond| match (bond.state(), bond.class(now)) {
        (BondState::Unknown, _) => Some(
            bond.uncertain
                .unwrap_or("nothing says whether it is in force"),
        ),
        (_, Class::Unknown) => bond.unseen,
        _ => None,
    });
    let doubtful = open().filter(|bond| bond.class(now) == Class::Unknown);
    let doubtful = doubtful.count();
    let gap = all.gaps.bonds.filter(|_| !one);
    let lacks_token = lacks_token
        && match unclear {
            Some(why) => why == BONDED_BEFORE_FEED,
            None => gap.is_some_and(|gap| token_tells(gap, all)),
        };
    let which = crate::report::count(doubtful, "bond", "bonds");
    let unclear = unclear.map(|why| format!("the state of {which} is not certain: {why}"));
    if let Some(why) = unclear.or(gap.map(said)) {
        let mut unavailable = unlisted(lacks_token, UnavailableReason::NotCovered, why);
        // Where the lists were asked, they did not know it either.
        if !lists_asked {
            unavailable.fix.get_or_insert_with(|| {
                "Add --token-file or --beak-key-file: the lists show when each agent was last seen"
                    .into()
            });
            unavailable
                .command
                .get_or_insert_with(|| "duckops doctor".into());
        }
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
        let is_unpecked = |bond: &&Bond| is_over(bond) || bond.state() == BondState::Unpecked;
        let over = all.bonds.iter().filter(is_unpecked);
        set_int(observation, "bonds.unpecked", over.count() as i64, at);
    }
    let stale =
        |bond: &&&Bond| matches!(bond.class(now), Class::Offline | Class::Slow | Class::Never);
    let mut worst: Vec<&Bond> = bonded.iter().filter(stale).copied().collect();
    // An agent that went OFFLINE today comes before one that has been so for a week.
    let order = |bond: &&Bond| (!died_lately(bond), bond.class(now), bond.seen);
    worst.sort_by(|a, b| (order(a), &a.id).cmp(&(order(b), &b.id)));
    let none = "no agent is offline or slow";
    let first = worst.first().map(|bond| bond.id.to_string());
    put_text(observation, "bonds.worst_id", first, none, at);
    for (path, class) in [
        ("bonds.offline_names", Class::Offline),
        ("bonds.slow_names", Class::Slow),
    ] {
        let theirs: Vec<&Bond> = worst
            .iter()
            .filter(|bond| bond.class(now) == class)
            .copied()
            .collect();
        let theirs = names(&theirs, |bond| bond.pulse_age(now));
        put_text(observation, path, theirs, none, at);
    }
    let pulsing_after_end: Vec<&Bond> = all.bonds.iter().filter(is_over).collect();
    let pulsing_after_end = names(&pulsing_after_end, |_| None);
    let none = "no agent pulsed after its bond was ended";
    put_text(
        observation,
        "bonds.unpecked_pulsing",
        pulsing_after_end,
        none,
        at,
    );
    let lines = worst.into_iter().take(NAMED).map(|bond| {
        let age = bond
            .pulse_age(now)
            .map_or(String::new(), |age| format!(", {}", duration(age)));
        Untrusted::new(format!("{} {}{age}", bond.id, bond.class(now).word()))
    });
    observation.set("bonds.worst", FactValue::List(lines.collect()), at);
}

/// How many agents a sentence names.
const IN_A_SENTENCE: usize = 3;

/// `DECAF00000000003 for 45 min, DECAF00000000002 for 31 min and 2 more`; `None` without any.
fn names(bonds: &[&Bond], age: impl Fn(&Bond) -> Option<i64>) -> Option<String> {
    let name = |bond: &&Bond| match age(bond) {
        Some(age) => format!("{} for {}", bond.id, duration(age)),
        None => bond.id.to_string(),
    };
    let named: Vec<_> = bonds.iter().take(IN_A_SENTENCE).map(name).collect();
    let more = match bonds.len().saturating_sub(IN_A_SENTENCE) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!named.is_empty()).then(|| format!("{}{more}", named.join(", ")))
}

fn put_text(
    observation: &mut Observation,
    path: &'static str,
    text: Option<String>,
    none: &str,
    at: OffsetDateTime,
) {
    let text = text.map(|text| FactValue::Text(Untrusted::new(text)));
    let none = || Unavailable::new(UnavailableReason::NoData, none);
    observation.put(path, text.ok_or_else(none), at);
}

/// Deliveries that failed recently. One without an id counts for an unknown agent.
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
                "the age of {} is not known: the feed shows no rotation and goes back {}",
                counted(i64::try_from(many).unwrap_or(i64::MAX), "key"),
                duration(all.reach.unwrap_or(0))
            ),
        )),
    };
    observation.put("bonds.key_age", outcome, at);
}
