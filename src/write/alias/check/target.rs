//! The checks of the alias and of the target version, by what Lambda reports.

use super::result::{CheckResult, list, number, text};
use super::{PreflightInput, Purpose};
use crate::lambda::endpoint_probe::is_aws;
use crate::lambda::version_state::VersionStanding;
use crate::observation::UnavailableReason;
use crate::report::count;
use crate::stack::is_loopback;
use crate::text::Untrusted;
use url::Url;

/// From this clock skew on there is a warning, in seconds.
const CLOCK_SKEW_WARNING: i64 = 60;
/// From this clock skew on times prove nothing, in seconds.
const CLOCK_SKEW_LIMIT: i64 = 300;

pub(super) fn account(input: &PreflightInput<'_>) -> CheckResult {
    let stack = input.stack;
    let (account, region) = (&stack.account.value, &stack.region.value);
    if let Some(other) = &stack.other_region {
        let evidence = vec![text("aws.region", other.value.as_str())];
        return CheckResult::bad(
            "wrong-region",
            evidence,
            format!(
                "{} names region {}, the stack is in {region}",
                other.origin, other.value
            ),
        )
        .next(format!("Unset {}, or pass --region {region}", other.origin));
    }
    let caller = match &input.seen.caller {
        Ok(caller) => caller,
        Err(unavailable) => return CheckResult::unknown(unavailable),
    };
    let evidence = vec![
        text("aws.account", caller.account.as_str()),
        text("aws.identity", caller.arn.as_str()),
        text("aws.region", region.as_str()),
    ];
    if caller.account != *account {
        let found = Untrusted::new(caller.account.as_str()).printable(20);
        let summary = format!("AWS account {found}, the stack is in {account}");
        return CheckResult::bad("wrong-account", evidence, summary).next(format!(
            "Choose the profile of account {account}: --profile or AWS_PROFILE"
        ));
    }
    let hosts = [
        ("sts", caller.host.as_str()),
        ("lambda", input.seen.host.as_deref().unwrap_or_default()),
    ];
    // With an override in words any host may answer, but for the practice stack, whose
    // commands must never reach AWS.
    let is_own = |service: &str, host: &str| match stack.is_practice {
        true => Url::parse(host).is_ok_and(|url| is_loopback(&url)),
        false => input.other_hosts || is_aws(host, service, region),
    };
    let strange = hosts.iter().find(|(service, host)| !is_own(service, host));
    match strange {
        Some((service, host)) => {
            let host = Untrusted::new(*host).printable(100);
            let of = if stack.is_practice {
                "on this machine"
            } else {
                "AWS"
            };
            let summary = format!(
                "{service} answers at {host}, which is not {of}: the account is not proven"
            );
            CheckResult::bad("endpoint-overridden", evidence, summary).next(
                "Remove the endpoint from environment and profile, or pass --endpoint-override",
            )
        }
        None => {
            let who = caller.arn.rsplit(':').next().unwrap_or_default();
            let who = Untrusted::new(who).printable(120);
            CheckResult::ok(evidence, format!("{account} {region} as {who}"))
        }
    }
}

pub(super) fn clock(input: &PreflightInput<'_>) -> CheckResult {
    let Some(skew) = input.observations.skew() else {
        return CheckResult::unsettled("no-date", Vec::new(), "not judged: no dated answer");
    };
    let evidence = vec![number("clock.skew", skew)];
    let off = skew.abs();
    match off {
        0..=CLOCK_SKEW_WARNING => {
            CheckResult::ok(evidence, format!("clock of this machine {off} s off"))
        }
        61..=CLOCK_SKEW_LIMIT => CheckResult::warning(
            "clock-odd",
            evidence,
            format!("clock of this machine {off} s off"),
        )
        .next("Set the clock of this machine"),
        _ => CheckResult::bad(
            "clock-off",
            evidence,
            format!("clock of this machine {off} s off"),
        )
        .next("Set the clock of this machine"),
    }
}

pub(super) fn alias(input: &PreflightInput<'_>) -> CheckResult {
    let name = &input.stack.alias.value;
    match &input.seen.alias {
        Err(unavailable) if unavailable.why == UnavailableReason::NotFound => CheckResult::bad(
            "no-alias",
            vec![text("alias.name", name.as_str())],
            format!("alias {name} does not exist: {}", unavailable.detail),
        ),
        Err(unavailable) => CheckResult::unknown(unavailable),
        Ok(alias) => {
            let evidence = vec![
                text("alias.version", alias.version.as_str()),
                text("alias.revision", alias.revision.as_str()),
            ];
            let shown = Untrusted::new(alias.version.as_str()).printable(20);
            match alias.version.as_str() {
                "$LATEST" => CheckResult::warning(
                    "latest",
                    evidence,
                    format!("{name} on $LATEST, which changes with every upload"),
                )
                .next("Publish a version and promote it"),
                _ => CheckResult::ok(evidence, format!("{name} on version {shown}")),
            }
        }
    }
}

pub(super) fn weights(input: &PreflightInput<'_>) -> CheckResult {
    let alias = match &input.seen.alias {
        Ok(alias) => alias,
        Err(unavailable) => return CheckResult::unknown(unavailable),
    };
    let split = Untrusted::new(alias.split()).printable(120).to_string();
    let evidence = vec![text("alias.split", split.as_str())];
    if alias.weights.is_empty() {
        return CheckResult::ok(evidence, split.to_string());
    }
    if input.is(Purpose::Rollback) {
        return CheckResult::warning(
            "weighted",
            evidence,
            format!("traffic split, {split}; this rollback ends it"),
        );
    }
    if input.half_done == Some(input.target) && input.is(Purpose::Promotion) {
        return CheckResult::warning(
            "half-done",
            evidence,
            format!("unfinished shift, {split}; this goes on with it"),
        );
    }
    if let Some(coming) = input.half_done {
        let summary = format!("unfinished shift to version {coming}: {split}");
        let serving = &alias.version;
        return CheckResult::bad("half-done", evidence, summary)
            .next(format!(
                "Return to version {serving}, or go on with the promotion of {coming}"
            ))
            .command(format!("duckops alias rollback --to {serving}"));
    }
    let serving = &alias.version;
    CheckResult::bad("weighted", evidence, format!("traffic split: {split}"))
        .next("Find the owner of the canary; where there is none, take it back")
        .command(format!("duckops alias rollback --to {serving} --dry-run"))
}

pub(super) fn deployment(input: &PreflightInput<'_>) -> CheckResult {
    let split = input
        .seen
        .alias
        .as_ref()
        .is_ok_and(|a| !a.weights.is_empty());
    CheckResult::skipped(
        "not-asked",
        match split {
            true => "CodeDeploy not queried; the weights may be its canary",
            false => "CodeDeploy not queried; no weights on the alias",
        },
    )
}

pub(super) fn exists(input: &PreflightInput<'_>) -> CheckResult {
    if let (true, Err(unavailable)) = (input.target.is_empty(), &input.seen.alias) {
        return CheckResult::unknown(unavailable);
    }
    let target = Untrusted::new(input.target).printable(40);
    let evidence = vec![text("target.version", input.target)];
    let is_number = input.target.parse::<i64>().is_ok_and(|number| number > 0);
    if !is_number {
        return CheckResult::bad(
            "not-published",
            evidence,
            format!("{target} is not a published version"),
        )
        .next("Name a version by its number")
        .command("duckops alias show");
    }
    let serving = input.seen.alias.as_ref();
    let is_serving = serving.is_ok_and(|alias| alias.version == input.target);
    let ends_split = serving.is_ok_and(|alias| !alias.weights.is_empty());
    match input.configured {
        Err(unavailable) if unavailable.why == UnavailableReason::NotFound => {
            let summary = format!("version {target} does not exist");
            CheckResult::bad("no-version", evidence, summary)
                .next("Name a version that exists")
                .command("duckops alias show")
        }
        Err(unavailable) => CheckResult::unknown(unavailable),
        Ok(_) if is_serving && input.purpose.is_some() && !ends_split => CheckResult::bad(
            "same-version",
            evidence,
            format!("alias is on version {target} already"),
        ),
        Ok(_) if is_serving => CheckResult::ok(evidence, format!("{target} serves now")),
        Ok(_) => CheckResult::ok(evidence, format!("{target} is published")),
    }
}

pub(super) fn state(input: &PreflightInput<'_>) -> CheckResult {
    let configured = match input.configured {
        Ok(configured) => configured,
        Err(unavailable) => return CheckResult::unknown(unavailable),
    };
    let shown = Untrusted::new(configured.state.to_string())
        .printable(240)
        .to_string();
    let evidence = vec![text("target.state", shown.as_str())];
    let target = &configured.number;
    let not_ready = |reason| {
        CheckResult::bad(
            reason,
            evidence.clone(),
            format!("{target} not ready: {shown}"),
        )
    };
    match configured.state.standing() {
        Ok(VersionStanding::Ready) => CheckResult::ok(evidence, format!("{target} is active")),
        Ok(VersionStanding::Inactive) => CheckResult::bad(
            "inactive",
            evidence,
            format!("{target} inactive: first requests would fail"),
        )
        .next("Invoke it once, wait until it is active, then check again")
        .command(format!(
            "aws lambda invoke --function-name {} --qualifier {target} --region {} /dev/null",
            input.stack.function.value, input.stack.region.value
        )),
        Ok(VersionStanding::Coming | VersionStanding::Pending) => {
            not_ready("not-ready").next("Check again in a minute: it is still being prepared")
        }
        Ok(VersionStanding::Failed) => not_ready("failed")
            .next("Remove the cause that Lambda names, or choose another version"),
        Err(missing) => CheckResult::unsettled(
            "missing",
            evidence,
            format!("not judged: Lambda did not return {missing} of {target}"),
        ),
    }
}

pub(super) fn code(input: &PreflightInput<'_>) -> CheckResult {
    let (target, current) = match (input.configured, &input.seen.current) {
        (Ok(target), Ok(current)) => (target, current),
        (Err(unavailable), _) | (_, Err(unavailable)) => return CheckResult::unknown(unavailable),
    };
    if target.number == current.number {
        return CheckResult::skipped("same-version", format!("{} serves now", target.number));
    }
    let (Some(code), Some(serving)) = (&target.code, &current.code) else {
        return CheckResult::unsettled(
            "missing",
            Vec::new(),
            "not judged: Lambda did not return the code of both",
        );
    };
    let evidence = vec![
        text("target.code", code.as_str()),
        text("alias.code", serving.as_str()),
    ];
    if code != serving {
        return CheckResult::ok(evidence, "code differs");
    }
    let (number, serving) = (&target.number, &current.number);
    let differences = current.differences(target);
    if differences.is_empty() {
        let summary = format!("{number} has the code and configuration of {serving}");
        return CheckResult::bad("same-code", evidence, summary).next("Choose another version");
    }
    // CodeSha256 covers the code alone: this may be exactly the rollback of a configuration.
    let summary = format!(
        "code of {serving}, other configuration: {}",
        differences.join("; ")
    );
    CheckResult::ok(evidence, summary)
}

pub(super) fn configuration(input: &PreflightInput<'_>) -> CheckResult {
    let (target, current) = match (input.configured, &input.seen.current) {
        (Ok(target), Ok(current)) => (target, current),
        (Err(unavailable), _) | (_, Err(unavailable)) => return CheckResult::unknown(unavailable),
    };
    let differences = current.differences(target);
    let evidence = vec![list("target.differences", &differences)];
    match differences.len() {
        0 => CheckResult::ok(evidence, "no setting differs"),
        many => CheckResult::warning(
            "differs",
            evidence,
            format!(
                "{} differ; data and secrets stay",
                count(many, "setting", "settings")
            ),
        )
        .next("Read the differences: each should be intended"),
    }
}

pub(super) fn provisioned(input: &PreflightInput<'_>) -> CheckResult {
    match &input.seen.provisioned {
        Err(unavailable) => CheckResult::unknown(unavailable),
        Ok(None) => CheckResult::skipped("none", "no provisioned concurrency"),
        Ok(Some(status)) => {
            let evidence = vec![text("alias.provisioned", status.as_str())];
            let shown = Untrusted::new(status.as_str()).printable(40);
            match status.as_str() {
                "READY" => CheckResult::ok(
                    evidence,
                    "provisioned concurrency ready; a move rebuilds it",
                ),
                _ => CheckResult::warning(
                    "not-ready",
                    evidence,
                    format!("provisioned concurrency {shown}: cold starts"),
                ),
            }
        }
    }
}
