//! A checklist: each thing that was looked at, what was found, and what to do where it is
//! not well.

use super::Context;
use crate::report::checklist::ChecklistItem;
use crate::report::json::DocumentKind;
use crate::report::model::Verdict;
use crate::text::Printable;
use serde_json::json;

/// Prints a checklist under the name that programs know it by; yields the exit code.
pub(super) fn print(context: &Context, kind: DocumentKind, checks: &[ChecklistItem]) -> u8 {
    told(context, kind, checks, None)
}

/// The same, with the one thing to do now.
pub(super) fn print_next(
    context: &Context,
    kind: DocumentKind,
    checks: &[ChecklistItem],
    next: &str,
) -> u8 {
    told(context, kind, checks, Some(next))
}

fn told(context: &Context, kind: DocumentKind, checks: &[ChecklistItem], next: Option<&str>) -> u8 {
    let verdict = Verdict::worst(checks.iter().map(|check| check.verdict));
    let bad = checks
        .iter()
        .filter(|check| !matches!(check.verdict, Verdict::Ok | Verdict::Skipped))
        .count();
    let mut text = super::facts::table(
        context,
        ["CHECK", "VERDICT", "FOUND"],
        checks.iter().map(|c| {
            [
                c.name.as_str().into(),
                c.verdict.short().into(),
                c.found.clone(),
            ]
        }),
    );
    for check in checks {
        if let Some(fix) = &check.fix {
            text.push_str(&format!("fix {}: {fix}\n", check.name));
        }
    }
    let summary = match bad {
        0 => format!("All {} checks are ok.", checks.len()),
        n => format!("{n} of {} checks need a look.", checks.len()),
    };
    text.push_str(&summary);
    text.push('\n');
    if let Some(next) = next {
        text.push_str(&format!("NEXT  {}\n", Printable::from(next)));
    }
    let checks: Vec<_> = checks
        .iter()
        .map(|c| json!({"check": c.name, "verdict": c.verdict.word(), "found": c.found.as_str(), "fix": c.fix.as_ref().map(Printable::as_str)}))
        .collect();
    context.out.document(
        kind,
        verdict,
        verdict.exit_code(),
        &summary,
        &text,
        &match next {
            Some(next) => json!({ "checks": checks, "next": next }),
            None => json!({ "checks": checks }),
        },
    )
}
