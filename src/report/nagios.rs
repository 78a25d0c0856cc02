//! The report for Nagios and its kin: one line under 80 characters, then `|` and the
//! performance data.
//!
//! The labels are a constant set for each check, whatever was found: what is not known
//! is `U` and never left out, or a graph would lose its series. The labels are the metrics of
//! the runbooks.

use super::metric::{Bound, MetricValue};
use super::model::{Report, RunbookReport, Verdict};
use super::words::{cut, name};
use crate::text::Printable;
use std::collections::BTreeSet;

/// The first line is shorter than this.
const LINE: usize = 80;
/// No line of the long output is longer.
const LONG_LINE: usize = 300;

/// The line of a report.
pub fn render(report: &Report) -> String {
    let service = match report.runbooks.as_slice() {
        [one] => cut(&name(&one.id), 30),
        _ => "TRIAGE".to_owned(),
    };
    let word = word(report.verdict);
    let further: Vec<_> = report.further().map(|runbook| name(&runbook.id)).collect();
    let also = match further.is_empty() {
        true => String::new(),
        false => format!("; also {}", further.join(", ")),
    };
    let text = plain_text(&format!("DUCKOPS {service} {word}: {}", report.summary));
    let text = cut(&text, (LINE - 1).saturating_sub(also.len())) + &also;
    let data = data(report).join(" ");
    format!("{text} | {data}\n{}", long(report))
}

/// The long output: what to do about each incident, where there is more than one.
fn long(report: &Report) -> String {
    if report.further().next().is_none() {
        return String::new();
    }
    let cause = report
        .runbooks
        .iter()
        .filter(|runbook| Some(&runbook.id) == report.root_cause.as_ref());
    let lines = cause.chain(report.further()).map(|runbook| {
        let next = runbook.next_action.as_ref();
        let action = next.map_or(String::new(), |next| match &next.command {
            Some(command) => format!(": {command}"),
            None => format!(": {}", next.text),
        });
        let text = format!("{} {}{action}", name(&runbook.id), runbook.summary);
        cut(&plain_text(&text), LONG_LINE) + "\n"
    });
    lines.collect()
}

/// The line of a run that never came to a report. Without a report there is no set of
/// labels to be constant in.
pub fn failure(summary: &Printable) -> String {
    line(&format!("DUCKOPS UNKNOWN: {summary}")) + "\n"
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "OK",
        Verdict::Warning => "WARNING",
        Verdict::Critical => "CRITICAL",
        Verdict::Unknown | Verdict::Skipped => "UNKNOWN",
    }
}

/// Without the one character that would end the text.
fn plain_text(text: &str) -> String {
    text.replace('|', "/")
}

fn line(text: &str) -> String {
    cut(&plain_text(text), LINE - 1)
}

fn data(report: &Report) -> Vec<String> {
    let steps = report.runbooks.iter().flat_map(|r| &r.steps);
    let mut out = vec![format!("time={:.3}s", report.took.as_secs_f64())];
    for verdict in [
        Verdict::Ok,
        Verdict::Warning,
        Verdict::Critical,
        Verdict::Unknown,
        Verdict::Skipped,
    ] {
        let count = steps.clone().filter(|s| s.verdict() == verdict).count();
        out.push(format!("steps_{}={count}", verdict.word()));
    }
    // By id: the report's own order changes with what is worst.
    let mut runbooks: Vec<&RunbookReport> = report.runbooks.iter().collect();
    runbooks.sort_unstable_by_key(|runbook| &runbook.id);
    let mut labels = BTreeSet::new();
    let metrics = runbooks.iter().flat_map(|runbook| &runbook.metrics);
    let unique = metrics.filter(|metric| labels.insert(&metric.name));
    out.extend(unique.map(performance));
    out
}

/// One metric as `label=value[unit];warning;critical;least;most`.
pub fn performance(metric: &MetricValue) -> String {
    let unit = match (metric.total, metric.unit) {
        (true, _) => "c",
        (false, "seconds") => "s",
        (false, _) => "",
    };
    let value = metric
        .value
        .map_or("U".to_owned(), |value| format!("{}{unit}", plain(value)));
    let label = &metric.name;
    if !metric.limited {
        return format!("{label}={value}");
    }
    let bounds = metric.bounds;
    let [warning, critical] =
        [bounds.warning, bounds.critical].map(|bound| bound.map_or(String::new(), range));
    let most = bounds.most.map_or(String::new(), plain);
    let text = format!("{label}={value};{warning};{critical};0;{most}");
    text.trim_end_matches(';').to_owned()
}

/// The range outside of which Nagios alerts. An open end can only be written as the range
/// inside of which it does, with `@`.
fn range(bound: Bound) -> String {
    let end = plain(bound.end());
    match bound {
        // A bare number would begin at 0, which may be above it.
        Bound::AtMost(value) if value < 0.0 => format!("~:{end}"),
        Bound::AtMost(_) => end,
        Bound::Below(_) => format!("@{end}:"),
        Bound::AtLeast(_) => format!("{end}:"),
        Bound::Above(_) => format!("@~:{end}"),
    }
}

/// A number of digits, a point and a sign only.
fn plain(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::super::words;
    use super::*;

    fn split(line: &str) -> (&str, Vec<(&str, &str)>) {
        let (text, data) = line.trim_end().split_once(" | ").unwrap_or((line, ""));
        let data = data.split(' ').filter_map(|d| d.split_once('='));
        (text, data.collect())
    }

    fn labels(line: &str) -> Vec<&str> {
        split(line).1.iter().map(|(label, _)| *label).collect()
    }

    #[test]
    fn the_line_names_the_service_and_the_state() {
        let line = render(&sample::one_bad_runbook());
        assert_eq!(
            line,
            "DUCKOPS INC-004 CRITICAL: 14 callback errors in 24 h, over the limit of 10. | \
             time=0.184s steps_ok=1 steps_warning=1 steps_critical=1 steps_unknown=1 \
             steps_skipped=1 cb_errors_24h_min=14;;10;0 cb_errors_24h_max=14 \
             cb_errors_total=31c cb_errors_rising=1\n"
        );
        assert!(render(&sample::critical()).starts_with("DUCKOPS TRIAGE CRITICAL: "));
        assert!(render(&sample::all_ok()).starts_with("DUCKOPS TRIAGE OK: "));
    }

    #[test]
    fn performance_labels_do_not_depend_on_the_result() {
        let labels_then = render(&sample::one_bad_runbook());
        let labels_now = render(&sample::all_unknown());
        assert_eq!(labels(&labels_then), labels(&labels_now));
        assert!(
            labels_now.contains("cb_errors_24h_min=U;;10;0"),
            "{labels_now}"
        );
        let mut turned = sample::critical();
        turned.runbooks.reverse();
        let (one, other) = (render(&sample::critical()), render(&turned));
        assert_eq!(labels(&one), labels(&other));
    }

    #[test]
    fn every_kind_of_bound_is_a_range_of_the_plugins_guidelines() {
        for (bound, due) in [
            (Bound::AtMost(10.0), "10"),
            (Bound::AtMost(-1.0), "~:-1"),
            (Bound::Below(5.5), "@5.5:"),
            (Bound::AtLeast(2.0), "2:"),
            (Bound::Above(0.5), "@~:0.5"),
        ] {
            assert_eq!(range(bound), due);
        }
    }

    /// Two runbooks of an operator may name a metric alike; a plugin's line may not.
    #[test]
    fn a_label_of_two_runbooks_appears_once() {
        let mut report = sample::critical();
        let metrics = report.runbooks[0].metrics.clone();
        report.runbooks[1].metrics = metrics;
        let line = render(&report);
        assert_eq!(line.matches(" cb_errors_total=").count(), 1, "{line}");
    }

    #[test]
    fn every_line_keeps_to_the_grammar() {
        for (sample_name, report) in sample::all() {
            let line = render(&report);
            assert_eq!(line.matches('\n').count(), 1, "{sample_name}: {line}");
            assert_eq!(line.matches('|').count(), 1, "{sample_name}: {line}");
            let (text, data) = split(&line);
            let state = format!(" {}: ", word(report.verdict));
            assert!(text.contains(&state), "{sample_name}: {text}");
            assert!(words::width(text) < LINE, "{sample_name}: {text}");
            for (label, value) in data {
                assert!(label.len() <= 19 && !label.is_empty(), "{label}");
                let mut parts = value.split(';');
                let value = parts.next().unwrap_or_default();
                let number = value.trim_end_matches(['s', 'c']);
                assert!(value == "U" || number.parse::<f64>().is_ok(), "{value}");
                assert!(
                    parts.all(|p| p.is_empty() || p.parse::<f64>().is_ok()),
                    "{sample_name}: {label}"
                );
            }
        }
    }

    #[test]
    fn a_failure_is_one_unknown_line() {
        let line = failure(&"no runbook \"inc-9\" | did you mean inc-002?\nOK".into());
        assert_eq!(
            line,
            "DUCKOPS UNKNOWN: no runbook \"inc-9\" / did you mean inc-002?\\nOK\n"
        );
    }
}
