//! Claim: a field of an answer that is read is used, and where it is gone, null or mistyped no step is
//! better for it: the state of a version with its reasons, the place of its log, and what the API says
//! of itself. In [`crate::evidence`] are the fields of mail, executions and totals, in
//! [`crate::evidence_functions`] those of the alias.

use crate::support::{Stage, step, world};
use duckops::practice::{FakeStack, Fault, Operation};
use serde_json::{Value, json};

/// Everything that may stand in the place of a field; `None` takes it away.
fn instead() -> Vec<Option<Value>> {
    let values = [
        Value::Null,
        json!(""),
        json!(7),
        json!(true),
        json!([]),
        json!(["Active"]),
        json!({}),
    ];
    values.into_iter().map(Some).chain([None]).collect()
}

fn changed(honest: &Value, path: &str, value: Option<Value>) -> Value {
    let mut answer = honest.clone();
    let (parent, name) = path.rsplit_once('/').expect("a pointer");
    let fields = answer.pointer_mut(parent).and_then(Value::as_object_mut);
    let fields = fields.expect("an object");
    match value {
        Some(value) => fields.insert(name.to_owned(), value),
        None => fields.remove(name),
    };
    answer
}

fn configuration(world: &FakeStack, more: &Value) -> Value {
    let mut answer = json!({
        "FunctionArn": format!("{}:prod", world.function_arn()),
        "FunctionName": world.function,
        "LastModified": "2026-03-19T03:12:09.000+0000",
        "LastUpdateStatus": "Successful",
        "Runtime": "python3.13",
        "State": "Active",
        "Timeout": 30,
        "Version": world.alias_target.version,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        answer[name] = value.clone();
    }
    answer
}

/// The steps of INC-001 where this is the answer of an operation.
fn judged(stage: &Stage, operation: Operation, answer: &Value) -> Value {
    let fault = Fault::Body(answer.to_string());
    stage.practice.world().faults.insert(operation, fault);
    stage
        .once(&["triage", "inc-001", "--deadline", "20s"])
        .json()
        .1
}

#[test]
fn a_state_without_its_reason_is_that_state_and_no_state_is_not_active() {
    let stage = Stage::of(world("healthy"));
    let of = |answer: &Value| {
        let document = judged(&stage, Operation::GetFunctionConfiguration, answer);
        step(&document, "inc-001", "alias").clone()
    };
    let scene = world("healthy");
    let mut cells = 0;
    for (field, word, reason, code, name) in [
        (
            "State",
            "Failed",
            "StateReason",
            "StateReasonCode",
            "DisabledKMSKey",
        ),
        (
            "State",
            "Pending",
            "StateReason",
            "StateReasonCode",
            "Creating",
        ),
        (
            "LastUpdateStatus",
            "Failed",
            "LastUpdateStatusReason",
            "LastUpdateStatusReasonCode",
            "ImageDeleted",
        ),
    ] {
        let more = json!({field: word, reason: "a reason of AWS", code: name});
        let honest = configuration(&scene, &more);
        let due = of(&honest);
        assert_ne!(due["verdict"], "ok", "{due:#}");
        assert!(due.to_string().contains(name), "{due:#}");
        for lost in [reason, code] {
            for value in instead() {
                cells += 1;
                let found = of(&changed(&honest, &format!("/{lost}"), value.clone()));
                // A client may give up the whole answer over what is mistyped.
                let right = [&due["verdict"], &json!("unknown")].contains(&&found["verdict"]);
                assert!(right, "{lost} {value:?}: {found:#}");
            }
        }
        for value in instead() {
            cells += 1;
            let found = of(&changed(&honest, &format!("/{field}"), value.clone()));
            assert_ne!(found["verdict"], "ok", "{field} {value:?}: {found:#}");
        }
    }
    println!("evidence, states and reasons: {cells} cells");
}

/// The log group is in the function's configuration. If a group is named there and cannot be read,
/// no other counts as the right one; AWS leaves the field out for the default group.
#[test]
fn a_log_group_that_cannot_be_read_proves_no_clean_log() {
    let scene = world("healthy");
    let stage = Stage::of(scene.clone());
    let of = |answer: &Value| {
        let document = judged(&stage, Operation::GetFunctionConfiguration, answer);
        step(&document, "inc-001", "logs")["verdict"].clone()
    };
    let group = |name: Value| configuration(&scene, &json!({"LoggingConfig": {"LogGroup": name}}));
    let honest = group(json!(scene.log_group));
    assert_eq!(of(&honest), "ok");
    assert_eq!(of(&group(json!("/duck/elsewhere"))), "unknown");
    assert_eq!(of(&changed(&honest, "/LoggingConfig", None)), "ok");
    assert_eq!(of(&changed(&honest, "/LoggingConfig/LogGroup", None)), "ok");
    // Over any other type the client gives up the whole answer, the state in it too.
    for name in [Value::Null, json!("")] {
        assert_eq!(of(&group(name.clone())), "unknown", "LogGroup {name}");
    }
    let null = changed(&honest, "/LoggingConfig", Some(Value::Null));
    assert_eq!(of(&null), "unknown");
}

#[test]
fn a_status_word_that_cannot_be_read_is_never_called_good() {
    let scene = world("healthy");
    let stage = Stage::of(scene.clone());
    let mut honest = scene.status;
    honest["status"] = json!("outage");
    let claims = |answer: &Value| {
        let fault = Fault::Body(answer.to_string());
        stage
            .practice
            .world()
            .faults
            .insert(Operation::Status, fault);
        let (_, document) = stage.once(&["facts", "api.claims"]).json();
        document["facts"][0]["value"].clone()
    };
    assert_eq!(claims(&honest), "outage");
    for value in instead().into_iter().flatten() {
        let found = claims(&changed(&honest, "/status", Some(value.clone())));
        assert_eq!(found, "other", "{value}");
    }
    assert_eq!(claims(&changed(&honest, "/status", None)), "good");
}
