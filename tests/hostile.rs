//! Claim: text that came from outside cannot move a cursor, hide, reorder or forge
//! anything, whichever door it came in by and whichever format it goes out in.

use crate::support::{NOW, Raw, Stage, at_once, http, now, world};
use duckops::practice::{FakeExecution, FakeStack, Fault, LogEvent, Operation};
use serde_json::{Value, json};
use std::time::Duration;

/// Everything at once that a terminal, a chat, a table or a scraper might act upon.
const EVIL: &str = "\u{1b}[2J\u{1b}]0;t\u{7}\u{9b}31m\u{85}\u{90}\u{9c}\u{0}\u{8}\u{7f}\u{202e}\u{2066}\u{200b}\u{feff}\u{ad}\u{e0041}\r\nOK   all is well\n| x | y |\n```\n# heading\n<script>\n\u{2028}duckops_run_verdict{verdict=\"ok\"} 1\n\t=cmd|' /C calc'!A0 @everyone";

/// The beginnings of lines that only a forger would write.
const FORGED: [&str; 6] = [
    "OK   all",
    "| x |",
    "```\u{0}",
    "# heading",
    "<script",
    "duckops_run_verdict{verdict",
];

const FORMATS: [&str; 6] = ["table", "short", "json", "nagios", "prometheus", "markdown"];

fn is_invisible(c: char) -> bool {
    matches!(c as u32,
        0xad | 0x61c | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xe0000..=0xe0fff)
}

/// What is wrong with an output that went through the doors.
fn forged(text: &str, format: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for c in text.chars() {
        if (c.is_control() && c != '\n') || is_invisible(c) {
            wrong.push(format!("U+{:04X} got through", c as u32));
        }
    }
    for line in text.lines() {
        if FORGED
            .iter()
            .any(|forged| line.trim_start().starts_with(forged))
        {
            wrong.push(format!("a forged line: {line}"));
        }
    }
    match format {
        "json" => {
            if let Err(error) = serde_json::from_str::<Value>(text) {
                wrong.push(format!("not one document: {error}"));
            }
            if !text.is_ascii() && text.chars().any(is_invisible) {
                wrong.push("not inert".to_owned());
            }
        }
        "nagios" => {
            // A run that never came to a report has no performance data.
            let bars = if text.starts_with("DUCKOPS UNKNOWN: ") {
                0
            } else {
                1
            };
            if text.lines().count() != 1 || text.matches('|').count() != bars {
                wrong.push(format!("not one line with one bar: {text}"));
            }
        }
        "prometheus" => {
            let odd = text.lines().filter(|line| {
                let sample = line.starts_with("duckops_")
                    && line.contains("{stack=\"")
                    && line
                        .rsplit_once("} ")
                        .is_some_and(|(_, n)| n.parse::<f64>().is_ok());
                !(sample
                    || line.starts_with("# HELP duckops_")
                    || line.starts_with("# TYPE duckops_"))
            });
            wrong.extend(odd.map(|line| format!("no sample: {line}")));
        }
        "markdown" => wrong.extend(markdown(text)),
        "short" => {
            let odd = text.lines().filter(|line| {
                let heads = ["OK ", "WARNING ", "CRITICAL ", "UNKNOWN ", "do: "];
                let rows = ["INC-", "BOND/", "BOND ", "PECK/", "PECK "];
                let is_row = ["WARN ", "CRIT ", "UNKN "]
                    .iter()
                    .filter_map(|verdict| line.strip_prefix(verdict))
                    .any(|rest| rows.iter().any(|row| rest.starts_with(row)));
                !is_row && !heads.iter().any(|head| line.starts_with(head))
            });
            wrong.extend(odd.map(|line| format!("no line of ours: {line}")));
        }
        _ => {}
    }
    wrong
}

/// Rows of one table have as many cells as its head, and no tag is live.
fn markdown(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut cells = None;
    for line in text.lines() {
        if !line.starts_with('|') {
            cells = None;
            continue;
        }
        let bars = line
            .replace("\\\\", "")
            .replace("\\|", "")
            .matches('|')
            .count();
        if *cells.get_or_insert(bars) != bars {
            wrong.push(format!("a row with {bars} bars: {line}"));
        }
    }
    if text.contains("<script") {
        wrong.push("a live tag".to_owned());
    }
    wrong
}

/// A door for text from outside.
pub(crate) struct Door {
    pub(crate) name: &'static str,
    pub(crate) open: fn(&mut FakeStack),
}

fn execution(world: &mut FakeStack, status: &str, ago: u64) {
    world.executions.push(FakeExecution {
        name: EVIL.into(),
        status: status.into(),
        start: now() - Duration::from_secs(ago),
        stop: None,
    });
}

const RUNBOOKS: [&str; 7] = [
    "inc-001", "inc-002", "inc-003", "inc-004", "inc-005", "bond", "peck",
];

pub(crate) const DOORS: &[Door] = &[
    Door {
        name: "the type of a peck",
        open: |w| {
            w.audit.insert(
                0,
                json!({"event_type": format!("peck.callback_error {EVIL}"), "timestamp": NOW - 5}),
            );
        },
    },
    Door {
        name: "the type of a pulse",
        open: |w| {
            w.audit.retain(|e| e["event_type"] != "pulse");
            w.audit.insert(
                0,
                json!({"event_type": format!("{EVIL} pulse"), "timestamp": NOW - 9_000}),
            );
        },
    },
    Door {
        name: "a time that is none",
        open: |w| {
            w.audit
                .insert(0, json!({"event_type": "pulse", "timestamp": EVIL}));
        },
    },
    Door {
        name: "the name of a failed execution",
        open: |w| execution(w, "FAILED", 600),
    },
    Door {
        name: "the name of a running execution",
        open: |w| execution(w, "RUNNING", 6_000),
    },
    Door {
        name: "the rating of the mail account",
        open: |w| w.mail.enforcement = EVIL.into(),
    },
    // Short enough to stand on a line that is cut.
    Door {
        name: "a rating with a bar",
        open: |w| w.mail.enforcement = "x|ok=1;;".into(),
    },
    Door {
        name: "the version of the function",
        open: |w| w.status["lambda_version"] = EVIL.into(),
    },
    Door {
        name: "a text where a count should be",
        open: |w| {
            w.status["agents"]["alive"] = EVIL.into();
            w.status["peck_protocol"]["failure_breakdown"]["callback_error"] = EVIL.into();
        },
    },
    Door {
        name: "a status that is no JSON",
        open: |w| {
            w.faults.insert(Operation::Status, Fault::Body(EVIL.into()));
        },
    },
    Door {
        name: "a feed that is no JSON",
        open: |w| w.audit_body = Some(EVIL.into()),
    },
    Door {
        name: "a redirect",
        open: |w| {
            let place = "http://127.0.0.1:1/\u{202e}\u{200b}`|x|`<script>";
            w.faults
                .insert(Operation::Status, Fault::Redirect(place.into()));
        },
    },
    Door {
        name: "a list of executions that is no JSON",
        open: |w| {
            w.faults
                .insert(Operation::ListExecutions, Fault::Body(EVIL.into()));
        },
    },
    Door {
        name: "a mail account that is no JSON",
        open: |w| {
            w.faults
                .insert(Operation::GetAccount, Fault::Body(EVIL.into()));
        },
    },
    Door {
        name: "an identity that is no XML",
        open: |w| {
            w.faults
                .insert(Operation::GetCallerIdentity, Fault::Body(EVIL.into()));
        },
    },
    Door {
        name: "a line of the log",
        open: |w| {
            w.log_events.push(LogEvent {
                at: now() - Duration::from_secs(60),
                stream: EVIL.into(),
                message: format!("[ERROR] {EVIL} duck.cert_failed"),
            });
        },
    },
    Door {
        name: "the version behind the alias",
        open: |w| {
            let evil = format!("6 {EVIL}");
            // Of the right alias, or nothing of it would be read.
            let arn = format!("{}:prod", w.function_arn());
            let body = json!({"AliasArn": arn, "FunctionVersion": evil, "RevisionId": evil});
            w.faults
                .insert(Operation::GetAlias, Fault::Body(body.to_string()));
        },
    },
    Door {
        name: "the versions of the function",
        open: |w| {
            w.faults.insert(
                Operation::ListVersionsByFunction,
                Fault::Body(
                    json!({"Versions": [{"Version": EVIL, "LastModified": EVIL}]}).to_string(),
                ),
            );
        },
    },
    Door {
        name: "the configuration of the function",
        open: |w| {
            let arn = format!("{}:61", w.function_arn());
            let evil = json!({"FunctionArn": arn, "Version": "61", "State": EVIL, "Timeout": 30, "LastModified": EVIL});
            w.faults.insert(
                Operation::GetFunctionConfiguration,
                Fault::Body(evil.to_string()),
            );
        },
    },
    Door {
        name: "metrics that are no CBOR",
        open: |w| {
            w.faults
                .insert(Operation::GetMetricData, Fault::Body(EVIL.into()));
        },
    },
    Door {
        name: "the account of an identity",
        open: |w| {
            let evil: String = EVIL
                .chars()
                .filter(|c| !c.is_control() && *c != '<')
                .collect();
            let body = format!(
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{evil}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
            );
            w.faults
                .insert(Operation::GetCallerIdentity, Fault::Body(body));
        },
    },
];

#[test]
fn hostile_text_from_every_source_is_inert_in_every_format() {
    println!("hostile: {} doors, {} formats", DOORS.len(), FORMATS.len());
    let wrong = at_once(4, DOORS, |door| {
        let mut wrong = Vec::new();
        let mut world = world("healthy");
        (door.open)(&mut world);
        let stage = Stage::of(world);
        for format in FORMATS {
            let ran = stage
                .once(&["triage", "-v", "-o", format, "--deadline", "20s"])
                .run();
            wrong.extend(
                forged(&ran.stdout, format)
                    .into_iter()
                    .map(|w| format!("{}, {format}: {w}", door.name)),
            );
            wrong.extend(
                forged(&ran.stderr, "stderr")
                    .into_iter()
                    .map(|w| format!("{}, {format}, stderr: {w}", door.name)),
            );
        }
        // The table of several runbooks is an overview: only that of one shows evidence.
        for runbook in RUNBOOKS {
            let ran = stage
                .once(&["triage", runbook, "-o", "table", "--deadline", "20s"])
                .run();
            for (text, kind) in [(&ran.stdout, "table"), (&ran.stderr, "stderr")] {
                let forged = forged(text, kind).into_iter();
                wrong.extend(forged.map(|w| format!("{}, {runbook}, {kind}: {w}", door.name)));
            }
        }
        for format in ["table", "json"] {
            let ran = stage.once(&["facts", "-v", "-o", format]).run();
            wrong.extend(
                forged(&ran.stdout, format)
                    .into_iter()
                    .map(|w| format!("{}, facts {format}: {w}", door.name)),
            );
        }
        wrong
    });
    let mut wrong = wrong.concat();
    wrong.dedup();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn hostile_text_is_shown_escaped() {
    // Otherwise the claim above would hold only for texts that are never printed.
    let stage = |open: fn(&mut FakeStack)| {
        let mut world = world("healthy");
        open(&mut world);
        Stage::of(world)
    };
    for (name, runbook) in [
        ("the type of a peck", "inc-004"),
        ("the name of a failed execution", "inc-004"),
        ("the rating of the mail account", "inc-005"),
        ("a status that is no JSON", "inc-001"),
        ("the account of an identity", "inc-005"),
        ("a line of the log", "inc-001"),
        ("the version behind the alias", "inc-001"),
    ] {
        let door = DOORS.iter().find(|door| door.name == name).expect("a door");
        let stage = stage(door.open);
        for format in ["table", "json", "markdown"] {
            let call = ["triage", runbook, "--explain", "-o", format];
            let ran = stage.once(&call).run();
            assert!(
                ran.stdout.contains("all is well")
                    || ran.stdout.contains("[2J")
                    || ran.stdout.contains("31m"),
                "{name} in {format}: {}",
                ran.stdout
            );
        }
    }
}

#[test]
fn what_aws_says_of_an_error_is_inert() {
    let answers = [
        json!({"__type": "AccessDeniedException", "message": EVIL}),
        json!({"__type": EVIL, "message": "no"}),
        json!({"__type": "com.example#ThrottlingException", "Message": EVIL}),
    ];
    for body in answers {
        let headers = [("content-type", "application/x-amz-json-1.0")];
        let aws = Raw::answering(http(
            "400 Bad Request",
            &headers,
            body.to_string().as_bytes(),
        ));
        let stage = Stage::of(world("healthy"));
        for format in FORMATS {
            let call = stage.once(&["triage", "-v", "-o", format, "--deadline", "20s"]);
            let ran = call
                .env("AWS_ENDPOINT_URL_SFN", aws.url())
                .env("AWS_ENDPOINT_URL_SESV2", aws.url())
                .run();
            assert_eq!(ran.code, 3, "{ran:?}");
            assert_eq!(
                forged(&ran.stdout, format),
                Vec::<String>::new(),
                "{format}"
            );
            assert_eq!(
                forged(&ran.stderr, "stderr"),
                Vec::<String>::new(),
                "{format}"
            );
        }
        assert!(aws.connections() > 0);
    }
}

#[test]
fn what_the_operator_typed_is_inert_too() {
    let evil = EVIL.replace('\u{0}', "");
    let stage = Stage::of(world("inc-004"));
    let folder = stage.home().join(".config/duckops");
    std::fs::create_dir_all(&folder).expect("folders");
    let text = format!(
        "[stack.prod]\nescalation = {0}\nfunction = {0}\n[stack.\"x\"]\n",
        json!(evil.replace('\u{7f}', ""))
    );
    std::fs::write(folder.join("config.toml"), text).expect("a file");
    for format in FORMATS {
        let calls = [
            stage.once(&["triage", "inc-004", "-o", format]),
            stage.once(&["triage", &evil, "-o", format]),
            stage.once(&["triage", "inc-004", &evil, "-o", format]),
            stage.once(&["triage", "-o", format, "--stack", &evil]),
            stage.once(&["triage", "-o", format, "--account", &evil]),
            stage.once(&["triage", "-o", format, "--history", &evil]),
            stage.once(&["triage", "-o", format, "--runbooks", &evil]),
            stage.once(&["triage", "-o", format, &format!("--{evil}")]),
        ];
        for (at, call) in calls.into_iter().enumerate() {
            let ran = call.run();
            let kind = if ran.code == 64 && format != "json" {
                "stderr"
            } else {
                format
            };
            assert_eq!(
                forged(&ran.stdout, kind),
                Vec::<String>::new(),
                "call {at} as {format}"
            );
            assert_eq!(
                forged(&ran.stderr, "stderr"),
                Vec::<String>::new(),
                "call {at} as {format}"
            );
            assert!(
                at == 0 || matches!(ran.code, 64 | 3),
                "call {at} as {format}: {ran:?}"
            );
        }
    }
}
