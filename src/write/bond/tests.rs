//! Consent to one write is no consent to another, whatever was prepared.

use super::bond_post::BondPost;
use super::read::BondReader;
use super::rotate::Rotation;
use super::*;
use crate::cloud::{Aws, Http};
use crate::probe::{Access, ProbeContext};
use crate::stack::{Flags, Settings};
use crate::state_dir::journal::Journal;
use crate::write::Clock;
use crate::write::consent::{Consent, Reply, ReplyText};
use crate::write::guarded::{Operator, PreflightError, WriteContext, WritePlan, carry_out};
use crate::write::report::WriteReport;
use std::future::Future;
use std::pin::Pin;
use std::time::Instant;
use time::OffsetDateTime;

/// Fails the test as soon as anything could be sent.
struct NothingMayBeSent;

impl Operator for NothingMayBeSent {
    fn ask<'a>(
        &'a self,
        _: &'a WriteReport,
        _: &'a str,
    ) -> Pin<Box<dyn Future<Output = Reply> + Send + 'a>> {
        Box::pin(std::future::ready(Reply::Nothing))
    }

    fn warn(&self, _: &str) {}

    fn progress(&self, _: &str) {}

    fn sending(&self, _: &str) {
        panic!("nothing may be sent");
    }

    fn not_sent(&self) {}

    fn wants_to_end(&self) -> bool {
        false
    }
}

fn plan(action: Action, id: &str) -> BondPlan {
    BondPlan {
        id: "01A".to_owned(),
        action,
        bond: BondId::parse(id).expect("an id"),
        about: Vec::new(),
        other_stack: None,
        host: "http://127.0.0.1:1".to_owned(),
        proxy: None,
        credentials: "token".to_owned(),
        old_key: None,
        supersedes: None,
        reason: None,
    }
}

#[tokio::test]
async fn consent_to_another_plan_sends_nothing_and_leaves_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let flags = Flags {
        api_url: Some("http://127.0.0.1:1".to_owned()),
        ..Flags::default()
    };
    let settings = Settings::resolve(&flags, &|_| None).expect("settings");
    let journal = Journal::in_folder(home.path());
    let http = Http::direct(None);
    let ask = ProbeContext {
        stack: settings.stack.clone(),
        http: http.clone(),
        aws: Aws::new(&settings.stack, http.clone()),
        now: OffsetDateTime::UNIX_EPOCH,
        began: Instant::now(),
        deadline: Instant::now(),
        expected_version: None,
        versions: Default::default(),
        only: None,
        access: Access::default(),
        configuration: crate::probe::SharedConfiguration::default(),
        feed: crate::probe::SharedFeed::default(),
    };
    let context = WriteContext {
        stack: &ask.stack,
        http: &http,
        aws: &ask.aws,
        state: home.path(),
        journal: &journal,
        clock: Clock {
            now: ask.now,
            began: ask.began,
        },
        operator: &NothingMayBeSent,
    };
    let credentials = Credentials::default();
    let given = |plan: &BondPlan| {
        let answer = ReplyText::Confirmed(plan.bond.as_str());
        Consent::from(&plan.terms(), answer).expect("consent")
    };
    let rotation = Rotation {
        credentials: &credentials,
    };
    for (given_to, wanted) in [
        (plan(Action::Rotate, "A1"), plan(Action::Rotate, "A10")),
        (plan(Action::Pulse, "A1"), plan(Action::Rotate, "A1")),
    ] {
        let rotated = carry_out(&context, &rotation, &wanted, given(&given_to)).await;
        assert!(matches!(rotated, Err(PreflightError::PlanChanged)));
    }
    let wanted = plan(Action::Disconnect, "A1");
    let before = BondSummary::unknown("", 0);
    let post = BondPost {
        reader: BondReader {
            ask: &ask,
            access: &ask.access,
            bond: &wanted.bond,
        },
        before: &before,
        credentials: &credentials,
    };
    let given = given(&plan(Action::Pulse, "A1"));
    let sent = carry_out(&context, &post, &wanted, given).await;
    assert!(matches!(sent, Err(PreflightError::PlanChanged)));
    let left = std::fs::read_dir(home.path()).expect("a folder").count();
    assert_eq!(left, 0);
}
