//! `duckops peck`: the requests for a connection, and what to do in each state.

use super::args::PeckAction;
use super::connections::{View, show};
use super::fail::Failure;
use super::{Context, guide};
use crate::connections::Only;
use crate::report::json::DocumentKind;
use crate::report::pecks;

pub(super) async fn main(context: &Context, action: &PeckAction) -> Result<u8, Failure> {
    match action {
        PeckAction::List(watched) => {
            let view = View {
                kind: DocumentKind::Pecks,
                runbook: "peck",
                only: None,
                json: &|all, _| pecks::list_json(all),
                text: &|all, _| pecks::list_text(all, context.out.screen),
            };
            show(context, watched, &view).await
        }
        PeckAction::Show {
            id,
            handoff,
            watched,
        } => {
            let view = View {
                kind: DocumentKind::Peck,
                runbook: "peck",
                only: Some(Only::Peck(id.clone())),
                json: &|all, report| pecks::page_json(all, id, report.summary.as_str()),
                text: &|all, report| pecks::page_text(all, id, report.summary.as_str(), *handoff),
            };
            show(context, watched, &view).await
        }
        PeckAction::Guide { state } => guide::main(context, "peck", state.as_deref()),
    }
}
