//! Declared facts and observed ones, as `duckops facts` lists them.

use super::columns::Screen;
use super::document::Document;
use super::json::{self, DocumentKind};
use super::model::Verdict;
use crate::fact::{Declared, Probe, duration, instant};
use crate::observation::{FactState, Observations};
use crate::text::{Printable, counted};
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

/// The observed values. Ok when something is known, unknown when nothing is: single facts may
/// well be unavailable.
pub fn observed(
    wanted: &SelectedFacts,
    observations: &Observations,
    now: OffsetDateTime,
    screen: Screen,
) -> Document {
    let known = wanted
        .iter()
        .filter(|(_, fact)| matches!(observations.get(fact.path), FactState::Known(_)))
        .count();
    let rows = wanted.iter().map(|(probe, fact)| {
        let (value, age) = match observations.get(fact.path) {
            FactState::Known(found) => {
                let age = duration((now - found.at).whole_seconds());
                (found.value.shown(), age)
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
    let text = screen.table(["FACT", "UNIT", "FROM", "AGE", "VALUE"], rows);
    let extra: Vec<_> = wanted
        .iter()
        .map(|(probe, fact)| {
            let (mut value, mut at, mut reason) = (None, None, (None, None));
            match observations.get(fact.path) {
                FactState::Known(found) => {
                    value = Some(&found.value);
                    at = Some(instant(found.at.unix_timestamp()));
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
