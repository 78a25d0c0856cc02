//! Consent to one write is none to another, whatever was prepared.

use super::*;
use crate::cloud::Http;
use crate::stack::{Flags, Settings};
use crate::state_dir::journal::Journal;
use crate::write::Clock;
use crate::write::consent::{Answer, Consent};
use std::time::Instant;
use time::OffsetDateTime;

fn plan(action: Action, id: &str) -> Plan {
    Plan {
        id: "01A".to_owned(),
        action,
        bond: BondId::parse(id).expect("an id"),
        about: Vec::new(),
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
    let hands = Hands {
        stack: &settings.stack,
        http: &Http::direct(None),
        state: home.path(),
        journal: &journal,
        clock: Clock {
            now: OffsetDateTime::UNIX_EPOCH,
            began: Instant::now(),
        },
    };
    let credentials = Credentials::default();
    let given = |plan: &Plan| {
        let answer = Answer::Confirmed(plan.bond.as_str());
        Consent::from(&plan.terms(), answer).expect("consent")
    };
    let sending = || panic!("nothing may be sent");
    for (given_to, wanted) in [
        (plan(Action::Rotate, "A1"), plan(Action::Rotate, "A10")),
        (plan(Action::Pulse, "A1"), plan(Action::Rotate, "A1")),
    ] {
        let rotated = hands.rotate(given(&given_to), &wanted, &credentials, sending);
        assert!(matches!(rotated.await, Err(NotBegun::OtherPlan)));
    }
    let wanted = plan(Action::Disconnect, "A1");
    let given = given(&plan(Action::Pulse, "A1"));
    let sent = hands.send(given, &wanted, &credentials, sending).await;
    assert!(matches!(sent, Err(NotBegun::OtherPlan)));
    let left = std::fs::read_dir(home.path()).expect("a folder").count();
    assert_eq!(left, 0);
}
