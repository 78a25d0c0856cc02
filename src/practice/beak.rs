//! The stack's own API: the status document and the audit feed.

use super::wire::{Payload, Reply, RequestContext};
use hyper::body::Bytes;
use serde::Deserialize;
use serde_json::json;

/// `GET /beak/system/status`
pub(super) fn status(scenery: &RequestContext<'_>) -> Reply {
    let body = Payload::Json(scenery.world.status.clone());
    Reply::new(format!("GET {}", scenery.ask.path), Ok(body))
}

/// What may be asked of the feed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuditQuestion {
    limit: Option<usize>,
}

/// `POST /beak/audit`
pub(super) fn audit(scenery: &RequestContext<'_>) -> Reply {
    let outcome = scenery.input().map(|question| feed(scenery, &question));
    Reply::new(format!("POST {}", scenery.ask.path), outcome)
}

fn feed(scenery: &RequestContext<'_>, question: &AuditQuestion) -> Payload {
    let world = scenery.world;
    if let Some(body) = &world.audit_body {
        return Payload::Bytes(Bytes::clone(body));
    }
    let shown = question.limit.unwrap_or(usize::MAX).min(world.audit.len());
    Payload::Json(json!({"entries": world.audit[..shown]}))
}
