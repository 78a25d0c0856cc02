//! `duckops bond`: the agents' bonds, and the three writes to them.

mod recover;
mod write;

use super::args::{BondAction, Lists};
use super::connections::{View, see, show};
use super::fail::Failure;
use super::{Context, state_guide};
use crate::connections::Only;
use crate::report::json::DocumentKind;
use crate::report::{bond_checklist, bond_page, bonds, checklist};
use crate::text::Untrusted;
use crate::write::bond::Action;

/// The kind of document that a write to a bond prints.
const WRITE: DocumentKind = DocumentKind::BondWrite;

pub(super) async fn main(context: &Context, action: &BondAction) -> Result<u8, Failure> {
    let screen = context.out.screen;
    match action {
        BondAction::List(watched) => {
            let view = View {
                kind: DocumentKind::Bonds,
                runbook: "bond",
                only: None,
                json: &|all, _| bonds::list_json(all),
                next: &bonds::list_next,
                layout: &|all, report| bonds::list_page(all, report, context.out.style.width),
                alone: None,
            };
            show(context, watched, &view).await
        }
        BondAction::Show { id, watched } => {
            let view = View {
                kind: DocumentKind::Bond,
                runbook: "bond",
                only: Some(Only::Bond(id.clone())),
                json: &|all, _| bond_page::page_json(all, id),
                next: &|_, _| None,
                layout: &|all, report| bond_page::page_layout(all, id, report, screen),
                alone: None,
            };
            show(context, watched, &view).await
        }
        BondAction::Verify { id, lists } => verify(context, id, lists).await,
        BondAction::Guide { stage } => state_guide::main(context, "bond", stage.as_deref()),
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

async fn verify(context: &Context, id: &str, lists: &Lists) -> Result<u8, Failure> {
    let only = Some(Only::Bond(id.to_owned()));
    let seen = see(context, "bond", lists, only).await?;
    let mut checks = bond_checklist::checks(&seen.connections, &seen.report.summary);
    checklist::keep_arguments(&mut checks, &context.settings.stack.arguments);
    let (kind, id) = (DocumentKind::BondVerify, Untrusted::new(id).printable(40));
    let document = checklist::document(kind, id.as_str(), &checks, None, context.out.style);
    Ok(context.out.document(&document))
}
