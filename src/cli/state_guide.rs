//! `duckops peck guide` and `bond guide`: what to do in the state of a request or at the stage of a
//! bond, from the runbook's own words. Sends no request.

use super::Context;
use super::fail::Failure;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::report::words::wrap;
use crate::runbook::Missing;
use serde_json::json;
use std::fmt::Write;

pub(super) fn main(context: &Context, runbook: &str, step: Option<&str>) -> Result<u8, Failure> {
    let runbook = context.library.get(runbook)?;
    let ids = runbook.steps.iter().map(|step| step.id.as_str());
    let kind = if runbook.id == "peck" {
        "state"
    } else {
        "stage"
    };
    let wanted = step.map(|step| step.to_lowercase().replace('_', "-"));
    if let Some(wanted) = &wanted
        && !ids.clone().any(|id| id == wanted)
    {
        return Err(Missing::name(kind, wanted, ids).into());
    }
    let steps = runbook.steps.iter();
    let steps: Vec<_> = steps
        .filter(|step| wanted.as_ref().is_none_or(|wanted| step.id == *wanted))
        .collect();
    let mut text = String::new();
    for step in &steps {
        let _ = writeln!(text, "{}", step.id.to_uppercase());
        for line in &step.guide {
            let (label, rest) = line.split_once(": ").unwrap_or(("", line));
            let room = context.out.style.width.saturating_sub(12).max(30);
            for (number, part) in wrap(rest, room).into_iter().enumerate() {
                let label = if number == 0 { label } else { "" };
                let _ = writeln!(text, "  {label:<9} {part}");
            }
        }
        text.push('\n');
    }
    let shown = text.trim_end().to_owned() + "\n";
    let guides: Vec<_> = steps
        .iter()
        .map(|step| json!({"id": step.id, "title": step.title, "lines": step.guide}))
        .collect();
    let summary = format!("{} guides of {}", steps.len(), runbook.id);
    let extra = json!({"runbook": runbook.id, "guides": guides});
    let document = Document::ok(DocumentKind::Guide, summary, shown, extra);
    Ok(context.out.document(&document))
}
