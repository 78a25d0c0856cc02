//! The configuration of the function behind the alias: asked once a run, read by the probe of the
//! alias and by the one of the log.

use super::{ProbeContext, aws, document::JsonObject};
use crate::lambda::answer_owner::check_function_arn;
use crate::lambda::version_state::VersionState;
use crate::observation::{Observation, RequestLog, Unavailable};
use tokio::sync::OnceCell;

/// The AWS action that it needs.
pub(super) const ACTION: &str = "lambda:GetFunctionConfiguration";

/// What Lambda answered.
#[derive(Debug)]
pub(super) struct FunctionConfiguration {
    /// The whole answer, in which missing is missing.
    pub(super) document: JsonObject,
    pub(super) version: String,
    pub(super) state: VersionState,
    pub(super) last_modified: Option<String>,
}

/// The answer and the request that it came from.
#[derive(Debug)]
pub(super) struct ConfigurationAnswer {
    pub(super) answer: Result<FunctionConfiguration, Unavailable>,
    pub(super) requests: Vec<RequestLog>,
    pub(super) reached: bool,
}

/// The answer of a run, once it was requested.
#[derive(Debug, Default)]
pub struct SharedConfiguration(OnceCell<ConfigurationAnswer>);

impl SharedConfiguration {
    /// The answer; the first caller sends the request, later ones wait for it.
    pub(super) async fn get(
        &self,
        context: &ProbeContext,
        client: &aws_sdk_lambda::Client,
    ) -> &ConfigurationAnswer {
        self.0.get_or_init(|| ask(context, client)).await
    }
}

async fn ask(context: &ProbeContext, client: &aws_sdk_lambda::Client) -> ConfigurationAnswer {
    let mut observation = Observation::new(crate::fact::Probe::Alias);
    let bytes = aws::Bytes::default();
    let alias = &context.stack.alias.value;
    let request = client
        .get_function_configuration()
        .function_name(&context.stack.function.value)
        .qualifier(alias)
        .customize()
        .interceptor(bytes.clone());
    let question = format!("GetFunctionConfiguration {alias}");
    let answer = aws::question(
        &mut observation,
        context.deadline,
        question,
        ACTION,
        request.send(),
    )
    .await;
    let answer = answer.and_then(|answer| {
        let version = answer.version().unwrap_or_default();
        // The ARN ends with what was asked for; emulators name the version instead.
        check_function_arn(&context.stack, answer.function_arn(), &[alias, version])?;
        Ok(FunctionConfiguration {
            document: bytes.document("function configuration")?,
            state: VersionState::of(&answer),
            last_modified: answer.last_modified().map(str::to_owned),
            version: answer.version.unwrap_or_default(),
        })
    });
    ConfigurationAnswer {
        answer,
        requests: observation.asked,
        reached: observation.reached,
    }
}
