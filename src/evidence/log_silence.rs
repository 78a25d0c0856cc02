//! A log that holds no line while the function is invoked is the wrong place, or is not written:
//! that it shows no fault proves nothing. Log levels of the function's configuration may keep the
//! lines of a healthy function out, and those of errors, too.

use crate::fact::{self, FactValue, Probe};
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::text::counted;

/// The window of errors in the log.
const WINDOW: i64 = 15 * 60;
/// Lines may lag behind the metrics by so much.
const LAG: i64 = 120;
/// What is counted exactly, and so rests on the absence of lines.
const EXACT: [&str; 3] = [
    "logs.errors_15m",
    "logs.cert_failures_1h",
    "logs.mail_errors_1h",
];

/// Takes the counts of a silent log away where the metrics show invocations.
pub fn check_log_silence(answers: &mut [Observation], now: i64) {
    let invoked = invocations(answers, now);
    let logs = answers
        .iter_mut()
        .find(|observation| observation.probe == Probe::Logs);
    let Some(logs) = logs else {
        return;
    };
    let value = |path: &str| logs.outcome(path).map(|fact| fact.value);
    let is = |path: &str| value(path) == Ok(FactValue::Bool(true));
    if is("logs.hides_errors") {
        let unavailable = Unavailable::new(
            UnavailableReason::NoData,
            "the function logs nothing below FATAL, by its configuration: errors would not show",
        )
        .fix("Set ApplicationLogLevel of the function to ERROR or below");
        return take_away(logs, &unavailable);
    }
    let Some(invoked) = invoked.filter(|count| *count > 0) else {
        return;
    };
    if !is("logs.silent") || is("logs.quiet") {
        return;
    }
    let group = match value("logs.group") {
        Ok(FactValue::Text(group)) => group.printable(160).to_string(),
        _ => "the log group".to_owned(),
    };
    let unavailable = Unavailable::new(
        UnavailableReason::NoData,
        format!(
            "{group} holds no line of the last 15 min, though the function was invoked {}: it logs elsewhere, or may not write",
            counted(invoked, "time")
        ),
    )
    .fix("Check LoggingConfig of the function and logs:PutLogEvents of its role");
    take_away(logs, &unavailable);
}

fn take_away(logs: &mut Observation, unavailable: &Unavailable) {
    logs.invalidate(
        fact::declared(Probe::Logs),
        |fact| EXACT.contains(&fact.path),
        unavailable,
    );
}

/// Invocations in the window of the log, as far as their lines must have arrived.
fn invocations(answers: &[Observation], now: i64) -> Option<i64> {
    let lambda = answers
        .iter()
        .find(|observation| observation.probe == Probe::Lambda)?;
    let Ok(FactValue::Series(points)) = lambda
        .outcome("lambda.invocations_by_minute")
        .map(|fact| fact.value)
    else {
        return None;
    };
    let window = now - WINDOW..now - LAG;
    let inside = points.iter().filter(|(at, _)| window.contains(at));
    Some(inside.map(|(_, count)| count).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Untrusted;
    use time::OffsetDateTime;

    const NOW: i64 = 1_774_149_129;

    fn answers(silent: bool, invoked_ago: i64) -> Vec<Observation> {
        let at = OffsetDateTime::from_unix_timestamp(NOW).expect("an instant");
        let mut logs = Observation::new(Probe::Logs);
        logs.set("logs.silent", FactValue::Bool(silent), at);
        logs.set("logs.group", FactValue::Text(Untrusted::new("/duck")), at);
        logs.set("logs.errors_15m", FactValue::Int(0), at);
        logs.set("logs.errors_15m_min", FactValue::Int(0), at);
        let mut lambda = Observation::new(Probe::Lambda);
        let points = vec![(NOW - invoked_ago, 7)];
        lambda.set(
            "lambda.invocations_by_minute",
            FactValue::Series(points),
            at,
        );
        vec![logs, lambda]
    }

    #[test]
    fn levels_of_the_configuration_explain_silence_or_hide_errors() {
        let at = OffsetDateTime::from_unix_timestamp(NOW).expect("an instant");
        for (silent, path, known) in [
            (true, "logs.quiet", true),
            (false, "logs.quiet", true),
            (true, "logs.hides_errors", false),
            (false, "logs.hides_errors", false),
        ] {
            let mut answers = answers(silent, 300);
            answers[0].set(path, FactValue::Bool(true), at);
            check_log_silence(&mut answers, NOW);
            let errors = answers[0].outcome("logs.errors_15m");
            assert_eq!(errors.is_ok(), known, "silent {silent}, {path}");
        }
    }

    #[test]
    fn a_silent_log_of_an_invoked_function_proves_no_absence() {
        for (silent, ago, known) in [
            (true, 300, false),
            (true, 1_200, true),
            (true, 30, true),
            (false, 300, true),
        ] {
            let mut answers = answers(silent, ago);
            check_log_silence(&mut answers, NOW);
            let errors = answers[0].outcome("logs.errors_15m");
            assert_eq!(errors.is_ok(), known, "silent {silent}, {ago} s ago");
            assert!(answers[0].outcome("logs.errors_15m_min").is_ok());
            if let Err(unavailable) = errors {
                assert!(unavailable.detail.as_str().contains("/duck"));
            }
        }
    }
}
