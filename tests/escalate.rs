//! Claim: an escalation is sent once, after consent, with all that its recipient needs; a dead
//! channel, a broken history or a second operator does not prevent it, and nothing claims that it
//! was sent when it was not.

use crate::support::receiver::{Receiver, TOKEN, configured, no_secret_in};
use crate::support::{Duckops, Ran, Stage, now, step, world};
use duckops::practice::{Fault, Operation};
use duckops::state_dir::journal::{Journal, JournalEntry, Stage as Step};
use serde_json::{Value, json};
use std::time::Duration;

const CALL: [&str; 5] = [
    "escalate",
    "inc-004",
    "--confirm",
    "inc-004",
    "--endpoint-override",
];

/// A named operator's escalation of the stage's incident.
fn call(stage: &Stage, more: &[&str]) -> Duckops {
    stage
        .duckops(&[&CALL[..], more].concat())
        .env("USER", "operator")
}

/// What the journal calls the stack of a stage.
fn key(stage: &Stage) -> String {
    let api = stage.practice.api_url();
    ["prod", &api, "121546003735", "us-east-1"].join("|")
}

fn ended(ran: Ran, code: i32) -> Ran {
    assert_eq!(ran.code, code, "{ran:?}");
    for stream in [&ran.stdout, &ran.stderr] {
        assert!(!stream.contains(TOKEN), "the URL is a secret: {stream}");
    }
    ran
}

fn hooked() -> (Stage, Receiver) {
    let receiver = Receiver::well();
    let stage = Stage::of(world("inc-004"));
    configured(&stage, &[("hook", "webhook", &receiver.url())]);
    (stage, receiver)
}

fn after(seconds: u64) -> String {
    let at = now() + Duration::from_secs(seconds);
    duckops::fact::instant(at.unix_timestamp())
}

#[test]
fn an_escalation_has_its_context_and_is_sent_once() {
    let (stage, receiver) = hooked();
    stage.duckops(&["triage", "inc-004"]).run();
    let later = stage.practice.world().now + Duration::from_secs(240);
    stage.practice.world().now = later;
    let ran = call(&stage, &["--note", "mail to the owner is sent"]);
    let ran = ended(ran.env("DUCKOPS_TEST_NOW", after(240)).run(), 0);
    assert!(
        ran.stdout.starts_with("DELIVERED hook took it\n"),
        "{ran:?}"
    );
    assert!(ran.stdout.contains("duckops record inc-004"), "{ran:?}");
    let came = receiver.came();
    assert_eq!(came.len(), 1, "{came:#?}");
    let message = &came[0];
    assert_eq!(message["kind"], "escalate");
    assert_eq!(message["verdict"], "critical");
    assert_eq!(message["escalation"], "T-JOSH P1 by 2026-03-22T03:17:09Z");
    assert_eq!(message["next_action"], Value::Null);
    let brief = &message["brief"];
    assert_eq!(brief["by"], "operator (by login)");
    let asked = brief["asked"].as_str().expect("a text");
    assert!(
        asked.contains("no execution is terminated without"),
        "{asked}"
    );
    let since = brief["since"].as_str().expect("a text");
    assert!(
        since.starts_with("2026-03-22T03:12:09Z (4 min ago)"),
        "{since}"
    );
    let seen = brief["seen"].to_string();
    for part in [
        "note: mail to the owner is sent",
        "CRIT 1 callback-errors: 18 in 24 h (limit 10)",
        "WARN 5 stale: ",
        "peck.callback_errors_24h_min = 18\"",
        "executions.longest_running: peck-0099 since ",
        "executions.newest_unsuccessful: FAILED peck-0100 ",
        "; and 2 more",
    ] {
        assert!(seen.contains(part), "{part}\n{seen}");
    }
    assert_eq!(brief["tried"], json!(["none from this machine in 24 h"]));
    // Another operator, a minute later.
    let again = call(&stage, &[]).env("DUCKOPS_TEST_NOW", after(300)).run();
    let again = ended(again, 4);
    // Broken into lines wherever the screen ends.
    let said: Vec<_> = again.stdout.split_whitespace().collect();
    let said = said.join(" ");
    for words in [
        "Paged ",
        " ago, at 2026-03-22T03:16:",
        "Z, by operator (by login) from ",
        ", delivered",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(receiver.came().len(), 1);
    let meant = call(&stage, &["--again"]).env("DUCKOPS_TEST_NOW", after(300));
    ended(meant.run(), 0);
    let came = receiver.came();
    assert_eq!(came.len(), 2);
    assert_ne!(came[0]["id"], came[1]["id"]);
    // The timeline shows it afterwards.
    let timeline = stage
        .duckops(&["timeline"])
        .env("DUCKOPS_TEST_NOW", after(300));
    let timeline = timeline.run().stdout;
    assert!(
        timeline.contains("escalate inc-004: delivered"),
        "{timeline}"
    );
    // What was done about it is no reason for it.
    let (_, told) = stage
        .duckops(&["timeline"])
        .env("DUCKOPS_TEST_NOW", after(300))
        .json();
    let moments = told["moments"].as_array().expect("moments").iter();
    let calls = moments.filter(|moment| moment["witness"] == "call");
    assert_eq!(calls.count(), 4, "{told:#}");
    let record = stage.duckops(&["record", "inc-004", "--dry-run"]);
    let record = record.env("DUCKOPS_TEST_NOW", after(300)).run().stdout;
    for part in [
        "Z escalate inc-004: delivered",
        "- **Called:** at 2026-03-22T03:17:",
        "Z by operator (by login) on ",
        ", taken at 2026-03-22T03:17:",
    ] {
        assert!(record.contains(part), "{part}\n{record}");
    }
    ended(stage.duckops(&["journal", "--verify"]).run(), 0);
    no_secret_in(&stage.state());
}

#[test]
fn without_consent_to_this_message_nothing_is_sent() {
    let (stage, receiver) = hooked();
    let plain = ["escalate", "inc-004", "--endpoint-override"];
    for (more, code) in [
        (&[][..], 5),
        (&["--confirm", "yes"], 5),
        (&["--confirm", "inc-001"], 5),
        (&["--confirm", ""], 5),
        (&["--dry-run"], 0),
        (&["--dry-run", "--confirm", "inc-004"], 0),
    ] {
        let ran = stage.duckops(&[&plain[..], more].concat()).run();
        let ran = ended(ran, code);
        // It can be pasted all the same.
        let line =
            "\n--- message ---\nP1 INC-004 Peck callback errors: 18 in 24 h (limit 10), prod\n";
        assert!(ran.stdout.contains(line), "{ran:?}");
        assert!(ran.stdout.contains("nothing was sent"), "{ran:?}");
        let elsewhere = "\n- DUCKOPS_API_URL is set, so this run did not reach the stack\n";
        assert!(ran.stdout.contains(elsewhere), "{ran:?}");
    }
    assert_eq!(receiver.raw.connections(), 0);
    let (_, journal) = stage.duckops(&["journal"]).json();
    assert_eq!(journal["journal"]["entries"], json!([]));
    // A verdict about another stack than the configured one is not escalated by accident.
    let ran = ended(stage.duckops(&CALL[..4]).run(), 1);
    assert!(ran.stdout.contains("REFUSED   "), "{ran:?}");
    assert!(ran.stdout.contains("--endpoint-override"), "{ran:?}");
    assert_eq!(receiver.raw.connections(), 0);
    // And none of it kept the true call from being the first.
    let ran = ended(call(&stage, &[]).run(), 0);
    let elsewhere = "DUCKOPS_API_URL is set, so this run did not reach the stack";
    assert!(
        ran.stdout.replace("\n         ", "").contains(elsewhere),
        "{ran:?}"
    );
    let came = receiver.came();
    assert_eq!(came.len(), 1);
    assert_eq!(
        came[0]["brief"]["seen"][0], elsewhere,
        "who is called knows it"
    );
}

#[test]
fn without_a_channel_the_message_is_printed_and_not_recorded_as_sent() {
    let stage = Stage::of(world("inc-004"));
    for _ in 0..2 {
        let ran = ended(call(&stage, &[]).run(), 0);
        assert!(
            ran.stdout.contains("NOT SENT  No channel is configured"),
            "{ran:?}"
        );
        assert!(
            ran.stdout
                .contains("\nDecision needed: how to end the callback errors"),
            "{ran:?}"
        );
    }
    let wrong = stage
        .duckops(&["escalate", "inc-004", "--channel", "pager"])
        .run();
    let wrong = ended(wrong, 64);
    assert!(wrong.stderr.contains("no [notify.pager]"), "{wrong:?}");
}

#[test]
fn an_incident_without_escalation_escalates_to_nobody() {
    let receiver = Receiver::well();
    let mut down = world("healthy");
    down.faults.insert(Operation::Status, Fault::Status(502));
    for (world, words) in [
        (world("healthy"), "INC-004 is ok, no escalation is due"),
        (down, "INC-004 not judged: caused by INC-001"),
    ] {
        let stage = Stage::of(world);
        configured(&stage, &[("hook", "webhook", &receiver.url())]);
        let ran = ended(call(&stage, &[]).run(), 1);
        assert!(ran.stdout.starts_with("NOT DUE   "), "{ran:?}");
        assert!(ran.stdout.contains(words), "{ran:?}");
        let is_about_cause = words.contains("INC-001");
        assert_eq!(
            ran.stdout.contains("duckops escalate inc-001"),
            is_about_cause
        );
    }
    assert_eq!(receiver.raw.connections(), 0);
}

#[test]
fn one_of_many_concurrent_escalations_is_sent_and_the_others_name_it() {
    let (stage, receiver) = hooked();
    // The history exists before they race for it.
    stage.duckops(&["triage", "inc-004"]).run();
    let ended: Vec<Ran> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..8)
            .map(|n| {
                let stage = &stage;
                scope.spawn(move || {
                    let who = format!("caller {n}");
                    call(stage, &["--operator", &who]).run()
                })
            })
            .collect();
        callers
            .into_iter()
            .map(|caller| caller.join().expect("it ran"))
            .collect()
    });
    let mut codes: Vec<_> = ended.iter().map(|ran| ran.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 4, 4, 4, 4, 4, 4, 4], "{ended:#?}");
    let came = receiver.came();
    assert_eq!(came.len(), 1, "{came:#?}");
    let caller = came[0]["brief"]["by"].as_str().expect("a name");
    for late in ended.iter().filter(|ran| ran.code == 4) {
        assert!(
            late.stdout.contains(&format!("by {caller} from ")),
            "{late:?}"
        );
    }
}

#[test]
fn a_failing_channel_is_reported_and_retried_later() {
    let dead = Receiver::answering("500 Oops", &[], Duration::ZERO);
    let (stage, well) = hooked();
    let both = |dead: &Receiver| {
        configured(
            &stage,
            &[
                ("hook", "webhook", &well.url()),
                ("pager", "webhook", &dead.url()),
            ],
        );
    };
    both(&dead);
    let alone = ["--channel", "pager"];
    let ran = ended(call(&stage, &alone).run(), 2);
    assert!(
        ran.stdout
            .contains("UNDELIVERED No channel took it (pager)"),
        "{ran:?}"
    );
    assert!(ran.stdout.contains("Call T-JOSH by other means"), "{ran:?}");
    assert!(
        ran.stdout.contains("\nDecision needed: "),
        "there to be pasted: {ran:?}"
    );
    let tried = dead.came();
    assert_eq!((tried.len(), well.came().len()), (1, 0));
    let ran = ended(call(&stage, &[]).run(), 4);
    let said: Vec<_> = ran.stdout.split_whitespace().collect();
    assert!(said.join(" ").contains("not delivered yet"), "{ran:?}");
    // The next check tries again, with the same key.
    let revived = Receiver::well();
    both(&revived);
    let check = stage.duckops(&["check", "inc-004", "--notify"]);
    check.env("DUCKOPS_TEST_NOW", after(61)).run();
    let came = revived.came();
    let calls: Vec<_> = came.iter().filter(|m| m["kind"] == "escalate").collect();
    assert_eq!(calls.len(), 1, "{came:#?}");
    assert_eq!(calls[0]["id"], tried[0]["id"]);
    // One of two channels suffices, and the failed one is named.
    both(&dead);
    let ran = ended(call(&stage, &["--again"]).run(), 2);
    let words = "HALF DELIVERED hook took it; pager did not";
    assert!(ran.stdout.contains(words), "{ran:?}");
}

#[test]
fn an_unusable_history_does_not_prevent_an_escalation() {
    let (stage, receiver) = hooked();
    let torn = stage.home().join("torn.db");
    std::fs::write(&torn, "no database").expect("written");
    let history = format!("sqlite:{}", torn.display());
    let ran = call(&stage, &[]).env("DUCKOPS_HISTORY", &history).run();
    let ran = ended(ran, 2);
    assert!(
        ran.stdout.starts_with("NOT RECORDED hook took it"),
        "{ran:?}"
    );
    assert!(
        ran.stdout.contains("others will not know of this call"),
        "{ran:?}"
    );
    assert_eq!(receiver.came().len(), 1);
    assert_eq!(std::fs::read_to_string(&torn).expect("read"), "no database");
    // Nor does a journal that cannot be written.
    let blocked = stage.home().join("blocked");
    std::fs::create_dir_all(blocked.join("journal.jsonl")).expect("a folder");
    let blocked = blocked.display().to_string();
    let ran = call(&stage, &["--state-dir", &blocked]).run();
    let ran = ended(ran, 2);
    assert!(
        ran.stdout.contains("the journal does not have it"),
        "{ran:?}"
    );
    assert_eq!(receiver.came().len(), 2);
}

#[test]
fn escalation_and_checks_share_an_incident_key_and_the_next_incident_escalates_again() {
    let receiver = Receiver::well();
    let stage = Stage::of(world("inc-005"));
    configured(&stage, &[("hook", "webhook", &receiver.url())]);
    let call = |at: u64, code: i32| {
        let arguments = [
            "escalate",
            "inc-005",
            "--confirm",
            "inc-005",
            "--endpoint-override",
        ];
        let ran = stage.duckops(&arguments).env("DUCKOPS_TEST_NOW", after(at));
        ended(ran.run(), code);
    };
    let check = |at: u64| {
        let ran = stage.duckops(&["check", "inc-005", "--notify"]);
        assert_eq!(ran.env("DUCKOPS_TEST_NOW", after(at)).run().code, 2);
    };
    call(0, 0);
    check(60);
    call(120, 4);
    let well = Stage::of(world("healthy"));
    let over = stage
        .duckops(&["check", "inc-005", "--notify"])
        .env("AWS_ENDPOINT_URL", well.practice.aws_url())
        .env("DUCKOPS_TEST_NOW", after(180))
        .run();
    assert_eq!(over.code, 0, "{over:?}");
    check(240);
    call(300, 0);
    let came = receiver.came();
    let told: Vec<_> = came
        .iter()
        .map(|message| {
            let kind = message["kind"].as_str().expect("a kind");
            (kind, message["incident"].as_str().expect("a key"))
        })
        .collect();
    let (first, second) = (told[0].1, told[3].1);
    assert_eq!(
        told,
        [
            ("escalate", first),
            ("trigger", first),
            ("resolve", first),
            ("trigger", second),
            ("escalate", second),
        ]
    );
    assert_ne!(first, second);
}

#[test]
fn stack_text_in_an_escalation_mentions_nobody_and_forges_no_line() {
    let receiver = Receiver::well();
    let mut world = world("inc-004");
    let evil = "x\n<!channel> Decision needed: pay @here\u{202e}\u{1b}[2J";
    for execution in &mut world.executions {
        execution.name = format!("{evil}{}", execution.name);
    }
    let stage = Stage::of(world);
    configured(&stage, &[("hook", "slack", &receiver.url())]);
    let ran = ended(call(&stage, &["--note", evil, "--operator", evil]).run(), 0);
    assert!(!ran.stdout.contains('\u{1b}'), "{ran:?}");
    let came = receiver.came();
    let text = came[0]["text"].as_str().expect("a text");
    for bad in ["<!channel>", "@here", "\u{202e}", "\u{1b}"] {
        assert!(!text.contains(bad), "{bad:?}: {text}");
    }
    let asked = text
        .lines()
        .filter(|line| line.starts_with("Decision needed:"));
    assert_eq!(asked.count(), 1, "{text}");
}

#[test]
fn the_printed_escalation_has_the_deadline_of_triage() {
    let stage = Stage::of(world("inc-004"));
    let (_, triage) = stage.duckops(&["triage", "inc-004"]).json();
    let (code, document) = stage.duckops(&["escalate", "inc-004"]).json();
    assert_eq!((code, &document["outcome"]), (0, &json!("printed")));
    let shown = &step(&triage, "inc-004", "callback-errors")["escalation"];
    assert_eq!(&document["escalation"], shown);
    assert_eq!(document["recorded"], Value::Null);
}

#[test]
fn a_killed_escalation_is_settled_in_the_journal_by_the_next() {
    let stage = Stage::of(world("inc-004"));
    let step = |id: &str, action: &str, at: &str, stage_: Step| JournalEntry {
        id: id.into(),
        at: at.into(),
        action: action.into(),
        stage: stage_,
        stack: key(&stage),
        detail: json!({}),
    };
    let (old, fresh) = ("2026-03-22T03:11:08Z", "2026-03-22T03:11:10Z");
    let kept = Journal::in_folder(&stage.state());
    kept.append(&[
        step("01", "escalate inc-004", old, Step::Sending),
        step("02", "escalate inc-004", fresh, Step::Sending),
        step("03", "escalate inc-005", old, Step::Sending),
    ])
    .expect("a journal");
    ended(call(&stage, &[]).run(), 0);
    let chain = kept.read().expect("a journal");
    assert!(chain.is_whole());
    let open: Vec<_> = chain.open().iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(
        open,
        ["02", "03"],
        "what may be on its way and what is another's stays"
    );
    let (_, last) = chain.entries.last().expect("an entry");
    assert_eq!(last.id, "01");
    assert_eq!(last.detail["outcome"], "undelivered");
}

#[test]
fn since_is_the_earliest_known_onset() {
    // Runs saw the API fail for five minutes; none of them judged anything.
    let mut down = world("inc-001");
    let stage = Stage::of(down.clone());
    let since = |stage: &Stage| {
        let ran = stage.duckops(&["escalate", "inc-001"]).run();
        let line = ran.stdout.lines().find(|line| line.starts_with("Since: "));
        line.unwrap_or_else(|| panic!("{ran:?}")).to_owned()
    };
    let line = since(&stage);
    let begin = "Since: 2026-03-22T03:07:09Z (5 min ago); first recorded 2026-03-22T03:12:09Z";
    assert!(line.starts_with(begin), "{line}");
    down.recorded.clear();
    let line = since(&Stage::of(down));
    let begin = "Since: 2026-03-22T03:12:09Z, first recorded, may be older: no ok run in 48 h";
    assert!(line.starts_with(begin), "{line}");
}

/// Whoever asks about callback errors is told to page at the priority of what causes them, and the
/// first line of a message, which is what a phone shows, names the priority that is due.
#[test]
fn the_priority_is_that_of_what_is_due() {
    let stage = Stage::of(world("callbacks-explained"));
    for runbook in ["inc-003", "inc-004"] {
        let (_, document) = stage.duckops(&["triage", runbook]).json();
        assert_eq!(document["escalation"]["priority"], "P0", "{document:#}");
    }
    let first = |scene: &str, runbook: &str| {
        let stage = Stage::of(world(scene));
        let ran = stage.duckops(&["escalate", runbook, "--dry-run"]).run();
        let mut lines = ran.stdout.lines().skip_while(|l| *l != "--- message ---");
        let head = lines.nth(1).unwrap_or_else(|| panic!("{ran:?}")).to_owned();
        let to = ran.stdout.lines().find(|line| line.starts_with("To: "));
        (head, to.expect("to whom").to_owned())
    };
    for (scene, runbook, due) in [
        ("fleet-and-quota", "inc-003", "P0 INC-003 "),
        ("bounces-over-sends", "inc-005", "P1 INC-005 "),
        ("inc-004", "inc-004", "P1 INC-004 "),
        (
            "sending-paused",
            "inc-005",
            "P0 INC-005 Mail: sending is disabled",
        ),
    ] {
        let (head, to) = first(scene, runbook);
        assert!(head.starts_with(due), "{scene}: {head}");
        assert!(to.contains(&due[..2]), "{scene}: {to}");
    }
}

#[test]
fn triage_and_check_after_an_escalation_name_it_and_do_not_ask_for_another() {
    let (stage, _receiver) = hooked();
    let first = stage.duckops(&["triage", "inc-004"]).run();
    assert!(
        first.stdout.contains("duckops escalate inc-004"),
        "{first:?}"
    );
    ended(call(&stage, &[]).run(), 0);
    let later = stage.duckops(&["triage", "inc-004"]);
    let later = later.env("DUCKOPS_TEST_NOW", after(240)).run();
    let said: Vec<_> = later.stdout.split_whitespace().collect();
    let said = said.join(" ");
    assert!(said.contains("DO NOW Record the incident"), "{later:?}");
    assert!(said.contains("duckops record inc-004"), "{later:?}");
    assert!(
        said.contains("PAGED T-JOSH (P1) paged ") && said.contains(" ago (03:12Z) by operator"),
        "{later:?}"
    );
    assert!(!said.contains("duckops escalate"), "{later:?}");
    let check = stage.duckops(&["check", "inc-004", "-o", "short"]).run();
    assert!(
        check
            .stdout
            .contains("do: duckops record inc-004 (T-JOSH P1 paged)"),
        "{check:?}"
    );
    // Of another incident nobody was paged.
    let bond = stage.duckops(&["triage", "bond"]).run();
    assert!(bond.stdout.contains("duckops escalate bond"), "{bond:?}");
}

#[test]
fn a_second_escalation_names_the_channel_that_has_not_accepted_the_first() {
    let dead = Receiver::answering("500 Oops", &[], Duration::ZERO);
    let (stage, well) = hooked();
    let both = [
        ("hook", "webhook", well.url()),
        ("pager", "webhook", dead.url()),
    ];
    let both = both
        .each_ref()
        .map(|(name, kind, url)| (*name, *kind, url.as_str()));
    configured(&stage, &both);
    ended(call(&stage, &[]).run(), 2);
    let again = ended(call(&stage, &[]).run(), 4);
    let said: Vec<_> = again.stdout.split_whitespace().collect();
    let said = said.join(" ");
    assert!(
        said.contains("delivered, but not yet to pager"),
        "{again:?}"
    );
    assert!(said.contains("duckops check --notify"), "{again:?}");
    let (whole, _receiver) = hooked();
    ended(call(&whole, &[]).run(), 0);
    let again = ended(call(&whole, &[]).run(), 4);
    assert!(!again.stdout.contains("not yet"), "{again:?}");
    assert!(
        again.stdout.contains("duckops escalate inc-004 --again"),
        "{again:?}"
    );
}

#[test]
fn the_command_that_confirms_goes_to_the_channels_that_were_named() {
    let (stage, _receiver) = hooked();
    for (asked, due) in [
        (vec![], "duckops escalate inc-004 --confirm inc-004"),
        (
            vec!["--channel", "hook", "--note", "owner is told"],
            "duckops escalate inc-004 --channel hook --note 'owner is told' --confirm inc-004",
        ),
        (
            vec!["--again"],
            "duckops escalate inc-004 --again --confirm inc-004",
        ),
    ] {
        let words = [&["escalate", "inc-004", "--endpoint-override"][..], &asked].concat();
        let (code, document) = stage.duckops(&words).json();
        assert_eq!(code, 5, "{document:#}");
        let command = document["next_action"]["command"].as_str();
        let command = command.unwrap_or_default();
        let due = due.replace(" --confirm", " --endpoint-override --confirm");
        assert_eq!(command, due);
    }
}

#[test]
fn the_outcome_of_an_escalation_stays_in_sight_on_a_small_terminal() {
    for scene in ["inc-001", "inc-004", "inc-005", "fleet-and-quota"] {
        let runbook = if scene == "fleet-and-quota" {
            "inc-003"
        } else {
            scene
        };
        let stage = Stage::of(world(scene));
        let duckops = stage.duckops(&["escalate", runbook]).env("TERM", "xterm");
        let pty = crate::support::pty::Pty::start(duckops.command(), 24, 80);
        pty.wait_for("set up a channel");
        let (_, written) = pty.end();
        let rows = written.trim_end().lines().count();
        assert!(rows <= 23, "{scene}: {rows} rows: {written}");
        let outcome = written.find("NOT SENT").expect("the outcome");
        let message = written.find("To: ").expect("the message");
        assert!(message < outcome, "{scene}: {written}");
    }
}
