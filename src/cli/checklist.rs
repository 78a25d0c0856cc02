//! A checklist: each thing that was looked at, what was found, and what to do where it is
//! not well.

use super::Context;
use crate::report::json::DocumentKind;
use crate::report::model::Verdict;
use crate::text::Printable;
use serde_json::json;

/// One thing that was looked at.
pub(super) struct Check {
    pub(super) name: String,
    pub(super) verdict: Verdict,
    pub(super) found: Printable,
    pub(super) fix: Option<Printable>,
}

impl Check {
    pub(super) fn ok(name: impl Into<String>, found: impl Into<Printable>) -> Self {
        Self {
            name: name.into(),
            verdict: Verdict::Ok,
            found: found.into(),
            fix: None,
        }
    }

    pub(super) fn bad(
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

/// Prints a checklist under the name that programs know it by; yields the exit code.
pub(super) fn print(context: &Context, kind: DocumentKind, checks: &[Check]) -> u8 {
    told(context, kind, checks, None)
}

/// The same, with the one thing to do now.
pub(super) fn print_next(
    context: &Context,
    kind: DocumentKind,
    checks: &[Check],
    next: &str,
) -> u8 {
    told(context, kind, checks, Some(next))
}

fn told(context: &Context, kind: DocumentKind, checks: &[Check], next: Option<&str>) -> u8 {
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
