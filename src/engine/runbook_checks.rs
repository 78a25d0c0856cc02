//! Runbooks as tested data: lint, their own cases, and a recording as a new case.

use crate::exit;
use crate::fact::{FactValue, instant, utc};
use crate::judge::{self, CaseResults, Check, Inputs, Selection};
use crate::observation::FactState;
use crate::recording::Recording;
use crate::report::count;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::report::junit;
use crate::report::model::{StepReport, Verdict};
use crate::runbook::model::Runbook;
use crate::runbook::{Complaint, Library, Missing};
use crate::text::Printable;
use serde_json::json;
use std::fmt::Write;

/// Everything that is wrong with one runbook, or with all.
///
/// # Errors
/// There is no such runbook.
pub fn lint(library: &Library, id: Option<&str>) -> Result<Document, Missing> {
    let library = library.with_cases();
    let ids: Vec<&str> = match id {
        Some(id) => vec![id],
        None => library.ids().collect(),
    };
    let mut complaints = Vec::new();
    for id in &ids {
        match library.get(id) {
            Ok(runbook) => complaints.extend(judge::rehearse(&runbook).complaints),
            Err(Missing::Wrong(wrong)) => complaints.extend(wrong.0),
            Err(other) => return Err(other),
        }
    }
    let summary = summary(ids.len(), complaints.len());
    let text = match complaints.is_empty() {
        true => format!("{summary}\n"),
        false => lines(&complaints),
    };
    Ok(document(
        DocumentKind::RunbookLint,
        summary,
        text,
        &complaints,
    ))
}

/// Plays the cases of one runbook, or of all.
///
/// # Errors
/// There is no such runbook, or one cannot be loaded.
pub fn test(library: &Library, id: Option<&str>) -> Result<Document, Missing> {
    let runbooks = with_cases(library, id)?;
    let (mut text, mut complaints) = (String::new(), Vec::new());
    for runbook in &runbooks {
        let results = judge::rehearse(runbook);
        let rules: usize = runbook.steps.iter().map(|step| step.rules.len()).sum();
        let _ = writeln!(
            text,
            "{}: {}, {}, {}, {}",
            runbook.id,
            count(results.cases, "case", "cases"),
            count(results.verdicts, "verdict", "verdicts"),
            count(rules, "rule", "rules"),
            count(results.complaints.len(), "complaint", "complaints"),
        );
        complaints.extend(results.complaints);
    }
    text.push_str(&lines(&complaints));
    let summary = summary(runbooks.len(), complaints.len());
    Ok(document(
        DocumentKind::RunbookTest,
        summary,
        text,
        &complaints,
    ))
}

/// The cases of one runbook, or of all, as suites of tests.
///
/// # Errors
/// There is no such runbook, or one cannot be loaded.
pub fn test_suites(library: &Library, id: Option<&str>) -> Result<Vec<junit::Suite>, Missing> {
    Ok(with_cases(library, id)?.iter().map(suite).collect())
}

fn with_cases(library: &Library, id: Option<&str>) -> Result<Vec<Runbook>, Missing> {
    let library = library.with_cases();
    match id {
        Some(id) => Ok(vec![library.get(id)?]),
        None => library.all(),
    }
}

fn suite(runbook: &Runbook) -> junit::Suite {
    let CaseResults {
        complaints, checks, ..
    } = judge::rehearse(runbook);
    let case = |check: Check| {
        let complaints = &complaints[check.complaints];
        junit::TestCase {
            name: Printable::from(check.name.as_str()).to_string(),
            outcome: match complaints {
                [] => junit::Outcome::Passed,
                _ => junit::Outcome::Failed("complaint"),
            },
            message: match complaints {
                [] => "as expected".to_owned(),
                [first, ..] => first.to_string(),
            },
            details: lines(complaints),
        }
    };
    junit::Suite {
        name: runbook.id.clone(),
        began: None,
        took: None,
        cases: checks.into_iter().map(case).collect(),
    }
}

fn summary(runbooks: usize, complaints: usize) -> String {
    let runbooks = count(runbooks, "runbook", "runbooks");
    format!(
        "{runbooks}, {}",
        count(complaints, "complaint", "complaints")
    )
}

fn lines(complaints: &[Complaint]) -> String {
    let lines = complaints.iter().map(|complaint| format!("{complaint}\n"));
    lines.collect()
}

fn document(
    kind: DocumentKind,
    summary: String,
    text: String,
    complaints: &[Complaint],
) -> Document {
    let (verdict, code) = match complaints.is_empty() {
        true => (Verdict::Ok, exit::OK),
        false => (Verdict::Unknown, exit::USAGE),
    };
    let complaints: Vec<_> = complaints
        .iter()
        .map(|c| json!({"file": c.file, "line": c.line, "text": c.text}))
        .collect();
    let extra = json!({ "complaints": complaints });
    Document::new(kind, verdict, summary, text, extra).with_exit_code(code)
}

/// A recording as a case of the named runbook, of the one it was recorded for, or of every
/// incident; `file` is where it comes from.
///
/// # Errors
/// There is no such runbook, or one cannot be loaded.
pub fn recorded_cases(
    library: &Library,
    recording: &Recording,
    file: &str,
    runbook: Option<&str>,
) -> Result<Document, Missing> {
    let runbooks = match runbook.or(recording.runbook.as_deref()) {
        Some(id) => vec![library.get(id)?],
        None => library.incidents()?,
    };
    let cases = runbooks.iter().map(|runbook| {
        let case = case(runbook, recording);
        format!("# For runbooks/{}.toml, from {file}\n{case}\n", runbook.id)
    });
    let summary = count(runbooks.len(), "case", "cases");
    let text = cases.collect();
    Ok(Document::verbatim(DocumentKind::RunbookCase, summary, text))
}

/// The facts that its conditions name, as they were recorded, and the verdicts that they give.
fn case(runbook: &Runbook, recording: &Recording) -> String {
    let asked = Selection {
        runbook,
        step: None,
    };
    let inputs = Inputs {
        observations: &recording.observations,
        naming: &recording.naming,
    };
    let judged = judge::judge(&[asked], &[], inputs);
    let steps = judged.runbooks.iter().flat_map(|runbook| &runbook.steps);
    // A case has facts and no reasons why others are missing, so a step that is not judged yet for
    // such a reason is nothing that a case could expect.
    let is_not_yet = |step: &&StepReport| {
        matches!(
            step.reason_code.as_str(),
            "warming-up" | "needs-credentials"
        )
    };
    let not_yet: Vec<&str> = steps
        .clone()
        .filter(is_not_yet)
        .map(|step| step.id.as_str())
        .collect();
    let depends = |step: &&StepReport| {
        let written = runbook.steps.iter().find(|own| own.id == step.id.as_str());
        let rules = written.into_iter().flat_map(|own| &own.rules);
        let mut named = rules.flat_map(|rule| &rule.when.steps);
        named.any(|earlier| not_yet.contains(&earlier.as_str()))
    };
    let expect: Vec<_> = steps
        .filter(|step| !is_not_yet(step) && !depends(step))
        .map(|step| format!("{} = \"{}\"", step.id, step.verdict().word()))
        .collect();
    let mut facts: Vec<&str> = Vec::new();
    let rules = runbook.steps.iter().flat_map(|step| &step.rules);
    for fact in rules.flat_map(|rule| &rule.when.facts) {
        if !facts.contains(fact) {
            facts.push(fact);
        }
    }
    let facts: Vec<_> = facts
        .into_iter()
        .filter_map(|path| match recording.observations.get(path) {
            FactState::Known(fact) => Some(format!("\"{path}\" = {}", written(&fact.value)?)),
            // What was not known is left out, and is not known in the case either.
            FactState::Unavailable(_) | FactState::NotAsked => None,
        })
        .collect();
    format!(
        "[[case]]\nname   = \"recorded {}\"\nfacts  = {{ {} }}\nexpect = {{ {} }}\n",
        utc(recording.started_at),
        facts.join(", "),
        expect.join(", ")
    )
}

/// As a case writes it; none where no condition could compare it.
fn written(value: &FactValue) -> Option<String> {
    Some(match value {
        FactValue::Bool(yes) => yes.to_string(),
        FactValue::Int(n) => n.to_string(),
        FactValue::Float(x) => format!("{x:?}"),
        FactValue::Text(text) => json!(text.printable(200).as_str()).to_string(),
        FactValue::Duration(seconds) if *seconds >= 0 => format!("\"{seconds}s\""),
        FactValue::Instant(seconds) => format!("\"{}\"", instant(*seconds)),
        _ => return None,
    })
}
