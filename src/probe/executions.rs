//! Step Functions `ListExecutions`: the outcomes of the approval workflow.
//!
//! The list is newest first. Failed executions are paged until a start lies outside the window;
//! running ones are paged to the end, because the stale ones stand last. The list is eventually
//! consistent and may lag by moments.

use super::{ProbeContext, aws};
use crate::cloud::PageTokens;
use crate::fact::{self, FactValue, Probe};
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus};
use time::OffsetDateTime;

const DAY: i64 = 86_400;
const PAGE: i32 = 1_000;
/// Clocks differ a little; a start further ahead is none.
const AHEAD: i64 = 300;
/// Shown as evidence.
const NEWEST: usize = 5;
pub(super) const ACTION: &str = "states:ListExecutions";

/// What one status filter yielded, and why it is not all, if it is not.
struct ExecutionList {
    items: Vec<ListedExecution>,
    end: Result<(), Unavailable>,
}

struct ListedExecution {
    name: Untrusted,
    start: i64,
    stop: Option<i64>,
}

pub(super) async fn observe(context: &ProbeContext) -> Observation {
    let mut observation = Observation::new(Probe::Executions);
    let Some(config) = aws::config(context, &mut observation).await else {
        return observation;
    };
    let client = aws_sdk_sfn::Client::new(config);
    let since = Some(context.now.unix_timestamp() - DAY);
    let ((failed, a), (timed_out, b), (aborted, c), (running, d)) = tokio::join!(
        list(context, &client, ExecutionStatus::Failed, since),
        list(context, &client, ExecutionStatus::TimedOut, since),
        list(context, &client, ExecutionStatus::Aborted, since),
        list(context, &client, ExecutionStatus::Running, None),
    );
    for part in [a, b, c, d] {
        observation.reached |= part.reached;
        observation.asked.extend(part.asked);
    }
    set_unsuccessful(
        &mut observation,
        [
            ("FAILED", failed),
            ("TIMED_OUT", timed_out),
            ("ABORTED", aborted),
        ],
        context.now,
    );
    set_running(&mut observation, running, context.now);
    observation
}

/// Pages one status; newest first, until a start lies before `since`.
async fn list(
    context: &ProbeContext,
    client: &aws_sdk_sfn::Client,
    status: ExecutionStatus,
    since: Option<i64>,
) -> (ExecutionList, Observation) {
    let mut observation = Observation::new(Probe::Executions);
    let mut listed = ExecutionList {
        items: Vec::new(),
        end: Ok(()),
    };
    let mut tokens = PageTokens::default();
    let what = format!("{} executions", status.as_str());
    for page in 1.. {
        let bytes = aws::Bytes::default();
        let request = client
            .list_executions()
            .state_machine_arn(context.stack.state_machine_arn())
            .status_filter(status.clone())
            .max_results(PAGE)
            .set_next_token(tokens.current())
            .customize()
            .interceptor(bytes.clone());
        let question = format!("ListExecutions {}, page {page}", status.as_str());
        let answer = aws::question(
            &mut observation,
            context.deadline,
            question,
            ACTION,
            request.send(),
        )
        .await;
        let whole = answer.and_then(|answer| {
            bytes
                .document("answer")?
                .list("executions")
                .map(|()| answer)
        });
        let answer = match whole {
            Ok(answer) => answer,
            Err(unavailable) => {
                listed.end = Err(unavailable);
                break;
            }
        };
        let next = answer.next_token;
        let (outside, wrong) = take(
            &mut listed.items,
            &answer.executions,
            since,
            context.now.unix_timestamp(),
        );
        if let Some(wrong) = wrong {
            listed.end = Err(wrong);
            break;
        }
        if outside {
            break;
        }
        match tokens.advance(next, &what) {
            Ok(true) => {}
            Ok(false) => break,
            Err(unavailable) => {
                listed.end = Err(unavailable);
                break;
            }
        }
    }
    (listed, observation)
}

/// Takes what is inside the window; says whether the page reached beyond it.
fn take(
    items: &mut Vec<ListedExecution>,
    page: &[ExecutionListItem],
    since: Option<i64>,
    now: i64,
) -> (bool, Option<Unavailable>) {
    let mut outside = false;
    for execution in page {
        let start = execution.start_date().secs();
        if start <= 0 {
            // The client puts 1970 where the answer has no start.
            return (
                outside,
                Some(Unavailable::new(
                    UnavailableReason::Missing,
                    "an execution in the list has no start",
                )),
            );
        }
        if start > now + AHEAD {
            return (
                outside,
                Some(Unavailable::new(
                    UnavailableReason::Contradictory,
                    "an execution in the list starts in the future",
                )),
            );
        }
        if since.is_some_and(|since| start <= since) {
            outside = true;
            continue;
        }
        let stop = execution.stop_date().map(aws_smithy_types::DateTime::secs);
        items.push(ListedExecution {
            name: Untrusted::new(execution.name()),
            start,
            stop,
        });
    }
    (outside, None)
}

fn set_unsuccessful(
    observation: &mut Observation,
    lists: [(&'static str, ExecutionList); 3],
    at: OffsetDateTime,
) {
    const EACH: [&str; 3] = [
        "executions.failed_24h",
        "executions.timed_out_24h",
        "executions.aborted_24h",
    ];
    let sum: i64 = lists.iter().map(|(_, list)| list.items.len() as i64).sum();
    observation.set("executions.unsuccessful_24h_min", FactValue::Int(sum), at);
    for (path, (_, list)) in EACH.into_iter().zip(&lists) {
        observation.put(
            path,
            list.end
                .clone()
                .map(|()| FactValue::Int(list.items.len() as i64)),
            at,
        );
    }
    let end = lists.iter().find_map(|(_, list)| list.end.clone().err());
    // With nothing learned at all, "at least none" would only look like knowledge.
    if let (0, Some(unavailable)) = (sum, &end) {
        observation.set_unavailable("executions.unsuccessful_24h_min", unavailable.clone());
    }
    observation.put(
        "executions.unsuccessful_24h",
        end.map_or(Ok(FactValue::Int(sum)), Err),
        at,
    );
    let mut all: Vec<_> = lists
        .iter()
        .flat_map(|(status, list)| list.items.iter().map(move |item| (*status, item)))
        .collect();
    all.sort_by_key(|(_, item)| std::cmp::Reverse(item.start));
    let lines = all.into_iter().take(NEWEST).map(|(status, item)| {
        let stop = item
            .stop
            .map_or_else(|| "stop not given".to_owned(), fact::instant);
        Untrusted::new(format!(
            "{status} {} {} to {stop}",
            item.name.printable(80),
            fact::instant(item.start)
        ))
    });
    observation.set(
        "executions.newest_unsuccessful",
        FactValue::List(lines.collect()),
        at,
    );
}

fn set_running(observation: &mut Observation, mut running: ExecutionList, at: OffsetDateTime) {
    running.items.sort_by_key(|item| item.start);
    let oldest = running
        .items
        .first()
        .map_or(0, |item| (at.unix_timestamp() - item.start).max(0));
    let count = running.items.len() as i64;
    match &running.end {
        Ok(()) => observation.set(
            "executions.oldest_running_age_min",
            FactValue::Duration(oldest),
            at,
        ),
        Err(unavailable) if count == 0 => {
            observation.set_unavailable("executions.oldest_running_age_min", unavailable.clone())
        }
        Err(_) => observation.set(
            "executions.oldest_running_age_min",
            FactValue::Duration(oldest),
            at,
        ),
    }
    observation.put(
        "executions.running",
        running.end.clone().map(|()| FactValue::Int(count)),
        at,
    );
    observation.put(
        "executions.oldest_running_age",
        running.end.map(|()| FactValue::Duration(oldest)),
        at,
    );
    let lines = running.items.iter().take(NEWEST);
    let lines = lines.map(|item| {
        Untrusted::new(format!(
            "{} since {}",
            item.name.printable(80),
            fact::instant(item.start)
        ))
    });
    observation.set(
        "executions.longest_running",
        FactValue::List(lines.collect()),
        at,
    );
}
