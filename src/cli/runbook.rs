//! `duckops runbook`: the runbooks as documents and as tested data. Asks nobody.

mod case;

use super::Context;
use super::args::{self, RunbookAction};
use super::fail::Failure;
use crate::exit;
use crate::judge;
use crate::report::json::DocumentKind;
use crate::report::model::Verdict;
use crate::runbook::model::Runbook;
use crate::runbook::{Complaint, Missing};
use crate::state_dir::output;
use crate::text::Printable;
use serde_json::json;
use std::fmt::Write;

pub(super) async fn main(context: &Context, args: &args::RunbookArgs) -> Result<u8, Failure> {
    match &args.action {
        RunbookAction::List => list(context),
        RunbookAction::Show { runbook } => show(context, runbook),
        RunbookAction::Lint { runbook } => lint(context, runbook.as_deref()),
        RunbookAction::Test { runbook } => test(context, runbook.as_deref()),
        RunbookAction::Case { file, runbook } => {
            case::main(context, file, runbook.as_deref()).await
        }
        RunbookAction::New { runbook } => new(context, runbook),
    }
}

fn list(context: &Context) -> Result<u8, Failure> {
    let runbooks = context.library.all()?;
    let rows = runbooks.iter().map(|r| {
        [
            r.id.clone(),
            r.severity.clone(),
            r.steps.len().to_string(),
            r.title.clone(),
        ]
        .map(Printable::from)
    });
    let text = super::facts::table(context, ["RUNBOOK", "SEVERITY", "STEPS", "TITLE"], rows);
    let extra: Vec<_> = runbooks
        .iter()
        .map(|r| {
            let steps: Vec<_> = r.steps.iter().map(|step| json!({"id": step.id, "title": step.title})).collect();
            json!({"id": r.id, "title": r.title, "severity": r.severity, "file": r.file, "explained_by": r.explained_by, "steps": steps})
        })
        .collect();
    let summary = format!("{} runbooks", runbooks.len());
    Ok(context.out.document(
        DocumentKind::RunbookList,
        Verdict::Ok,
        exit::OK,
        &summary,
        &text,
        &json!({ "runbooks": extra }),
    ))
}

fn show(context: &Context, id: &str) -> Result<u8, Failure> {
    let runbook = context.library.get(id)?;
    let text = as_document(&runbook, &context.settings.stack.naming());
    let summary = format!("{}: {}", runbook.id, runbook.title);
    Ok(context.out.document(
        DocumentKind::RunbookShow,
        Verdict::Ok,
        exit::OK,
        &summary,
        &text,
        &json!({ "document": text }),
    ))
}

/// For a person who has never seen the file: each step with its rules in order.
fn as_document(runbook: &Runbook, naming: &crate::text::StackNames) -> String {
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
        let _ = writeln!(text, "   by hand   {manual}");
    }
    super::out::lines(&text)
        .map(|line| format!("{line}\n"))
        .collect()
}

fn lint(context: &Context, id: Option<&str>) -> Result<u8, Failure> {
    let (checked, complaints) = checked(context, id)?;
    let text: String = complaints
        .iter()
        .map(|complaint| format!("{complaint}\n"))
        .collect();
    let summary = format!("{checked} runbooks, {} complaints", complaints.len());
    let text = if text.is_empty() {
        format!("{summary}\n")
    } else {
        text
    };
    let extra: Vec<_> = complaints
        .iter()
        .map(|c| json!({"file": c.file, "line": c.line, "text": c.text}))
        .collect();
    let (verdict, code) = judged(&complaints);
    Ok(context.out.document(
        DocumentKind::RunbookLint,
        verdict,
        code,
        &summary,
        &text,
        &json!({ "complaints": extra }),
    ))
}

fn test(context: &Context, id: Option<&str>) -> Result<u8, Failure> {
    let runbooks = match id {
        Some(id) => vec![context.library.get(id)?],
        None => context.library.all()?,
    };
    let (mut text, mut complaints) = (String::new(), Vec::new());
    for runbook in &runbooks {
        let outcome = judge::rehearse(runbook);
        let rules: usize = runbook.steps.iter().map(|step| step.rules.len()).sum();
        let (cases, verdicts, wrong) = (outcome.cases, outcome.verdicts, outcome.complaints.len());
        let id = &runbook.id;
        let _ = writeln!(
            text,
            "{id}: {cases} cases, {verdicts} verdicts, {rules} rules, {wrong} complaints"
        );
        complaints.extend(outcome.complaints);
    }
    for complaint in &complaints {
        let _ = writeln!(text, "{complaint}");
    }
    let (verdict, code) = judged(&complaints);
    let summary = format!(
        "{} runbooks, {} complaints",
        runbooks.len(),
        complaints.len()
    );
    let extra: Vec<_> = complaints
        .iter()
        .map(|c| json!({"file": c.file, "line": c.line, "text": c.text}))
        .collect();
    Ok(context.out.document(
        DocumentKind::RunbookTest,
        verdict,
        code,
        &summary,
        &text,
        &json!({ "complaints": extra }),
    ))
}

/// Writes a runbook that already passes its own lint, to be changed step by step.
fn new(context: &Context, id: &str) -> Result<u8, Failure> {
    let shown = Printable::from(id);
    let Some(folder) = &context.settings.runbooks else {
        return Err(Failure::usage("say in which folder: --runbooks DIR"));
    };
    let valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if id.is_empty() || id.starts_with('-') || !id.bytes().all(valid) {
        return Err(Failure::usage(format!(
            "`{shown}` cannot be an id: use a-z, 0-9 and -, such as inc-006"
        )));
    }
    let path = folder.value.join(format!("{id}.toml"));
    let text = template(id);
    let written = output::create_folders(&folder.value)
        .and_then(|()| output::create(&path, text.as_bytes(), output::PRIVATE));
    let path = Printable::from(path.to_string_lossy().into_owned());
    written.map_err(|error| Failure::usage(format!("{path} could not be written: {error}")))?;
    let text = format!("{path}\nChange it, then: duckops runbook lint {id} --runbooks …\n");
    let summary = format!("wrote {path}");
    let extra = json!({ "file": path.as_str() });
    Ok(context.out.document(
        DocumentKind::RunbookNew,
        Verdict::Ok,
        exit::OK,
        &summary,
        &text,
        &extra,
    ))
}

/// The runbook to begin with. Its metric is named for the id, since no two runbooks may name
/// one alike.
fn template(id: &str) -> String {
    let mut label = format!("alive_{}", id.replace('-', "_"));
    label.truncate(19);
    include_str!("../runbook/template.toml")
        .replace("inc-000", id)
        .replace("alive_inc_000", &label)
}

/// How many runbooks were looked at, and everything that is wrong with them.
fn checked(context: &Context, id: Option<&str>) -> Result<(usize, Vec<Complaint>), Failure> {
    let ids: Vec<&str> = match id {
        Some(id) => vec![id],
        None => context.library.ids().collect(),
    };
    let mut complaints = Vec::new();
    for id in &ids {
        match context.library.get(id) {
            Ok(runbook) => complaints.extend(judge::rehearse(&runbook).complaints),
            Err(Missing::Wrong(wrong)) => complaints.extend(wrong.0),
            Err(other) => return Err(other.into()),
        }
    }
    Ok((ids.len(), complaints))
}

fn judged(complaints: &[Complaint]) -> (Verdict, u8) {
    if complaints.is_empty() {
        (Verdict::Ok, exit::OK)
    } else {
        (Verdict::Unknown, exit::USAGE)
    }
}
