//! Governance, and the public checklist before a promotion.

use super::result::{CheckResult, number, text};
use super::{PreflightInput, Purpose};
use crate::fact::FactValue;
use crate::report::count;
use crate::stack::{changes, newest_version};

/// From this many mails in 24 h on, a deployment waits: the limit is 200.
const MAX_MAILS_24H: i64 = 160;
/// How far back the audit feed must reach, in seconds.
const MIN_FEED_REACH: i64 = 30 * 60;

pub(super) fn deploy_log(input: &PreflightInput<'_>) -> CheckResult {
    let Some(log) = input.deploy_log else {
        return CheckResult::skipped("not-given", "not read; --deploy-log FILE reads it");
    };
    let scope = input.stack.deploy_log_scope(input.at.unix_timestamp());
    let changes = changes(log, scope);
    let newest = match newest_version(log, scope) {
        Ok(newest) => newest,
        Err(why) if !changes.is_empty() => {
            return CheckResult::warning(
                "not-understood",
                vec![text("deploy_log.newest", why.to_string())],
                format!("DEPLOY-LOG.md not readable: {why}"),
            )
            .next("Write its newest entry in the format of duckops record");
        }
        Err(_) => String::new(),
    };
    if changes.is_empty() {
        return CheckResult::unsettled(
            "no-entry",
            Vec::new(),
            "not judged: no entry with date and version",
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
            format!("newest entry {newest}, alias on {serving}"),
        )
        .next("Find out which is right before the next change");
    }
    match listed {
        true => CheckResult::ok(evidence, format!("lists version {target}")),
        false => CheckResult::warning(
            "not-listed",
            evidence,
            format!("version {target} not listed"),
        ),
    }
}

pub(super) fn governance(input: &PreflightInput<'_>) -> CheckResult {
    let whom = &input.stack.escalation.value;
    CheckResult::skipped(
        "rules",
        match input.purpose {
            Some(Purpose::Rollback) => {
                format!("INC-001 step 4 needs no approval; {whom} if not restored in 5 min")
            }
            _ => format!("promotion needs approval of {whom}, staging test, DEPLOY-LOG.md"),
        },
    )
}

pub(super) fn alone(input: &PreflightInput<'_>) -> CheckResult {
    let lock_is = |said: &str| vec![text("alias.lock", said)];
    match input.busy {
        None => CheckResult::unsettled(
            "no-state",
            Vec::new(),
            "not judged: no state folder for locks",
        ),
        Some(false) => CheckResult::ok(
            lock_is("free"),
            "no other duckops on this machine is changing the alias",
        ),
        Some(true) => CheckResult::warning(
            "busy",
            lock_is("held"),
            "another duckops on this machine has an open plan",
        )
        .next("Agree with its user on one change"),
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
            "version, database and agents reported",
        ),
    }
}

pub(super) fn fleet(input: &PreflightInput<'_>) -> CheckResult {
    match input.yes("status.agents.all_dead") {
        Err(unavailable) => CheckResult::unknown(&unavailable),
        Ok(dead) => {
            let evidence = vec![("status.agents.all_dead", FactValue::Bool(dead))];
            match dead {
                false => CheckResult::ok(evidence, "not all agents dead"),
                true => CheckResult::bad(
                    "all-dead",
                    evidence,
                    "all agents dead: effects of a version not visible",
                )
                .next("Fix INC-003 first")
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
        _ => return CheckResult::unsettled("mistyped", Vec::new(), "not judged: not a number"),
    };
    let evidence = vec![number("audit.callback_errors_1h_min", errors)];
    match errors {
        0 if reach < MIN_FEED_REACH => CheckResult::unsettled(
            "not-covered",
            evidence,
            "not judged: feed reaches back less than 30 min",
        ),
        0 => CheckResult::ok(evidence, "no callback errors in the last hour"),
        _ => CheckResult::bad(
            "errors",
            evidence,
            format!(
                "{} in the last hour",
                count(
                    usize::try_from(errors).unwrap_or(usize::MAX),
                    "callback error",
                    "callback errors"
                )
            ),
        )
        .next("Fix INC-004 first")
        .command("duckops triage inc-004"),
    }
}

pub(super) fn mail(input: &PreflightInput<'_>) -> CheckResult {
    if input.yes("email.unlimited") == Ok(true) {
        return CheckResult::ok(
            vec![("email.unlimited", FactValue::Bool(true))],
            "no daily limit",
        );
    }
    match input.fact("email.sent_24h") {
        Ok(FactValue::Int(sent)) => {
            let evidence = vec![number("email.sent_24h", *sent)];
            match *sent < MAX_MAILS_24H {
                true => CheckResult::ok(evidence, format!("{sent} sent in 24 h")),
                false => CheckResult::bad(
                    "much-mail",
                    evidence,
                    format!("{sent} sent in 24 h (limit 160)"),
                )
                .next("Fix INC-005 first")
                .command("duckops triage inc-005"),
            }
        }
        Ok(_) => CheckResult::unsettled("mistyped", Vec::new(), "not judged: not a number"),
        Err(unavailable) => CheckResult::unknown(&unavailable),
    }
}

pub(super) fn freeze(input: &PreflightInput<'_>) -> CheckResult {
    let whom = &input.stack.escalation.value;
    CheckResult::skipped(
        "not-known-here",
        format!("no system to query; {whom} confirms with the approval"),
    )
}
