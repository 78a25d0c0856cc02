//! Every fault, as the clients see it.

use super::{client, http, practice, world};
use crate::practice::{Fault, Operation, Practice};
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use std::error::Error;
use std::time::{Duration, Instant};

/// A good day on which every operation fails in one way.
async fn failing(fault: Fault) -> Practice {
    let mut world = world("healthy");
    world.faults = Operation::ALL
        .into_iter()
        .map(|o| (o, fault.clone()))
        .collect();
    practice(world).await
}

/// The status and the error code of a refusal.
fn refusal<E: ProvideErrorMetadata>(
    refused: Result<(), SdkError<E, aws_smithy_runtime_api::http::Response>>,
) -> (u16, String) {
    let refused = refused.expect_err("a refusal");
    let status = refused.raw_response().map_or(0, |r| r.status().as_u16());
    (status, refused.code().unwrap_or("no code").to_owned())
}

/// What the four services say to a caller, one after the other.
async fn refusals(stack: &Practice) -> [(u16, String); 4] {
    let sts = client!(aws_sdk_sts, stack)
        .get_caller_identity()
        .send()
        .await;
    let ses = client!(aws_sdk_sesv2, stack).get_account().send().await;
    let arn = stack.world().state_machine_arn();
    let sfn = client!(aws_sdk_sfn, stack)
        .list_executions()
        .state_machine_arn(arn)
        .send()
        .await;
    let times = [0, 60].map(aws_sdk_cloudwatch::primitives::DateTime::from_secs);
    let cloudwatch = client!(aws_sdk_cloudwatch, stack)
        .get_metric_statistics()
        .namespace("AWS/SES")
        .metric_name("Send")
        .start_time(times[0])
        .end_time(times[1])
        .period(60)
        .statistics(aws_sdk_cloudwatch::types::Statistic::Sum)
        .send()
        .await;
    assert_eq!(stack.unexpected(), 0);
    [
        refusal(sts.map(drop)),
        refusal(ses.map(drop)),
        refusal(sfn.map(drop)),
        refusal(cloudwatch.map(drop)),
    ]
}

#[tokio::test]
async fn each_service_has_its_own_error_format() {
    let table = [
        (
            Fault::Deny,
            [
                (403, "AccessDenied"),
                (403, "AccessDeniedException"),
                (400, "AccessDeniedException"),
                (403, "AccessDenied"),
            ],
        ),
        (
            Fault::Throttle,
            [
                (400, "Throttling"),
                (429, "TooManyRequestsException"),
                (400, "ThrottlingException"),
                (400, "Throttling"),
            ],
        ),
        (
            Fault::ExpiredToken,
            [
                (403, "ExpiredToken"),
                (403, "ExpiredTokenException"),
                (400, "ExpiredTokenException"),
                (403, "ExpiredToken"),
            ],
        ),
        (Fault::Status(500), [(500, "InternalFailure"); 4]),
    ];
    for (fault, expected) in table {
        let stack = failing(fault.clone()).await;
        let expected = expected.map(|(status, code)| (status, code.to_owned()));
        assert_eq!(refusals(&stack).await, expected, "{fault:?}");
    }
}

#[tokio::test]
async fn a_denial_names_the_caller_and_the_permission() {
    let stack = failing(Fault::Deny).await;
    let refused = client!(aws_sdk_sts, stack)
        .get_caller_identity()
        .send()
        .await;
    let refused = refused.expect_err("a refusal");
    let message = refused.message().unwrap_or_default();
    assert!(
        message.contains("duckops-read/practice is not authorized"),
        "{message}"
    );
    assert!(message.contains("sts:GetCallerIdentity"), "{message}");
}

async fn status(stack: &Practice) -> reqwest::Result<reqwest::Response> {
    http()
        .get(format!("{}/beak/system/status", stack.api_url()))
        .send()
        .await
}

#[tokio::test]
async fn api_faults_look_like_those_of_the_gateway() {
    let table = [
        (
            Fault::Deny,
            403,
            r#"{"message":"Missing Authentication Token"}"#,
        ),
        (Fault::Throttle, 429, r#"{"message":"Too Many Requests"}"#),
        (
            Fault::Status(502),
            502,
            r#"{"message":"Internal server error"}"#,
        ),
        (Fault::Empty, 200, ""),
        (Fault::Body("[]".into()), 200, "[]"),
        (Fault::Redirect("https://example.com/".into()), 302, ""),
    ];
    for (fault, code, body) in table {
        let stack = failing(fault.clone()).await;
        let answer = status(&stack).await.expect("an answer");
        assert_eq!(answer.status().as_u16(), code, "{fault:?}");
        if let Fault::Redirect(place) = &fault {
            assert_eq!(answer.headers()["location"], place.as_str());
        }
        assert_eq!(
            answer.text().await.expect("a whole body"),
            body,
            "{fault:?}"
        );
    }
    let portal = status(&failing(Fault::Html).await)
        .await
        .expect("an answer");
    assert_eq!(portal.headers()["content-type"], "text/html; charset=utf-8");
}

#[tokio::test]
async fn a_hanging_operation_is_logged_and_never_answered() {
    let stack = failing(Fault::Hang).await;
    let arrived = async {
        while stack.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    tokio::select! {
        _ = status(&stack) => panic!("it was answered"),
        () = arrived => {}
    }
    let seen = stack.requests();
    assert_eq!((seen.len(), seen[0].answered), (1, None));
}

/// Whether some error below this one is of the kind.
fn caused_by(error: &(dyn Error + 'static), kind: std::io::ErrorKind) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|io| io.kind() == kind) || error.source().is_some_and(|e| caused_by(e, kind))
}

#[tokio::test]
async fn a_reset_fault_resets_the_connection_before_any_byte() {
    let stack = failing(Fault::Reset).await;
    let torn = status(&stack).await.expect_err("no answer");
    assert!(!torn.is_connect());
    assert!(
        caused_by(&torn, std::io::ErrorKind::ConnectionReset),
        "{torn:?}"
    );
    assert_eq!(stack.requests()[0].answered, None);
}

#[tokio::test]
async fn a_cut_body_is_a_prefix_of_the_answer() {
    let honest = practice(world("healthy")).await;
    let whole = status(&honest)
        .await
        .expect("an answer")
        .bytes()
        .await
        .expect("a body");
    let stack = failing(Fault::CutBody).await;
    let mut answer = status(&stack).await.expect("a head");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.content_length(), Some(whole.len() as u64));
    let start = answer
        .chunk()
        .await
        .expect("the first half")
        .expect("some bytes");
    assert_eq!(start, whole.slice(..whole.len() / 2));
    assert!(answer.chunk().await.is_err(), "the rest never comes");
}

#[tokio::test]
async fn a_delay_and_the_latency_add_up() {
    let stack = failing(Fault::Delay(Duration::from_millis(60))).await;
    stack.world().latency = Duration::from_millis(40);
    let started = Instant::now();
    assert_eq!(status(&stack).await.expect("an answer").status(), 200);
    assert!(started.elapsed() >= Duration::from_millis(100));
}

#[tokio::test]
async fn an_unexpected_request_is_counted_even_under_a_fault() {
    let stack = failing(Fault::Empty).await;
    let ses = client!(aws_sdk_sesv2, stack, "eu-west-1");
    let refused = ses.get_account().send().await.expect_err("not from there");
    assert_eq!(refused.code(), Some("SignatureDoesNotMatch"));
    assert_eq!(stack.unexpected(), 1);
}
