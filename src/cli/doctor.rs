//! `duckops doctor`: can this machine, as this identity, ask everything that a triage asks?

use super::fail::Failure;
use super::{Context, args, checklist};
use crate::engine::doctor;
use crate::exit;
use crate::report::json::DocumentKind;
use crate::report::model::Verdict;
use serde_json::json;

pub(super) async fn main(context: &Context, args: &args::DoctorArgs) -> Result<u8, Failure> {
    let settings = &context.settings;
    if args.policy {
        let policy = doctor::policy(settings, args.writes);
        let document = serde_json::from_str::<serde_json::Value>(&policy).ok();
        return Ok(context.out.document(
            DocumentKind::DoctorPolicy,
            Verdict::Ok,
            exit::OK,
            "the IAM policy that duckops needs",
            &policy,
            &json!({ "policy": document }),
        ));
    }
    let checks = doctor::checks(settings, &context.env, &context.library, context.run()?).await;
    Ok(checklist::print(context, DocumentKind::Doctor, &checks))
}
