//! `duckops escalate RUNBOOK`: a message with everything that whoever is called wants to know,
//! sent once through the configured channels, after consent; without a channel, to be pasted.

mod brief;
mod call;
mod learn;
mod told;

use super::delivery::Channels;
use super::fail::Failure;
use super::prompt::{self, Words};
use super::{Context, args, out};
use crate::alerting::{Channel, Escalated};
use crate::exit;
use crate::fact::{duration, instant};
use crate::report::model::Verdict;
use crate::stack::Origin;
use crate::stack::env_overrides;
use crate::text::Printable;
use crate::write::consent::Consent;
use call::Call;
use learn::Learned;
use told::Told;

pub(super) async fn main(context: &Context, args: &args::Escalate) -> Result<u8, Failure> {
    let channels = Channels::open(context);
    let chosen = chosen(&channels, &args.channel)?;
    let learned = learn::learn(context, args).await?;
    let call = Call::of(&learned, chosen);
    call::close(context, &learned);
    let told = decide(context, args, &learned, &call, &channels).await;
    Ok(told.print(context, &learned, &call))
}

/// The channels that are named, or all.
fn chosen(channels: &Channels, named: &[String]) -> Result<Vec<Channel>, Failure> {
    let known = |name: &String| channels.named.iter().find(|known| known.name == *name);
    if let Some(other) = named.iter().find(|name| known(name).is_none()) {
        let other = Printable::from(other.as_str());
        let all: Vec<_> = channels.named.iter().map(|c| c.name.as_str()).collect();
        let all = match all.is_empty() {
            true => "none".to_owned(),
            false => all.join(", "),
        };
        return Err(Failure::usage(format!(
            "--channel: there is no [notify.{other}] in the configuration file; there are: {all}"
        )));
    }
    let is_chosen = |channel: &&Channel| named.is_empty() || named.contains(&channel.name);
    Ok(channels.named.iter().filter(is_chosen).cloned().collect())
}

/// All the way from what was learned to what there is to say.
async fn decide(
    context: &Context,
    args: &args::Escalate,
    learned: &Learned,
    call: &Call<'_>,
    channels: &Channels,
) -> Told {
    let id = call.runbook.id.to_string();
    let record = Some(("Record it".to_owned(), Some(format!("duckops record {id}"))));
    if let Some(told) = uncalled_for(learned, call) {
        return told;
    }
    let mut told = Told {
        cautions: learned.cautions.clone(),
        ..Told::default()
    };
    let of_chosen = |line: &&Printable| {
        let mut names = call.channels.iter().map(|channel| &channel.name);
        names.any(|name| line.as_str().starts_with(&format!("channel {name} ")))
    };
    let complaints = channels.complaints("cannot be used");
    told.cautions
        .extend(complaints.iter().filter(of_chosen).map(ToString::to_string));
    let earlier = learned.state.escalated(&id, learned.since());
    if call.channels.is_empty() {
        told.cautions
            .extend(earlier.map(|earlier| said(earlier, learned)));
        return Told {
            code: exit::OK,
            outcome: "printed",
            summary: "no channel is configured, so nobody was called: paste the message".to_owned(),
            next: record,
            ..told
        };
    }
    if let (Some(earlier), false) = (earlier, args.again || args.dry_run) {
        return already(earlier, learned, told);
    }
    if args.dry_run {
        let names: Vec<_> = call.channels.iter().map(|c| c.name.as_str()).collect();
        told.cautions
            .extend(earlier.map(|earlier| said(earlier, learned)));
        return Told {
            code: exit::OK,
            outcome: "dry-run",
            summary: format!(
                "would be sent through {}; nobody was called",
                names.join(", ")
            ),
            ..told
        };
    }
    if let (Some(why), false) = (elsewhere(context), args.endpoint_override) {
        return Told {
            code: exit::WARNING,
            outcome: "refused",
            summary: format!("{why}; nobody was called"),
            next: Some((
                "Unset it, or say in words that you mean it: --endpoint-override".to_owned(),
                None,
            )),
            ..told
        };
    }
    let terms = call.terms();
    let words = ask(args, call, &told, &terms.typed).await;
    match Consent::from(&terms, words.answer()) {
        Ok(consent) => call::send(context, args, learned, call, channels, consent, told).await,
        Err(why) => Told {
            code: exit::NO_CONSENT,
            outcome: "no-consent",
            summary: format!("{why}; nobody was called"),
            next: Some((
                "Read the message; to have it sent, consent to it".to_owned(),
                Some(format!("duckops escalate {id} --confirm {}", terms.confirm)),
            )),
            ..told
        },
    }
}

/// Where nobody has to be called, or about something else.
fn uncalled_for(learned: &Learned, call: &Call<'_>) -> Option<Told> {
    let runbook = call.runbook;
    if runbook.escalation.is_some() {
        return None;
    }
    let name = runbook.id.as_str().to_uppercase();
    let refused = |summary: String, next| Told {
        code: exit::WARNING,
        outcome: "not-due",
        summary,
        next: Some(next),
        ..Told::default()
    };
    let of_cause = |cause: &Printable| {
        let text = format!(
            "Call about {}, which explains it",
            cause.as_str().to_uppercase()
        );
        (text, Some(format!("duckops escalate {cause}")))
    };
    let report = &learned.report;
    Some(match (&runbook.blocked_by, &report.root_cause) {
        (Some(cause), _) | (None, Some(cause)) if *cause != runbook.id => refused(
            format!(
                "{name} was not judged, because {} comes first; nobody was called",
                cause.as_str().to_uppercase()
            ),
            of_cause(cause),
        ),
        _ => refused(
            format!(
                "{name} is {}, and nothing of it calls for anybody: {} Nobody was called",
                runbook.verdict.word(),
                runbook.summary
            ),
            match runbook.verdict {
                Verdict::Ok => ("There is nothing to do".to_owned(), None),
                _ => (
                    "See what is to be done".to_owned(),
                    Some(format!("duckops triage {}", runbook.id)),
                ),
            },
        ),
    })
}

/// Whether the verdict comes from somewhere else than the stack, by which variable or flag.
fn elsewhere(context: &Context) -> Option<String> {
    let api = &context.settings.stack.api_url.origin;
    let api = (!matches!(api, Origin::BuiltIn | Origin::File(_))).then(|| api.to_string());
    let named = api.or_else(|| {
        env_overrides::endpoints(&context.env)
            .next()
            .map(|(name, _)| name.to_owned())
    });
    named.map(|name| {
        format!("{name} names another address than the stack's, so this may be no real incident")
    })
}

/// That somebody was called already, and what became of it.
fn said(earlier: &Escalated, learned: &Learned) -> String {
    let started = learned.report.started_at.unix_timestamp();
    let ago = (started - earlier.at().unix_timestamp()).max(0);
    let became = match earlier.delivered() {
        Some(_) => "and a channel took it",
        None => "and no channel took it yet",
    };
    format!(
        "escalated already {} ago, at {}, by {} on {}, {became}",
        duration(ago),
        instant(earlier.at().unix_timestamp()),
        Printable::from(earlier.by.as_str()),
        Printable::from(earlier.host.as_str()),
    )
}

fn already(earlier: &Escalated, learned: &Learned, told: Told) -> Told {
    Told {
        code: exit::CONFLICT,
        outcome: "already",
        summary: format!("{}; nobody was called now", said(earlier, learned)),
        next: Some((
            "Ask whoever called; to call once more, add --again".to_owned(),
            None,
        )),
        ..told
    }
}

async fn ask(args: &args::Escalate, call: &Call<'_>, told: &Told, typed: &str) -> Words {
    match &args.confirm {
        Some(words) => Words::Confirmed(words.clone()),
        None if prompt::can_ask() => {
            call.message().lines().for_each(out::warn);
            let cautions = told.cautions.iter();
            cautions.for_each(|caution| out::warn(&format!("caution:  {caution}")));
            let names: Vec<_> = call.channels.iter().map(|c| c.name.as_str()).collect();
            out::warn(&format!("It goes to: {}", names.join(", ")));
            prompt::ask(typed).await.map_or(Words::None, Words::Typed)
        }
        None => Words::None,
    }
}
