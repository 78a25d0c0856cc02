//! The requests and the bonds: the audit feed, and the lists where credentials are given,
//! as counts and ages over everybody, or over the one that a run is confined to.
//!
//! The records themselves go along with the reading. A list that was asked and failed might
//! have told of anybody: then nobody's state is known.

mod declared;
mod lists;

use super::Ask;
use super::audit::people;
use crate::fact::{FactValue, Probe, duration, instant};
use crate::population::{
    Bond, BondState, Class, KEY_AGE, Only, Peck, PeckState, Population, WINDOW,
};
use crate::reading::{Reading, Silence, Why};
use crate::text::Untrusted;
pub(super) use declared::FACTS;
pub use lists::Access;
use time::OffsetDateTime;

/// So many are named as evidence.
const NAMED: usize = 5;

pub(super) async fn ask(ask: &Ask) -> Reading {
    let mut reading = Reading::new(Probe::Connections);
    let mut listing = Vec::new();
    let (people, lists) = tokio::join!(
        people(ask, &mut reading, ask.only.clone()),
        lists::ask(ask, &mut listing),
    );
    reading.asked.extend(listing);
    let told = people.and_then(|people| match people.unusable() {
        Some(silence) => Err(silence),
        None => Ok((people, lists?)),
    });
    let (mut people, (rows, notes)) = match told {
        Ok(told) => told,
        Err(silence) => {
            reading.rest(silence);
            return reading;
        }
    };
    for row in &rows {
        people.gathering.listed(row);
    }
    let reach = people.reach();
    let population = people.gathering.end(reach, notes);
    facts(&mut reading, &population, ask);
    reading.population = Some(population);
    reading
}

fn facts(reading: &mut Reading, all: &Population, ask: &Ask) {
    let at = ask.now;
    let is_known = match &ask.only {
        None => true,
        Some(Only::Peck(_)) => !all.pecks.is_empty(),
        Some(Only::Bond(_)) => !all.bonds.is_empty(),
    };
    if !is_known {
        let back = all.reach.map_or("is empty".to_owned(), |reach| {
            format!("goes back {}", duration(reach))
        });
        reading.rest(
            Silence::new(
                Why::NotFound,
                format!("nothing is known of this id; the audit feed {back}"),
            )
            .fix("Check the id; with --token-file or --beak-key-file the lists are asked, too"),
        );
        return;
    }
    of_pecks(reading, all, at);
    of_bonds(reading, all, at);
}

fn of_pecks(reading: &mut Reading, all: &Population, at: OffsetDateTime) {
    let state = |peck: &Peck| peck.state(all.now);
    let are = |wanted| all.pecks.iter().filter(move |peck| state(peck) == wanted);
    let count = |wanted| are(wanted).count() as i64;
    // What is certain of some stands, whatever is uncertain of others.
    know(
        reading,
        "pecks.callback_errors",
        count(PeckState::CallbackError),
        at,
    );
    know(
        reading,
        "pecks.rivals",
        all.pecks.iter().filter(|peck| peck.rivals > 0).count() as i64,
        at,
    );
    let left = are(PeckState::Pending)
        .filter_map(|peck| peck.left(all.now))
        .min();
    reading.know(
        "pecks.least_left",
        FactValue::Duration(left.unwrap_or(WINDOW)),
        at,
    );
    let doubt = all
        .pecks
        .iter()
        .find(|peck| state(peck) == PeckState::Unknown);
    if let Some(peck) = doubt {
        let many = count(PeckState::Unknown);
        let why = peck.uncertain.unwrap_or("nothing says when it was asked");
        let silence = Silence::new(
            Why::Contradictory,
            format!("the state of {many} requests is not certain: {why}"),
        );
        for path in [
            "pecks.pending",
            "pecks.approved",
            "pecks.denied",
            "pecks.expired",
            "pecks.known",
        ] {
            reading.hush(path, silence.clone());
        }
    } else {
        for (path, wanted) in [
            ("pecks.pending", PeckState::Pending),
            ("pecks.approved", PeckState::Approved),
            ("pecks.denied", PeckState::Denied),
            ("pecks.expired", PeckState::Expired),
        ] {
            know(reading, path, count(wanted), at);
        }
        know(reading, "pecks.known", all.pecks.len() as i64, at);
    }
    for (path, wanted) in [
        ("pecks.newest_pending", PeckState::Pending),
        ("pecks.newest_denied", PeckState::Denied),
        ("pecks.newest_expired", PeckState::Expired),
        ("pecks.newest_callback_errors", PeckState::CallbackError),
    ] {
        let mut of: Vec<&Peck> = are(wanted).collect();
        of.sort_by_key(|peck| (std::cmp::Reverse(peck.newest()), peck.id.clone()));
        let lines = of.into_iter().take(NAMED).map(|peck| {
            let when = peck
                .begun()
                .map_or("at an unknown time".to_owned(), instant);
            Untrusted::new(format!("{} asked {when}", peck.id))
        });
        reading.know(path, FactValue::List(lines.collect()), at);
    }
}

fn of_bonds(reading: &mut Reading, all: &Population, at: OffsetDateTime) {
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
    know(reading, "bonds.slow", count(Class::Slow), at);
    know(reading, "bonds.offline", count(Class::Offline), at);
    know(reading, "bonds.unpulsed", count(Class::Never), at);
    reading.know(
        "bonds.pulse_age",
        oldest(&mut pulsing().filter_map(|bond| bond.pulse_age(now))),
        at,
    );
    reading.know(
        "bonds.unpulsed_for",
        oldest(&mut are(Class::Never).filter_map(|bond| bond.age(now))),
        at,
    );
    know(
        reading,
        "bonds.failing",
        bonded.iter().filter(|bond| bond.fails(now)).count() as i64,
        at,
    );
    let keys = bonded.iter().filter(|bond| bond.keyless.is_none());
    // Nothing of a month shows that it was rotated: it is older than that.
    let key_age = |bond: &&Bond| bond.key_age(now).unwrap_or(KEY_AGE + 1);
    let oldest_key = oldest(&mut keys.map(key_age));
    reading.know("bonds.key_age_min", oldest_key.clone(), at);
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
    if let Some(why) = unclear {
        let silence = Silence::new(Why::NotCovered, format!("{doubtful} bonds are not certain: {why}"))
            .fix("With --token-file or --beak-key-file the lists are asked, which know when each agent was last seen");
        for path in [
            "bonds.bonded",
            "bonds.alive",
            "bonds.pulsing",
            "bonds.unpecked",
        ] {
            reading.hush(path, silence.clone());
        }
    } else {
        know(reading, "bonds.bonded", bonded.len() as i64, at);
        know(reading, "bonds.alive", count(Class::Alive), at);
        know(reading, "bonds.pulsing", pulsing().count() as i64, at);
        let over = all
            .bonds
            .iter()
            .filter(|bond| bond.state() == BondState::Unpecked);
        know(reading, "bonds.unpecked", over.count() as i64, at);
    }
    let keyless = bonded.iter().find_map(|bond| bond.keyless);
    match keyless {
        None => reading.know("bonds.key_age", oldest_key, at),
        Some(why) => {
            let many = bonded.iter().filter(|bond| bond.keyless.is_some()).count();
            reading.hush(
                "bonds.key_age",
                Silence::new(
                    Why::NotCovered,
                    format!("the age of {many} keys is not known: {why}"),
                ),
            );
        }
    }
    let stale =
        |bond: &&&Bond| matches!(bond.class(now), Class::Offline | Class::Slow | Class::Never);
    let mut worst: Vec<&&Bond> = bonded.iter().filter(stale).collect();
    worst.sort_by_key(|bond| (bond.class(now), bond.seen, bond.id.clone()));
    let lines = worst.into_iter().take(NAMED).map(|bond| {
        let age = bond
            .pulse_age(now)
            .map_or(String::new(), |age| format!(", {}", duration(age)));
        Untrusted::new(format!("{} {}{age}", bond.id, bond.class(now).word()))
    });
    reading.know("bonds.worst", FactValue::List(lines.collect()), at);
}

fn know(reading: &mut Reading, path: &'static str, count: i64, at: OffsetDateTime) {
    reading.know(path, FactValue::Int(count), at);
}
