//! Whether an escalation is due at all, before anybody consents to it.

use super::draft::PreparedEscalation;
use super::outcome::{EscalationOutcome, record};
use super::situation::Situation;
use crate::alerting::EscalationRecord;
use crate::alerting::delivery::Channels;
use crate::exit;
use crate::fact::{duration, instant};
use crate::report::model::Verdict;
use crate::stack::{Environment, Stack, env_overrides};
use crate::text::Printable;

/// How an escalation was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct EscalationOptions {
    /// Send it although it was sent already.
    pub again: bool,
    /// Show the message and send nothing.
    pub dry_run: bool,
    /// Send it although the verdict comes from another address than the stack's.
    pub endpoint_override: bool,
}

/// What comes after the preflight.
#[derive(Debug)]
pub enum Preflight {
    /// Nothing is to be sent; this is the outcome.
    Done(EscalationOutcome),
    /// It waits for consent; these are the cautions so far.
    AskConsent(EscalationOutcome),
}

/// Decides whether there is something to consent to.
pub fn preflight(
    escalation: &PreparedEscalation<'_>,
    channels: &Channels,
    options: EscalationOptions,
    other_address: Option<String>,
) -> Preflight {
    let situation = escalation.situation;
    let id = situation.runbook().id.as_str();
    if let Some(outcome) = not_due(situation) {
        return Preflight::Done(outcome);
    }
    let mut outcome = EscalationOutcome {
        cautions: situation.cautions.clone(),
        ..EscalationOutcome::default()
    };
    let names = escalation.channel_names();
    let is_chosen = |line: &&Printable| {
        let mut names = names.iter();
        names.any(|name| line.as_str().starts_with(&format!("channel {name} ")))
    };
    let complaints = channels.complaints("cannot be used");
    let complaints = complaints.iter().filter(is_chosen);
    outcome.cautions.extend(complaints.map(ToString::to_string));
    let state = &situation.state;
    let (since, now) = (situation.since(), situation.now());
    let earlier = state.standing_escalation(id, since, now);
    if let (None, Some(dead)) = (earlier, state.escalated(id, since)) {
        let caution = format!("taken over: {}", describe(dead, situation));
        outcome.cautions.push(caution);
    }
    if let (Some(earlier), false) = (
        earlier,
        names.is_empty() || options.again || options.dry_run,
    ) {
        return Preflight::Done(already_sent(earlier, situation, outcome));
    }
    if names.is_empty() || options.dry_run {
        let earlier = earlier.map(|earlier| describe(earlier, situation));
        outcome.cautions.extend(earlier);
    }
    if names.is_empty() {
        let none = match channels.configured.is_empty() {
            true => "no channel is configured",
            false => "no channel is for this incident",
        };
        let contact = contact(situation);
        let (word, what) = match options.dry_run {
            true => (
                "dry-run",
                format!("the message would be printed for {contact}"),
            ),
            false => ("printed", format!("paste this message to {contact} now")),
        };
        return Preflight::Done(EscalationOutcome {
            code: exit::OK,
            word,
            summary: format!("{none}: {what}"),
            next: Some(record(id)),
            ..outcome
        });
    }
    if options.dry_run {
        let names = names.join(", ");
        return Preflight::Done(EscalationOutcome {
            code: exit::OK,
            word: "dry-run",
            summary: format!("goes to {names}; nothing was sent"),
            ..outcome
        });
    }
    match other_address {
        Some(why) if !options.endpoint_override => Preflight::Done(EscalationOutcome {
            code: exit::WARNING,
            word: "refused",
            summary: format!("{why}; nothing was sent"),
            next: Some(("Unset it, or add --endpoint-override".to_owned(), None)),
            ..outcome
        }),
        _ => Preflight::AskConsent(outcome),
    }
}

/// The outcome where the runbook asks for no escalation, or another one explains it.
fn not_due(situation: &Situation) -> Option<EscalationOutcome> {
    let runbook = situation.runbook();
    if runbook.escalation.is_some() {
        return None;
    }
    let name = runbook.id.as_str().to_uppercase();
    let refused = |summary: String, next| EscalationOutcome {
        code: exit::WARNING,
        word: "not-due",
        summary,
        next: Some(next),
        ..EscalationOutcome::default()
    };
    let about_cause = |cause: &Printable| {
        let text = format!(
            "Escalate {}, which explains it",
            cause.as_str().to_uppercase()
        );
        (text, Some(format!("duckops escalate {cause}")))
    };
    Some(match (&runbook.blocked_by, &situation.report.root_cause) {
        (Some(cause), _) | (None, Some(cause)) if *cause != runbook.id => {
            let is = match runbook.verdict {
                Verdict::Unknown => "not judged: caused",
                _ => "caused",
            };
            let by = cause.as_str().to_uppercase();
            let text = format!("{name} {is} by {by}; nothing was sent");
            refused(text, about_cause(cause))
        }
        _ => refused(
            match runbook.verdict {
                Verdict::Unknown => format!(
                    "{name} could not be judged, so whether one is due is not known: {}; nothing was sent",
                    runbook.summary
                ),
                verdict => format!(
                    "{name} is {}, no escalation is due: {}; nothing was sent",
                    verdict.word(),
                    runbook.summary
                ),
            },
            match runbook.verdict {
                Verdict::Ok => ("No action needed".to_owned(), None),
                _ => (
                    "Show the steps".to_owned(),
                    Some(format!("duckops triage {}", runbook.id)),
                ),
            },
        ),
    })
}

/// Why the verdict may not be the stack's: the flag or variable that names another address.
pub fn other_address(stack: &Stack, env: &Environment) -> Option<String> {
    let aws = || {
        let others = env_overrides::other_aws_addresses(env, stack);
        others.into_iter().next().map(|one| one.name)
    };
    let name = stack.other_api_address().or_else(aws)?;
    Some(format!(
        "{name} is set, so this run did not reach the stack"
    ))
}

/// Whom the runbook escalates to.
fn contact(situation: &Situation) -> Printable {
    let escalation = situation.runbook().escalation.as_ref();
    escalation.map_or_else(|| "the on-call contact".into(), |due| due.to.clone())
}

/// An earlier escalation in one sentence.
fn describe(earlier: &EscalationRecord, situation: &Situation) -> String {
    let started = situation.report.started_at.unix_timestamp();
    let at = earlier.at().unix_timestamp();
    let age = match started - at {
        ..=0 => "now,".to_owned(),
        age => format!("{} ago,", duration(age)),
    };
    let runbook = situation.runbook().id.as_str();
    let delivery = situation.state.delivery(runbook, earlier);
    let by = match earlier.by.as_str() {
        "not known" => String::new(),
        by => format!(" by {}", Printable::from(by)),
    };
    format!(
        "paged {age} at {},{by} from {}, {delivery}",
        instant(at),
        Printable::from(earlier.host.as_str()),
    )
}

/// The outcome where another operator was faster.
pub(super) fn already_sent(
    earlier: &EscalationRecord,
    situation: &Situation,
    outcome: EscalationOutcome,
) -> EscalationOutcome {
    let runbook = situation.runbook().id.as_str();
    EscalationOutcome {
        code: exit::CONFLICT,
        word: "already",
        summary: format!("{}; nothing was sent now", describe(earlier, situation)),
        next: Some(match situation.state.is_waiting(runbook) {
            true => (
                "Send what waits; it is tried again by each check".to_owned(),
                Some("duckops check --notify".to_owned()),
            ),
            false => (
                "Contact the sender; page again only without an answer".to_owned(),
                Some(format!("duckops escalate {runbook} --again")),
            ),
        }),
        ..outcome
    }
}
