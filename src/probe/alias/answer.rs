//! The three questions and what is read of their answers.

use crate::cloud::PageTokens;
use crate::fact::Probe;
use crate::lambda::version_config::parse_last_modified;
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
    let target = answer.and_then(|answer| {
        let document = bytes.document("alias")?;
        document.text("FunctionVersion")?;
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
    pub(super) state: String,
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
    let running = running.map(|found| {
        let state = found.state.as_deref().unwrap_or("no state");
        let update = found.last_update.as_deref().unwrap_or("not told");
        Running {
            state: format!("{state}, last update {update}"),
            timeout: found.document.count("Timeout"),
            published: found.last_modified.as_deref().and_then(parse_last_modified),
            version: found.version.clone(),
        }
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
    let mut versions = Versions::new();
    let mut markers = PageTokens::default();
    for page in 1.. {
        let bytes = aws::Bytes::default();
        let request = client
            .list_versions_by_function()
            .function_name(&context.stack.function.value)
            .set_marker(markers.current())
            .customize()
            .interceptor(bytes.clone());
        let question = format!("ListVersionsByFunction, page {page}");
        let answer = aws::question(
            &mut observation,
            context.deadline,
            question,
            "lambda:ListVersionsByFunction",
            request.send(),
        )
        .await
        .and_then(|answer| {
            bytes.document("answer")?.list("Versions")?;
            Ok(answer)
        });
        let answer = match answer {
            Ok(answer) => answer,
            Err(unavailable) => return (Err(unavailable), observation),
        };
        for version in answer.versions() {
            let number = match version.version() {
                Some("$LATEST") => continue,
                number => number.and_then(|number| number.parse().ok()),
            };
            let Some(number) = number else {
                let detail = "a version of the function has no number";
                return (
                    Err(Unavailable::new(UnavailableReason::Missing, detail)),
                    observation,
                );
            };
            versions.push((
                number,
                version.last_modified().and_then(parse_last_modified),
            ));
        }
        let next = answer.next_marker.filter(|next| !next.is_empty());
        match markers.advance(next, "the function's versions") {
            Ok(true) => {}
            Ok(false) => break,
            Err(unavailable) => return (Err(unavailable), observation),
        }
    }
    versions.sort_unstable();
    versions.reverse();
    (Ok(versions), observation)
}
