//! The payload of a message for each kind of channel.
//!
//! Names and log lines in it cannot mention people, forge links or end lines. Each payload carries
//! the keys by which the receiver recognises a repetition: the message's own, and the incident's.

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

/// The longest text of one block; Slack takes 3,000 characters.
const BLOCK: usize = 2_900;

/// `text` for notifications and for clients that know no blocks, and the same as blocks, in which
/// the next action is code that can be copied.
pub(super) fn slack(message: &Message) -> ChannelPayload {
    let mut blocks = vec![section(&format!("*{}*", inert(&headline(message))))];
    if let Some(next) = &message.next {
        let command = message.command.as_deref();
        let words = command.and_then(|command| next.strip_suffix(command)?.strip_suffix(": "));
        let words = inert(words.unwrap_or(next));
        blocks.push(section(&match command {
            // A backtick would end the code.
            Some(command) => format!("Next: {words}\n```{}```", code(command)),
            None => format!("Next: {words}"),
        }));
    }
    if let Some(escalate) = &message.escalate {
        blocks.push(section(&format!("Escalate: {}", inert(escalate))));
    }
    let brief = brief_lines(message, &inert);
    if !brief.is_empty() {
        blocks.push(section(&brief.join("\n")));
    }
    let mut context = origin_lines(message, &inert);
    context.extend(
        message
            .runbook_url
            .as_deref()
            .map(|url| format!("<{}>", link(url))),
    );
    let context = context.join("\n");
    blocks.push(json!({"type": "context", "elements": [{"type": "mrkdwn", "text": context}]}));
    let body = json!({ "text": lines(message, &inert), "blocks": blocks });
    ChannelPayload::of(message, &body)
}

fn section(text: &str) -> serde_json::Value {
    let text: String = text.chars().take(BLOCK).collect();
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text}})
}

/// Text with the characters that mean something to Slack written out.
fn inert(text: &str) -> String {
    escaped(text)
        // Some workspaces link a bare name by themselves.
        .replace('@', "@ ")
}

/// A command in a code block, where no name is a mention and the text can be pasted unchanged.
fn code(command: &str) -> String {
    escaped(command).replace('`', "'")
}

/// An address of the configuration between angle brackets.
fn link(url: &str) -> String {
    escaped(url).replace('|', "%7C")
}

fn escaped(text: &str) -> String {
    Printable::from(text).escaped()
}

/// PagerDuty refuses an event whose key has more characters.
const LONGEST_KEY: usize = 255;

/// An event of PagerDuty's Events API, version 2. Everything of one incident has one key, an
/// escalation too, so that a repetition is no second incident there and its end resolves all of it.
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
    let links = message.runbook_url.iter().map(|url| {
        let text = format!("Runbook {}", message.runbook.to_ascii_uppercase());
        json!({"href": url, "text": text})
    });
    let summary: String = headline(message).chars().take(1_000).collect();
    let dedup_key: String = message.dedup_key().chars().take(LONGEST_KEY).collect();
    let body = json!({
        "routing_key": key.expose(),
        "event_action": action,
        "dedup_key": dedup_key,
        "client": "duckops",
        "links": links.collect::<Vec<_>>(),
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
                "command": message.command,
                "incident": message.incident,
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
        "dedup_key": message.dedup_key(),
        "stack": message.stack,
        "runbook": message.runbook,
        "title": message.title,
        "severity": message.severity,
        "verdict": message.verdict,
        "summary": message.summary,
        "next_action": message.next,
        "command": message.command,
        "runbook_url": message.runbook_url,
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
        MessageKind::Escalate => message.severity.clone(),
    };
    // A finding names its subject itself; that of a message which an earlier version queued may not.
    let finding = match message.summary.contains(": ") {
        true => message.summary.clone(),
        false => format!("{}: {}", message.title, message.summary),
    };
    let runbook = message.runbook.to_ascii_uppercase();
    match message.kind {
        MessageKind::Escalate => format!("{word} {runbook} {finding}, {}", message.stack),
        _ => format!(
            "{word} {} {runbook} {finding} ({})",
            message.stack, message.severity
        ),
    }
}

fn lines(message: &Message, inert: &dyn Fn(&str) -> String) -> String {
    let mut lines = vec![inert(&headline(message))];
    if let Some(next) = &message.next {
        lines.push(format!("Next: {}", inert(next)));
    }
    if let Some(escalate) = &message.escalate {
        let label = match message.kind {
            MessageKind::Escalate => "To",
            _ => "Escalate",
        };
        lines.push(format!("{label}: {}", inert(escalate)));
    }
    lines.extend(brief_lines(message, inert));
    lines.extend(origin_lines(message, inert));
    lines.join("\n") + "\n"
}

/// What the recipient of an escalation needs.
fn brief_lines(message: &Message, inert: &dyn Fn(&str) -> String) -> Vec<String> {
    let Some(brief) = &message.brief else {
        return Vec::new();
    };
    let mut lines = vec![
        format!("Decision needed: {}", inert(&brief.asked)),
        format!("Since: {}", inert(&brief.since)),
    ];
    for (name, found) in [("Findings", &brief.seen), ("Changes", &brief.tried)] {
        lines.push(format!("{name}:"));
        let found = found.iter().filter(|line| !is_raw_fact(line));
        lines.extend(found.map(|line| format!("- {}", inert(line))));
    }
    if brief.by != "not known" {
        lines.push(format!("Sent by: {}", inert(&brief.by)));
    }
    lines
}

/// Whether a line begins with the path of a fact: those are for programs, which get them in the
/// document of the message.
fn is_raw_fact(line: &str) -> bool {
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    let path = first.trim_end_matches(':');
    let is_path = |text: &str| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.';
        text.contains('.') && text.chars().all(plain)
    };
    is_path(path) && (first.ends_with(':') || rest.starts_with("= "))
}

/// When and where it was written, and its keys.
fn origin_lines(message: &Message, inert: &dyn Fn(&str) -> String) -> Vec<String> {
    let origin = format!(
        "Sent from {}, {}, {}",
        inert(&message.host),
        instant(message.at.div_euclid(1_000)),
        inert(&message.incident)
    );
    vec![origin, format!("Message {}", inert(&message.id))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerting::{
        AlertChannel, CheckRun, Debounce, EscalationContext, escalation_message,
    };
    use crate::report::model::Verdict;
    use crate::report::sample;

    #[test]
    fn a_line_that_only_names_a_fact_is_told_from_words() {
        for (line, due) in [
            ("email.sent_24h: 190", true),
            ("email.sent_24h = 190", true),
            ("email.sent_24h at 190", false),
            ("Email.sent: 190", false),
            ("email: 190", false),
            ("190 of 200 mails", false),
        ] {
            assert_eq!(is_raw_fact(line), due, "{line}");
        }
    }

    /// The ids of bonds and requests come from outside.
    #[test]
    fn a_key_is_never_longer_than_pagerduty_takes() {
        let (report, channel) = (
            sample::one_bad_runbook(),
            AlertChannel::new("a", Verdict::Ok),
        );
        let check = CheckRun {
            at: report.started_at,
            id: "run",
            host: "a",
            debounce: Debounce::NONE,
            channels: &[],
            stack: "prod",
            has_state: true,
            runbook_url: None,
        };
        let context = EscalationContext::default();
        let mut message = escalation_message(&check, &channel, "x", &report.runbooks[0], &context);
        message.set_subject(Some(&"b".repeat(300)));
        let payload = pagerduty(&message, &Secret::known("k"));
        let event: serde_json::Value = serde_json::from_slice(&payload.body).expect("JSON");
        let key = event["dedup_key"].as_str().expect("a key");
        assert_eq!(key.len(), LONGEST_KEY);
        assert!(key.starts_with("duckops:prod:"), "{key}");
    }
}
