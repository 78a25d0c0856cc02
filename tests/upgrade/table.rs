//! Hosts of 0.1.0 and of this version share one DynamoDB table.

use super::{MUTED, channel, kept, standing, through_proxy};
use crate::support::emulator::{Kind, Turn};
use crate::support::receiver::Receiver;
use crate::support::{Duckops, Stage, world};
use serde_json::{Value, json};
use std::fs;
use std::process::Command;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const NAME: &str = "duckops-history";
const KEY: &str = "prod|http://127.0.0.1:18417|121546003735|us-east-1";

/// The table of 0.1.0, in an emulator for this test alone.
fn restored() -> Turn {
    let moto = Kind::Moto.take();
    let text = fs::read_to_string(kept("table.json")).expect("a table");
    let table: Value = serde_json::from_str(&text).expect("JSON");
    let described = &table["table"];
    moto.dynamodb(
        "CreateTable",
        &json!({
            "TableName": NAME,
            "KeySchema": described["KeySchema"],
            "AttributeDefinitions": described["AttributeDefinitions"],
            "BillingMode": "PAY_PER_REQUEST",
        }),
    );
    let items = table["items"].as_array().expect("items");
    assert!(items.len() >= 5, "{}", items.len());
    for item in items {
        moto.dynamodb("PutItem", &json!({"TableName": NAME, "Item": item}));
    }
    moto
}

/// The check state in the table, as a reader gets it.
fn state(moto: &Turn) -> Value {
    let key = json!({"pk": {"S": KEY}, "sk": {"S": "ledger"}});
    let got = moto.dynamodb("GetItem", &json!({"TableName": NAME, "Key": key}));
    let document = got["Item"]["document"]["S"].as_str().expect("a document");
    serde_json::from_str(document).expect("JSON")
}

fn host(stage: &Stage, moto: &Turn, arguments: &[&str], at: &str) -> Duckops {
    let url = moto.url().replace("127.0.0.1", "localhost");
    let arguments: Vec<_> = [arguments, &["--deadline", "60s"]].concat();
    through_proxy(stage, stage.duckops(&arguments))
        .env("DUCKOPS_HISTORY", format!("dynamodb:{NAME}"))
        .env("AWS_ENDPOINT_URL_DYNAMODB", url)
        .env("DUCKOPS_TEST_NOW", at)
}

fn fresh(scene: &str) -> Stage {
    let mut world = world(scene);
    world.recorded.clear();
    Stage::of(world)
}

#[test]
fn lease_of_a_host_of_0_1_0_is_kept_and_then_taken_over_once() {
    let moto = restored();
    let stage = fresh("inc-005");
    let receiver = Receiver::well();
    channel(&stage, &receiver);
    // The old host began to page at 03:09:09; its lease ends a minute later.
    for (at, due) in [
        ("2026-03-22T03:09:40Z", 0),
        ("2026-03-22T03:10:05Z", 0),
        ("2026-03-22T03:10:12Z", 1),
        ("2026-03-22T03:12:09Z", 1),
    ] {
        let ran = host(&stage, &moto, &["check", "inc-005", "--notify"], at).run();
        assert_eq!(ran.code, 2, "{at}: {ran:?}");
        assert!(!ran.stderr.contains("not compared"), "{at}: {ran:?}");
        let came = receiver.came();
        assert_eq!(came.len(), due, "{at}: {came:#?}");
    }
    let old = fs::read_to_string(kept("table.json")).expect("a table");
    let id = receiver.came()[0]["id"].as_str().expect("an id").to_owned();
    assert!(old.contains(&id), "the message of the old host: {id}");
}

#[test]
fn mute_and_call_of_a_host_of_0_1_0_hold_on_the_table() {
    let moto = restored();
    let at = "2026-03-22T03:12:09Z";
    let down = fresh("inc-001");
    let receiver = Receiver::well();
    channel(&down, &receiver);
    let (code, document) = host(&down, &moto, &["check", "inc-001", "--notify"], at).json();
    assert_eq!(code, 2, "{document:#}");
    let muted = &standing(&document, "inc-001")["muted"];
    assert_eq!(*muted, json!({"until": MUTED, "by": "Ada"}));
    let spike = fresh("inc-004");
    channel(&spike, &receiver);
    let (code, document) = host(&spike, &moto, &["check", "inc-004", "--notify"], at).json();
    assert_eq!(code, 2, "{document:#}");
    let standing = standing(&document, "inc-004");
    assert_eq!(standing["change"], "unchanged");
    assert_eq!(standing["since"], "2026-03-22T03:08:09Z");
    assert_eq!(standing["told"]["by"], "ops-1");
    let call = [
        "escalate",
        "inc-004",
        "--confirm",
        "inc-004",
        "--endpoint-override",
    ];
    let ran = host(&spike, &moto, &call, at).run();
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stdout.contains("by Ada from ops-1"), "{ran:?}");
    let of = |runbook: &str| {
        let came = receiver.came();
        came.iter().filter(|one| one["runbook"] == runbook).count()
    };
    assert_eq!((of("inc-001"), of("inc-004")), (0, 0));
    // INC-005's message had no host left: it is sent, and once.
    assert_eq!(of("inc-005"), 1);
}

/// What this version leaves in the table has every key of what 0.1.0 left, with the same
/// type, so an old host reads it.
#[test]
fn what_this_version_writes_has_the_shape_that_0_1_0_reads() {
    let moto = restored();
    let old = state(&moto);
    let stage = fresh("inc-005");
    let receiver = Receiver::answering("500 No", &[], std::time::Duration::ZERO);
    channel(&stage, &receiver);
    let at = "2026-03-22T03:12:09Z";
    let ran = host(&stage, &moto, &["check", "inc-005", "--notify"], at).run();
    assert_eq!(ran.code, 2, "{ran:?}");
    let new = state(&moto);
    // The message of the old host was tried again and waits: its shape is compared too.
    assert_eq!(receiver.came().len(), 1);
    assert_ne!(new["outbox"], old["outbox"]);
    assert_eq!(new["outbox"][0]["id"], old["outbox"][0]["id"]);
    assert_eq!(new["format"], old["format"]);
    for part in ["mutes", "escalations"] {
        assert_eq!(new[part], old[part], "{part}");
    }
    let mut missing = Vec::new();
    same_shape("", &old, &new, &mut missing);
    assert!(missing.is_empty(), "{missing:#?}\n{new:#}");
}

/// Paths of the old document that the new one lacks or has with another type. Lists are
/// compared by their first element.
fn same_shape(path: &str, old: &Value, new: &Value, missing: &mut Vec<String>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (name, old) in old {
                let path = format!("{path}/{name}");
                match new.get(name) {
                    Some(new) => same_shape(&path, old, new, missing),
                    None => missing.push(format!("{path} is not there")),
                }
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            if let (Some(old), Some(new)) = (old.first(), new.first()) {
                same_shape(&format!("{path}/0"), old, new, missing);
            }
        }
        // What may be absent is null or a value.
        (Value::Null, _) | (_, Value::Null) => {}
        (old, new) => {
            if std::mem::discriminant(old) != std::mem::discriminant(new) {
                missing.push(format!("{path}: {old} became {new}"));
            }
        }
    }
}

/// The old binary itself on the same table, before and after the new one.
#[test]
#[ignore = "needs DUCKOPS_OLD_BINARY, a build of 0.1.0 without --release"]
fn hosts_of_0_1_0_and_of_this_version_page_every_incident_once() {
    let old = std::env::var_os("DUCKOPS_OLD_BINARY").expect("DUCKOPS_OLD_BINARY");
    let moto = restored();
    let (ill, well) = (fresh("inc-005"), fresh("healthy"));
    let receiver = Receiver::well();
    for stage in [&ill, &well] {
        channel(stage, &receiver);
    }
    let run = |stage: &Stage, is_old: bool, at: &str| {
        stage.practice.world().now = OffsetDateTime::parse(at, &Rfc3339).expect("a time");
        let mut command = host(stage, &moto, &["check", "inc-005", "--notify"], at).command();
        if is_old {
            let mut instead = Command::new(&old);
            instead
                .args(command.get_args())
                .env_clear()
                .current_dir(stage.home());
            for (name, value) in command.get_envs() {
                if let Some(value) = value {
                    instead.env(name, value);
                }
            }
            command = instead;
        }
        let output = command.output().expect("it runs");
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!printed.contains("not compared"), "{printed}");
        output.status.code()
    };
    // The lease of the killed host first; then every incident begins with one and ends with
    // the other, and both look while it lasts.
    let mut due = 0;
    for round in 0..4 {
        let first = round % 2 == 0;
        let at = |minute: u32| format!("2026-03-22T03:{:02}:09Z", 20 + 8 * round + minute);
        assert_eq!(run(&ill, first, &at(0)), Some(2));
        due += 1;
        assert_eq!(
            receiver.came().len(),
            due,
            "round {round}: {:#?}",
            receiver.came()
        );
        for (minute, is_old) in [(1, !first), (2, first), (3, !first)] {
            assert_eq!(run(&ill, is_old, &at(minute)), Some(2));
            assert_eq!(receiver.came().len(), due, "round {round}, minute {minute}");
        }
        assert_eq!(run(&well, !first, &at(5)), Some(0));
        due += 1;
        assert_eq!(
            receiver.came().len(),
            due,
            "round {round}: {:#?}",
            receiver.came()
        );
        assert_eq!(run(&well, first, &at(6)), Some(0));
        assert_eq!(receiver.came().len(), due, "round {round}");
    }
    // Neither lost what the other one had written.
    let state = state(&moto);
    assert_eq!(state["mutes"]["inc-001"]["by"], "Ada");
    assert_eq!(state["escalations"]["inc-004"]["by"], "Ada");
}
