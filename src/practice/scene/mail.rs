//! Scenes of INC-005: the mail quota and the mails that came back.

use super::edit::{hours, measured, minutes, sent, signed_up};
use super::healthy::{no_reputation, reputation};
use super::{Expect, Scene};
use crate::practice::{FakeStack, Review};

/// What nothing but a critical quota sets off.
macro_rules! quota_calm {
    ($verdict:literal) => {
        Expect::of($verdict).with(&[
            ("inc-005", "quota", $verdict),
            ("inc-005", "capacity", "skipped"),
            ("inc-005", "production-access", "skipped"),
            ("inc-005", "bounces", "ok"),
            ("inc-005", "record", "skipped"),
        ])
    };
}

/// A quota that is used up.
const EXHAUSTED: Expect = Expect::caused_by("inc-005").with(&[
    ("inc-005", "quota", "critical"),
    ("inc-005", "bounces", "ok"),
]);

/// The account itself is in trouble, which neither waiting nor a higher limit mends.
const NOTHING_GOES: &[(&str, &str, &str)] = &[
    ("inc-005", "quota", "critical"),
    ("inc-005", "capacity", "skipped"),
    ("inc-005", "production-access", "skipped"),
    ("inc-005", "record", "critical"),
];

/// A verdict on the bounces alone.
macro_rules! bounces {
    ($verdict:literal) => {
        Expect::of($verdict).with(&[("inc-005", "quota", "ok"), ("inc-005", "bounces", $verdict)])
    };
}

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "inc-005",
        hides: "198 of the sandbox's 200 mails are sent, most of them since last night, while ducklings sign up.",
        runbook: Some("inc-005"),
        expect: EXHAUSTED,
        change: exhausted,
    },
    Scene {
        name: "quota-159",
        hides: "159 of 200 mails: one below the warning.",
        runbook: Some("inc-005"),
        expect: quota_calm!("ok"),
        change: |world| mails(world, 159),
    },
    Scene {
        name: "quota-160",
        hides: "160 of 200 mails: 80 % is a warning.",
        runbook: Some("inc-005"),
        expect: quota_calm!("warning"),
        change: |world| mails(world, 160),
    },
    Scene {
        name: "quota-190",
        hides: "190 of 200 mails: exactly 95 % is not over 95 %.",
        runbook: Some("inc-005"),
        expect: quota_calm!("warning"),
        change: |world| mails(world, 190),
    },
    Scene {
        name: "quota-191",
        hides: "191 of 200 mails: the first number over 95 %.",
        runbook: Some("inc-005"),
        expect: EXHAUSTED,
        change: |world| mails(world, 191),
    },
    Scene {
        name: "quota-200",
        hides: "All 200 mails are sent: no mail goes out until the oldest are a day old.",
        runbook: Some("inc-005"),
        expect: Expect::caused_by("inc-005").with(&[
            ("inc-005", "quota", "critical"),
            ("inc-005", "capacity", "critical"),
            ("inc-005", "production-access", "critical"),
        ]),
        change: |world| mails(world, 200),
    },
    Scene {
        name: "unlimited",
        hides: "5,000 mails in 24 h, and a quota of -1, which is no limit.",
        runbook: Some("inc-005"),
        expect: quota_calm!("ok"),
        change: |world| {
            mails(world, 5_000);
            world.mail.max_24h = -1.0;
            world.mail.production_access = true;
            world.status["ses"]["sandbox"] = false.into();
            world.status["ses"]["daily_quota"] = (-1).into();
        },
    },
    Scene {
        name: "sending-paused",
        hides: "Few mails were sent, because SES disabled sending for the account.",
        runbook: Some("inc-005"),
        expect: Expect::caused_by("inc-005").with(NOTHING_GOES),
        change: |world| {
            world.mail.sending_enabled = false;
            world.mail.enforcement = "SHUTDOWN".into();
        },
    },
    Scene {
        name: "mail-shutdown",
        hides: "The quota is used up and SES has shut the account down: neither waiting nor production access restores mail.",
        runbook: Some("inc-005"),
        expect: Expect::caused_by("inc-005").with(NOTHING_GOES),
        change: |world| {
            exhausted(world);
            world.mail.enforcement = "SHUTDOWN".into();
        },
    },
    Scene {
        name: "mail-probation",
        hides: "SES has put the account on probation; mail still goes out, 12 of 200.",
        runbook: Some("inc-005"),
        expect: Expect::caused_by("inc-005").with(NOTHING_GOES),
        change: |world| world.mail.enforcement = "PROBATION".into(),
    },
    Scene {
        name: "mail-probation-full",
        hides: "The account is on probation, and 198 of its 200 mails are sent.",
        runbook: Some("inc-005"),
        expect: Expect::caused_by("inc-005").with(&[
            ("inc-005", "quota", "critical"),
            ("inc-005", "capacity", "warning"),
            ("inc-005", "production-access", "critical"),
            ("inc-005", "record", "critical"),
        ]),
        change: |world| {
            exhausted(world);
            world.mail.enforcement = "PROBATION".into();
        },
    },
    Scene {
        name: "access-pending",
        hides: "The quota is used up, and production access is already requested: a second request would restart the review.",
        runbook: Some("inc-005"),
        expect: Expect::caused_by("inc-005").with(&[
            ("inc-005", "quota", "critical"),
            ("inc-005", "production-access", "warning"),
        ]),
        change: |world| reviewed(world, "PENDING"),
    },
    Scene {
        name: "access-denied",
        hides: "The quota is used up, and the request for production access was denied: its case needs an answer.",
        runbook: Some("inc-005"),
        expect: Expect::caused_by("inc-005").with(&[
            ("inc-005", "quota", "critical"),
            ("inc-005", "production-access", "critical"),
        ]),
        change: |world| reviewed(world, "DENIED"),
    },
    Scene {
        name: "access-failed",
        hides: "The quota is used up, and the request for production access was lost by an error of SES: it is to be sent again.",
        runbook: Some("inc-005"),
        expect: Expect::caused_by("inc-005").with(&[
            ("inc-005", "quota", "critical"),
            ("inc-005", "production-access", "critical"),
        ]),
        change: |world| reviewed(world, "FAILED"),
    },
    Scene {
        name: "mail-not-sent",
        hides: "Six ducklings signed up today, and no mail was sent: the quota looks fine.",
        runbook: Some("inc-005"),
        expect: quota_calm!("warning"),
        change: |world| {
            let moments: Vec<_> = (1..=6).map(|nth| hours(nth * 3)).collect();
            signed_up(world, 14, &moments);
            sent(world, &[]);
        },
    },
    Scene {
        name: "bounces-over-sends",
        hides: "Three mails were sent and five bounced: too few for a rate, and still wrong.",
        runbook: Some("inc-005"),
        expect: Expect::caused_by("inc-005").with(&[
            ("inc-005", "quota", "ok"),
            ("inc-005", "bounces", "critical"),
        ]),
        change: |world| bounced(world, 3, 5.0),
    },
    Scene {
        name: "bounce-5",
        hides: "5 of 100 mails bounced: the first number that is a warning.",
        runbook: Some("inc-005"),
        expect: bounces!("warning"),
        change: |world| bounced(world, 100, 5.0),
    },
    Scene {
        name: "bounce-4",
        hides: "4 of 100 mails bounced: below the warning.",
        runbook: Some("inc-005"),
        expect: bounces!("ok"),
        change: |world| bounced(world, 100, 4.0),
    },
    Scene {
        name: "few-sends",
        hides: "1 of 12 mails bounced: 8 %, but too few mails for a rate.",
        runbook: Some("inc-005"),
        expect: bounces!("ok"),
        change: |world| bounced(world, 12, 1.0),
    },
    Scene {
        name: "reputation-fraction",
        hides: "SES reports a bounce rate of 0.06, a fraction: 6 %.",
        runbook: Some("inc-005"),
        expect: bounces!("warning"),
        change: |world| {
            mails(world, 100);
            reputation(world, 0.06, 0.0);
        },
    },
    Scene {
        name: "no-mail-metrics",
        hides: "CloudWatch has no data point of any mail metric: an empty list is no proof.",
        runbook: Some("inc-005"),
        expect: bounces!("unknown"),
        change: |world| world.metrics.clear(),
    },
    Scene {
        name: "no-mail-today",
        hides: "No mail was sent for a day, so CloudWatch has no data point; SES counts 0 mails.",
        runbook: Some("inc-005"),
        expect: bounces!("ok"),
        change: |world| {
            sent(world, &[]);
            world.metrics.retain(|metric| metric.namespace != "AWS/SES");
        },
    },
];

/// This many mails, spread over the day.
fn mails(world: &mut FakeStack, count: u32) {
    let (each, rest) = (count / 20, count % 20);
    let mut by_hour: Vec<_> = (1..=20).map(|hour| (hour, each)).collect();
    by_hour.push((21, rest));
    sent(world, &by_hour);
}

fn reviewed(world: &mut FakeStack, status: &str) {
    exhausted(world);
    world.mail.review = Some(Review {
        status: status.to_owned(),
        case: "172000000000042".to_owned(),
    });
}

fn bounced(world: &mut FakeStack, count: u32, bounces: f64) {
    mails(world, count);
    no_reputation(world);
    measured(world, "Bounce", &[(hours(3) - minutes(30), bounces)]);
}

fn exhausted(world: &mut FakeStack) {
    let mut by_hour = vec![(3, 5), (7, 6), (11, 7)];
    by_hour.extend((15..=20).map(|hour| (hour, 30)));
    sent(world, &by_hour);
    let moments: Vec<_> = (0..24).map(|nth| minutes(25 + nth * 50)).collect();
    signed_up(world, 16, &moments);
}
