//! The messages of the outbox: what each channel is sent about an incident.

use super::check_run::{AlertChannel, CheckRun};
use super::stored::{CLOCK_TOLERANCE, millis, millis_of};
use crate::fact;
use crate::report::model::{self, Verdict};
use crate::report::suggested::for_others;
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
    /// An operator escalates it.
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
    /// The deduplication key: from stack and runbook, and the bond or request that the incident is
    /// about. The same with and without state. Messages of earlier versions have none.
    #[serde(default)]
    pub dedup_key: String,
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
    /// The command alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Where the runbook can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook_url: Option<String>,
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
    /// When the last attempt was. A clock that shows less than that was put back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tried: Option<i64>,
    /// Whether it is proven that the channel never had it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) is_unheard: bool,
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
            let command = next.command.as_ref();
            match command.map(|command| for_others(command.as_str(), check.stack)) {
                Some(command) => format!("{}: {command}", next.text),
                None => next.text.to_string(),
            }
        });
        let escalate = runbook.escalation.as_ref().map(|call| {
            let due = call.due.map(fact::utc);
            let due = due.map_or("now".to_owned(), |due| format!("by {due}"));
            format!("{} {} {due}", call.to, call.priority)
        });
        let is_open = kind != MessageKind::Resolve;
        let command = runbook.next_action.as_ref();
        let command = command.and_then(|next| next.command.as_ref());
        let command = command.map(|command| for_others(command.as_str(), check.stack));
        let url = check.runbook_url;
        let key = format!("duckops:{}:{}", check.stack, runbook.id);
        let id = match check.has_state {
            true => format!("{}-{}-{}", check.id, runbook.id, channel.name),
            // Every run of a day makes the same one.
            false => format!(
                "{key}:{}:{}:{}:{}",
                check.at.date(),
                kind.word(),
                settled.word(),
                channel.name
            ),
        };
        Self {
            id,
            channel: channel.name.clone(),
            kind,
            incident: match check.has_state {
                true => format!("{key}:{incident}"),
                false => key.clone(),
            },
            dedup_key: key,
            stack: check.stack.to_owned(),
            runbook: runbook.id.to_string(),
            title: runbook.title.to_string(),
            severity: match (&runbook.escalation, kind) {
                // A phone shows the first line: whoever is paged is paged at what is due.
                (Some(call), MessageKind::Escalate) => call.priority.to_string(),
                _ => runbook.severity.to_string(),
            },
            verdict: settled.word().to_owned(),
            summary: runbook.summary.to_string(),
            // An escalation asks for something else.
            next: next.filter(|_| is_open && kind != MessageKind::Escalate),
            command: command.filter(|_| is_open && kind != MessageKind::Escalate),
            runbook_url: url.map(|url| url.replace("{runbook}", runbook.id.as_str())),
            escalate: escalate.filter(|_| is_open),
            at: millis(check.at),
            host: check.host.to_owned(),
            brief: None,
            attempts: 0,
            tried: None,
            is_unheard: false,
            due: millis(check.at),
            claim: None,
        }
    }
}

impl Message {
    /// Makes the key that of one bond or request.
    pub(super) fn set_subject(&mut self, subject: Option<&str>) {
        if let Some(subject) = subject {
            self.dedup_key = format!("{}:{subject}", self.dedup_key);
        }
    }

    /// The deduplication key for the receiver.
    pub fn dedup_key(&self) -> &str {
        match self.dedup_key.is_empty() {
            true => &self.incident,
            false => &self.dedup_key,
        }
    }

    /// Whether it may be tried at this time, in milliseconds since 1970.
    pub(super) fn is_due(&self, now: i64) -> bool {
        // What was never tried is due when it is written.
        let last = self.tried.unwrap_or(self.due);
        let was_put_back = last > now.saturating_add(millis_of(CLOCK_TOLERANCE));
        self.due <= now || was_put_back
    }

    /// Whether another run is at it. A claim that would last longer than any does was made by a
    /// clock that was ahead.
    pub(super) fn is_claimed(&self, now: i64, run: &str) -> bool {
        let longest = now.saturating_add(2 * millis_of(LEASE));
        let claim = self.claim.as_ref();
        claim.is_some_and(|claim| claim.until > now && claim.until <= longest && claim.by != run)
    }

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
    message.set_subject(subject(runbook).as_deref());
    message
}

/// The bond or request that a runbook about many is about: the one that its next action shows.
pub(super) fn subject(runbook: &model::RunbookReport) -> Option<String> {
    let id = runbook.id.as_str();
    let command = runbook.next_action.as_ref()?.command.as_ref()?.as_str();
    let mut words = command.split(' ');
    let names = words.next() == Some("duckops") && words.next() == Some(id);
    let (verb, subject) = (words.next()?, words.next()?);
    (names && verb == "show" && !subject.starts_with('-')).then(|| subject.to_owned())
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over references"
)]
fn is_false(flag: &bool) -> bool {
    !*flag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn what_a_runbook_about_many_is_about_is_what_its_next_action_shows() {
        for (command, due) in [
            (
                "duckops bond show AAAA000000000001",
                Some("AAAA000000000001"),
            ),
            (
                "duckops bond show AAAA000000000001 --stack x",
                Some("AAAA000000000001"),
            ),
            ("duckops bond list AAAA000000000001", None),
            ("duckops bond show --all", None),
            ("duckops peck show peck-0001", None),
            ("other bond show AAAA000000000001", None),
            ("duckops bond show", None),
        ] {
            let mut runbook = sample::one_bad_runbook().runbooks.remove(0);
            runbook.id = "bond".into();
            runbook.next_action = Some(model::NextAction {
                text: "Look at it".into(),
                command: Some(command.into()),
            });
            assert_eq!(subject(&runbook).as_deref(), due, "{command}");
        }
    }
}
