//! Sends one AWS request under a deadline and records it.

use super::classify;
use crate::observation::{RequestLog, Unavailable, UnavailableReason};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::future::Future;
use std::time::Instant;

/// What came of one question.
#[derive(Debug)]
pub struct AwsAnswer<T> {
    /// The answer, or why there is none.
    pub answer: Result<T, Unavailable>,
    /// For the record of who was asked what.
    pub asked: RequestLog,
    /// Whether anybody answered, be it with an error.
    pub reached: bool,
}

/// Sends one question. `action` is the permission that it needs.
pub async fn question<T, E>(
    deadline: Instant,
    question: String,
    action: &str,
    send: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
) -> AwsAnswer<T>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let began = Instant::now();
    let (answer, reached) = match tokio::time::timeout_at(deadline.into(), send).await {
        Ok(Ok(answer)) => (Ok(answer), true),
        Ok(Err(error)) => {
            let reached = matches!(
                error,
                SdkError::ServiceError(_) | SdkError::ResponseError(_)
            );
            (Err(classify(&error, action)), reached)
        }
        Err(_) => {
            let why = format!("{question} timed out");
            (
                Err(Unavailable::new(UnavailableReason::TimedOut, why)),
                false,
            )
        }
    };
    let asked = RequestLog {
        question: question.into(),
        took: began.elapsed(),
        bytes: None,
        failure: answer.as_ref().err().map(Unavailable::in_full),
    };
    AwsAnswer {
        answer,
        asked,
        reached,
    }
}
