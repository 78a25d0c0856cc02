//! The report: what a run concluded, as plain data that every renderer only reads.
//!
//! An ok cannot be made without evidence: [`Finding::Ok`] holds a [`Proof`], and a
//! proof holds at least one fact. The exit code comes from here and nowhere else.

use super::metric::MetricValue;
use crate::fact::{Fact, FactValue, Probe};
use crate::observation::{RequestLog, Unavailable};
use crate::stack::Stack;
use crate::text::Printable;
use std::time::Duration;
use time::OffsetDateTime;

pub use super::layout::{Layout, StepRows};
pub use super::verdict::Verdict;

/// One fact that a conclusion was drawn from.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The path of the fact.
    pub fact: &'static str,
    /// Its value; `None` when it is not known.
    pub value: Option<FactValue>,
    /// Its unit; empty when it has none.
    pub unit: &'static str,
    /// Where it came from.
    pub source: Probe,
    /// When the outside world said so.
    pub at: Option<OffsetDateTime>,
}

/// Evidence that an ok stands on: at least one fact, all of them known.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof(Vec<Evidence>);

impl Proof {
    /// Takes known facts. Without any there is no proof.
    pub fn of(
        facts: impl IntoIterator<Item = (&'static str, &'static str, Probe, Fact)>,
    ) -> Option<Self> {
        let evidence: Vec<_> = facts
            .into_iter()
            .map(|(fact, unit, source, Fact { value, at })| Evidence {
                fact,
                value: Some(value),
                unit,
                source,
                at: Some(at),
            })
            .collect();
        (!evidence.is_empty()).then_some(Self(evidence))
    }
}

/// The conclusion of a step with what it stands on.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// Proven.
    Ok(Proof),
    /// Not as it should be.
    Warning(Vec<Evidence>),
    /// An incident.
    Critical(Vec<Evidence>),
    /// Unknown.
    Unknown(Vec<Evidence>),
    /// Not needed.
    Skipped(Vec<Evidence>),
}

impl Finding {
    /// Its verdict.
    pub fn verdict(&self) -> Verdict {
        match self {
            Finding::Ok(_) => Verdict::Ok,
            Finding::Warning(_) => Verdict::Warning,
            Finding::Critical(_) => Verdict::Critical,
            Finding::Unknown(_) => Verdict::Unknown,
            Finding::Skipped(_) => Verdict::Skipped,
        }
    }

    /// What it stands on.
    pub fn evidence(&self) -> &[Evidence] {
        match self {
            Finding::Ok(proof) => &proof.0,
            Finding::Warning(e)
            | Finding::Critical(e)
            | Finding::Unknown(e)
            | Finding::Skipped(e) => e,
        }
    }
}

/// The one thing to do now.
#[derive(Clone, Debug, PartialEq)]
pub struct NextAction {
    /// In words.
    pub text: Printable,
    /// As a command to paste, where there is one.
    pub command: Option<Printable>,
}

/// Whom to call, how urgently, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Escalation {
    /// To whom, such as `T-JOSH`.
    pub to: Printable,
    /// `P0` or `P1`.
    pub priority: Printable,
    /// By when; `None` is now.
    pub due: Option<OffsetDateTime>,
    /// Why.
    pub reason: Printable,
    /// When and by whom that was done already, for this incident.
    pub paged: Option<Printable>,
}

/// A step that waits for history to be old enough, on a first installation.
#[derive(Clone, Debug, PartialEq)]
pub struct WarmingUp {
    /// When it will be judged.
    pub ready: OffsetDateTime,
    /// When that was found.
    pub at: OffsetDateTime,
}

/// One step, judged.
#[derive(Clone, Debug)]
pub struct StepReport {
    /// From 1, in the order of the runbook.
    pub number: usize,
    /// Its id.
    pub id: Printable,
    /// A claim that is true when all is well.
    pub title: Printable,
    /// The conclusion.
    pub finding: Finding,
    /// A stable code for the reason.
    pub reason_code: Printable,
    /// The conclusion in one sentence.
    pub summary: Printable,
    /// Further rows of the conclusion.
    pub also: Vec<Printable>,
    /// The conclusion with the thing it is about, for a first line; `None` is the title of the
    /// runbook and the summary.
    pub headline: Option<Printable>,
    /// What to do; `None` when there is nothing to do.
    pub next_action: Option<NextAction>,
    /// The command that follows the next action.
    pub then: Option<Printable>,
    /// Whom to call about this step.
    pub escalation: Option<Escalation>,
    /// Until when it is not judged because history is too young.
    pub warming_up: Option<WarmingUp>,
    /// Why it is not judged, where a fact or an earlier step is the reason.
    pub unavailable: Option<Unavailable>,
    /// The requests it stands on, by the probe that sent them.
    pub asked: Vec<(Probe, RequestLog)>,
    /// The same question as a command for a person.
    pub manual: Printable,
}

impl StepReport {
    /// Its verdict.
    pub fn verdict(&self) -> Verdict {
        self.finding.verdict()
    }

    /// The id of the earlier step without which it is not judged.
    pub fn waits_for(&self) -> Option<&Printable> {
        self.unavailable.as_ref()?.waits_for()
    }
}

named_enum! {
    /// How a verdict compares with the one of the check before.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Change, word {
        New "new" "It was well, and is not any more.";
        Worse "worse" "It was bad, and is worse.";
        Better "better" "It was bad, and is less so.";
        Resolved "resolved" "It was bad, and is well.";
        Unchanged "unchanged" "As it was.";
    }
}

/// A runbook as it stands among the checks before.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Compared with the check before.
    pub change: Change,
    /// The verdict that counted before; `None` on the first check.
    pub before: Option<Verdict>,
    /// The verdict that counts now, which is not this run's while it is held back.
    pub settled: Verdict,
    /// Since when it counts.
    pub since: OffsetDateTime,
    /// Whether this run's verdict does not count yet, or an earlier one still does.
    pub held: bool,
    /// Until when it is muted, and by whom.
    pub muted: Option<Muted>,
    /// The first notification of this incident.
    pub told: Option<Notification>,
}

/// A mute in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Muted {
    /// When it ends by itself.
    pub until: OffsetDateTime,
    /// Who set it.
    pub by: Printable,
}

/// A notification that was delivered.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// By which host.
    pub by: Printable,
    /// When.
    pub at: OffsetDateTime,
    /// Through which channel.
    pub channel: Printable,
}

/// One runbook, judged.
#[derive(Clone, Debug)]
pub struct RunbookReport {
    /// Its id, such as `inc-004`.
    pub id: Printable,
    /// Its title.
    pub title: Printable,
    /// What it is about in one word, for a row among other runbooks.
    pub short: Printable,
    /// How things stand in one line, when every step is ok.
    pub overview: Option<Printable>,
    /// `P0`, `P1` or `P2`.
    pub severity: Printable,
    /// The numbers it was judged by, as the operator wrote them.
    pub limits: Vec<(Printable, FactValue)>,
    /// Its metrics with the values of this run, in the order of the file.
    pub metrics: Vec<MetricValue>,
    /// The worst of its steps, or unknown when another incident explains it.
    pub verdict: Verdict,
    /// The conclusion in one sentence.
    pub summary: Printable,
    /// The incident that must be solved first.
    pub blocked_by: Option<Printable>,
    /// What to do; `None` when there is nothing to do.
    pub next_action: Option<NextAction>,
    /// The command that follows the next action.
    pub then: Option<Printable>,
    /// Whom to call.
    pub escalation: Option<Escalation>,
    /// Its steps in order.
    pub steps: Vec<StepReport>,
    /// How it compares with the checks before; only `check` knows.
    pub standing: Option<Standing>,
}

/// A channel of the configuration, as far as a check with notifications knows.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelReport {
    /// Its name.
    pub name: Printable,
    /// Why it cannot be used; `None` when it can, as far as that is known.
    pub trouble: Option<Printable>,
    /// Since when it cannot be used.
    pub since: Option<OffsetDateTime>,
    /// The messages that wait for it, oldest first.
    pub waiting: Vec<WaitingNotice>,
    /// The messages that it refused for good.
    pub refused: Vec<RefusedNotice>,
}

/// A message that waits for its channel.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitingNotice {
    /// About which runbook, by its id.
    pub runbook: Printable,
    /// `trigger`, `update`, `resolve` or `escalate`.
    pub kind: &'static str,
    /// The verdict that it reports.
    pub verdict: Printable,
    /// Since when it waits.
    pub since: OffsetDateTime,
}

/// A message that its channel refused for good.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedNotice {
    /// About which runbook, by its id.
    pub runbook: Printable,
    /// What the channel answered.
    pub why: Printable,
    /// When.
    pub at: OffsetDateTime,
}

/// Which production system a report speaks of.
#[derive(Clone, Debug)]
pub struct StackIdentity {
    /// Its name in the configuration.
    pub name: Printable,
    /// The base URL before `/beak/…`.
    pub api_url: Printable,
    /// The AWS region.
    pub region: Printable,
    /// The AWS account it must be in.
    pub account: Printable,
    /// What a command needs to mean this stack as this run does, such as `--stack staging`; empty
    /// where it is the one that is meant without.
    pub arguments: Vec<String>,
}

impl StackIdentity {
    /// The identity of a configured stack.
    pub fn of(stack: &Stack) -> Self {
        Self {
            name: stack.name.value.as_str().into(),
            api_url: stack.endpoint("").into(),
            region: stack.region.value.as_str().into(),
            account: stack.account.value.as_str().into(),
            arguments: stack.arguments.clone(),
        }
    }
}

/// One run, judged.
#[derive(Clone, Debug)]
pub struct Report {
    /// Which system.
    pub stack: StackIdentity,
    /// When it began.
    pub started_at: OffsetDateTime,
    /// How long it took.
    pub took: Duration,
    /// The verdict of the run.
    pub verdict: Verdict,
    /// The incident to solve first.
    pub root_cause: Option<Printable>,
    /// The conclusion in one sentence.
    pub summary: Printable,
    /// The one thing to do now; `None` when there is nothing to do.
    pub next_action: Option<NextAction>,
    /// Whom to call.
    pub escalation: Option<Escalation>,
    /// Those asked for, worst first.
    pub runbooks: Vec<RunbookReport>,
    /// What else must be said of this run: overridden endpoints, history not recorded, a clock that is off.
    pub notes: Vec<Printable>,
    /// The channels of a check with notifications.
    pub channels: Vec<ChannelReport>,
    /// What the table shows beside the steps.
    pub layout: Layout,
}

impl Report {
    /// Whether there is nothing to notify: all is ok, or a person who muted it knows already.
    pub fn is_silent(&self) -> bool {
        let is_muted = |runbook: &RunbookReport| {
            let standing = runbook.standing.as_ref();
            standing.is_some_and(|standing| standing.muted.is_some())
        };
        let mut bad = self
            .runbooks
            .iter()
            .filter(|runbook| runbook.verdict >= Verdict::Warning)
            .peekable();
        self.verdict == Verdict::Ok || (bad.peek().is_some() && bad.all(is_muted))
    }

    /// Whether any runbook stands otherwise than at the check before. Without a comparison
    /// that has to be assumed.
    pub fn has_changed(&self) -> bool {
        self.runbooks.iter().any(|runbook| {
            let standing = runbook.standing.as_ref();
            standing.is_none_or(|standing| standing.change != Change::Unchanged)
                && runbook.blocked_by.is_none()
        })
    }

    /// Critical runbooks that the root cause does not explain, in their order.
    pub fn further(&self) -> impl Iterator<Item = &RunbookReport> {
        let cause = self.root_cause.as_ref();
        self.runbooks.iter().filter(move |runbook| {
            runbook.verdict == Verdict::Critical
                && runbook.blocked_by.is_none()
                && cause.is_some_and(|cause| *cause != runbook.id)
        })
    }

    /// The exit code, the same in every format.
    pub fn exit_code(&self) -> u8 {
        self.verdict.exit_code()
    }
}
