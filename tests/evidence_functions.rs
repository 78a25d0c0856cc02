//! Claim: single members, entries and pages that are lost from what Lambda, Logs and
//! CloudWatch say of the function never make a step better, as in [`crate::evidence`] for
//! the rest.

use crate::evidence::{Cell, cbor, cell, endless_pages, maimed, play, with, without};
use crate::support::{NOW, Raw, Stage, at_once, http, step, world};
use duckops::practice::{EarlierRun, FakeStack, Fault, Operation, Tree};
use serde_json::{Value, json};
use std::time::Duration;

/// What Lambda says of the alias of a world.
fn alias(world: &FakeStack) -> Value {
    let target = &world.alias_target;
    json!({
        "AliasArn": format!("{}:prod", world.function_arn()),
        "Description": "",
        "FunctionVersion": target.version,
        "Name": "prod",
        "RevisionId": target.revision,
    })
}

/// The same with a tenth of the traffic on another version.
fn split(world: &FakeStack) -> Value {
    let mut alias = alias(world);
    alias["RoutingConfig"] = json!({"AdditionalVersionWeights": {"60": 0.1}});
    alias
}

#[test]
fn removing_any_alias_field_makes_dependent_steps_unknown() {
    for scene in ["healthy", "inc-001"] {
        let honest = alias(&world(scene));
        play(scene, &maimed(Operation::GetAlias, &honest, true));
    }
}

/// A split of the traffic that cannot be read is not no split. That it is absent is AWS's
/// own way to say that there is none, so nothing can miss it.
#[test]
fn an_unreadable_traffic_split_is_unknown() {
    let honest = split(&world("canary-left"));
    let weights = "RoutingConfig.AdditionalVersionWeights";
    let body = |at: &str, value: Value| with(&honest, at, value);
    let empty = "\"RoutingConfig\":{}";
    let twice = honest
        .to_string()
        .replace("\"RoutingConfig\":", &format!("{empty},\"RoutingConfig\":"));
    let then_empty = honest
        .to_string()
        .replace("\"RevisionId\"", &format!("{empty},\"RevisionId\""));
    let weight_twice = honest
        .to_string()
        .replace("\"60\":0.1", "\"60\":0.1,\"60\":0.0");
    for twice in [&twice, &then_empty, &weight_twice] {
        assert_ne!(*twice, honest.to_string());
    }
    let cells: Vec<Cell> = [
        ("a text", body("RoutingConfig", json!("60=0.1"))),
        ("a list", body("RoutingConfig", json!([{"60": 0.1}]))),
        ("a number", body("RoutingConfig", json!(0.1))),
        ("true", body("RoutingConfig", json!(true))),
        ("weights in a text", body(weights, json!("60=0.1"))),
        ("weights in a list", body(weights, json!([0.1]))),
        ("a weight of null", body(weights, json!({"60": null}))),
        ("a weight in a text", body(weights, json!({"60": "0.1"}))),
        ("a weight in a list", body(weights, json!({"60": [0.1]}))),
        ("a negative weight", body(weights, json!({"60": -0.1}))),
        ("a weight over one", body(weights, json!({"60": 1.1}))),
        ("twice, the first empty", twice),
        ("twice, in whatever order", then_empty),
        ("a weight twice", weight_twice),
    ]
    .into_iter()
    .map(|(name, body)| {
        cell(
            Operation::GetAlias,
            name,
            Fault::Body(body),
            "FunctionVersion",
        )
    })
    .collect();
    play("canary-left", &cells);
    // An honest answer with an empty split is no cell but a proof of the opposite.
    let stage = Stage::of(world("canary-left"));
    let none = body("RoutingConfig", json!({"AdditionalVersionWeights": {}}));
    stage.practice.world().faults = [(Operation::GetAlias, Fault::Body(none))].into();
    let (_, document) = stage.duckops(&["triage", "inc-001"]).json();
    assert_eq!(step(&document, "inc-001", "alias")["verdict"], "ok");
}

#[test]
fn without_a_revision_the_alias_is_not_moved() {
    let scene = world("inc-001");
    let honest = alias(&scene);
    let stage = Stage::of(scene);
    let faults = stage.practice.world().faults.clone();
    let moved = |body: String| {
        let mut broken = faults.clone();
        broken.insert(Operation::GetAlias, Fault::Body(body));
        stage.practice.world().faults = broken;
        let before = stage.practice.requests().len();
        let consent = ["--confirm", "prod@62->61", "--endpoint-override"];
        let order = ["alias", "rollback", "--to", "61", "--wait", "1s"];
        let ran = stage.once(&[order.as_slice(), &consent].concat()).run();
        let sent = stage.practice.requests()[before..].to_vec();
        let updates: Vec<_> = sent
            .into_iter()
            .filter(|seen| seen.operation == Some(Operation::UpdateAlias))
            .map(|seen| seen.question)
            .collect();
        (ran, updates)
    };
    let revision = honest["RevisionId"].as_str().expect("a text").to_owned();
    // What is read back is what was there before: it was not applied, as far as that shows.
    let (_, updates) = moved(honest.to_string());
    assert_eq!(updates.len(), 1);
    assert!(updates[0].contains(&revision), "{updates:?}");
    let wrong = [
        without(&honest, "RevisionId"),
        with(&honest, "RevisionId", Value::Null),
        with(&honest, "RevisionId", json!("")),
        with(&honest, "RevisionId", json!(7)),
        with(&honest, "RevisionId", json!([revision])),
        // A shell would run a part of it.
        with(&honest, "RevisionId", json!("x; true")),
        with(&honest, "FunctionVersion", json!("62; true")),
    ];
    for body in wrong {
        let (ran, updates) = moved(body.clone());
        assert_eq!(ran.code, 1, "{body}: {ran:?}");
        assert!(updates.is_empty(), "{body}");
        let mut commands = ran
            .stdout
            .lines()
            .filter(|line| line.contains("lambda update"));
        assert!(
            commands.all(|line| !line.contains("; true")),
            "{body}: {ran:?}"
        );
    }
}

/// What Lambda says of the version behind the alias.
fn configuration(world: &FakeStack) -> Value {
    let version = &world.alias_target.version;
    json!({
        "CodeSha256": format!("EXAMPLE{version}="),
        "FunctionArn": format!("{}:prod", world.function_arn()),
        "FunctionName": world.function,
        "Handler": "lambda_v8.lambda_handler",
        "LastModified": "2026-03-19T03:12:09.000+0000",
        "LastUpdateStatus": "Successful",
        "MemorySize": 128,
        "Runtime": "python3.12",
        "State": "Active",
        "Timeout": 30,
        "Version": version,
    })
}

/// That the version behind the alias can take traffic stands on its state, on its last update and
/// on whose they are. No verdict stands on the rest: that widens a window or it does not, and it
/// dates a version that recorded runs date too.
#[test]
fn removing_any_configuration_field_but_the_state_changes_no_verdict() {
    let honest = configuration(&world("healthy"));
    play(
        "healthy",
        &maimed(Operation::GetFunctionConfiguration, &honest, true),
    );
}

/// What Lambda lists as versions.
fn versions(numbers: &[&str]) -> Value {
    let one =
        |number: &&str| json!({"Version": number, "LastModified": "2026-03-19T03:12:09.000+0000"});
    json!({"Versions": numbers.iter().map(one).collect::<Vec<_>>()})
}

#[test]
fn an_incomplete_version_list_offers_no_rollback() {
    let mut scene = world("inc-001");
    // Long ago, 60 was seen serving: what a list without 61 would offer instead.
    let long_ago = |run: &&mut EarlierRun| run.ago > Duration::from_secs(30 * 3_600);
    for (fact, value) in scene
        .recorded
        .iter_mut()
        .filter(long_ago)
        .flat_map(|run| &mut run.facts)
    {
        if *fact == "alias.number" {
            *value = 60;
        }
    }
    let stage = Stage::of(scene);
    let faults = stage.practice.world().faults.clone();
    let judged = |body: &str| {
        let mut broken = faults.clone();
        broken.insert(
            Operation::ListVersionsByFunction,
            Fault::Body(body.to_owned()),
        );
        stage.practice.world().faults = broken;
        let (_, document) = stage
            .once(&["triage", "inc-001", "--deadline", "8s"])
            .json();
        step(&document, "inc-001", "rollback").clone()
    };
    let all = ["$LATEST", "59", "60", "61", "62"];
    let honest = versions(&all);
    let found = judged(&honest.to_string());
    assert_eq!(found["reason_code"], "roll-back", "{found:#}");
    // Without a date a version is still there to go back to.
    let mut undated = honest.clone();
    undated["Versions"][3]
        .as_object_mut()
        .expect("an object")
        .remove("LastModified");
    assert_eq!(judged(&undated.to_string())["reason_code"], "roll-back");

    let entry = |change: Value| {
        let mut list = honest.clone();
        list["Versions"][3] = change;
        list
    };
    let cells = [
        ("an empty object", json!({})),
        ("no list", json!({"Versions": null})),
        ("a text for a list", json!({"Versions": "61"})),
        ("an object for a list", json!({"Versions": {"61": {}}})),
        ("another name", json!({"Items": honest["Versions"]})),
        ("an empty list", json!({"Versions": []})),
        ("an entry that is null", entry(Value::Null)),
        ("an entry that is a text", entry(json!("61"))),
        ("an entry that is empty", entry(json!({}))),
        ("a number of null", entry(json!({"Version": null}))),
        ("a number that is one", entry(json!({"Version": 61}))),
        ("a number in a list", entry(json!({"Version": ["61"]}))),
        (
            "a number that is none",
            entry(json!({"Version": "sixty-one"})),
        ),
        (
            "a marker that is a number",
            json!({"Versions": honest["Versions"], "NextMarker": 2}),
        ),
        (
            "a page that is always followed",
            json!({"Versions": honest["Versions"], "NextMarker": "more"}),
        ),
    ];
    println!("evidence, versions: {} cells", cells.len());
    for (name, body) in cells {
        let found = judged(&body.to_string());
        assert_ne!(found["reason_code"], "roll-back", "{name}: {found:#}");
        assert!(
            matches!(found["verdict"].as_str(), Some("critical" | "unknown")),
            "{name}: {found:#}"
        );
    }
}

/// Answers of the log in which something is lost.
fn wrong_logs() -> Vec<Cell> {
    let at = (NOW - 60) * 1_000;
    let line =
        json!({"timestamp": at, "message": "START RequestId: 0f1e", "logStreamName": "[61]0f"});
    let events = |event: Value| json!({"events": [line, event]}).to_string();
    let listed = |list: Value| json!({"events": list}).to_string();
    let bodies = [
        ("an empty object", "{}".to_owned()),
        ("no list", listed(Value::Null)),
        ("a text for a list", listed(json!("none"))),
        ("a number for a list", listed(json!(0))),
        ("an object for a list", listed(json!({}))),
        ("another name", json!({"Events": []}).to_string()),
        ("two lists", "{\"events\":[],\"events\":[]}".to_owned()),
        ("an event that is null", events(Value::Null)),
        ("an event that is a text", events(json!("[ERROR] x"))),
        ("an event that is a list", events(json!([]))),
        ("an event that is empty", events(json!({}))),
        (
            "an event without a time",
            events(json!({"message": "[ERROR] x"})),
        ),
        (
            "an event without a message",
            events(json!({"timestamp": at})),
        ),
        (
            "a time of null",
            events(json!({"timestamp": null, "message": "[ERROR] x"})),
        ),
        (
            "a message of null",
            events(json!({"timestamp": at, "message": null})),
        ),
        (
            "a time in words",
            events(json!({"timestamp": "now", "message": "[ERROR] x"})),
        ),
        (
            "a time in a list",
            events(json!({"timestamp": [at], "message": "[ERROR] x"})),
        ),
        (
            "a message that is a number",
            events(json!({"timestamp": at, "message": 5})),
        ),
        (
            "a message that is a list",
            events(json!({"timestamp": at, "message": ["[ERROR] x"]})),
        ),
        (
            "a token that is a number",
            json!({"events": [], "nextToken": 2}).to_string(),
        ),
        (
            "a page cut short",
            json!({"events": [line]}).to_string()[..60].to_owned(),
        ),
    ];
    let cell = |(name, body)| cell(Operation::FilterLogEvents, name, Fault::Body(body), "");
    bodies.into_iter().map(cell).collect()
}

#[test]
fn an_incomplete_log_is_not_clean() {
    for scene in ["healthy", "inc-001"] {
        play(scene, &wrong_logs());
    }
}

#[test]
fn a_log_with_endless_pagination_is_not_clean() {
    let stage = Stage::of(world("healthy"));
    for pages in endless_pages("events", "1.1") {
        let call = stage.once(&["triage", "--deadline", "2s"]);
        let call = call.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", pages.url());
        let (_, document) = call.json();
        assert!(
            pages.connections() >= 4,
            "two searches of two pages at least"
        );
        for runbook in ["inc-001", "inc-002"] {
            let step = step(&document, runbook, "logs");
            assert_eq!(step["verdict"], "unknown", "{step:#}");
        }
    }
}

/// One series of an answer of CloudWatch.
#[derive(Clone)]
struct Told {
    id: &'static str,
    /// The version, for what a search found.
    version: &'static str,
    /// In each of the last ten minutes.
    value: f64,
}

const fn told(id: &'static str, version: &'static str, value: f64) -> Told {
    Told { id, version, value }
}

/// Version 62 is behind the alias and well; every error is of 60.
const CANARY: [Told; 10] = [
    told("invocations", "", 4.0),
    told("errors", "", 2.0),
    told("throttles", "", 0.0),
    told("aliasinvocations", "", 4.0),
    told("aliaserrors", "", 2.0),
    told("aliasthrottles", "", 0.0),
    told("versioninvocations", "60", 2.0),
    told("versioninvocations", "62", 2.0),
    told("versionerrors", "60", 2.0),
    told("versionerrors", "62", 0.0),
];

/// What can be left out: every error is accounted for by 60, and the calls of 62 are counted.
const SPARE: [&str; 2] = ["versioninvocations 60", "versionerrors 62"];

type Members = Vec<(Tree, Tree)>;

/// The answer, its results changed or, where the change says no, left out.
fn measured(results: &[Told], change: impl Fn(&Told, &mut Members) -> bool) -> Tree {
    let minutes = |value: &dyn Fn(i64) -> Tree| Tree::Array((1..=10).map(value).collect());
    let minute = |n: i64| Tree::Tag(1, Box::new(Tree::from((NOW / 60 - n) * 60)));
    let results = results.iter().filter_map(|told| {
        let mut members = vec![
            ("Id".into(), told.id.into()),
            ("Label".into(), told.version.into()),
            ("Timestamps".into(), minutes(&minute)),
            ("Values".into(), minutes(&|_| Tree::Float(told.value))),
            ("StatusCode".into(), "Complete".into()),
        ];
        change(told, &mut members).then_some(Tree::Map(members))
    });
    Tree::Array(results.collect())
}

fn answered(results: Tree) -> Vec<u8> {
    cbor(&Tree::Map(vec![("MetricDataResults".into(), results)]))
}

fn set(members: &mut Members, name: &str, value: &Tree) {
    for (_, old) in members
        .iter_mut()
        .filter(|(key, _)| *key == Tree::from(name))
    {
        *old = value.clone();
    }
}

/// Every way in which one series can lack something.
fn lacking(of: &Told) -> Vec<(String, Vec<u8>)> {
    let is = |told: &Told| (told.id, told.version) == (of.id, of.version);
    let name = |what: &str| format!("{} {} {what}", of.id, of.version);
    let mut cells = Vec::new();
    for member in ["Id", "Timestamps", "Values", "StatusCode"] {
        let body = measured(&CANARY, |told, members| {
            members.retain(|(key, _)| !is(told) || *key != Tree::from(member));
            true
        });
        cells.push((name(&format!("without {member}")), answered(body)));
    }
    let mut changes: Vec<(&str, &str, Tree)> = vec![
        (
            "StatusCode",
            "PartialData and no next page",
            "PartialData".into(),
        ),
        ("StatusCode", "Forbidden", "Forbidden".into()),
        ("StatusCode", "InternalError", "InternalError".into()),
        ("StatusCode", "Fine", "Fine".into()),
        (
            "Values",
            "fewer values than times",
            Tree::Array(vec![Tree::Float(0.0)]),
        ),
        ("Timestamps", "fewer times than values", Tree::Array(vec![])),
        (
            "Values",
            "negative values",
            Tree::Array(vec![Tree::Float(-1.0); 10]),
        ),
        (
            "Values",
            "no numbers",
            Tree::Array(vec![Tree::Float(f64::NAN); 10]),
        ),
        ("Id", "another id", "somebody".into()),
    ];
    if !of.version.is_empty() {
        for odd in [
            "",
            "prod",
            "v60",
            "060",
            "-1",
            "${PROP('Dim.ExecutedVersion')}",
        ] {
            changes.push(("Label", odd, odd.into()));
        }
        let body = measured(&CANARY, |told, members| {
            members.retain(|(key, _)| !is(told) || *key != Tree::from("Label"));
            true
        });
        cells.push((name("without Label"), answered(body)));
    }
    for (member, what, value) in changes {
        let body = measured(&CANARY, |told, members| {
            if is(told) {
                set(members, member, &value);
            }
            true
        });
        cells.push((name(&format!("with {member} {what}")), answered(body)));
    }
    cells
}

/// Asks with an answer of CloudWatch in its place, in a world where the API fails and the
/// alias is where it should be.
struct Asked {
    stage: Stage,
}

impl Asked {
    fn judged(&self, body: &[u8]) -> (Value, Value) {
        let headers = [
            ("content-type", "application/cbor"),
            ("smithy-protocol", "rpc-v2-cbor"),
        ];
        let cloudwatch = Raw::answering(http("200 OK", &headers, body));
        let arguments = ["triage", "inc-001", "--expect", "62", "--deadline", "30s"];
        let call = self.stage.once(&arguments);
        let (_, document) = call
            .env("AWS_ENDPOINT_URL_CLOUDWATCH", cloudwatch.url())
            .json();
        assert!(cloudwatch.connections() > 0, "CloudWatch was never asked");
        let of = |id| step(&document, "inc-001", id).clone();
        (of("logs"), of("rollback"))
    }
}

#[test]
fn incomplete_function_metrics_clear_no_version() {
    let asked = Asked {
        stage: Stage::of(world("canary-errs")),
    };
    let (_, rollback) = asked.judged(&answered(measured(&CANARY, |_, _| true)));
    assert_eq!(rollback["reason_code"], "errors-of-others", "{rollback:#}");
    let (_, rollback) = asked.judged(&answered(match measured(&CANARY, |_, _| true) {
        Tree::Array(results) => Tree::Array(results.into_iter().rev().collect()),
        other => other,
    }));
    assert_eq!(
        rollback["reason_code"], "errors-of-others",
        "in any order: {rollback:#}"
    );

    let mut cells: Vec<_> = CANARY.iter().flat_map(lacking).collect();
    for of in CANARY {
        let name = format!("{} {} left out", of.id, of.version);
        if !SPARE.iter().any(|spare| name.starts_with(spare)) {
            let body = measured(&CANARY, |told, _| {
                (told.id, told.version) != (of.id, of.version)
            });
            cells.push((name, answered(body)));
        }
    }
    let whole = || measured(&CANARY, |_, _| true);
    let message = Tree::Map(vec![("Code".into(), "MaxMetricsExceeded".into())]);
    cells.push((
        "a message that not all was searched".to_owned(),
        cbor(&Tree::Map(vec![
            ("MetricDataResults".into(), whole()),
            ("Messages".into(), Tree::Array(vec![message])),
        ])),
    ));
    let twice = [CANARY.as_slice(), &[told("versionerrors", "60", 1.0)]].concat();
    let twice = answered(measured(&twice, |_, _| true));
    cells.push(("one version with two different series".to_owned(), twice));
    cells.push(("an empty object".to_owned(), cbor(&Tree::Map(vec![]))));
    cells.push(("no results".to_owned(), answered(Tree::Array(vec![]))));
    cells.push(("null results".to_owned(), answered(Tree::Null)));
    let torn = answered(whole());
    cells.push(("torn".to_owned(), torn[..torn.len() / 2].to_vec()));
    println!("evidence, metrics of the function: {} cells", cells.len());
    // The API fails in this world, so each run waits for its retries.
    let wrong = at_once(8, &cells, |(name, body)| {
        let (logs, rollback) = asked.judged(body);
        // The log itself shows errors, whatever the metrics say.
        let right = logs["verdict"] == "critical"
            && matches!(rollback["verdict"].as_str(), Some("critical" | "unknown"));
        let harmless = SPARE.iter().any(|spare| name.starts_with(spare)) && name.contains(" Id");
        (!right && !harmless).then(|| {
            let (verdict, reason) = (&rollback["verdict"], &rollback["reason_code"]);
            format!("{name}: {verdict} {reason}")
        })
    });
    let wrong: Vec<_> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A healthy function whose every metric is known.
const CALM: [Told; 8] = [
    told("invocations", "", 2.0),
    told("errors", "", 0.0),
    told("throttles", "", 0.0),
    told("aliasinvocations", "", 2.0),
    told("aliaserrors", "", 0.0),
    told("aliasthrottles", "", 0.0),
    told("versioninvocations", "61", 2.0),
    told("versionerrors", "61", 0.0),
];

#[test]
fn an_incomplete_metric_search_keeps_the_rest_and_is_reported() {
    let stage = Stage::of(world("healthy"));
    let headers = [
        ("content-type", "application/cbor"),
        ("smithy-protocol", "rpc-v2-cbor"),
    ];
    let verdict = |body: Vec<u8>| {
        let cloudwatch = Raw::answering(http("200 OK", &headers, &body));
        let call = stage.once(&["triage", "inc-001", "--deadline", "30s"]);
        let (_, document) = call
            .env("AWS_ENDPOINT_URL_CLOUDWATCH", cloudwatch.url())
            .json();
        step(&document, "inc-001", "logs")["verdict"].clone()
    };
    assert_eq!(verdict(answered(measured(&CALM, |_, _| true))), "ok");
    let mut cells = 0;
    for of in &CALM {
        let due = if of.version.is_empty() {
            "unknown"
        } else {
            "ok"
        };
        let left_out = measured(&CALM, |told, _| told.id != of.id);
        assert_eq!(verdict(answered(left_out)), due, "{} left out", of.id);
        for (member, value) in [
            ("StatusCode", "Forbidden"),
            ("StatusCode", "PartialData"),
            ("Label", "odd"),
        ] {
            let body = measured(&CALM, |told, members| {
                if told.id == of.id {
                    set(members, member, &value.into());
                }
                true
            });
            // The label of a metric that was requested by name is not read.
            let due = if member == "Label" {
                "ok".into()
            } else {
                due.to_owned()
            };
            assert_eq!(verdict(answered(body)), due, "{} with {value}", of.id);
            cells += 1;
        }
        cells += 1;
    }
    println!("evidence, search: {cells} cells");
}

/// Who knows no search refuses the whole question; the rest of it is learned all the same.
#[test]
fn without_metric_search_the_metrics_are_asked_one_by_one() {
    let stage = Stage::of(world("healthy"));
    let headers = [
        ("content-type", "application/cbor"),
        ("smithy-protocol", "rpc-v2-cbor"),
    ];
    let refusal = cbor(&Tree::Map(vec![
        (
            "__type".into(),
            "com.amazonaws.cloudwatch#ValidationError".into(),
        ),
        ("message".into(), "Expression is not supported".into()),
    ]));
    let refused = http("400 Bad Request", &headers, &refusal);
    let known = http(
        "200 OK",
        &headers,
        &answered(measured(&CALM[..6], |_, _| true)),
    );
    let cloudwatch = Raw::with(move |asked| match asked.contains("SEARCH") {
        true => refused.clone(),
        false => known.clone(),
    });
    let call = stage.once(&["triage", "inc-001", "--deadline", "30s"]);
    let (_, document) = call
        .env("AWS_ENDPOINT_URL_CLOUDWATCH", cloudwatch.url())
        .json();
    assert_eq!(cloudwatch.connections(), 2);
    assert_eq!(
        step(&document, "inc-001", "logs")["verdict"],
        "ok",
        "{document:#}"
    );
    let ran = stage.once(&["facts", "lambda.version_"]);
    let ran = ran
        .env("AWS_ENDPOINT_URL_CLOUDWATCH", cloudwatch.url())
        .run();
    assert!(
        ran.stdout
            .contains("metrics of single versions not requested"),
        "{}",
        ran.stdout
    );
}
