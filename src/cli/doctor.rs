//! `duckops doctor`: can this machine, as this identity, ask everything that a triage asks?

use super::fail::Failure;
use super::{Context, args};
use crate::engine::doctor;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::report::palette::Style;
use crate::report::{self, checklist};
use serde_json::{Value, json};

/// Columns of the checks with their values and origins.
const WIDE: usize = 140;

pub(super) async fn main(context: &Context, args: &args::DoctorArgs) -> Result<u8, Failure> {
    let settings = &context.settings;
    let document = if args.policy {
        let policy = doctor::policy(settings, args.writes);
        let extra = json!({ "policy": serde_json::from_str::<Value>(&policy).ok() });
        let summary = "the IAM policy that duckops needs";
        Document::ok(DocumentKind::DoctorPolicy, summary, policy, extra)
    } else {
        let run = context.run()?;
        let checks = doctor::checks(settings, &context.env, &context.library, run).await;
        let style = context.out.style;
        // An ARN or a path is copied from here: it stands on one line.
        let wide = Style {
            width: style.width.max(WIDE),
            ..style
        };
        let mut document = checklist::document(DocumentKind::Doctor, "doctor", &checks, None, wide);
        if !context.out.explains {
            document.text = report::doctor::page(&checks, style);
        }
        document
    };
    Ok(context.out.document(&document))
}
