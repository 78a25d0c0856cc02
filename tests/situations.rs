//! Claim: in the hour of an incident the next action is what the evidence at hand supports: a deploy that
//! broke at once is taken back, a cause before the function is not answered by a rollback, and users
//! are told when mail is expected again.

use crate::support::{NOW, Stage, now, step, world};
use duckops::practice::Fault;
use duckops::stack::{Flags, Settings};
use duckops::state_dir::journal::{Journal, JournalEntry, Stage as Step};
use serde_json::{Value, json};
use std::time::Duration;

/// What a run of INC-001 comes to.
fn triage(stage: &Stage, more: &[&str]) -> Value {
    let arguments = [&["triage", "inc-001"], more].concat();
    let (code, document) = stage.once(&arguments).json();
    assert_eq!(code, 2, "{document:#}");
    assert_eq!(stage.practice.unexpected(), 0, "{document:#}");
    document
}

fn reason<'a>(document: &'a Value, id: &str) -> &'a str {
    let found = &step(document, "inc-001", id)["reason_code"];
    found.as_str().expect("a reason")
}

const BACK: &str = "duckops alias rollback --to 61";

#[test]
fn a_deploy_that_breaks_at_once_is_taken_back_whoever_recorded_its_coming() {
    for scene in [
        "deploy-breaks-at-once",
        "deploy-breaks-at-once-unwatched",
        "deploy-answers-nothing",
        "deploy-lost-its-route",
        "deploy-after-a-stray",
        "inc-001",
    ] {
        let stage = Stage::of(world(scene));
        let document = triage(&stage, &[]);
        assert_eq!(
            document["next_action"]["command"], BACK,
            "{scene}: {document:#}"
        );
        assert_eq!(reason(&document, "rollback"), "roll-back", "{scene}");
    }
}

#[test]
fn a_deploy_log_that_names_the_broken_version_does_not_stand_in_the_way() {
    let stage = Stage::of(world("deploy-breaks-at-once"));
    let at = duckops::fact::instant(NOW - 180);
    for (entry, alias) in [
        (format!("{at} deployed v62\n"), "disputed"),
        ("2026-03-22 deployed v62\n".to_owned(), "disputed"),
        ("2026-03-21 deployed v61\n".to_owned(), "drift-while-down"),
    ] {
        let path = stage.home().join("DEPLOY-LOG.md");
        std::fs::write(&path, &entry).expect("written");
        let path = path.to_str().expect("UTF-8");
        let document = triage(&stage, &["--deploy-log", path]);
        assert_eq!(
            document["next_action"]["command"], BACK,
            "{entry}: {document:#}"
        );
        assert_eq!(reason(&document, "alias"), alias, "{entry}");
    }
}

#[test]
fn a_promotion_in_the_journal_dates_the_version_that_broke() {
    let stage = Stage::of(world("deploy-breaks-at-once"));
    let api = Flags {
        api_url: Some(stage.practice.api_url()),
        ..Flags::default()
    };
    let stack = Settings::resolve(&api, &|_| None).expect("settings").stack;
    let plan = json!({"alias": "prod", "from": "61", "to": "62", "version": "62", "weights": {},
                      "revision": "r"});
    let entry = |stage, detail| JournalEntry {
        id: "move-1".to_owned(),
        at: duckops::fact::instant(NOW - 180),
        action: "alias promote".to_owned(),
        stage,
        stack: stack.key(),
        detail,
    };
    std::fs::create_dir_all(stage.state()).expect("a folder");
    let entries = [
        entry(Step::Plan, plan),
        entry(Step::Sending, json!({})),
        entry(
            Step::Outcome,
            json!({"outcome": "in-force", "revision": "r"}),
        ),
    ];
    let journal = Journal::in_folder(&stage.state());
    journal.append(&entries).expect("written");
    let (_, document) = stage.duckops(&["triage", "inc-001"]).json();
    assert_eq!(document["next_action"]["command"], BACK, "{document:#}");
    let alias = step(&document, "inc-001", "alias");
    assert_eq!(alias["reason_code"], "disputed", "{alias:#}");
    let told = alias["summary"].as_str().expect("a summary");
    assert!(
        told.contains("the journal 62, the last good answer 61"),
        "{told}"
    );
    let rollback = step(&document, "inc-001", "rollback");
    let evidence = rollback["evidence"].to_string();
    assert!(
        evidence.contains(&duckops::fact::instant(NOW - 180)),
        "{evidence}"
    );
}

#[test]
fn a_cause_before_the_function_is_not_answered_by_a_rollback_even_on_drift() {
    let throttled = Fault::Throttle;
    let authorizer = Fault::Refuse(500, "AuthorizerConfigurationException");
    for fault in [Fault::Deny, throttled, authorizer] {
        let mut world = world("authorizer-500-and-drift");
        for own in world.faults.values_mut() {
            *own = fault.clone();
        }
        let stage = Stage::of(world);
        for more in [&[][..], &["--expect", "61"]] {
            let document = triage(&stage, more);
            assert_eq!(reason(&document, "alias"), "drift-while-down", "{fault:?}");
            assert_eq!(reason(&document, "rollback"), "gateway", "{fault:?}");
            let next = document["next_action"].to_string();
            assert!(!next.contains("rollback --to"), "{fault:?}: {next}");
        }
    }
}

#[test]
fn a_version_that_served_well_for_days_is_not_taken_back() {
    let stage = Stage::of(world("served-well-then-fails"));
    let document = triage(&stage, &[]);
    assert_eq!(reason(&document, "rollback"), "served-well");
    let next = document["next_action"]["command"]
        .as_str()
        .expect("a command");
    assert!(next.starts_with("aws logs filter-log-events"), "{next}");
    // A day after it came it is blamed again.
    let mut young = world("served-well-then-fails");
    let day = Duration::from_secs(86_400);
    for version in &mut young.versions {
        if version.number == "61" {
            version.modified = now() - Duration::from_secs(7_200);
        }
    }
    young
        .recorded
        .retain(|run| run.ago < Duration::from_secs(7_000));
    assert!(young.recorded.iter().all(|run| run.ago < day));
    let document = triage(&Stage::of(young), &[]);
    assert_eq!(reason(&document, "rollback"), "roll-back");
}

#[test]
fn users_are_told_when_mail_is_expected_again_and_only_while_the_quota_is_the_cause() {
    let estimates = [
        ("quota-200", Some("goes out again at 2026-03-2")),
        ("quota-191", Some("all mail goes out again in ")),
        ("quota-190", None),
        ("mail-shutdown", None),
    ];
    for (scene, estimate) in estimates {
        let stage = Stage::of(world(scene));
        for command in [
            &["escalate", "inc-005", "--dry-run"][..],
            &["record", "inc-005", "--dry-run"],
        ] {
            let (_, document) = stage.once(command).json();
            let notice = &document["user_notice"];
            let ran = stage.once(command).run();
            match estimate {
                Some(estimate) => {
                    let notice = notice.as_str().expect("a notice");
                    assert!(notice.contains(estimate), "{scene} {command:?}: {notice}");
                    assert!(ran.stdout.contains(notice), "{ran:?}");
                }
                None => {
                    assert!(notice.is_null(), "{scene} {command:?}: {notice}");
                    assert!(!ran.stdout.contains("delayed"), "{ran:?}");
                }
            }
        }
    }
}
