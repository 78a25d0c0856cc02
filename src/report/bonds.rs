//! Bonds as a list, as a page each, and as records for programs.

use super::columns::Screen;
use super::connections::{MAX_ROWS, RecordText, agent, omitted, text, when};
use crate::connections::{Bond, BondState, Class, Connections, OFFLINE};
use crate::fact::{duration, instant};
use crate::text::Printable;
use serde_json::{Map, Value, json};
use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;
use std::fmt::Write;

/// All bonds for programs, worst first.
pub fn list_json(connections: &mut Connections) -> Value {
    let now = connections.now;
    connections.bonds.sort_by(|a, b| worst_first(a, b, now));
    let bonds = connections.bonds.iter();
    let records: Vec<_> = bonds.map(|bond| record(bond, now)).collect();
    let counts = counts(connections).into_iter();
    let counts = counts.map(|(class, many)| (class.word().to_lowercase(), many.into()));
    json!({"bonds": records, "counts": Map::from_iter(counts)})
}

/// The worst bonds as a table.
pub fn list_text(connections: &mut Connections, screen: Screen) -> RecordText {
    let (counts, now) = (counts(connections), connections.now);
    let bonds = &mut connections.bonds;
    if bonds.is_empty() {
        return "No bond is known.\n".to_owned().into();
    }
    let shown = bonds.len().min(MAX_ROWS);
    // Only what is shown is put in order.
    if bonds.len() > shown {
        bonds.select_nth_unstable_by(shown, |a, b| worst_first(a, b, now));
    }
    bonds[..shown].sort_by(|a, b| worst_first(a, b, now));
    let counts: Vec<_> = counts
        .iter()
        .filter(|(_, many)| **many > 0)
        .map(|(class, many)| format!("{many} {}", class.word()))
        .collect();
    let head = ["HEALTH", "AGENT", "LAST PULSE", "BONDED", "KEY", "NAME"];
    let rows = bonds.iter().take(shown).map(|bond| row(bond, now));
    format!(
        "{} bonds: {}\n\n{}{}",
        bonds.len(),
        counts.join(", "),
        screen.table(head, rows),
        omitted(bonds.len())
    )
    .into()
}

fn counts(connections: &Connections) -> BTreeMap<Class, usize> {
    let mut counts: BTreeMap<Class, usize> = Class::ALL.map(|class| (class, 0)).into();
    for bond in &connections.bonds {
        *counts.entry(bond.class(connections.now)).or_default() += 1;
    }
    counts
}

/// The worst class first, and in it the one that was not seen for longest.
fn worst_first(one: &Bond, other: &Bond, now: i64) -> Ordering {
    let key = |bond: &Bond| (bond.class(now), Reverse(bond.pulse_age(now)));
    key(one)
        .cmp(&key(other))
        .then_with(|| one.id.cmp(&other.id))
}

fn row(bond: &Bond, now: i64) -> [Printable; 6] {
    let class = bond.class(now);
    let health = match class {
        Class::Gone => bond.state().word(),
        class => class.word(),
    };
    let age = |age: Option<i64>| age.map_or("-".to_owned(), duration);
    let name = match &bond.name {
        Some(_) => agent(None, bond.name.as_ref()),
        None => "-".to_owned(),
    };
    [
        health.into(),
        text(&bond.id),
        when(bond.seen, now).into(),
        age(bond.age(now)).into(),
        age(bond.key_age()).into(),
        name.into(),
    ]
}

/// A bond for programs; what is not known is null.
fn record(bond: &Bond, now: i64) -> Value {
    let time = |at: Option<i64>| at.map(instant);
    let newest = bond.pulse.filter(|_| bond.pulses.is_empty());
    let pulses = bond.pulses.iter().copied().chain(newest);
    json!({
        "spaceduck_id": bond.id,
        "name": bond.name.as_ref().map(|name| name.printable(200).to_string()),
        "duckling_id": bond.duckling,
        "state": bond.state().word(),
        "health": bond.class(now).word(),
        "uncertain": bond.uncertain.or(bond.unseen),
        "bonded_at": time(bond.since),
        "unpecked_at": time(bond.over),
        "last_seen_at": time(bond.seen),
        "pulse_age_s": bond.pulse_age(now),
        "key_age_s": bond.key_age(),
        "key_age_min_s": bond.key_min,
        "key_age_max_s": bond.key_max,
        "list_says": bond.contradiction().map(BondState::word),
        "peck_id": bond.peck,
        "peer": bond.peer,
        "pulses": pulses.map(instant).collect::<Vec<_>>(),
    })
}

/// One bond for programs.
pub fn page_json(connections: &Connections, id: &str) -> Value {
    let bond = connections.bonds.first();
    json!({
        "spaceduck_id": id,
        "bond": bond.map(|bond| record(bond, connections.now)),
    })
}

/// One bond with its pulse and its key.
pub fn page_text(connections: &Connections, id: &str, screen: Screen) -> RecordText {
    match connections.bonds.first() {
        None => format!("BOND {}: nothing is known of it\n", text(id)).into(),
        Some(bond) => block(bond, connections.now, screen.glyphs()).into(),
    }
}

fn block(bond: &Bond, now: i64, glyphs: &[char]) -> String {
    let class = bond.class(now);
    let health = match class {
        Class::Gone => String::new(),
        _ if bond.state() == BondState::Unknown => String::new(),
        class => format!(", {}", class.word()),
    };
    let mut block = format!("BOND {}  {}{health}\n", text(&bond.id), bond.state().word());
    let key = match (bond.key_min, bond.key_max) {
        (least, Some(most)) if least == most => format!("{} old", duration(most)),
        (0, Some(most)) => format!("at most {} old", duration(most)),
        (0, None) => "age not known".to_owned(),
        (least, Some(most)) => format!("{} to {} old", duration(least), duration(most)),
        (least, None) => format!(
            "at least {} old: the feed shows no rotation",
            duration(least)
        ),
    };
    let known = |text: &Option<String>| agent(text.as_deref(), None);
    let mut lines = vec![
        ("name", agent(None, bond.name.as_ref())),
        ("duckling", known(&bond.duckling)),
        ("bonded", when(bond.since, now)),
        ("peer", known(&bond.peer)),
        ("request", known(&bond.peck)),
        ("last seen", when(bond.seen, now)),
        ("key", key),
    ];
    if bond.over.is_some() {
        lines.insert(3, ("unpecked", when(bond.over, now)));
    }
    if let Some(spark) = gaps(&bond.pulses, now, glyphs) {
        lines.push(("pulses", spark));
    }
    let other = bond.contradiction();
    lines.extend(other.map(|said| ("but", format!("a list says {}", said.word()))));
    lines.extend(bond.uncertain.map(|why| ("uncertain", why.to_owned())));
    lines.extend(bond.unseen.map(|why| ("uncertain", why.to_owned())));
    for (label, value) in lines {
        let _ = writeln!(block, "  {label:<11} {value}");
    }
    block
}

/// The time between the last pulses, oldest first, and since the newest: a glyph each, the
/// highest for half an hour and more.
fn gaps(pulses: &[i64], now: i64, glyphs: &[char]) -> Option<String> {
    let newest = *pulses.first()?;
    let mut gaps: Vec<i64> = pulses.windows(2).map(|pair| pair[0] - pair[1]).collect();
    gaps.reverse();
    gaps.push((now - newest).max(0));
    let top = glyphs.len().saturating_sub(1);
    let glyph = |gap: &i64| {
        let part = gap.clamp(&0, &OFFLINE).saturating_mul(top as i64) / OFFLINE;
        glyphs.get(usize::try_from(part).unwrap_or(0)).copied()
    };
    let drawn: String = gaps.iter().filter_map(glyph).collect();
    let longest = gaps.iter().max().copied().map_or(String::new(), duration);
    Some(format!(
        "{drawn}  the time between the last {} and since; {longest} at most",
        pulses.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_drawn_oldest_first_and_half_an_hour_is_the_top() {
        let glyphs = ['0', '1', '2', '3'];
        assert_eq!(gaps(&[], 5000, &glyphs), None);
        let drawn = gaps(&[4400, 2600, 2000, 1990], 5000, &glyphs).expect("drawn");
        assert!(drawn.starts_with("0131 "), "{drawn}");
        let one = gaps(&[5100], 5000, &glyphs).expect("drawn");
        assert!(one.starts_with("0 "), "a pulse ahead of the clock: {one}");
    }
}
