//! The messages of the outbox: what each channel is sent about an incident.

use super::check_run::{AlertChannel, CheckRun};
use super::stored::{millis, millis_of};
use crate::fact;
use crate::report::model::{self, Verdict};
use crate::text::Printable;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

/// How long a claim keeps other runs away from a message. A run must send well within it; the
/// messages of a host that died wait this long.
pub const LEASE: Duration = Duration::seconds(60);

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageKind {
    /// An incident began.
    Trigger,
    /// It became worse or better.
    Update,
    /// It is over.
    Resolve,
    /// Somebody escalates it.
    Escalate,
}

impl MessageKind {
    /// Its word in messages.
    pub fn word(self) -> &'static str {
        match self {
            MessageKind::Trigger => "trigger",
            MessageKind::Update => "update",
            MessageKind::Resolve => "resolve",
            MessageKind::Escalate => "escalate",
        }
    }
}

/// One message to one channel. Its texts are safe to print.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The same for every attempt to deliver it.
    pub id: String,
    /// The channel, by its name in the configuration.
    pub channel: String,
    /// What it is about.
    pub kind: MessageKind,
    /// The same for all messages of one incident.
    pub incident: String,
    /// The stack, by its name.
    pub stack: String,
    /// The runbook, by its id.
    pub runbook: String,
    /// Its title.
    pub title: String,
    /// `P0` or `P1`.
    pub severity: String,
    /// The verdict, as its word.
    pub verdict: String,
    /// What was found, in a sentence.
    pub summary: String,
    /// What to do, in words and as a command.
    pub next: Option<String>,
    /// To whom to escalate.
    pub escalate: Option<String>,
    /// When it was written, in milliseconds since 1970.
    pub at: i64,
    /// Which host wrote it.
    pub host: String,
    /// What the recipient needs; only an escalation has it.
    #[serde(default)]
    pub brief: Option<EscalationContext>,
    pub(super) attempts: u32,
    /// It is not sent before this.
    pub(super) due: i64,
    pub(super) claim: Option<SendClaim>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SendClaim {
    pub(super) by: String,
    pub(super) until: i64,
}

impl Message {
    pub(super) fn new(
        check: &CheckRun<'_>,
        channel: &AlertChannel,
        kind: MessageKind,
        incident: &str,
        settled: Verdict,
        runbook: &model::RunbookReport,
    ) -> Self {
        let next = runbook.next_action.as_ref().map(|next| {
            let command = next.command.as_ref().map(Printable::as_str);
            match command {
                Some(command) => format!("{}: {command}", next.text),
                None => next.text.to_string(),
            }
        });
        let escalate = runbook.escalation.as_ref().map(|call| {
            let due = call.due.map(|due| fact::instant(due.unix_timestamp()));
            let due = due.map_or("now".to_owned(), |due| format!("by {due}"));
            format!("{} {} {due}", call.to, call.priority)
        });
        let is_open = kind != MessageKind::Resolve;
        Self {
            id: format!("{}-{}-{}", check.id, runbook.id, channel.name),
            channel: channel.name.clone(),
            kind,
            incident: format!("duckops:{}:{}:{incident}", check.stack, runbook.id),
            stack: check.stack.to_owned(),
            runbook: runbook.id.to_string(),
            title: runbook.title.to_string(),
            severity: runbook.severity.to_string(),
            verdict: settled.word().to_owned(),
            summary: runbook.summary.to_string(),
            // An escalation asks for something else.
            next: next.filter(|_| is_open && kind != MessageKind::Escalate),
            escalate: escalate.filter(|_| is_open),
            at: millis(check.at),
            host: check.host.to_owned(),
            brief: None,
            attempts: 0,
            due: millis(check.at),
            claim: None,
        }
    }
}

impl Message {
    /// Keeps other runs away from it for [`LEASE`].
    pub(super) fn claim_for(&mut self, now: OffsetDateTime, run: &str) {
        self.claim = Some(SendClaim {
            by: run.to_owned(),
            until: millis(now).saturating_add(millis_of(LEASE)),
        });
    }
}

/// What the recipient of an escalation needs beside the verdict. Its texts are safe to print.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EscalationContext {
    /// Who escalates, and how that is known.
    pub by: String,
    /// The request.
    pub asked: String,
    /// Since when the runbook is bad.
    pub since: String,
    /// Findings, a line each.
    pub seen: Vec<String>,
    /// Actions taken so far, a line each.
    pub tried: Vec<String>,
}

/// The message of an escalation to one channel.
pub fn escalation_message(
    check: &CheckRun<'_>,
    channel: &AlertChannel,
    incident: &str,
    runbook: &model::RunbookReport,
    brief: &EscalationContext,
) -> Message {
    let verdict = runbook.verdict;
    let mut message = Message::new(
        check,
        channel,
        MessageKind::Escalate,
        incident,
        verdict,
        runbook,
    );
    message.brief = Some(brief.clone());
    message
}
