//! `duckops facts`: everything the probes yield, or could.

use super::Context;
use super::args;
use super::fail::Failure;
use crate::engine::collect;
use crate::exit;
use crate::fact::{self, Declared, Probe};
use crate::observation::{FactState, Observations};
use crate::report::json;
use crate::report::json::DocumentKind;
use crate::report::model::Verdict;
use crate::report::words;
use crate::text::Printable;
use serde_json::json;
use time::OffsetDateTime;

pub(super) async fn main(context: &Context, args: &args::FactsArgs) -> Result<u8, Failure> {
    let prefix = args.prefix.as_deref().unwrap_or_default();
    let wanted: Vec<(Probe, &'static Declared)> = fact::all()
        .flat_map(|(probe, facts)| facts.iter().map(move |fact| (probe, fact)))
        .filter(|(_, fact)| fact.path.starts_with(prefix))
        .collect();
    if wanted.is_empty() {
        return Err(Failure::usage(fact::unknown_fact(prefix)));
    }
    if args.schema {
        return Ok(schema(context, &wanted));
    }
    let run = context.run()?;
    let now = run.now;
    let answered = run
        .collect(&collect::probes_for_facts(
            wanted.iter().map(|(_, fact)| fact.path),
        ))
        .await;
    for note in &answered.notes {
        super::out::warn(&format!("note: {note}"));
    }
    Ok(values(context, &wanted, &answered.observations, now))
}

/// The dictionary: no network.
fn schema(context: &Context, wanted: &[(Probe, &'static Declared)]) -> u8 {
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
    let text = table(context, ["FACT", "TYPE", "UNIT", "FROM", "MEANING"], rows);
    let extra: Vec<_> = wanted
        .iter()
        .map(|(probe, fact)| {
            json!({"fact": fact.path, "type": fact.ty.name(), "unit": fact.unit, "source": probe.name(), "about": fact.about})
        })
        .collect();
    let summary = format!("{} facts", wanted.len());
    context.out.document(
        DocumentKind::FactSchema,
        Verdict::Ok,
        exit::OK,
        &summary,
        &text,
        &json!({ "facts": extra }),
    )
}

/// Ok when something is known, unknown when nothing is: single facts may well be silent.
fn values(
    context: &Context,
    wanted: &[(Probe, &'static Declared)],
    observations: &Observations,
    now: OffsetDateTime,
) -> u8 {
    let known = wanted
        .iter()
        .filter(|(_, fact)| matches!(observations.get(fact.path), FactState::Known(_)))
        .count();
    let rows = wanted.iter().map(|(probe, fact)| {
        let (value, age) = match observations.get(fact.path) {
            FactState::Known(found) => (
                found.value.shown(),
                crate::fact::duration((now - found.at).whole_seconds()),
            ),
            FactState::Unavailable(unavailable) => (
                format!("not known: {}", unavailable.detail).into(),
                String::new(),
            ),
            FactState::NotAsked => ("not asked".into(), String::new()),
        };
        [
            fact.path.into(),
            fact.unit.into(),
            probe.name().into(),
            age.into(),
            value,
        ]
    });
    let text = table(context, ["FACT", "UNIT", "FROM", "AGE", "VALUE"], rows);
    let extra: Vec<_> = wanted
        .iter()
        .map(|(probe, fact)| {
            let (value, at, silent) = match observations.get(fact.path) {
                FactState::Known(found) => {
                    (json::value(Some(&found.value)), Some(crate::fact::instant(found.at.unix_timestamp())), None)
                }
                FactState::Unavailable(unavailable) => (json::value(None), None, Some((unavailable.why.code(), unavailable.detail.to_string()))),
                FactState::NotAsked => (json::value(None), None, Some(("not-asked", String::new()))),
            };
            let (reason, detail) = silent.unzip();
            json!({"fact": fact.path, "value": value, "unit": fact.unit, "source": probe.name(), "at": at, "reason_code": reason, "detail": detail})
        })
        .collect();
    let (verdict, code) = if known > 0 {
        (Verdict::Ok, exit::OK)
    } else {
        (Verdict::Unknown, exit::UNKNOWN)
    };
    let summary = format!("{known} of {} facts known", wanted.len());
    context.out.document(
        DocumentKind::Facts,
        verdict,
        code,
        &summary,
        &text,
        &json!({ "facts": extra }),
    )
}

/// The least that the last column is given beside the others.
const LEAST: usize = 30;
/// How far all columns but the first are set in where they stand below it.
const BELOW: usize = 4;

/// Columns as wide as they need to be; the last one runs on. On a terminal it is broken
/// into lines that fit; where too little room is left, all but the first go below.
pub(super) fn table<const N: usize>(
    context: &Context,
    head: [&str; N],
    rows: impl Iterator<Item = [Printable; N]>,
) -> String {
    let rows: Vec<[Printable; N]> = std::iter::once(head.map(Printable::from))
        .chain(rows)
        .collect();
    let wide = |column: usize| {
        rows.iter()
            .map(move |row| words::width(row[column].as_str()))
    };
    let widths: [usize; N] = std::array::from_fn(|column| wide(column).max().unwrap_or(0));
    let beside: usize = widths.iter().take(N - 1).map(|width| width + 2).sum();
    let columns = context.out.terminal.unwrap_or(usize::MAX);
    let is_narrow = columns < beside + LEAST.min(widths[N - 1]);
    let margin = if is_narrow { BELOW } else { beside };
    let mut text = String::new();
    for row in &rows {
        let (line, last) = if is_narrow {
            let cells = row[1..].iter().map(Printable::as_str);
            let cells: Vec<_> = cells.filter(|cell| !cell.is_empty()).collect();
            (format!("{}\n{:BELOW$}", row[0], ""), cells.join("  "))
        } else {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths).take(N - 1) {
                line.push_str(cell.as_str());
                let room = width.saturating_sub(words::width(cell.as_str()));
                line.push_str(&" ".repeat(room + 2));
            }
            (line, row[N - 1].to_string())
        };
        let room = columns.saturating_sub(margin);
        // What fits stays as it is: a drawing lives by its blanks.
        let parts = match words::width(&last) > room {
            true => words::wrap(&last, room),
            false => vec![last],
        };
        let parts = parts.join(&format!("\n{:margin$}", ""));
        text.push_str(format!("{line}{parts}").trim_end());
        text.push('\n');
    }
    text
}
