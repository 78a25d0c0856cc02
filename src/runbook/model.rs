//! A runbook after loading: everything in it is known to resolve.

use super::metric::MetricDefinition;
use super::rule::Expression;
use super::words::Words;
use crate::fact::{FactValue, Probe};
use crate::report::model::RunbookReport;
use crate::report::rules::Alert;
use crate::text::{Printable, StackNames};
use std::collections::{BTreeMap, BTreeSet};

/// One incident or one state, as data.
#[derive(Debug)]
pub struct Runbook {
    /// The file it came from, as the operator knows it.
    pub file: String,
    /// Its id, equal to the file's name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it is about in one word, for a row among other runbooks: `callbacks`.
    pub short: String,
    /// How things stand in one line when every step is ok.
    pub overview: Option<Words>,
    /// `P0`, `P1` or `P2`.
    pub severity: String,
    /// What an escalation asks of its recipient.
    pub asks: Option<Words>,
    /// Its place among several that are critical: the lowest is the root cause.
    pub rank: u8,
    /// The incidents that, when critical, explain that this one is not judged.
    pub explained_by: Vec<String>,
    /// Notices for affected users, with their conditions.
    pub notices: Vec<Notice>,
    /// The numbers an operator may edit.
    pub limits: BTreeMap<String, FactValue>,
    /// The numbers that monitoring systems are given.
    pub metrics: Vec<MetricDefinition>,
    /// Its steps in order.
    pub steps: Vec<Step>,
    /// The cases that prove its rules.
    pub cases: Vec<Case>,
}

impl Runbook {
    /// What alert rules need of it.
    pub fn into_alert(self) -> Alert {
        let metrics = self.metrics.iter().map(|metric| metric.value(|_| None));
        Alert {
            metrics: metrics.collect(),
            id: self.id.into(),
            title: self.title.into(),
            severity: self.severity.into(),
            explained_by: self.explained_by.into_iter().map(Into::into).collect(),
        }
    }

    /// The notice for affected users: the first one that is due.
    pub fn notice<'v>(
        &self,
        judged: &RunbookReport,
        value: impl Fn(&str) -> Option<&'v FactValue>,
    ) -> Option<Printable> {
        let mut notices = self.notices.iter();
        notices.find_map(|notice| notice.of(judged, &value))
    }

    /// Every incident that may explain it, or what one of its rules finds.
    pub fn explanations(&self) -> impl Iterator<Item = &String> {
        let rules = self.steps.iter().flat_map(|step| &step.rules);
        self.explained_by
            .iter()
            .chain(rules.flat_map(|rule| &rule.explained_by))
    }
}

/// The notice for affected users while one rule holds.
#[derive(Debug)]
pub struct Notice {
    /// The step of the rule.
    pub step: String,
    /// The reason of the rule.
    pub reason: String,
    /// The text.
    pub text: Words,
}

impl Notice {
    /// The text, where the rule decided and every fact that it names is known.
    fn of<'v>(
        &self,
        judged: &RunbookReport,
        value: impl Fn(&str) -> Option<&'v FactValue>,
    ) -> Option<Printable> {
        let mut steps = judged.steps.iter();
        let step = steps.find(|step| step.id.as_str() == self.step)?;
        let is_due = step.reason_code.as_str() == self.reason
            && self.text.facts().all(|path| value(path).is_some());
        is_due.then(|| self.text.fill(value, &BTreeMap::new(), &StackNames::new()))
    }
}

/// The rank of a runbook that names none: after every built-in incident.
pub const DEFAULT_RANK: u8 = 50;

/// One question, answered by a verdict.
#[derive(Debug)]
pub struct Step {
    /// Its id, unique in the runbook.
    pub id: String,
    /// The line it begins on.
    pub line: usize,
    /// A claim that is true when all is well.
    pub title: String,
    /// The same question as a command for a person.
    pub manual: Words,
    /// Facts shown as evidence beside those that decided.
    pub show: Vec<&'static str>,
    /// What to know and to do without having asked anybody, a line each.
    pub guide: Vec<String>,
    /// The fact that holds when history will be old enough for this step, while it is too young
    /// on a first installation and nothing speaks against ok.
    pub warming_up: Option<&'static str>,
    /// Its rules; the first that holds decides.
    pub rules: Vec<Rule>,
}

impl Step {
    /// The probes that its facts come from, the inputs of joined facts among them.
    pub fn probes(&self) -> BTreeSet<Probe> {
        let own = self
            .facts()
            .filter_map(|path| crate::fact::find(path).map(|(probe, _)| probe));
        let joined = self.facts().chain(self.warming_up);
        let joined = joined.flat_map(crate::fact::inputs).copied();
        own.chain(joined).collect()
    }

    /// The facts its rules, words and evidence name.
    pub fn facts(&self) -> impl Iterator<Item = &'static str> + '_ {
        let rules = self.rules.iter().flat_map(Rule::facts);
        self.show
            .iter()
            .copied()
            .chain(self.manual.facts())
            .chain(rules)
    }
}

/// One comparison and what it leads to.
#[derive(Debug)]
pub struct Rule {
    /// The line of its condition.
    pub line: usize,
    /// The condition.
    pub when: Expression,
    /// What it leads to; never unknown.
    pub verdict: crate::report::model::Verdict,
    /// A stable code for the reason.
    pub reason: String,
    /// The conclusion in one sentence, for the row of the step.
    pub say: Words,
    /// Further rows; one whose facts are not all known is left out.
    pub also: Vec<Words>,
    /// The conclusion with the thing it is about, for the first line of a report; without it
    /// the title of the runbook and `say`.
    pub headline: Option<Words>,
    /// The command that follows the next action.
    pub then: Option<Words>,
    /// What to do, in words.
    pub next: Option<Words>,
    /// What to do, as a command.
    pub command: Option<Words>,
    /// Whom to call.
    pub escalate: Option<Escalate>,
    /// Whether this is what the whole runbook comes down to when it holds: its next action
    /// goes before those of steps that are as bad.
    pub leads: bool,
    /// The incidents that, when critical, explain what this rule found.
    pub explained_by: Vec<String>,
}

impl Rule {
    /// Its texts.
    pub(super) fn words(&self) -> impl Iterator<Item = &Words> {
        let optional = [&self.next, &self.command, &self.headline, &self.then];
        let optional = optional.into_iter().filter_map(Option::as_ref);
        std::iter::once(&self.say).chain(&self.also).chain(optional)
    }

    /// The facts it compares, names or counts from.
    pub fn facts(&self) -> impl Iterator<Item = &'static str> + '_ {
        let within = self.escalate.as_ref().and_then(|escalate| escalate.within);
        self.when
            .facts
            .iter()
            .copied()
            .chain(self.words().flat_map(Words::facts))
            .chain(within.map(|(_, from)| from))
    }
}

/// The escalation of a rule.
#[derive(Clone, Debug)]
pub struct Escalate {
    /// `P0`, `P1` or `P2`.
    pub priority: String,
    /// Whom, where it is not the contact of the stack.
    pub to: Option<String>,
    /// Seconds until it is due, and the fact that says from which instant on: a deadline must
    /// not move with every run. `None` is at once.
    pub within: Option<(i64, &'static str)>,
}

/// Facts as they might be, and what must be concluded from them.
#[derive(Debug)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// The line it begins on.
    pub line: usize,
    /// The facts that are known; all others are silent.
    pub facts: BTreeMap<&'static str, FactValue>,
    /// The verdict of each step that it speaks of.
    pub expect: BTreeMap<String, crate::report::model::Verdict>,
}
