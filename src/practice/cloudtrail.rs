//! Who changed what, as CloudTrail has it: the moves of the alias.

use super::paging::{page, size};
use super::sts;
use super::wire::{OperationResult, Refusal, RequestContext, ResponseBody, seconds};
use super::{FakeStack, TrailEvent};
use serde::Deserialize;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct LookupEventsInput {
    #[serde(default)]
    lookup_attributes: Vec<LookupAttribute>,
    start_time: Option<f64>,
    end_time: Option<f64>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct LookupAttribute {
    attribute_key: String,
    attribute_value: String,
}

/// `LookupEvents`
pub(super) fn lookup_events(context: &RequestContext<'_>) -> OperationResult {
    let outcome = context
        .input()
        .and_then(|question: LookupEventsInput| found(context, &question));
    OperationResult::new("LookupEvents", outcome)
}

fn found(
    context: &RequestContext<'_>,
    question: &LookupEventsInput,
) -> Result<ResponseBody, Refusal> {
    let world = context.world;
    let wanted = match question.lookup_attributes.as_slice() {
        [] => None,
        [one] => Some((one.attribute_key.as_str(), one.attribute_value.as_str())),
        _ => {
            let message = "You can specify only one attribute per request.";
            return Err(Refusal::known(
                400,
                "InvalidLookupAttributesException",
                message,
            ));
        }
    };
    let is_wanted = |event: &Value| {
        wanted.is_none_or(|(key, value)| match key {
            "ResourceName" => event["Resources"][0]["ResourceName"] == value,
            "ResourceType" => event["Resources"][0]["ResourceType"] == value,
            key => event[key] == value,
        })
    };
    let is_in_time = |at: f64| {
        question.start_time.is_none_or(|start| start <= at)
            && question.end_time.is_none_or(|end| at <= end)
    };
    let newest_first = world.alias_moves.iter().rev();
    let events: Vec<Value> = newest_first
        .filter(|moved| moved.at <= context.now && is_in_time(seconds(moved.at)))
        .map(|moved| update_alias(world, moved))
        .filter(is_wanted)
        .collect();
    let size = size(world, question.max_results, 50);
    let page = page(&wanted, events.len(), size, question.next_token.as_deref())
        .map_err(|_| Refusal::unexpected(400, "InvalidNextTokenException", "Invalid token."))?;
    let mut answer = json!({"Events": events[page.items]});
    if let Some(next) = page.next {
        answer["NextToken"] = next.into();
    }
    Ok(ResponseBody::Json(answer))
}

/// A move as an event; the record of it is a text of its own.
fn update_alias(world: &FakeStack, moved: &TrailEvent) -> Value {
    let (name, source) = ("UpdateAlias20150331", "lambda.amazonaws.com");
    let role = match moved.by.as_str() {
        sts::SESSION => "duckops-read",
        _ => "deploy",
    };
    let account = &world.account;
    let record = json!({
        "eventVersion": "1.09",
        "userIdentity": {
            "type": "AssumedRole", "accountId": account,
            "arn": format!("arn:aws:sts::{account}:assumed-role/{role}/{}", moved.by),
        },
        "eventTime": moved.at.format(&Rfc3339).unwrap_or_default(),
        "eventSource": source,
        "eventName": name,
        "awsRegion": world.region,
        "requestParameters": {
            "functionName": world.function, "name": world.alias, "functionVersion": moved.to,
        },
        "readOnly": false,
        "recipientAccountId": account,
    });
    json!({
        "EventId": format!("00000000-0000-4000-8000-{:012}", moved.at.unix_timestamp()),
        "EventName": name,
        "ReadOnly": "false",
        "AccessKeyId": "ASIAEXAMPLE",
        "EventTime": seconds(moved.at),
        "EventSource": source,
        "Username": moved.by,
        "Resources": [{
            "ResourceType": "AWS::Lambda::Function", "ResourceName": world.function_arn(),
        }],
        "CloudTrailEvent": record.to_string(),
    })
}
