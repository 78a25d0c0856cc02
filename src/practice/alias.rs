//! What changes the stack: `UpdateAlias`, with the revision compared as Lambda compares it;
//! and `Invoke`, which runs a version without moving anything.

use super::lambda::{missing, ours, shown};
use super::wire::{OperationResult, Refusal, RequestContext, ResponseBody};
use super::{Effect, FakeAlias, FakeStack};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use ulid::Ulid;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Update {
    function_version: Option<String>,
    revision_id: Option<String>,
    routing_config: Option<Routing>,
    #[serde(rename = "Description")]
    _description: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Routing {
    additional_version_weights: Option<BTreeMap<String, f64>>,
}

/// `UpdateAlias`: what is left out stays as it is, weights among them.
pub(super) fn update_alias(context: &RequestContext<'_>) -> OperationResult {
    let mut told = "UpdateAlias".to_owned();
    let moved = ours(context).and_then(|()| {
        let update: Update = context.input()?;
        told = format!(
            "UpdateAlias {} to {} from revision {}, weights {}",
            context.world.alias,
            update.function_version.as_deref().unwrap_or("no version"),
            update.revision_id.as_deref().unwrap_or("none"),
            match update
                .routing_config
                .as_ref()
                .and_then(|r| r.additional_version_weights.as_ref())
            {
                None => "left alone".to_owned(),
                Some(weights) => format!("{weights:?}"),
            }
        );
        target(context.world, update)
    });
    let (outcome, moves) = match moved {
        Ok(target) => (
            Ok(ResponseBody::Json(shown(context.world, &target))),
            Some(target),
        ),
        Err(refusal) => (Err(refusal), None),
    };
    OperationResult {
        effect: moves.map(Effect::Alias),
        ..OperationResult::new(told, outcome)
    }
}

fn target(world: &FakeStack, update: Update) -> Result<FakeAlias, Refusal> {
    let now = &world.alias_target;
    if update
        .revision_id
        .is_some_and(|planned| planned != now.revision)
    {
        let message = "The Revision Id provided does not match the latest Revision Id. Call the \
                       GetFunction/GetAlias API to retrieve the latest Revision Id";
        return Err(Refusal::known(412, "PreconditionFailedException", message));
    }
    let version = update
        .function_version
        .unwrap_or_else(|| now.version.clone());
    let weights: Vec<_> = match update.routing_config.map(|r| r.additional_version_weights) {
        None => now.weights.clone(),
        Some(weights) => weights.unwrap_or_default().into_iter().collect(),
    };
    let invalid = |message| {
        Err(Refusal::known(
            400,
            "InvalidParameterValueException",
            message,
        ))
    };
    let published = |number: &str| world.versions.iter().any(|v| v.number == number);
    if version == "$LATEST" && !weights.is_empty() {
        return invalid("$LATEST is not supported for an alias pointing to more than 1 version");
    }
    if weights.len() > 1
        || weights
            .iter()
            .any(|(_, share)| !(0.0..=1.0).contains(share))
    {
        return invalid("An alias can point to a maximum of two versions with a share each");
    }
    for number in weights.iter().map(|(v, _)| v).chain([&version]) {
        if number != "$LATEST" && !published(number) {
            return Err(missing(world, number));
        }
    }
    Ok(FakeAlias {
        version,
        weights,
        revision: Ulid::generate().to_string(),
    })
}

/// `Invoke` of one version: it answers with the status document, as it would behind the API.
pub(super) fn invoke(context: &RequestContext<'_>) -> OperationResult {
    let world = context.world;
    let qualifier = context.request.parameter("Qualifier").unwrap_or("$LATEST");
    let outcome = ours(context).and_then(|()| {
        if !world.versions.iter().any(|v| v.number == qualifier) {
            return Err(missing(world, qualifier));
        }
        let status = match world.culprit.as_deref() == Some(qualifier) {
            true => json!({"errorMessage": "Unable to import module", "errorType": "Runtime.ImportModuleError"}),
            false => json!({"statusCode": 200, "body": world.status.to_string()}),
        };
        Ok(ResponseBody::Json(status))
    });
    OperationResult::new(format!("Invoke {qualifier}"), outcome)
}
