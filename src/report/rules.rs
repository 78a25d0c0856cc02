//! Alert rules for Prometheus, over the series that [`super::prometheus`] writes: for each
//! runbook one for critical, one for a warning that stays and one for an unknown that stays,
//! two for a check that no longer runs, because a file that is never rewritten is served for
//! ever, and one for a host among several that went silent. Each alert of a runbook shows the
//! values of the runbook's metrics.

use super::metric::MetricValue;
use super::model::Verdict;
use super::words::name;
use crate::text::Printable;

/// A runbook, as far as an alert needs it.
#[derive(Clone, Debug)]
pub struct Alert {
    /// Its id.
    pub id: Printable,
    /// Its title.
    pub title: Printable,
    /// `P0` or `P1`.
    pub severity: Printable,
    /// The runbooks that explain it.
    pub explained_by: Vec<Printable>,
    /// Its metrics; their values are those of the moment of the alert.
    pub metrics: Vec<MetricValue>,
}

/// The rule file. `interval` is how often the check is made, in seconds; `url` is where the
/// document of a runbook is, with `{runbook}` for its id.
pub fn render(stack: &Printable, alerts: &[Alert], interval: u64, url: Option<&str>) -> String {
    let mut out = String::from(
        "# Alert rules over the file that `duckops check --textfile` writes.\n\
         groups:\n  - name: duckops\n    rules:\n",
    );
    let place = AlertPlace {
        stack: matcher("stack", stack),
        url,
    };
    for alert in alerts {
        incident(&mut out, &place, alert);
    }
    for alert in alerts {
        lasting(&mut out, &place, alert, Verdict::Warning, interval);
    }
    for alert in alerts {
        lasting(&mut out, &place, alert, Verdict::Unknown, interval);
    }
    let stack = &place.stack;
    let stale = 3 * interval;
    let last = "duckops_last_complete_run_timestamp_seconds";
    let checks = [
        (
            "DuckopsCheckStale",
            format!("time() - {last}{{{stack}}} > {stale}"),
            0,
            format!("No check has come to a report for more than {stale} s"),
            "Look at cron or the timer on that host, then: duckops doctor",
        ),
        (
            "DuckopsCheckAbsent",
            format!("absent({last}{{{stack}}})"),
            stale,
            "No check is seen at all".to_owned(),
            "Look at the textfile collector and at cron or the timer, then: duckops doctor",
        ),
        (
            // Where one of several hosts is gone with its series, nothing is stale and nothing
            // is absent.
            "DuckopsHostSilent",
            format!("max_over_time({last}{{{stack}}}[1d]) unless {last}{{{stack}}}"),
            stale,
            "A host that checked within the last day is not seen any more".to_owned(),
            "Look at that host, its exporter and its cron or timer, then: duckops doctor",
        ),
    ];
    for (name, expression, wait, summary, action) in checks {
        let description = format!("{summary}. {action}");
        let annotations = [
            ("summary", inert(&summary)),
            ("description", inert(&description)),
            ("action", inert(action)),
            ("runbook_url", "duckops help doctor".to_owned()),
        ];
        let labels = [("priority", "P1"), ("severity", "critical")];
        rule(&mut out, name, &expression, wait, &labels, &annotations);
    }
    out
}

/// Where alerts are about, and where their runbooks are.
struct AlertPlace<'a> {
    /// The matcher of the stack.
    stack: String,
    url: Option<&'a str>,
}

fn incident(out: &mut String, place: &AlertPlace<'_>, alert: &Alert) {
    let stack = &place.stack;
    let expression = format!("{} == 1", verdict(stack, &alert.id, Verdict::Critical));
    let labels = [
        ("priority", alert.severity.as_str()),
        ("runbook", alert.id.as_str()),
        ("severity", "critical"),
    ];
    let summary = format!("{}: {}", name(&alert.id), alert.title);
    let action = format!("duckops triage {}", alert.id);
    rule(
        out,
        &format!("Duckops{}Critical", camel(&alert.id)),
        &expression,
        0,
        &labels,
        &annotations(place, alert, &summary, &action),
    );
}

/// A verdict that stays for three checks. What another incident explains is no alert of its
/// own: that incident alerts already.
fn lasting(out: &mut String, place: &AlertPlace<'_>, alert: &Alert, lasts: Verdict, interval: u64) {
    let stack = &place.stack;
    let mut expression = format!("{} == 1", verdict(stack, &alert.id, lasts));
    for parent in &alert.explained_by {
        let parent = verdict(stack, parent, Verdict::Critical);
        expression.push_str(&format!(" unless on (stack) {parent} == 1"));
    }
    let id = name(&alert.id);
    let (word, priority, summary, action) = match lasts {
        Verdict::Warning => (
            "Warning",
            "P3",
            format!("{id}: {}, warning", alert.title),
            format!("duckops triage {}", alert.id),
        ),
        _ => (
            "Unknown",
            "P2",
            format!("{id}: not judged for a while"),
            "duckops doctor".to_owned(),
        ),
    };
    rule(
        out,
        &format!("Duckops{}{word}", camel(&alert.id)),
        &expression,
        3 * interval,
        &[
            ("priority", priority),
            ("runbook", alert.id.as_str()),
            ("severity", "warning"),
        ],
        &annotations(place, alert, &summary, &action),
    );
}

fn annotations(
    place: &AlertPlace<'_>,
    alert: &Alert,
    summary: &str,
    action: &str,
) -> Vec<(&'static str, String)> {
    let stack = &place.stack;
    let id = alert.id.as_str();
    let title = alert.title.as_str();
    let description =
        format!("duckops check judges {title}. For the finding and the next action: {action}");
    // Without a document the command that prints the runbook stands there.
    let url = place.url.map(|url| url.replace("{runbook}", id));
    let url = url.unwrap_or_else(|| format!("duckops runbook show {id}"));
    let mut all = vec![
        ("summary", inert(summary)),
        ("description", inert(&description)),
        ("action", inert(action)),
        ("runbook_url", inert(&url)),
    ];
    let metrics: Vec<_> = alert.metrics.iter().map(|one| number(stack, one)).collect();
    if !metrics.is_empty() {
        all.push(("numbers", metrics.join("; ")));
    }
    all
}

/// A metric with its value when the alert fires: a template that asks for it.
fn number(stack: &str, metric: &MetricValue) -> String {
    let series = format!("max(duckops_fact{{{stack},fact=\"{}\"}})", metric.fact);
    let unit = match metric.unit {
        "" | "count" => String::new(),
        unit => format!(" {unit}"),
    };
    format!(
        "{}: {{{{ with query {} }}}}{{{{ . | first | value }}}}{{{{ end }}}}{}",
        inert(metric.help.as_str()),
        scalar(&series),
        inert(&unit)
    )
}

/// Several files may hold one runbook; the worst of them counts.
fn verdict(stack: &str, id: &Printable, verdict: Verdict) -> String {
    let runbook = matcher("runbook", id);
    let verdict = verdict.word();
    format!(
        "max by (stack, runbook) (duckops_runbook_verdict{{{stack},{runbook},verdict=\"{verdict}\"}})"
    )
}

fn rule(
    out: &mut String,
    alert: &str,
    expression: &str,
    wait: u64,
    labels: &[(&str, &str)],
    annotations: &[(&str, String)],
) {
    out.push_str(&format!("      - alert: {}\n", scalar(alert)));
    out.push_str(&format!("        expr: {}\n", scalar(expression)));
    if wait > 0 {
        out.push_str(&format!("        for: {wait}s\n"));
    }
    out.push_str("        labels:\n");
    for (name, value) in labels {
        out.push_str(&format!("          {name}: {}\n", scalar(value)));
    }
    out.push_str("        annotations:\n");
    for (name, text) in annotations {
        out.push_str(&format!("          {name}: {}\n", scalar(text)));
    }
}

/// Annotations are templates, and what stands in braces would be run.
fn inert(text: &str) -> String {
    text.replace(['{', '}'], "")
}

fn matcher(label: &str, value: &Printable) -> String {
    let value = value.as_str().replace('\\', "\\\\").replace('"', "\\\"");
    format!("{label}=\"{value}\"")
}

/// Every JSON string is a YAML scalar.
fn scalar(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// `inc-004` as the names of alerts are written: `Inc004`.
fn camel(id: &Printable) -> String {
    let words = id.as_str().split(|c: char| !c.is_ascii_alphanumeric());
    words
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        })
        .collect()
}
