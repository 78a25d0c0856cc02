//! SES counts in CloudWatch that show no mail, while the account says that mail was sent: then the
//! metric is missing, and a rate of it proves nothing.

use crate::fact::{self, FactValue, Probe};
use crate::observation::{Observation, Unavailable, UnavailableReason};

/// Takes the counts of `Send` away where GetAccount contradicts them.
pub fn check_mail_silence(answers: &mut [Observation]) {
    let int = |probe: Probe, path: &str| {
        let answer = answers.iter().find(|answer| answer.probe == probe)?;
        match answer.outcome(path).ok()?.value {
            FactValue::Int(count) => Some(count),
            _ => None,
        }
    };
    let sent = int(Probe::Email, "email.sent_24h").filter(|sent| *sent > 0);
    let counted = int(Probe::Metrics, "email.sends_24h");
    let (Some(sent), Some(0)) = (sent, counted) else {
        return;
    };
    let unavailable = Unavailable::new(
        UnavailableReason::NoData,
        format!(
            "CloudWatch has no points of AWS/SES Send, though GetAccount says that {sent} mails were sent in 24 h"
        ),
    );
    for answer in answers
        .iter_mut()
        .filter(|answer| answer.probe == Probe::Metrics)
    {
        answer.invalidate(
            fact::declared(Probe::Metrics),
            |fact| matches!(fact.path, "email.sends_24h" | "email.sends_hourly"),
            &unavailable,
        );
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
}
