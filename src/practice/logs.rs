//! Lines of the function's log, as CloudWatch Logs filters and pages them.

use super::paging::{page, size};
use super::pattern::Pattern;
use super::wire::{OperationResult, Refusal, RequestContext, ResponseBody, millis};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FilterLogEventsInput {
    log_group_name: String,
    start_time: Option<i64>,
    end_time: Option<i64>,
    filter_pattern: Option<String>,
    limit: Option<usize>,
    next_token: Option<String>,
    #[serde(rename = "interleaved")]
    _interleaved: Option<bool>,
}

/// `FilterLogEvents`
pub(super) fn filter_log_events(context: &RequestContext<'_>) -> OperationResult {
    let mut told = "FilterLogEvents".to_owned();
    let outcome = context.input().and_then(|question: FilterLogEventsInput| {
        if let Some(pattern) = &question.filter_pattern {
            told.push_str(&format!(" {pattern}"));
        }
        filter(context, &question, &mut told)
    });
    OperationResult::new(told, outcome)
}

fn filter(
    context: &RequestContext<'_>,
    question: &FilterLogEventsInput,
    told: &mut String,
) -> Result<ResponseBody, Refusal> {
    let world = context.world;
    if question.log_group_name != world.log_group {
        let message = "The specified log group does not exist.";
        return Err(Refusal::unexpected(
            400,
            "ResourceNotFoundException",
            message,
        ));
    }
    let pattern = Pattern::parse(question.filter_pattern.as_deref().unwrap_or_default())
        .map_err(|why| Refusal::unexpected(400, "InvalidParameterException", why))?;
    let from = question.start_time.unwrap_or(i64::MIN);
    let to = question.end_time.unwrap_or(i64::MAX);
    let mut found: Vec<_> = world
        .log_events
        .iter()
        .filter(|event| event.at <= context.now)
        .filter(|event| (from..to).contains(&millis(event.at)) && pattern.matches(&event.message))
        .collect();
    found.sort_by_key(|event| event.at);

    let size = size(world, question.limit, 10_000);
    // The pages without events stand before the events, as if they took their place.
    let lead = world.empty_log_pages * size;
    let asked = (&question.log_group_name, from, to, &question.filter_pattern);
    let page = page(
        &asked,
        lead + found.len(),
        size,
        question.next_token.as_deref(),
    )
    .map_err(|_| {
        Refusal::unexpected(400, "InvalidParameterException", "The nextToken is invalid")
    })?;
    told.push_str(&page.note());
    let shown = page.items.start.max(lead) - lead..page.items.end.max(lead) - lead;
    let events: Vec<Value> = found[shown]
        .iter()
        .map(|event| {
            json!({
                "eventId": format!("{}-{}", millis(event.at), event.stream),
                "ingestionTime": millis(event.at),
                "logStreamName": event.stream,
                "message": event.message,
                "timestamp": millis(event.at),
            })
        })
        .collect();
    let mut answer = json!({"events": events, "searchedLogStreams": []});
    if let Some(next) = page.next {
        answer["nextToken"] = next.into();
    }
    Ok(ResponseBody::Json(answer))
}
