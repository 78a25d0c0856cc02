//! `duckops diff A B`: what changed between two recordings. Asks nobody.

use super::fail::Failure;
use super::{Context, args, facts, recording};
use crate::engine::runbooks::evaluate_recording;
use crate::fact::{self, FactValue, instant};
use crate::observation::{FactState, Observations};
use crate::recording::Recording;
use crate::report::json::DocumentKind;
use crate::report::json::{self, Heading};
use crate::report::model::{Report, Verdict};
use crate::text::Printable;
use serde_json::json;
use std::fmt::Write;
use time::OffsetDateTime;

pub(super) async fn main(context: &Context, args: &args::Diff) -> Result<u8, Failure> {
    let (before, after) = (
        recording::load(context, "", &args.before).await?,
        recording::load(context, "", &args.after).await?,
    );
    let mut notes = Vec::new();
    let place = |recording: &Recording| {
        let stack = &recording.stack;
        [&stack.name, &stack.api_url, &stack.region, &stack.account].map(Printable::to_string)
    };
    if place(&before) != place(&after) {
        notes.push(Printable::from(
            "the two are recordings of different stacks",
        ));
    }
    let facts = changed(&before.observations, &after.observations);
    // Both by the same runbooks: what was asked for in the second, or what is named.
    let runbook = args.runbook.clone().or(after.runbook.clone());
    let judge = |recording: &Recording| {
        evaluate_recording(&context.library, recording, runbook.as_deref(), None)
    };
    let (before, after) = (judge(&before)?, judge(&after)?);
    let verdicts = moved(&before, &after);
    let summary = Printable::from(format!(
        "{} to {}: {} verdicts and {} facts changed",
        before.verdict.word(),
        after.verdict.word(),
        verdicts.len(),
        facts.len()
    ));
    let code = after.exit_code();
    if context.out.format == super::out::Format::Json {
        let heading = Heading {
            stack: Some(&after.stack),
            started_at: Some(after.started_at),
            took: None,
            verdict: after.verdict,
            exit_code: code,
            summary: &summary,
            next_action: after.next_action.as_ref(),
        };
        let extra = json!({
            "before": side(&before),
            "after": side(&after),
            "verdicts": verdicts.iter().map(Moved::json).collect::<Vec<_>>(),
            "facts": facts.iter().map(Changed::json).collect::<Vec<_>>(),
            "notes": notes.iter().map(Printable::as_str).collect::<Vec<_>>(),
        });
        return Ok(context.out.print(
            &json::document(DocumentKind::Diff, &heading, &extra, true),
            code,
        ));
    }
    let mut text = format!("{summary}\n\n");
    for (name, report) in [("before", &before), ("after", &after)] {
        let (at, word) = (utc(report.started_at), report.verdict.word().to_uppercase());
        let _ = writeln!(text, "{name:<6}  {at}  {word}: {}", report.summary);
    }
    for note in notes {
        let _ = writeln!(text, "note    {note}");
    }
    if !verdicts.is_empty() {
        let rows = verdicts.iter().map(Moved::row);
        text.push('\n');
        text.push_str(&facts::table(
            context,
            ["STEP", "BEFORE", "AFTER", "NOW"],
            rows,
        ));
    }
    if !facts.is_empty() {
        let rows = facts.iter().map(Changed::row);
        text.push('\n');
        text.push_str(&facts::table(
            context,
            ["FACT", "BEFORE", "AFTER", "BY"],
            rows,
        ));
    }
    Ok(context.out.print(&text, code))
}

fn side(report: &Report) -> serde_json::Value {
    json!({
        "started_at": utc(report.started_at),
        "verdict": report.verdict.word(),
        "root_cause": report.root_cause.as_ref().map(Printable::as_str),
        "summary": report.summary.as_str(),
    })
}

fn utc(at: OffsetDateTime) -> String {
    instant(at.unix_timestamp())
}

/// A step whose verdict is another.
struct Moved {
    runbook: Printable,
    step: Printable,
    before: Option<Verdict>,
    after: Verdict,
    summary: Printable,
}

fn moved(before: &Report, after: &Report) -> Vec<Moved> {
    let was = |runbook: &Printable, step: &Printable| {
        let known = before.runbooks.iter().find(|known| known.id == *runbook)?;
        let step = known.steps.iter().find(|known| known.id == *step)?;
        Some(step.verdict())
    };
    let steps = after
        .runbooks
        .iter()
        .flat_map(|runbook| runbook.steps.iter().map(move |step| (runbook, step)));
    let moved = steps.map(|(runbook, step)| Moved {
        runbook: runbook.id.clone(),
        step: step.id.clone(),
        before: was(&runbook.id, &step.id),
        after: step.verdict(),
        summary: step.summary.clone(),
    });
    moved
        .filter(|step| step.before != Some(step.after))
        .collect()
}

impl Moved {
    fn row(&self) -> [Printable; 4] {
        let before = self.before.map_or("-", Verdict::word);
        [
            format!("{} {}", self.runbook, self.step).into(),
            before.into(),
            self.after.word().into(),
            self.summary.clone(),
        ]
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "runbook": self.runbook.as_str(),
            "step": self.step.as_str(),
            "before": self.before.map(Verdict::word),
            "after": self.after.word(),
            "summary": self.summary.as_str(),
        })
    }
}

/// A fact that is another, or is known in one of the two only.
struct Changed {
    fact: &'static str,
    before: Printable,
    after: Printable,
    by: Option<f64>,
}

fn changed(before: &Observations, after: &Observations) -> Vec<Changed> {
    let facts = fact::all().flat_map(|(_, facts)| facts);
    let both = facts.map(|fact| (fact.path, before.get(fact.path), after.get(fact.path)));
    let same = |before: &FactState<'_>, after: &FactState<'_>| match (before, after) {
        (FactState::Known(before), FactState::Known(after)) => before.value == after.value,
        (FactState::Unavailable(before), FactState::Unavailable(after)) => before.why == after.why,
        (before, after) => before == after,
    };
    both.filter(|(_, before, after)| !same(before, after))
        .map(|(fact, before, after)| Changed {
            fact,
            before: shown(&before),
            after: shown(&after),
            by: match (number(&before), number(&after)) {
                (Some(before), Some(after)) => Some(after - before),
                _ => None,
            },
        })
        .collect()
}

fn shown(known: &FactState<'_>) -> Printable {
    match known {
        FactState::Known(fact) => fact.value.shown(),
        FactState::Unavailable(unavailable) => {
            format!("not known ({})", unavailable.why.code()).into()
        }
        FactState::NotAsked => "not asked".into(),
    }
}

fn number(known: &FactState<'_>) -> Option<f64> {
    match known {
        FactState::Known(fact) => match fact.value {
            FactValue::Int(n) | FactValue::Duration(n) => Some(n as f64),
            FactValue::Float(x) => Some(x),
            _ => None,
        },
        _ => None,
    }
}

impl Changed {
    fn row(&self) -> [Printable; 4] {
        let by = self.by.map(|by| format!("{by:+}")).unwrap_or_default();
        [
            self.fact.into(),
            self.before.clone(),
            self.after.clone(),
            by.into(),
        ]
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "fact": self.fact,
            "before": self.before.as_str(),
            "after": self.after.as_str(),
            "by": self.by,
        })
    }
}
