//! What a run shows that reached neither the API nor AWS.

use crate::observation::UnavailableReason;
use crate::report::model::{Report, StepReport};
use crate::report::words::{count, seconds};
use std::time::Duration;

/// Whether no step was judged because nothing could be reached.
pub(super) fn is_offline(report: &Report) -> bool {
    let offline = UnavailableReason::Offline.code();
    let is_offline = |step: &StepReport| step.reason_code.as_str() == offline;
    let depends = |step: &StepReport| step.waits_for().is_some();
    steps(report).any(is_offline) && steps(report).all(|step| is_offline(step) || depends(step))
}

fn steps(report: &Report) -> impl Iterator<Item = &StepReport> {
    report.runbooks.iter().flat_map(|runbook| &runbook.steps)
}

/// One line for the API and one for AWS: the address, why no answer came, how often it was tried.
pub(super) fn lines(report: &Report) -> Vec<String> {
    let url = report.stack.api_url.as_str();
    let host = url.split_once("://").map_or(url, |(_, host)| host);
    let host = host.split('/').next().unwrap_or(host);
    let region = format!("region {}", report.stack.region);
    let mut lines = Vec::new();
    for (label, place, is_api) in [("API", host, true), ("AWS", region.as_str(), false)] {
        let Some((why, tries, took)) = failure(report, is_api) else {
            continue;
        };
        let tries = match is_api {
            true => format!(", {} in {}", count(tries, "try", "tries"), seconds(took)),
            false => ", all services".to_owned(),
        };
        lines.push(format!("  {label}  {place}  {why}{tries}"));
    }
    lines
}

/// Why the first request of the API or of AWS failed, how often it was sent, and how long all of
/// these took.
fn failure(report: &Report, is_api: bool) -> Option<(String, usize, Duration)> {
    let mut asked = steps(report).flat_map(|step| {
        let requests = step.asked.iter();
        requests.filter(|(_, request)| request.question.as_str().contains("/beak/") == is_api)
    });
    let (_, first) = asked.next()?;
    let why = first.failure.as_ref()?.to_string();
    let why = why
        .split_once(" not reached: ")
        .map_or(why.as_str(), |(_, why)| why);
    let why = why.to_lowercase();
    // The steps of one runbook may stand on the same requests.
    let of_step = steps(report).map(|step| {
        let same = step.asked.iter().map(|(_, request)| request);
        let same = same.filter(|request| request.question == first.question);
        (same.clone().count(), same.map(|request| request.took).sum())
    });
    let (tries, took) = of_step.max_by_key(|(tries, _)| *tries)?;
    Some((why, tries, took))
}
