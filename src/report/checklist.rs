//! The items of a checklist: what was checked, what was found, what to do.

use super::columns::Screen;
use super::document::Document;
use super::json::DocumentKind;
use super::model::Verdict;
use super::words::count;
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

/// A checklist as a document of this kind, with the one thing to do now where there is one.
pub fn document(
    kind: DocumentKind,
    checks: &[ChecklistItem],
    next: Option<&str>,
    screen: Screen,
) -> Document {
    let verdict = Verdict::worst(checks.iter().map(|check| check.verdict));
    let is_bad = |check: &&ChecklistItem| !matches!(check.verdict, Verdict::Ok | Verdict::Skipped);
    let rows = checks.iter().map(|check| {
        let name = check.name.as_str().into();
        [name, check.verdict.short().into(), check.found.clone()]
    });
    let mut text = screen.table(["CHECK", "VERDICT", "FOUND"], rows);
    for check in checks {
        if let Some(fix) = &check.fix {
            text.push_str(&format!("fix {}: {fix}\n", check.name));
        }
    }
    let summary = match checks.iter().filter(is_bad).count() {
        0 => format!("{} ok", count(checks.len(), "check", "checks")),
        n => {
            let needs = if n == 1 { "needs" } else { "need" };
            let all = count(checks.len(), "check", "checks");
            format!("{n} of {all} {needs} attention")
        }
    };
    text.push_str(&format!("{summary}\n"));
    let checks: Vec<_> = checks
        .iter()
        .map(|c| json!({"check": c.name, "verdict": c.verdict.word(), "found": c.found.as_str(), "fix": c.fix.as_ref().map(Printable::as_str)}))
        .collect();
    let mut extra = json!({ "checks": checks });
    if let Some(next) = next {
        text.push_str(&format!("NEXT  {}\n", Printable::from(next)));
        extra["next"] = next.into();
    }
    Document::new(kind, verdict, summary, text, extra)
}
