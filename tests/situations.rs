//! Claim: in the hour of an incident the next action is what the evidence at hand supports: a deploy that
//! broke at once is taken back, a cause before the function is not answered by a rollback, and users
//! are informed when mail is expected again.

use crate::support::{NOW, Stage, now, step, world};
use duckops::practice::{Fault, Operation};
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
        "deploy-on-broken-deploy",
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
fn a_canary_that_fails_is_taken_back_whether_or_not_the_api_answers() {
    for (scene, code, step_id) in [
        ("canary-errs", 2, "rollback"),
        ("canary-errs-up", 1, "logs"),
    ] {
        let stage = Stage::of(world(scene));
        let (ended, document) = stage.once(&["triage", "inc-001"]).json();
        assert_eq!(ended, code, "{scene}: {document:#}");
        let command = &document["next_action"]["command"];
        assert_eq!(command, "duckops alias rollback --to 62", "{scene}");
        let step = step(&document, "inc-001", step_id);
        assert_eq!(step["next_action"]["command"], *command, "{scene}");
        // The same that the alias commands suggest, and a write that would be sent.
        let plan = ["alias", "rollback", "--to", "62", "--dry-run"];
        let (ended, plan) = stage
            .duckops(&[&plan[..], &["--endpoint-override"]].concat())
            .json();
        assert_eq!(
            (ended, &plan["outcome"]),
            (0, &json!("dry-run")),
            "{plan:#}"
        );
        let (ended, shown) = stage.duckops(&["alias", "show"]).json();
        assert_ne!(ended, 2, "a split alone is a warning: {shown:#}");
    }
}

/// Whoever follows `triage` after a drift comes to who moved the alias, or to the way back.
#[test]
fn alias_show_leads_from_a_drift_to_who_moved_it_and_from_an_outage_to_the_way_back() {
    let log = "2026-03-21 deployed v60\n";
    for (scene, log, command) in [
        ("drift", None, "aws cloudtrail lookup-events "),
        ("healthy", Some(log), "aws cloudtrail lookup-events "),
        ("inc-001", None, "duckops alias rollback --to 61"),
    ] {
        let stage = Stage::of(world(scene));
        let mut show = vec!["alias", "show"];
        let file = stage.home().join("log.md");
        if let Some(log) = log {
            std::fs::write(&file, log).expect("written");
            show.extend(["--deploy-log", file.to_str().expect("UTF-8")]);
        }
        let (code, document) = stage.duckops(&show).json();
        assert_ne!(code, 0, "{scene}: {document:#}");
        let next = &document["next_action"]["command"];
        let next = next.as_str().expect("a command");
        assert!(next.starts_with(command), "{scene}: {next}");
    }
}

#[test]
fn what_is_asked_for_alone_in_an_outage_names_the_triage_that_finds_what_restores_it() {
    let stage = Stage::of(world("deploy-breaks-at-once"));
    for call in [
        &["triage", "inc-002"][..],
        &["triage", "inc-003"],
        &["triage", "inc-004"],
        &["triage", "peck"],
        &["triage", "peck", "pending"],
        &["triage", "bond"],
    ] {
        let (code, document) = stage.duckops(call).json();
        let root_cause = &document["root_cause"];
        assert_eq!((code, root_cause), (2, &json!("inc-001")), "{call:?}");
        let next = &document["next_action"];
        assert_eq!(next["text"], "Fix INC-001 first", "{call:?}");
        assert_eq!(next["command"], "duckops triage inc-001", "{call:?}");
    }
    for call in [
        &["peck", "list"][..],
        &["peck", "show", "peck_a1"],
        &["bond", "list"],
    ] {
        let (code, document) = stage.duckops(call).json();
        let command = &document["next_action"]["command"];
        assert_eq!(
            (code, command),
            (3, &json!("duckops triage inc-001")),
            "{call:?}"
        );
    }
    // Where it is asked for, its own action leads.
    let (_, document) = stage.duckops(&["triage", "inc-001"]).json();
    let command = &document["next_action"]["command"];
    assert_eq!(command, "duckops alias rollback --to 61");
}

#[test]
fn without_a_login_the_first_thing_to_do_during_an_outage_is_to_log_in() {
    let stage = Stage::of(world("deploy-breaks-at-once"));
    let run = |arguments: &[&str]| {
        let mut command = stage.once(&[&["triage"], arguments].concat());
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            command = command.without(name);
        }
        command
    };
    let (code, document) = run(&[]).json();
    assert_eq!((code, &document["root_cause"]), (2, &json!("inc-001")));
    let command = &document["next_action"]["command"];
    let command = command.as_str().expect("a command");
    assert!(command.starts_with("aws sso login"), "{document:#}");
    // What keeps the other steps unknown is said in every format that people read.
    let why = "No AWS credentials: ";
    for (format, label) in [
        ("table", "\nunknown   No AWS credentials: "),
        ("short", "\nUNKNOWN prod No AWS credentials: "),
        ("markdown", "\n**Unknown:** No AWS credentials: "),
    ] {
        let text = run(&["-o", format]).run().stdout;
        assert!(text.contains(label), "{format}: {text}");
        assert_eq!(text.matches(why).count(), 1, "{format}: {text}");
    }
    // Its command stands once, as the action.
    for format in ["table", "short", "markdown"] {
        let text = run(&["-o", format]).run().stdout;
        assert_eq!(text.matches("aws sso login").count(), 1, "{format}: {text}");
    }
    let short = run(&["-o", "short"]).run().stdout;
    let mail = short.lines().filter(|line| line.contains("INC-005/"));
    let mail: Vec<_> = mail.collect();
    assert_eq!(
        mail,
        ["UNKN INC-005/1,2,3,4,5 not judged: no AWS credentials"],
        "{short}"
    );
}

#[test]
fn a_version_that_cannot_serve_is_named_beside_the_drift() {
    let mut world = world("deploy-breaks-at-once");
    let failed = json!({
        "State": "Failed", "StateReason": "The KMS key is disabled",
        "StateReasonCode": "DisabledKMSKey",
    });
    world.configured.insert("62".into(), failed);
    let stage = Stage::of(world);
    let ran = stage.once(&["triage", "inc-001"]).run();
    assert!(
        ran.stdout.contains("version 62: Failed (DisabledKMSKey"),
        "{}",
        ran.stdout
    );
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
        let back = format!("{BACK} --deploy-log {path}");
        assert_eq!(
            document["next_action"]["command"], back,
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
    assert_eq!(next, "duckops facts logs.newest_errors");
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

#[test]
fn failed_callbacks_name_their_requests_and_the_dead_agent() {
    for (scene, reason, share) in [
        ("inc-004", "targets-offline-over-limit", "18 of 18"),
        ("callbacks-one-dead", "targets-offline", "4 of 4"),
    ] {
        let stage = Stage::of(world(scene));
        for asked in [&["triage"][..], &["triage", "inc-004"]] {
            let (_, document) = stage.once(asked).json();
            let agents = step(&document, "inc-004", "agents");
            assert_eq!(agents["reason_code"], reason, "{scene}: {agents:#}");
            let told = agents["summary"].as_str().expect("a summary");
            assert!(
                told.contains(&format!("DECAF00000000003: {share}")),
                "{told}"
            );
            assert!(told.contains("OFFLINE"), "{told}");
            let next = &agents["next_action"]["command"];
            assert_eq!(next, "duckops bond show DECAF00000000003");
            let events = step(&document, "inc-004", "events").to_string();
            assert!(events.contains("peck-0100 at DECAF00000000003"), "{events}");
        }
        // An agent that pulses is no explanation.
        let mut alive = world(scene);
        alive.audit.insert(
            0,
            json!({"event_type": "pulse", "timestamp": NOW - 30, "spaceduck_id": "DECAF00000000003"}),
        );
        let (_, document) = Stage::of(alive).once(&["triage", "inc-004"]).json();
        let agents = step(&document, "inc-004", "agents");
        assert_eq!(agents["reason_code"], "pulse-fresh", "{scene}: {agents:#}");
    }
}

#[test]
fn what_a_window_of_a_day_shows_says_since_when_it_is_calm() {
    for (scene, since) in [
        // The feed shows the newest at 23:12Z; the first run that counted it was at 23:37Z.
        ("callback-11", Some("none since 23:37Z")),
        ("inc-004", None),
    ] {
        let stage = Stage::of(world(scene));
        let (_, document) = stage.once(&["triage", "inc-004"]).json();
        let first = document["summary"].as_str().expect("a summary");
        match since {
            Some(since) => assert!(first.ends_with(since), "{first}"),
            None => assert!(!first.contains("none since"), "{first}"),
        }
    }
}

#[test]
fn a_healthy_first_day_ends_0_and_says_what_is_not_judged_yet() {
    let stage = Stage::of(world("first-run"));
    for (arguments, line) in [
        (
            &["triage", "inc-004"][..],
            "OK        INC-004 OK so far: callback-errors not judged until 04:12Z\n",
        ),
        (
            &["triage"],
            "OK        7 of 7 runbooks ok; 1 check warming up until 04:12Z\n",
        ),
        (
            &["check"],
            "OK prod 7 of 7 runbooks ok; 1 check warming up until 04:12Z\n",
        ),
    ] {
        let ran = stage.once(arguments).run();
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        assert!(
            ran.stdout.starts_with(line),
            "{arguments:?}: {}",
            ran.stdout
        );
    }
    let ran = stage.once(&["triage", "inc-004", "-o", "prometheus"]).run();
    let gauge = |step: &str, value: u8| format!("step=\"{step}\"}} {value}\n");
    let page: String = ran
        .stdout
        .lines()
        .filter(|line| line.starts_with("duckops_step_warming_up{"))
        .map(|line| format!("{line}\n"))
        .collect();
    for (step, value) in [("callback-errors", 1), ("events", 0), ("stale", 0)] {
        assert!(page.contains(&gauge(step, value)), "{page}");
    }
}

#[test]
fn a_bond_entry_does_not_hide_that_no_agent_has_ever_pulsed() {
    // Both bonds are five hours old, and the feed begins with them.
    let mut fresh = world("fleet-new");
    fresh.audit.clear();
    for duck in ["DECAF00000000001", "DECAF00000000002"] {
        fresh.audit.push(
            json!({"event_type": "duck.bonded", "timestamp": NOW - 18_000, "spaceduck_id": duck}),
        );
    }
    let partial = {
        let mut partial = fresh.clone();
        partial.audit.pop();
        partial
    };
    for (world, reason) in [(fresh, "never-pulsed"), (partial, "all-dead")] {
        let stage = Stage::of(world);
        for asked in [&["triage"][..], &["triage", "inc-003"]] {
            let (_, document) = stage.once(asked).json();
            let agents = step(&document, "inc-003", "agents");
            assert_eq!(agents["reason_code"], reason, "{asked:?}: {agents:#}");
        }
    }
}

#[test]
fn what_does_not_reach_the_function_is_looked_for_before_it() {
    for (scene, command) in [
        ("api-gone", "duckops doctor"),
        ("not-invoked", "aws lambda get-policy"),
    ] {
        let stage = Stage::of(world(scene));
        for asked in [&["triage"][..], &["triage", "inc-001"]] {
            let (_, document) = stage.once(asked).json();
            let next = document["next_action"]["command"].as_str().expect("one");
            assert!(next.starts_with(command), "{scene} {asked:?}: {next}");
        }
    }
}

#[test]
fn a_day_of_failed_executions_says_since_when_it_is_over_and_an_idle_lag_does_not() {
    let minutes = |n: u64| Duration::from_secs(n * 60);
    // Twelve executions failed, the last of them at 01:12Z.
    let mut failed = world("healthy");
    for nth in 0..12 {
        failed.executions.push(duckops::practice::FakeExecution {
            name: format!("run-{nth}"),
            status: "FAILED".to_owned(),
            start: now() - minutes(130 + nth * 30),
            stop: Some(now() - minutes(120 + nth * 30)),
        });
    }
    let (_, document) = Stage::of(failed).once(&["triage", "inc-004"]).json();
    let executions = step(&document, "inc-004", "executions");
    assert_eq!(executions["reason_code"], "many-unsuccessful-executions");
    let first = document["summary"].as_str().expect("a summary");
    assert!(first.ends_with("none since 01:12Z"), "{first}");
    let (_, document) = Stage::of(world("certs-half"))
        .once(&["triage", "inc-002"])
        .json();
    let counts = step(&document, "inc-002", "counts");
    let told = counts["summary"].as_str().expect("a summary");
    // Nobody signed up since, and nothing was issued: nothing shows that it is over.
    assert!(!told.contains("since"), "{told}");
}

#[test]
fn a_healthy_stack_is_ok_though_its_feed_names_nobody_and_has_an_old_entry_without_a_time() {
    let mut plain = world("healthy");
    for entry in &mut plain.audit {
        *entry = json!({"event_type": entry["event_type"], "timestamp": entry["timestamp"]});
    }
    // The oldest comes last.
    plain
        .audit
        .sort_by_key(|entry| std::cmp::Reverse(entry["timestamp"].as_i64()));
    plain.audit.push(json!({"event_type": "peck.requested"}));
    for counter in ["ducklings", "birth_certificates"] {
        let count = plain.status["database"][counter].to_string();
        plain.status["database"][counter] = count.into();
    }
    let mut in_milliseconds = plain.clone();
    for entry in &mut in_milliseconds.audit {
        if let Some(seconds) = entry["timestamp"].as_i64() {
            entry["timestamp"] = (seconds * 1_000).into();
        }
    }
    for healthy in [plain, in_milliseconds] {
        let stage = Stage::of(healthy);
        let (code, document) = stage.once(&["triage"]).json();
        assert_eq!(code, 0, "{document:#}");
        let reason = |runbook, id| step(&document, runbook, id)["reason_code"].clone();
        assert_eq!(reason("bond", "pulse"), "needs-credentials");
        assert_eq!(reason("peck", "approved"), "needs-credentials");
        assert_eq!(reason("inc-003", "pulses"), "pulse-fresh");
        assert_eq!(reason("inc-002", "counts"), "keeping-pace");
    }
    // A callback that failed just now is not hidden by that.
    let mut failed = world("healthy");
    let at = NOW - 300;
    failed.audit.insert(
        0,
        json!({"event_type": "peck.callback_error", "timestamp": at}),
    );
    let (code, document) = Stage::of(failed).once(&["triage", "peck"]).json();
    let found = step(&document, "peck", "callback-error");
    assert_eq!(
        (code, &found["verdict"]),
        (3, &json!("unknown")),
        "{found:#}"
    );
}

#[test]
fn an_unpecked_agent_that_still_pulses_keeps_nobody_else_from_being_judged() {
    const ID: &str = "DECAF00000000009";
    let mut world = world("healthy");
    for (kind, ago) in [
        ("duck.bonded", 9_000),
        ("duck.unpecked", 3_600),
        ("duck.pulse", 60),
    ] {
        let at = NOW - ago;
        world
            .audit
            .push(json!({"event_type": kind, "timestamp": at, "spaceduck_id": ID}));
    }
    let stage = Stage::of(world);
    let (code, document) = stage.once(&["triage"]).json();
    assert_eq!(code, 0, "{document:#}");
    for (call, said) in [
        (&["triage"][..], "UNPECKED, but pulsing"),
        (&["triage", "bond"], "pulsing all the same"),
    ] {
        let ran = stage.once(call).run().stdout;
        let ran = ran.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(ran.contains(&format!("{said}: {ID}")), "{ran}");
    }
    let (code, shown) = stage.once(&["bond", "show", ID]).json();
    assert_ne!((code, &shown["state"]), (0, &json!("BONDED")), "{shown:#}");
}

#[test]
fn each_agent_of_several_is_named_and_of_many_three() {
    let offline = |agents: i64| {
        let mut world = world("bonds-alive");
        for nth in 0..agents {
            for (kind, ago) in [("duck.bonded", 9_000), ("duck.pulse", 3_600 + nth * 60)] {
                let (id, at) = (format!("DECAF0000000001{nth}"), NOW - ago);
                let entry = json!({"event_type": kind, "timestamp": at, "spaceduck_id": id});
                world.audit.push(entry);
            }
        }
        let (_, document) = Stage::of(world).once(&["triage", "bond"]).json();
        let said = &step(&document, "bond", "pulse")["summary"];
        said.as_str().expect("a summary").to_owned()
    };
    let due = "1 OFFLINE: DECAF00000000010 for 1 h (limit 30 min)";
    assert_eq!(offline(1), due);
    let due = "2 OFFLINE: DECAF00000000011 for 1 h 1 min, DECAF00000000010 for 1 h (limit 30 min)";
    assert_eq!(offline(2), due);
    let many = offline(5);
    assert!(many.ends_with(" and 2 more (limit 30 min)"), "{many}");
    assert_eq!(many.matches("DECAF").count(), 3, "{many}");
}

#[test]
fn all_denied_actions_are_named_with_one_fix() {
    let denying = |operations: &[Operation]| {
        let mut world = world("healthy");
        for operation in operations {
            world.faults.insert(*operation, Fault::Deny);
        }
        let (code, document) = Stage::of(world).once(&["triage"]).json();
        assert_eq!(code, 3, "{document:#}");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let command = text(&document["next_action"]["command"]);
        (text(&document["summary"]), command)
    };
    let (one, command) = denying(&[Operation::GetAlias]);
    assert!(one.ends_with("AWS denied lambda:GetAlias"), "{one}");
    assert_eq!(command, "duckops doctor");
    let (all, command) = denying(&[
        Operation::GetAlias,
        Operation::FilterLogEvents,
        Operation::GetAccount,
    ]);
    let named = "AWS denied lambda:GetAlias, logs:FilterLogEvents, ses:GetAccount: ";
    assert!(all.starts_with(named), "{all}");
    assert_eq!(command, "duckops doctor --policy");
}

#[test]
fn a_deadline_that_is_too_short_for_a_proof_names_a_longer_one() {
    let stage = Stage::of(world("api-timeouts"));
    let (code, document) = stage
        .once(&["triage", "inc-001", "--deadline", "2s"])
        .json();
    assert_eq!(code, 3, "{document:#}");
    let next = &document["next_action"]["command"];
    assert_eq!(next, "duckops triage --deadline 20s");
}
