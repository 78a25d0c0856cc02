//! The stack's own API: the status document and the audit feed.

use super::wire::{OperationResult, RequestContext, ResponseBody};
use hyper::body::Bytes;
use serde::Deserialize;
use serde_json::json;

/// `GET /beak/system/status`
pub(super) fn status(context: &RequestContext<'_>) -> OperationResult {
    let body = ResponseBody::Json(context.world.status.clone());
    OperationResult::new(format!("GET {}", context.request.path), Ok(body))
}

/// What may be asked of the feed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuditInput {
    limit: Option<usize>,
}

/// `POST /beak/audit`
pub(super) fn audit(context: &RequestContext<'_>) -> OperationResult {
    let outcome = context.input().map(|question| feed(context, &question));
    OperationResult::new(format!("POST {}", context.request.path), outcome)
}

fn feed(context: &RequestContext<'_>, question: &AuditInput) -> ResponseBody {
    let world = context.world;
    if let Some(body) = &world.audit_body {
        return ResponseBody::Bytes(Bytes::clone(body));
    }
    let shown = question.limit.unwrap_or(usize::MAX).min(world.audit.len());
    ResponseBody::Json(json!({"entries": world.audit[..shown]}))
}
