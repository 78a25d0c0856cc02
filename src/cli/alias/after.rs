//! After the request: what it came to, whether it helped, and what to write down.

use super::gather::Gathered;
use super::order::Order;
use super::told::Told;
use crate::cli::Context;
use crate::exit;
use crate::fact::instant;
use crate::lambda::deploy_log_entry::DeployLogEntry;
use crate::lambda::reader::FunctionReader;
use crate::state_dir::journal::Stage;
use crate::write::alias::plan::Plan;
use crate::write::alias::send::{Carried, Hands, Outcome};
use crate::write::alias::verify::{self, Verified};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Not restored so long after the move: somebody has to be called.
const RESTORED: Duration = Duration::from_secs(300);

/// Everything that a move works with.
pub(super) struct Act<'a> {
    pub(super) context: &'a Context,
    pub(super) order: &'a Order<'a>,
    pub(super) gathered: &'a Gathered,
    pub(super) hands: Hands<'a>,
}

/// What there is to say when the alias is not as planned, or may not be.
pub(super) fn failed(carried: Carried, mut told: Told) -> Told {
    let Carried {
        outcome, recorded, ..
    } = carried;
    told.confirm = None;
    told.result = outcome.json();
    told.recorded = Some(recorded.is_ok());
    let look = "Look before you do anything else".to_owned();
    told.next = Some((look, Some("duckops alias show".to_owned())));
    let (code, word, summary) = match outcome {
        Outcome::InForce { alias, .. } => (exit::OK, "done", alias.split()),
        Outcome::Unchanged { why } => {
            told.next = Some(("It is safe to plan again".to_owned(), None));
            (exit::WARNING, "unchanged", format!("not applied: {why}"))
        }
        Outcome::Conflict { alias } => {
            let split = alias.split();
            let why =
                format!("somebody else changed it first: {split}; nothing of ours was applied");
            (exit::CONFLICT, "conflict", why)
        }
        Outcome::Overtaken { why, .. } => (exit::CRITICAL, "overtaken", why),
        Outcome::Unclear { why, .. } => {
            let why = format!("it may have been applied, do not repeat it: {why}");
            (exit::UNKNOWN, "unclear", why)
        }
    };
    Told {
        code,
        outcome: word,
        summary,
        ..told
    }
}

/// What it came to, whether it helped, and what to write down.
pub(super) async fn after(act: &Act<'_>, plan: &Plan, carried: Carried, mut told: Told) -> Told {
    let Outcome::InForce { alias, odd } = carried.outcome.clone() else {
        return failed(carried, told);
    };
    let Act {
        context,
        gathered,
        hands,
        ..
    } = act;
    let recorded = carried.recorded;
    told.confirm = None;
    told.result = carried.outcome.json();
    let at = gathered.clock.at();
    let verified = watch(act, plan).await;
    let whom = &context.settings.stack.escalation.value;
    told.summary = format!("{} is in force, revision {}", alias.split(), alias.revision);
    if let Some(odd) = odd {
        told.summary.push_str(&format!("; {odd}"));
    }
    let entry = hands.entry(plan, Stage::Verified, verified.json());
    let recorded = recorded.and_then(|()| hands.journal.append(&[entry]));
    told.recorded = Some(recorded.is_ok());
    told.undo = Some(format!(
        "duckops alias rollback --to {} --confirm '{}@{}->{}'  # from revision {}",
        plan.from.version, plan.alias, plan.version, plan.from.version, alias.revision
    ));
    let time = instant(at.unix_timestamp());
    let (by, alias_name) = (&plan.caller.arn, &plan.alias);
    let (from, to) = (&plan.from.version, &plan.version);
    let moved = DeployLogEntry {
        id: plan.id.clone(),
        at: time.clone(),
        alias: alias_name.clone(),
        to: to.clone(),
        from: from.clone(),
        command: plan.purpose.command().to_owned(),
        by: by.clone(),
        told: verified.told.clone(),
    };
    told.deploy_log = Some(moved.line());
    let allowed = match &plan.approval {
        Some((by, note)) => format!("approved by {by}: {note}"),
        None => "allowed by INC-001 step 4".to_owned(),
    };
    told.governance_log = Some(format!(
        "{time} | {} of {alias_name} from {from} to {to} | {allowed} | by {by} | {} | journal {}",
        plan.purpose.command(),
        verified.told,
        plan.id
    ));
    let (code, word) = match (verified.well, recorded.is_ok()) {
        (true, true) => (exit::OK, "done"),
        (false, _) => (exit::CRITICAL, "not-verified"),
        (true, false) => (exit::CRITICAL, "not-recorded"),
    };
    if !verified.well {
        let reason = format!(
            "{} did not restore the service: {}",
            plan.purpose.command(),
            verified.told
        );
        told.escalation = Some((at + RESTORED, reason));
        told.next = Some((
            format!("Not restored 5 minutes after the move: call {whom}"),
            Some("duckops triage inc-001 --wait 5m".to_owned()),
        ));
        told.summary.push_str("; it is not verified to work");
    } else if let Err(error) = &recorded {
        told.summary
            .push_str(&format!("; the journal was not completed: {error}"));
        told.next = Some((
            "Write it down by hand: the lines are above".to_owned(),
            None,
        ));
    } else {
        told.next = Some((
            "See that Mission Control's tiles are green, and put the lines into both logs"
                .to_owned(),
            Some("duckops record --deploy-log DEPLOY-LOG.md".to_owned()),
        ));
    }
    told.verified = Some(verified);
    Told {
        code,
        outcome: word,
        ..told
    }
}

async fn watch(act: &Act<'_>, plan: &Plan) -> Verified {
    let Act {
        context,
        order,
        gathered,
        ..
    } = act;
    let ask = &gathered.answered.probe_context;
    let ending = &context.sending.ending;
    let since = gathered.clock.at().unix_timestamp();
    let mut verified = verify::watch(&ask.stack, &ask.http, &plan.version, order.wait, |line| {
        context.out.progress(line);
        !ending.load(Ordering::SeqCst)
    })
    .await;
    let deadline = Instant::now() + Duration::from_secs(8);
    let asking = FunctionReader::new(&ask.stack, &ask.aws, gathered.clock.at(), deadline);
    let (told, bad) = verify::metrics(&asking, &plan.version, since).await;
    verified.metrics = told;
    if bad {
        verified.well = false;
        verified.told = format!("{}; but it fails: {}", verified.told, verified.metrics);
    }
    verified
}
