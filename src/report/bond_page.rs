//! The page of one bond, with its pulse and its key.

use super::bonds::{LISTS, leading_step, record, state};
use super::columns::Screen;
use super::connections::{agent, ago, not_judged, page, source, text};
use super::model::{Layout, Report, StepRows, Verdict};
use super::words::count;
use crate::connections::{Bond, Class, Connections, KEY_AGE, OFFLINE};
use crate::fact::{duration, instant};
use serde_json::{Value, json};
use std::fmt::Write;

/// One bond for programs.
pub fn page_json(connections: &Connections, id: &str) -> Value {
    let bond = connections.bonds.first();
    json!({
        "spaceduck_id": id,
        "bond": bond.map(|bond| record(bond, connections.now)),
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

/// `7 d ago, 2026-03-15T03:12:09Z`
fn aged(at: Option<i64>, now: i64) -> String {
    match at {
        Some(at) if at <= now => format!("{}, {}", ago(Some(at), now), instant(at)),
        at => ago(at, now),
    }
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
