//! Scenes of INC-002: certificates that do not come, and what the log says of them.

use super::edit::{audit_event, certified, hours, logged, minutes, sent};
use super::{Expect, Scene};
use crate::practice::{FakeStack, Fault, Operation};
use serde_json::json;
use std::time::Duration;

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "inc-002",
        hides: "Three ducklings signed up in 2 d, no certificate was written, and the log shows why.",
        runbook: Some("inc-002"),
        expect: Expect::caused_by("inc-002").with(&[
            ("inc-002", "counts", "critical"),
            ("inc-002", "last-cert", "warning"),
            ("inc-002", "logs", "warning"),
            ("inc-002", "ses", "warning"),
            ("inc-002", "code-path", "critical"),
        ]),
        change: |world| {
            certified(world, &[hours(40), hours(20), hours(5)], &[]);
            let message = "[ERROR] cert write failed: ValidationException";
            logged(world, minutes(50), message);
            logged(world, minutes(20), message);
        },
    },
    Scene {
        name: "certs-24h",
        hides: "The newest certificate is 39 h old, and a duckling has signed up since.",
        runbook: Some("inc-002"),
        expect: Expect::of("warning").with(&[
            ("inc-002", "counts", "warning"),
            ("inc-002", "last-cert", "warning"),
            ("inc-002", "logs", "ok"),
            ("inc-002", "ses", "warning"),
            ("inc-002", "code-path", "skipped"),
        ]),
        change: |world| certified(world, &[hours(40), hours(5)], &[hours(39)]),
    },
    Scene {
        name: "certs-half",
        hides: "20 ducklings signed up today, and one got its certificate: not a stall, and still broken.",
        runbook: Some("inc-002"),
        expect: Expect::of("warning").with(&[
            ("inc-002", "counts", "warning"),
            ("inc-002", "last-cert", "ok"),
            ("inc-002", "logs", "ok"),
            ("inc-002", "ses", "warning"),
            ("inc-002", "code-path", "skipped"),
        ]),
        change: |world| certified(world, &twenty(), &[hours(3)]),
    },
    Scene {
        name: "certs-day-one",
        hides: "duckops was installed a minute ago and has no history; the feed shows 20 new ducklings and no certificate.",
        runbook: Some("inc-002"),
        expect: Expect::caused_by("inc-002").with(&[
            ("inc-002", "counts", "critical"),
            ("inc-002", "last-cert", "warning"),
            ("inc-002", "logs", "ok"),
            ("inc-002", "ses", "warning"),
            ("inc-002", "code-path", "critical"),
        ]),
        change: |world| {
            certified(world, &twenty(), &[]);
            for ago in twenty() {
                audit_event(world, ago, "duck.hatched", json!({}));
            }
            world.recorded.clear();
        },
    },
    Scene {
        name: "certs-pace",
        hides: "One duckling waits because it signed up 3 min ago; the others have their certificates.",
        runbook: Some("inc-002"),
        expect: Expect::of("ok").with(&[
            ("inc-002", "counts", "ok"),
            ("inc-002", "last-cert", "ok"),
            ("inc-002", "logs", "ok"),
            ("inc-002", "ses", "ok"),
            ("inc-002", "code-path", "skipped"),
        ]),
        change: |world| {
            let came = [hours(30), hours(5), minutes(3)];
            certified(world, &came, &[hours(29), hours(4)]);
        },
    },
    Scene {
        name: "certs-nobody",
        hides: "No certificate in 2 d, and no duckling waits for one.",
        runbook: Some("inc-002"),
        expect: Expect::of("ok").with(&[
            ("inc-002", "counts", "ok"),
            ("inc-002", "last-cert", "ok"),
            ("inc-002", "code-path", "skipped"),
        ]),
        change: |world| certified(world, &[], &[]),
    },
    Scene {
        name: "certs-first-run",
        hides: "Two ducklings wait for certificates, and no recorded run shows since when.",
        runbook: Some("inc-002"),
        expect: Expect::of("warning").with(&[
            ("inc-002", "counts", "skipped"),
            ("inc-002", "last-cert", "warning"),
            ("inc-002", "logs", "ok"),
            ("inc-002", "ses", "ok"),
            ("inc-002", "code-path", "skipped"),
        ]),
        change: |world| {
            certified(world, &[hours(40), hours(30)], &[]);
            world.recorded.clear();
        },
    },
    Scene {
        name: "certs-short-feed",
        hides: "A duckling waits, the feed is too short to show since when, and there is no history.",
        runbook: Some("inc-002"),
        expect: Expect::of("unknown").with(&[
            ("inc-002", "counts", "skipped"),
            ("inc-002", "last-cert", "unknown"),
        ]),
        change: |world| {
            short_feed(world);
            world.recorded.clear();
        },
    },
    Scene {
        name: "certs-short-feed-recorded",
        hides: "The feed is too short to show the last certificate; recorded totals show when it was issued.",
        runbook: Some("inc-002"),
        expect: Expect::of("ok")
            .with(&[("inc-002", "counts", "ok"), ("inc-002", "last-cert", "ok")]),
        change: short_feed,
    },
    Scene {
        name: "cert-mail-refused",
        hides: "Certificates are written, but their mail is refused: the daily quota is used up.",
        runbook: None,
        expect: Expect::caused_by("inc-005").with(&[
            ("inc-002", "counts", "ok"),
            ("inc-002", "logs", "warning"),
            ("inc-002", "ses", "warning"),
            ("inc-002", "code-path", "skipped"),
            ("inc-005", "quota", "critical"),
            ("inc-005", "capacity", "critical"),
        ]),
        change: mail_refused,
    },
    Scene {
        name: "log-empty-pages",
        hides: "The log answers with 20 empty pages; the failure is on page 21.",
        runbook: Some("inc-002"),
        expect: Expect::of("warning")
            .with(&[("inc-002", "counts", "ok"), ("inc-002", "logs", "warning")]),
        change: |world| {
            logged(world, minutes(50), "cert write failed: timed out");
            world.empty_log_pages = 20;
        },
    },
    Scene {
        name: "log-denied",
        hides: "The role may not read the log, so an empty log proves nothing.",
        runbook: Some("inc-002"),
        expect: Expect::of("unknown").with(&[
            ("inc-002", "counts", "ok"),
            ("inc-002", "logs", "unknown"),
            ("inc-002", "ses", "ok"),
        ]),
        change: |world| {
            world.faults.insert(Operation::FilterLogEvents, Fault::Deny);
        },
    },
    Scene {
        name: "log-without-list",
        hides: "The log answers 200 with an object that holds no list of lines.",
        runbook: Some("inc-002"),
        expect: Expect::of("unknown").with(&[("inc-002", "logs", "unknown")]),
        change: |world| {
            let body = Fault::Body(r#"{"searchedLogStreams": []}"#.to_owned());
            world.faults.insert(Operation::FilterLogEvents, body);
        },
    },
    Scene {
        name: "sandbox-disputed",
        hides: "The status document still reports the sandbox; SES reports production access.",
        runbook: Some("inc-002"),
        expect: Expect::of("ok").with(&[("inc-002", "ses", "ok")]),
        change: |world| {
            world.mail.production_access = true;
        },
    },
];

/// When twenty ducklings came, all of them within a day.
fn twenty() -> Vec<Duration> {
    (0..20).map(|nth| minutes(40 + nth * 55)).collect()
}

/// One duckling of two has its certificate, of 20 h ago; the feed shows the last 10 h.
fn short_feed(world: &mut FakeStack) {
    certified(world, &[hours(30), minutes(30)], &[hours(20)]);
    let since = (world.now - hours(10)).unix_timestamp();
    world
        .audit
        .retain(|e| e["timestamp"].as_i64() > Some(since));
}

fn mail_refused(world: &mut FakeStack) {
    let by_hour: Vec<_> = (1..=10).map(|hour| (hour, 20)).collect();
    sent(world, &by_hour);
    let message = "SES error: Daily message quota exceeded (cert mail)";
    logged(world, minutes(40), message);
    logged(world, minutes(18), message);
}
