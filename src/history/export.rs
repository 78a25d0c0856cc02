//! Single readings in the formats of `history export`.

use super::Sample;
use crate::text::Printable;
use serde_json::{Value, json};

/// The first line of CSV.
pub const CSV_HEAD: &str = "at,fact,value,unit\n";

fn at(sample: &Sample) -> String {
    let millis = sample.at.replace_millisecond(sample.at.millisecond());
    let at = millis.ok().and_then(|at| {
        at.format(&time::format_description::well_known::Rfc3339)
            .ok()
    });
    at.unwrap_or_default()
}

/// A reading as a line of CSV.
pub fn csv(sample: &Sample, fact: &str, unit: &str) -> String {
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

/// A reading as a JSON object.
pub fn record(sample: &Sample, fact: &str, unit: &str) -> Value {
    let unit = Some(unit).filter(|unit| !unit.is_empty());
    let fact = Printable::from(fact).to_string();
    json!({"at": at(sample), "fact": fact, "value": sample.value, "unit": unit})
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::OffsetDateTime;

    #[test]
    fn a_csv_cell_is_never_a_formula_and_never_ends_early() {
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
