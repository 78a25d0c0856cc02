//! `duckops bond`: the agents' bonds, and the three writes to them.

mod list;
mod recover;
mod show;
mod verify;
mod write;

use super::args::BondAction;
use super::fail::Failure;
use super::{Context, guide};
use crate::connections::{Bond, BondState};
use crate::fact::instant;
use crate::report::json::DocumentKind;
use crate::write::bond::Action;
use serde_json::{Value, json};

/// The kind of document that a write to a bond prints.
const WRITE: DocumentKind = DocumentKind::BondWrite;

pub(super) async fn main(context: &Context, action: &BondAction) -> Result<u8, Failure> {
    match action {
        BondAction::List(watched) => list::main(context, watched).await,
        BondAction::Show { id, watched } => show::main(context, id, watched).await,
        BondAction::Verify { id, lists } => verify::main(context, id, lists).await,
        BondAction::Guide { stage } => guide::main(context, "bond", stage.as_deref()),
        BondAction::Rotate(rotate) if rotate.recover => recover::main(context, &rotate.id),
        BondAction::Rotate(rotate) => {
            let (id, guard) = (&rotate.id, &rotate.guard);
            write::main(context, Action::Rotate, id, guard, Some(rotate)).await
        }
        BondAction::Pulse { id, guard } => {
            write::main(context, Action::Pulse, id, guard, None).await
        }
        BondAction::Disconnect { id, guard } => {
            write::main(context, Action::Disconnect, id, guard, None).await
        }
    }
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
