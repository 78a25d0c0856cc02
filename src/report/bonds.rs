//! Bonds as a list, as a page each, and as records for programs.

use super::columns::Screen;
use super::connections::{
    MAX_ROWS, agent, ago, counted_only, is_skipped, not_judged, omitted, page, source, text,
};
use super::model::{Layout, NextAction, Report, StepRows, Verdict};
use super::words::{count, name};
use crate::connections::{Bond, BondState, Class, Connections, KEY_AGE, OFFLINE, SLOW};
use crate::fact::{duration, instant};
use crate::text::{Printable, Untrusted};
use serde_json::{Map, Value, json};
use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What a token adds to the feed.
const LISTS: &str = "the lists of agents";

/// From this width on the table has all columns.
const WIDE: usize = 80;

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

/// The worst bonds: what is wrong with the first of them, and a table.
pub fn list_page(connections: &mut Connections, report: &Report, width: usize) -> Layout {
    let (counts, now) = (counts(connections), connections.now);
    let bonds = &mut connections.bonds;
    let shown = bonds.len().min(MAX_ROWS);
    // Only what is shown is put in order.
    if bonds.len() > shown {
        bonds.select_nth_unstable_by(shown, |a, b| worst_first(a, b, now));
    }
    bonds[..shown].sort_by(|a, b| worst_first(a, b, now));
    let mut body = String::new();
    if !bonds.is_empty() {
        let screen = Screen {
            columns: Some(width),
            unicode: false,
        };
        let rows = bonds.iter().take(shown).map(|bond| row(bond, now));
        let head = [
            "HEALTH",
            "AGENT",
            "LAST PULSE",
            "LIMIT",
            "BONDED",
            "KEY AGE",
            "NAME",
        ];
        // What decides fits a narrow screen; the rest stands on the page of each bond.
        body.push_str(&match width < WIDE {
            true => screen.table(
                [head[0], head[1], head[2], head[3]],
                rows.map(|[health, agent, pulse, limit, ..]| [health, agent, pulse, limit]),
            ),
            false => screen.table(head, rows),
        });
        body.push_str(&omitted(bonds.len()));
    }
    let headline = list_finding(bonds, &counts, report, now).map(|finding| {
        let cause = report
            .runbooks
            .first()
            .and_then(|one| one.blocked_by.as_ref());
        let cause = cause.map_or(String::new(), |cause| {
            format!("; caused by {}", name(cause))
        });
        format!("{finding}{cause}")
    });
    if let Some(counted) = counted_only(report).filter(|_| bonds.is_empty()) {
        body.push_str(&counted);
    }
    let mut page = page(headline, &body, steps(width));
    page.details.push(source(report, LISTS));
    page
}

/// How many bonds are how well, with the worst of them; `None` where the runbook's own words say
/// what is wrong.
fn list_finding(
    bonds: &[Bond],
    counts: &BTreeMap<Class, usize>,
    report: &Report,
    now: i64,
) -> Option<String> {
    let of = |class: &Class| counts.get(class).copied().unwrap_or(0);
    let in_force = bonds.len() - of(&Class::Gone);
    let total = count(in_force, "bond", "bonds");
    match (report.verdict, bonds.first()) {
        (Verdict::Ok | Verdict::Skipped, _) if in_force == 0 => Some("no bond in force".to_owned()),
        (Verdict::Unknown, None) if is_skipped(report) => {
            Some("no bond in force, nothing to judge".to_owned())
        }
        (Verdict::Ok | Verdict::Skipped, _) => {
            let counted = Class::ALL.into_iter().filter(|class| *class != Class::Gone);
            let counted = counted.filter(|class| of(class) > 0);
            let counted: Vec<_> = counted
                .map(|class| format!("{} {}", of(&class), class.word()))
                .collect();
            Some(format!("{total}: {}", counted.join(", ")))
        }
        (Verdict::Warning, Some(_)) if leading_step(report) == Some("rotate") => {
            let oldest = bonds.iter().max_by_key(|bond| bond.key_min)?;
            let (old, limit) = (duration(oldest.key_min), duration(KEY_AGE));
            let over = bonds.iter().filter(|bond| bond.key_min > KEY_AGE).count();
            let id = text(&oldest.id);
            Some(format!(
                "{over} of {total} with an old key: {id}, {old} (limit {limit})"
            ))
        }
        (Verdict::Warning | Verdict::Critical, Some(worst)) => {
            let class = worst.class(now);
            let leads = leading_step(report) == Some("pulse") || class == Class::Never;
            let state = state(worst, now).filter(|_| leads)?;
            let class = format!("{} of {total} {}", of(&class), class.word());
            Some(format!("{class}: {}, {state}", text(&worst.id)))
        }
        _ => None,
    }
}

/// `7 d ago, 2026-03-15T03:12:09Z`
fn aged(at: Option<i64>, now: i64) -> String {
    match at {
        Some(at) if at <= now => format!("{}, {}", ago(Some(at), now), instant(at)),
        at => ago(at, now),
    }
}

/// A narrow screen has no room for what is well beside the table.
fn steps(width: usize) -> StepRows {
    match width < WIDE {
        true => StepRows::Further,
        false => StepRows::Judged,
    }
}

/// The id of the step that the verdict comes from.
fn leading_step(report: &Report) -> Option<&str> {
    let steps = report.runbooks.iter().flat_map(|runbook| &runbook.steps);
    let mut worst = steps.filter(|step| step.verdict() == report.verdict);
    worst.next().map(|step| step.id.as_str())
}

/// `last pulse 45 min ago (limit 30 min)`; `None` where there is no bond to speak of.
fn state(bond: &Bond, now: i64) -> Option<String> {
    let limit = limit(bond.class(now)).map_or(String::new(), |limit| {
        format!(" (limit {})", duration(limit))
    });
    Some(match bond.class(now) {
        Class::Never => format!("no pulse in {}{limit}", bond.age(now).map(duration)?),
        Class::Offline | Class::Slow | Class::Alive => {
            format!("last pulse {}{limit}", ago(bond.seen, now))
        }
        Class::Unknown | Class::Gone => return None,
    })
}

/// The limit that a class is over, or that is the next one, in seconds.
fn limit(class: Class) -> Option<i64> {
    match class {
        Class::Offline => Some(OFFLINE),
        Class::Slow | Class::Never => Some(SLOW),
        Class::Alive | Class::Unknown | Class::Gone => None,
    }
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
    let silent = |bond: &Bond| bond.pulse_age(now).or_else(|| bond.age(now));
    let key = |bond: &Bond| (bond.class(now), Reverse(silent(bond)));
    key(one)
        .cmp(&key(other))
        .then_with(|| one.id.cmp(&other.id))
}

fn row(bond: &Bond, now: i64) -> [Printable; 7] {
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
    let pulse = match (bond.pulse_age(now), bond.unseen.is_some()) {
        (Some(age), _) => duration(age),
        (None, true) => "not known".to_owned(),
        (None, false) => "none".to_owned(),
    };
    [
        health.into(),
        text(&bond.id),
        pulse.into(),
        limit(class).map_or(String::new(), duration).into(),
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

/// What to do now, where the runbook's own command is the list itself.
pub fn list_next(connections: &Connections, report: &Report) -> Option<NextAction> {
    let next = report.next_action.clone()?;
    let bonds = connections.bonds.iter();
    if !next
        .command
        .as_ref()?
        .as_str()
        .starts_with("duckops bond list")
    {
        return None;
    }
    if leading_step(report) == Some("rotate") {
        let oldest = bonds.max_by_key(|bond| bond.key_min)?;
        if !Untrusted::new(oldest.id.as_str()).is_word() {
            return None;
        }
        let (id, age) = (text(&oldest.id), duration(oldest.key_min));
        return Some(NextAction {
            text: format!("Rotate the key of {id}: {age} old").into(),
            command: Some(format!("duckops bond rotate {id} --dry-run").into()),
        });
    }
    let worst = bonds.min_by(|a, b| worst_first(a, b, connections.now))?;
    if !Untrusted::new(worst.id.as_str()).is_word() {
        return None;
    }
    Some(NextAction {
        command: Some(format!("duckops bond show {}", text(&worst.id)).into()),
        ..next
    })
}

/// One bond with its pulse and its key.
pub fn page_layout(connections: &Connections, id: &str, report: &Report, screen: Screen) -> Layout {
    let Some(bond) = connections.bonds.first() else {
        return page(Some(not_judged(id, report)), "", StepRows::Further);
    };
    let now = connections.now;
    let body = body(bond, now, screen.glyphs());
    let mut page = page(Some(finding(bond, report, now)), &body, StepRows::Further);
    page.details.push(source(report, LISTS));
    page
}

/// The state of a bond with what is wrong about it.
fn finding(bond: &Bond, report: &Report, now: i64) -> String {
    let (id, class) = (text(&bond.id), bond.class(now));
    let health = match (class, state(bond, now)) {
        (Class::Gone, _) => {
            let since = bond
                .over
                .map_or(String::new(), |at| format!(" {}", ago(Some(at), now)));
            format!("{}{since}", bond.state().word())
        }
        (class, Some(state)) => format!("{}: {state}", class.word()),
        (class, None) => {
            let why = bond.uncertain.or(bond.unseen);
            let why = why.map_or(String::new(), |why| format!(": {why}"));
            format!("{}{why}", class.word())
        }
    };
    match (report.verdict, leading_step(report)) {
        (Verdict::Warning | Verdict::Critical, Some("rotate")) => {
            let age = duration(bond.key_min);
            format!("{id} key {age} old (limit {}); {health}", duration(KEY_AGE))
        }
        (Verdict::Warning | Verdict::Critical, Some("webhook")) => {
            format!("{id} deliveries failed in 24 h; {health}")
        }
        _ => format!("{id} {health}"),
    }
}

fn body(bond: &Bond, now: i64, glyphs: &[char]) -> String {
    let key = match (bond.key_min, bond.key_max) {
        (least, Some(most)) if least == most => duration(most),
        (0, Some(most)) => format!("at most {}", duration(most)),
        (0, None) => "not known".to_owned(),
        (least, Some(most)) => format!("{} to {}", duration(least), duration(most)),
        (least, None) => format!("at least {}: no rotation in the feed", duration(least)),
    };
    let known = |text: &Option<String>| agent(text.as_deref(), None);
    // Proven to be none is another thing than not known.
    let last_pulse = match bond.class(now) {
        Class::Never if bond.seen.is_none() => "none".to_owned(),
        _ => aged(bond.seen, now),
    };
    let mut body = String::new();
    let mut lines = vec![
        ("name", agent(None, bond.name.as_ref())),
        ("duckling", known(&bond.duckling)),
        ("state", bond.state().word().to_owned()),
        ("bonded", aged(bond.since, now)),
        ("peer", known(&bond.peer)),
        ("request", known(&bond.peck)),
        ("last pulse", last_pulse),
        ("key age", key),
    ];
    if bond.over.is_some() {
        lines.insert(4, ("unpecked", aged(bond.over, now)));
    }
    if let Some(spark) = gaps(&bond.pulses, now, glyphs) {
        lines.push(("pulses", spark));
    }
    let other = bond.contradiction();
    lines.extend(other.map(|said| ("but", format!("a list says {}", said.word()))));
    lines.extend(bond.uncertain.map(|why| ("uncertain", why.to_owned())));
    lines.extend(bond.unseen.map(|why| ("uncertain", why.to_owned())));
    for (label, value) in lines {
        let _ = writeln!(body, "  {label:<11} {value}");
    }
    body
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
        "{drawn}  gaps of the last {}, longest {longest}",
        count(pulses.len(), "pulse", "pulses")
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
