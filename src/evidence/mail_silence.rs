//! Where CloudWatch is silent on mail, the account's own count decides: mail that it counted makes the
//! metric a missing one, which proves nothing; a count of none is why there are no points.

use crate::fact::{self, FactValue, Probe};
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::text::Untrusted;

/// Takes the counts of `Send` away where GetAccount contradicts them, and counts nothing where
/// GetAccount says that nothing was sent.
pub fn check_mail_silence(answers: &mut [Observation]) {
    let fact = |probe: Probe, path: &str| {
        let answer = answers.iter().find(|answer| answer.probe == probe)?;
        Some(answer.outcome(path))
    };
    let Some(Ok(sent)) = fact(Probe::Email, "email.sent_24h") else {
        return;
    };
    let FactValue::Int(mails) = sent.value else {
        return;
    };
    let why = match (mails, fact(Probe::Metrics, "email.sends_24h")) {
        (1.., Some(Ok(counted))) if counted.value == FactValue::Int(0) => {
            let hourly = fact(Probe::Metrics, "email.sends_hourly");
            let has_points = hourly.is_some_and(|hourly| {
                hourly.is_ok_and(|hourly| hourly.value != FactValue::Series(Vec::new()))
            });
            let (why, counts) = match has_points {
                true => (UnavailableReason::Contradictory, "counts 0 mails in"),
                false => (UnavailableReason::NoData, "has no points of"),
            };
            let detail = format!(
                "CloudWatch {counts} AWS/SES Send, though GetAccount reports {mails} mails sent in 24 h"
            );
            Unavailable::new(why, detail)
        }
        (0, Some(Err(why))) if why.why == UnavailableReason::NoData => why,
        _ => return,
    };
    for answer in answers
        .iter_mut()
        .filter(|answer| answer.probe == Probe::Metrics)
    {
        if mails > 0 {
            answer.invalidate(
                fact::declared(Probe::Metrics),
                |fact| matches!(fact.path, "email.sends_24h" | "email.sends_hourly"),
                &why,
            );
            continue;
        }
        answer.set("email.sends_24h", FactValue::Int(0), sent.at);
        for path in ["email.bounces_24h", "email.complaints_24h"] {
            if answer.outcome(path).is_err() {
                answer.set(path, FactValue::Int(0), sent.at);
            }
        }
        if answer.outcome("email.rates_from").is_err() {
            let counts = FactValue::Text(Untrusted::new("counts"));
            answer.set("email.rates_from", counts, sent.at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::OffsetDateTime;

    #[test]
    fn mail_that_the_account_sent_contradicts_a_count_of_none() {
        for (sent, counted, known) in [(180, 0, false), (0, 0, true), (180, 170, true)] {
            let at = OffsetDateTime::UNIX_EPOCH;
            let mut email = Observation::new(Probe::Email);
            email.set("email.sent_24h", FactValue::Int(sent), at);
            let mut metrics = Observation::new(Probe::Metrics);
            metrics.set("email.sends_24h", FactValue::Int(counted), at);
            metrics.set("email.bounces_24h", FactValue::Int(70), at);
            let mut answers = vec![email, metrics];
            check_mail_silence(&mut answers);
            let sends = answers[1].outcome("email.sends_24h");
            assert_eq!(sends.is_ok(), known, "{sent} sent, {counted} counted");
            assert!(answers[1].outcome("email.bounces_24h").is_ok());
        }
    }

    #[test]
    fn a_count_of_none_that_the_account_contradicts_is_no_missing_one() {
        use UnavailableReason::{Contradictory, NoData};
        for (points, due) in [(Vec::new(), NoData), (vec![(3_600, 0)], Contradictory)] {
            let at = OffsetDateTime::UNIX_EPOCH;
            let mut email = Observation::new(Probe::Email);
            email.set("email.sent_24h", FactValue::Int(17), at);
            let mut metrics = Observation::new(Probe::Metrics);
            metrics.set("email.sends_24h", FactValue::Int(0), at);
            metrics.set("email.sends_hourly", FactValue::Series(points), at);
            let mut answers = vec![email, metrics];
            check_mail_silence(&mut answers);
            let sends = answers[1].outcome("email.sends_24h").expect_err("unknown");
            assert_eq!(sends.why, due);
        }
    }

    #[test]
    fn no_points_are_no_bounces_only_where_the_account_sent_nothing() {
        use UnavailableReason::{Denied, NoData};
        for (sent, why, known) in [
            (Some(0), NoData, true),
            (Some(0), Denied, false),
            (Some(1), NoData, false),
            (None, NoData, false),
        ] {
            let at = OffsetDateTime::UNIX_EPOCH;
            let mut email = Observation::new(Probe::Email);
            if let Some(sent) = sent {
                email.set("email.sent_24h", FactValue::Int(sent), at);
            }
            let mut metrics = Observation::new(Probe::Metrics);
            metrics.default_unavailable(Unavailable::new(why, "no points"));
            let mut answers = vec![email, metrics];
            check_mail_silence(&mut answers);
            for path in ["email.sends_24h", "email.bounces_24h", "email.rates_from"] {
                let found = answers[1].outcome(path).is_ok();
                assert_eq!(found, known, "{sent:?} sent, {why:?}: {path}");
            }
        }
    }
}
