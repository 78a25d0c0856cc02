//! Requests for a connection (pecks) as a list, as a page each, and as records for programs.

use super::columns::Screen;
use super::connections::{MAX_ROWS, RecordText, agent, omitted, text, when};
use crate::connections::{Connections, EventKind, Peck, PeckState};
use crate::fact::{duration, instant};
use crate::text::{Printable, Untrusted};
use serde_json::{Map, Value, json};
use std::fmt::Write;

const STATES: [PeckState; 6] = [
    PeckState::CallbackError,
    PeckState::Pending,
    PeckState::Unknown,
    PeckState::Expired,
    PeckState::Denied,
    PeckState::Approved,
];

/// All requests for programs, most urgent first.
pub fn list_json(connections: &mut Connections) -> Value {
    sort(connections);
    let (pecks, now) = (&connections.pecks, connections.now);
    let records: Vec<_> = pecks.iter().map(|peck| record(peck, now)).collect();
    let counts = STATES.map(|state| (state.word().to_owned(), count(pecks, state, now).into()));
    json!({"requests": records, "counts": Map::from_iter(counts)})
}

/// The most urgent requests as a table.
pub fn list_text(connections: &mut Connections, screen: Screen) -> RecordText {
    sort(connections);
    let (pecks, now) = (&connections.pecks, connections.now);
    let counted = STATES.into_iter().filter_map(|state| {
        let many = count(pecks, state, now);
        (many > 0).then(|| format!("{many} {}", state.word()))
    });
    let counted: Vec<_> = counted.collect();
    let mut text = match counted.is_empty() {
        true => "No request in the last 24 h.\n".to_owned(),
        false => format!(
            "{} requests in 24 h: {}\n\n",
            pecks.len(),
            counted.join(", ")
        ),
    };
    if !pecks.is_empty() {
        let head = ["STATE", "PECK", "LEFT", "ASKED", "WHO AND WHAT FOR"];
        let rows = pecks.iter().take(MAX_ROWS).map(|peck| row(peck, now));
        text.push_str(&screen.table(head, rows));
    }
    text.push_str(&omitted(pecks.len()));
    text.into()
}

fn sort(connections: &mut Connections) {
    let now = connections.now;
    connections
        .pecks
        .sort_by_cached_key(|peck| urgency(peck, now));
}

/// The worst state first; of those that wait, the one with the least time.
fn urgency(peck: &Peck, now: i64) -> (PeckState, i64, String) {
    let state = peck.state(now);
    let within = match state {
        PeckState::Pending => peck.left(now).unwrap_or(0),
        _ => -peck.newest().unwrap_or(0),
    };
    (state, within, peck.id.clone())
}

fn count(pecks: &[Peck], state: PeckState, now: i64) -> usize {
    pecks.iter().filter(|peck| peck.state(now) == state).count()
}

fn row(peck: &Peck, now: i64) -> [Printable; 5] {
    let state = peck.state(now);
    let left = match state {
        PeckState::Pending => peck.left(now).map_or("-".to_owned(), duration),
        _ => "-".to_owned(),
    };
    let requester = agent(peck.requester.as_deref(), peck.requester_name.as_ref());
    let target = agent(peck.target.as_deref(), None);
    let purpose = peck.purpose.as_ref().map_or(String::new(), |purpose| {
        format!(": \"{}\"", purpose.printable(60))
    });
    let rival = match peck.duplicates {
        0 => String::new(),
        n => format!(" (beside {n} of the same two)"),
    };
    [
        state.word().to_uppercase().into(),
        text(&peck.id),
        left.into(),
        when(peck.begun(), now).into(),
        format!("{requester} -> {target}{purpose}{rival}").into(),
    ]
}

/// A request for programs; what is not known is null.
fn record(peck: &Peck, now: i64) -> Value {
    let time = |at: Option<i64>| at.map(instant);
    let name = |text: &Option<Untrusted>| text.as_ref().map(|text| text.printable(200).to_string());
    json!({
        "peck_id": peck.id,
        "state": peck.state(now).word(),
        "uncertain": peck.uncertain,
        "list_says": peck.contradiction(now).map(PeckState::word),
        "requester": peck.requester,
        "requester_name": name(&peck.requester_name),
        "target": peck.target,
        "purpose": name(&peck.purpose),
        "asked_at": time(peck.begun()),
        "closes_at": time(peck.closes()),
        "left_s": (peck.state(now) == PeckState::Pending)
            .then(|| peck.left(now))
            .flatten(),
        "approved_at": time(peck.last(EventKind::Approved)),
        "bonded_at": time(peck.last(EventKind::Bonded)),
        "rivals": peck.duplicates,
        "events": peck.events.iter().map(|(at, _, kind)| json!({
            "at": instant(*at), "type": kind.printable(80).to_string(),
        })).collect::<Vec<_>>(),
    })
}

/// One request for programs, with the text for support.
pub fn page_json(connections: &Connections, id: &str, summary: &str) -> Value {
    let peck = connections.pecks.first();
    json!({
        "peck_id": id,
        "request": peck.map(|peck| record(peck, connections.now)),
        "handoff": peck.map(|peck| handoff(peck, connections, summary)),
    })
}

/// One request, or with `is_handoff` the text for support alone.
pub fn page_text(
    connections: &Connections,
    id: &str,
    summary: &str,
    is_handoff: bool,
) -> RecordText {
    match connections.pecks.first() {
        None => format!("PECK {}: nothing is known of it\n", text(id)).into(),
        Some(peck) if is_handoff => RecordText {
            text: handoff(peck, connections, summary),
            is_alone: true,
        },
        Some(peck) => block(peck, connections.now).into(),
    }
}

fn block(peck: &Peck, now: i64) -> String {
    let state = peck.state(now);
    let left = match (state, peck.left(now)) {
        (PeckState::Pending, Some(left)) => format!(", {} left of the ten minutes", duration(left)),
        _ => String::new(),
    };
    let mut block = format!(
        "PECK {}  {}{left}\n",
        text(&peck.id),
        state.word().to_uppercase()
    );
    for (label, value) in facts(peck, now) {
        let _ = writeln!(block, "  {label:<11} {value}");
    }
    for (at, _, kind) in peck.events.iter().rev() {
        let _ = writeln!(block, "  {}  {}", instant(*at), kind.printable(60));
    }
    block
}

fn facts(peck: &Peck, now: i64) -> Vec<(&'static str, String)> {
    let duplicates = match (peck.duplicates, &peck.requester, &peck.target) {
        (0, Some(_), Some(_)) => "no other live request of the same two".to_owned(),
        (0, ..) => "not known: the request names not both agents".to_owned(),
        (n, ..) => format!("{n} other live requests of the same two"),
    };
    let mut facts = vec![
        ("asked", when(peck.begun(), now)),
        (
            "requester",
            agent(peck.requester.as_deref(), peck.requester_name.as_ref()),
        ),
        ("target", agent(peck.target.as_deref(), None)),
        ("purpose", quoted(peck.purpose.as_ref())),
        ("a human", acted(peck, now)),
        ("beside it", duplicates),
    ];
    let other = peck.contradiction(now);
    facts.extend(other.map(|said| ("but", format!("a list says {}", said.word()))));
    facts.extend(peck.uncertain.map(|why| ("uncertain", why.to_owned())));
    facts
}

fn quoted(text: Option<&Untrusted>) -> String {
    text.map_or("not known".to_owned(), |text| {
        format!("\"{}\"", text.printable(200))
    })
}

/// What a human has done about it.
fn acted(peck: &Peck, now: i64) -> String {
    let acts = [
        (EventKind::Approved, "approved it"),
        (EventKind::Denied, "denied it"),
        (EventKind::CallbackError, "acted, and the callback failed"),
        (EventKind::Bonded, "and it was bonded"),
    ];
    let done: Vec<_> = acts
        .into_iter()
        .filter_map(|(event, words)| {
            let at = peck.last(event)?;
            Some(format!("{words} {}", when(Some(at), now)))
        })
        .collect();
    match done.is_empty() {
        true => "has not acted, as far as is known".to_owned(),
        false => done.join("; "),
    }
}

/// What support needs: who, what for, when, and what is proven.
fn handoff(peck: &Peck, all: &Connections, summary: &str) -> String {
    let now = all.now;
    let mut text = format!(
        "Peck {} is {} at {}\n",
        text(&peck.id),
        peck.state(now).word(),
        instant(now)
    );
    let _ = writeln!(text, "peck_id:   {}", super::connections::text(&peck.id));
    for (label, value) in facts(peck, now) {
        let _ = writeln!(text, "{:<10} {value}", format!("{label}:"));
    }
    let _ = writeln!(text, "verdict:   {summary}");
    let reach = all.reach.map_or("is empty".to_owned(), |reach| {
        format!("goes back {}", duration(reach))
    });
    let _ = writeln!(text, "evidence:  the audit feed, which {reach}");
    for (at, _, kind) in peck.events.iter().rev() {
        let _ = writeln!(text, "           {} {}", instant(*at), kind.printable(60));
    }
    text
}
