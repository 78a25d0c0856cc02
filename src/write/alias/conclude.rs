//! After a move: what it came to, whether the service is restored, and the lines for the logs.

use super::outcome::MoveOutcome;
use super::plan::AliasPlan;
use super::verify::{self, Verification};
use crate::exit;
use crate::lambda::alias_target::AliasTarget;
use crate::lambda::deploy_log_entry::DeployLogEntry;
use crate::lambda::reader::FunctionReader;
use crate::report::model::NextAction;
use crate::state_dir::journal::Stage;
use crate::write::guarded::{Applied, WriteContext, WriteOutcome};
use crate::write::report::{WriteReport, next_action};
use std::time::{Duration, Instant};

/// A service that is not restored so long after the move is escalated.
const RESTORED_WITHIN: Duration = Duration::from_secs(300);
/// How long the metrics may take to be read afterwards.
const METRICS: Duration = Duration::from_secs(8);

/// The report of a move that is not in force, or may not be.
pub(super) fn not_in_force(
    plan: &AliasPlan,
    applied: &Applied<MoveOutcome>,
    report: WriteReport,
) -> WriteReport {
    let mut next = look_first();
    let (code, outcome, summary) = match &applied.outcome {
        MoveOutcome::InForce { alias, .. } => (exit::OK, "done", alias.split()),
        MoveOutcome::Unchanged { why } => {
            next = next_action("It is safe to plan again", None);
            (exit::WARNING, "unchanged", format!("not applied: {why}"))
        }
        MoveOutcome::Conflict { alias } => {
            let split = alias.split();
            let why =
                format!("changed by another user first: {split}; nothing of this plan was applied");
            (exit::CONFLICT, "conflict", why)
        }
        MoveOutcome::Overtaken { why, .. } => (exit::CRITICAL, "overtaken", why.clone()),
        MoveOutcome::Unclear { why, alias } => {
            let is_as_before = alias.as_ref().map(|alias| &alias.revision);
            if is_as_before == Some(&plan.from.revision) {
                next = next_action(
                    "Read the alias again in a minute; the journal keeps it open until then",
                    Some("duckops alias show".to_owned()),
                );
            }
            let why = format!("it may have been applied, do not repeat it: {why}");
            (exit::UNKNOWN, "unclear", why)
        }
    };
    WriteReport {
        code,
        outcome,
        summary,
        next,
        ..sent(applied, report)
    }
}

fn look_first() -> Option<NextAction> {
    let command = Some("duckops alias show".to_owned());
    next_action("Look before you do anything else", command)
}

/// The report of a request that was sent: its outcome, and no more flag to send it with.
pub(super) fn sent(applied: &Applied<MoveOutcome>, report: WriteReport) -> WriteReport {
    WriteReport {
        confirm: None,
        result: applied.outcome.json(),
        recorded: Some(applied.recorded.is_ok()),
        ..report
    }
}

/// Verifies a move that is in force, and says what to write down.
pub(super) async fn conclude(
    context: &WriteContext<'_>,
    plan: &AliasPlan,
    applied: Applied<MoveOutcome>,
    wait: Duration,
    report: WriteReport,
) -> WriteReport {
    let MoveOutcome::InForce { alias, odd } = &applied.outcome else {
        return not_in_force(plan, &applied, report);
    };
    let mut report = sent(&applied, report);
    let at = context.clock.at();
    let (verified, overtaken_by) = watch(context, plan, wait).await;
    report.summary = moved(plan, alias, &crate::fact::utc(at));
    if let Some(odd) = odd {
        report.summary.push_str(&format!("; {odd}"));
    }
    let recorded = applied.recorded.clone();
    let recorded = recorded.and_then(|()| context.record(plan, Stage::Verified, verified.json()));
    report.recorded = Some(recorded.is_ok());
    let timestamp = crate::fact::utc(at);
    write_down(&mut report, plan, alias, &verified, timestamp);
    let end = match (&recorded, verified.is_restored) {
        (_, false) => {
            let contact = &context.stack.escalation.value;
            let command = plan.purpose.command();
            let due = crate::fact::instant((at + RESTORED_WITHIN).unix_timestamp());
            let due = due.get(11..16).unwrap_or(&due).to_owned();
            let reason = format!(
                "{command} did not restore the service: {}",
                verified.summary
            );
            report.escalation = Some((at + RESTORED_WITHIN, reason));
            let overtaken = overtaken_by.as_ref().map(|alias| {
                report.undo = None;
                let split = alias.split();
                let summary = &report.summary;
                WriteReport {
                    code: exit::CRITICAL,
                    outcome: "overtaken",
                    summary: format!("{summary}, and then changed by another user: {split}"),
                    next: look_first(),
                    ..WriteReport::default()
                }
            });
            overtaken.unwrap_or_else(|| WriteReport {
                code: exit::CRITICAL,
                outcome: "not-verified",
                summary: format!("{}; it is not verified to work", report.summary),
                next: next_action(
                    format!("Check for recovery; not restored by {due}Z: call {contact}"),
                    Some("duckops triage inc-001 --wait 5m".to_owned()),
                ),
                ..WriteReport::default()
            })
        }
        (Err(error), true) => WriteReport {
            code: exit::CRITICAL,
            outcome: "not-recorded",
            summary: format!("{}; the journal was not completed: {error}", report.summary),
            next: next_action("Copy the lines below into both logs", None),
            ..WriteReport::default()
        },
        (Ok(()), true) => WriteReport {
            code: exit::OK,
            outcome: "done",
            summary: report.summary.clone(),
            next: next_action(
                "Check that Mission Control's tiles are green, then record the change",
                Some("duckops record --deploy-log DEPLOY-LOG.md".to_owned()),
            ),
            ..WriteReport::default()
        },
    };
    report.ended_as(end)
}

/// `alias prod moved from version 62 to 61, read back at 17:48:12Z`; a split names its shares.
fn moved(plan: &AliasPlan, alias: &AliasTarget, read_back: &str) -> String {
    let read_back = read_back.get(11..).unwrap_or(read_back);
    let (from, to, name) = (&plan.from.version, &plan.version, &plan.alias);
    match alias.weights.is_empty() {
        true if from == to => {
            format!("alias {name} gives all traffic to version {to}, read back at {read_back}")
        }
        true => format!("alias {name} moved from version {from} to {to}, read back at {read_back}"),
        false => format!(
            "alias {name} serves {}, read back at {read_back}",
            alias.split()
        ),
    }
}

/// The undo command and the lines for DEPLOY-LOG.md and GOVERNANCE-LOG.md.
fn write_down(
    report: &mut WriteReport,
    plan: &AliasPlan,
    alias: &AliasTarget,
    verified: &Verification,
    timestamp: String,
) {
    let (from, to, name) = (&plan.from.version, &plan.version, &plan.alias);
    let command = plan.purpose.command();
    report.findings.extend([
        ("verified", verified.summary.clone()),
        ("metrics", verified.metrics.clone()),
    ]);
    report.verified = Some(verified.json());
    // To take weights away is undone by nothing that a rollback can do.
    report.undo = (from != to).then(|| format!(
        "duckops alias rollback --to {from} --confirm '{name}@{to}->{from}'  # from revision {}",
        alias.revision
    ));
    let allowed = match &plan.approval {
        Some((by, note)) => format!("approved by {by}: {note}"),
        None => "allowed by INC-001 step 4".to_owned(),
    };
    report.governance_log = Some(format!(
        "{timestamp} | {command} of {name} from {from} to {to} | {allowed} | by {} | {} | journal {}",
        plan.caller.arn, verified.summary, plan.id
    ));
    let entry = DeployLogEntry {
        id: plan.id.clone(),
        at: timestamp,
        alias: name.clone(),
        to: to.clone(),
        from: from.clone(),
        command: command.to_owned(),
        by: plan.caller.arn.clone(),
        told: verified.summary.clone(),
    };
    report.deploy_log = Some(entry.line());
}

/// Watches the status API, then reads the metrics of the version that serves now; and where the
/// service is not restored, who the alias serves instead, if it was changed meanwhile.
async fn watch(
    context: &WriteContext<'_>,
    plan: &AliasPlan,
    wait: Duration,
) -> (Verification, Option<AliasTarget>) {
    let since = context.clock.at().unix_timestamp();
    let operator = context.operator;
    let goes_on = |line: &str| {
        operator.progress(line);
        !operator.wants_to_end()
    };
    let mut verified =
        verify::watch(context.stack, context.http, &plan.version, wait, goes_on).await;
    let deadline = Instant::now() + METRICS;
    let reader = FunctionReader::new(context.stack, context.aws, context.clock.at(), deadline);
    let (metrics, is_bad) = verify::metrics(&reader, &plan.version, since).await;
    verified.metrics = metrics;
    if is_bad {
        verified.is_restored = false;
        verified.summary = format!("{}; but it fails: {}", verified.summary, verified.metrics);
    }
    if verified.is_restored {
        return (verified, None);
    }
    let now = reader.alias_now().await.ok();
    (verified, now.filter(|now| !plan.is_in_force(now)))
}
