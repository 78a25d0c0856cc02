//! `duckops doctor`: can this machine, as this identity, ask everything that a triage asks?

use super::fail::Failure;
use super::{Context, args};
use crate::engine::doctor;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::report::{self, checklist};
use serde_json::{Value, json};

pub(super) async fn main(context: &Context, args: &args::DoctorArgs) -> Result<u8, Failure> {
    let settings = &context.settings;
    let document = if args.policy {
        let policy = doctor::policy(settings, args.writes);
        let extra = json!({ "policy": serde_json::from_str::<Value>(&policy).ok() });
        let summary = "the IAM policy that duckops needs";
        Document::ok(DocumentKind::DoctorPolicy, summary, policy, extra)
    } else {
        let run = context.run()?;
        let mut checks = doctor::checks(settings, &context.env, &context.library, run).await;
        checklist::keep_arguments(&mut checks, &settings.stack.arguments);
        let style = context.out.style;
        let kind = DocumentKind::Doctor;
        let mut document = checklist::document(kind, "doctor", &checks, None, style);
        if !context.out.explains {
            document.text = report::doctor::page(&checks, style);
        }
        document
    };
    Ok(context.out.document(&document))
}
