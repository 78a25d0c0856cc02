//! `duckops alias rollback` and `promote`: checks, plan, consent, one request, what it came
//! to, and whether it helped.

use super::after::{Act, after};
use super::canary;
use super::gather::{Gathered, Wanted, gather};
use super::order::{Order, order};
use super::told::{Told, plan_lines};
use crate::cli::args::AliasAction;
use crate::cli::fail::Failure;
use crate::cli::prompt::{self, Words};
use crate::cli::{Context, journal, out};
use crate::exit;
use crate::fact::instant;
use crate::report::model::Verdict;
use crate::state_dir::journal::{Entry, Journal, Stage};
use crate::write::alias::plan::{Plan, Purpose};
use crate::write::alias::send::{Hands, NotBegun};
use crate::write::consent::Consent;
use serde_json::json;

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;
use ulid::Ulid;

/// A plan older than this is made anew.
const STALE: Duration = Duration::from_secs(600);

pub(super) async fn main(context: &Context, action: &AliasAction) -> Result<u8, Failure> {
    let order = order(action)?;
    if order.purpose == Purpose::Promotion && order.approval.is_none() {
        let told = Told {
            next: Some((
                format!(
                    "Get the approval of {}, then pass --approved-by NAME --approval-note TEXT",
                    context.settings.stack.escalation.value
                ),
                None,
            )),
            ..Told::nothing_sent(
                exit::NO_CONSENT,
                "no-consent",
                "a promotion needs approval by name and note",
            )
        };
        return Ok(told.print(context, None));
    }
    if let (Some(variable), false) = (overridden(context), order.guard.endpoint_override) {
        let summary = format!("{variable} sends AWS requests to another endpoint");
        let told = Told {
            next: Some((
                "Unset it, or say in words that you mean it: --endpoint-override".to_owned(),
                None,
            )),
            ..Told::nothing_sent(exit::WARNING, "refused", summary)
        };
        return Ok(told.print(context, None));
    }
    let journal = match journal::open(context) {
        Ok(journal) => journal,
        Err(failure) => {
            let why = failure
                .lines
                .first()
                .map(ToString::to_string)
                .unwrap_or_default();
            let told = Told {
                next: Some((
                    "Name a folder that can be written: --state-dir DIR".to_owned(),
                    None,
                )),
                ..Told::nothing_sent(exit::WARNING, "refused", why)
            };
            return Ok(told.print(context, None));
        }
    };
    let wanted = Wanted {
        purpose: Some(order.purpose),
        to: order.to,
        read: order.read,
        other_hosts: order.guard.endpoint_override,
        around: false,
    };
    let gathered = gather(context, &wanted).await?;
    close(&gathered, &journal);
    let told = decide(context, &order, &wanted, &gathered, &journal).await;
    Ok(told.print(context, Some(&gathered)))
}

/// Moves that somebody left without an outcome get the one that the alias shows now. If that
/// cannot be written, it stays open, and the next run says so again.
fn close(gathered: &Gathered, journal: &Journal) {
    let Ok(alias) = &gathered.seen.alias else {
        return;
    };
    let entries = gathered.past.open.iter().map(|open| {
        let (outcome, why) = open.found_later(alias);
        let known = (outcome == "in-force").then_some(&alias.revision);
        Entry {
            id: open.id.clone(),
            at: instant(gathered.clock.at().unix_timestamp()),
            action: open.command.clone(),
            stage: Stage::Outcome,
            stack: gathered.stack().key(),
            detail: json!({
                "outcome": outcome, "why": why, "found_later": true,
                "version": alias.version, "revision": known,
            }),
        }
    });
    let entries: Vec<_> = entries.collect();
    if !entries.is_empty() {
        let _ = journal.append(&entries);
    }
}

/// The variable that sends requests to Lambda or STS elsewhere, if one does.
fn overridden(context: &Context) -> Option<&str> {
    let set = |name: &&str| {
        context
            .env
            .get(*name)
            .is_some_and(|value| !value.is_empty())
    };
    let ignored = context
        .env
        .get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    [
        "AWS_ENDPOINT_URL_LAMBDA",
        "AWS_ENDPOINT_URL_STS",
        "AWS_ENDPOINT_URL",
    ]
    .into_iter()
    .find(|name| set(name) && !ignored)
}

/// All the way from what was learned to what there is to say.
async fn decide(
    context: &Context,
    order: &Order<'_>,
    wanted: &Wanted<'_>,
    gathered: &Gathered,
    journal: &Journal,
) -> Told {
    let candidates = candidates(gathered);
    let Some(target) = &gathered.target else {
        let assessment = gathered.answered.assessment.as_ref();
        let why = match assessment.map(|assessment| &assessment.last_known_good) {
            Ok(Ok(_)) => "no version is proven to be good".to_owned(),
            Ok(Err(unavailable)) | Err(unavailable) => format!(
                "the last known-good version cannot be told: {}",
                unavailable.detail
            ),
        };
        // A version by name would be refused too while nobody knows where the alias points.
        let next = match &gathered.seen.alias {
            Err(_) => (
                "Find out why the alias cannot be read".to_owned(),
                Some("duckops doctor".to_owned()),
            ),
            Ok(_) => (
                format!(
                    "Name one that you know to be good, from DEPLOY-LOG.md, or call {}",
                    context.settings.stack.escalation.value
                ),
                Some("duckops alias rollback --to VERSION".to_owned()),
            ),
        };
        return Told {
            candidates,
            next: Some(next),
            ..Told::nothing_sent(exit::WARNING, "refused", why)
        };
    };
    let mut told = gathered.checked(wanted, target, |_, checks| {
        let line = |check: &crate::write::alias::check::PreflightCheck| {
            let (id, summary) = (&check.step.id, &check.step.summary);
            match &check.step.next_action {
                Some(next) => format!("{id}: {summary} {}.", next.text),
                None => format!("{id}: {summary}"),
            }
        };
        let blocks =
            |check: &&crate::write::alias::check::PreflightCheck| check.blocks(order.purpose);
        let advises = |check: &&crate::write::alias::check::PreflightCheck| {
            order.purpose == Purpose::Rollback && check.advises_against()
        };
        let bad = checks
            .iter()
            .filter(|check| check.step.verdict() >= Verdict::Warning);
        let others = bad
            .clone()
            .filter(|check| !blocks(check) && !advises(check));
        Told {
            refusals: bad.clone().filter(blocks).map(line).collect(),
            advice: bad.clone().filter(advises).map(line).collect(),
            cautions: others.map(line).collect(),
            ..Told::default()
        }
    });
    if order.to.is_none() {
        told.candidates = candidates;
    }
    if !told.refusals.is_empty() {
        let many = told.refusals.len();
        let first = told.refusals[0].clone();
        let more = if many > 1 {
            format!(" (and {} more)", many - 1)
        } else {
            String::new()
        };
        return Told {
            refusals: told.refusals,
            advice: told.advice,
            cautions: told.cautions,
            candidates: told.candidates,
            ..Told::nothing_sent(exit::WARNING, "refused", format!("{first}{more}"))
        };
    }
    let plan = match plan(order, gathered, target) {
        Ok(plan) => match &order.canary {
            Some(canary) => canary::first(plan, canary),
            None => plan,
        },
        Err(why) => return Told::nothing_sent(exit::WARNING, "refused", why),
    };
    told.plan = Some(plan.clone());
    go(context, order, gathered, journal, &plan, told).await
}

fn candidates(gathered: &Gathered) -> Vec<String> {
    let assessment = gathered.answered.assessment.as_ref().ok();
    let all = assessment.into_iter().flat_map(|all| &all.candidates);
    all.map(|candidate| match &candidate.rejected_because {
        None => format!("version {}: good, {}", candidate.number, candidate.record),
        Some(against) => format!("version {}: {against}", candidate.number),
    })
    .collect()
}

fn plan(order: &Order<'_>, gathered: &Gathered, target: &str) -> Result<Plan, String> {
    // The checks have seen all of these.
    let seen = &gathered.seen;
    let alias = seen.alias.as_ref().map_err(|s| s.detail.to_string())?;
    let caller = seen.caller.as_ref().map_err(|s| s.detail.to_string())?;
    let configured = gathered
        .configured
        .as_ref()
        .map_err(|s| s.detail.to_string())?;
    let differences = match &seen.current {
        Ok(current) => current.differences(configured),
        Err(unavailable) => vec![format!("not known: {}", unavailable.detail)],
    };
    let stack = gathered.stack();
    Ok(Plan {
        id: Ulid::generate().to_string(),
        purpose: order.purpose,
        function: stack.function.value.clone(),
        alias: stack.alias.value.clone(),
        region: stack.region.value.clone(),
        caller: caller.clone(),
        host: seen.host.clone().unwrap_or_default(),
        from: alias.clone(),
        version: target.to_owned(),
        weights: BTreeMap::new(),
        to: target.to_owned(),
        differences,
        then: None,
        approval: order.approval.clone(),
    })
}

/// From the plan on: consent, and then the act.
async fn go(
    context: &Context,
    order: &Order<'_>,
    gathered: &Gathered,
    journal: &Journal,
    plan: &Plan,
    mut told: Told,
) -> Told {
    let terms = plan.terms();
    told.confirm = Some(terms.confirm.clone());
    if order.guard.dry_run {
        return Told {
            code: exit::OK,
            outcome: "dry-run",
            summary: format!(
                "would go from {} to {}; nothing was sent",
                plan.from.split(),
                plan.wanted()
            ),
            ..told
        };
    }
    let words = ask(order, plan, &told, &terms.typed).await;
    let consent = match Consent::from(&terms, words.answer()) {
        Ok(consent) => consent,
        Err(why) => {
            return Told {
                code: exit::NO_CONSENT,
                outcome: "no-consent",
                summary: format!("{why}; nothing was sent"),
                next: Some((
                    format!(
                        "Read the plan; to consent to it, add --confirm '{}'",
                        terms.confirm
                    ),
                    None,
                )),
                ..told
            };
        }
    };
    if gathered.clock.began.elapsed() > STALE {
        return Told {
            code: exit::WARNING,
            outcome: "refused",
            summary: "the plan is older than 10 minutes: make it anew; nothing was sent".to_owned(),
            ..told
        };
    }
    let act = Act {
        context,
        order,
        gathered,
        hands: Hands {
            stack: gathered.stack(),
            aws: &gathered.answered.probe_context.aws,
            journal,
            clock: gathered.clock,
        },
    };
    let begun = &context.sending.begun;
    let sending = || {
        begun.store(true, Ordering::SeqCst);
        let _ = context.sending.tells.set("duckops alias show".to_owned());
        // A terminal that goes away must not take the answer with it.
        use tokio::signal::unix::{SignalKind, signal};
        let _ = signal(SignalKind::hangup());
    };
    match act.hands.carry_out(consent, plan, sending).await {
        Err(why) => not_begun(context, &why, told),
        Ok(carried) if order.canary.is_some() => {
            canary::go_on(&act, plan, carried, &words, told).await
        }
        Ok(carried) => after(&act, plan, carried, told).await,
    }
}

async fn ask(order: &Order<'_>, plan: &Plan, told: &Told, typed: &str) -> Words {
    match &order.guard.confirm {
        Some(words) => Words::Confirmed(words.clone()),
        None if prompt::can_ask() => {
            plan_lines(plan).iter().for_each(|line| out::warn(line));
            for advice in &told.advice {
                out::warn(&format!("ADVISED AGAINST: {advice}"));
            }
            let cautions = told.cautions.iter();
            cautions.for_each(|caution| out::warn(&format!("caution:  {caution}")));
            prompt::ask(typed).await.map_or(Words::None, Words::Typed)
        }
        None => Words::None,
    }
}

fn not_begun(context: &Context, why: &NotBegun, told: Told) -> Told {
    context.sending.begun.store(false, Ordering::SeqCst);
    let next = match why {
        NotBegun::OtherPlan => "Read the plan as it is now, and consent to that",
        NotBegun::Journal(_) => "Name a folder that can be written: --state-dir DIR",
        NotBegun::Credentials(_) => "Log in: aws sso login",
    };
    Told {
        code: exit::WARNING,
        outcome: "refused",
        summary: format!("{why}; nothing was sent"),
        next: Some((next.to_owned(), None)),
        ..told
    }
}
