//! Bonds as a list, and as records for programs.

use super::columns::Screen;
use super::connections::{
    MAX_ROWS, agent, ago, counted_only, is_skipped, omitted, page, source, text,
};
use super::model::{Layout, NextAction, Report, StepRows, Verdict};
use super::words::{count, name};
use crate::connections::{Bond, BondState, Class, Connections, KEY_AGE, OFFLINE, SLOW};
use crate::fact::{duration, instant};
use crate::text::{Printable, Untrusted};
use serde_json::{Map, Value, json};
use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

/// What a token adds to the feed.
pub(super) const LISTS: &str = "the lists of agents";

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

/// A narrow screen has no room for what is well beside the table.
fn steps(width: usize) -> StepRows {
    match width < WIDE {
        true => StepRows::Further,
        false => StepRows::Judged,
    }
}

/// The id of the step that the verdict comes from.
pub(super) fn leading_step(report: &Report) -> Option<&str> {
    let steps = report.runbooks.iter().flat_map(|runbook| &runbook.steps);
    let mut worst = steps.filter(|step| step.verdict() == report.verdict);
    worst.next().map(|step| step.id.as_str())
}

/// `last pulse 45 min ago (limit 30 min)`; `None` where there is no bond to speak of.
pub(super) fn state(bond: &Bond, now: i64) -> Option<String> {
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
pub(super) fn record(bond: &Bond, now: i64) -> Value {
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
