//! Executions of the approval workflow, as Step Functions lists and describes them.

use super::paging::{page, size};
use super::wire::{OperationResult, Refusal, RequestContext, ResponseBody, seconds};
use super::{FakeExecution, FakeStack};
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListExecutionsInput {
    state_machine_arn: String,
    status_filter: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// `ListExecutions`
pub(super) fn list_executions(context: &RequestContext<'_>) -> OperationResult {
    let mut told = "ListExecutions".to_owned();
    let outcome = context.input().and_then(|question: ListExecutionsInput| {
        if let Some(status) = &question.status_filter {
            told.push_str(&format!(" {status}"));
        }
        list(context, &question, &mut told)
    });
    OperationResult::new(told, outcome)
}

fn list(
    context: &RequestContext<'_>,
    question: &ListExecutionsInput,
    told: &mut String,
) -> Result<ResponseBody, Refusal> {
    let world = context.world;
    let arn = &question.state_machine_arn;
    if !arn.starts_with("arn:aws:states:") {
        let message = format!("Invalid Arn: '{arn}'");
        return Err(Refusal::unexpected(400, "InvalidArn", message));
    }
    if *arn != world.state_machine_arn() {
        let message = format!("State Machine Does Not Exist: '{arn}'");
        return Err(Refusal::known(400, "StateMachineDoesNotExist", message));
    }
    if world.express {
        let message = "This operation is not supported by this type of state machine";
        return Err(Refusal::known(400, "StateMachineTypeNotSupported", message));
    }
    let status = question.status_filter.as_deref();
    if status.is_some_and(|status| !STATUSES.contains(&status)) {
        let message = format!("statusFilter is none of {}", STATUSES.join(", "));
        return Err(Refusal::unexpected(400, "ValidationException", message));
    }
    let mut listed: Vec<_> = world
        .executions
        .iter()
        .filter_map(|execution| execution.as_of(context.now))
        .filter(|execution| status.is_none_or(|status| status == execution.status))
        .collect();
    listed.sort_by_key(|execution| std::cmp::Reverse(execution.start));

    let size = size(world, question.max_results, 100);
    let page = page(
        &(arn, status),
        listed.len(),
        size,
        question.next_token.as_deref(),
    )
    .map_err(|_| Refusal::unexpected(400, "InvalidToken", "Invalid Token: 'nextToken'"))?;
    told.push_str(&page.note());
    let mut answer = json!({
        "executions": listed[page.items].iter().map(|e| shown(world, e)).collect::<Value>(),
    });
    if let Some(next) = page.next {
        answer["nextToken"] = next.into();
    }
    Ok(ResponseBody::Json(answer))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DescribeExecutionInput {
    execution_arn: String,
    #[serde(rename = "includedData")]
    _included_data: Option<String>,
}

/// `DescribeExecution`
pub(super) fn describe_execution(context: &RequestContext<'_>) -> OperationResult {
    let outcome = context
        .input()
        .and_then(|question: DescribeExecutionInput| {
            let (world, arn) = (context.world, question.execution_arn);
            let executions = world.executions.iter();
            let mut played = executions.filter_map(|execution| execution.as_of(context.now));
            match played.find(|execution| execution_arn(world, execution) == arn) {
                Some(execution) => Ok(ResponseBody::Json(described(world, &execution))),
                None => Err(Refusal::known(
                    400,
                    "ExecutionDoesNotExist",
                    format!("Execution Does Not Exist: '{arn}'"),
                )),
            }
        });
    OperationResult::new("DescribeExecution", outcome)
}

/// An execution with its input, and with the error that the feed has of it.
fn described(world: &FakeStack, execution: &FakeExecution) -> Value {
    let mut described = shown(world, execution);
    described["input"] = json!({"peck_id": execution.name}).to_string().into();
    described["inputDetails"] = json!({"included": true});
    let ended = match execution.status.as_str() {
        "SUCCEEDED" => json!({"output": "{}", "outputDetails": {"included": true}}),
        "TIMED_OUT" => json!({"error": "States.Timeout"}),
        "FAILED" => {
            let event = |entry: &&Value| {
                let detail = entry["detail"].as_str().unwrap_or_default();
                let id = entry["peck_id"].as_str().or(detail.split(':').next());
                id == Some(execution.name.as_str()) && entry["event_type"] != "peck.requested"
            };
            let cause = world.audit.iter().find(event).map(|entry| &entry["detail"]);
            let unknown = json!("the callback to the target agent failed");
            json!({"error": "CallbackError", "cause": cause.unwrap_or(&unknown)})
        }
        _ => json!({}),
    };
    if let (Value::Object(all), Value::Object(ended)) = (&mut described, ended) {
        all.extend(ended);
    }
    described
}

const STATUSES: [&str; 6] = [
    "RUNNING",
    "SUCCEEDED",
    "FAILED",
    "TIMED_OUT",
    "ABORTED",
    "PENDING_REDRIVE",
];

impl FakeExecution {
    /// What is known of it at a moment: nothing before it starts, no end before it stops.
    fn as_of(&self, now: OffsetDateTime) -> Option<Self> {
        let ended = self.stop.is_none_or(|stop| stop <= now);
        (self.start <= now).then(|| Self {
            status: if ended {
                self.status.clone()
            } else {
                "RUNNING".to_owned()
            },
            stop: self.stop.filter(|_| ended),
            ..self.clone()
        })
    }
}

fn execution_arn(world: &FakeStack, execution: &FakeExecution) -> String {
    let machine = world.state_machine_arn();
    let machine = machine.replace(":stateMachine:", ":execution:");
    format!("{machine}:{}", execution.name)
}

fn shown(world: &FakeStack, execution: &FakeExecution) -> Value {
    let mut shown = json!({
        "executionArn": execution_arn(world, execution),
        "stateMachineArn": world.state_machine_arn(),
        "name": execution.name,
        "status": execution.status,
        "startDate": seconds(execution.start),
    });
    if let Some(stop) = execution.stop {
        shown["stopDate"] = seconds(stop).into();
    }
    shown
}
