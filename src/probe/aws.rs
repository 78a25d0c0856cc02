//! What the AWS probes share: sending a request under the deadline, and the bytes of the answer,
//! because the SDK fills missing fields with zeros and empty lists.

use super::document::JsonObject;
use crate::cloud;
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use aws_config::SdkConfig;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Sends one question and records it. `action` is the permission it needs.
pub(super) async fn question<T, E>(
    observation: &mut Observation,
    deadline: Instant,
    question: String,
    action: &str,
    send: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
) -> Result<T, Unavailable>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let reply = cloud::question(deadline, question, action, send).await;
    observation.reached |= reply.reached;
    observation.asked.push(reply.asked);
    reply.answer
}

/// The shared configuration, or everything silent for want of credentials.
pub(super) async fn config<'a>(
    context: &'a super::ProbeContext,
    observation: &mut Observation,
) -> Option<&'a SdkConfig> {
    match context.aws.config().await {
        Ok(config) => Some(config),
        Err(unavailable) => {
            observation.default_unavailable(unavailable);
            None
        }
    }
}

/// Names what was not found, with the account and the region in which it was looked for: the
/// service's own message often names none of them.
pub(super) fn name_missing(
    context: &super::ProbeContext,
    what: &str,
    unavailable: Unavailable,
) -> Unavailable {
    if unavailable.why != UnavailableReason::NotFound {
        return unavailable;
    }
    let (account, region) = (&context.stack.account.value, &context.stack.region.value);
    let what = Untrusted::new(what).printable(160);
    let detail = format!(
        "{what} does not exist in account {account}, region {region}: {}",
        unavailable.detail
    );
    Unavailable::new(UnavailableReason::NotFound, detail).fix(format!(
        "Check the name, the account {account} and the region {region} of this stack"
    ))
}

/// Keeps the bytes of the last answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Bytes(Arc<Mutex<Vec<u8>>>);

impl Bytes {
    /// The answer as a document in which missing is missing.
    pub(super) fn document(&self, name: &'static str) -> Result<JsonObject, Unavailable> {
        let bytes = self.0.lock().map(|bytes| bytes.clone()).unwrap_or_default();
        JsonObject::parse(name, &bytes)
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Bytes {
    fn name(&self) -> &'static str {
        "duckops::Bytes"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let (Some(bytes), Ok(mut kept)) = (context.response().body().bytes(), self.0.lock()) {
            *kept = bytes.to_vec();
        }
        Ok(())
    }
}
