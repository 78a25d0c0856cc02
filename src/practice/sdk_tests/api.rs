//! The status and audit API, and the stack as a whole.

use super::{client, http, practice, world};
use crate::practice::Practice;
use hyper::body::Bytes;
use serde_json::Value;

async fn json(response: reqwest::Response) -> Value {
    let body = response.bytes().await.expect("a whole body");
    serde_json::from_slice(&body).expect("JSON")
}

#[tokio::test]
async fn the_status_is_served_with_and_without_the_stage() {
    let stack = practice(world("inc-004")).await;
    for stage in ["", "/prod"] {
        let url = format!("{}{stage}/beak/system/status", stack.api_url());
        let answer = http().get(url).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "application/json");
        let status = json(answer).await;
        assert_eq!(
            status["peck_protocol"]["failure_breakdown"]["callback_error"],
            25
        );
    }
    assert_eq!(stack.unexpected(), 0);
}

#[tokio::test]
async fn the_feed_is_served_newest_first_and_as_long_as_asked() {
    let stack = practice(world("healthy")).await;
    let url = format!("{}/beak/audit", stack.api_url());
    let whole = json(
        http()
            .post(&url)
            .body("{}")
            .send()
            .await
            .expect("an answer"),
    )
    .await;
    let entries = whole["entries"].as_array().expect("a list");
    assert!(entries.len() > 900, "{} entries", entries.len());
    assert!(entries.is_sorted_by(|a, b| a["timestamp"].as_i64() >= b["timestamp"].as_i64()));
    let some = json(
        http()
            .post(&url)
            .body(r#"{"limit": 20}"#)
            .send()
            .await
            .expect("an answer"),
    )
    .await;
    assert_eq!(some["entries"].as_array().map(Vec::len), Some(20));
}

#[tokio::test]
async fn a_large_feed_arrives_whole_and_without_a_length() {
    let mut world = world("healthy");
    let body = Bytes::from(vec![b' '; 5 << 20]);
    world.audit_body = Some(body.clone());
    let stack = practice(world).await;
    let url = format!("{}/beak/audit", stack.api_url());
    let answer = http().post(url).body("{}").send().await.expect("an answer");
    assert_eq!(answer.headers().get("content-length"), None);
    assert_eq!(answer.bytes().await.expect("a whole body"), body);
}

#[tokio::test]
async fn an_unexpected_request_is_refused_and_counted() {
    let stack = practice(world("healthy")).await;
    let at = |path: &str| format!("{}{path}", stack.api_url());
    let refused = [
        http().post(at("/beak/system/status")),
        http().get(at("/beak/audit")),
        http().get(at("/beak/metrics")),
    ];
    for request in refused {
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 403);
        assert_eq!(
            json(answer).await["message"],
            "Missing Authentication Token"
        );
    }
    let answer = http()
        .post(at("/beak/audit"))
        .body(r#"{"since": 1}"#)
        .send()
        .await;
    assert_eq!(answer.expect("an answer").status(), 400);
    assert_eq!(stack.unexpected(), 4);
    assert_eq!(stack.requests()[2].question, "GET /beak/metrics");
}

#[tokio::test]
async fn answers_carry_the_time_of_the_scene() {
    let stack = practice(world("healthy")).await;
    let url = format!("{}/beak/system/status", stack.api_url());
    let answer = http().get(&url).send().await.expect("an answer");
    assert_eq!(answer.headers()["date"], "Sun, 22 Mar 2026 03:00:00 GMT");
    stack.world().now += time::Duration::hours(1);
    let answer = http().get(&url).send().await.expect("an answer");
    assert_eq!(answer.headers()["date"], "Sun, 22 Mar 2026 04:00:00 GMT");
    assert_eq!(stack.requests()[0].at, super::now());
}

#[tokio::test]
async fn the_clock_runs_unless_it_is_frozen() {
    let mut world = world("healthy");
    world.frozen = false;
    let stack = practice(world).await;
    let url = format!("{}/beak/system/status", stack.api_url());
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    http().get(&url).send().await.expect("an answer");
    assert!(stack.requests()[0].at >= super::now() + time::Duration::milliseconds(20));
}

#[tokio::test]
async fn an_api_that_is_down_refuses_connections_while_aws_answers() {
    let stack = practice(world("api-gone")).await;
    let url = format!("{}/beak/system/status", stack.api_url());
    let refused = http().get(url).send().await.expect_err("nobody listens");
    assert!(refused.is_connect(), "{refused:?}");
    let sts = client!(aws_sdk_sts, stack);
    sts.get_caller_identity().send().await.expect("AWS answers");
}

#[tokio::test]
async fn a_dropped_stack_answers_nobody() {
    let stack = practice(world("healthy")).await;
    let url = format!("{}/beak/system/status", stack.api_url());
    let client = http();
    client.get(&url).send().await.expect("an answer");
    drop(stack);
    tokio::task::yield_now().await;
    client.get(&url).send().await.expect_err("it is over");
}

#[tokio::test]
async fn a_requested_port_is_used_with_the_next_one() {
    for _ in 0..10 {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("its number").port();
        drop(free);
        // Someone else may have the port after it: then the next try has another one.
        if let Ok(stack) = Practice::start(world("healthy"), port).await {
            assert_eq!(stack.api_url(), format!("http://127.0.0.1:{port}"));
            assert_eq!(stack.aws_url(), format!("http://127.0.0.1:{}", port + 1));
            return;
        }
    }
    panic!("no two ports in a row were free in ten tries");
}

#[tokio::test]
async fn the_last_port_is_refused() {
    assert!(Practice::start(world("healthy"), u16::MAX).await.is_err());
}
