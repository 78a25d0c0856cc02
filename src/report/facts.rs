//! Declared facts and observed ones, as `duckops facts` lists them.

use super::columns::Screen;
use super::document::Document;
use super::json::{self, DocumentKind};
use super::model::Verdict;
use super::words::{count, wrap};
use crate::fact::{Declared, FactValue, Probe, duration, utc};
use crate::observation::{FactState, Observations};
use crate::text::{Printable, Untrusted, counted};
use serde_json::json;
use time::OffsetDateTime;

/// The facts that a prefix selects, each with the probe that yields it.
pub type SelectedFacts = [(Probe, &'static Declared)];

/// The dictionary of facts: no value, no network.
pub fn dictionary(wanted: &SelectedFacts, screen: Screen) -> Document {
    let rows = wanted.iter().map(|(probe, fact)| {
        [
            fact.path,
            fact.ty.name(),
            fact.unit,
            probe.name(),
            fact.about,
        ]
        .map(Printable::from)
    });
    let text = screen.table(["FACT", "TYPE", "UNIT", "FROM", "MEANING"], rows);
    let extra: Vec<_> = wanted
        .iter()
        .map(|(probe, fact)| {
            json!({"fact": fact.path, "type": fact.ty.name(), "unit": fact.unit, "source": probe.name(), "about": fact.about})
        })
        .collect();
    let summary = counted(wanted.len(), "fact");
    let extra = json!({ "facts": extra });
    Document::ok(DocumentKind::FactSchema, summary, text, extra)
}

/// Lines of a list that fit a terminal of 24 rows with the notes of a run and the prompt.
const LINES: usize = 15;
/// How many characters of an entry of a list are shown.
const ENTRY: usize = 1000;

/// The entries of a list, one below the other; on a terminal as many as fit, unless it is to
/// explain.
fn list(entries: &[Untrusted], screen: Screen, explains: bool) -> String {
    let mut text = String::new();
    let (mut shown, mut lines) = (0, 0);
    for entry in entries {
        let entry = entry.printable(ENTRY);
        let columns = screen.columns.unwrap_or(usize::MAX).saturating_sub(2);
        let entry = wrap(entry.as_str(), columns.max(20));
        lines += entry.len();
        if lines > LINES && shown > 0 && !explains && screen.columns.is_some() {
            break;
        }
        shown += 1;
        for line in entry {
            text.push_str(&format!("  {line}\n"));
        }
    }
    match entries.len() - shown {
        0 => text,
        more => format!("{text}and {more} more: --explain\n"),
    }
}

/// The observed values. Ok when something is known, unknown when nothing is: single facts may
/// well be unavailable.
pub fn observed(
    wanted: &SelectedFacts,
    observations: &Observations,
    now: OffsetDateTime,
    (screen, explains): (Screen, bool),
) -> Document {
    // A list that is asked for alone is read, and not looked up.
    let alone = match wanted {
        [(_, only)] => match observations.get(only.path) {
            FactState::Known(found) => match &found.value {
                FactValue::List(entries) if entries.len() > 1 => Some(entries),
                _ => None,
            },
            FactState::Unavailable(_) | FactState::NotAsked => None,
        },
        _ => None,
    };
    let known = wanted
        .iter()
        .filter(|(_, fact)| matches!(observations.get(fact.path), FactState::Known(_)))
        .count();
    let rows = wanted.iter().map(|(probe, fact)| {
        let (value, age) = match observations.get(fact.path) {
            FactState::Known(found) => {
                let age = duration((now - found.at).whole_seconds());
                let value = match alone {
                    Some(entries) => count(entries.len(), "entry", "entries").into(),
                    None => found.value.shown(),
                };
                (value, age)
            }
            FactState::Unavailable(unavailable) => {
                let text = format!("not known: {}", unavailable.detail);
                (text.into(), String::new())
            }
            FactState::NotAsked => ("not requested".into(), String::new()),
        };
        let [path, unit, probe] = [fact.path, fact.unit, probe.name()].map(Printable::from);
        [path, unit, probe, age.into(), value]
    });
    let mut text = screen.table(["FACT", "UNIT", "FROM", "AGE", "VALUE"], rows);
    if let Some(entries) = alone {
        text = format!("{text}\n{}", list(entries, screen, explains));
    }
    let extra: Vec<_> = wanted
        .iter()
        .map(|(probe, fact)| {
            let (mut value, mut at, mut reason) = (None, None, (None, None));
            match observations.get(fact.path) {
                FactState::Known(found) => {
                    value = Some(&found.value);
                    at = Some(utc(found.at));
                }
                FactState::Unavailable(unavailable) => {
                    let detail = unavailable.detail.to_string();
                    reason = (Some(unavailable.why.code()), Some(detail));
                }
                FactState::NotAsked => reason = (Some("not-asked"), Some(String::new())),
            }
            let (code, detail) = reason;
            json!({"fact": fact.path, "value": json::value(value), "unit": fact.unit, "source": probe.name(), "at": at, "reason_code": code, "detail": detail})
        })
        .collect();
    let verdict = match known {
        0 => Verdict::Unknown,
        _ => Verdict::Ok,
    };
    let summary = format!("{known} of {} known", counted(wanted.len(), "fact"));
    let extra = json!({ "facts": extra });
    Document::new(DocumentKind::Facts, verdict, summary, text, extra)
}
