//! The runbooks as a list, one as a document to read, and a new one to begin with.

use super::model::Runbook;
use crate::report::columns::Screen;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::text::{Printable, StackNames, printable_lines};
use serde_json::json;
use std::fmt::Write;

/// All runbooks, a row each.
pub fn list(runbooks: &[Runbook], screen: Screen) -> Document {
    let rows = runbooks.iter().map(|r| {
        let steps = r.steps.len().to_string();
        [r.id.as_str(), &r.severity, &steps, &r.title].map(Printable::from)
    });
    let text = screen.table(["RUNBOOK", "SEVERITY", "STEPS", "TITLE"], rows);
    let extra: Vec<_> = runbooks
        .iter()
        .map(|r| {
            let steps: Vec<_> = r.steps.iter().map(|step| json!({"id": step.id, "title": step.title})).collect();
            json!({"id": r.id, "title": r.title, "severity": r.severity, "file": r.file, "explained_by": r.explained_by, "steps": steps})
        })
        .collect();
    let summary = format!("{} runbooks", runbooks.len());
    let extra = json!({ "runbooks": extra });
    Document::ok(DocumentKind::RunbookList, summary, text, extra)
}

/// One runbook for a person who has never seen the file.
pub fn show(runbook: &Runbook, naming: &StackNames) -> Document {
    let summary = format!("{}: {}", runbook.id, runbook.title);
    Document::verbatim(DocumentKind::RunbookShow, summary, text(runbook, naming))
}

/// Each step with its rules in order.
fn text(runbook: &Runbook, naming: &StackNames) -> String {
    let mut text = format!(
        "{}  {} ({})\n",
        runbook.id.to_uppercase(),
        runbook.title,
        runbook.severity
    );
    if !runbook.explained_by.is_empty() {
        let _ = writeln!(
            text,
            "Not judged while one of these is critical: {}",
            runbook.explained_by.join(", ")
        );
    }
    for (name, limit) in &runbook.limits {
        let _ = writeln!(text, "  limit  {name} = {}", limit.shown());
    }
    for (number, step) in runbook.steps.iter().enumerate() {
        let _ = writeln!(text, "\n{}. {}  [{}]", number + 1, step.title, step.id);
        for rule in &step.rules {
            let _ = writeln!(
                text,
                "   {:<8}  when {}",
                rule.verdict.word(),
                rule.when.source
            );
        }
        let manual = step.manual.fill(|_| None, &runbook.limits, naming);
        let _ = writeln!(text, "   check it yourself  {manual}");
    }
    printable_lines(&text)
}

/// The text of a new runbook, which passes its own lint. Its metric is named for the id, since
/// no two runbooks may name one alike.
pub fn template(id: &str) -> String {
    let mut label = format!("alive_{}", id.replace('-', "_"));
    label.truncate(19);
    include_str!("template.toml")
        .replace("inc-000", id)
        .replace("alive_inc_000", &label)
}

/// Whether a text can be the id of a runbook: `a-z`, `0-9` and `-`, which is not the first.
pub fn is_id(text: &str) -> bool {
    let valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && !text.starts_with('-') && text.bytes().all(valid)
}
