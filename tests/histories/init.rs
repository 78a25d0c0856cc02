//! `duckops history init`, and what `doctor` says of a shared history.

use super::Table;
use crate::support::{Duckops, Stage, validator, world};
use serde_json::{Value, json};

fn stage() -> Stage {
    Stage::of(world("healthy"))
}

fn duckops(stage: &Stage, table: &Table, arguments: &[&str]) -> Duckops {
    stage
        .duckops(arguments)
        .env("DUCKOPS_HISTORY", "dynamodb:ducks")
        .env("AWS_ENDPOINT_URL_DYNAMODB", table.emulator.url())
}

fn tables(table: &Table) -> Value {
    table.emulator.dynamodb("ListTables", &json!({}))["TableNames"].clone()
}

const INIT: [&str; 3] = ["history", "init", "--endpoint-override"];

#[test]
fn init_makes_the_table_once_and_says_what_it_did() {
    let (stage, table) = (stage(), Table::missing());
    let made = duckops(&stage, &table, &INIT).run();
    assert_eq!(made.code, 0, "{made:?}");
    let said = "table ducks in 121546003735 us-east-1 was made; expiry by the attribute `expires` was turned on.";
    assert!(made.stdout.contains(said), "{made:?}");
    let again = duckops(&stage, &table, &INIT).run();
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.stdout.contains("was there already"), "{again:?}");
    assert!(again.stdout.contains("was on already"), "{again:?}");
    let (_, document) = duckops(&stage, &table, &INIT).json();
    assert_eq!(document["kind"], "history-init");
    let schema = stage.duckops(&["schema"]).run().stdout;
    let schema = serde_json::from_str(&schema).expect("the schema");
    for complaints in validator::complaints(&schema, &[document]) {
        assert!(complaints.is_empty(), "{complaints:?}");
    }
    let ask = json!({"TableName": "ducks"});
    let found = table.emulator.dynamodb("DescribeTable", &ask)["Table"].clone();
    let keys = json!([
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"}]);
    assert_eq!(found["KeySchema"], keys);
    let billing = &found["BillingModeSummary"]["BillingMode"];
    assert_eq!(billing, "PAY_PER_REQUEST", "{found:#}");
    let expiry = table.emulator.dynamodb("DescribeTimeToLive", &ask);
    let expiry = &expiry["TimeToLiveDescription"];
    assert_eq!(expiry["AttributeName"], "expires");
    assert_eq!(expiry["TimeToLiveStatus"], "ENABLED");
}

#[test]
fn init_makes_nothing_where_account_region_or_endpoint_are_not_the_stacks() {
    let (stage, table) = (stage(), Table::missing());
    let other = Stage::of(duckops::practice::FakeStack {
        account: "999999999999".to_owned(),
        ..world("healthy")
    });
    let refused = [
        (
            duckops(&stage, &table, &INIT[..2]),
            1,
            "overridden by AWS_ENDPOINT_URL",
        ),
        (
            duckops(&other, &table, &INIT),
            1,
            "account 999999999999, the stack is in 121546003735",
        ),
        (
            duckops(&stage, &table, &INIT).env("AWS_REGION", "eu-west-1"),
            1,
            "the stack is in us-east-1",
        ),
        (
            duckops(&stage, &table, &INIT)
                .without("AWS_ACCESS_KEY_ID")
                .without("AWS_SECRET_ACCESS_KEY"),
            1,
            "no AWS credentials",
        ),
        (
            duckops(&stage, &table, &INIT).env("DUCKOPS_HISTORY", "sqlite:/tmp/x.db"),
            64,
            "--history dynamodb:NAME",
        ),
        (
            duckops(&stage, &table, &INIT).env("DUCKOPS_HISTORY", "dynamodb:a/b"),
            64,
            "3 to 255",
        ),
    ];
    for (run, code, word) in refused {
        let ran = run.run();
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.stderr.contains(word), "{word}: {ran:?}");
        assert_eq!(tables(&table), json!([]), "{word}");
    }
}

#[test]
fn init_leaves_a_table_of_something_else_alone() {
    let (stage, table) = (stage(), Table::missing());
    table.emulator.dynamodb(
        "CreateTable",
        &json!({
            "TableName": "ducks", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        }),
    );
    let ran = duckops(&stage, &table, &INIT).run();
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("table of something else"), "{ran:?}");
    let ask = json!({"TableName": "ducks"});
    let expiry = table.emulator.dynamodb("DescribeTimeToLive", &ask);
    assert_eq!(
        expiry["TimeToLiveDescription"]["TimeToLiveStatus"],
        "DISABLED"
    );
}

#[test]
fn every_command_of_history_reads_the_table() {
    let (stage, table) = (stage(), Table::new());
    for _ in 0..2 {
        let recorded = duckops(&stage, &table, &["check", "inc-005"]).json();
        assert_eq!(recorded.0, 0, "{:#}", recorded.1);
    }
    let said = |arguments: &[&str]| {
        let ran = duckops(&stage, &table, arguments).run();
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stdout
    };
    assert!(said(&["history"]).contains("email.max_24h"));
    let trend = duckops(&stage, &table, &["history", "email.max_24h"])
        .json()
        .1;
    let samples = trend["facts"][0]["samples"].as_array().expect("samples");
    assert_eq!(samples.len(), 2, "{trend:#}");
    let export = said(&["history", "export", "--csv"]);
    let lines = export
        .lines()
        .filter(|line| line.contains("\"email.max_24h\""));
    assert_eq!(lines.count(), 2, "{export}");
    let pruned = said(&["history", "prune"]);
    assert!(
        pruned.contains("ducks deletes by itself what has expired"),
        "{pruned}"
    );
}

fn check<'a>(document: &'a Value, name: &str) -> &'a Value {
    let checks = document["checks"].as_array().expect("checks");
    let found = checks.iter().find(|check| check["check"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {document:#}"))
}

#[test]
fn doctor_says_whether_the_table_is_there_and_usable() {
    let (stage, table) = (stage(), Table::missing());
    let (_, document) = duckops(&stage, &table, &["doctor"]).json();
    let history = check(&document, "history");
    assert_eq!(history["verdict"], "unknown", "{history:#}");
    assert_eq!(history["fix"], "Make it: duckops history init");
    assert_eq!(duckops(&stage, &table, &INIT).run().code, 0);
    // A first run on a healthy stack is fine: what needs history is warming up.
    assert_eq!(duckops(&stage, &table, &["triage"]).run().code, 0);
    let (_, document) = duckops(&stage, &table, &["doctor"]).json();
    let history = check(&document, "history");
    assert_eq!(history["verdict"], "ok", "{history:#}");
    let found = history["found"].as_str().expect("a text");
    assert!(
        found.starts_with("readable, of this stack, ")
            && found.ends_with(" facts: dynamodb:ducks")
            && !found.contains(" 0 facts"),
        "{found}"
    );
}

#[test]
fn the_policy_names_the_table_only_where_history_is_in_one() {
    let (stage, table) = (stage(), Table::missing());
    let plain = stage.duckops(&["doctor", "--policy"]).run().stdout;
    assert!(!plain.contains("dynamodb"), "{plain}");
    let shared = duckops(&stage, &table, &["doctor", "--policy"])
        .run()
        .stdout;
    let policy: Value = serde_json::from_str(&shared).expect("JSON");
    let statements = policy["Statement"].as_array().expect("statements");
    let of_table: Vec<_> = statements
        .iter()
        .filter(|one| one["Resource"] == "arn:aws:dynamodb:us-east-1:121546003735:table/ducks")
        .map(|one| one["Action"].as_str().expect("an action"))
        .collect();
    assert_eq!(
        of_table,
        [
            "dynamodb:DescribeTable",
            "dynamodb:PutItem",
            "dynamodb:Query"
        ]
    );
}
