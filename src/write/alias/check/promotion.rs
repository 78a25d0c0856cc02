//! Governance, and the public checklist before a promotion.

use super::result::{CheckResult, number, text};
use super::{PreflightInput, Purpose};
use crate::fact::FactValue;
use crate::stack::{changes, newest_version};

/// From this many mails in 24 h on, a deployment waits: the limit is 200.
const MAX_MAILS_24H: i64 = 160;
/// How far back the audit feed must reach, in seconds.
const MIN_FEED_REACH: i64 = 30 * 60;

pub(super) fn deploy_log(input: &PreflightInput<'_>) -> CheckResult {
    let Some(log) = input.deploy_log else {
        return CheckResult::skipped(
            "not-given",
            "DEPLOY-LOG.md was not given; --deploy-log FILE reads it.",
        );
    };
    let scope = input.stack.deploy_log_scope(input.at.unix_timestamp());
    let changes = changes(log, scope);
    let newest = match newest_version(log, scope) {
        Ok(newest) => newest,
        Err(why) if !changes.is_empty() => {
            return CheckResult::warning(
                "not-understood",
                vec![text("deploy_log.newest", why.to_string())],
                format!("DEPLOY-LOG.md does not tell what serves: {why}."),
            )
            .next("Write its newest entry as duckops does: duckops record --deploy-log FILE");
        }
        Err(_) => String::new(),
    };
    if changes.is_empty() {
        return CheckResult::unsettled(
            "no-entry",
            Vec::new(),
            "Not known: no entry of DEPLOY-LOG.md has a date and a version.",
        );
    }
    let evidence = vec![text("deploy_log.newest", newest.as_str())];
    let target = input.target;
    let listed = changes
        .iter()
        .any(|change| change.version.as_deref() == Some(target));
    let serving = input
        .seen
        .alias
        .as_ref()
        .ok()
        .map(|alias| alias.version.as_str());
    if let Some(serving) = serving.filter(|serving| newest != *serving) {
        return CheckResult::warning(
            "disagrees",
            evidence,
            format!("Its newest entry names {newest}, the alias points to {serving}."),
        )
        .next("Settle which is right before the next change");
    }
    match listed {
        true => CheckResult::ok(evidence, format!("It lists version {target}.")),
        false => CheckResult::warning(
            "not-listed",
            evidence,
            format!("It does not list version {target}."),
        ),
    }
}

pub(super) fn governance(input: &PreflightInput<'_>) -> CheckResult {
    let whom = &input.stack.escalation.value;
    CheckResult::skipped(
        "rules",
        match input.purpose {
            Some(Purpose::Rollback) => format!(
                "INC-001 step 4 allows going back without prior approval; not restored 5 minutes later: {whom}."
            ),
            _ => format!(
                "A promotion needs the approval of {whom}, and a version that was tested in staging and stands in DEPLOY-LOG.md."
            ),
        },
    )
}

pub(super) fn alone(input: &PreflightInput<'_>) -> CheckResult {
    let lock_is = |said: &str| vec![text("alias.lock", said)];
    match input.busy {
        None => CheckResult::unsettled(
            "no-state",
            Vec::new(),
            "Not known: there is no state folder for locks.",
        ),
        Some(false) => CheckResult::ok(lock_is("free"), "No other run on this machine is at it."),
        Some(true) => CheckResult::warning(
            "busy",
            lock_is("held"),
            "Another duckops on this machine has a plan open for this alias.",
        )
        .next("Talk to each other; only one of you can win"),
    }
}

pub(super) fn status(input: &PreflightInput<'_>) -> CheckResult {
    const NEEDED: [&str; 4] = [
        "status.lambda_version",
        "status.database.ducklings",
        "status.agents.alive",
        "status.agents.dead",
    ];
    match NEEDED.iter().find_map(|path| input.fact(path).err()) {
        Some(unavailable) => CheckResult::unknown(&unavailable),
        None => CheckResult::ok(
            vec![("api.up", FactValue::Bool(true))],
            "It carries version, database and agents.",
        ),
    }
}

pub(super) fn fleet(input: &PreflightInput<'_>) -> CheckResult {
    match input.yes("status.agents.all_dead") {
        Err(unavailable) => CheckResult::unknown(&unavailable),
        Ok(dead) => {
            let evidence = vec![("status.agents.all_dead", FactValue::Bool(dead))];
            match dead {
                false => CheckResult::ok(evidence, "It is not."),
                true => CheckResult::bad(
                    "all-dead",
                    evidence,
                    "Every agent is dead: what a new version does cannot be seen.",
                )
                .next("Solve INC-003 first")
                .command("duckops triage inc-003"),
            }
        }
    }
}

pub(super) fn audit(input: &PreflightInput<'_>) -> CheckResult {
    let (reach, errors) = match (
        input.fact("audit.reach"),
        input.fact("audit.callback_errors_1h_min"),
    ) {
        (Ok(FactValue::Duration(reach)), Ok(FactValue::Int(errors))) => (*reach, *errors),
        (Err(unavailable), _) | (_, Err(unavailable)) => return CheckResult::unknown(&unavailable),
        _ => return CheckResult::unsettled("mistyped", Vec::new(), "Not known."),
    };
    let evidence = vec![number("audit.callback_errors_1h_min", errors)];
    match errors {
        0 if reach < MIN_FEED_REACH => CheckResult::unsettled(
            "not-covered",
            evidence,
            "Not known: the feed does not reach back 30 minutes.",
        ),
        0 => CheckResult::ok(evidence, "No callback error in the last hour."),
        _ => CheckResult::bad(
            "errors",
            evidence,
            format!("{errors} callback errors in the last hour."),
        )
        .next("Solve INC-004 first")
        .command("duckops triage inc-004"),
    }
}

pub(super) fn mail(input: &PreflightInput<'_>) -> CheckResult {
    if input.yes("email.unlimited") == Ok(true) {
        return CheckResult::ok(
            vec![("email.unlimited", FactValue::Bool(true))],
            "There is no daily limit.",
        );
    }
    match input.fact("email.sent_24h") {
        Ok(FactValue::Int(sent)) => {
            let evidence = vec![number("email.sent_24h", *sent)];
            match *sent < MAX_MAILS_24H {
                true => CheckResult::ok(evidence, format!("{sent} in the last 24 h.")),
                false => CheckResult::bad(
                    "much-mail",
                    evidence,
                    format!("{sent} mails in the last 24 h: a deployment sends more."),
                )
                .next("Wait for INC-005 to be solved")
                .command("duckops triage inc-005"),
            }
        }
        Ok(_) => CheckResult::unsettled("mistyped", Vec::new(), "Not known."),
        Err(unavailable) => CheckResult::unknown(&unavailable),
    }
}

pub(super) fn freeze(input: &PreflightInput<'_>) -> CheckResult {
    let whom = &input.stack.escalation.value;
    CheckResult::skipped(
        "not-known-here",
        format!("No system tells of a change freeze: {whom} says so with the approval."),
    )
}
