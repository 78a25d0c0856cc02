//! A failure before the function: the policy of the alias denies API Gateway.
//!
//! The gateway answers such a request with a 500 of its own that looks like the function's. Only
//! the policy distinguishes them; and where the function counts errors, requests do reach it.

use crate::fact::{FactValue, Probe};
use crate::lambda::policy::GatewayAccess;
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use time::OffsetDateTime;

/// Seconds within which errors of the function show that requests reach it.
const RECENT: i64 = 600;

/// Adds what the policy says to the answers, and moves the cause of the failure before the function
/// where the policy refuses the gateway and the function counts no errors.
pub fn check_gateway(
    answers: &mut [Observation],
    access: &Result<GatewayAccess, Unavailable>,
    now: OffsetDateTime,
) {
    let fails_inside = answers
        .iter()
        .find(|answer| answer.probe == Probe::Lambda)
        .is_some_and(|lambda| has_recent_errors(lambda, now.unix_timestamp()));
    let text = |text: &str| FactValue::Text(Untrusted::new(text));
    for alias in answers.iter_mut().filter(|a| a.probe == Probe::Alias) {
        let (word, why) = match access {
            Ok(GatewayAccess::Allowed { .. }) => (Ok("allowed"), None),
            Ok(GatewayAccess::Refused(why)) => (Ok("refused"), Some(why)),
            Ok(GatewayAccess::Undecided(why)) => (Ok("undecided"), Some(why)),
            Err(unavailable) => (Err(unavailable.clone()), None),
        };
        let none = || match access {
            Err(unavailable) => unavailable.clone(),
            Ok(_) => Unavailable::new(UnavailableReason::NoData, "nothing speaks against it"),
        };
        alias.put("alias.gateway", word.map(text), now);
        let why = why.map(|why| text(why)).ok_or_else(none);
        alias.put("alias.gateway_reason", why, now);
    }
    let Ok(GatewayAccess::Refused(why)) = access else {
        return;
    };
    if fails_inside {
        return;
    }
    for status in answers.iter_mut().filter(|a| a.probe == Probe::Status) {
        let cause = status.outcome("api.cause").map(|cause| cause.value);
        if !cause.is_ok_and(|cause| cause.shown().as_str() == "lambda") {
            continue;
        }
        status.set("api.cause", text("gateway"), now);
        if let Ok(answer) = status.outcome("api.answer") {
            let answer = answer.value.shown();
            let why = Untrusted::new(why.as_str()).printable(200);
            let answer = format!("{answer}; the alias does not let API Gateway in: {why}");
            status.set("api.answer", text(&answer), now);
        }
    }
}

fn has_recent_errors(lambda: &Observation, now: i64) -> bool {
    let Ok(errors) = lambda.outcome("lambda.errors_by_minute") else {
        return false;
    };
    match errors.value {
        FactValue::Series(points) => points.iter().any(|(at, n)| *n > 0 && *at > now - RECENT),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_774_149_129;

    fn cause(
        access: Result<GatewayAccess, Unavailable>,
        errors: &[(i64, i64)],
        told: &str,
    ) -> String {
        let now = OffsetDateTime::from_unix_timestamp(NOW).expect("an instant");
        let text = |text: &str| FactValue::Text(Untrusted::new(text));
        let mut status = Observation::new(Probe::Status);
        status.set("api.cause", text(told), now);
        status.set("api.answer", text("HTTP 500"), now);
        let mut lambda = Observation::new(Probe::Lambda);
        let errors = errors.iter().map(|(ago, n)| (NOW - ago, *n)).collect();
        lambda.set("lambda.errors_by_minute", FactValue::Series(errors), now);
        let mut answers = [status, lambda, Observation::new(Probe::Alias)];
        check_gateway(&mut answers, &access, now);
        let shown = |at: usize, path| match answers[at].outcome(path) {
            Ok(fact) => fact.value.shown().to_string(),
            Err(_) => "-".to_owned(),
        };
        let cause = shown(0, "api.cause");
        assert_eq!(
            shown(0, "api.answer").contains("let API Gateway in"),
            cause != told
        );
        format!("{cause} {}", shown(2, "alias.gateway"))
    }

    #[test]
    fn a_refusing_policy_is_the_cause_unless_the_function_counts_errors() {
        let refused = || Ok(GatewayAccess::Refused("g denies it".to_owned()));
        let allowed = || {
            Ok(GatewayAccess::Allowed {
                unchecked: Vec::new(),
            })
        };
        let denied = || Err(Unavailable::new(UnavailableReason::Denied, "no"));
        assert_eq!(cause(refused(), &[], "lambda"), "gateway refused");
        assert_eq!(
            cause(refused(), &[(300, 0), (900, 5)], "lambda"),
            "gateway refused"
        );
        assert_eq!(cause(refused(), &[(300, 5)], "lambda"), "lambda refused");
        assert_eq!(cause(refused(), &[], "network"), "network refused");
        assert_eq!(cause(allowed(), &[], "lambda"), "lambda allowed");
        assert_eq!(cause(denied(), &[], "lambda"), "lambda -");
        let undecided = Ok(GatewayAccess::Undecided("it depends".to_owned()));
        assert_eq!(cause(undecided, &[], "lambda"), "lambda undecided");
    }
}
