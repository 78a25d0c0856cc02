//! Alert rules for Prometheus, over the series that [`super::prometheus`] writes: one for
//! each incident, one for a verdict that stays unknown, and two for a check that is no
//! longer made, because a file that nobody renews is served for ever.

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
}

/// The rule file. `interval` is how often the check is made, in seconds.
pub fn render(stack: &Printable, alerts: &[Alert], interval: u64) -> String {
    let mut out = String::from(
        "# Alert rules over the file that `duckops check --textfile` writes.\n\
         groups:\n  - name: duckops\n    rules:\n",
    );
    let stack = matcher("stack", stack);
    for alert in alerts {
        incident(&mut out, &stack, alert);
    }
    for alert in alerts {
        unknown(&mut out, &stack, alert, interval);
    }
    let stale = 3 * interval;
    let last = "duckops_last_complete_run_timestamp_seconds";
    rule(
        &mut out,
        "DuckopsCheckStale",
        &format!("time() - {last}{{{stack}}} > {stale}"),
        0,
        &[("priority", "P1")],
        &format!("No check has come to a report for more than {stale} s"),
        "Look at cron or the timer on that host, then: duckops doctor",
    );
    rule(
        &mut out,
        "DuckopsCheckAbsent",
        &format!("absent({last}{{{stack}}})"),
        stale,
        &[("priority", "P1")],
        "No check is seen at all",
        "Look at the textfile collector and at cron or the timer, then: duckops doctor",
    );
    out
}

fn incident(out: &mut String, stack: &str, alert: &Alert) {
    let expression = format!("{} == 1", verdict(stack, &alert.id, "critical"));
    rule(
        out,
        &format!("Duckops{}Critical", camel(&alert.id)),
        &expression,
        0,
        &[
            ("priority", alert.severity.as_str()),
            ("runbook", alert.id.as_str()),
        ],
        &format!("{}: {}", name(&alert.id), alert.title),
        &format!("duckops triage {}", alert.id),
    );
}

/// A verdict that another incident explains is unknown, and that alerts already.
fn unknown(out: &mut String, stack: &str, alert: &Alert, interval: u64) {
    let mut expression = format!("{} == 1", verdict(stack, &alert.id, "unknown"));
    for parent in &alert.explained_by {
        let parent = verdict(stack, parent, "critical");
        expression.push_str(&format!(" unless on (stack) {parent} == 1"));
    }
    rule(
        out,
        &format!("Duckops{}Unknown", camel(&alert.id)),
        &expression,
        3 * interval,
        &[("priority", "P2"), ("runbook", alert.id.as_str())],
        &format!("{}: cannot be told for a while", name(&alert.id)),
        "duckops doctor",
    );
}

/// Several files may tell of one runbook; the worst of them counts.
fn verdict(stack: &str, id: &Printable, verdict: &str) -> String {
    let runbook = matcher("runbook", id);
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
    summary: &str,
    action: &str,
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
    out.push_str(&format!("          summary: {}\n", scalar(&inert(summary))));
    out.push_str(&format!("          action: {}\n", scalar(&inert(action))));
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

fn name(id: &Printable) -> String {
    id.as_str().to_ascii_uppercase()
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
