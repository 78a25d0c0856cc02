//! Requests for a connection (pecks) as a list, as a page each, and as records for programs.

use super::columns::Screen;
use super::connections::{
    MAX_ROWS, agent, ago, clock_time, not_judged, omitted, page, source, text, when,
};
use super::model::{Layout, NextAction, Report, StepRows, Verdict};
use super::words;
use crate::connections::{BOND_DUE, Connections, EventKind, Peck, PeckState, WINDOW};
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

/// What a token adds to the feed.
const LISTS: &str = "the request lists";
/// From this width on the table shows both agents.
const WIDE: usize = 80;
/// From this width on the table shows names and purposes.
const WITH_PURPOSE: usize = 120;

/// All requests for programs, most urgent first.
pub fn list_json(connections: &mut Connections) -> Value {
    sort(connections);
    let (pecks, now) = (&connections.pecks, connections.now);
    let records: Vec<_> = pecks.iter().map(|peck| record(peck, now)).collect();
    let counts = STATES.map(|state| (state.word().to_owned(), count(pecks, state, now).into()));
    json!({"requests": records, "counts": Map::from_iter(counts)})
}

/// The most urgent requests: what is wrong with the first of them, and a table.
pub fn list_page(connections: &mut Connections, report: &Report, width: usize) -> Layout {
    sort(connections);
    let (pecks, now) = (&connections.pecks, connections.now);
    let counted = STATES.into_iter().filter_map(|state| {
        let many = count(pecks, state, now);
        (many > 0).then(|| format!("{many} {}", state.word()))
    });
    let counted: Vec<_> = counted.collect();
    let total = words::count(pecks.len(), "request", "requests");
    let headline = match (report.verdict, pecks.first()) {
        (Verdict::Ok | Verdict::Skipped, None) => Some("no request in 24 h".to_owned()),
        (Verdict::Ok | Verdict::Skipped, _) => {
            Some(format!("{total} in 24 h: {}", counted.join(", ")))
        }
        (Verdict::Warning | Verdict::Critical, Some(first))
            if first.state(now) == PeckState::CallbackError =>
        {
            let of = format!("{} of {total}", count(pecks, PeckState::CallbackError, now));
            let since = ago(first.newest(), now);
            Some(format!("{of} without a bond: {}, {since}", text(&first.id)))
        }
        _ => None,
    };
    let mut body = String::new();
    if !pecks.is_empty() {
        let screen = Screen {
            columns: Some(width),
            unicode: false,
        };
        let head = ["STATE", "PECK", "TIME", "REQUESTER -> TARGET"];
        let is_wide = width >= WITH_PURPOSE;
        let rows = pecks
            .iter()
            .take(MAX_ROWS)
            .map(|peck| row(peck, now, is_wide));
        // Who asks whom stands on the page of each request where it does not fit.
        body.push_str(&match width < WIDE {
            true => screen.table(
                [head[0], head[1], head[2]],
                rows.map(|[state, peck, time, _]| [state, peck, time]),
            ),
            false => screen.table(head, rows),
        });
    }
    body.push_str(&omitted(pecks.len()));
    let mut page = page(headline, &body, StepRows::Judged);
    page.details.push(source(report, LISTS));
    page
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

fn row(peck: &Peck, now: i64, is_wide: bool) -> [Printable; 4] {
    let state = peck.state(now);
    let time = match (state, peck.left(now)) {
        (PeckState::Pending, Some(left)) => format!("{} left", duration(left)),
        _ => ago(peck.newest(), now),
    };
    let name = peck.requester_name.as_ref().filter(|_| is_wide);
    let requester = agent(peck.requester.as_deref(), name);
    let target = agent(peck.target.as_deref(), None);
    let purpose = peck.purpose.as_ref().filter(|_| is_wide);
    let purpose = purpose.map_or(String::new(), |purpose| {
        format!(": \"{}\"", purpose.printable(60))
    });
    let rivals = match peck.duplicates {
        0 => String::new(),
        1 => " (rival)".to_owned(),
        n => format!(" ({n} rivals)"),
    };
    [
        state.word().to_uppercase().into(),
        text(&peck.id),
        time.into(),
        format!("{requester} -> {target}{purpose}{rivals}").into(),
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

/// What to do now, where the runbook's own command is the list itself.
pub fn list_next(connections: &Connections, report: &Report) -> Option<NextAction> {
    let next = report.next_action.clone()?;
    let first = connections.pecks.first()?;
    let is_list = (next.command.as_ref()?.as_str()).starts_with("duckops peck list");
    let is_word = Untrusted::new(first.id.as_str()).is_word();
    (is_list && is_word).then(|| NextAction {
        command: Some(format!("duckops peck show {}", text(&first.id)).into()),
        ..next
    })
}

/// What support needs to know of the request, alone; `None` where it is not known.
pub fn handoff_text(connections: &Connections, summary: &str) -> Option<String> {
    let peck = connections.pecks.first()?;
    Some(handoff(peck, connections, summary))
}

/// One request: its state, who asks whom for what, and what happened.
pub fn page_layout(connections: &Connections, id: &str, report: &Report) -> Layout {
    let Some(peck) = connections.pecks.first() else {
        return page(Some(not_judged(id, report)), "", StepRows::Further);
    };
    let now = connections.now;
    let state = peck.state(now);
    let mut page = page(
        Some(finding(peck, now)),
        &body(peck, now),
        StepRows::Further,
    );
    if state == PeckState::CallbackError {
        let replay = "bond missing too: replay the webhook (webhook-events.html)";
        let handoff = format!("hand off: duckops peck show {} --handoff", text(&peck.id));
        page.details.push(("then", replay.into()));
        page.details.push(("", handoff.into()));
    }
    page.details.push(source(report, LISTS));
    page
}

/// The state of a request in a few words, with its ages and limits.
fn finding(peck: &Peck, now: i64) -> String {
    let (id, state) = (text(&peck.id), peck.state(now));
    let since = |event| peck.last(event).map(|at| ago(Some(at), now));
    let rivals = match peck.duplicates {
        0 => String::new(),
        n => format!(
            "; {} too",
            words::count(n, "rival request", "rival requests")
        ),
    };
    match state {
        PeckState::CallbackError => {
            match (since(EventKind::CallbackError), since(EventKind::Approved)) {
                (Some(error), _) => format!("{id} callback error {error}, no bond since"),
                (None, Some(approved)) => {
                    let limit = duration(BOND_DUE);
                    format!("{id} callback error: approved {approved}, no bond (limit {limit})")
                }
                (None, None) => format!("{id} callback error"),
            }
        }
        PeckState::Pending => {
            let left = peck.left(now).map_or("not known".to_owned(), duration);
            format!("{id} pending: {left} of {} left{rivals}", duration(WINDOW))
        }
        PeckState::Approved => match (since(EventKind::Bonded), since(EventKind::Approved)) {
            (Some(bonded), _) => format!("{id} approved, bonded {bonded}"),
            (None, Some(approved)) => format!("{id} approved {approved}"),
            (None, None) => format!("{id} approved"),
        },
        PeckState::Denied => match since(EventKind::Denied) {
            Some(denied) => format!("{id} denied by the approver {denied}"),
            None => format!("{id} denied by the approver"),
        },
        PeckState::Expired => {
            let closed = ago(peck.closes(), now);
            format!(
                "{id} expired {closed}: no approval within {}",
                duration(WINDOW)
            )
        }
        PeckState::Unknown => {
            let why = peck.uncertain.unwrap_or("no start in the feed");
            format!("{id} not judged: {why}")
        }
    }
}

fn body(peck: &Peck, now: i64) -> String {
    let mut body = String::new();
    for (label, value) in parties(peck) {
        let _ = writeln!(body, "  {label:<9}  {value}");
    }
    for (at, _, kind) in peck.events.iter().rev() {
        let (at, age) = (clock_time(*at, now), ago(Some(*at), now));
        let kind = kind.printable(60).to_string();
        let _ = writeln!(body, "  {at:<9}  {kind:<16}  {age}");
    }
    let bonded = peck.last(EventKind::Bonded).is_some() || peck.bond_listed;
    if peck.state(now) == PeckState::CallbackError && !bonded {
        let error = match peck.last(EventKind::CallbackError) {
            Some(_) => "no bond in the feed since",
            None => "no bond, no error in the feed since",
        };
        let _ = writeln!(body, "  {:<9}  {error}", "");
    }
    for (label, value) in doubts(peck, now) {
        let _ = writeln!(body, "  {label:<9}  {value}");
    }
    body
}

fn parties(peck: &Peck) -> [(&'static str, String); 3] {
    let requester = agent(peck.requester.as_deref(), peck.requester_name.as_ref());
    [
        ("requester", requester),
        ("target", agent(peck.target.as_deref(), None)),
        ("purpose", quoted(peck.purpose.as_ref())),
    ]
}

/// What may stand against the state.
fn doubts(peck: &Peck, now: i64) -> Vec<(&'static str, String)> {
    let rivals = match (peck.duplicates, &peck.requester, &peck.target) {
        (0, Some(_), Some(_)) => "none: no other live request between the same agents".to_owned(),
        (0, ..) => "not known: the request does not name both agents".to_owned(),
        (n, ..) => {
            let named: Vec<_> = peck.rivals.iter().map(|id| text(id).to_string()).collect();
            let more = match n.saturating_sub(named.len()) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!(
                "{}{more}, pending between the same agents",
                named.join(", ")
            )
        }
    };
    let listed = peck.contradiction(now);
    let listed = listed.map(|listed| {
        (
            "listed",
            format!("the request list shows {}", listed.word()),
        )
    });
    let uncertain = peck.uncertain.map(|why| ("uncertain", why.to_owned()));
    let rivals = Some(("rivals", rivals));
    [rivals, listed, uncertain].into_iter().flatten().collect()
}

fn quoted(text: Option<&Untrusted>) -> String {
    text.map_or("not known".to_owned(), |text| {
        format!("\"{}\"", text.printable(200))
    })
}

/// What the approver has done about it.
fn approver(peck: &Peck, now: i64) -> String {
    let acts = [
        (EventKind::Approved, "approved"),
        (EventKind::Denied, "denied"),
        (EventKind::CallbackError, "callback failed"),
        (EventKind::Bonded, "bonded"),
    ];
    let done: Vec<_> = acts
        .into_iter()
        .filter_map(|(event, words)| {
            let at = peck.last(event)?;
            Some(format!("{words} {}", when(Some(at), now)))
        })
        .collect();
    match done.is_empty() {
        true => "no decision in the feed".to_owned(),
        false => done.join("; "),
    }
}

/// What support needs: who, what for, when, and what is proven.
fn handoff(peck: &Peck, all: &Connections, summary: &str) -> String {
    let now = all.now;
    let mut text = format!(
        "Peck {}: {} at {}\n",
        text(&peck.id),
        peck.state(now).word(),
        instant(now)
    );
    let _ = writeln!(text, "peck_id:   {}", super::connections::text(&peck.id));
    let _ = writeln!(text, "asked:     {}", when(peck.begun(), now));
    let decision = [("approver", approver(peck, now))];
    let lines = parties(peck).into_iter().chain(decision);
    for (label, value) in lines.chain(doubts(peck, now)) {
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
