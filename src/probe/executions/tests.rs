//! Lists of executions, each with what ended in the window and since when the oldest runs.

use super::*;
use crate::cloud::corpus_tests::cases;
use crate::stack::{Flags, Settings};
use aws_smithy_types::DateTime;
use serde::Deserialize;

/// 2026-03-22T03:12:09Z
const NOW: i64 = 1_774_149_129;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExecutionCase {
    /// What the case shows.
    #[serde(rename = "why")]
    _why: String,
    #[serde(default, rename = "source")]
    _source: Option<String>,
    /// Executions that are over, newest start first.
    #[serde(default)]
    over: Vec<ExecutionItem>,
    #[serde(default)]
    running: Vec<ExecutionItem>,
    /// How many of them ended in 24 h; null where it is not known.
    ended: Option<i64>,
    /// How many of them did at least.
    ended_min: Option<i64>,
    /// For how many seconds the oldest runs; null where it is not known.
    oldest: Option<i64>,
    #[serde(default)]
    says: Vec<String>,
}

/// Times are seconds ago.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExecutionItem {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    machine: Option<String>,
    /// Where it is not that of its list.
    #[serde(default)]
    status: Option<String>,
    start: i64,
    #[serde(default)]
    stop: Option<i64>,
    #[serde(default)]
    redrives: Option<i32>,
    #[serde(default)]
    redriven: Option<i64>,
}

fn read(items: &[ExecutionItem], list: &ExecutionStatus, since: Option<i64>) -> ExecutionList {
    let stack = Settings::resolve(&Flags::default(), &|_| None)
        .expect("the built-in stack")
        .stack;
    let ago = |seconds: i64| DateTime::from_secs(NOW - seconds);
    let page: Vec<_> = items
        .iter()
        .map(|item| {
            let machine = stack.state_machine_arn();
            ExecutionListItem::builder()
                .execution_arn("arn")
                .state_machine_arn(item.machine.as_ref().unwrap_or(&machine))
                .name(item.name.as_deref().unwrap_or("peck-0042"))
                .status(item.status.as_deref().map_or(list.clone(), Into::into))
                .start_date(ago(item.start))
                .set_stop_date(item.stop.map(ago))
                .set_redrive_count(item.redrives)
                .set_redrive_date(item.redriven.map(ago))
                .build()
                .expect("an item")
        })
        .collect();
    let mut listed = ExecutionList {
        items: Vec::new(),
        end: Ok(()),
    };
    let taken = take(&mut listed, &page, since, |item| {
        ListedExecution::of(item, list, &stack, NOW)
    });
    if let Err(wrong) = taken {
        listed.cut(wrong);
    }
    listed
}

fn empty() -> ExecutionList {
    ExecutionList {
        items: Vec::new(),
        end: Ok(()),
    }
}

#[test]
fn every_list_of_the_corpus_is_counted_by_its_ends_and_redrives() {
    let now = OffsetDateTime::from_unix_timestamp(NOW).expect("an instant");
    let number = |observation: &Observation, path: &str| match observation.outcome(path).ok()?.value
    {
        FactValue::Int(n) | FactValue::Duration(n) => Some(n),
        _ => None,
    };
    let (mut calm, mut others, mut wrong) = (0, 0, Vec::new());
    for (name, case) in cases::<ExecutionCase>("executions") {
        let mut observation = Observation::new(Probe::Executions);
        let over = read(&case.over, &ExecutionStatus::Failed, Some(NOW - DAY));
        let lists = [
            ("FAILED", over),
            ("TIMED_OUT", empty()),
            ("ABORTED", empty()),
        ];
        set_unsuccessful(&mut observation, lists, now);
        let running = read(&case.running, &ExecutionStatus::Running, None);
        set_running(&mut observation, running, now);
        let found = (
            number(&observation, "executions.unsuccessful_24h"),
            number(&observation, "executions.unsuccessful_24h_min"),
            number(&observation, "executions.oldest_running_age"),
        );
        match found {
            (Some(0), Some(0), Some(0..=900)) => calm += 1,
            _ => others += 1,
        }
        let mut words = String::new();
        for path in [
            "executions.newest_unsuccessful",
            "executions.longest_running",
            "executions.unsuccessful_24h",
            "executions.oldest_running_age",
        ] {
            words += &match observation.outcome(path) {
                Ok(fact) => fact.value.shown().to_string(),
                Err(unavailable) => unavailable.detail.to_string(),
            };
        }
        let due = (case.ended, case.ended_min, case.oldest);
        let is_said = case.says.iter().all(|word| words.contains(word.as_str()));
        if found != due || !is_said {
            wrong.push(format!("{name}: {found:?}, not {due:?}: {words}"));
        }
    }
    println!("execution corpus: {calm} calm lists, {others} others");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
