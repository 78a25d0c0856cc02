//! The checklist of a new bond: in force, approved, key delivered, pulsing, visible.

use super::checklist::ChecklistItem;
use super::connections::{text, when};
use super::model::Verdict;
use crate::connections::{Bond, BondState, Class, Connections, EventKind, Peck, SLOW};
use crate::fact::duration;
use crate::text::Printable;

/// The checks of the bond that was observed; `summary` says why there is none.
pub fn checks(all: &Connections, summary: &Printable) -> Vec<ChecklistItem> {
    let Some(bond) = all.bonds.first() else {
        let fix = "Check the id, and that the feed can be read: duckops bond list";
        let verdict = Verdict::Unknown;
        return vec![ChecklistItem::bad("bond", verdict, summary.clone(), fix)];
    };
    let peck = bond
        .peck
        .as_ref()
        .and_then(|id| all.pecks.iter().find(|peck| peck.id == *id));
    vec![
        in_force(bond, all.now),
        approvals(peck),
        delivered(bond, all.now),
        first_pulse(bond, all.now),
        visible(bond, all.listed),
    ]
}

fn in_force(bond: &Bond, now: i64) -> ChecklistItem {
    let since = when(bond.since, now);
    match bond.state() {
        BondState::Bonded => ChecklistItem::ok("bonded", format!("BONDED, since {since}")),
        BondState::Unknown => ChecklistItem::bad(
            "bonded",
            Verdict::Unknown,
            bond.uncertain
                .unwrap_or("no entry shows whether it is in force"),
            "Look at connection-card.html",
        ),
        BondState::Unpecked => ChecklistItem::bad(
            "bonded",
            Verdict::Critical,
            BondState::Unpecked.word(),
            "Only a new peck reconnects it: duckops bond guide disconnect",
        ),
        state => ChecklistItem::bad(
            "bonded",
            Verdict::Critical,
            state.word(),
            "Look at the request first: duckops peck list",
        ),
    }
}

/// Both sides have to approve.
fn approvals(peck: Option<&Peck>) -> ChecklistItem {
    let name = "approvals";
    let fix = "Look at request-history.html: APPROVED, with the decisions of both ducklings";
    let Some(peck) = peck else {
        let why = "the feed does not name its request";
        return ChecklistItem::bad(name, Verdict::Unknown, why, fix);
    };
    let of = |wanted| {
        peck.events
            .iter()
            .filter(move |(_, event, _)| *event == wanted)
    };
    match of(EventKind::Approved).count() {
        0 => ChecklistItem::bad(name, Verdict::Unknown, "the feed shows no approval", fix),
        1 => ChecklistItem::bad(
            name,
            Verdict::Warning,
            "the feed shows one approval of two",
            fix,
        ),
        n => ChecklistItem::ok(name, format!("{n} approvals of {}", text(&peck.id))),
    }
}

/// The key comes with `duck.bonded`; whether it was taken only the receiver knows.
fn delivered(bond: &Bond, now: i64) -> ChecklistItem {
    let name = "beak key";
    let replay =
        "Replay duck.bonded to the receiver (webhook-events.html): duckops help webhook send";
    match (bond.fails(now), bond.seen, bond.since) {
        (true, ..) => ChecklistItem::bad(
            name,
            Verdict::Warning,
            "a delivery to it failed in the last 24 h",
            replay,
        ),
        (false, Some(_), _) => ChecklistItem::ok(name, "pulses, so it has its key"),
        (false, None, Some(since)) => ChecklistItem::bad(
            name,
            Verdict::Unknown,
            format!(
                "duck.bonded was sent {}; the log of the receiver shows whether the key arrived",
                when(Some(since), now)
            ),
            replay,
        ),
        _ => ChecklistItem::bad(
            name,
            Verdict::Unknown,
            "the feed does not show duck.bonded",
            replay,
        ),
    }
}

fn first_pulse(bond: &Bond, now: i64) -> ChecklistItem {
    let name = "first pulse";
    let fix = format!(
        "Start the runtime, or send one pulse: duckops bond pulse {}",
        text(&bond.id)
    );
    let fix = fix.as_str();
    let age = bond.age(now);
    match (bond.class(now), bond.pulse_age(now), age) {
        (Class::Alive, Some(pulse), _) => ChecklistItem::ok(
            name,
            format!("ALIVE, the last pulse is {} old", duration(pulse)),
        ),
        (Class::Slow, Some(pulse), _) => ChecklistItem::bad(
            name,
            Verdict::Warning,
            format!("SLOW, the last pulse is {} old", duration(pulse)),
            fix,
        ),
        (Class::Offline, Some(pulse), _) => ChecklistItem::bad(
            name,
            Verdict::Critical,
            format!("OFFLINE, the last pulse is {} old", duration(pulse)),
            fix,
        ),
        (Class::Never, _, Some(age)) if age < SLOW => ChecklistItem::bad(
            name,
            Verdict::Warning,
            format!("none yet, {} after the bond (limit 10 min)", duration(age)),
            fix,
        ),
        (Class::Never, _, Some(age)) => ChecklistItem::bad(
            name,
            Verdict::Critical,
            format!("none, {} after the bond", duration(age)),
            fix,
        ),
        (Class::Gone, ..) => ChecklistItem::bad(
            name,
            Verdict::Skipped,
            "none is due: the bond is not in force",
            "Nothing to start: duckops bond guide disconnect",
        ),
        _ => ChecklistItem::bad(
            name,
            Verdict::Unknown,
            bond.unseen
                .or(bond.uncertain)
                .unwrap_or("no pulse is known"),
            "Add --token-file: the lists show the last pulse",
        ),
    }
}

fn visible(bond: &Bond, has_lists: bool) -> ChecklistItem {
    let name = "in the fleet";
    match bond.listed {
        Some(BondState::Bonded) => ChecklistItem::ok(name, "listed as bonded"),
        Some(state) => ChecklistItem::bad(
            name,
            Verdict::Warning,
            format!("listed as {}", state.word()),
            "Look at the Bonded lane of fleet-dashboard.html",
        ),
        None => {
            let (found, or) = match has_lists {
                true => ("not in the list of agents that was read", ""),
                false => ("no list of agents was read", ", or add --token-file"),
            };
            let fix = format!("Look at the Bonded lane of fleet-dashboard.html{or}");
            ChecklistItem::bad(name, Verdict::Skipped, found, fix)
        }
    }
}
