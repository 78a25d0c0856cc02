//! `duckops runbook case FILE`: a recording as the test of a runbook, ready to be pasted.

use crate::cli::fail::Failure;
use crate::cli::{Context, args, recording};
use crate::exit;
use crate::fact::{FactValue, instant};
use crate::judge::{self, Inputs, Selection};
use crate::observation::FactState;
use crate::recording::Recording;
use crate::report::json::DocumentKind;
use crate::report::model::Verdict;
use crate::runbook::model::Runbook;
use serde_json::json;
use std::fmt::Write;
use std::path::Path;

pub(super) async fn main(
    context: &Context,
    file: &Path,
    runbook: Option<&str>,
) -> Result<u8, Failure> {
    let recording = recording::load(context, "", file).await?;
    let runbooks = match runbook.or(recording.runbook.as_deref()) {
        Some(id) => vec![context.library.get(id)?],
        None => context.library.incidents()?,
    };
    let mut text = String::new();
    for runbook in &runbooks {
        let file = args::shown(file);
        let _ = writeln!(text, "# For runbooks/{}.toml, from {file}", runbook.id);
        text.push_str(&case(runbook, &recording));
        text.push('\n');
    }
    let summary = format!("{} cases", runbooks.len());
    Ok(context.out.document(
        DocumentKind::RunbookCase,
        Verdict::Ok,
        exit::OK,
        &summary,
        &text,
        &json!({ "document": text }),
    ))
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
    let expect: Vec<_> = steps
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
        instant(recording.started_at.unix_timestamp()),
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
