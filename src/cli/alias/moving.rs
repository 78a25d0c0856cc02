//! `duckops alias rollback` and `promote`.

use super::findings;
use super::order::order;
use crate::cli::Context;
use crate::cli::args::AliasAction;
use crate::cli::fail::Failure;
use crate::cli::prompt::{Terminal, print};
use crate::report::json::DocumentKind;
use crate::stack::env_overrides;
use crate::write::alias::move_alias::MoveAlias;
use crate::write::alias::request::refuse_early;
use crate::write::guarded::{WriteContext, open_state, perform};
use crate::write::report::WriteReport;

const KIND: DocumentKind = DocumentKind::AliasMove;
/// The variables that send requests to Lambda or STS to another endpoint.
const ENDPOINTS: [&str; 3] = [
    "AWS_ENDPOINT_URL_LAMBDA",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL",
];

pub(super) async fn main(context: &Context, action: &AliasAction) -> Result<u8, Failure> {
    let order = order(action)?;
    let overridden = env_overrides::other_aws_addresses(&context.env, &context.settings.stack);
    let overridden = overridden
        .iter()
        // What a file sets is refused with the account that it leads to.
        .filter(|one| one.name == one.variable)
        .find(|one| ENDPOINTS.contains(&one.variable.as_str()) && !order.guard.endpoint_override);
    let overridden = overridden.map(|one| one.name.as_str());
    let contact = &context.settings.stack.escalation.value;
    let end = |mut report: WriteReport, clock| {
        report.dry_run = order.guard.dry_run;
        Ok(print(context, KIND, &report, clock))
    };
    if let Err(refused) = refuse_early(&order.request, contact, overridden) {
        return end(*refused, None);
    }
    let state = context.settings.state_dir.as_ref();
    let (state, journal) = match open_state(state.map(|folder| folder.value.as_path())) {
        Ok(state) => state,
        Err(refused) => return end(*refused, None),
    };
    let findings = findings(context, order.read, &order.query).await?;
    let write_context = WriteContext {
        stack: findings.stack(),
        http: &findings.ask.http,
        aws: &findings.ask.aws,
        state,
        journal: &journal,
        clock: findings.clock,
        operator: &Terminal(context),
    };
    let write = MoveAlias {
        request: &order.request,
        query: &order.query,
        findings: &findings,
    };
    let mut report = perform(&write_context, &write, &order.request.confirmation).await;
    report.notes = findings.all_notes();
    end(report, Some(findings.clock))
}
