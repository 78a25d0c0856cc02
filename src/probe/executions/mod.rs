//! Step Functions `ListExecutions`: the outcomes of the approval workflow.
//!
//! The list is newest start first, so an execution that ended a moment ago may stand anywhere in it:
//! every list is paged until nothing later can matter. The list is eventually consistent and may lag
//! by moments.

mod item;
#[cfg(test)]
mod tests;

use super::{ProbeContext, aws};
use crate::cloud::PageTokens;
use crate::fact::{self, FactValue, Group, Probe};
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus};
use item::{Ended, ListedExecution};
use time::OffsetDateTime;

const DAY: i64 = 86_400;
const PAGE: i32 = 1_000;
/// A standard workflow runs for a year at most and can be redriven for 14 days after that (Step
/// Functions quotas), so what started earlier than both before the window cannot end in it.
const LONGEST: i64 = (366 + 14) * DAY;
/// Shown as evidence.
const NEWEST: usize = 5;
pub(super) const ACTION: &str = "states:ListExecutions";

/// What one status filter yielded, and why it is not all, if it is not.
struct ExecutionList {
    items: Vec<ListedExecution>,
    end: Result<(), Unavailable>,
}

impl ExecutionList {
    /// Notes why it is not all; the first reason stays.
    fn cut(&mut self, why: Unavailable) {
        if self.end.is_ok() {
            self.end = Err(why);
        }
    }
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

/// Pages one status. With `since`, only what ended after it is kept.
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
        let whole = answer.map_err(|unavailable| {
            let machine = context.stack.state_machine_arn();
            let name = machine.rsplit(':').next().unwrap_or_default();
            aws::name_missing(context, &format!("state machine `{name}`"), unavailable)
        });
        let whole = whole.and_then(|answer| {
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
        let now = context.now.unix_timestamp();
        match take(&mut listed, &answer.executions, since, |item| {
            ListedExecution::of(item, &status, &context.stack, now)
        }) {
            Ok(true) => {}
            Ok(false) => break,
            Err(wrong) => {
                listed.cut(wrong);
                break;
            }
        }
        match tokens.advance(next, &what) {
            Ok(true) => {}
            Ok(false) => break,
            Err(unavailable) => {
                listed.cut(unavailable);
                break;
            }
        }
    }
    (listed, observation)
}

/// Takes what is inside the window; says whether a later page can matter.
fn take(
    listed: &mut ExecutionList,
    page: &[ExecutionListItem],
    since: Option<i64>,
    read: impl Fn(&ExecutionListItem) -> Result<ListedExecution, Unavailable>,
) -> Result<bool, Unavailable> {
    for item in page {
        let execution = read(item)?;
        let Some(since) = since else {
            listed.items.push(execution);
            continue;
        };
        if execution.start < since - LONGEST {
            return Ok(false);
        }
        match execution.ended(since) {
            Ended::Inside(_) => listed.items.push(execution),
            Ended::Before => {}
            Ended::Unknown => {
                let name = execution.name.printable(80);
                listed.cut(Unavailable::new(
                    UnavailableReason::Missing,
                    format!(
                        "{name} started before the window, and the list does not say when it ended"
                    ),
                ));
            }
        }
    }
    Ok(true)
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
    let since = at.unix_timestamp() - DAY;
    let mut all: Vec<_> = lists
        .iter()
        .flat_map(|(status, list)| list.items.iter().map(move |item| (*status, item)))
        .filter_map(|(status, item)| match item.ended(since) {
            Ended::Inside(ended) => Some((ended, status, item)),
            Ended::Before | Ended::Unknown => None,
        })
        .collect();
    all.sort_by_key(|(ended, ..)| std::cmp::Reverse(*ended));
    let ended = all
        .iter()
        .map(|(ended, _, item)| -> Group { (item.name.clone(), vec![(*ended, 1)]) });
    observation.set(
        "executions.ended_24h_by_name",
        FactValue::Groups(ended.collect()),
        at,
    );
    let lines = all.into_iter().take(NEWEST).map(|(_, status, item)| {
        let stop = item
            .stop
            .map_or_else(|| "stop not given".to_owned(), fact::instant);
        Untrusted::new(format!(
            "{status} {} {} to {stop}{}",
            item.name.printable(80),
            fact::instant(item.start),
            redriven(item)
        ))
    });
    observation.set(
        "executions.newest_unsuccessful",
        FactValue::List(lines.collect()),
        at,
    );
}

/// How an execution was redriven, if it was. No reader of the line takes the time for a stop: it
/// stands in brackets.
fn redriven(item: &ListedExecution) -> String {
    match item.redriven {
        Some(at) => format!(" (redriven {})", fact::instant(at)),
        None if item.redrives > 0 => " (redriven)".to_owned(),
        None => String::new(),
    }
}

fn set_running(observation: &mut Observation, mut running: ExecutionList, at: OffsetDateTime) {
    let count = running.items.len() as i64;
    let counted = running.end.clone().map(|()| FactValue::Int(count));
    let redriven = running.items.iter().filter(|item| item.redrives > 0);
    let redriven = FactValue::Int(redriven.count() as i64);
    let mut since = Vec::new();
    let mut undated = None;
    for item in std::mem::take(&mut running.items) {
        match item.running_since() {
            Ok(at) => since.push((at, item)),
            Err(unavailable) => undated = Some(unavailable),
        }
    }
    if let Some(unavailable) = undated {
        running.cut(unavailable);
    }
    since.sort_by_key(|(at, _)| *at);
    let oldest = since
        .first()
        .map_or(0, |(since, _)| (at.unix_timestamp() - since).max(0));
    let oldest = FactValue::Duration(oldest);
    // With nothing learned at all, "at least no time" would only look like knowledge.
    let at_least = match &running.end {
        Err(unavailable) if since.is_empty() => Err(unavailable.clone()),
        _ => Ok(oldest.clone()),
    };
    observation.put("executions.oldest_running_age_min", at_least, at);
    let exact = running.end.map(|()| oldest);
    observation.put("executions.oldest_running_age", exact, at);
    let known = counted.clone().map(|_| redriven);
    observation.put("executions.running_redriven", known, at);
    observation.put("executions.running", counted, at);
    let none = || Unavailable::new(UnavailableReason::NoData, "no execution is running");
    let first = since.first();
    let first = first.map(|(_, item)| FactValue::Text(item.name.clone()));
    observation.put("executions.oldest_running_name", first.ok_or_else(none), at);
    let lines = since.iter().take(NEWEST).map(|(since, item)| {
        let name = item.name.printable(80);
        Untrusted::new(match item.redrives {
            0 => format!("{name} since {}", fact::instant(*since)),
            _ => format!("{name} (redriven) since {}", fact::instant(*since)),
        })
    });
    observation.set(
        "executions.longest_running",
        FactValue::List(lines.collect()),
        at,
    );
}
