//! UpdateAlias, the one request that moves the alias, and its outcome.
//!
//! It is sent once and never again, whatever comes back: it names a revision, so a second try
//! would turn our own success into a conflict. No answer is believed either; the alias as it
//! is read afterwards decides.

pub use super::outcome::MoveOutcome;
use super::outcome::{UpdateAnswer, blind, decide};
use super::plan::{AliasPlan, shares};
use crate::cloud::classify;
use crate::lambda::alias_target::AliasTarget;
use crate::lambda::answer_owner::check_alias;
use crate::lambda::endpoint_probe::EndpointProbe;
use crate::lambda::reader::{FunctionReader, QUESTION};
use crate::observation::Unavailable;
use crate::stack::Stack;
use crate::write::guarded::{PreflightError, WriteContext, WriteRequest};
use aws_sdk_lambda::operation::update_alias::UpdateAliasOutput;
use aws_sdk_lambda::types::AliasRoutingConfiguration;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long reads may go on showing the old alias: Lambda's reads lag behind its writes.
const READ_LAG: Duration = Duration::from_secs(5);
/// The pause between two reads.
const PAUSE: Duration = Duration::from_millis(250);

/// The request that carries out an [`AliasPlan`].
#[derive(Clone, Copy, Debug)]
pub struct AliasUpdate;

impl WriteRequest for AliasUpdate {
    type Plan = AliasPlan;
    type Prepared = aws_sdk_lambda::Client;
    type Answer = UpdateAnswer;
    type Outcome = MoveOutcome;

    async fn prepare(
        &self,
        context: &WriteContext<'_>,
        _: &AliasPlan,
    ) -> Result<aws_sdk_lambda::Client, PreflightError> {
        let config = context.aws.writing().await;
        let config = config.map_err(PreflightError::Credentials)?;
        Ok(aws_sdk_lambda::Client::new(&config))
    }

    async fn send(
        &self,
        context: &WriteContext<'_>,
        plan: &AliasPlan,
        lambda: &mut aws_sdk_lambda::Client,
    ) -> UpdateAnswer {
        update(lambda, context.stack, plan).await
    }

    async fn read_back(
        &self,
        context: &WriteContext<'_>,
        plan: &AliasPlan,
        _: &mut aws_sdk_lambda::Client,
        answer: UpdateAnswer,
    ) -> MoveOutcome {
        let began = Instant::now();
        loop {
            let is_last = began.elapsed() >= READ_LAG;
            match alias_now(context).await {
                Ok(alias) => {
                    if let Some(outcome) = decide(plan, &answer, &alias, is_last) {
                        return outcome;
                    }
                }
                Err(unavailable) if is_last => return blind(&answer, &unavailable),
                Err(_) => {}
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Reads the alias as it is at this moment.
///
/// # Errors
/// Why it is not known.
pub async fn alias_now(context: &WriteContext<'_>) -> Result<AliasTarget, Unavailable> {
    let lambda = aws_sdk_lambda::Client::new(context.aws.config().await?);
    let deadline = Instant::now() + QUESTION;
    let reader = FunctionReader::new(context.stack, context.aws, context.clock.now, deadline);
    reader.pointing(&lambda).await.0
}

async fn update(lambda: &aws_sdk_lambda::Client, stack: &Stack, plan: &AliasPlan) -> UpdateAnswer {
    let routing = AliasRoutingConfiguration::builder()
        .set_additional_version_weights(Some(shares(&plan.weights).into_iter().collect()))
        .build();
    let once = Once::to(&plan.host);
    let request = lambda
        .update_alias()
        .function_name(&plan.function)
        .name(&plan.alias)
        .function_version(&plan.version)
        .revision_id(&plan.from.revision)
        .routing_config(routing)
        .customize()
        .interceptor(once.clone());
    let error = match request.send().await {
        Ok(answer) => return accepted(stack, plan, &answer),
        Err(error) => error,
    };
    let words = classify(&error, "lambda:UpdateAlias").detail.to_string();
    if once.sent.load(Ordering::SeqCst) == 0 || never_connected(&error) {
        return UpdateAnswer::NotSent(words);
    }
    let SdkError::ServiceError(service) = &error else {
        return UpdateAnswer::Lost(words);
    };
    let code = service.err().meta().code().unwrap_or_default();
    match service.raw().status().as_u16() {
        412 if service.err().is_precondition_failed_exception() => UpdateAnswer::Outdated,
        // Without a code it is not AWS that refuses: a proxy may answer so for what it forwarded,
        // and how far the request got is not known. AWS itself has gone on waiting when it says that
        // it timed out.
        400..=407 | 409..=498 if !code.is_empty() && !code.starts_with("RequestTimeout") => {
            UpdateAnswer::Refused(words)
        }
        _ => UpdateAnswer::Lost(words),
    }
}

/// Success counts as acceptance where the answer shows the move: a proxy may answer 200, too.
fn accepted(stack: &Stack, plan: &AliasPlan, answer: &UpdateAliasOutput) -> UpdateAnswer {
    let owner = check_alias(stack, &plan.alias, answer.alias_arn(), answer.name());
    let is_moved = answer.function_version() == Some(plan.version.as_str());
    match owner {
        Ok(()) if is_moved => UpdateAnswer::Accepted,
        Ok(()) => UpdateAnswer::Lost("the answer is a success and shows no move".to_owned()),
        Err(unavailable) => UpdateAnswer::Lost(unavailable.detail.to_string()),
    }
}

/// Whether no connection was ever made.
fn never_connected<E: std::error::Error + 'static>(error: &SdkError<E, HttpResponse>) -> bool {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        let connect = error.downcast_ref::<reqwest::Error>();
        if connect.is_some_and(reqwest::Error::is_connect) {
            return true;
        }
        next = error.source();
    }
    false
}

/// Lets one request pass, and only to the host of the plan.
#[derive(Clone, Debug)]
struct Once {
    host: String,
    endpoint: EndpointProbe,
    sent: Arc<AtomicUsize>,
}

impl Once {
    fn to(host: &str) -> Self {
        Self {
            host: host.to_owned(),
            endpoint: EndpointProbe::default(),
            sent: Arc::default(),
        }
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Once {
    fn name(&self) -> &'static str {
        "duckops::Once"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.endpoint
            .read_before_transmit(context, components, bag)?;
        if self.endpoint.host().as_ref() != Some(&self.host) {
            return Err("the request would go to another host than the plan's".into());
        }
        if self.sent.fetch_add(1, Ordering::SeqCst) > 0 {
            return Err("the request would be sent a second time".into());
        }
        Ok(())
    }
}
