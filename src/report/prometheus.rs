//! The report for node_exporter's textfile collector.
//!
//! Verdicts are state sets: every state is there, the one in force is 1. Facts that are
//! numbers are gauges; one that is not known is `NaN`, so that its series goes on, and the
//! metrics of the runbooks are there whatever a rule looked at. The limits of the runbooks are
//! gauges too: a rule or a plot need not repeat them. Running totals are counters besides. There are no time stamps: a single one
//! makes the collector skip the whole file. Every sample says which stack and which run it is
//! of, so that two files can stand side by side.

use super::model::{ChannelReport, Report, RunbookReport, Verdict};

use crate::fact::utc;
use crate::text::Printable;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use time::OffsetDateTime;

const STATES: [Verdict; 5] = [
    Verdict::Ok,
    Verdict::Warning,
    Verdict::Critical,
    Verdict::Unknown,
    Verdict::Skipped,
];

/// The file of a run that came to its report.
pub fn render(report: &Report) -> String {
    let mut ids: Vec<_> = report.runbooks.iter().map(|r| &r.id).collect();
    ids.sort_unstable();
    let ended = report.started_at + report.took;
    let mut page = MetricsPage::of(&report.stack.name, &ids);
    page.states("run", "The verdict of the run.", [(vec![], report.verdict)]);
    let mut runbooks: Vec<&RunbookReport> = report.runbooks.iter().collect();
    runbooks.sort_unstable_by_key(|runbook| &runbook.id);
    let states = runbooks
        .iter()
        .map(|r| (vec![("runbook", r.id.as_str())], r.verdict));
    page.states("runbook", "The verdict of a runbook.", states);
    let steps = runbooks.iter().flat_map(|r| {
        r.steps.iter().map(|step| {
            let labels = vec![("runbook", r.id.as_str()), ("step", step.id.as_str())];
            (labels, step.verdict())
        })
    });
    page.states("step", "The verdict of a step.", steps);
    page.warming_up(&runbooks);
    page.facts(report);
    page.totals(&runbooks);
    page.limits(&runbooks);
    page.channels(&report.channels);
    page.times(ended, Some(ended), Some(report.took.as_secs_f64()));
    page.out
}

/// The file of a run that never came to a report: unknown, whatever was asked for. The
/// last complete run is written again, where it is known; an alert looks at its age.
pub fn failure(
    stack: &Printable,
    runbooks: &[Printable],
    ended: OffsetDateTime,
    last_complete: Option<OffsetDateTime>,
) -> String {
    let mut ids: Vec<_> = runbooks.iter().collect();
    ids.sort_unstable();
    let mut page = MetricsPage::of(stack, &ids);
    page.states(
        "run",
        "The verdict of the run.",
        [(vec![], Verdict::Unknown)],
    );
    let states = ids
        .iter()
        .map(|id| (vec![("runbook", id.as_str())], Verdict::Unknown));
    page.states("runbook", "The verdict of a runbook.", states);
    page.times(ended, last_complete, None);
    page.out
}

type Labels<'a> = Vec<(&'a str, &'a str)>;

struct MetricsPage {
    /// The labels that every sample has.
    common: String,
    out: String,
}

impl MetricsPage {
    fn of(stack: &Printable, runbooks: &[&Printable]) -> Self {
        let run: Vec<_> = runbooks.iter().map(|id| id.as_str()).collect();
        let common = format!(
            "stack=\"{}\",run=\"{}\"",
            escaped(stack.as_str()),
            escaped(&run.join("+"))
        );
        Self {
            common,
            out: String::new(),
        }
    }

    fn family(&mut self, name: &str, help: &str) {
        self.family_of("gauge", name, help);
    }

    fn family_of(&mut self, kind: &str, name: &str, help: &str) {
        let _ = writeln!(self.out, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let _ = write!(self.out, "{name}{{{}", self.common);
        for (label, text) in labels {
            let _ = write!(self.out, ",{label}=\"{}\"", escaped(text));
        }
        let _ = writeln!(self.out, "}} {value}");
    }

    /// Whether a step waits for history to be old enough, on a first installation.
    fn warming_up(&mut self, runbooks: &[&RunbookReport]) {
        let name = "duckops_step_warming_up";
        self.family(
            name,
            "Whether a step is not judged because history is too young.",
        );
        let mut seen = BTreeSet::new();
        for runbook in runbooks {
            for step in &runbook.steps {
                let labels = [("runbook", runbook.id.as_str()), ("step", step.id.as_str())];
                // The same series twice would make the collector drop the file.
                if !seen.insert(labels) {
                    continue;
                }
                self.sample(
                    name,
                    &labels,
                    f64::from(u8::from(step.warming_up.is_some())),
                );
            }
        }
    }

    fn states<'a>(
        &mut self,
        what: &str,
        help: &str,
        all: impl IntoIterator<Item = (Labels<'a>, Verdict)>,
    ) {
        let name = format!("duckops_{what}_verdict");
        self.family(&name, &format!("{help} One state is 1, the others are 0."));
        let mut seen = Vec::new();
        for (mut labels, verdict) in all {
            // The same series twice would make the collector drop the file.
            if seen.contains(&labels) {
                continue;
            }
            seen.push(labels.clone());
            for state in STATES {
                labels.push(("verdict", state.word()));
                self.sample(&name, &labels, f64::from(u8::from(state == verdict)));
                labels.pop();
            }
        }
    }

    /// Of a check with notifications, so that a channel that is dead is seen although it cannot
    /// say so itself.
    fn channels(&mut self, channels: &[ChannelReport]) {
        if channels.is_empty() {
            return;
        }
        let name = "duckops_channel_usable";
        self.family(name, "Whether messages can be sent to a channel.");
        for channel in channels {
            let usable = f64::from(u8::from(channel.trouble.is_none()));
            self.sample(name, &[("channel", channel.name.as_str())], usable);
        }
        type Count = fn(&ChannelReport) -> usize;
        let counts: [(&str, &str, Count); 2] = [
            (
                "duckops_channel_waiting_messages",
                "Messages that wait for a channel.",
                |channel| channel.waiting.len(),
            ),
            (
                "duckops_channel_refused_messages",
                "Messages that a channel refused permanently, of open incidents.",
                |channel| channel.refused.len(),
            ),
        ];
        for (name, help, count) in counts {
            self.family(name, help);
            for channel in channels {
                let labels = [("channel", channel.name.as_str())];
                #[expect(clippy::cast_precision_loss, reason = "at most some hundred messages")]
                self.sample(name, &labels, count(channel) as f64);
            }
        }
    }

    fn facts(&mut self, report: &Report) {
        let mut facts: BTreeMap<&str, (&str, f64)> = BTreeMap::new();
        for metric in report.runbooks.iter().flat_map(|runbook| &runbook.metrics) {
            let value = metric.value.unwrap_or(f64::NAN);
            facts.insert(metric.fact, (metric.unit, value));
        }
        let steps = report.runbooks.iter().flat_map(|r| &r.steps);
        for evidence in steps.flat_map(|step| step.finding.evidence()) {
            let value = match &evidence.value {
                Some(value) => value.number(),
                None => Some(f64::NAN),
            };
            let Some(value) = value else { continue };
            let (_, shown) = facts.entry(evidence.fact).or_insert((evidence.unit, value));
            if shown.is_nan() {
                *shown = value;
            }
        }
        self.family(
            "duckops_fact",
            "A fact that the run was judged by; NaN when it is not known.",
        );
        for (path, (unit, value)) in facts {
            self.sample("duckops_fact", &[("fact", path), ("unit", unit)], value);
        }
    }

    /// The running totals once more, as counters: they are for `increase()` and `rate()`, which a
    /// `NaN` would spoil, so one that is not known is left out.
    fn totals(&mut self, runbooks: &[&RunbookReport]) {
        let metrics = runbooks.iter().flat_map(|runbook| &runbook.metrics);
        let totals: BTreeMap<&str, (&str, f64)> = metrics
            .filter(|metric| metric.total)
            .filter_map(|metric| Some((metric.fact, (metric.unit, metric.value?))))
            .collect();
        if totals.is_empty() {
            return;
        }
        let name = "duckops_fact_total";
        let help = "A running total that the run saw, as a counter.";
        self.family_of("counter", name, help);
        for (path, (unit, value)) in totals {
            self.sample(name, &[("fact", path), ("unit", unit)], value);
        }
    }

    fn limits(&mut self, runbooks: &[&RunbookReport]) {
        let name = "duckops_limit";
        let help = "A limit of a runbook, by its name there; durations in seconds.";
        self.family(name, help);
        for runbook in runbooks {
            for (limit, value) in &runbook.limits {
                if let Some(value) = value.number() {
                    let labels = [("runbook", runbook.id.as_str()), ("limit", limit.as_str())];
                    self.sample(name, &labels, value);
                }
            }
        }
    }

    fn times(
        &mut self,
        ended: OffsetDateTime,
        complete: Option<OffsetDateTime>,
        took: Option<f64>,
    ) {
        let seconds = |at: OffsetDateTime| at.unix_timestamp() as f64;
        let name = "duckops_last_run_timestamp_seconds";
        self.family(name, "When the last run ended, however it ended.");
        self.sample(name, &[], seconds(ended));
        if let Some(complete) = complete {
            let name = "duckops_last_complete_run_timestamp_seconds";
            self.family(name, "When the last run that came to a report ended.");
            self.sample(name, &[], seconds(complete));
        }
        if let Some(took) = took {
            let name = "duckops_run_duration_seconds";
            self.family(name, "How long the last run took.");
            self.sample(name, &[], took);
        }
        self.family("duckops_build_info", "Which duckops made this file.");
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        self.sample("duckops_build_info", &version, 1.0);
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// When a file says that the last complete run ended: what a failing run has to repeat.
pub fn last_complete(file: &str) -> Option<OffsetDateTime> {
    let name = "duckops_last_complete_run_timestamp_seconds{";
    let line = file.lines().find(|line| line.starts_with(name))?;
    let seconds: f64 = line.rsplit(' ').next()?.parse().ok()?;
    let at = OffsetDateTime::from_unix_timestamp(seconds as i64).ok()?;
    (utc(at).len() == 20).then_some(at)
}

#[cfg(test)]
mod tests;
