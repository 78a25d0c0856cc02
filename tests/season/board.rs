//! The scoreboard: of each incident when it was found, whether cause and command were right, and
//! whether it was calm after the fix; of calm time how many runs were not ok.

use super::incident::{Due, Incident, Kind};
use super::platform::{DAY, MINUTE, Profile};
use super::run::{first_line, told};
use super::watch::Checked;
use duckops::report::model::{Report, StepReport, Verdict};
use std::collections::BTreeMap;
use std::fmt;

/// From when the platform shows it until the next check has run.
const LIMIT: i64 = 5 * MINUTE + 15;

/// So long after the fix what looks at the present is calm.
const CLEARED: i64 = 20 * MINUTE;

/// A run in calm time that was not ok.
pub(super) struct NotOk {
    pub(super) at: i64,
    pub(super) line: String,
    pub(super) is_near_stray: bool,
}

/// What is written down of one incident while it lasts.
#[derive(Default)]
struct Notes {
    wrong_command: Vec<String>,
    other_root: Vec<String>,
    not_named: Vec<String>,
    not_cleared: Vec<String>,
    pages_after: Vec<String>,
    none_since: Vec<String>,
}

/// What came of an incident.
pub(super) struct Outcome {
    kind: Kind,
    began: i64,
    fixed: i64,
    due: Vec<Due>,
}

impl Outcome {
    pub(super) fn of(incident: Incident) -> Self {
        Self {
            kind: incident.kind,
            began: incident.began,
            fixed: incident.fixed.expect("it is over"),
            due: incident.due,
        }
    }
}

/// The scoreboard of one season.
pub(super) struct Board {
    seed: u64,
    profile: Profile,
    pub(super) runs: usize,
    calm_runs: usize,
    stray_runs: usize,
    days: BTreeMap<i64, usize>,
    pub(super) not_ok: Vec<NotOk>,
    pub(super) pages_in_calm: Vec<String>,
    pub(super) outcomes: Vec<Outcome>,
    notes: BTreeMap<Kind, Notes>,
}

impl Board {
    pub(super) fn new(seed: u64, profile: Profile) -> Self {
        Self {
            seed,
            profile,
            runs: 0,
            calm_runs: 0,
            stray_runs: 0,
            days: BTreeMap::new(),
            not_ok: Vec::new(),
            pages_in_calm: Vec::new(),
            outcomes: Vec::new(),
            notes: BTreeMap::new(),
        }
    }

    pub(super) fn calm(&mut self, since_begin: i64, is_near_stray: bool) {
        match is_near_stray {
            true => self.stray_runs += 1,
            false => {
                self.calm_runs += 1;
                *self.days.entry(since_begin / DAY).or_default() += 1;
            }
        }
    }

    /// A run between the beginning of an incident and its fix.
    pub(super) fn during(&mut self, incident: &Incident, checked: &Checked, at: i64) {
        let report = &checked.report;
        let notes = self.notes.entry(incident.kind).or_default();
        // The newest thing that was found is what the run is about.
        let Some(due) = incident.due.iter().rfind(|due| due.found.is_some()) else {
            return;
        };
        let command = report
            .next_action
            .as_ref()
            .and_then(|next| next.command.as_ref());
        let command = command.map_or(String::new(), ToString::to_string);
        // What was found early, by another rule, may be calm again until it is due, and mail of a
        // day falls below its limit by itself.
        let is_due = due.visible.is_some_and(|visible| at >= visible) && incident.holds;
        if report.verdict == Verdict::Ok && !is_due {
            return;
        }
        if !due.commands.iter().any(|right| command.starts_with(right)) {
            notes.wrong_command.push(format!(
                "{}: {}: {command}: {}",
                told(at),
                due.what,
                first_line(report)
            ));
        }
        if due.is_root && root(report) != Some(due.runbook) {
            notes
                .other_root
                .push(format!("{}: {:?}", told(at), root(report)));
        }
        if let Some(name) = &due.names
            && !format!("{:?}", report.runbooks).contains(name)
        {
            notes.not_named.push(told(at));
        }
    }

    /// A run after the fix.
    pub(super) fn after(&mut self, incident: &Incident, checked: &Checked, at: i64) {
        let report = &checked.report;
        let fixed = incident.fixed.expect("it is over");
        let runbook = incident.due[0].runbook;
        let notes = self.notes.entry(incident.kind).or_default();
        for page in &checked.pages {
            if page["kind"] != "resolve" {
                let what = format!("{} {} {}", page["kind"], page["runbook"], page["summary"]);
                notes.pages_after.push(format!("{}: {what}", told(at)));
            }
        }
        if at < fixed + CLEARED {
            return;
        }
        let line = || format!("{}: {}", told(at), first_line(report));
        match incident.kind {
            // A window of a day still shows it, and says that it is over.
            Kind::SpikeOf14 | Kind::OneDeadAgent => {
                let over = report.summary.as_str().contains("none since");
                let is_told = root(report) == Some("inc-004");
                if is_told && !over {
                    notes.none_since.push(line());
                }
                let is_other = |id: &&str| !["inc-004", "peck"].contains(id);
                if root(report).as_ref().is_some_and(is_other) {
                    notes.not_cleared.push(line());
                }
            }
            kind => {
                let is_its_own = |step: &&StepReport| match kind {
                    // Clean-up aborts it, which the step beside shows for an hour.
                    Kind::StuckExecution => step.id.as_str() == "stale",
                    // The lines of the failures stay for an hour.
                    Kind::HalfFailingCertificates => step.id.as_str() != "logs",
                    _ => true,
                };
                let judged = report.runbooks.iter().filter(|r| r.id.as_str() == runbook);
                let mut steps = judged.flat_map(|judged| &judged.steps).filter(is_its_own);
                if steps.any(|step| step.verdict() >= Verdict::Warning) {
                    notes.not_cleared.push(line());
                }
            }
        }
    }

    /// Everything that is not as it should be, for the assertion.
    pub(super) fn complaints(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut say = |text: String| wrong.push(format!("seed {}: {text}", self.seed));
        for outcome in &self.outcomes {
            let kind = outcome.kind;
            for due in &outcome.due {
                match (due.visible, due.found) {
                    (_, None) => say(format!("{kind:?}: {} was not found", due.what)),
                    (Some(visible), Some(found)) if found > visible + LIMIT => say(format!(
                        "{kind:?}: {} was found {} late",
                        due.what,
                        minutes(found - visible)
                    )),
                    _ => {}
                }
            }
        }
        for (kind, notes) in &self.notes {
            for (what, list) in [
                ("wrong command", &notes.wrong_command),
                ("another root cause", &notes.other_root),
                ("not named", &notes.not_named),
                ("not cleared", &notes.not_cleared),
                ("told after the fix", &notes.pages_after),
                ("no 'none since'", &notes.none_since),
            ] {
                if let Some(first) = list.first() {
                    say(format!(
                        "{kind:?}: {what}, {} times, first {first}",
                        list.len()
                    ));
                }
            }
        }
        let plain = self.not_ok.iter().filter(|run| !run.is_near_stray);
        let allowed = self.days.len().div_ceil(7);
        let plain: Vec<_> = plain.collect();
        if plain.len() > allowed {
            let lines: Vec<_> = plain
                .iter()
                .take(12)
                .map(|run| format!("{} {}", told(run.at), run.line))
                .collect();
            say(format!("{} calm runs were not ok: {lines:#?}", plain.len()));
        }
        if let Some(first) = self.pages_in_calm.first() {
            say(format!(
                "{} pages in calm time: {first}",
                self.pages_in_calm.len()
            ));
        }
        wrong
    }
}

fn root(report: &Report) -> Option<&str> {
    report
        .root_cause
        .as_ref()
        .map(duckops::text::Printable::as_str)
}

fn minutes(seconds: i64) -> String {
    format!("{} min", seconds / 60)
}

impl fmt::Display for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Profile {
            agents,
            feed,
            journal,
            ..
        } = self.profile;
        writeln!(
            f,
            "season {}: {} checks; {agents} agents, a feed of {feed}, versions by {}",
            self.seed,
            self.runs,
            if journal { "journal" } else { "configuration" }
        )?;
        writeln!(
            f,
            "{:<24} {:<16} {:>9} {:>6} {:>8} {:>8} {:>6}",
            "INCIDENT", "DUE", "FOUND", "CAUSE", "COMMAND", "CLEARED", "PAGES"
        )?;
        for outcome in &self.outcomes {
            let notes = &self.notes[&outcome.kind];
            let word = |list: &Vec<String>| if list.is_empty() { "right" } else { "WRONG" };
            for due in &outcome.due {
                let found = match (due.visible, due.found) {
                    (Some(visible), Some(found)) => format!("{:+}", (found - visible) / 60),
                    (None, Some(found)) => format!("{} early", (found - outcome.began) / 60),
                    _ => "NOT".to_owned(),
                };
                let cleared = notes.not_cleared.is_empty() && notes.none_since.is_empty();
                writeln!(
                    f,
                    "{:<24} {:<16} {found:>9} {:>6} {:>8} {:>8} {:>6}",
                    format!("{:?}", outcome.kind),
                    due.what,
                    word(&notes.other_root),
                    word(&notes.wrong_command),
                    if cleared { "right" } else { "WRONG" },
                    notes.pages_after.len(),
                )?;
            }
            let _ = outcome.fixed;
        }
        let (stray, plain): (Vec<_>, Vec<_>) =
            self.not_ok.iter().partition(|run| run.is_near_stray);
        writeln!(
            f,
            "calm: {} of {} checks not ok in {} days; {} of {} within an hour of a stray; {} pages",
            plain.len(),
            self.calm_runs,
            self.days.len(),
            stray.len(),
            self.stray_runs,
            self.pages_in_calm.len()
        )?;
        plain
            .iter()
            .try_for_each(|run| writeln!(f, "not ok {} {}", told(run.at), run.line))
    }
}
