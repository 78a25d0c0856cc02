//! Claim: the alias is moved only after a plan, a consent to that plan and every check that
//! stands in the way; with one request; and the exit code says what reading back shows.

mod canary;
mod credentials;
mod outcomes;
mod race;
mod reads;

use crate::support::{Duckops, Ran, Raw, Stage, at_once, http, world};
use duckops::practice::{FakeStack, Fault, Operation, ReceivedRequest};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What was sent that changes something.
fn puts(stage: &Stage) -> Vec<ReceivedRequest> {
    let changes = |seen: &ReceivedRequest| {
        seen.operation == Some(Operation::UpdateAlias) || seen.method == "PUT"
    };
    let all = stage.practice.requests();
    all.into_iter().filter(changes).collect()
}

/// A command on the alias, with the word for the practice stack's endpoint.
fn alias(stage: &Stage, arguments: &[&str]) -> Duckops {
    let mut all = vec!["alias"];
    all.extend(arguments);
    if ["rollback", "promote"].contains(&arguments[0]) {
        all.push("--endpoint-override");
    }
    stage.duckops(&all)
}

/// What the journal holds, and that its chain is whole.
fn journal(stage: &Stage) -> Vec<Value> {
    let (code, document) = stage.duckops(&["journal"]).json();
    assert_ne!(code, 2, "{document:#}");
    assert_eq!(document["journal"]["breaks"], json!([]));
    document["journal"]["entries"]
        .as_array()
        .expect("entries")
        .clone()
}

fn text(ran: &Ran) -> String {
    format!("{}\n{}", ran.stdout, ran.stderr)
}

/// One reason to send nothing.
struct Refusal {
    what: &'static str,
    change: fn(&mut FakeStack),
    arguments: &'static [&'static str],
    code: i32,
    says: &'static [&'static str],
}

const CONSENT: &str = "--confirm=prod@62->61";
const BACK: &[&str] = &["rollback", "--to", "61", CONSENT];

fn as_it_is(_: &mut FakeStack) {}

const REFUSALS: &[Refusal] = &[
    Refusal {
        what: "no consent",
        change: as_it_is,
        arguments: &["rollback", "--to", "61"],
        code: 5,
        says: &["--confirm 'prod@62->61'"],
    },
    Refusal {
        what: "consent to a plan from another version",
        change: as_it_is,
        arguments: &["rollback", "--to", "61", "--confirm", "prod@60->61"],
        code: 5,
        says: &["--confirm 'prod@62->61'", "not this plan"],
    },
    Refusal {
        what: "consent to a plan to another version",
        change: as_it_is,
        arguments: &["rollback", "--to", "61", "--confirm", "prod@62->60"],
        code: 5,
        says: &["not this plan"],
    },
    Refusal {
        what: "consent in other words",
        change: as_it_is,
        arguments: &["rollback", "--to", "61", "--confirm", "yes"],
        code: 5,
        says: &["not this plan"],
    },
    Refusal {
        what: "a yes that does not exist",
        change: as_it_is,
        arguments: &["rollback", "--to", "61", "--yes"],
        code: 64,
        says: &["--yes"],
    },
    Refusal {
        what: "a dry run",
        change: as_it_is,
        arguments: &["rollback", "--to", "61", CONSENT, "--dry-run"],
        code: 0,
        says: &["DRY RUN", "nothing was sent"],
    },
    Refusal {
        what: "another account",
        change: |w| w.account = "111122223333".into(),
        arguments: BACK,
        code: 1,
        says: &["111122223333", "121546003735"],
    },
    Refusal {
        what: "an account that nobody tells",
        change: |w| {
            drop(
                w.faults
                    .insert(Operation::GetCallerIdentity, Fault::Status(500)),
            )
        },
        arguments: BACK,
        code: 1,
        says: &["GetCallerIdentity"],
    },
    Refusal {
        what: "an identity without an account",
        change: |w| {
            drop(w.faults.insert(Operation::GetCallerIdentity, Fault::Body("<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>".into())))
        },
        arguments: BACK,
        code: 1,
        says: &["no account"],
    },
    Refusal {
        what: "an alias that may not be read",
        change: |w| drop(w.faults.insert(Operation::GetAlias, Fault::Deny)),
        arguments: BACK,
        code: 1,
        says: &["lambda:GetAlias"],
    },
    Refusal {
        what: "a version that is not there",
        change: as_it_is,
        arguments: &["rollback", "--to", "77", "--confirm", "prod@62->77"],
        code: 1,
        says: &["version 77 does not exist"],
    },
    Refusal {
        what: "$LATEST",
        change: as_it_is,
        arguments: &[
            "rollback",
            "--to",
            "$LATEST",
            "--confirm",
            "prod@62->$LATEST",
        ],
        code: 1,
        says: &["not a published version"],
    },
    Refusal {
        what: "a version with a sign",
        change: as_it_is,
        arguments: &["rollback", "--to=-61", "--confirm", "prod@62->-61"],
        code: 1,
        says: &["not a published version"],
    },
    Refusal {
        what: "the version that serves",
        change: as_it_is,
        arguments: &["rollback", "--to", "62", "--confirm", "prod@62->62"],
        code: 1,
        says: &["already"],
    },
    Refusal {
        what: "an inactive version",
        change: |w| {
            drop(
                w.configured
                    .insert("61".into(), json!({"State": "Inactive"})),
            )
        },
        arguments: BACK,
        code: 1,
        says: &["inactive", "Invoke it once"],
    },
    Refusal {
        what: "a version that is being updated",
        change: |w| {
            drop(
                w.configured
                    .insert("61".into(), json!({"LastUpdateStatus": "InProgress"})),
            )
        },
        arguments: BACK,
        code: 1,
        says: &["not ready"],
    },
    Refusal {
        what: "a version whose state is not told",
        change: |w| drop(w.configured.insert("61".into(), json!({"State": null}))),
        arguments: BACK,
        code: 1,
        says: &["did not return the state"],
    },
    Refusal {
        what: "a version that may not be read",
        change: |w| {
            drop(
                w.faults
                    .insert(Operation::GetFunctionConfiguration, Fault::Deny),
            )
        },
        arguments: BACK,
        code: 1,
        says: &["lambda:GetFunctionConfiguration"],
    },
    Refusal {
        what: "the same code",
        change: |w| {
            drop(
                w.configured
                    .insert("61".into(), json!({"CodeSha256": "EXAMPLE62="})),
            )
        },
        arguments: BACK,
        code: 1,
        says: &["the code and configuration of"],
    },
    Refusal {
        what: "nobody knows a good version",
        change: |w| {
            w.metrics.clear();
            w.recorded.clear();
        },
        arguments: &["rollback", CONSENT],
        code: 1,
        says: &["version is proven to be good", "version 61: not served"],
    },
    Refusal {
        what: "metrics that may not be read",
        change: |w| drop(w.faults.insert(Operation::GetMetricData, Fault::Deny)),
        arguments: &["rollback", CONSENT],
        code: 1,
        says: &["cloudwatch:GetMetricData"],
    },
    Refusal {
        what: "a promotion without approval",
        change: as_it_is,
        arguments: &["promote", "--to", "61", CONSENT],
        code: 5,
        says: &["approval", "T-JOSH"],
    },
    Refusal {
        what: "a promotion with half an approval",
        change: as_it_is,
        arguments: &[
            "promote",
            "--to",
            "61",
            CONSENT,
            "--approved-by",
            "T-JOSH",
            "--approval-note",
            " ",
        ],
        code: 5,
        says: &["approval"],
    },
    Refusal {
        what: "a promotion into weights",
        change: |w| w.alias_target.weights = vec![("60".into(), 0.1)],
        arguments: &[
            "promote",
            "--to",
            "61",
            CONSENT,
            "--approved-by",
            "J",
            "--approval-note",
            "n",
            "--deadline",
            "8s",
        ],
        code: 1,
        says: &["10 % on version 60"],
    },
    Refusal {
        what: "a promotion while nothing may run",
        change: |w| w.reserved = Some(0),
        arguments: &[
            "promote",
            "--to",
            "61",
            CONSENT,
            "--approved-by",
            "J",
            "--approval-note",
            "n",
        ],
        code: 1,
        says: &["reserved concurrency is 0"],
    },
];

#[test]
fn nothing_is_sent_without_consent_or_against_a_check() {
    at_once(6, REFUSALS, |refusal| {
        let mut world = world("inc-001");
        (refusal.change)(&mut world);
        let stage = Stage::of(world);
        let ran = alias(&stage, refusal.arguments).run();
        assert_eq!(ran.code, refusal.code, "{}: {ran:?}", refusal.what);
        for words in refusal.says {
            assert!(
                text(&ran).contains(words),
                "{}: no {words} in {ran:#?}",
                refusal.what
            );
        }
        assert!(
            puts(&stage).is_empty(),
            "{}: {:?}",
            refusal.what,
            puts(&stage)
        );
        assert!(
            !stage.state().join("journal.jsonl").exists(),
            "{}",
            refusal.what
        );
        assert_eq!(stage.practice.unexpected(), 0, "{}", refusal.what);
    });
    println!(
        "refusals: {}, requests that change something: 0",
        REFUSALS.len()
    );
}

#[test]
fn an_overridden_endpoint_is_refused_before_anything_is_asked() {
    for variable in [
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_LAMBDA",
        "AWS_ENDPOINT_URL_STS",
    ] {
        let stage = Stage::of(world("inc-001"));
        let url = stage.practice.aws_url();
        let ran = stage
            .duckops(&["alias", "rollback", "--to", "61", CONSENT])
            .env(variable, url)
            .run();
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stdout.contains("--endpoint-override"), "{ran:?}");
        let (_, document) = stage
            .duckops(&["alias", "rollback", "--to", "61", "--dry-run"])
            .env(variable, stage.practice.aws_url())
            .json();
        let of = |key: &str| document[key].clone();
        assert_eq!(
            (of("outcome"), of("dry_run")),
            ("refused".into(), true.into())
        );
        assert_eq!(stage.practice.requests().len(), 0, "{variable}");
    }
}

#[test]
fn an_endpoint_set_by_the_profile_is_refused() {
    let stage = Stage::of(world("inc-001"));
    let config = stage.home().join("aws-config");
    let profile = format!("[default]\nendpoint_url = {}\n", stage.practice.aws_url());
    std::fs::write(&config, profile).expect("written");
    let mut command = stage
        .duckops(&["alias", "rollback", "--to", "61", CONSENT])
        .env("AWS_CONFIG_FILE", config.as_os_str())
        .command();
    // What is left names loopback in the profile.
    let output = command
        .env_remove("AWS_ENDPOINT_URL")
        .output()
        .expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(said.contains("which is not AWS"), "{said}");
    assert!(puts(&stage).is_empty());
}

#[test]
fn another_region_is_refused() {
    let stage = Stage::of(world("inc-001"));
    let ran = alias(&stage, BACK).env("AWS_REGION", "eu-west-1").run();
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(text(&ran).contains("eu-west-1"), "{ran:?}");
    assert!(puts(&stage).is_empty());
}

#[test]
fn without_a_journal_nothing_is_sent() {
    let stage = Stage::of(world("inc-001"));
    let victim = stage.home().join("victim");
    std::fs::write(&victim, "precious").expect("written");
    std::fs::create_dir_all(stage.state()).expect("a folder");
    std::os::unix::fs::symlink(&victim, stage.state().join("journal.jsonl")).expect("a link");
    let ran = alias(&stage, BACK).run();
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(text(&ran).contains("journal"), "{ran:?}");
    assert!(puts(&stage).is_empty());
    assert_eq!(std::fs::read_to_string(victim).expect("read"), "precious");
}

/// A rollback that cannot help is allowed, with a warning.
#[test]
fn a_useless_rollback_is_advised_against_before_the_prompt() {
    let throttled = |w: &mut FakeStack| w.reserved = Some(0);
    let locked_out = |w: &mut FakeStack| w.policy = Some(r#"{"Statement":[]}"#.into());
    type Case = (&'static str, fn(&mut FakeStack), &'static str);
    // To version 60, whose own record is clean in all three.
    let cases: [Case; 3] = [
        ("inc-001", throttled, "reserved concurrency is 0"),
        ("inc-001", locked_out, "API Gateway may not invoke"),
        (
            "onset-before-move",
            as_it_is,
            "began before the alias moved",
        ),
    ];
    for (scene, change, says) in cases {
        let mut world = world(scene);
        change(&mut world);
        let stage = Stage::of(world);
        let (code, document) = alias(&stage, &["rollback", "--to", "60"]).json();
        assert_eq!(code, 5, "{document:#}");
        let advice = document["advice"].to_string();
        assert!(advice.contains(says), "{scene}: {advice}");
        let ran = alias(&stage, &["rollback", "--to", "60"]).run();
        let (advice, question) = (ran.stdout.find("ADVISED AGAINST"), ran.stdout.find("OR "));
        assert!(advice.is_some() && advice < question, "{ran:?}");
        assert!(puts(&stage).is_empty());
    }
}

#[test]
fn a_rollback_is_one_conditional_request_without_weights_and_can_be_undone() {
    let stage = Stage::of(world("inc-001"));
    let before = stage.practice.world().alias_target.clone();
    let (code, document) = alias(&stage, &["rollback", CONSENT, "--wait", "30s"]).json();
    assert_eq!(
        (code, &document["outcome"]),
        (0, &json!("done")),
        "{document:#}"
    );
    let sent = puts(&stage);
    assert_eq!(sent.len(), 1);
    let due = format!(
        "UpdateAlias prod to 61 from revision {}, weights {{}}",
        before.revision
    );
    assert_eq!(sent[0].question, due);
    // The proof of the account came before.
    let requests = stage.practice.requests();
    let place = |operation| {
        requests
            .iter()
            .position(|seen| seen.operation == Some(operation))
    };
    assert!(place(Operation::GetCallerIdentity) < place(Operation::UpdateAlias));
    let looks = requests
        .iter()
        .rev()
        .take_while(|seen| seen.operation != Some(Operation::UpdateAlias));
    assert_eq!(
        looks
            .filter(|seen| seen.operation == Some(Operation::Status))
            .count(),
        5
    );
    let stages: Vec<_> = journal(&stage)
        .iter()
        .map(|line| line["entry"]["stage"].as_str().expect("a stage").to_owned())
        .collect();
    assert_eq!(
        stages,
        ["plan", "consent", "sending", "outcome", "verified"]
    );
    assert_eq!(document["verified"]["well"], true);
    let revision = stage.practice.world().alias_target.revision.clone();
    assert_eq!(document["result"]["revision"], revision.as_str());
    // The undo command does what it says, as it is printed.
    let undo = document["undo"]
        .as_str()
        .expect("an undo command")
        .to_owned();
    assert!(undo.contains(&revision), "{undo}");
    assert!(
        undo.starts_with("duckops alias rollback --to 62 --confirm 'prod@61->62'"),
        "{undo}"
    );
    let (code, document) = alias(
        &stage,
        &[
            "rollback",
            "--to",
            "62",
            "--confirm",
            "prod@61->62",
            "--wait",
            "1s",
        ],
    )
    .json();
    assert_eq!(
        stage.practice.world().alias_target.version,
        "62",
        "{document:#}"
    );
    assert!([0, 2].contains(&code), "{document:#}");
    assert_eq!(stage.practice.unexpected(), 0);
}

#[test]
fn the_log_lines_are_readable_by_their_own_readers() {
    let stage = Stage::of(world("inc-001"));
    let (_, document) = alias(&stage, &["rollback", CONSENT, "--wait", "30s"]).json();
    let line = document["deploy_log"].as_str().expect("a line");
    assert_eq!(
        duckops::stack::newest_version(
            line,
            duckops::stack::DeployLogScope {
                function: "mission-control-api",
                alias: "prod",
                now: i64::MAX,
            }
        )
        .as_deref(),
        Ok("61"),
        "{line}"
    );
    let line = document["governance_log"].as_str().expect("a line");
    for words in [
        "prod",
        "from 62 to 61",
        "INC-001 step 4",
        "arn:aws:sts::121546003735",
    ] {
        assert!(line.contains(words), "{line}");
    }
}

#[test]
fn a_rollback_with_the_api_still_down_is_not_verified_and_escalates() {
    let mut world = world("inc-001");
    world.culprit = None;
    let stage = Stage::of(world);
    let (code, document) = alias(&stage, &["rollback", CONSENT, "--wait", "2s"]).json();
    assert_eq!(
        (code, &document["outcome"]),
        (2, &json!("not-verified")),
        "{document:#}"
    );
    assert_eq!(document["escalation"]["to"], "T-JOSH");
    assert_eq!(stage.practice.world().alias_target.version, "61");
    assert_eq!(puts(&stage).len(), 1);
}

/// An answer that a cache kept is of the version before, whatever it says.
#[test]
fn a_cached_answer_does_not_verify_a_move() {
    let stage = Stage::of(world("inc-001"));
    let status = json!({"lambda_version": "v61", "lambda": {"version": "61"}}).to_string();
    for (header, value, well) in [
        ("age", "3600", false),
        ("content-encoding", "x-odd", false),
        ("age", "1", true),
    ] {
        let status = status.clone();
        let api = Raw::with(move |_| http("200 OK", &[(header, value)], status.as_bytes()));
        stage
            .practice
            .world()
            .moved_to(world("inc-001").alias_target);
        let back = ["rollback", "--to", "61", CONSENT, "--wait", "6s"];
        let (code, document) = alias(&stage, &back)
            .env("DUCKOPS_API_URL", api.url())
            .json();
        let due = if well {
            (0, "done")
        } else {
            (2, "not-verified")
        };
        let outcome = document["outcome"].as_str().expect("a word");
        assert_eq!((code, outcome), due, "{header}: {document:#}");
    }
}

/// A refusal says what to do about it.
#[test]
fn every_refusal_names_a_next_step() {
    let mut denied = world("inc-001");
    denied.faults.insert(Operation::GetAlias, Fault::Deny);
    let ran = alias(&Stage::of(denied), &["rollback", CONSENT]).run();
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("duckops doctor"), "{ran:?}");
    assert!(!ran.stdout.contains("--to VERSION"), "{ran:?}");

    let stage = Stage::of(world("inc-001"));
    let file = stage.home().join("a-file");
    std::fs::write(&file, "x").expect("written");
    let ran = alias(&stage, &["rollback", CONSENT])
        .env("DUCKOPS_STATE_DIR", &file)
        .run();
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("DO NOW"), "{ran:?}");
    assert!(ran.stdout.contains("--state-dir DIR"), "{ran:?}");
    assert!(puts(&stage).is_empty());
}

/// Before the request the equivalent `aws` command is printed for use without duckops; after it was
/// sent, no longer, so that it is not sent twice.
#[test]
fn the_manual_command_is_shown_only_before_the_request_is_sent() {
    let stage = Stage::of(world("inc-001"));
    let shown = |arguments: &[&str]| {
        let ran = alias(&stage, arguments).run();
        (ran.code, ran.stdout.contains("aws lambda update-alias"))
    };
    assert_eq!(shown(&["rollback"]), (5, true));
    assert_eq!(shown(&["rollback", CONSENT, "--wait", "0s"]), (2, false));
}

#[test]
fn no_value_of_the_environment_is_ever_shown_or_kept() {
    const CANARY: &str = "canary-7f3a";
    let mut world = world("inc-001");
    let environment = json!({"Variables": {"API_TOKEN": CANARY, "STAGE": "prod"}});
    world
        .configured
        .insert("61".into(), json!({"Environment": environment}));
    let stage = Stage::of(world);
    for format in ["table", "short", "json", "nagios", "prometheus", "markdown"] {
        for arguments in [
            &["check", "--to", "61"][..],
            &["show"],
            &["rollback"],
            &["rollback", "--dry-run"],
        ] {
            let mut arguments = arguments.to_vec();
            arguments.extend(["-v", "--output", format]);
            let ran = alias(&stage, &arguments).run();
            assert!(!text(&ran).contains(CANARY), "{format} {arguments:?}");
        }
    }
    let (_, document) = alias(&stage, &["rollback", CONSENT, "--wait", "1s"]).json();
    assert!(
        document["plan"]["differences"]
            .to_string()
            .contains("API_TOKEN")
    );
    let kept = std::fs::read_to_string(stage.state().join("journal.jsonl")).expect("a journal");
    assert!(kept.contains("API_TOKEN") && !kept.contains(CANARY));
}

#[test]
fn alias_check_exits_with_its_verdict_in_every_format() {
    type Case = (
        &'static str,
        fn(&mut FakeStack),
        &'static [&'static str],
        i32,
        &'static str,
    );
    let new = |w: &mut FakeStack| {
        let newest = w.versions.last().expect("a version").clone();
        w.versions.push(duckops::practice::Version {
            number: "62".into(),
            code_sha256: "EXAMPLE62=".into(),
            ..newest
        });
    };
    let cases: [Case; 7] = [
        ("healthy", as_it_is, &["check"], 0, "ok"),
        ("healthy", new, &["check", "--to", "62"], 0, "ok"),
        (
            "healthy",
            |w| drop(w.configured.insert("60".into(), json!({"MemorySize": 256}))),
            &["check", "--to", "60"],
            1,
            "warning",
        ),
        (
            "healthy",
            |w| {
                drop(
                    w.configured
                        .insert("60".into(), json!({"State": "Inactive"})),
                )
            },
            &["check", "--to", "60"],
            2,
            "critical",
        ),
        ("healthy", as_it_is, &["check", "--to", "99"], 2, "critical"),
        (
            "healthy",
            |w| drop(w.faults.insert(Operation::GetPolicy, Fault::Deny)),
            &["check"],
            3,
            "unknown",
        ),
        (
            "healthy",
            |w| drop(w.faults.insert(Operation::GetMetricData, Fault::Deny)),
            &["check"],
            3,
            "unknown",
        ),
    ];
    for (scene, change, arguments, due, verdict) in cases {
        let mut world = world(scene);
        change(&mut world);
        let stage = Stage::of(world);
        let (code, document) = alias(&stage, arguments).json();
        assert_eq!(
            (code, &document["verdict"]),
            (due, &json!(verdict)),
            "{arguments:?} {document:#}"
        );
        assert_eq!(document["exit_code"], due);
        assert_eq!(document["complete"], true);
        if due == 0 {
            for format in ["table", "short", "nagios", "prometheus", "markdown"] {
                let mut arguments = arguments.to_vec();
                arguments.extend(["--output", format]);
                assert_eq!(alias(&stage, &arguments).run().code, due, "{format}");
            }
        }
        assert!(puts(&stage).is_empty());
        assert_eq!(stage.practice.unexpected(), 0);
    }
}

/// Each answer taken away in turn: no check goes towards ok, and the permission is named.
#[test]
fn a_denied_read_is_unknown_and_names_the_permission() {
    let denied = [
        (Operation::GetAlias, "lambda:GetAlias"),
        (
            Operation::GetFunctionConfiguration,
            "lambda:GetFunctionConfiguration",
        ),
        (
            Operation::ListVersionsByFunction,
            "lambda:ListVersionsByFunction",
        ),
        (Operation::GetPolicy, "lambda:GetPolicy"),
        (
            Operation::GetProvisionedConcurrencyConfig,
            "lambda:GetProvisionedConcurrencyConfig",
        ),
        (
            Operation::GetFunctionConcurrency,
            "lambda:GetFunctionConcurrency",
        ),
        (Operation::GetMetricData, "cloudwatch:GetMetricData"),
        (Operation::GetCallerIdentity, "sts:GetCallerIdentity"),
    ];
    let verdicts = |document: &Value| -> Vec<(String, String)> {
        let steps = document["runbooks"][0]["steps"].as_array().expect("steps");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        steps
            .iter()
            .map(|s| (text(&s["id"]), text(&s["verdict"])))
            .collect()
    };
    let (_, healthy) = alias(&Stage::of(world("healthy")), &["check", "--to", "60"]).json();
    let healthy = verdicts(&healthy);
    for (operation, permission) in denied {
        let mut world = world("healthy");
        world.faults.insert(operation, Fault::Deny);
        let stage = Stage::of(world);
        let (code, document) = alias(&stage, &["check", "--to", "60"]).json();
        assert!([2, 3].contains(&code), "{operation}: {code}");
        assert!(document.to_string().contains(permission), "{operation}");
        for ((id, was), (_, is)) in healthy.iter().zip(verdicts(&document)) {
            assert!(
                is != "ok" || was == "ok",
                "{operation}: {id} went from {was} to {is}"
            );
        }
    }
}

#[test]
fn the_journal_shows_what_was_changed_and_that_it_was_not_tampered_with() {
    let stage = Stage::of(world("inc-001"));
    assert_eq!(stage.duckops(&["journal", "--verify"]).run().code, 0);
    alias(&stage, &["rollback", CONSENT, "--wait", "1s"]).run();
    let ran = stage.duckops(&["journal", "--verify"]).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    let path = stage.state().join("journal.jsonl");
    let kept = std::fs::read_to_string(&path).expect("a journal");
    std::fs::write(&path, kept.replace("\"to\":\"61\"", "\"to\":\"60\"")).expect("written");
    let ran = stage.duckops(&["journal", "--verify"]).run();
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stdout.contains("line 1"), "{ran:?}");
}

/// The policy that `doctor` prints permits everything that these commands and a triage ask.
#[test]
fn the_policy_allows_exactly_the_reads_and_with_writes_the_writes() {
    let stage = Stage::of(world("inc-001"));
    let permitted = |arguments: &[&str]| -> BTreeSet<String> {
        let policy = stage.duckops(arguments).run();
        assert_eq!(policy.code, 0, "{policy:?}");
        let policy: Value = serde_json::from_str(&policy.stdout).expect("JSON");
        let statements = policy["Statement"].as_array().expect("statements");
        let action = |one: &Value| one["Action"].as_str().expect("an action").to_owned();
        statements.iter().map(action).collect()
    };
    let reads = permitted(&["doctor", "--policy"]);
    let writes = permitted(&["doctor", "--policy", "--writes"]);
    stage.duckops(&["triage"]).run();
    alias(&stage, &["show"]).run();
    let asked = |stage: &Stage| -> BTreeSet<String> {
        let all = stage.practice.requests();
        let action = |operation: Operation| match operation {
            Operation::Status | Operation::Audit => None,
            Operation::Invoke => Some("lambda:InvokeFunction".to_owned()),
            Operation::GetCallerIdentity => Some("sts:GetCallerIdentity".to_owned()),
            Operation::ListExecutions => Some("states:ListExecutions".to_owned()),
            Operation::GetAccount => Some("ses:GetAccount".to_owned()),
            Operation::GetMetricData => Some("cloudwatch:GetMetricData".to_owned()),
            Operation::FilterLogEvents => Some("logs:FilterLogEvents".to_owned()),
            of_lambda => Some(format!("lambda:{of_lambda}")),
        };
        all.iter()
            .filter_map(|seen| seen.operation.and_then(action))
            .collect()
    };
    assert_eq!(asked(&stage), reads);
    let back = ["rollback", CONSENT, "--smoke", "--wait", "1s"];
    alias(&stage, &back).run();
    assert_eq!(asked(&stage), writes);
}
