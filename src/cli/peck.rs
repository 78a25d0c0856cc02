//! `duckops peck`: the requests for a connection, and what to do in each state.

use super::args::PeckAction;
use super::connections::{View, show};
use super::fail::Failure;
use super::{Context, state_guide};
use crate::connections::{Connections, Only};
use crate::report::json::DocumentKind;
use crate::report::model::Report;
use crate::report::pecks;

pub(super) async fn main(context: &Context, action: &PeckAction) -> Result<u8, Failure> {
    match action {
        PeckAction::List(watched) => {
            let view = View {
                kind: DocumentKind::Pecks,
                runbook: "peck",
                only: None,
                json: &|all, _| pecks::list_json(all),
                next: &pecks::list_next,
                layout: &|all, report| pecks::list_page(all, report, context.out.style.width),
                alone: None,
            };
            show(context, watched, &view).await
        }
        PeckAction::Show {
            id,
            handoff,
            watched,
        } => {
            let handoff_text = |all: &Connections, report: &Report| {
                pecks::handoff_text(all, report.summary.as_str())
            };
            let view = View {
                kind: DocumentKind::Peck,
                runbook: "peck",
                only: Some(Only::Peck(id.clone())),
                json: &|all, report| pecks::page_json(all, id, report.summary.as_str()),
                next: &|_, _| None,
                layout: &|all, report| pecks::page_layout(all, id, report),
                alone: handoff.then_some(&handoff_text),
            };
            show(context, watched, &view).await
        }
        PeckAction::Guide { state } => state_guide::main(context, "peck", state.as_deref()),
    }
}
