//! `duckops escalate RUNBOOK`: shows the message, asks for consent, prints the outcome.

use super::fail::Failure;
use super::format::Format;
use super::prompt;
use super::{Context, args, out};
use crate::alerting::AlertChannel;
use crate::alerting::delivery::Channels;
use crate::engine::escalation::{
    EscalationOptions, EscalationOutcome, EscalationRequest, Preflight, PreparedEscalation,
    Situation, close_abandoned, gather, other_address, preflight, send,
};
use crate::engine::journal;
use crate::engine::operator::operator;
use crate::exit;
use crate::fact::utc;
use crate::report::json::DocumentKind;
use crate::report::json::{self, Heading};
use crate::report::model::{NextAction, Report};
use crate::report::suggested::with_arguments;
use crate::report::words::{wrap_in, wrap_words};
use crate::state_dir::journal::Journal;
use crate::text::{Printable, quoted};
use crate::write::consent::{Consent, Reply};
use serde_json::json;
use std::sync::atomic::Ordering;

pub(super) async fn main(context: &Context, args: &args::EscalateArgs) -> Result<u8, Failure> {
    let channels = Channels::open(&context.settings.channels, &context.env);
    let chosen = chosen(&channels, &args.channel)?;
    let journal = journal::open(&context.settings).ok();
    let request = EscalationRequest {
        runbook: &args.runbook,
        operator: &operator(&context.env, args.operator.as_deref()),
        note: args.note.as_deref(),
        journal: journal.as_ref(),
        runbook_url: context.settings.runbook_url.as_deref(),
    };
    let mut situation = gather(&context.library, context.run()?, request).await?;
    let other_address = other_address(&context.settings.stack, &context.env);
    if let Some(why) = &other_address {
        situation.is_elsewhere(why);
    }
    let chosen = match args.channel.is_empty() {
        true => concerned(&mut situation, chosen),
        false => chosen,
    };
    let escalation = PreparedEscalation {
        situation: &situation,
        channels: chosen,
    };
    if let Some(journal) = &journal {
        close_abandoned(journal, &situation);
    }
    let options = EscalationOptions {
        again: args.again,
        dry_run: args.dry_run,
        endpoint_override: args.endpoint_override,
    };
    let outcome = match preflight(&escalation, &channels, options, other_address) {
        Preflight::Done(outcome) => outcome,
        Preflight::AskConsent(outcome) => {
            ask_and_send(
                context,
                args,
                &escalation,
                &channels,
                journal.as_ref(),
                outcome,
            )
            .await
        }
    };
    Ok(print(context, &escalation, &outcome))
}

/// The channels that are named, or all.
fn chosen(channels: &Channels, named: &[String]) -> Result<Vec<AlertChannel>, Failure> {
    let configured = &channels.configured;
    let is_known = |name: &&String| configured.iter().any(|known| known.name == **name);
    if let Some(other) = named.iter().find(|name| !is_known(name)) {
        let other = Printable::from(other.as_str());
        let all: Vec<_> = configured.iter().map(|c| c.name.as_str()).collect();
        let all = match all.is_empty() {
            true => "none".to_owned(),
            false => all.join(", "),
        };
        return Err(Failure::usage(format!(
            "--channel {other}: no [notify.{other}] in the configuration file\nchannels: {all}\nset one up: duckops init"
        )));
    }
    let is_chosen = |channel: &&AlertChannel| named.is_empty() || named.contains(&channel.name);
    Ok(configured.iter().filter(is_chosen).cloned().collect())
}

/// The channels for this incident; a channel that is named on the command line is always used.
fn concerned(situation: &mut Situation, channels: Vec<AlertChannel>) -> Vec<AlertChannel> {
    let is_for = |channel: &AlertChannel| channel.is_for(situation.runbook());
    let (told, others): (Vec<_>, Vec<_>) = channels.into_iter().partition(is_for);
    if !others.is_empty() {
        let names: Vec<_> = others.iter().map(|channel| channel.name.as_str()).collect();
        let names = names.join(", ");
        situation.cautions.push(format!(
            "not sent to {names} (`priority` or `for`); to send anyway: --channel NAME"
        ));
    }
    told
}

async fn ask_and_send(
    context: &Context,
    args: &args::EscalateArgs,
    escalation: &PreparedEscalation<'_>,
    channels: &Channels,
    journal: Option<&Journal>,
    outcome: EscalationOutcome,
) -> EscalationOutcome {
    let terms = escalation.terms();
    let words = ask(args, escalation, &outcome, &terms.typed).await;
    let consent = match Consent::from(&terms, words.text()) {
        Ok(consent) => consent,
        Err(why) => {
            let command = format!("{} --confirm {}", typed(args, escalation), terms.confirm);
            return EscalationOutcome {
                code: exit::NO_CONSENT,
                word: "no-consent",
                summary: format!("{why}; nothing was sent"),
                next: Some((
                    "Read the message, then confirm it".to_owned(),
                    Some(command),
                )),
                ..outcome
            };
        }
    };
    let on_send = || {
        let stack = &context.settings.stack;
        let tells = with_arguments("duckops journal", &stack.arguments);
        let _ = context.sending.tells.set(tells);
        context.sending.begun.store(true, Ordering::SeqCst);
    };
    send(
        escalation, channels, journal, consent, args.again, outcome, on_send,
    )
    .await
}

/// The command as it was typed: what is confirmed goes to the same channels with the same words.
fn typed(args: &args::EscalateArgs, escalation: &PreparedEscalation<'_>) -> String {
    let mut command = format!("duckops escalate {}", escalation.situation.runbook().id);
    let named = args.channel.iter().map(|name| ("--channel", name));
    let operator = args.operator.iter().map(|name| ("--operator", name));
    let note = args.note.iter().map(|note| ("--note", note));
    for (flag, value) in named.chain(operator).chain(note) {
        command.push_str(&format!(" {flag} {}", quoted(value)));
    }
    let flags = [
        (args.again, "--again"),
        (args.endpoint_override, "--endpoint-override"),
    ];
    for (_, flag) in flags.into_iter().filter(|(is_given, _)| *is_given) {
        command.push_str(&format!(" {flag}"));
    }
    command
}

async fn ask(
    args: &args::EscalateArgs,
    escalation: &PreparedEscalation<'_>,
    outcome: &EscalationOutcome,
    typed: &str,
) -> Reply {
    match &args.confirm {
        Some(words) => Reply::Confirmed(words.clone()),
        None if prompt::can_ask() => {
            escalation.message().lines().for_each(out::warn);
            for caution in &outcome.cautions {
                out::warn(&format!("warning   {caution}"));
            }
            let names = escalation.channel_names().join(", ");
            out::warn(&format!("Goes to: {names}"));
            prompt::ask(typed).await
        }
        None => Reply::Nothing,
    }
}

/// Prints the outcome; yields the exit code.
fn print(
    context: &Context,
    escalation: &PreparedEscalation<'_>,
    outcome: &EscalationOutcome,
) -> u8 {
    for warning in &outcome.warnings {
        out::warn(&format!("duckops: {warning}"));
    }
    let mut cautions: Vec<&String> = Vec::new();
    for caution in &outcome.cautions {
        if !cautions.contains(&caution) {
            cautions.push(caution);
        }
    }
    let text = match context.out.format {
        Format::Json => document(escalation, outcome, &cautions),
        _ => page(escalation, outcome, &cautions, context),
    };
    context.out.print(&text, outcome.code)
}

fn document(
    escalation: &PreparedEscalation<'_>,
    outcome: &EscalationOutcome,
    cautions: &[&String],
) -> String {
    let report = &escalation.situation.report;
    let runbook = escalation.situation.runbook();
    let due = runbook.escalation.as_ref();
    let heading = Heading {
        verdict: runbook.verdict,
        exit_code: outcome.code,
        summary: outcome.summary.as_str().into(),
        next_action: next_action(outcome, report),
        ..Heading::of(report)
    };
    let extra = json!({
        "runbook": runbook.id.as_str(),
        "outcome": outcome.word,
        "escalation": due.map(|due| json!({
            "to": due.to.as_str(),
            "priority": due.priority.as_str(),
            "due": due.due.map(utc),
            "reason": due.reason.as_str(),
        })),
        "message": due.map(|_| escalation.message()),
        "channels": outcome.channels.iter().map(|(name, accepted)| json!({
            "name": name, "delivered": accepted,
        })).collect::<Vec<_>>(),
        "recorded": outcome.recorded,
        "cautions": cautions,
        "user_notice": escalation.situation.notice.as_ref().map(Printable::as_str),
    });
    json::document(DocumentKind::Escalate, &heading, &extra, true)
}

fn page(
    escalation: &PreparedEscalation<'_>,
    outcome: &EscalationOutcome,
    cautions: &[&String],
    context: &Context,
) -> String {
    let mut answer = labelled(word(outcome.word).as_str(), &headline(outcome));
    if let Some(next) = next_action(outcome, &escalation.situation.report) {
        answer.push_str(&labelled("NEXT", next.text.as_str()));
        if let Some(command) = &next.command {
            answer.push_str(&format!("          {command}\n"));
        }
    }
    for caution in cautions {
        answer.push_str(&labelled("warning", caution));
    }
    if let Some(notice) = &escalation.situation.notice {
        // It is pasted as it stands.
        answer.push_str(&format!("FOR USERS {notice}\n"));
    }
    let close = match outcome.word {
        "printed" => "set up a channel: duckops init\n",
        _ => "",
    };
    // The operator who consented at the terminal has read the message.
    let is_shown = !matches!(
        outcome.word,
        "delivered" | "half-delivered" | "not-recorded" | "already"
    );
    if !is_shown || escalation.situation.runbook().escalation.is_none() {
        return answer + close;
    }
    let message = escalation.message();
    match context.out.screen.columns {
        // On a terminal the outcome is what stays in sight: it stands below.
        Some(columns) => {
            let id = &escalation.situation.runbook().id;
            let rows = ROWS.saturating_sub(answer.lines().chain(close.lines()).count());
            format!("{}\n{answer}{close}", fitted(&message, columns, rows, id))
        }
        // Through a pipe the message is pasted as it stands.
        None => format!("{answer}\n--- message ---\n{message}--- end ---\n{close}"),
    }
}

/// The rows of a small terminal without those of the prompt before and behind, and an empty one.
const ROWS: usize = 21;

/// A message whose lines fit a terminal. What has no room is named with the command that prints it.
fn fitted(message: &str, columns: usize, rows: usize, id: &Printable) -> String {
    let lines = message.lines().flat_map(|line| wrap_in(line, columns));
    let mut lines: Vec<_> = lines.collect();
    if lines.len() > rows {
        let more = lines.len() - rows.saturating_sub(1);
        lines.truncate(rows.saturating_sub(1));
        lines.push(format!(
            "and {more} more lines: duckops escalate {id} --dry-run | cat"
        ));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

/// The outcome as a person reads it.
fn word(outcome: &str) -> String {
    match outcome {
        "printed" | "no-consent" => "NOT SENT".to_owned(),
        word => word.to_uppercase().replace('-', " "),
    }
}

/// A label and a text, over as many lines as it takes.
fn labelled(label: &str, text: &str) -> String {
    let text = Printable::from(text);
    let parts = wrap_words(text.as_str(), 70);
    let parts = parts.iter().enumerate().map(|(at, part)| {
        let label = if at == 0 { label } else { "" };
        let gap = " ".repeat(10_usize.saturating_sub(label.len()).max(1));
        format!("{label}{gap}{part}\n")
    });
    parts.collect()
}

/// The outcome in one sentence. One that begins with the name of a channel keeps it as it is.
fn headline(outcome: &EscalationOutcome) -> String {
    let mut names = outcome.channels.iter().map(|(name, _)| name.as_str());
    match names.any(|name| outcome.summary.starts_with(name)) {
        true => outcome.summary.clone(),
        false => capitalised(&outcome.summary),
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

fn next_action(outcome: &EscalationOutcome, report: &Report) -> Option<NextAction> {
    let (text, command) = outcome.next.as_ref()?;
    let command = command.as_deref();
    Some(NextAction {
        text: text.as_str().into(),
        command: command.map(|command| with_arguments(command, &report.stack.arguments).into()),
    })
}
