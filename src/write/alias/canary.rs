//! A promotion in two moves: a small share first, the rest when that served well. One
//! consent covers both moves and the way back, because the plan names all three.

use super::canary_evaluation::{self, CanaryVerdict};
use super::conclude::{conclude, not_in_force, sent};
use super::outcome::MoveOutcome;
use super::plan::AliasPlan;
use super::request::Canary;
use super::update::{AliasUpdate, alias_now};
use crate::exit;
use crate::lambda::alias_target::AliasTarget;
use crate::lambda::reader::FunctionReader;
use crate::write::consent::{Consent, Reply};
use crate::write::guarded::{Applied, PreflightError, WriteContext, WritePlan, carry_out};
use crate::write::report::{WriteReport, next_action};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use ulid::Ulid;

/// How often the way back is tried while nothing of it is applied.
const RETURN_ATTEMPTS: u32 = 5;
/// The pause before it is tried again; it doubles each time.
const RETURN_PAUSE: Duration = Duration::from_secs(1);

/// How a bake ended; each with what the version has served.
enum BakeEnd {
    /// The version with the small share was judged; the alias as it stands then.
    Judged(CanaryVerdict, String, AliasTarget),
    /// The operator wants the command to end.
    Interrupted(String),
    /// The alias is no longer as the first move left it.
    Changed(AliasTarget),
}

/// The plan of the first move: a small share.
pub(super) fn first_move(plan: AliasPlan, canary: &Canary) -> AliasPlan {
    let (percent, bake) = (canary.percent, canary.bake.as_secs());
    let then = format!(
        "after {bake} s: all of it if that served well, back to {} if it fails, left as it is if too little came to tell",
        plan.from.version
    );
    AliasPlan {
        version: plan.from.version.clone(),
        weights: BTreeMap::from([(plan.to.clone(), percent * 100)]),
        then: Some(then),
        ..plan
    }
}

/// Why a canary may not be taken back: credentials that end before the bake does.
pub(super) fn caution(context: &WriteContext<'_>, canary: &Canary) -> Option<String> {
    let until = context.clock.at() + canary.bake;
    context
        .aws
        .may_expire_by(until)
        .map(|why| format!("the canary may not be taken back if it fails: {why}"))
}

/// What follows when the first move is in force; `bake` is how long the small share is
/// watched, `wait` how long the API is after the rest.
pub(super) async fn go_on(
    context: &WriteContext<'_>,
    plan: &AliasPlan,
    applied: Applied<MoveOutcome>,
    reply: &Reply,
    (bake, wait): (Duration, Duration),
    report: WriteReport,
) -> WriteReport {
    let MoveOutcome::InForce { alias, .. } = &applied.outcome else {
        return not_in_force(plan, &applied, report);
    };
    let mut report = sent(&applied, report);
    match watch(context, plan, alias, bake).await {
        BakeEnd::Judged(CanaryVerdict::Good, served, alias) => {
            let rest = next_move(plan, &alias, &plan.to);
            let served = format!("the canary served well: {served}");
            report.cautions.push(served);
            let report = report.planned(&rest);
            match again(context, &rest, reply).await {
                Ok(applied) => conclude(context, &rest, applied, wait, report).await,
                Err(why) => half_done(plan, report, &format!("the rest could not be sent: {why}")),
            }
        }
        BakeEnd::Judged(CanaryVerdict::Bad, served, alias) => {
            take_back(context, plan, alias, reply, &served, report).await
        }
        BakeEnd::Judged(_, served, _) => half_done(
            plan,
            report,
            &format!("not enough traffic to tell: {served}"),
        ),
        BakeEnd::Interrupted(served) => half_done(plan, report, &format!("interrupted: {served}")),
        BakeEnd::Changed(alias) => WriteReport {
            code: exit::CRITICAL,
            outcome: "overtaken",
            summary: format!(
                "another user changed the alias during the bake: {}",
                alias.split()
            ),
            next: next_action(
                "Look before you do anything else",
                Some("duckops alias show".to_owned()),
            ),
            ..report
        },
    }
}

/// The plan that follows the first move: the whole alias to this version.
fn next_move(plan: &AliasPlan, alias: &AliasTarget, version: &str) -> AliasPlan {
    AliasPlan {
        id: Ulid::generate().to_string(),
        from: alias.clone(),
        version: version.to_owned(),
        weights: BTreeMap::new(),
        then: None,
        ..plan.clone()
    }
}

/// The words that consented to the first plan consent to what it said would follow.
async fn again(
    context: &WriteContext<'_>,
    plan: &AliasPlan,
    reply: &Reply,
) -> Result<Applied<MoveOutcome>, PreflightError> {
    let consent = Consent::from(&plan.terms(), reply.text());
    let consent = consent.map_err(|_| PreflightError::PlanChanged)?;
    carry_out(context, &AliasUpdate, plan, consent).await
}

/// Takes all traffic from a version that fails. While the alias is proven to split the traffic as
/// the first move did, another attempt cannot undo anybody's change of it: each names the revision
/// that was read last.
async fn take_back(
    context: &WriteContext<'_>,
    plan: &AliasPlan,
    alias: AliasTarget,
    reply: &Reply,
    served: &str,
    report: WriteReport,
) -> WriteReport {
    let (mut report, mut alias) = (report, alias);
    let mut pause = RETURN_PAUSE;
    for attempt in 1.. {
        let back = next_move(plan, &alias, &plan.from.version);
        report = report.planned(&back);
        let is_last = attempt == RETURN_ATTEMPTS;
        let why = match again(context, &back, reply).await {
            Ok(applied) => match &applied.outcome {
                MoveOutcome::InForce { alias, .. } => {
                    let split = alias.split();
                    return WriteReport {
                        code: exit::CRITICAL,
                        outcome: "returned",
                        summary: format!("the canary failed ({served}); returned: {split}"),
                        next: next_action("Repair the code and publish it as a new version", None),
                        ..sent(&applied, report)
                    };
                }
                MoveOutcome::Unchanged { why } => why.clone(),
                MoveOutcome::Unclear {
                    why,
                    alias: Some(seen),
                } if seen.revision == alias.revision => why.clone(),
                // Only its description or the like was changed.
                MoveOutcome::Conflict { alias: seen } if plan.is_in_force(seen) => {
                    alias = seen.clone();
                    "the alias has another revision".to_owned()
                }
                _ => {
                    let failed = not_in_force(&back, &applied, report);
                    let summary = format!("the canary FAILS ({served}); {}", failed.summary);
                    return WriteReport { summary, ..failed };
                }
            },
            Err(why) => why.to_string(),
        };
        if is_last {
            let summary = format!("the canary FAILS ({served}) and was not taken back: {why}");
            return not_taken_back(plan, report, summary);
        }
        context.operator.progress(&format!(
            "the canary fails; not taken back yet ({why}), attempt {attempt} of {RETURN_ATTEMPTS}"
        ));
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    report
}

/// A version that fails still has its share: that is the first line.
fn not_taken_back(plan: &AliasPlan, report: WriteReport, summary: String) -> WriteReport {
    let (alias, from) = (&plan.alias, &plan.from.version);
    let undo = format!("duckops alias rollback --to {from} --confirm '{alias}@{from}->{from}'");
    WriteReport {
        next: next_action("Log in again and take it back now", Some(undo)),
        summary,
        ..half_done(plan, report, "the canary fails")
    }
}

fn half_done(plan: &AliasPlan, report: WriteReport, why: &str) -> WriteReport {
    let (from, to) = (&plan.from.version, &plan.to);
    WriteReport {
        code: exit::CRITICAL,
        outcome: "half-done",
        summary: format!("{}: the shift is half done; {why}", plan.wanted()),
        confirm: None,
        undo: Some(format!(
            "duckops alias rollback --to {from} --confirm '{}@{from}->{from}'",
            plan.alias
        )),
        next: next_action(
            "Go on with the rest, or return with the undo command",
            Some(format!(
                "duckops alias promote --to {to} --approved-by NAME --approval-note TEXT"
            )),
        ),
        ..report
    }
}

/// Watches the version with the small share until it can be judged.
async fn watch(
    context: &WriteContext<'_>,
    plan: &AliasPlan,
    alias: &AliasTarget,
    bake: Duration,
) -> BakeEnd {
    let began = Instant::now();
    let since = context.clock.at().unix_timestamp();
    let pause = (bake / 10).clamp(Duration::from_secs(1), Duration::from_secs(30));
    let mut alias = alias.clone();
    loop {
        let is_over = began.elapsed() >= bake;
        let deadline = Instant::now() + Duration::from_secs(8);
        let now = context.clock.at();
        let reader = FunctionReader::new(context.stack, context.aws, now, deadline);
        let served = canary_evaluation::since(&reader, &plan.to, since).await;
        let (judged, described) = match &served {
            Ok(served) => (
                canary_evaluation::judge(served, is_over),
                canary_evaluation::describe(served),
            ),
            Err(unavailable) => {
                let judged = match is_over {
                    true => CanaryVerdict::TooFewInvocations,
                    false => CanaryVerdict::StillBaking,
                };
                let why = format!("what it served is not known: {}", unavailable.detail);
                (judged, why)
            }
        };
        if let Ok(seen) = alias_now(context).await
            && seen.revision != alias.revision
        {
            match plan.is_in_force(&seen) {
                // Its description or the like was changed: the way back must name this revision.
                true => alias = seen,
                false => return BakeEnd::Changed(seen),
            }
        }
        if judged != CanaryVerdict::StillBaking {
            return BakeEnd::Judged(judged, described, alias);
        }
        if context.operator.wants_to_end() {
            return BakeEnd::Interrupted(described);
        }
        let left = bake.saturating_sub(began.elapsed());
        let operator = context.operator;
        operator.count_down(&format!("canary bakes: {described}"), left);
        tokio::time::sleep(pause.min(bake.saturating_sub(began.elapsed()))).await;
    }
}
