//! The reports of `alias check` and `alias show`, like those of every incident.

use super::check;
use super::findings::{AliasFindings, AliasQuery};
use super::version_table;
use crate::fact::{Fact, FactValue, Probe, instant};
use crate::lambda::last_known_good::KnownGood;
use crate::observation::{FactState, Unavailable};
use crate::report::columns::Screen;
use crate::report::model::{
    Finding, NextAction, Proof, Report, RunbookReport, StackIdentity, StepReport, Verdict,
};
use crate::text::Untrusted;

/// The checks that say what the alias is.
const SHOWN: [&str; 5] = ["account", "alias", "weights", "current", "drift"];

/// The report of `alias check`: whether the version that the query is about may serve.
pub fn check_report(findings: &AliasFindings, query: &AliasQuery) -> Report {
    let mut runbook = checked(findings, query);
    if matches!(runbook.verdict, Verdict::Critical | Verdict::Unknown) {
        let target = findings.target.version.clone().unwrap_or_default();
        name_last_known_good(findings, &target, &mut runbook);
    }
    report(findings, runbook)
}

fn checked(findings: &AliasFindings, query: &AliasQuery) -> RunbookReport {
    let target = findings.target.version.clone().unwrap_or_default();
    findings.checked(query, &target, |known, checks| {
        check::as_runbook(known, &checks)
    })
}

/// Says which version is the last known-good where the one in question is not safe: who asks about a
/// version during an outage wants to know which one to take instead.
fn name_last_known_good(findings: &AliasFindings, target: &str, runbook: &mut RunbookReport) {
    let Ok(Some(good)) = last_known_good(findings) else {
        return;
    };
    let KnownGood { version, evidence } = good;
    if version.to_string() == target {
        return;
    }
    let summary = runbook.summary.to_string();
    let summary = summary.trim_end_matches('.');
    runbook.summary = format!("{summary}. The last known-good is {version}: {evidence}.").into();
    // What a check says itself comes first, unless that names no command.
    let says_more = runbook
        .next_action
        .as_ref()
        .map(|next| next.text.to_string());
    let text = match says_more {
        Some(more) => format!("{more}; or check the last known-good, {version}"),
        None => format!("Check the last known-good, {version}"),
    };
    let command = runbook.next_action.take().and_then(|next| next.command);
    runbook.next_action = Some(NextAction {
        text: text.into(),
        command: Some(
            command.unwrap_or_else(|| format!("duckops alias check --to {version}").into()),
        ),
    });
}

/// The report of `alias show`: where the alias points, since when, and the versions around it.
pub fn show_report(findings: &AliasFindings, query: &AliasQuery) -> Report {
    let mut runbook = checked(findings, query);
    runbook
        .steps
        .retain(|step| SHOWN.contains(&step.id.as_str()));
    runbook.steps.push(moved_step(findings));
    runbook.steps.push(versions_step(findings));
    for (number, step) in (1..).zip(&mut runbook.steps) {
        step.number = number;
    }
    runbook.verdict = Verdict::worst(runbook.steps.iter().map(StepReport::verdict));
    let worst = runbook
        .steps
        .iter()
        .find(|s| s.verdict() == runbook.verdict);
    runbook.next_action = worst.and_then(|step| step.next_action.clone());
    let name = &findings.stack().alias.value;
    runbook.title = format!("{name} is one version that serves well").into();
    runbook.summary = match (&findings.seen.alias, runbook.verdict) {
        (Ok(alias), Verdict::Ok) => format!("{name}: {}", alias.split()),
        (Ok(alias), _) => {
            let why = worst
                .map(|step| step.summary.to_string())
                .unwrap_or_default();
            format!("{name}: {}. {why}", alias.split())
        }
        (Err(unavailable), _) => format!("{name} is not known: {}", unavailable.detail),
    }
    .into();
    report(findings, runbook)
}

/// What stands below the report of `alias show` for people: how the alias came to where it
/// points, and the versions as a table.
pub fn show_details(findings: &AliasFindings, screen: Screen) -> String {
    let how = moved_step(findings).summary;
    format!("{how}\n{}", version_table::table(findings, screen))
}

/// When and by what it came to where it points, as far as can be known.
fn moved_step(findings: &AliasFindings) -> StepReport {
    let alias = findings.seen.alias.as_ref().ok();
    let by = alias.and_then(|alias| findings.past.current_move(alias));
    let seconds = |path: &str| match findings.observations.get(path) {
        FactState::Known(Fact {
            value: FactValue::Instant(at),
            ..
        }) => Some(instant(*at)),
        _ => None,
    };
    let told = match by {
        Some(by) => Some(format!(
            "from {} to {} at {}, by {} on this machine (journal {})",
            by.from, by.to, by.at, by.command, by.id
        )),
        None => seconds("alias.moved_before").map(|before| match seconds("alias.moved_after") {
            Some(after) => format!("after {after} and no later than {before}, by recorded runs"),
            None => format!("no later than {before}"),
        }),
    };
    let title = "It is known when it came to where it points";
    match told {
        Some(told) => {
            let value = FactValue::Text(Untrusted::new(told.as_str()));
            step(
                "moved",
                title,
                ok(findings, "alias.moved", value),
                &format!("It moved {told}."),
            )
        }
        None => {
            let finding = Finding::Skipped(Vec::new());
            step(
                "moved",
                title,
                finding,
                "When it moved is not known: neither the journal nor recorded runs say.",
            )
        }
    }
}

fn versions_step(findings: &AliasFindings) -> StepReport {
    let title = "The versions around it are known";
    match &findings.seen.versions {
        Ok(all) => {
            let lines = version_table::lines(findings);
            let list = lines.iter().map(|line| Untrusted::new(line.as_str()));
            let value = FactValue::List(list.collect());
            let good = match last_known_good(findings) {
                Ok(Some(good)) => format!("the last known-good is {}", good.version),
                Ok(None) => "none is proven to be a last known-good".to_owned(),
                Err(unavailable) => {
                    format!("the last known-good is not known: {}", unavailable.detail)
                }
            };
            let summary = format!("{} versions are published; {good}.", all.len());
            step(
                "versions",
                title,
                ok(findings, "alias.around", value),
                &summary,
            )
        }
        Err(unavailable) => {
            let summary = format!("Not known: {}.", unavailable.detail);
            step("versions", title, Finding::Unknown(Vec::new()), &summary)
        }
    }
}

/// The last known-good version, the one that `triage` and `alias rollback` name, too.
fn last_known_good(findings: &AliasFindings) -> Result<Option<KnownGood>, Unavailable> {
    let assessment = findings.assessment.as_ref();
    assessment.map_err(Clone::clone)?.last_known_good.clone()
}

fn ok(findings: &AliasFindings, path: &'static str, value: FactValue) -> Finding {
    let at = findings.clock.now;
    let fact = (path, "", Probe::Alias, Fact { value, at });
    Proof::of([fact]).map_or(Finding::Unknown(Vec::new()), Finding::Ok)
}

fn step(id: &str, title: &str, finding: Finding, summary: &str) -> StepReport {
    let reason = match finding {
        Finding::Ok(_) => "fine",
        Finding::Skipped(_) => "not-known-here",
        _ => "not-known",
    };
    StepReport {
        number: 0,
        id: id.into(),
        title: title.into(),
        finding,
        reason_code: reason.into(),
        summary: summary.into(),
        also: Vec::new(),
        headline: None,
        then: None,
        next_action: None,
        escalation: None,
        warming_up: None,
        reply: None,
        asked: Vec::new(),
        manual: "".into(),
    }
}

fn report(findings: &AliasFindings, runbook: RunbookReport) -> Report {
    Report {
        stack: StackIdentity::of(findings.stack()),
        started_at: findings.clock.now,
        took: findings.clock.began.elapsed(),
        verdict: runbook.verdict,
        root_cause: None,
        summary: runbook.summary.clone(),
        next_action: runbook.next_action.clone(),
        escalation: None,
        runbooks: vec![runbook],
        notes: findings.all_notes(),
        channels: Vec::new(),
        layout: Default::default(),
    }
}
