//! Claim: what a channel did not accept is never taken for delivered; a message that is refused, a
//! channel that cannot be used, a state that cannot be read and a clock that was wrong keep no
//! other page back, and none of it is silent in any format.

use crate::support::receiver::{Receiver, TOKEN, configured, pager, secret};
use crate::support::{Ran, Stage, http, world};
use duckops::fact;
use duckops::practice::{Fault, Operation};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

const FORMATS: [&str; 6] = ["short", "json", "table", "nagios", "prometheus", "markdown"];
const ACCEPTED: &[u8] = br#"{"status":"success","dedup_key":"x"}"#;

fn minute(minute: u32) -> String {
    let minute = 12 + minute;
    format!("2026-03-22T{:02}:{:02}:09Z", 3 + minute / 60, minute % 60)
}

fn check(stage: &Stage, runbook: &[&str], at: &str) -> Ran {
    let arguments = [&["check", "--notify", "--deadline", "9s"], runbook].concat();
    let ran = stage.duckops(&arguments).env("DUCKOPS_TEST_NOW", at).run();
    for stream in [&ran.stdout, &ran.stderr] {
        assert!(!stream.contains(TOKEN), "the URL is a secret: {stream}");
    }
    ran
}

fn json_at(stage: &Stage, runbook: &str, at: &str) -> Value {
    let ran = stage.duckops(&["check", runbook, "--notify"]);
    ran.env("DUCKOPS_TEST_NOW", at).json().1
}

fn escalate(stage: &Stage, at: &str) -> Ran {
    let arguments = [
        "escalate",
        "inc-005",
        "--confirm",
        "inc-005",
        "--endpoint-override",
    ];
    stage.duckops(&arguments).env("DUCKOPS_TEST_NOW", at).run()
}

/// About which runbooks these events of a pager are.
fn components(came: &[Value]) -> Vec<&str> {
    came.iter()
        .filter_map(|event| event["payload"]["component"].as_str())
        .collect()
}

/// What was printed, wherever its lines end.
fn flat(ran: &Ran) -> String {
    let words: Vec<_> = ran.stdout.split_whitespace().collect();
    words.join(" ")
}

#[test]
fn an_answer_that_is_no_acceptance_is_undelivered_and_nobody_is_told_otherwise() {
    for (kind, body) in [
        ("slack", "<html>Please sign in</html>"),
        ("slack", "no_service"),
        ("slack", r#"{"ok":false,"error":"invalid_token"}"#),
        ("webhook", "<!doctype html><title>Login</title>"),
        ("webhook", r#"{"success":false}"#),
        ("webhook", r#"{"error":"no such hook"}"#),
    ] {
        let receiver = Receiver::saying("200 OK", &[], body, Duration::ZERO);
        let stage = Stage::of(world("inc-005"));
        configured(&stage, &[("chat", kind, &receiver.url())]);
        let first = escalate(&stage, &minute(0));
        assert_eq!(first.code, 2, "{kind} {body}: {first:?}");
        assert!(first.stdout.contains("UNDELIVERED"), "{first:?}");
        let second = escalate(&stage, &minute(0));
        assert_eq!(second.code, 4, "{kind} {body}: {second:?}");
        assert!(flat(&second).contains("not delivered yet"), "{second:?}");
    }
    let stage = Stage::of(world("inc-005"));
    let receiver = Receiver::saying("200 OK", &[], r#"{"status":"success"}"#, Duration::ZERO);
    pager(&stage, &receiver, "");
    let ran = escalate(&stage, &minute(0));
    assert!(ran.stdout.contains("UNDELIVERED"), "{ran:?}");
}

#[test]
fn a_refused_message_is_set_aside_and_named_and_the_others_pass() {
    for status in ["400 Bad", "413 Large", "422 No"] {
        let receiver = Receiver::by(move |_, body| match &body["payload"]["component"] {
            component if component == "inc-005" => http(status, &[], b"{}"),
            _ => http("202 Accepted", &[], ACCEPTED),
        });
        let stage = Stage::of(world("fleet-and-quota"));
        pager(&stage, &receiver, "");
        let first = check(&stage, &[], &minute(0));
        let code = &status[..3];
        let named = format!(
            "channel pager refused the message about INC-005, which is not sent again: it answered HTTP {code}"
        );
        assert!(first.stderr.contains(&named), "{first:?}");
        for later in [2, 4] {
            let again = check(&stage, &[], &minute(later));
            assert_eq!(again.stderr, "", "said once");
        }
        let came = receiver.came();
        let about = |id: &str| components(&came).iter().filter(|one| **one == id).count();
        assert_eq!((about("inc-005"), about("inc-003")), (1, 1), "{came:#?}");
        let document = json_at(&stage, "inc-005", &minute(6));
        let refused = &document["channels"][0]["refused"];
        assert_eq!(refused[0]["runbook"], "inc-005", "{document:#}");
        assert_eq!(document["channels"][0]["usable"], true, "it works");
        assert!(
            document["notes"].to_string().contains(&named),
            "{document:#}"
        );
        // And after a day once more, as long as it lasts.
        let next_day = "2026-03-23T03:19:09Z";
        let ran = check(&stage, &["inc-005"], next_day);
        assert!(ran.stderr.contains(&named), "{ran:?}");
    }
}

#[test]
fn an_unusable_channel_is_named_with_what_waits_and_gets_only_what_still_holds() {
    for status in ["401 No", "403 No", "404 No", "410 Gone", "302 Elsewhere"] {
        let dead = Receiver::answering(status, &[], Duration::ZERO);
        let other = Receiver::well();
        let stage = Stage::of(world("fleet-and-quota"));
        let both = |chat: &Receiver| {
            let (chat, other) = (chat.url(), other.url());
            let channels = [
                ("chat", "webhook", chat.as_str()),
                ("other", "webhook", &other),
            ];
            configured(&stage, &channels);
        };
        both(&dead);
        let first = check(&stage, &["inc-003", "inc-005"], &minute(0));
        let line = first.stderr.trim();
        let code = &status[..3];
        let begins = format!(
            "duckops: channel chat gets no messages now: it answered HTTP {code}; 2 wait: "
        );
        assert!(line.starts_with(&begins), "{first:?}");
        for part in ["INC-003 critical", "INC-005 critical"] {
            assert!(line.contains(part), "{first:?}");
        }
        assert_eq!(other.came().len(), 2, "{status}: the other goes on");
        let document = json_at(&stage, "inc-005", &minute(3));
        let chat = &document["channels"][0];
        assert_eq!(
            (&chat["name"], &chat["usable"]),
            (&json!("chat"), &json!(false))
        );
        assert_eq!(
            chat["waiting"].as_array().map(Vec::len),
            Some(2),
            "{chat:#}"
        );
        assert!(
            document["notes"]
                .to_string()
                .contains("INC-005 critical for 3 min")
        );
        let revived = Receiver::well();
        both(&revived);
        for later in [60, 62, 64] {
            check(&stage, &["inc-003", "inc-005"], &minute(later));
        }
        let told = |came: &[Value]| {
            let mut told: Vec<_> = came
                .iter()
                .map(|m| (m["runbook"].to_string(), m["kind"].to_string()))
                .collect();
            told.sort();
            told
        };
        let came = revived.came();
        let trigger = |id: &str| (format!("{id:?}"), "\"trigger\"".to_owned());
        assert_eq!(told(&came), [trigger("inc-003"), trigger("inc-005")]);
        let tried: Vec<_> = dead.came().iter().map(|m| m["id"].clone()).collect();
        assert!(tried.contains(&came[0]["id"]), "with the same key");
        let document = json_at(&stage, "inc-003", &minute(66));
        assert_eq!(document["channels"][0]["usable"], true, "{document:#}");
        // An incident that ends while the channel is dead is not sent afterwards.
        let stage = Stage::of(world("inc-005"));
        configured(&stage, &[("chat", "webhook", &dead.url())]);
        check(&stage, &["inc-005"], &minute(0));
        let over = Stage::of(world("healthy"));
        let heal = |at: &str| {
            let ran = stage.duckops(&["check", "inc-005", "--notify"]);
            let ran = ran.env("AWS_ENDPOINT_URL", over.practice.aws_url());
            let ran = ran.env("DUCKOPS_TEST_NOW", at).run();
            assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "not said again");
        };
        heal(&minute(0));
        let revived = Receiver::well();
        configured(&stage, &[("chat", "webhook", &revived.url())]);
        heal(&minute(0));
        assert_eq!(told(&revived.came()), [], "{status}");
        check(&stage, &["inc-005"], &minute(0));
        assert_eq!(
            told(&revived.came()),
            [trigger("inc-005")],
            "the next one is"
        );
    }
}

#[test]
fn a_channel_without_a_usable_secret_is_said_on_stderr_in_every_format() {
    for format in FORMATS {
        for how in ["missing", "mode", "mark"] {
            let (receiver, other) = (Receiver::well(), Receiver::well());
            let stage = Stage::of(world("inc-005"));
            let (address, open) = (receiver.url(), other.url());
            let channels = [
                ("chat", "slack", address.as_str()),
                ("open", "slack", &open),
            ];
            configured(&stage, &channels);
            let path = stage.home().join(".config/duckops/chat.secret");
            match how {
                "missing" => std::fs::remove_file(&path).expect("removed"),
                "mark" => secret(&path, &format!("\u{feff}{address}")),
                _ => {
                    let mode = std::fs::Permissions::from_mode(0o644);
                    std::fs::set_permissions(&path, mode).expect("0644");
                }
            }
            let textfile = stage.home().join("duckops.prom");
            let textfile = textfile.to_str().expect("a path");
            let run = |at: &str| {
                let arguments = ["check", "inc-005", "--notify", "--changes", "-o", format];
                let arguments = [&arguments[..], &["--textfile", textfile]].concat();
                let ran = stage.duckops(&arguments).env("DUCKOPS_TEST_NOW", at).run();
                assert_eq!(ran.code, 2, "{ran:?}");
                ran.stderr
            };
            let first = run(&minute(0));
            assert_eq!(
                first.matches("channel chat gets no messages now").count(),
                1,
                "{first}"
            );
            let page = std::fs::read_to_string(textfile).expect("the textfile");
            assert!(
                page.contains("run=\"inc-005\",channel=\"chat\"} 0\n")
                    && page.contains("duckops_channel_usable{stack=\"prod\""),
                "{page}"
            );
            assert_eq!(run(&minute(5)), "", "{format} {how}: not every time");
            let changed = {
                std::fs::write(&path, "").expect("written");
                let mode = std::fs::Permissions::from_mode(0o600);
                std::fs::set_permissions(&path, mode).expect("0600");
                run(&minute(10))
            };
            assert!(
                changed.contains("holds no secret"),
                "another reason: {changed}"
            );
            let next_day = run("2026-03-23T03:24:09Z");
            assert!(next_day.contains("INC-005 critical for 1 d"), "{next_day}");
            assert_eq!(other.came().len(), 1, "told where it can be");
            assert_eq!(receiver.raw.connections(), 0);
        }
    }
}

#[test]
fn without_state_each_run_tells_with_one_key_and_says_so() {
    let torn = |stage: &Stage| {
        let torn = stage.home().join("torn.db");
        std::fs::write(&torn, "no database").expect("written");
        format!("sqlite:{}", torn.display())
    };
    for way in ["no home", "none", "torn"] {
        let receiver = Receiver::by(|_, _| http("202 Accepted", &[], ACCEPTED));
        let stage = Stage::of(world("inc-005"));
        pager(&stage, &receiver, "");
        let mut said = String::new();
        for at in [minute(0), minute(5)] {
            let ran = stage
                .duckops(&["check", "inc-005", "--notify", "--for", "3/5"])
                .env("XDG_CONFIG_HOME", stage.home().join(".config"))
                .env("DUCKOPS_TEST_NOW", at);
            let ran = match way {
                "no home" => ran.without("HOME").without("DUCKOPS_STATE_DIR"),
                "none" => ran.env("DUCKOPS_HISTORY", "none"),
                _ => ran.env("DUCKOPS_HISTORY", torn(&stage)),
            };
            said = ran.run().stderr;
        }
        assert!(said.contains("with the same key"), "{way}: {said}");
        let came = receiver.came();
        let keys: Vec<_> = came.iter().map(|event| &event["dedup_key"]).collect();
        let key = json!("duckops:prod:inc-005");
        assert_eq!(keys, [&key, &key], "{way}: {came:#?}");
        let ids: Vec<_> = came
            .iter()
            .map(|e| &e["payload"]["custom_details"]["message_id"])
            .collect();
        assert_eq!(ids[0], ids[1], "{way}");
        // And it is the key of a run that has a state.
        let with_state = Receiver::by(|_, _| http("202 Accepted", &[], ACCEPTED));
        pager(&stage, &with_state, "");
        check(&stage, &["inc-005"], &minute(6));
        assert_eq!(with_state.came()[0]["dedup_key"], key);
    }
}

#[test]
fn an_escalation_whose_caller_died_is_taken_over_after_a_minute_with_its_key() {
    let stage = Stage::of(world("inc-005"));
    // The first caller is killed while the channel lets it wait.
    let slow = Receiver::by(|_, _| {
        std::thread::sleep(Duration::from_secs(20));
        http("200 OK", &[], b"ok")
    });
    configured(&stage, &[("hook", "webhook", &slow.url())]);
    let arguments = [
        "escalate",
        "inc-005",
        "--confirm",
        "inc-005",
        "--endpoint-override",
    ];
    let mut command = stage.duckops(&arguments).command();
    let mut dying = command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("it runs");
    let began = Instant::now();
    while slow.came().is_empty() && began.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(10));
    }
    dying.kill().expect("killed");
    dying.wait().expect("dead");
    let well = Receiver::well();
    configured(&stage, &[("hook", "webhook", &well.url())]);
    let early = escalate(&stage, "2026-03-22T03:12:39Z");
    assert_eq!(early.code, 4, "within the lease: {early:?}");
    assert!(flat(&early).contains("not delivered yet"), "{early:?}");
    let taken = escalate(&stage, "2026-03-22T03:13:30Z");
    assert_eq!(taken.code, 0, "{taken:?}");
    assert!(flat(&taken).contains("taken over: paged"), "{taken:?}");
    let third = escalate(&stage, "2026-03-22T03:20:30Z");
    assert_eq!(third.code, 4, "a channel has it now: {third:?}");
    let (tried, came) = (slow.came(), well.came());
    assert_eq!((tried.len(), came.len()), (1, 1));
    assert_eq!(tried[0]["id"], came[0]["id"], "the same key");
    // Nothing is left that would be sent again.
    check(&stage, &["inc-005"], &minute(30));
    let calls = well.came();
    let calls = calls.iter().filter(|message| message["kind"] == "escalate");
    assert_eq!(calls.count(), 1);
}

#[test]
fn an_api_that_never_answers_is_told_within_the_deadline() {
    let mut world = world("healthy");
    world.faults.insert(Operation::Status, Fault::Hang);
    let receiver = Receiver::well();
    let stage = Stage::of(world);
    configured(&stage, &[("hook", "webhook", &receiver.url())]);
    for (deadline, verdict) in [("6s", "unknown"), ("12s", "critical")] {
        let before = receiver.came().len();
        let began = Instant::now();
        let arguments = ["check", "--notify", "--deadline", deadline];
        let ran = stage.duckops(&arguments).run();
        assert_eq!(ran.stderr, "", "{deadline}: {ran:?}");
        // Starting and ending take their time on a busy machine.
        let limit = fact::parse_duration(deadline)
            .expect("a duration")
            .unsigned_abs();
        assert!(
            began.elapsed() < Duration::from_secs(limit + 3),
            "{deadline}"
        );
        let came = receiver.came();
        let told = came[before..]
            .iter()
            .find(|one| one["runbook"] == "inc-001");
        let told = told.map(|one| &one["verdict"]);
        assert_eq!(told, Some(&json!(verdict)), "{deadline}: {came:#?}");
    }
}

#[test]
fn a_secret_in_quotes_hides_none_of_the_addresses_of_a_report() {
    let stage = Stage::of(world("inc-005"));
    let quoted = format!("\"http://127.0.0.1:1/{TOKEN}\"\n");
    configured(&stage, &[("chat", "slack", &quoted)]);
    let document = json_at(&stage, "inc-005", &minute(0));
    let address = document["stack"]["api_url"].as_str();
    assert_eq!(
        address,
        Some(stage.practice.api_url().as_str()),
        "{document:#}"
    );
}

#[test]
fn a_clock_that_was_ahead_postpones_no_page_and_nothing_is_since_the_future() {
    let ahead = "2026-03-25T03:12:09Z";
    let receiver = Receiver::by(|number, _| match number {
        1 => http("500 Oops", &[], b""),
        _ => http("202 Accepted", &[], ACCEPTED),
    });
    let stage = Stage::of(world("inc-005"));
    pager(&stage, &receiver, "");
    check(&stage, &["inc-005"], ahead);
    assert_eq!(receiver.came().len(), 1);
    let document = json_at(&stage, "inc-005", &minute(0));
    let since = document["runbooks"][0]["standing"]["since"].as_str();
    assert!(since <= Some(minute(0).as_str()), "{since:?}");
    let ran = check(&stage, &["inc-005"], &minute(1));
    assert!(!ran.stdout.contains("since 2026-03-25"), "{ran:?}");
    check(&stage, &["inc-005"], &minute(2));
    let came = receiver.came();
    assert_eq!(came.len(), 2, "sent again once: {came:#?}");
    let id = |event: &Value| event["payload"]["custom_details"]["message_id"].clone();
    assert_eq!(id(&came[0]), id(&came[1]));
    // A mute lasts as long as was asked for.
    let stage = Stage::of(world("inc-005"));
    let receiver = Receiver::well();
    configured(&stage, &[("hook", "webhook", &receiver.url())]);
    let mute = ["--mute", "inc-005", "--until", "2h", "--by", "Ada"];
    let mute = stage.duckops(&[&["check", "inc-005"][..], &mute].concat());
    mute.env("DUCKOPS_TEST_NOW", ahead).run();
    for (later, told) in [(1, 0), (100, 0), (122, 1)] {
        check(&stage, &["inc-005"], &minute(later));
        assert_eq!(receiver.came().len(), told, "after {later} minutes");
    }
    // Nor does an escalation of the future count as one of the next incident.
    let stage = Stage::of(world("inc-005"));
    let well = Receiver::well();
    configured(&stage, &[("hook", "webhook", &well.url())]);
    assert_eq!(escalate(&stage, ahead).code, 0);
    assert_eq!(escalate(&stage, &minute(0)).code, 4, "this incident");
    let healthy = Stage::of(world("healthy"));
    stage
        .duckops(&["check", "inc-005"])
        .env("AWS_ENDPOINT_URL", healthy.practice.aws_url())
        .env("DUCKOPS_TEST_NOW", minute(5))
        .run();
    check(&stage, &["inc-005"], &minute(10));
    assert_eq!(escalate(&stage, &minute(12)).code, 0, "the next one");
}

#[test]
fn a_channel_is_told_by_priority_and_by_whom_a_rule_calls() {
    for (more, told) in [
        ("priority = \"P0\"\n", true),
        ("priority = \"P1\"\n", true),
        ("priority = [\"P1\", \"P2\"]\n", false),
        ("for = \"T-JOSH\"\n", true),
        ("for = [\"somebody\", \"T-JOSH\"]\n", true),
        ("for = \"spaceduck-bot\"\n", false),
        ("priority = \"P0\"\nfor = \"spaceduck-bot\"\n", false),
    ] {
        let receiver = Receiver::by(|_, _| http("202 Accepted", &[], ACCEPTED));
        let stage = Stage::of(world("inc-005"));
        pager(&stage, &receiver, more);
        let first = check(&stage, &["inc-005"], &minute(0));
        assert_eq!(receiver.came().len(), usize::from(told), "{more}");
        // An incident that no channel takes is reported when it begins, and stands in every report.
        let kept_out = "no channel takes INC-005: ";
        let second = check(&stage, &["inc-005", "-o", "json"], &minute(1));
        assert_eq!(first.stderr.contains(kept_out), !told, "{more}: {first:?}");
        assert!(!second.stderr.contains(kept_out), "{more}: {second:?}");
        assert_eq!(
            second.stdout.contains(kept_out),
            !told,
            "{more}: {second:?}"
        );
        let ran = escalate(&stage, &minute(1));
        let word = if told {
            "DELIVERED pager"
        } else {
            "not sent to pager"
        };
        assert!(flat(&ran).contains(word), "{more}: {ran:?}");
    }
    let stage = Stage::of(world("healthy"));
    let receiver = Receiver::well();
    for more in [
        "priority = \"P9\"\n",
        "priority = []\n",
        "for = \"\"\n",
        "for = []\n",
    ] {
        pager(&stage, &receiver, more);
        let ran = stage.duckops(&["check", "--notify"]).run();
        assert_eq!(ran.code, 64, "{more}: {ran:?}");
        assert!(ran.stderr.contains("config.toml:5: "), "{more}: {ran:?}");
    }
}

#[test]
fn messages_carry_the_command_as_code_and_a_link_to_the_runbook() {
    let stage = Stage::of(world("inc-005"));
    let receiver = Receiver::by(|_, body| match body["routing_key"].is_string() {
        true => http("202 Accepted", &[], ACCEPTED),
        false => http("200 OK", &[], b"ok"),
    });
    pager(
        &stage,
        &receiver,
        &format!(
            "[notify.chat]\nkind = \"slack\"\nurl_file = {:?}\n",
            stage.home().join("chat.url")
        ),
    );
    secret(&stage.home().join("chat.url"), &receiver.url());
    let config = stage.home().join(".config/duckops/config.toml");
    let text = std::fs::read_to_string(&config).expect("the configuration");
    let url = "runbook_url = \"https://wiki.invalid/ops/{runbook}\"\n";
    std::fs::write(&config, format!("{url}{text}")).expect("written");
    check(&stage, &["inc-005"], &minute(0));
    let came = receiver.came();
    let of = |key: &str| came.iter().find(|message| !message[key].is_null());
    let page = of("routing_key").expect("a page");
    assert_eq!(
        page["links"],
        json!([{"href": "https://wiki.invalid/ops/inc-005", "text": "Runbook INC-005"}])
    );
    assert_eq!(
        page["payload"]["custom_details"]["command"],
        "duckops escalate inc-005"
    );
    let chat = of("blocks").expect("a message");
    let blocks = chat["blocks"].to_string();
    assert!(
        blocks.contains("```duckops escalate inc-005```"),
        "{blocks}"
    );
    assert!(
        blocks.contains("<https://wiki.invalid/ops/inc-005>"),
        "{blocks}"
    );
    assert!(
        chat["text"]
            .as_str()
            .is_some_and(|text| text.contains("Next: "))
    );
}

#[test]
fn a_heartbeat_is_called_after_each_complete_check_and_after_no_other() {
    let receiver = Receiver::well();
    let stage = Stage::of(world("inc-005"));
    let folder = stage.home().join(".config/duckops");
    std::fs::create_dir_all(&folder).expect("a folder");
    secret(&folder.join("beat"), &receiver.url());
    let text = format!("[heartbeat]\nurl_file = {:?}\n", folder.join("beat"));
    std::fs::write(folder.join("config.toml"), text).expect("written");
    for done in 1..=2 {
        let ran = stage.duckops(&["check", "inc-005"]).run();
        assert_eq!((ran.code, ran.stderr.as_str()), (2, ""), "{ran:?}");
        assert_eq!(receiver.raw.connections(), done);
    }
    let wrong = stage.duckops(&["check", "inc-999"]).run();
    assert_eq!(wrong.code, 64, "{wrong:?}");
    stage.duckops(&["triage", "inc-005"]).run();
    assert_eq!(receiver.raw.connections(), 2);
    let deaf = Receiver::answering("404 Gone", &[], Duration::ZERO);
    secret(&folder.join("beat"), &deaf.url());
    let ran = stage.duckops(&["check", "inc-005"]).run();
    assert_eq!(ran.code, 2, "the verdict is the code: {ran:?}");
    assert!(
        ran.stderr
            .contains("the heartbeat was not accepted: it answered HTTP 404")
    );
    assert!(!ran.stderr.contains(TOKEN), "{ran:?}");
    let unknown = Receiver::saying("200 OK", &[], "OK (not found)", Duration::ZERO);
    secret(&folder.join("beat"), &unknown.url());
    let ran = stage.duckops(&["check", "inc-005"]).run();
    assert!(ran.stderr.contains("no check has this address"), "{ran:?}");
    std::fs::write(folder.join("config.toml"), "[heartbeat]\n").expect("written");
    let ran = stage.duckops(&["check", "inc-005"]).run();
    assert_eq!(ran.code, 64, "{ran:?}");
}

#[test]
fn a_program_that_times_out_takes_its_children_with_it() {
    let stage = Stage::of(world("inc-005"));
    let folder = stage.home().join(".config/duckops");
    std::fs::create_dir_all(&folder).expect("a folder");
    let (program, left) = (stage.home().join("page"), stage.home().join("left"));
    let script =
        "#!/bin/sh\nyes | head -c 1000000000 >&1 &\n(sleep 8; echo late > \"$1\") &\nsleep 30\n";
    std::fs::write(&program, script).expect("written");
    let mode = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(&program, mode).expect("0700");
    let text = format!("[notify.page]\nkind = \"command\"\ncommand = [{program:?}, {left:?}]\n");
    std::fs::write(folder.join("config.toml"), text).expect("written");
    let began = Instant::now();
    let ran = check(&stage, &["inc-005"], &minute(0));
    assert!(ran.stderr.contains("no answer within 5 s"), "{ran:?}");
    std::thread::sleep(Duration::from_secs(10).saturating_sub(began.elapsed()));
    assert!(!left.exists(), "a child of the program lives on");
}

#[test]
fn without_a_channel_it_is_said_how_to_set_one_up() {
    let stage = Stage::of(world("healthy"));
    let ran = stage.duckops(&["check", "--notify"]).run();
    assert_eq!(ran.code, 64, "{ran:?}");
    for part in [
        "[notify.chat]",
        "kind = \"slack\"",
        "url_file",
        "config.toml",
    ] {
        assert!(ran.stderr.contains(part), "{part}: {ran:?}");
    }
}
