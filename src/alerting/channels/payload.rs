//! A message in the words of each kind of channel.
//!
//! Whatever a name or a log line says, it calls nobody, forges no link and ends no line.
//! Each carries the keys by which the other side can tell a repetition: the message's own,
//! and the incident's.

use crate::alerting::{Message, MessageKind};
use crate::fact::instant;
use crate::stack::Secret;
use crate::text::Printable;
use crate::webhook::sign;
use serde_json::json;

/// What is sent over HTTP.
pub(super) struct ChannelPayload {
    pub(super) body: Vec<u8>,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl ChannelPayload {
    /// Nothing but the request itself.
    pub(super) fn empty() -> Self {
        Self {
            body: Vec::new(),
            headers: Vec::new(),
        }
    }

    fn of(message: &Message, body: &serde_json::Value) -> Self {
        Self {
            body: body.to_string().into_bytes(),
            headers: vec![
                ("idempotency-key", message.id.clone()),
                ("x-duckops-incident", header(&message.incident)),
            ],
        }
    }
}

/// A header holds printable ASCII only.
fn header(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_graphic() { c } else { '?' };
    text.chars().map(plain).collect()
}

/// Plain lines, for a program or a mail.
pub fn text(message: &Message) -> String {
    lines(message, &|text| Printable::from(text).to_string())
}

/// `{"text": …}` with the three characters that mean something to Slack written out.
pub(super) fn slack(message: &Message) -> ChannelPayload {
    let inert = |text: &str| {
        let text = Printable::from(text).to_string();
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            // Some workspaces link a bare name by themselves.
            .replace('@', "@ ")
    };
    ChannelPayload::of(message, &json!({ "text": lines(message, &inert) }))
}

/// An event of PagerDuty's Events API, version 2. Everything of one incident has one key,
/// so that a repetition is no second incident there.
pub(super) fn pagerduty(message: &Message, key: &Secret) -> ChannelPayload {
    let severity = match message.verdict.as_str() {
        "critical" => "critical",
        "unknown" => "error",
        "warning" => "warning",
        _ => "info",
    };
    let action = match message.kind {
        MessageKind::Trigger | MessageKind::Update | MessageKind::Escalate => "trigger",
        MessageKind::Resolve => "resolve",
    };
    // A call must not vanish in the alert that is open already.
    let dedup_key = match message.kind {
        MessageKind::Escalate => format!("{}:escalation", message.incident),
        MessageKind::Trigger | MessageKind::Update | MessageKind::Resolve => {
            message.incident.clone()
        }
    };
    let summary: String = headline(message).chars().take(1_000).collect();
    let body = json!({
        "routing_key": key.expose(),
        "event_action": action,
        "dedup_key": dedup_key,
        "client": "duckops",
        "payload": {
            "summary": summary,
            "source": message.stack,
            "severity": severity,
            "timestamp": instant(message.at.div_euclid(1_000)),
            "component": message.runbook,
            "class": message.title,
            "custom_details": {
                "message_id": message.id,
                "next_action": message.next,
                "escalation": message.escalate,
                "brief": message.brief,
                "host": message.host,
            },
        },
    });
    ChannelPayload::of(message, &body)
}

/// Everything, as JSON; signed over the raw bytes where there is a secret.
pub(super) fn webhook(message: &Message, secret: Option<&Secret>) -> ChannelPayload {
    let body = json!({
        "format_version": "1.0",
        "id": message.id,
        "kind": message.kind.word(),
        "incident": message.incident,
        "stack": message.stack,
        "runbook": message.runbook,
        "title": message.title,
        "severity": message.severity,
        "verdict": message.verdict,
        "summary": message.summary,
        "next_action": message.next,
        "escalation": message.escalate,
        "brief": message.brief,
        "at": instant(message.at.div_euclid(1_000)),
        "host": message.host,
    });
    let mut payload = ChannelPayload::of(message, &body);
    if let Some(secret) = secret {
        let signature = sign(secret.expose(), &payload.body);
        payload.headers.push(("x-duckops-signature", signature));
    }
    payload
}

/// What happened, in one line.
fn headline(message: &Message) -> String {
    let word = match message.kind {
        MessageKind::Resolve => "RESOLVED".to_owned(),
        MessageKind::Trigger | MessageKind::Update => message.verdict.to_ascii_uppercase(),
        MessageKind::Escalate => format!("ESCALATION {}", message.verdict.to_ascii_uppercase()),
    };
    // Messages that an earlier version queued have a summary without the title.
    let finding = match message.summary.starts_with(&message.title) {
        true => message.summary.clone(),
        false => format!("{}: {}", message.title, message.summary),
    };
    format!(
        "{word} {} {} {finding} ({})",
        message.stack,
        message.runbook.to_ascii_uppercase(),
        message.severity,
    )
}

fn lines(message: &Message, inert: &dyn Fn(&str) -> String) -> String {
    let mut lines = vec![inert(&headline(message))];
    if let Some(next) = &message.next {
        lines.push(format!("Next: {}", inert(next)));
    }
    if let Some(escalate) = &message.escalate {
        lines.push(format!("Escalate: {}", inert(escalate)));
    }
    if let Some(brief) = &message.brief {
        lines.push(format!("Asked: {}", inert(&brief.asked)));
        lines.push(format!("Since: {}", inert(&brief.since)));
        for (name, found) in [("Seen", &brief.seen), ("Tried", &brief.tried)] {
            lines.push(format!("{name}:"));
            lines.extend(found.iter().map(|line| format!("- {}", inert(line))));
        }
        lines.push(format!("Called by: {}", inert(&brief.by)));
    }
    lines.push(format!(
        "{} by {}, {}",
        instant(message.at.div_euclid(1_000)),
        inert(&message.host),
        inert(&message.incident)
    ));
    lines.push(format!("Message {}", inert(&message.id)));
    lines.join("\n") + "\n"
}
