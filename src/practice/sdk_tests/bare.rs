//! Lambda and Logs have no client among the dependencies yet: their bare protocol, as the
//! documentation of the services has it.

use super::{http, now, practice, world};
use crate::practice::{LogEvent, Practice};
use serde_json::{Value, json};

/// A request that looks signed for a service.
fn signed(service: &str, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    let scope = format!("AKIDEXAMPLE/20260322/us-east-1/{service}/aws4_request");
    request.header(
        "authorization",
        format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
    )
}

/// The status and the body of the answer to such a request.
async fn bare(stack: &Practice, service: &str, request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = signed(service, request).send().await.expect("an answer");
    let status = answer.status().as_u16();
    let body = answer.bytes().await.expect("a whole body");
    assert!(
        stack
            .requests()
            .last()
            .is_some_and(|seen| seen.answered == Some(status))
    );
    (status, serde_json::from_slice(&body).expect("JSON"))
}

#[tokio::test]
async fn a_cbor_error_has_the_cbor_content_type() {
    let stack = practice(world("healthy")).await;
    let path = "/service/GraniteServiceVersion20100801/operation/GetMetricData";
    let request = http()
        .post(format!("{}{path}", stack.aws_url()))
        .body("not CBOR");
    let answer = signed("monitoring", request)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.headers()["smithy-protocol"], "rpc-v2-cbor");
    assert_eq!(answer.headers()["content-type"], "application/cbor");
    assert_eq!(stack.unexpected(), 1);
}

#[tokio::test]
async fn an_unsigned_request_is_refused() {
    let stack = practice(world("healthy")).await;
    let url = format!("{}/v2/email/account", stack.aws_url());
    let answer = http().get(url).send().await.expect("an answer");
    assert_eq!((answer.status().as_u16(), stack.unexpected()), (403, 1));
}

async fn lambda(stack: &Practice, rest: &str) -> (u16, Value) {
    let url = format!("{}/2015-03-31/functions/{rest}", stack.aws_url());
    bare(stack, "lambda", http().get(url)).await
}

#[tokio::test]
async fn the_alias_is_shown_with_its_weights_only_when_it_has_any() {
    let stack = practice(world("healthy")).await;
    let (_, alias) = lambda(&stack, "mission-control-api/aliases/prod").await;
    assert_eq!(
        (&alias["FunctionVersion"], alias.get("RoutingConfig")),
        (&json!("61"), None)
    );
    stack.world().alias_target.weights = vec![("60".to_owned(), 0.1)];
    let (_, alias) = lambda(&stack, "mission-control-api/aliases/prod").await;
    assert_eq!(
        alias["RoutingConfig"]["AdditionalVersionWeights"],
        json!({"60": 0.1})
    );
    let (status, _) = lambda(&stack, "mission-control-api/aliases/staging").await;
    assert_eq!(
        (status, stack.unexpected()),
        (404, 0),
        "an alias that is not there"
    );
    let (status, _) = lambda(&stack, "other/aliases/prod").await;
    assert_eq!(
        (status, stack.unexpected()),
        (404, 1),
        "a function that is not ours"
    );
}

#[tokio::test]
async fn versions_are_paged_by_marker() {
    let stack = practice(world("healthy")).await;
    stack.world().page_size = Some(3);
    let (_, first) = lambda(&stack, "mission-control-api/versions").await;
    let marker = first["NextMarker"].as_str().expect("a marker");
    let (_, second) = lambda(
        &stack,
        &format!("mission-control-api/versions?Marker={marker}"),
    )
    .await;
    let pages = [&first, &second];
    let versions = pages
        .iter()
        .flat_map(|page| page["Versions"].as_array().expect("a list"));
    let numbers: Vec<_> = versions
        .map(|v| v["Version"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(numbers, ["$LATEST", "59", "60", "61"]);
    assert_eq!(second["NextMarker"], Value::Null);
}

#[tokio::test]
async fn a_configuration_is_found_by_alias_or_version() {
    let stack = practice(world("healthy")).await;
    for (qualifier, version) in [("prod", "61"), ("60", "60"), ("$LATEST", "$LATEST")] {
        let rest = format!("mission-control-api/configuration?Qualifier={qualifier}");
        let (status, shown) = lambda(&stack, &rest).await;
        assert_eq!((status, &shown["Version"]), (200, &json!(version)));
    }
    let (status, _) = lambda(&stack, "mission-control-api/configuration?Qualifier=7").await;
    assert_eq!(status, 404);
}

async fn logs(stack: &Practice, question: Value) -> (u16, Value) {
    let request = http()
        .post(stack.aws_url())
        .header("x-amz-target", "Logs_20140328.FilterLogEvents")
        .body(question.to_string());
    bare(stack, "logs", request).await
}

#[tokio::test]
async fn log_lines_are_filtered_by_time_and_pattern_and_paged_past_empty_pages() {
    let mut scene = world("healthy");
    let line = |minutes: i64, message: &str| LogEvent {
        at: now() - time::Duration::minutes(minutes),
        stream: "2026/03/22/[61]0".to_owned(),
        message: message.to_owned(),
    };
    scene.log_events = vec![
        line(1, "[ERROR] KeyError"),
        line(2, "Task timed out after 30.03 seconds"),
        line(3, "START RequestId"),
        line(60, "[ERROR] long ago"),
    ];
    scene.empty_log_pages = 1;
    scene.page_size = Some(1);
    let stack = practice(scene).await;
    let mut question = json!({
        "logGroupName": "/aws/lambda/mission-control-api",
        "startTime": (now().unix_timestamp() - 900) * 1_000,
        "filterPattern": "?ERROR ?\"Task timed out\"",
    });
    let mut pages = Vec::new();
    loop {
        let (status, page) = logs(&stack, question.clone()).await;
        assert_eq!(status, 200);
        pages.push(page["events"].as_array().expect("a list").len());
        match page.get("nextToken") {
            Some(token) => question["nextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(pages, [0, 1, 1]);
    question["filterPattern"] = json!("ERROR");
    let (status, refused) = logs(&stack, question).await;
    assert_eq!(
        (status, stack.unexpected()),
        (400, 1),
        "a token of another question: {refused}"
    );
}
