//! The parts that the sample reports are put together from.

use crate::fact::{Fact, FactValue, Probe};
use crate::observation::RequestLog;
use crate::report::metric::{Bound, Bounds, MetricValue};
use crate::report::model::*;
use crate::text::Printable;
use std::time::Duration;
use time::OffsetDateTime;
use time::macros::datetime;

pub(in crate::report) const NOW: OffsetDateTime = datetime!(2026-03-22 03:12:09.5 UTC);

pub(in crate::report) fn p(text: &str) -> Printable {
    text.into()
}

pub(in crate::report) fn action(text: &str, command: Option<&str>) -> NextAction {
    NextAction {
        text: p(text),
        command: command.map(p),
    }
}

pub(in crate::report) fn known(
    fact: &'static str,
    value: FactValue,
    unit: &'static str,
) -> Evidence {
    let source = match fact.split('.').next() {
        Some("email") => Probe::Email,
        Some("executions") => Probe::Executions,
        Some("events") => Probe::Audit,
        _ if fact.contains("24h") || fact.contains("rising") => Probe::History,
        _ => Probe::Status,
    };
    Evidence {
        fact,
        value: Some(value),
        unit,
        source,
        at: Some(NOW),
    }
}

pub(in crate::report) fn silent(fact: &'static str, unit: &'static str, source: Probe) -> Evidence {
    Evidence {
        fact,
        value: None,
        unit,
        source,
        at: None,
    }
}

pub(in crate::report) fn asked(
    probe: Probe,
    question: &str,
    failure: Option<&str>,
) -> (Probe, RequestLog) {
    let asked = RequestLog {
        question: p(question),
        took: Duration::from_millis(41),
        bytes: Some(2048),
        failure: failure.map(p),
    };
    (probe, asked)
}

pub(in crate::report) fn status_asked() -> (Probe, RequestLog) {
    asked(Probe::Status, "GET /beak/system/status", None)
}

pub(in crate::report) const CURL: &str =
    "curl -s https://beak.moonducks.example/prod/beak/system/status | python3 -m json.tool";
pub(in crate::report) const LIST: &str = "aws stepfunctions list-executions --state-machine-arn arn:aws:states:us-east-1:111122223333:stateMachine:peck-approval-workflow --status-filter RUNNING --region us-east-1";

pub(in crate::report) fn step(
    number: usize,
    id: &str,
    title: &str,
    finding: Finding,
    summary: &str,
) -> StepReport {
    StepReport {
        number,
        id: p(id),
        title: p(title),
        reason_code: p(finding.verdict().word()),
        finding,
        summary: p(summary),
        also: vec![],
        headline: None,
        next_action: None,
        then: None,
        escalation: None,
        warming_up: None,
        unavailable: None,
        asked: vec![status_asked()],
        manual: p(CURL),
    }
}

pub(in crate::report) fn proof(fact: &'static str, value: i64) -> Finding {
    let fact_ = Fact {
        value: FactValue::Int(value),
        at: NOW,
    };
    match Proof::of([(fact, "count", Probe::Status, fact_)]) {
        Some(proof) => Finding::Ok(proof),
        None => Finding::Unknown(vec![]),
    }
}

pub(in crate::report) fn stack() -> StackIdentity {
    StackIdentity {
        name: p("prod"),
        api_url: p("https://beak.moonducks.example/prod"),
        region: p("us-east-1"),
        account: p("111122223333"),
        arguments: Vec::new(),
    }
}

/// Metrics with the values that the steps have as evidence.
pub(in crate::report) fn metrics(
    steps: &[StepReport],
    all: &[(&str, &'static str, &'static str, Option<Bound>)],
) -> Vec<MetricValue> {
    let evidence = || steps.iter().flat_map(|step| step.finding.evidence());
    let value = |path: &str| {
        let mut known = evidence().filter(|evidence| evidence.fact == path);
        known.find_map(|evidence| evidence.value.as_ref()?.number())
    };
    let metric =
        |(name, fact, unit, critical): &(&str, &'static str, &'static str, Option<Bound>)| {
            MetricValue {
                name: p(name),
                fact,
                unit,
                total: name.ends_with("_total"),
                help: p("A metric of a sample"),
                value: value(fact),
                limited: critical.is_some(),
                bounds: Bounds {
                    critical: *critical,
                    ..Bounds::default()
                },
            }
        };
    all.iter().map(metric).collect()
}

pub(in crate::report) fn peck_metrics(steps: &[StepReport]) -> Vec<MetricValue> {
    let limit = Some(Bound::AtMost(10.0));
    let all = [
        (
            "cb_errors_24h_min",
            "peck.callback_errors_24h_min",
            "count",
            limit,
        ),
        (
            "cb_errors_24h_max",
            "peck.callback_errors_24h_max",
            "count",
            None,
        ),
        ("cb_errors_total", "peck.callback_errors", "count", None),
        ("cb_errors_rising", "peck.callback_errors_rising", "", None),
    ];
    metrics(steps, &all)
}

pub(in crate::report) fn fleet_metrics(steps: &[StepReport]) -> Vec<MetricValue> {
    let all = [
        ("agents_alive", "status.agents.alive", "count", None),
        ("pulse_age", "audit.pulse_age", "seconds", None),
    ];
    metrics(steps, &all)
}

pub(in crate::report) fn fleet(steps: Vec<StepReport>) -> RunbookReport {
    RunbookReport {
        id: p("inc-003"),
        title: p("Agent fleet all dead"),
        metrics: fleet_metrics(&steps),
        ..peck(steps)
    }
}

pub(in crate::report) fn peck(steps: Vec<StepReport>) -> RunbookReport {
    RunbookReport {
        id: p("inc-004"),
        title: p("Peck callback_error spike"),
        severity: p("P1"),
        limits: vec![(p("per_day"), FactValue::Int(10))],
        metrics: peck_metrics(&steps),
        verdict: Verdict::worst(steps.iter().map(StepReport::verdict)),
        summary: p("14 callback errors in 24 h, over the limit of 10."),
        blocked_by: None,
        next_action: None,
        then: None,
        escalation: None,
        steps,
        standing: None,
        short: p("callbacks"),
        overview: None,
    }
}

pub(in crate::report) fn run(runbooks: Vec<RunbookReport>, summary: &str) -> Report {
    Report {
        stack: stack(),
        started_at: NOW,
        took: Duration::from_millis(184),
        verdict: Verdict::worst(runbooks.iter().map(|r| r.verdict)),
        root_cause: None,
        summary: p(summary),
        next_action: None,
        escalation: None,
        runbooks,
        notes: vec![],
        channels: vec![],
        layout: Default::default(),
    }
}
