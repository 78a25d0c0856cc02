//! `duckops bond`: the agents' bonds, and the three writes to them.

mod about;
mod guard;
mod recover;
mod sent;
mod told;
mod write;

use super::Context;
use super::args::BondAction;
use super::fail::Failure;
use crate::act::bond::Action;
use write::Order;

pub(super) async fn main(context: &Context, action: &BondAction) -> Result<u8, Failure> {
    match action {
        BondAction::Rotate(rotate) if rotate.recover => recover::main(context, &rotate.id),
        BondAction::Rotate(rotate) => {
            let order = Order::of(Action::Rotate, &rotate.id, &rotate.guard, Some(rotate))?;
            write::main(context, &order).await
        }
        BondAction::Pulse { id, guard } => {
            write::main(context, &Order::of(Action::Pulse, id, guard, None)?).await
        }
        BondAction::Disconnect { id, guard } => {
            write::main(context, &Order::of(Action::Disconnect, id, guard, None)?).await
        }
    }
}
