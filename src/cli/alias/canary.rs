//! A promotion in two moves: a small share first, the rest when that served well. One
//! consent covers both, and the way back, because the plan says all three.

use super::after::{Act, after, failed};
use super::order::Canary;
use super::told::Told;
use crate::cli::prompt::Words;
use crate::exit;
use crate::lambda::reader::{AliasTarget, FunctionReader};
use crate::write::alias::canary_evaluation::{self, Baked};
use crate::write::alias::plan::Plan;
use crate::write::alias::send::{Carried, Hands, NotBegun, Outcome};
use crate::write::consent::Consent;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use ulid::Ulid;

/// How a bake ended.
enum Ended {
    Judged(Baked, String),
    /// Somebody wants it to end now.
    Interrupted(String),
    /// The alias is no longer as the first move left it.
    Moved(AliasTarget),
}

/// The plan of the first move: a small share.
pub(super) fn first(plan: Plan, canary: &Canary) -> Plan {
    let (percent, bake) = (canary.percent, canary.bake.as_secs());
    let then = format!(
        "after {bake} s: all of it if that served well, back to {} if it fails, left as it is if too little came to tell",
        plan.from.version
    );
    Plan {
        version: plan.from.version.clone(),
        weights: BTreeMap::from([(plan.to.clone(), percent * 100)]),
        then: Some(then),
        ..plan
    }
}

/// What follows when the first move is in force.
pub(super) async fn go_on(
    act: &Act<'_>,
    plan: &Plan,
    carried: Carried,
    words: &Words,
    mut told: Told,
) -> Told {
    let hands = &act.hands;
    let Outcome::InForce { alias, .. } = &carried.outcome else {
        return failed(carried, told);
    };
    told.result = carried.outcome.json();
    told.recorded = Some(carried.recorded.is_ok());
    let Some(canary) = &act.order.canary else {
        return told;
    };
    let next = |version: &str| Plan {
        id: Ulid::generate().to_string(),
        from: alias.clone(),
        version: version.to_owned(),
        weights: BTreeMap::new(),
        then: None,
        ..plan.clone()
    };
    match baked(act, plan, alias, canary.bake).await {
        Ended::Judged(Baked::Well, served) => {
            let rest = next(&plan.to);
            told.cautions
                .push(format!("the canary served well: {served}"));
            told.plan = Some(rest.clone());
            match again(hands, &rest, words).await {
                Ok(carried) => after(act, &rest, carried, told).await,
                Err(why) => half_done(plan, told, format!("the rest could not be sent: {why}")),
            }
        }
        Ended::Judged(Baked::Badly, served) => {
            let back = next(&plan.from.version);
            told.plan = Some(back.clone());
            let carried = match again(hands, &back, words).await {
                Ok(carried) => carried,
                Err(why) => {
                    return half_done(
                        plan,
                        told,
                        format!("the canary fails, and the way back could not be sent: {why}"),
                    );
                }
            };
            let Outcome::InForce { alias, .. } = &carried.outcome else {
                return failed(carried, told);
            };
            told.result = carried.outcome.json();
            told.recorded = Some(carried.recorded.is_ok());
            let (code, split) = (exit::CRITICAL, alias.split());
            Told {
                code,
                outcome: "returned",
                summary: format!("the canary failed ({served}); returned: {split}"),
                confirm: None,
                next: Some((
                    "Repair the code and publish it as a new version".to_owned(),
                    None,
                )),
                ..told
            }
        }
        Ended::Judged(_, served) => {
            half_done(plan, told, format!("not enough traffic to tell: {served}"))
        }
        Ended::Interrupted(served) => half_done(plan, told, format!("interrupted: {served}")),
        Ended::Moved(alias) => Told {
            code: exit::CRITICAL,
            outcome: "overtaken",
            summary: format!(
                "somebody changed the alias during the bake: {}",
                alias.split()
            ),
            confirm: None,
            next: Some((
                "Look before you do anything else".to_owned(),
                Some("duckops alias show".to_owned()),
            )),
            ..told
        },
    }
}

/// The same words consent to what the plan said would follow.
async fn again(hands: &Hands<'_>, plan: &Plan, words: &Words) -> Result<Carried, NotBegun> {
    let consent = Consent::from(&plan.terms(), words.answer()).map_err(|_| NotBegun::OtherPlan)?;
    hands.carry_out(consent, plan, || {}).await
}

fn half_done(plan: &Plan, told: Told, why: String) -> Told {
    let (from, to) = (&plan.from.version, &plan.to);
    Told {
        code: exit::CRITICAL,
        outcome: "half-done",
        summary: format!("{}: the shift is half done; {why}", plan.wanted()),
        confirm: None,
        undo: Some(format!(
            "duckops alias rollback --to {from} --confirm '{}@{from}->{from}'",
            plan.alias
        )),
        next: Some((
            "Go on with the rest, or return with the undo command".to_owned(),
            Some(format!(
                "duckops alias promote --to {to} --approved-by NAME --approval-note TEXT"
            )),
        )),
        ..told
    }
}

async fn baked(act: &Act<'_>, plan: &Plan, alias: &AliasTarget, bake: Duration) -> Ended {
    let Act {
        context,
        gathered,
        hands,
        ..
    } = act;
    let began = Instant::now();
    let since = gathered.clock.at().unix_timestamp();
    let pause = (bake / 10).clamp(Duration::from_secs(1), Duration::from_secs(30));
    loop {
        let is_over = began.elapsed() >= bake;
        let deadline = Instant::now() + Duration::from_secs(8);
        let now = gathered.clock.at();
        let asking = FunctionReader::new(hands.stack, hands.aws, now, deadline);
        let served = canary_evaluation::since(&asking, &plan.to, since).await;
        let (judged, told) = match &served {
            Ok(served) => (
                canary_evaluation::judge(served, is_over),
                canary_evaluation::told(served),
            ),
            Err(unavailable) => {
                let told = format!("what it served is not known: {}", unavailable.detail);
                (
                    if is_over {
                        Baked::TooLittle
                    } else {
                        Baked::GoesOn
                    },
                    told,
                )
            }
        };
        if let Ok(seen) = hands.alias().await
            && seen.revision != alias.revision
            && !plan.is_in_force(&seen)
        {
            return Ended::Moved(seen);
        }
        if judged != Baked::GoesOn {
            return Ended::Judged(judged, told);
        }
        if context.sending.ending.load(Ordering::SeqCst) {
            return Ended::Interrupted(told);
        }
        let left = bake.saturating_sub(began.elapsed()).as_secs();
        context
            .out
            .progress(&format!("baking, {left} s left: {told}"));
        tokio::time::sleep(pause.min(bake.saturating_sub(began.elapsed()))).await;
    }
}
