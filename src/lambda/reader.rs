//! Asking AWS about the function: which stack, until when, and a log of the requests.

use crate::cloud::{self, Aws};
use crate::observation::{RequestLog, Unavailable};
use crate::stack::Stack;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::future::Future;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// Whom to ask, and until when.
#[derive(Debug)]
pub struct FunctionReader<'a> {
    /// Which stack.
    pub stack: &'a Stack,
    /// The clients' configuration.
    pub aws: &'a Aws,
    /// The wall clock when this began.
    pub now: OffsetDateTime,
    /// When every answer must be in.
    pub deadline: Instant,
    asked: Mutex<Vec<RequestLog>>,
}

impl<'a> FunctionReader<'a> {
    /// Nothing has been asked yet.
    pub fn new(stack: &'a Stack, aws: &'a Aws, now: OffsetDateTime, deadline: Instant) -> Self {
        Self {
            stack,
            aws,
            now,
            deadline,
            asked: Mutex::default(),
        }
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<RequestLog> {
        self.asked
            .lock()
            .map(|asked| asked.clone())
            .unwrap_or_default()
    }

    /// Sends one question and records it. `action` is the permission it needs.
    pub(crate) async fn question<T, E>(
        &self,
        question: String,
        action: &str,
        send: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Unavailable>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let reply = cloud::question(self.deadline, question, action, send).await;
        if let Ok(mut asked) = self.asked.lock() {
            asked.push(reply.asked);
        }
        let mut answer = reply.answer;
        self.aws.advise(answer.as_mut().err().into_iter()).await;
        answer
    }

    /// The name of the function.
    pub(super) fn function(&self) -> &str {
        &self.stack.function.value
    }

    /// The name of the alias.
    pub(super) fn alias(&self) -> &str {
        &self.stack.alias.value
    }
}

/// How long one question may take beside what the deadline leaves.
pub(crate) const QUESTION: Duration = Duration::from_secs(8);
