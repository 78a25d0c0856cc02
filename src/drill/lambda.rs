//! The function, its versions and its alias, as Lambda describes them.

use super::paging::{page, size};
use super::wire::{Payload, Refusal, Reply, Scenery};
use super::{Operation, Version, World};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

const FUNCTIONS: &str = "/2015-03-31/functions/";

/// Which question a path asks, if it is one of ours.
pub(super) fn asked_by(path: &str) -> Option<Operation> {
    let parts: Vec<_> = path.strip_prefix(FUNCTIONS)?.split('/').collect();
    match parts.as_slice() {
        [_, "aliases", _] => Some(Operation::GetAlias),
        [_, "versions"] => Some(Operation::ListVersionsByFunction),
        [_, "configuration"] => Some(Operation::GetFunctionConfiguration),
        _ => None,
    }
}

/// `GetAlias`
pub(super) fn get_alias(scenery: &Scenery<'_>) -> Reply {
    let world = scenery.world;
    let name = scenery.ask.path.rsplit('/').next().unwrap_or_default();
    let outcome = ours(scenery).and_then(|()| {
        if name != world.alias {
            return Err(missing(world, name));
        }
        let target = &world.alias_target;
        let mut alias = json!({
            "AliasArn": format!("{}:{name}", world.function_arn()),
            "Description": "",
            "FunctionVersion": target.version,
            "Name": name,
            "RevisionId": target.revision,
        });
        if !target.weights.is_empty() {
            let weights: Map<_, _> = target
                .weights
                .iter()
                .map(|(v, share)| (v.clone(), json!(share)))
                .collect();
            alias["RoutingConfig"] = json!({"AdditionalVersionWeights": weights});
        }
        Ok(Payload::Json(alias))
    });
    Reply::new(format!("GetAlias {name}"), outcome)
}

/// `ListVersionsByFunction`: `$LATEST` first, then the versions, oldest first.
pub(super) fn list_versions(scenery: &Scenery<'_>) -> Reply {
    let (world, ask) = (scenery.world, scenery.ask);
    let mut told = "ListVersionsByFunction".to_owned();
    let outcome = ours(scenery).and_then(|()| {
        let latest = world.versions.last().map(|newest| Version {
            number: "$LATEST".into(),
            ..newest.clone()
        });
        let listed: Vec<_> = latest.iter().chain(&world.versions).collect();
        let asked = ask.parameter("MaxItems").and_then(|n| n.parse().ok());
        let size = size(world, asked, 50);
        let page =
            page(&world.function, listed.len(), size, ask.parameter("Marker")).map_err(|_| {
                Refusal::unexpected(400, "InvalidParameterValueException", "Invalid Marker")
            })?;
        told.push_str(&page.note());
        let versions: Vec<_> = listed[page.items]
            .iter()
            .map(|v| configuration(world, v))
            .collect();
        Ok(Payload::Json(
            json!({"NextMarker": page.next, "Versions": versions}),
        ))
    });
    Reply::new(told, outcome)
}

/// `GetFunctionConfiguration` of a version, or of the one that the alias points to.
pub(super) fn get_configuration(scenery: &Scenery<'_>) -> Reply {
    let (world, ask) = (scenery.world, scenery.ask);
    let qualifier = ask
        .parameter("Qualifier")
        .unwrap_or("$LATEST")
        .replace("%24", "$");
    let outcome = ours(scenery).and_then(|()| {
        let number = if qualifier == world.alias {
            &world.alias_target.version
        } else {
            &qualifier
        };
        let found = match number.as_str() {
            "$LATEST" => world.versions.last(),
            number => world
                .versions
                .iter()
                .find(|version| version.number == number),
        };
        let mut shown = configuration(world, found.ok_or_else(|| missing(world, &qualifier))?);
        shown["FunctionArn"] = format!("{}:{qualifier}", world.function_arn()).into();
        shown["Version"] = number.as_str().into();
        Ok(Payload::Json(shown))
    });
    Reply::new(format!("GetFunctionConfiguration {qualifier}"), outcome)
}

/// Refuses questions about any other function.
fn ours(scenery: &Scenery<'_>) -> Result<(), Refusal> {
    let rest = scenery.ask.path.strip_prefix(FUNCTIONS).unwrap_or_default();
    let name = rest.split('/').next().unwrap_or_default();
    if name == scenery.world.function {
        return Ok(());
    }
    let message = format!("Function not found: {name}");
    Err(Refusal::unexpected(
        404,
        "ResourceNotFoundException",
        message,
    ))
}

fn missing(world: &World, qualifier: &str) -> Refusal {
    let message = format!("Cannot find {}:{qualifier}", world.function_arn());
    Refusal::known(404, "ResourceNotFoundException", message)
}

fn configuration(world: &World, version: &Version) -> Value {
    json!({
        "CodeSha256": version.code_sha256,
        "FunctionArn": format!("{}:{}", world.function_arn(), version.number),
        "FunctionName": world.function,
        "Handler": "lambda_v8.lambda_handler",
        "LastModified": last_modified(version.modified),
        "LastUpdateStatus": "Successful",
        "MemorySize": 128,
        "Runtime": "python3.12",
        "State": "Active",
        "Timeout": 30,
        "Version": version.number,
    })
}

/// The form that Lambda writes times in, which is not quite RFC 3339.
fn last_modified(at: OffsetDateTime) -> String {
    let form = format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+0000"
    );
    at.to_offset(time::UtcOffset::UTC)
        .format(form)
        .unwrap_or_default()
}
