//! The rules of the house, and the public checklist before a promotion.

use super::judged::{CheckResult, number, text};
use super::{PreflightInput, Purpose};
use crate::fact::FactValue;
use crate::stack;

/// So many mails in 24 h leave no room for trouble.
const MAILS: i64 = 160;
/// How far back the audit feed must reach, in seconds.
const FEED: i64 = 30 * 60;

pub(super) fn deploy_log(known: &PreflightInput<'_>) -> CheckResult {
    let Some(log) = known.deploy_log else {
        return CheckResult::skipped(
            "not-given",
            "DEPLOY-LOG.md was not given; --deploy-log FILE reads it.",
        );
    };
    let entries = stack::deployments(log);
    if entries.is_empty() {
        return CheckResult::unsettled(
            "no-entry",
            Vec::new(),
            "Not known: no entry of DEPLOY-LOG.md has a date and a version.",
        );
    }
    let told = vec![text("deploy_log.newest", entries[0].1.join(" "))];
    let mentions = entries
        .iter()
        .filter(|(_, versions)| versions.iter().any(|v| v == known.target));
    let target = known.target;
    let listed = mentions.count() > 0;
    let serving = known
        .seen
        .alias
        .as_ref()
        .ok()
        .map(|alias| alias.version.as_str());
    let newest = &entries[0].1;
    if let Some(serving) = serving.filter(|serving| !newest.iter().any(|v| v == serving)) {
        return CheckResult::warning(
            "disagrees",
            told,
            format!(
                "Its newest entry names {}, the alias points to {serving}.",
                newest.join(" and ")
            ),
        )
        .next("Settle which is right before the next change");
    }
    match listed {
        true => CheckResult::ok(told, format!("It lists version {target}.")),
        false => CheckResult::warning(
            "not-listed",
            told,
            format!("It does not list version {target}."),
        ),
    }
}

pub(super) fn governance(known: &PreflightInput<'_>) -> CheckResult {
    let whom = &known.stack.escalation.value;
    CheckResult::skipped(
        "rules",
        match known.purpose {
            Some(Purpose::Rollback) => format!(
                "INC-001 step 4 allows going back without prior approval; not restored 5 minutes later: {whom}."
            ),
            _ => format!(
                "A promotion needs the approval of {whom}, and a version that was tested in staging and stands in DEPLOY-LOG.md."
            ),
        },
    )
}

pub(super) fn alone(known: &PreflightInput<'_>) -> CheckResult {
    let busy = |said: &str| vec![text("alias.lock", said)];
    match known.busy {
        None => CheckResult::unsettled(
            "no-state",
            Vec::new(),
            "Not known: there is no state folder for locks.",
        ),
        Some(false) => CheckResult::ok(busy("free"), "No other run on this machine is at it."),
        Some(true) => CheckResult::warning(
            "busy",
            busy("held"),
            "Another duckops on this machine has a plan open for this alias.",
        )
        .next("Talk to each other; only one of you can win"),
    }
}

pub(super) fn status(known: &PreflightInput<'_>) -> CheckResult {
    const NEEDED: [&str; 4] = [
        "status.lambda_version",
        "status.database.ducklings",
        "status.agents.alive",
        "status.agents.dead",
    ];
    match NEEDED.iter().find_map(|path| known.fact(path).err()) {
        Some(unavailable) => CheckResult::unknown(&unavailable),
        None => CheckResult::ok(
            vec![("api.up", FactValue::Bool(true))],
            "It carries version, database and agents.",
        ),
    }
}

pub(super) fn fleet(known: &PreflightInput<'_>) -> CheckResult {
    match known.yes("status.agents.all_dead") {
        Err(unavailable) => CheckResult::unknown(&unavailable),
        Ok(dead) => {
            let told = vec![("status.agents.all_dead", FactValue::Bool(dead))];
            match dead {
                false => CheckResult::ok(told, "It is not."),
                true => CheckResult::bad(
                    "all-dead",
                    told,
                    "Every agent is dead: what a new version does cannot be seen.",
                )
                .next("Solve INC-003 first")
                .command("duckops triage inc-003"),
            }
        }
    }
}

pub(super) fn audit(known: &PreflightInput<'_>) -> CheckResult {
    let (reach, errors) = match (
        known.fact("audit.reach"),
        known.fact("audit.callback_errors_1h_min"),
    ) {
        (Ok(FactValue::Duration(reach)), Ok(FactValue::Int(errors))) => (*reach, *errors),
        (Err(unavailable), _) | (_, Err(unavailable)) => return CheckResult::unknown(&unavailable),
        _ => return CheckResult::unsettled("mistyped", Vec::new(), "Not known."),
    };
    let told = vec![number("audit.callback_errors_1h_min", errors)];
    match errors {
        0 if reach < FEED => CheckResult::unsettled(
            "not-covered",
            told,
            "Not known: the feed does not reach back 30 minutes.",
        ),
        0 => CheckResult::ok(told, "No callback error in the last hour."),
        _ => CheckResult::bad(
            "errors",
            told,
            format!("{errors} callback errors in the last hour."),
        )
        .next("Solve INC-004 first")
        .command("duckops triage inc-004"),
    }
}

pub(super) fn mail(known: &PreflightInput<'_>) -> CheckResult {
    if known.yes("email.unlimited") == Ok(true) {
        return CheckResult::ok(
            vec![("email.unlimited", FactValue::Bool(true))],
            "There is no daily limit.",
        );
    }
    match known.fact("email.sent_24h") {
        Ok(FactValue::Int(sent)) => {
            let told = vec![number("email.sent_24h", *sent)];
            match *sent < MAILS {
                true => CheckResult::ok(told, format!("{sent} in the last 24 h.")),
                false => CheckResult::bad(
                    "much-mail",
                    told,
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

pub(super) fn freeze(known: &PreflightInput<'_>) -> CheckResult {
    let whom = &known.stack.escalation.value;
    CheckResult::skipped(
        "not-known-here",
        format!("No system tells of a change freeze: {whom} says so with the approval."),
    )
}
