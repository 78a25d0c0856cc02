//! The items of a checklist: what was checked, what was found, what to do.

use super::document::Document;
use super::json::DocumentKind;
use super::model::{NextAction, Verdict};
use super::palette::Style;
use super::suggested::sentence_with_arguments;
use super::table;
use super::words::count;
use crate::observation::Unavailable;
use crate::text::Printable;
use serde_json::json;

/// One thing that was checked.
#[derive(Clone, Debug)]
pub struct ChecklistItem {
    /// What was checked.
    pub name: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// What was found.
    pub found: Printable,
    /// What to do; none where it is well.
    pub fix: Option<Printable>,
}

impl ChecklistItem {
    /// An item that is well.
    pub fn ok(name: impl Into<String>, found: impl Into<Printable>) -> Self {
        Self {
            name: name.into(),
            verdict: Verdict::Ok,
            found: found.into(),
            fix: None,
        }
    }

    /// An item with another verdict than ok.
    pub fn bad(
        name: impl Into<String>,
        verdict: Verdict,
        found: impl Into<Printable>,
        fix: impl Into<Printable>,
    ) -> Self {
        Self {
            name: name.into(),
            verdict,
            found: found.into(),
            fix: Some(fix.into()),
        }
    }
}

/// Gives the commands of the fixes the arguments that name the stack.
pub fn keep_arguments(checks: &mut [ChecklistItem], arguments: &[String]) {
    for fix in checks.iter_mut().filter_map(|check| check.fix.as_mut()) {
        *fix = sentence_with_arguments(fix.as_str(), arguments).into();
    }
}

impl NextAction {
    /// What brings back what could not be read.
    pub fn to_read(unavailable: &Unavailable) -> Self {
        let of_reason = unavailable.why.command().map(Printable::from);
        let command = unavailable.command.clone().or(of_reason);
        Self {
            text: (unavailable.fix.clone())
                .unwrap_or_else(|| "Check connection, access and settings".into()),
            command: command.or_else(|| Some("duckops doctor".into())),
        }
    }

    /// A fix in words, whose command may follow its last colon.
    pub fn of_fix(fix: &Printable) -> Self {
        let is_command = |text: &str| {
            let word = text.split(' ').next().unwrap_or_default();
            matches!(
                word,
                "duckops" | "aws" | "curl" | "unset" | "eval" | "chmod" | "timedatectl"
            )
        };
        match fix.as_str().rsplit_once(": ") {
            Some((text, command)) if is_command(command) => Self {
                text: text.into(),
                command: Some(command.into()),
            },
            _ if is_command(fix.as_str()) => Self {
                text: "Show what is wrong and what to do".into(),
                command: Some(fix.clone()),
            },
            _ => Self {
                text: fix.clone(),
                command: None,
            },
        }
    }
}

/// A checklist of this subject as a document: what is wrong, what to do about it, a row for each
/// check; `close` is what follows once all of it is well.
pub fn document(
    kind: DocumentKind,
    subject: &str,
    checks: &[ChecklistItem],
    close: Option<&str>,
    style: Style,
) -> Document {
    let verdict = Verdict::worst(checks.iter().map(|check| check.verdict));
    let is_bad = |check: &&ChecklistItem| !matches!(check.verdict, Verdict::Ok | Verdict::Skipped);
    let bad: Vec<_> = checks.iter().filter(is_bad).collect();
    let all = count(checks.len(), "check", "checks");
    let worst = bad.iter().filter(|check| check.verdict == verdict);
    let worst: Vec<_> = worst
        .map(|check| match check.name.as_str() {
            "note" => check.found.as_str(),
            name => name,
        })
        .collect();
    let summary = match bad.len() {
        0 => format!("{all} ok"),
        1 => format!("1 of {all} needs attention: {}", worst.join(", ")),
        many => format!("{many} of {all} need attention: {}", worst.join(", ")),
    };
    let first = bad.iter().find(|check| check.verdict == verdict);
    let fix = first.and_then(|check| check.fix.as_ref());
    let next = fix.map(NextAction::of_fix);
    let rows = rows(checks, fix);
    let mut below: Vec<String> = close.map(str::to_owned).into_iter().collect();
    below.push(format!("exit {}", verdict.exit_code()));
    let headline = format!("{subject}: {summary}");
    let text = table::page((verdict, &headline), next.as_ref(), &rows, &below, style);
    let checks: Vec<_> = checks
        .iter()
        .map(|c| json!({"check": c.name, "verdict": c.verdict.word(), "found": c.found.as_str(), "fix": c.fix.as_ref().map(Printable::as_str)}))
        .collect();
    let mut extra = json!({ "checks": checks });
    if let Some(close) = close {
        extra["next"] = close.into();
    }
    Document::new(kind, verdict, summary, text, extra)
}

/// A row for each check, the fix below what was found unless it is the action already. What
/// silences several checks is said once.
fn rows(
    checks: &[ChecklistItem],
    leading: Option<&Printable>,
) -> Vec<(Verdict, String, Vec<String>)> {
    let alike = |check: &ChecklistItem| -> Vec<&str> {
        let is_alike = |other: &&ChecklistItem| {
            (other.verdict, &other.found, &other.fix)
                == (Verdict::Unknown, &check.found, &check.fix)
        };
        let same = checks.iter().filter(is_alike);
        same.map(|check| check.name.as_str()).collect()
    };
    let row = |check: &ChecklistItem| {
        let fix = check.fix.as_ref().filter(|fix| leading != Some(*fix));
        let fix = fix.map(Printable::to_string);
        let mut lines = vec![check.found.to_string()];
        let mut name = check.name.clone();
        let names = alike(check);
        if check.verdict == Verdict::Unknown && names.len() > 1 {
            if names.first() != Some(&check.name.as_str()) {
                return None;
            }
            name = count(names.len(), "check", "checks");
            lines.push(names.join(" "));
        }
        lines.extend(fix);
        Some((check.verdict, name, lines))
    };
    checks.iter().filter_map(row).collect()
}
