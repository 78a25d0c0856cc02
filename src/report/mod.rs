//! The report and its renderers: one pure function per format, from the same data.
//!
//! A renderer only reads. It asks no clock, no environment and no terminal, and it never
//! prints: it returns text, and the command line decides where that goes. What it says of
//! the outside world has gone through [`crate::text`], so all that is left to do here is
//! what a single format needs on top: its own markup must not be forged either.
pub mod bond_checklist;
pub mod bond_page;
pub mod bonds;
pub mod checklist;
pub mod columns;
pub mod connections;
pub mod doctor;
pub mod document;
pub mod entry;
pub mod facts;
pub mod html;
pub mod journal;
pub mod json;
pub mod junit;
mod layout;
pub mod links;
pub(crate) mod local_time;
pub mod markdown;
pub mod metric;
pub mod model;
pub mod nagios;
pub mod palette;
pub mod pecks;
pub mod plot;
pub mod prometheus;
pub mod rules;
pub mod schema;
pub mod short;
pub(crate) mod suggested;
pub mod table;
pub mod verdict;
pub(crate) mod words;

pub(crate) use words::{clock, count, wrap};

#[cfg(test)]
pub(crate) mod sample;

#[cfg(test)]
mod tests {
    use super::palette::Style;
    use super::*;
    use crate::text::Printable;

    /// Each line of the hostile report in each format is what it would be had it come
    /// through the one door for text from outside: nothing is left to escape.
    #[test]
    fn hostile_text_never_reaches_any_format_raw() {
        let report = sample::hostile();
        let style = |width| Style {
            color: false,
            width,
        };
        let formats = [
            ("table", table::render(&report, style(80))),
            ("narrow table", table::render(&report, style(20))),
            ("short", short::render(&report)),
            ("json", json::render(&report, true)),
            ("json line", json::render(&report, false)),
            ("nagios", nagios::render(&report)),
            ("markdown", markdown::render(&report)),
            ("prometheus", prometheus::render(&report)),
            ("junit", junit::render(&report, false)),
        ];
        for (format, text) in formats {
            for line in text.lines() {
                assert_eq!(Printable::from(line).as_str(), line, "{format}");
            }
            assert!(
                text.to_lowercase().contains("x1b"),
                "{format}: nothing hostile in it"
            );
        }
    }
}
