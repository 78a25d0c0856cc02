//! Checks of the receiver's response: whether the receiver verifies signatures, its clock, and
//! whether it accepted the delivery.

use super::Diagnosis;
use crate::report::model::Verdict;
use crate::webhook::send::{ReceiverResponse, SendOutcome};
use reqwest::header::DATE;
use std::time::Duration;
use time::OffsetDateTime;
use time::macros::format_description;

/// A response that takes longer is slow: the stack waits ten seconds.
const SLOW: Duration = Duration::from_secs(5);
/// The largest clock skew that is ok, in seconds.
const MAX_SKEW_OK: u64 = 60;
/// The largest clock skew that is only a warning, in seconds: beyond it receivers with a time
/// window refuse everything.
const MAX_SKEW_WARNING: u64 = 300;

pub(super) fn check_signature(
    answer: &ReceiverResponse,
    forged: Option<&SendOutcome>,
) -> Diagnosis {
    let id = "signature";
    if matches!(answer.status, 401 | 403) {
        return Diagnosis::critical(
            id,
            format!("a right signature is refused, HTTP {}", answer.status),
        )
        .fix(
            "The receiver has another secret, does not sign the raw bytes, or stands behind a login: compare with duckops webhook verify",
        );
    }
    let undecided = |text: String| Diagnosis::unknown(id, text);
    match forged {
        None => {
            undecided(format!("not shown by HTTP {}", answer.status)).fix("Fix the answer first")
        }
        Some(SendOutcome::Answered(forged)) if forged.is_accepted() => Diagnosis::new(
            id,
            Verdict::Warning,
            "a right signature is accepted, and so is a wrong one: the receiver does not verify",
        )
        .fix("Make the receiver compare the signature, in constant time, over the raw body"),
        Some(SendOutcome::Answered(forged)) => match forged.status {
            400 | 401 | 403 | 422 => Diagnosis::ok(
                id,
                format!(
                    "a right one is accepted and a wrong one refused, HTTP {}",
                    forged.status
                ),
            ),
            status => undecided(format!(
                "a right one is accepted; a wrong one got HTTP {status}, which refuses no signature"
            ))
            .fix("Have the receiver answer 401 to a wrong signature, then run it again"),
        },
        Some(SendOutcome::NotSent { why, .. } | SendOutcome::NoAnswer(why)) => undecided(format!(
            "a right one is accepted; a wrong one got no answer: {why}"
        ))
        .fix("Ask again, with a longer --deadline if that is over"),
    }
}

/// `now` is the wall clock as the answer came.
pub(super) fn check_clock(answer: &ReceiverResponse, now: OffsetDateTime) -> Diagnosis {
    let id = "clock";
    let form = format_description!(
        version = 2,
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let told = answer.header(&DATE).and_then(|date| {
        let date = time::PrimitiveDateTime::parse(date, form).ok()?;
        Some(date.assume_utc().unix_timestamp())
    });
    let Some(told) = told else {
        return Diagnosis::unknown(id, "the answer has no Date, so no clock can be compared")
            .fix("Have the receiver send a Date, or compare the clocks yourself: date -u on both machines");
    };
    let skew = told.saturating_sub(now.unix_timestamp());
    let found = format!("the answer's Date is {skew} s off this machine's clock");
    let (verdict, fix) = match skew.unsigned_abs() {
        0..=MAX_SKEW_OK => return Diagnosis::ok(id, found),
        off if off <= MAX_SKEW_WARNING => (
            Verdict::Warning,
            "Set the clocks before a time window is missed",
        ),
        _ => (
            Verdict::Critical,
            "Set the clocks: a receiver with a time window refuses everything by now",
        ),
    };
    Diagnosis::new(id, verdict, found).fix(fix)
}

pub(super) fn check_status(answer: &ReceiverResponse) -> Diagnosis {
    let id = "answer";
    let found = format!("HTTP {} in {} ms", answer.status, answer.took.as_millis());
    let (verdict, fix) = match answer.status {
        200..=299 if answer.took < SLOW => return Diagnosis::ok(id, found),
        200..=299 => (
            Verdict::Warning,
            "Answer first and work afterwards: a delivery is given 10 s",
        ),
        300..=399 => (
            Verdict::Critical,
            "Deliveries follow no redirect: ask with the URL that it leads to, and register that one once it is healthy (spaceduck-bot-home.html)",
        ),
        401 | 403 => (
            Verdict::Critical,
            "Give the receiver the secret that is registered, or register the one it has (spaceduck-bot-home.html)",
        ),
        404 | 405 | 410 => (
            Verdict::Critical,
            "Compare path and method with what is registered (spaceduck-bot-home.html); register another URL only once that one is healthy",
        ),
        429 => (
            Verdict::Critical,
            "Let the receiver take deliveries without a limit",
        ),
        500..=599 => (
            Verdict::Critical,
            "Look into the receiver's log at this moment: it failed while it handled the event",
        ),
        _ => (
            Verdict::Critical,
            "Look into the receiver's log at this moment: why does it not take this delivery?",
        ),
    };
    Diagnosis::new(id, verdict, found).fix(fix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderMap;
    use std::collections::BTreeSet;

    fn answer(status: u16, date: Option<&'static str>) -> ReceiverResponse {
        let mut map = HeaderMap::new();
        if let Some(date) = date {
            map.insert(DATE, date.parse().expect("a header"));
        }
        ReceiverResponse::for_tests(status, map)
    }

    #[test]
    fn every_status_has_its_fix_and_none_asks_for_a_new_approval() {
        let mut fixes = BTreeSet::new();
        for (status, verdict) in [
            (200, Verdict::Ok),
            (204, Verdict::Ok),
            (302, Verdict::Critical),
            (401, Verdict::Critical),
            (404, Verdict::Critical),
            (410, Verdict::Critical),
            (413, Verdict::Critical),
            (429, Verdict::Critical),
            (500, Verdict::Critical),
            (599, Verdict::Critical),
        ] {
            let finding = check_status(&answer(status, None));
            assert_eq!(finding.verdict, verdict, "{status}");
            fixes.extend(finding.fix);
        }
        assert_eq!(fixes.len(), 6);
        for fix in fixes {
            assert!(!fix.contains("peck") && !fix.contains("approv"), "{fix}");
        }
    }

    #[test]
    fn a_receiver_verifies_only_if_it_refuses_a_wrong_signature_as_such() {
        let right = answer(200, None);
        let wrong = |status| SendOutcome::Answered(answer(status, None));
        for (forged, verdict) in [
            (Some(wrong(401)), Verdict::Ok),
            (Some(wrong(403)), Verdict::Ok),
            (Some(wrong(400)), Verdict::Ok),
            (Some(wrong(200)), Verdict::Warning),
            (Some(wrong(202)), Verdict::Warning),
            (Some(wrong(500)), Verdict::Unknown),
            (Some(wrong(302)), Verdict::Unknown),
            (Some(wrong(429)), Verdict::Unknown),
            (Some(SendOutcome::NoAnswer("x".into())), Verdict::Unknown),
            (None, Verdict::Unknown),
        ] {
            assert_eq!(
                check_signature(&right, forged.as_ref()).verdict,
                verdict,
                "{forged:?}"
            );
        }
        for status in [401, 403] {
            let refused = check_signature(&answer(status, None), None);
            assert_eq!(refused.verdict, Verdict::Critical);
        }
    }

    #[test]
    fn clock_skew_is_compared_to_the_second() {
        let now = OffsetDateTime::from_unix_timestamp(1_774_149_129).expect("a time");
        let at = |date| check_clock(&answer(200, date), now).verdict;
        for (date, verdict) in [
            ("Sun, 22 Mar 2026 03:12:09 GMT", Verdict::Ok),
            ("Sun, 22 Mar 2026 03:13:09 GMT", Verdict::Ok),
            ("Sun, 22 Mar 2026 03:13:10 GMT", Verdict::Warning),
            ("Sun, 22 Mar 2026 03:17:09 GMT", Verdict::Warning),
            ("Sun, 22 Mar 2026 03:17:10 GMT", Verdict::Critical),
            ("Sun, 22 Mar 2026 03:07:08 GMT", Verdict::Critical),
            ("yesterday", Verdict::Unknown),
        ] {
            assert_eq!(at(Some(date)), verdict, "{date}");
        }
        // Without a witness nothing is proven.
        assert_eq!(at(None), Verdict::Unknown);
    }
}
