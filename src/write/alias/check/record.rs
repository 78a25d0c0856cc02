//! The checks of what was served, by CloudWatch, by the journal and by the API itself.

use super::result::{CheckResult, number, text};
use super::{PreflightInput, Purpose};
use crate::lambda::error_rate::{MAX_ERROR_RATE, error_rate_at_least, error_rate_at_most};
use crate::lambda::policy::{GatewayAccess, GatewayRequest, gateway_access};
use crate::lambda::version_metrics::VersionMetrics;
use crate::observation::Unavailable;
use crate::report::count;
use crate::text::Untrusted;

pub(super) fn concurrency(known: &PreflightInput<'_>) -> CheckResult {
    let reserved = match &known.seen.reserved {
        Ok(reserved) => *reserved,
        Err(unavailable) => return CheckResult::unknown(unavailable),
    };
    if reserved == Some(0) {
        let told = vec![number("function.reserved", 0)];
        return CheckResult::bad(
            "nothing-reserved",
            told,
            "reserved concurrency is 0: no version can run",
        )
        .next("Find out who set it to 0 before raising it")
        .command(format!(
            "aws lambda get-function-concurrency --function-name {} --region {}",
            known.stack.function.value, known.stack.region.value
        ));
    }
    let throttles = match known.fact("lambda.throttles_min") {
        Ok(_) => known.observations.int("lambda.throttles_min").unwrap_or(0),
        // No data points are no throttles only where data points are there.
        Err(unavailable) => return CheckResult::unknown(&unavailable),
    };
    let mut told = vec![number("lambda.throttles_min", throttles)];
    told.extend(reserved.map(|reserved| number("function.reserved", reserved)));
    match throttles {
        0 => CheckResult::ok(told, "no request throttled"),
        _ => CheckResult::bad(
            "throttled",
            told,
            format!("{throttles} throttled; another version adds no concurrency"),
        )
        .next("Raise the concurrency, or find the source of the load; do not roll back"),
    }
}

pub(super) fn permission(known: &PreflightInput<'_>) -> CheckResult {
    let policy = match &known.seen.policy {
        Ok(policy) => policy,
        Err(unavailable) => return CheckResult::unknown(unavailable),
    };
    let alias = &known.stack.alias.value;
    let request = GatewayRequest::of(known.stack, known.at.unix_timestamp());
    let access = match policy {
        None => Ok(GatewayAccess::Refused("there is no policy".to_owned())),
        Some(policy) => gateway_access(policy, &request),
    };
    let is_up = known.yes("api.up") == Ok(true);
    let told = |word| vec![text("alias.gateway", word)];
    match access {
        Err(why) => CheckResult::unsettled(
            "policy",
            Vec::new(),
            format!("not judged: policy of {alias} not understood: {why}"),
        ),
        Ok(GatewayAccess::Allowed { unchecked }) if unchecked.is_empty() => {
            CheckResult::ok(told("allowed"), format!("API Gateway may invoke {alias}"))
        }
        Ok(GatewayAccess::Allowed { unchecked }) => CheckResult::ok(
            told("allowed"),
            format!(
                "API Gateway may invoke {alias}; not compared: {}",
                unchecked.join(", ")
            ),
        ),
        Ok(GatewayAccess::Undecided(why)) => {
            let why = Untrusted::new(why).printable(200);
            let summary = format!("policy of {alias} not decidable: {why}");
            match is_up {
                true => CheckResult::warning(
                    "conditions",
                    told("undecided"),
                    format!("{summary}; API up"),
                ),
                false => CheckResult::unsettled("conditions", told("undecided"), summary.clone()),
            }
            .next("Compare the conditions with the stage and the organisation of the API")
            .command(get_policy(known))
        }
        Ok(GatewayAccess::Refused(why)) => {
            let why = Untrusted::new(why).printable(200);
            let summary = format!("API Gateway may not invoke {alias} ({why})");
            match is_up {
                true => CheckResult::warning("no-permission", told("not allowed"), format!("{summary}; API up, perhaps through a role"))
                    .next("Find out by which permission the API invokes the alias")
                    .command(get_policy(known)),
                false => CheckResult::bad("no-permission", told("not allowed"), format!("{summary}: no version gets requests"))
                    .next("Restore the permission; another version changes nothing")
                    .command(match policy {
                        None => format!(
                            "aws lambda add-permission --function-name {} --qualifier {alias} --statement-id apigateway --action lambda:InvokeFunction --principal apigateway.amazonaws.com --region {}",
                            known.stack.function.value, known.stack.region.value
                        ),
                        // What is in the way must be read first: a statement of the same name or a Deny.
                        Some(_) => get_policy(known),
                    }),
            }
        }
    }
}

fn get_policy(known: &PreflightInput<'_>) -> String {
    format!(
        "aws lambda get-policy --function-name {} --qualifier {} --region {}",
        known.stack.function.value, known.stack.alias.value, known.stack.region.value
    )
}

fn served<'a>(
    known: &'a PreflightInput<'_>,
    version: &str,
) -> Result<Option<&'a VersionMetrics>, Unavailable> {
    let all = known.version_metrics.as_ref().map_err(Clone::clone)?;
    Ok(all
        .iter()
        .find(|served| served.number.to_string() == version))
}

fn serving<'a>(known: &'a PreflightInput<'_>) -> Result<Option<&'a VersionMetrics>, Unavailable> {
    let alias = known.seen.alias.as_ref().map_err(Clone::clone)?;
    served(known, &alias.version)
}

pub(super) fn series(known: &PreflightInput<'_>) -> CheckResult {
    match serving(known) {
        Err(unavailable) => CheckResult::unknown(&unavailable),
        Ok(Some(served)) if served.invoked() > 0 => CheckResult::ok(
            vec![number("current.invocations", served.invoked())],
            "CloudWatch counts the version that serves",
        ),
        Ok(_) => CheckResult::unsettled(
            "no-data",
            Vec::new(),
            "not judged: no CloudWatch data of the version that serves",
        )
        .next("Check that requests use the alias: the URI of the integration ends in :prod"),
    }
}

fn current_told(served: &VersionMetrics) -> Vec<super::result::CheckEvidence> {
    vec![
        number("current.invocations", served.invoked()),
        number("current.errors", served.failed()),
    ]
}

/// `1 error`, `12 errors`
fn errors(number: i64) -> String {
    count(usize::try_from(number).unwrap_or(0), "error", "errors")
}

/// Whether a record proves more errors than a good version has.
fn is_failing(served: &VersionMetrics) -> bool {
    error_rate_at_least(served.failed(), served.invoked()) > MAX_ERROR_RATE
}

fn current_is(served: &VersionMetrics) -> String {
    format!("{}: {}", served.number, served.describe())
}

pub(super) fn current(known: &PreflightInput<'_>) -> CheckResult {
    let served = match serving(known) {
        Err(unavailable) => return CheckResult::unknown(&unavailable),
        Ok(None) => return CheckResult::skipped("no-data", "no invocations to count"),
        Ok(Some(served)) => served,
    };
    let (told, is) = (current_told(served), current_is(served));
    let recent = known.observations.int("lambda.errors_min").unwrap_or(0);
    match (served.invoked(), recent) {
        (0, _) => CheckResult::skipped("no-data", "no invocations to count"),
        // A canary's errors are the alias's, and not those of the version beside it.
        (_, 1..) if is_of_others(known) => CheckResult::warning(
            "canary-failing",
            told,
            format!("{is}; {} of the canary in the last 5 min", errors(recent)),
        ),
        (_, 1..) => CheckResult::warning(
            "failing",
            told,
            format!(
                "{} serves now: {} in the last 5 min",
                served.number,
                errors(recent)
            ),
        ),
        _ if is_failing(served) => CheckResult::warning("failing", told, is),
        (invoked, _) if error_rate_at_most(served.failed(), invoked) > MAX_ERROR_RATE => {
            CheckResult::warning("few", told, format!("{is}; too few for a verdict"))
        }
        _ => CheckResult::ok(told, is),
    }
}

fn is_of_others(known: &PreflightInput<'_>) -> bool {
    let owner = known.fact("lambda.errors_of");
    owner.is_ok_and(|owner| owner.shown().as_str() == "others")
}

pub(super) fn target(known: &PreflightInput<'_>) -> CheckResult {
    let rolled_back = known
        .target
        .parse()
        .is_ok_and(|n| known.rolled_back.contains(&n));
    if rolled_back {
        let told = vec![text("target.rolled_back", known.target)];
        let target = known.target;
        // That it failed is what the rollback was for. Only who rolls forward again, by the undo
        // line, says that it was a mistake.
        let record = served(known, target).ok().flatten();
        let failing = record.filter(|served| is_failing(served));
        return match (known.undoes, failing) {
            (true, Some(served)) if !known.is(Purpose::Rollback) => CheckResult::bad(
                "failed-before",
                told,
                format!("{target} was rolled back last: {}", served.describe()),
            )
            .next("Publish the repaired code as a new version"),
            (true, Some(served)) => CheckResult::warning(
                "undoes",
                told,
                format!(
                    "{target} was rolled back last ({}); this undoes it",
                    served.describe()
                ),
            ),
            (true, None) => CheckResult::warning(
                "undoes",
                told,
                format!("{target} was rolled back last; this undoes it"),
            ),
            (false, _) => CheckResult::bad(
                "rolled-back",
                told,
                format!("{target} was rolled back before (journal)"),
            )
            .next("Publish the repaired code as a new version"),
        };
    }
    let served = match served(known, known.target) {
        Err(unavailable) => return CheckResult::unknown(&unavailable),
        Ok(served) => served,
    };
    let Some(served) = served.filter(|served| served.invoked() > 0) else {
        let never = format!("{} did not serve prod in 30 d", known.target);
        return match known.is_back() || known.is(Purpose::Rollback) {
            true => CheckResult::warning(
                "never-served",
                vec![number("target.invocations", 0)],
                format!("{never}: no record"),
            ),
            false => CheckResult::skipped("never-served", format!("{never}: no record")),
        };
    };
    let told = vec![
        number("target.invocations", served.invoked()),
        number("target.errors", served.failed()),
    ];
    let is = current_is(served);
    match (served.failed(), served.invoked()) {
        _ if is_failing(served) => {
            CheckResult::bad("failed-before", told, is).next("Choose a version with a good record")
        }
        (failed, invoked) if error_rate_at_most(failed, invoked) > MAX_ERROR_RATE => {
            CheckResult::warning("few", told, format!("{is}; too few for a verdict"))
        }
        _ => CheckResult::ok(told, is),
    }
}

pub(super) fn smoke(known: &PreflightInput<'_>) -> CheckResult {
    match known.smoke {
        None => CheckResult::skipped("not-wanted", "not run; --smoke invokes it once"),
        Some(Ok(answer)) => CheckResult::ok(
            vec![text("target.smoke", answer.as_str())],
            format!(
                "invoked once: {}",
                Untrusted::new(answer.as_str()).printable(80)
            ),
        ),
        Some(Err(why)) => CheckResult::bad(
            "smoke",
            vec![text("target.smoke", why.as_str())],
            format!(
                "invoked once, failed: {}",
                Untrusted::new(why.as_str()).printable(160)
            ),
        )
        .next("Choose another version"),
    }
}
