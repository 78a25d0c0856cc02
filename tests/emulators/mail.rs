//! SES and its metrics.

use super::{CLOUDWATCH, SES, STS, fact, judged, stage, this_second, triage};
use crate::support::emulator::{Emulator, Kind};
use crate::support::step;
use serde_json::{Value, json};
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const STEPS: [&str; 5] = [
    "quota",
    "capacity",
    "production-access",
    "bounces",
    "record",
];

/// moto has no SES `GetAccount`: it answers 404 with a web page.
#[test]
fn a_web_page_instead_of_the_mail_account_is_unknown_and_quoted() {
    let emulator = Kind::Moto.take();
    let stage = stage(this_second());
    let moved = [(SES, emulator.url()), (STS, emulator.url())];
    let document = triage(&stage, this_second(), "inc-005", &moved, &[]);
    for id in STEPS {
        if id != "bounces" {
            judged(step(&document, "inc-005", id), "unknown");
        }
    }
    let said = step(&document, "inc-005", "quota")["summary"].to_string();
    assert!(said.contains("404"), "{said}");
    assert!(said.contains("<!doctype html>"), "{said}");
    // The metrics are still the practice stack's, and still judged.
    judged(step(&document, "inc-005", "bounces"), "ok");
}

/// moto does not speak the encoding of the CloudWatch client: whatever it answers is not ok.
#[test]
fn metrics_in_another_encoding_are_unknown() {
    let emulator = Kind::Moto.take();
    let stage = stage(this_second());
    let moved = [(CLOUDWATCH, emulator.url())];
    let document = triage(&stage, this_second(), "inc-005", &moved, &[]);
    let bounces = step(&document, "inc-005", "bounces");
    judged(bounces, "unknown");
    let said = bounces["summary"].as_str().expect("a sentence");
    assert!(said.contains("HTTP 404"), "{said}");
    judged(step(&document, "inc-005", "quota"), "ok");
}

/// ministack's account is HEALTHY, may send 50000 a day, and counts what is sent to it.
#[test]
fn the_mail_account_is_read_as_it_stands() {
    let emulator = Kind::Ministack.take();
    let stage = stage(this_second());
    let look = || {
        let moved = [(SES, emulator.url()), (STS, emulator.url())];
        let document = triage(&stage, this_second(), "inc-005", &moved, &[]);
        step(&document, "inc-005", "quota").clone()
    };
    let quota = look();
    judged(&quota, "ok");
    assert_eq!(fact(&quota, "email.sent_24h"), 0);
    assert_eq!(fact(&quota, "email.max_24h"), 50_000);
    assert_eq!(fact(&quota, "email.left_24h"), 50_000);
    assert_eq!(fact(&quota, "email.production_access"), true);

    // As with AWS, only a verified sender may send.
    let identity = json!({"EmailIdentity": "noreply@example.com"});
    let request = emulator.post("/v2/email/identities");
    emulator.must(request.body(identity.to_string()));
    for _ in 0..3 {
        let mail = json!({
            "FromEmailAddress": "noreply@example.com",
            "Destination": {"ToAddresses": ["duckling@example.com"]},
            "Content": {"Simple": {
                "Subject": {"Data": "Your certificate"},
                "Body": {"Text": {"Data": "Quack."}},
            }},
        });
        emulator.must(
            emulator
                .post("/v2/email/outbound-emails")
                .body(mail.to_string()),
        );
    }
    let quota = look();
    judged(&quota, "ok");
    assert_eq!(fact(&quota, "email.sent_24h"), 3);
    assert_eq!(fact(&quota, "email.left_24h"), 49_997);
}

/// Puts points of `AWS/SES`, in the query protocol: the client under test reads another.
pub(super) fn measured(emulator: &Emulator, points: &[(&str, f64, OffsetDateTime)]) {
    let mut form = "Action=PutMetricData&Version=2010-08-01&Namespace=AWS%2FSES".to_owned();
    for (number, (name, value, at)) in (1..).zip(points) {
        let member = format!("&MetricData.member.{number}");
        let at = at.format(&Rfc3339).expect("a time").replace(':', "%3A");
        form.push_str(&format!(
            "{member}.MetricName={name}{member}.Value={value}{member}.Timestamp={at}"
        ));
    }
    emulator.form("monitoring", &form);
}

fn ago(minutes: u64) -> OffsetDateTime {
    this_second() - Duration::from_secs(minutes * 60)
}

#[test]
fn metrics_are_counted_and_judged() {
    let emulator = Kind::Ministack.take();
    let stage = stage(this_second());
    let look = || -> Value {
        let moved = [(CLOUDWATCH, emulator.url()), (STS, emulator.url())];
        let document = triage(&stage, this_second(), "inc-005", &moved, &[]);
        step(&document, "inc-005", "bounces").clone()
    };
    let count = |step: &Value, name: &str| fact(step, &format!("email.{name}_24h")).clone();

    let nothing = look();
    judged(&nothing, "unknown");
    assert_eq!(nothing["reason_code"], "no-data");

    // Two days ago does not count.
    measured(
        &emulator,
        &[("Send", 30.0, ago(5)), ("Send", 1_000.0, ago(48 * 60))],
    );
    let few = look();
    judged(&few, "ok");
    assert_eq!(few["reason_code"], "few-sends");
    assert_eq!(count(&few, "sends"), 30);

    measured(
        &emulator,
        &[("Send", 70.0, ago(300)), ("Bounce", 4.0, ago(301))],
    );
    let low = look();
    judged(&low, "ok");
    assert_eq!(low["reason_code"], "rates-low");
    assert_eq!([count(&low, "sends"), count(&low, "bounces")], [100, 4]);
    assert_eq!(fact(&low, "email.rates_from"), "counts");

    measured(&emulator, &[("Bounce", 1.0, ago(1_200))]);
    let five = look();
    judged(&five, "warning");
    assert_eq!(five["reason_code"], "bounce-rate");
    assert_eq!(count(&five, "bounces"), 5);

    measured(&emulator, &[("Bounce", 5.0, ago(2))]);
    judged(&look(), "critical");

    // SES's own rates count more than ours.
    measured(
        &emulator,
        &[
            ("Reputation.BounceRate", 0.01, ago(30)),
            ("Reputation.ComplaintRate", 0.001, ago(30)),
        ],
    );
    let rated = look();
    judged(&rated, "warning");
    assert_eq!(rated["reason_code"], "complaint-rate");
    assert_eq!(fact(&rated, "email.rates_from"), "reputation");
}
