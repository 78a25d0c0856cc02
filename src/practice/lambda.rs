//! The function, its versions and its alias, as Lambda describes them.

use super::paging::{page, size};
use super::wire::{OperationResult, Refusal, RequestContext, ResponseBody};
use super::{FakeAlias, FakeStack, Operation, Version};
use hyper::Method;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

const FUNCTIONS: &str = "/2015-03-31/functions/";
const SETTINGS: &str = "/2019-09-30/functions/";

/// Which question a path asks, if it is one of ours.
pub(super) fn asked_by(method: &Method, path: &str) -> Option<Operation> {
    let rest = [FUNCTIONS, SETTINGS]
        .iter()
        .find_map(|root| path.strip_prefix(root))?;
    let parts: Vec<_> = rest.split('/').collect();
    match (method, parts.as_slice()) {
        (&Method::GET, [_, "aliases", _]) => Some(Operation::GetAlias),
        (&Method::PUT, [_, "aliases", _]) => Some(Operation::UpdateAlias),
        (&Method::GET, [_, "versions"]) => Some(Operation::ListVersionsByFunction),
        (&Method::GET, [_, "configuration"]) => Some(Operation::GetFunctionConfiguration),
        (&Method::GET, [_, "policy"]) => Some(Operation::GetPolicy),
        (&Method::GET, [_, "concurrency"]) => Some(Operation::GetFunctionConcurrency),
        (&Method::GET, [_, "provisioned-concurrency"]) => {
            Some(Operation::GetProvisionedConcurrencyConfig)
        }
        (&Method::POST, [_, "invocations"]) => Some(Operation::Invoke),
        _ => None,
    }
}

/// `GetAlias`
pub(super) fn get_alias(context: &RequestContext<'_>) -> OperationResult {
    let world = context.world;
    let name = context.request.path.rsplit('/').next().unwrap_or_default();
    let outcome = ours(context).and_then(|()| {
        if name != world.alias {
            return Err(missing(world, name));
        }
        let stale = world
            .alias_before
            .as_ref()
            .filter(|(_, moved)| moved.elapsed() < world.stale_for);
        let target = stale.map_or(&world.alias_target, |(before, _)| before);
        Ok(ResponseBody::Json(shown(world, target)))
    });
    OperationResult::new(format!("GetAlias {name}"), outcome)
}

/// An alias as Lambda describes it.
pub(super) fn shown(world: &FakeStack, target: &FakeAlias) -> Value {
    let mut alias = json!({
        "AliasArn": format!("{}:{}", world.function_arn(), world.alias),
        "Description": "",
        "FunctionVersion": target.version,
        "Name": world.alias,
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
    alias
}

/// `GetPolicy` of the alias
pub(super) fn get_policy(context: &RequestContext<'_>) -> OperationResult {
    let world = context.world;
    let outcome = of_alias(context).and_then(|()| {
        let policy = world.policy.as_ref();
        policy
            .map(|policy| ResponseBody::Json(json!({"Policy": policy, "RevisionId": "1"})))
            .ok_or_else(|| {
                let message = "The resource you requested does not exist.";
                Refusal::known(404, "ResourceNotFoundException", message)
            })
    });
    OperationResult::new("GetPolicy", outcome)
}

/// `GetProvisionedConcurrencyConfig` of the alias
pub(super) fn get_provisioned(context: &RequestContext<'_>) -> OperationResult {
    let outcome = of_alias(context).and_then(|()| {
        let kept = context.world.provisioned.clone();
        kept.map(ResponseBody::Json).ok_or_else(|| {
            let code = "ProvisionedConcurrencyConfigNotFoundException";
            let message = "No Provisioned Concurrency Config found for this function";
            Refusal::known(404, code, message)
        })
    });
    OperationResult::new("GetProvisionedConcurrencyConfig", outcome)
}

/// `GetFunctionConcurrency`
pub(super) fn get_concurrency(context: &RequestContext<'_>) -> OperationResult {
    let outcome = ours(context).map(|()| {
        ResponseBody::Json(match context.world.reserved {
            Some(reserved) => json!({"ReservedConcurrentExecutions": reserved}),
            None => json!({}),
        })
    });
    OperationResult::new("GetFunctionConcurrency", outcome)
}

/// Refuses questions about anything but the alias.
fn of_alias(context: &RequestContext<'_>) -> Result<(), Refusal> {
    ours(context)?;
    let qualifier = context.request.parameter("Qualifier").unwrap_or_default();
    if qualifier == context.world.alias {
        return Ok(());
    }
    let message = format!("the practice stack knows no {qualifier} here");
    Err(Refusal::unexpected(
        400,
        "InvalidParameterValueException",
        message,
    ))
}

/// `ListVersionsByFunction`: `$LATEST` first, then the versions, oldest first.
pub(super) fn list_versions(context: &RequestContext<'_>) -> OperationResult {
    let (world, request) = (context.world, context.request);
    let mut told = "ListVersionsByFunction".to_owned();
    let outcome = ours(context).and_then(|()| {
        let latest = world.versions.last().map(|newest| Version {
            number: "$LATEST".into(),
            ..newest.clone()
        });
        let listed: Vec<_> = latest.iter().chain(&world.versions).collect();
        let asked = request.parameter("MaxItems").and_then(|n| n.parse().ok());
        let size = size(world, asked, 50);
        let page = page(
            &world.function,
            listed.len(),
            size,
            request.parameter("Marker"),
        )
        .map_err(|_| {
            Refusal::unexpected(400, "InvalidParameterValueException", "Invalid Marker")
        })?;
        told.push_str(&page.note());
        let versions: Vec<_> = listed[page.items]
            .iter()
            .map(|v| configuration(world, v))
            .collect();
        Ok(ResponseBody::Json(
            json!({"NextMarker": page.next, "Versions": versions}),
        ))
    });
    OperationResult::new(told, outcome)
}

/// `GetFunctionConfiguration` of a version, or of the one that the alias points to.
pub(super) fn get_configuration(context: &RequestContext<'_>) -> OperationResult {
    let (world, request) = (context.world, context.request);
    let qualifier = request
        .parameter("Qualifier")
        .unwrap_or("$LATEST")
        .replace("%24", "$");
    let outcome = ours(context).and_then(|()| {
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
        Ok(ResponseBody::Json(shown))
    });
    OperationResult::new(format!("GetFunctionConfiguration {qualifier}"), outcome)
}

/// Refuses questions about any other function.
pub(super) fn ours(context: &RequestContext<'_>) -> Result<(), Refusal> {
    let path = &context.request.path;
    let rest = [FUNCTIONS, SETTINGS]
        .iter()
        .find_map(|root| path.strip_prefix(root));
    let rest = rest.unwrap_or_default();
    let name = rest.split('/').next().unwrap_or_default();
    if name == context.world.function {
        return Ok(());
    }
    let message = format!("Function not found: {name}");
    Err(Refusal::unexpected(
        404,
        "ResourceNotFoundException",
        message,
    ))
}

pub(super) fn missing(world: &FakeStack, qualifier: &str) -> Refusal {
    let message = format!("Cannot find {}:{qualifier}", world.function_arn());
    Refusal::known(404, "ResourceNotFoundException", message)
}

fn configuration(world: &FakeStack, version: &Version) -> Value {
    let mut shown = json!({
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
        "Role": format!("arn:aws:iam::{}:role/mission-control", world.account),
        "Environment": {"Variables": {"STAGE": "prod"}},
        "Architectures": ["x86_64"],
    });
    let unusual = world.configured.get(&version.number);
    for (member, value) in unusual.and_then(Value::as_object).into_iter().flatten() {
        shown[member.as_str()] = value.clone();
    }
    shown
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
