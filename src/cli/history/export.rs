//! Every reading on a line of its own, one fact after the other. Of a file only one
//! fact is in memory at a time.

use super::{failed, with};
use crate::cli::Context;
use crate::cli::args::Export;
use crate::cli::fail::Failure;
use crate::cli::out::{Format, Out};
use crate::exit;
use crate::fact;
use crate::history::{History, Sample, StackKey};
use crate::report::json::DocumentKind;
use crate::report::model::Verdict;
use crate::text::Printable;
use serde_json::json;
use time::OffsetDateTime;

pub(super) async fn main(context: &Context, format: Export) -> Result<u8, Failure> {
    let out = context.out.clone();
    with(context, move |history, stack| {
        write(&out, history, stack, &format)
    })
    .await
}

fn write(
    out: &Out,
    history: &dyn History,
    stack: &StackKey,
    format: &Export,
) -> Result<u8, Failure> {
    let mut code = exit::OK;
    let mut observations = 0;
    // The format of every command goes before that of this one.
    let is_document = out.format == Format::Json;
    let mut lines = Vec::new();
    if format.csv && !is_document {
        code = out.print("at,fact,value,unit\n", code);
    }
    for fact in history.facts(stack).map_err(failed)? {
        let mut samples = history
            .samples(stack, &fact, OffsetDateTime::UNIX_EPOCH)
            .map_err(failed)?;
        samples.sort_by_key(|sample| sample.at);
        observations += samples.len();
        let unit = fact::find(&fact).map_or("", |(_, declared)| declared.unit);
        let line = |sample: &Sample| match format.csv {
            true => csv(sample, &fact, unit),
            false => jsonl(sample, &fact, unit),
        };
        if is_document {
            lines.extend(samples.iter().map(|sample| reading(sample, &fact, unit)));
            continue;
        }
        let text: String = samples.iter().map(line).collect();
        code = out.print(&text, code);
    }
    if is_document {
        let summary = format!("{observations} readings");
        let extra = json!({ "readings": lines });
        let kind = DocumentKind::HistoryExport;
        return Ok(out.document(kind, Verdict::Ok, exit::OK, &summary, "", &extra));
    }
    if !format.csv {
        // Who reads a file that was cut off notices that this is missing.
        let end = json!({"complete": true, "readings": observations});
        code = out.print(&format!("{end}\n"), code);
    }
    Ok(code)
}

fn at(sample: &Sample) -> String {
    let millis = sample.at.replace_millisecond(sample.at.millisecond());
    let at = millis.ok().and_then(|at| {
        at.format(&time::format_description::well_known::Rfc3339)
            .ok()
    });
    at.unwrap_or_default()
}

fn csv(sample: &Sample, fact: &str, unit: &str) -> String {
    let (at, value) = (at(sample), sample.value);
    format!("{at},{},{value},{}\n", cell(fact), cell(unit))
}

/// A text that no spreadsheet takes for a formula, whatever stands before or after it.
fn cell(text: &str) -> String {
    let text = Printable::from(text).to_string();
    let guard = match text.starts_with(['=', '+', '-', '@', '|', '%']) {
        true => "'",
        false => "",
    };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

fn jsonl(sample: &Sample, fact: &str, unit: &str) -> String {
    format!("{}\n", reading(sample, fact, unit))
}

fn reading(sample: &Sample, fact: &str, unit: &str) -> serde_json::Value {
    let unit = Some(unit).filter(|unit| !unit.is_empty());
    let fact = Printable::from(fact).to_string();
    json!({"at": at(sample), "fact": fact, "value": sample.value, "unit": unit})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_none_ends_early() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "|calc", "%x"] {
            assert_eq!(cell(text), format!("\"'{text}\""));
        }
        assert_eq!(cell("a\",=1"), "\"a\"\",=1\"");
        assert_eq!(cell("a\n=1\tb"), "\"a\\n=1\\tb\"");
        assert_eq!(cell(""), "\"\"");
    }

    #[test]
    fn a_time_keeps_its_milliseconds() {
        let sample = |nanos| Sample {
            at: OffsetDateTime::from_unix_timestamp_nanos(nanos).expect("a time"),
            value: 0,
        };
        assert_eq!(at(&sample(1_500_000_000)), "1970-01-01T00:00:01.5Z");
        assert_eq!(at(&sample(0)), "1970-01-01T00:00:00Z");
    }
}
