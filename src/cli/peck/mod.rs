//! `duckops peck`: the requests for a connection, and what to do in each state.

mod list;
mod show;

use super::args::PeckAction;
use super::fail::Failure;
use super::{Context, guide};
use crate::connections::Peck;
use crate::fact::instant;
use serde_json::{Value, json};

pub(super) async fn main(context: &Context, action: &PeckAction) -> Result<u8, Failure> {
    match action {
        PeckAction::List(watched) => list::main(context, watched).await,
        PeckAction::Show {
            id,
            handoff,
            watched,
        } => show::main(context, id, *handoff, watched).await,
        PeckAction::Guide { state } => guide::main(context, "peck", state.as_deref()),
    }
}

/// A request for programs; what is not known is null.
fn record(peck: &Peck, now: i64) -> Value {
    use crate::connections::EventKind;
    let time = |at: Option<i64>| at.map(instant);
    let name = |text: &Option<crate::text::Untrusted>| {
        text.as_ref().map(|text| text.printable(200).to_string())
    };
    json!({
        "peck_id": peck.id,
        "state": peck.state(now).word(),
        "uncertain": peck.uncertain,
        "list_says": peck.contradiction(now).map(crate::connections::PeckState::word),
        "requester": peck.requester,
        "requester_name": name(&peck.requester_name),
        "target": peck.target,
        "purpose": name(&peck.purpose),
        "asked_at": time(peck.begun()),
        "closes_at": time(peck.closes()),
        "left_s": (peck.state(now) == crate::connections::PeckState::Pending)
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
