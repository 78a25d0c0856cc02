//! The three questions and what is read of their answers.

use crate::fact::Probe;
use crate::lambda::answer_owner::check_alias;
use crate::lambda::version_config::parse_last_modified;
use crate::lambda::version_list::{LIST_VERSIONS, VersionPages};
use crate::lambda::version_state::VersionState;
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::probe::{ProbeContext, aws};

/// Where the alias points.
pub(super) struct AliasAnswer {
    pub(super) version: String,
    pub(super) revision: String,
    /// Other versions and their share of the traffic.
    pub(super) weights: Vec<(String, f64)>,
}

pub(super) async fn alias(
    context: &ProbeContext,
    client: &aws_sdk_lambda::Client,
) -> (Result<AliasAnswer, Unavailable>, Observation) {
    let mut observation = Observation::new(Probe::Alias);
    let bytes = aws::Bytes::default();
    let request = client
        .get_alias()
        .function_name(&context.stack.function.value)
        .name(&context.stack.alias.value)
        .customize()
        .interceptor(bytes.clone());
    let question = format!("GetAlias {}", context.stack.alias.value);
    let answer = aws::question(
        &mut observation,
        context.deadline,
        question,
        "lambda:GetAlias",
        request.send(),
    )
    .await;
    let answer = answer.map_err(|unavailable| {
        let (alias, function) = (&context.stack.alias.value, &context.stack.function.value);
        let what = format!("alias `{alias}` of function `{function}`");
        aws::name_missing(context, &what, unavailable)
    });
    let target = answer.and_then(|answer| {
        let document = bytes.document("alias")?;
        document.text("FunctionVersion")?;
        let alias = context.stack.alias.value.as_str();
        check_alias(&context.stack, alias, answer.alias_arn(), answer.name())?;
        document.single("RoutingConfig.AdditionalVersionWeights")?;
        let mut weights: Vec<(String, f64)> = answer
            .routing_config()
            .and_then(|routing| routing.additional_version_weights())
            .into_iter()
            .flatten()
            .map(|(version, share)| (version.clone(), *share))
            .collect();
        weights.sort_by(|a, b| a.0.cmp(&b.0));
        if weights
            .iter()
            .any(|(_, share)| !(0.0..=1.0).contains(share))
        {
            return Err(Unavailable::new(
                UnavailableReason::Contradictory,
                "a weight of the alias is no share of the traffic",
            ));
        }
        Ok(AliasAnswer {
            version: answer.function_version.unwrap_or_default(),
            revision: answer.revision_id.unwrap_or_default(),
            weights,
        })
    });
    (target, observation)
}

/// What of the configuration is read, with the version that it belongs to.
pub(super) struct Running {
    pub(super) version: String,
    pub(super) timeout: Result<i64, Unavailable>,
    pub(super) state: VersionState,
    /// That the state and whose it is stand once in the answer, so that they have one meaning.
    pub(super) stated_once: Result<(), Unavailable>,
    pub(super) published: Option<i64>,
}

pub(super) async fn configuration(
    context: &ProbeContext,
    client: &aws_sdk_lambda::Client,
) -> (Result<Running, Unavailable>, Observation) {
    let mut observation = Observation::new(Probe::Alias);
    let asked = context.configuration.get(context, client).await;
    observation.reached |= asked.reached;
    observation.asked.extend(asked.requests.iter().cloned());
    let running = asked.answer.as_ref().map_err(Clone::clone);
    let running = running.map(|found| Running {
        state: found.state.clone(),
        stated_once: ["FunctionArn", "State", "LastUpdateStatus"]
            .iter()
            .try_for_each(|name| found.document.single(name)),
        timeout: found.document.count("Timeout"),
        published: found.last_modified.as_deref().and_then(parse_last_modified),
        version: found.version.clone(),
    });
    (running, observation)
}

/// Number and publication of each version, `$LATEST` left out.
pub(super) type Versions = Vec<(i64, Option<i64>)>;

pub(super) async fn versions(
    context: &ProbeContext,
    client: &aws_sdk_lambda::Client,
) -> (Result<Versions, Unavailable>, Observation) {
    let mut observation = Observation::new(Probe::Alias);
    let versions = all_versions(context, client, &mut observation).await;
    (versions, observation)
}

async fn all_versions(
    context: &ProbeContext,
    client: &aws_sdk_lambda::Client,
    observation: &mut Observation,
) -> Result<Versions, Unavailable> {
    let mut pages = VersionPages::default();
    loop {
        let bytes = aws::Bytes::default();
        let (question, request) = pages.request(client, &context.stack.function.value);
        let request = request.customize().interceptor(bytes.clone());
        let (deadline, send) = (context.deadline, request.send());
        let answer = aws::question(observation, deadline, question, LIST_VERSIONS, send).await?;
        // The SDK makes an empty list of one that is missing.
        bytes.document("answer")?.list("Versions")?;
        if !pages.add(&context.stack, answer)? {
            return Ok(pages.newest_first());
        }
    }
}
