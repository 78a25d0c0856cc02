//! The report of `alias check`, with what to do where a version is not safe or not proven.

use super::alias_report::{
    checked, judge_api, judge_api_command, known, last_known_good, report, roll_back,
};
use super::findings::{AliasFindings, AliasQuery};
use crate::fact::FactValue;
use crate::lambda::last_known_good::KnownGood;
use crate::report::model::{NextAction, Report, RunbookReport, Verdict};

/// The report of `alias check`: whether the version that the query is about may serve.
pub fn check_report(findings: &AliasFindings, query: &AliasQuery) -> Report {
    let mut runbook = checked(findings, query);
    let headline = runbook.summary.clone();
    if matches!(runbook.verdict, Verdict::Critical | Verdict::Unknown) {
        let target = findings.target.version.clone().unwrap_or_default();
        name_last_known_good(findings, &target, &mut runbook);
    }
    let mut report = report(findings, runbook);
    report.layout.headline = Some(headline);
    report
}

/// What is wrong with a version itself, which another one can be without.
const OF_VERSION: [&str; 7] = [
    "target",
    "state",
    "code",
    "configuration",
    "runtime",
    "provisioned",
    "record",
];

/// Says which version is the last known-good where the one in question is not safe: who asks about a
/// version during an outage wants to know which one to take instead.
fn name_last_known_good(findings: &AliasFindings, target: &str, runbook: &mut RunbookReport) {
    // Where the version in question serves, the last known-good is the way back.
    let serves = findings
        .seen
        .alias
        .as_ref()
        .is_ok_and(|alias| alias.version == target);
    let Ok(Some(good)) = last_known_good(findings) else {
        let lacks_command = |next: &NextAction| next.command.is_none();
        if serves && runbook.next_action.as_ref().is_none_or(lacks_command) {
            runbook.next_action = Some(judge_api());
        }
        return;
    };
    let KnownGood { version, evidence } = good;
    if version.to_string() == target {
        // What is not known during an outage keeps nobody from the way back that triage names.
        let back = roll_back(findings).filter(|_| runbook.verdict == Verdict::Unknown);
        runbook.next_action = back.or(runbook.next_action.take());
        return;
    }
    let summary = &runbook.summary;
    runbook.summary = format!("{summary}. The last known-good is {version}: {evidence}").into();
    // Another finding, such as weights that stayed, has a next action of its own.
    let has_failed = runbook
        .steps
        .iter()
        .any(|step| step.verdict() == Verdict::Critical && step.id.as_str() == "record");
    // Where triage offers no rollback, this does not either.
    let is_offered = known(findings, "rollback.offered") != Some(&FactValue::Bool(false));
    if has_failed && serves && !is_offered {
        runbook.next_action = Some(judge_api());
        return;
    }
    if has_failed && serves {
        let alias = &findings.stack().alias.value;
        let text = format!(
            "Roll back {alias} to version {version}: {}",
            good_record(&evidence)
        );
        runbook.next_action = Some(NextAction {
            text: text.into(),
            command: Some(format!("duckops alias rollback --to {version}").into()),
        });
        return;
    }
    // Another version does not answer what an API that fails leaves open about this one, or what
    // is wrong with the function as a whole.
    let api_fails = known(findings, "api.up") != Some(&FactValue::Bool(true));
    let is_of_version = runbook
        .steps
        .iter()
        .any(|step| step.verdict() == Verdict::Critical && OF_VERSION.contains(&step.id.as_str()));
    if serves && (api_fails || !is_of_version) {
        let own = runbook.next_action.take();
        let next = own.filter(|next| next.command.is_some() || !api_fails);
        let mut next = next
            .or_else(|| roll_back(findings))
            .unwrap_or_else(judge_api);
        next.command.get_or_insert_with(judge_api_command);
        runbook.next_action = Some(next);
        return;
    }
    // What a check says itself comes first, unless that names no command.
    let says_more = runbook
        .next_action
        .as_ref()
        .map(|next| next.text.to_string());
    let own = runbook.next_action.take().and_then(|next| next.command);
    let (text, command) = match says_more {
        Some(more) => (more, "duckops alias show".to_owned()),
        None => (
            format!("Check the last known-good, {version}"),
            format!("duckops alias check --to {version}"),
        ),
    };
    runbook.next_action = Some(NextAction {
        text: text.into(),
        command: Some(own.unwrap_or_else(|| command.into())),
    });
}

/// The part of the evidence that is the record of errors.
fn good_record(evidence: &str) -> &str {
    evidence.rsplit("; ").next().unwrap_or(evidence)
}
