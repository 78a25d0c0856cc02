//! The report for Nagios and its kin: one line under 80 characters, then `|` and the
//! performance data.
//!
//! The labels are a constant set for each check, whatever was found: what is not known
//! is `U` and never left out, or a graph would lose its series. Which facts and ranges each
//! runbook has is said in [`super::data`].

use super::data::{Bounds, DATA, Datum};
use super::model::{Report, Runbook, Verdict};
use super::words::{cut, fact, name};
use crate::text::Printable;

/// The first line is shorter than this.
const LINE: usize = 80;

/// The line of a report.
pub fn render(report: &Report) -> String {
    let service = match report.runbooks.as_slice() {
        [one] => cut(&name(&one.id), 30),
        _ => "TRIAGE".to_owned(),
    };
    let word = word(report.verdict);
    let text = line(&format!("DUCKOPS {service} {word}: {}", report.summary));
    format!("{text} | {}\n", data(report).join(" "))
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

/// Short enough, and without the one character that would end the text.
fn line(text: &str) -> String {
    cut(&text.replace('|', "/"), LINE - 1)
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
    // In the order of the table: the report's own order changes with what is worst.
    for (id, data) in DATA {
        if let Some(runbook) = report.runbooks.iter().find(|r| r.id.as_str() == id) {
            out.extend(data.iter().map(|datum| told(report, runbook, datum)));
        }
    }
    out
}

fn told(report: &Report, runbook: &Runbook, datum: &Datum) -> String {
    let unit = match (datum.total, datum.unit) {
        (true, _) => "c",
        (false, "seconds") => "s",
        (false, _) => "",
    };
    let value = fact(report, datum.fact).map_or("U".to_owned(), |v| format!("{}{unit}", plain(v)));
    let label = datum.label;
    let Some(range) = datum.range else {
        return format!("{label}={value}");
    };
    let Bounds {
        warning,
        critical,
        most,
    } = range.bounds(runbook, report);
    let [warning, critical] = [warning, critical].map(|end| end.map_or(String::new(), up_to));
    let most = most.map_or(String::new(), plain);
    let told = format!("{label}={value};{warning};{critical};0;{most}");
    told.trim_end_matches(';').to_owned()
}

/// The range that ends here. A bare number would begin at 0, which may be above it.
fn up_to(end: f64) -> String {
    let start = if end < 0.0 { "~:" } else { "" };
    format!("{start}{}", plain(end))
}

/// A number of digits, a point and a sign only.
fn plain(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::model::{Finding, Report};
    use super::super::sample;
    use super::super::words;
    use super::*;
    use crate::fact::FactValue;

    fn split(line: &str) -> (&str, Vec<(&str, &str)>) {
        let (text, data) = line.trim_end().split_once(" | ").unwrap_or((line, ""));
        let data = data.split(' ').filter_map(|d| d.split_once('='));
        (text, data.collect())
    }

    fn labels(line: &str) -> Vec<&str> {
        split(line).1.iter().map(|(label, _)| *label).collect()
    }

    fn mail(sent: FactValue, max: FactValue) -> Report {
        let mut report = sample::one_bad_runbook();
        report.runbooks[0].id = "inc-005".into();
        report.runbooks[0].limits = vec![
            ("used_critical".into(), FactValue::Int(95)),
            ("used_warning".into(), FactValue::Int(80)),
        ];
        report.runbooks[0].steps[0].finding = Finding::Critical(vec![
            sample::known("email.sent_24h", sent, "count"),
            sample::known("email.max_24h", max, "count"),
        ]);
        report
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
    fn the_labels_are_the_same_whatever_was_found() {
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
    fn the_mail_quota_has_its_ranges() {
        let line = render(&mail(FactValue::Int(198), FactValue::Int(200)));
        assert!(
            line.contains(" ses_used=198;159;190;0;200 ses_max=200\n"),
            "{line}"
        );
        let line = render(&mail(FactValue::Float(198.0), FactValue::Float(200.0)));
        assert!(line.contains(" ses_used=198;159;190;0;200 "), "{line}");
        let line = render(&mail(FactValue::Int(5), FactValue::Int(-1)));
        assert!(line.contains(" ses_used=5;;;0 ses_max=-1\n"), "{line}");
    }

    #[test]
    fn the_ranges_are_those_of_the_runbook() {
        let mut report = mail(FactValue::Int(5), FactValue::Int(200));
        report.runbooks[0].limits = vec![
            ("used_critical".into(), FactValue::Float(50.5)),
            ("used_warning".into(), FactValue::Float(10.2)),
        ];
        let line = render(&report);
        assert!(line.contains(" ses_used=5;20;101;0;200 "), "{line}");
        report.runbooks[0].limits = vec![("used_warning".into(), FactValue::Int(0))];
        let line = render(&report);
        assert!(line.contains(" ses_used=5;~:-1;;0;200 "), "{line}");
        report.runbooks[0].limits.clear();
        let line = render(&report);
        assert!(line.contains(" ses_used=5;;;0;200 "), "{line}");
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
