//! Whose answer it is: the ARN in an answer of Lambda or Step Functions must name what was asked for.
//!
//! An endpoint, a proxy or a cache that answers for another account, region, function or alias would
//! otherwise be believed, and a write planned on it.

use crate::observation::{Unavailable, UnavailableReason};
use crate::stack::Stack;
use crate::text::Untrusted;

/// Checks the ARN of a function, version or alias. `qualifiers` are what may follow the name; empty
/// where nothing need follow.
///
/// # Errors
/// That the answer has no ARN, or names something else.
pub(crate) fn check_function_arn(
    stack: &Stack,
    arn: Option<&str>,
    qualifiers: &[&str],
) -> Result<(), Unavailable> {
    let function = stack.function.value.as_str();
    // The setting may be an ARN or hold the account: the name stands last.
    let function = function.rsplit(':').next().unwrap_or(function);
    let rest = check_place(stack, arn, "lambda")?;
    let mut parts = rest.split(':');
    let kind = parts.next() == Some("function");
    let name = parts.next() == Some(function);
    let qualifier = parts.next();
    let is_ours = match qualifier {
        Some(found) => qualifiers.contains(&found),
        // The function without a qualifier is its unpublished version.
        None => qualifiers.is_empty() || qualifiers.contains(&"$LATEST"),
    };
    if kind && name && is_ours && parts.next().is_none() {
        return Ok(());
    }
    Err(other(
        UnavailableReason::Contradictory,
        arn,
        match qualifiers.first() {
            Some(qualifier) => format!("{function}:{qualifier}"),
            None => function.to_owned(),
        },
    ))
}

/// Checks an answer about an alias by its ARN and, where it has one, its name.
///
/// # Errors
/// That the answer has no ARN, or that one of them names something else.
pub(crate) fn check_alias(
    stack: &Stack,
    alias: &str,
    arn: Option<&str>,
    name: Option<&str>,
) -> Result<(), Unavailable> {
    check_function_arn(stack, arn, &[alias])?;
    match name.filter(|name| *name != alias) {
        Some(_) => Err(other(
            UnavailableReason::Contradictory,
            name,
            format!("alias {alias}"),
        )),
        None => Ok(()),
    }
}

/// Checks the ARN of the approval workflow in a list of its executions.
///
/// # Errors
/// That the answer has no ARN, or names another workflow.
pub(crate) fn check_state_machine_arn(stack: &Stack, arn: &str) -> Result<(), Unavailable> {
    let wanted = stack.state_machine_arn();
    let name = wanted.splitn(6, ':').nth(5).unwrap_or_default();
    let rest = check_place(stack, Some(arn), "states")?;
    match rest == name {
        true => Ok(()),
        false => Err(other(UnavailableReason::Contradictory, Some(arn), wanted)),
    }
}

/// Checks service, region and account; what follows them.
fn check_place<'a>(
    stack: &Stack,
    arn: Option<&'a str>,
    service: &str,
) -> Result<&'a str, Unavailable> {
    let missing = "the answer has no ARN, so its owner is not proven";
    let missing = || Unavailable::new(UnavailableReason::Missing, missing);
    let text = arn.filter(|arn| !arn.is_empty()).ok_or_else(missing)?;
    let mut parts = text.splitn(6, ':');
    let is_arn = parts.next() == Some("arn") && parts.next().is_some();
    let (region, account) = (&stack.region.value, &stack.account.value);
    let found = (parts.next(), parts.next(), parts.next(), parts.next());
    let (Some(found_service), Some(found_region), Some(found_account), Some(rest)) = found else {
        return Err(other(
            UnavailableReason::Mistyped,
            arn,
            format!("an ARN of {service}"),
        ));
    };
    if !is_arn || found_service != service {
        return Err(other(
            UnavailableReason::Mistyped,
            arn,
            format!("an ARN of {service}"),
        ));
    }
    if found_account != account {
        return Err(other(
            UnavailableReason::WrongAccount,
            arn,
            format!("account {account}"),
        ));
    }
    if found_region != region {
        return Err(other(
            UnavailableReason::WrongRegion,
            arn,
            format!("region {region}"),
        ));
    }
    Ok(rest)
}

fn other(why: UnavailableReason, found: Option<&str>, wanted: String) -> Unavailable {
    let shown = Untrusted::new(found.unwrap_or_default()).printable(160);
    Unavailable::new(
        why,
        format!("the answer is about {shown}, not about {wanted}"),
    )
    .fix("Find out who answers in place of AWS: an endpoint override, a proxy or another profile")
    .command("duckops doctor")
}
