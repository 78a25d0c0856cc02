//! The versions around the alias, as a table with a picture of their errors over time.

use super::findings::AliasFindings;
use crate::fact::duration;
use crate::lambda::error_rate::errors_in;
use crate::lambda::{VersionConfig, VersionMetrics};
use crate::observation::Unavailable;
use crate::report::columns::Screen;
use crate::text::{Printable, Untrusted};
use std::collections::BTreeMap;
use std::ops::Range;

/// A narrower screen has no room for every column.
const WIDE: usize = 76;
/// Columns of a picture.
const COLUMNS: usize = 12;

/// One line for each version, for people.
pub(super) fn table(findings: &AliasFindings, screen: Screen) -> String {
    if findings.around.is_empty() {
        return String::new();
    }
    let now = findings.clock.now.unix_timestamp();
    let served = findings.metrics.as_deref().unwrap_or_default();
    let first = served
        .iter()
        .flat_map(|s| &s.invocations)
        .map(|(at, _)| *at);
    let span = first.min().unwrap_or(now)..now + 1;
    let most = served.iter().flat_map(|s| by_column(&s.errors, &span));
    let most = most.flatten().max().unwrap_or(0);
    let rows = findings.around.iter().rev().map(|(number, configured)| {
        let theirs = served.iter().find(|served| served.number == *number);
        row(findings, *number, configured, theirs, now, |served| {
            picture(served, &span, most, screen.glyphs())
        })
    });
    let head = [
        "VERSION",
        "STATE",
        "AGE",
        "ERRORS",
        "OVER TIME",
        "KNOWN-GOOD",
    ];
    // What decides fits a narrow screen.
    match screen.columns {
        Some(columns) if columns < WIDE => screen.table(
            [head[0], head[2], head[3], head[5]],
            rows.map(|[version, _, age, errors, _, good]| [version, age, errors, good]),
        ),
        _ => screen.table(head, rows),
    }
}

fn row(
    findings: &AliasFindings,
    number: i64,
    configured: &Result<VersionConfig, Unavailable>,
    served: Option<&VersionMetrics>,
    now: i64,
    picture: impl Fn(&VersionMetrics) -> String,
) -> [Printable; 6] {
    let known = configured.as_ref().ok();
    let text =
        |text: Option<String>| Untrusted::new(text.unwrap_or_else(|| "-".into())).printable(40);
    let serving = findings
        .seen
        .alias
        .as_ref()
        .is_ok_and(|alias| alias.version == number.to_string());
    let share = findings.seen.alias.as_ref().ok();
    let share = share.and_then(|alias| alias.weights.get(&number.to_string()));
    let mark = match (serving, share) {
        (true, _) => " <- prod",
        (_, Some(_)) => " <- share",
        _ => "",
    };
    let assessment = findings.assessment.as_ref().ok();
    let candidate = assessment.and_then(|a| a.candidates.iter().find(|c| c.number == number));
    let against = match candidate {
        Some(candidate) => candidate
            .rejected_because
            .clone()
            .unwrap_or_else(|| "good".to_owned()),
        None => "-".to_owned(),
    };
    let age = known.and_then(|c| c.published).map(|at| duration(now - at));
    let errors = served.map(|served| format!("{} of {}", served.failed(), served.invoked()));
    [
        Printable::from(format!("{number}{mark}")),
        text(known.and_then(|c| c.state.state.clone())),
        text(age),
        text(errors),
        text(served.filter(|served| served.invoked() > 0).map(picture)),
        Untrusted::new(against).printable(60),
    ]
}

/// The sum in each column of a span; none where nothing was reported.
fn by_column(points: &[(i64, i64)], span: &Range<i64>) -> [Option<i64>; COLUMNS] {
    let mut columns = [None; COLUMNS];
    let whole = (span.end - span.start).max(1);
    for (at, value) in points.iter().filter(|(at, _)| span.contains(at)) {
        let part = (at - span.start) * COLUMNS as i64 / whole;
        let column = usize::try_from(part).ok();
        if let Some(column) = column.and_then(|at| columns.get_mut(at)) {
            *column = Some(column.unwrap_or(0) + value);
        }
    }
    columns
}

/// Errors by column: the highest glyph is the most that any version had in one; a blank is
/// a time in which the version did not serve.
fn picture(served: &VersionMetrics, span: &Range<i64>, most: i64, glyphs: &[char]) -> String {
    let errors = by_column(&served.errors, span);
    let served = by_column(&served.invocations, span);
    let top = glyphs.len() as i64 - 1;
    let glyph = |errors: i64| {
        let height = match (errors, most) {
            (0, _) | (_, 0) => 0,
            // Not nothing is never drawn as nothing.
            (errors, most) => (errors * top / most).max(1),
        };
        let glyph = usize::try_from(height).ok().and_then(|at| glyphs.get(at));
        glyph.or(glyphs.last()).copied().unwrap_or(' ')
    };
    let columns = served.iter().zip(errors);
    columns
        .map(|(served, errors)| served.map_or(' ', |_| glyph(errors.unwrap_or(0))))
        .collect()
}

/// The same as lines of evidence, for every format.
pub(super) fn lines(findings: &AliasFindings) -> Vec<String> {
    let served: BTreeMap<i64, &VersionMetrics> = findings
        .metrics
        .iter()
        .flatten()
        .map(|served| (served.number, served))
        .collect();
    findings
        .around
        .iter()
        .rev()
        .map(|(number, configured)| {
            let state = match configured {
                Ok(configured) => configured.state.to_string(),
                Err(unavailable) => format!("not known: {}", unavailable.detail),
            };
            let record = served
                .get(number)
                .map_or("no metrics".to_owned(), |served| {
                    errors_in(served.failed(), served.invoked())
                });
            format!("version {number}: {state}; {record}")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_picture_distinguishes_few_errors_none_and_no_traffic() {
        let served = VersionMetrics {
            number: 1,
            invocations: vec![(0, 10), (10, 10), (20, 10)],
            errors: vec![(0, 0), (10, 1), (20, 1_000)],
        };
        let plain = Screen {
            columns: None,
            unicode: false,
        };
        let picture = picture(&served, &(0..24), 1_000, plain.glyphs());
        assert_eq!(picture, "_    .    # ");
    }
}
