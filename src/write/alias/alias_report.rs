//! What the reports about the alias share, and that of `alias show`.

use super::check;
use super::findings::{AliasFindings, AliasQuery};
use super::version_table;
use crate::fact::{self, Fact, FactValue, Probe, duration};
use crate::lambda::last_known_good::KnownGood;
use crate::observation::{FactState, Unavailable};
use crate::report::columns::Screen;
use crate::report::count;
use crate::report::model::{
    Finding, NextAction, Proof, Report, RunbookReport, StackIdentity, StepReport, Verdict,
};
use crate::report::suggested::GivenArguments;
use crate::text::{Printable, Untrusted};
use time::OffsetDateTime;

/// The checks that say what the alias is.
const SHOWN: [&str; 4] = ["account", "alias", "current", "drift"];

pub(super) fn checked(findings: &AliasFindings, query: &AliasQuery) -> RunbookReport {
    let target = findings.target.version.clone().unwrap_or_default();
    findings.checked(query, &target, |known, checks| {
        check::as_runbook(known, &checks)
    })
}

pub(super) fn judge_api() -> NextAction {
    NextAction {
        text: "Judge the function and its API".into(),
        command: Some(judge_api_command()),
    }
}

pub(super) fn judge_api_command() -> Printable {
    "duckops triage inc-001".into()
}

/// The report of `alias show`: where the alias points, since when, and the versions around it.
pub fn show_report(findings: &AliasFindings, query: &AliasQuery, screen: Screen) -> Report {
    let mut runbook = checked(findings, query);
    // Where all traffic goes to one version, the first line says so already.
    runbook.steps.retain(|step| match step.id.as_str() {
        "weights" => step.verdict() != Verdict::Ok,
        id => SHOWN.contains(&id),
    });
    // A split keeps another version from being moved to. By itself it is a canary under watch.
    for step in runbook
        .steps
        .iter_mut()
        .filter(|step| step.id.as_str() == "weights")
    {
        if let Finding::Critical(evidence) = &step.finding {
            step.finding = Finding::Warning(evidence.clone());
        }
    }
    if let Some(unexpected) = unexpected_version(findings) {
        let drift = runbook
            .steps
            .iter_mut()
            .find(|step| step.id.as_str() == "drift");
        if let Some(drift) = drift.filter(|drift| drift.verdict() == Verdict::Ok) {
            *drift = StepReport {
                number: drift.number,
                ..unexpected
            };
        }
    }
    runbook.steps.push(moved_step(findings));
    runbook.steps.push(versions_step(findings));
    for (number, step) in (1..).zip(&mut runbook.steps) {
        step.number = number;
    }
    runbook.verdict = Verdict::worst(runbook.steps.iter().map(StepReport::verdict));
    let is_worst = |step: &&StepReport| step.verdict() == runbook.verdict;
    let worst = runbook.steps.iter().find(is_worst);
    runbook.next_action = roll_back(findings).filter(|_| runbook.verdict > Verdict::Ok);
    // What speaks for the rollback stands before what is merely not known.
    let errs = |step: &&StepReport| step.id.as_str() == "current" && step.verdict() != Verdict::Ok;
    let leading = match runbook.next_action {
        Some(_) => runbook.steps.iter().find(errs).or(worst),
        None => worst,
    };
    if runbook.next_action.is_none() {
        runbook.next_action = worst.and_then(|step| step.next_action.clone());
    }
    if runbook.next_action.is_none() && runbook.verdict > Verdict::Ok {
        runbook.next_action = Some(judge_api());
    }
    let name = &findings.stack().alias.value;
    runbook.title = name.as_str().into();
    runbook.summary = match (&findings.seen.alias, runbook.verdict) {
        (Ok(alias), Verdict::Ok) => format!("{name} {}", alias.split()),
        (Ok(alias), _) => {
            let why = leading.filter(|step| step.id.as_str() != "weights");
            let why = why.map_or(String::new(), |step| {
                format!("; {} {}", step.id, step.summary)
            });
            format!("{name} {}{why}", alias.split())
        }
        (Err(unavailable), _) => format!("{name} not judged: {}", unavailable.detail),
    }
    .into();
    let headline = runbook.summary.clone();
    let mut report = report(findings, runbook);
    report.layout.headline = Some(headline);
    let versions = version_table::table(findings, screen);
    report.layout.body = versions.lines().map(Printable::from).collect();
    report
}

/// A fact of the probes, where it is known.
pub(super) fn known<'a>(findings: &'a AliasFindings, path: &str) -> Option<&'a FactValue> {
    match findings.observations.get(path) {
        FactState::Known(fact) => Some(&fact.value),
        _ => None,
    }
}

/// The drift that `triage` reports although the API runs the version that the alias has: people or
/// records expect another one.
fn unexpected_version(findings: &AliasFindings) -> Option<StepReport> {
    let is_drift = known(findings, "alias.drift") == Some(&FactValue::Bool(true));
    let text = |path| known(findings, path).map(FactValue::shown);
    let (expected, from) = (text("alias.expected")?, text("alias.expected_from")?);
    let alias = findings.seen.alias.as_ref().ok().filter(|_| is_drift)?;
    let on = Untrusted::new(alias.version.as_str()).printable(20);
    let summary = format!("expected {expected} ({from}), alias on {on}");
    Some(StepReport {
        reason_code: "drift".into(),
        next_action: Some(NextAction {
            text: check::WHO_MOVED.into(),
            command: Some(check::who_moved(findings.stack()).into()),
        }),
        ..step(
            "drift",
            "Version drift",
            Finding::Warning(Vec::new()),
            &summary,
        )
    })
}

/// The rollback that `triage` offers.
pub(super) fn roll_back(findings: &AliasFindings) -> Option<NextAction> {
    let is_offered = known(findings, "rollback.offered") == Some(&FactValue::Bool(true));
    let good = last_known_good(findings).ok().flatten()?.version;
    let alias = findings.seen.alias.as_ref().ok().filter(|_| is_offered)?;
    let (name, from) = (&findings.stack().alias.value, &alias.version);
    let from = Untrusted::new(from.as_str()).printable(20);
    (good.to_string() != alias.version).then(|| NextAction {
        text: format!("Roll back {name} from version {from} to {good}").into(),
        command: Some(format!("duckops alias rollback --to {good}").into()),
    })
}

/// When and by what it came to where it points, as far as can be known.
fn moved_step(findings: &AliasFindings) -> StepReport {
    let alias = findings.seen.alias.as_ref().ok();
    let by = alias.and_then(|alias| findings.past.current_move(alias));
    let now = findings.clock.now;
    let known = |path: &str| match known(findings, path) {
        Some(FactValue::Instant(at)) => Some(*at),
        _ => None,
    };
    let minute = |at: i64| match OffsetDateTime::from_unix_timestamp(at) {
        Ok(at) => crate::report::clock(at, now),
        Err(_) => fact::instant(at),
    };
    let ago = |at: i64| {
        let age = duration((now.unix_timestamp() - at).max(0));
        format!("{age} ago, {}", minute(at))
    };
    let moved = |bound: &dyn Fn(i64) -> String, shown: &dyn Fn(i64) -> String| match by {
        Some(by) => {
            let at = fact::parse_instant(&by.at).map_or_else(|| by.at.clone(), shown);
            let (from, to, command, id) = (&by.from, &by.to, &by.command, &by.id);
            Some(format!(
                "from {from} to {to}, {at}, by {command} (journal {id})"
            ))
        }
        None => {
            let after = known("alias.moved_after");
            known("alias.moved_before").map(|before| match after {
                Some(after) if after < before => {
                    let [after, before] = [after, before].map(bound);
                    format!("between {after} and {before} (recorded runs)")
                }
                Some(_) => format!("{} (recorded runs)", shown(before)),
                None => format!("{} or earlier", shown(before)),
            })
        }
    };
    let title = "Last move";
    match (moved(&minute, &ago), moved(&fact::instant, &fact::instant)) {
        (Some(told), Some(stamped)) => {
            let value = FactValue::Text(Untrusted::new(stamped.as_str()));
            let finding = ok(findings, "alias.moved", value);
            step("moved", title, finding, &format!("moved {told}"))
        }
        _ => {
            let finding = Finding::Skipped(Vec::new());
            step(
                "moved",
                title,
                finding,
                "not in the journal, not in recorded runs",
            )
        }
    }
}

fn versions_step(findings: &AliasFindings) -> StepReport {
    let title = "Versions";
    match &findings.seen.versions {
        Ok(all) => {
            let lines = version_table::lines(findings);
            let list = lines.iter().map(|line| Untrusted::new(line.as_str()));
            let value = FactValue::List(list.collect());
            let good = match last_known_good(findings) {
                Ok(Some(good)) => format!("last known-good {}", good.version),
                Ok(None) => "no last known-good proven".to_owned(),
                Err(unavailable) => {
                    format!("last known-good not judged: {}", unavailable.detail)
                }
            };
            let summary = format!(
                "{} published; {good}",
                count(all.len(), "version", "versions")
            );
            step(
                "versions",
                title,
                ok(findings, "alias.around", value),
                &summary,
            )
        }
        Err(unavailable) => {
            let summary = format!("not judged: {}", unavailable.detail);
            step("versions", title, Finding::Unknown(Vec::new()), &summary)
        }
    }
}

/// The last known-good version, the one that `triage` and `alias rollback` name, too.
pub(super) fn last_known_good(findings: &AliasFindings) -> Result<Option<KnownGood>, Unavailable> {
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
        unavailable: None,
        asked: Vec::new(),
        manual: "".into(),
    }
}

pub(super) fn report(findings: &AliasFindings, runbook: RunbookReport) -> Report {
    let mut report = Report {
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
    };
    report.keep_arguments(GivenArguments {
        deploy_log: findings.ask.versions.deploy_log.as_deref(),
        ..GivenArguments::default()
    });
    report
}
