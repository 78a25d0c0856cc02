//! The one form of a guarded write: preflight, plan, consent, one request, read back, journal,
//! report.
//!
//! A write fills in [`GuardedWrite`] and [`WriteRequest`]. The order of the steps, what the journal records and
//! when, and what counts as consent are decided here and nowhere else. This module knows no
//! service; [`super::alias`] and [`super::bond`] are the writes there are.

use super::clock::Clock;
use super::consent::{Consent, Reply, Terms};
pub use super::open_state::open_state;
pub use super::operator::Operator;
pub use super::preflight_error::PreflightError;
use super::report::{PlanView, WriteReport};
use crate::cloud::{Aws, Http};
use crate::exit;
use crate::fact;
use crate::report::model::NextAction;
use crate::report::suggested::with_arguments;
use crate::stack::Stack;
use crate::state_dir::journal::{Journal, JournalEntry, Stage};
use crate::state_dir::private_file::StateDirError;
use crate::text::quoted;
use serde_json::{Value, json};
use std::future::Future;
use std::path::Path;
use std::time::Duration;

/// The age at which a plan has to be made anew: what it was made from may have changed.
const MAX_PLAN_AGE: Duration = Duration::from_secs(600);

/// Dependencies of a guarded write: stack, clients, state directory, journal, clock, operator.
pub struct WriteContext<'a> {
    /// The stack that is written to.
    pub stack: &'a Stack,
    /// The HTTP stack.
    pub http: &'a Http,
    /// The configuration of the AWS clients.
    pub aws: &'a Aws,
    /// The state directory.
    pub state: &'a Path,
    /// The journal in it.
    pub journal: &'a Journal,
    /// The time.
    pub clock: Clock,
    /// The person who runs the command.
    pub operator: &'a dyn Operator,
}

impl WriteContext<'_> {
    /// The time now, RFC 3339 in UTC.
    pub fn timestamp(&self) -> String {
        fact::utc(self.clock.at())
    }

    /// An entry of the journal about the write with this id.
    pub fn entry(&self, id: &str, command: &str, stage: Stage, detail: Value) -> JournalEntry {
        JournalEntry {
            id: id.to_owned(),
            at: self.timestamp(),
            action: command.to_owned(),
            stage,
            stack: self.stack.key(),
            detail,
        }
    }

    /// Adds one step of a write to the journal.
    ///
    /// # Errors
    /// The step is not recorded.
    pub fn record(
        &self,
        plan: &impl WritePlan,
        stage: Stage,
        detail: Value,
    ) -> Result<(), StateDirError> {
        let entry = self.entry(plan.id(), plan.command(), stage, detail);
        self.journal.append(&[entry])
    }
}

/// What a write would change. Its JSON holds everything that matters about it: consent is
/// bound to that text.
pub trait WritePlan {
    /// The id of the write, in the journal too.
    fn id(&self) -> &str;
    /// The command that makes it, such as `alias rollback`.
    fn command(&self) -> &'static str;
    /// The plan as data, for the journal and for programs.
    fn json(&self) -> Value;
    /// The words that consent to it.
    fn terms(&self) -> Terms;
    /// The plan for people, each line with its label.
    fn lines(&self) -> Vec<(String, String)>;
    /// The same change as a command of another tool, where there is one.
    fn by_hand(&self) -> Option<String> {
        None
    }
    /// The command that shows the outcome later.
    fn finds_out(&self) -> String;
    /// What it does, as an order: `roll back prod from version 62 to 61`.
    fn what(&self) -> String {
        self.command().to_owned()
    }
    /// The arguments that ask for just this plan, where the command line may leave them out.
    fn chosen(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What a write came to, as read back.
pub trait WriteOutcome {
    /// The outcome for the journal and for programs; `outcome` is its word.
    fn json(&self) -> Value;
    /// Whether nothing is left to be found out. The journal keeps any other as open.
    fn is_settled(&self) -> bool;
}

/// The one request of a guarded write. The methods are called once each, in the order in
/// which they stand here.
pub trait WriteRequest {
    /// What it would change.
    type Plan: WritePlan + Sync;
    /// What has to be ready before the request leaves: clients, files.
    type Prepared: Send;
    /// The answer, which is not yet the outcome.
    type Answer: Send;
    /// What reading back shows.
    type Outcome: WriteOutcome + Send;

    /// Does everything that could fail before the request leaves.
    ///
    /// # Errors
    /// Nothing may be sent, and nothing is left behind.
    fn prepare(
        &self,
        context: &WriteContext<'_>,
        plan: &Self::Plan,
    ) -> impl Future<Output = Result<Self::Prepared, PreflightError>> + Send;

    /// The journal has the plan; the last mark before the request leaves.
    ///
    /// # Errors
    /// The mark is not on disk, so nothing is sent.
    fn mark_sending(&self, _: &mut Self::Prepared) -> Result<(), StateDirError> {
        Ok(())
    }

    /// Takes back what was prepared: nothing will be sent.
    fn abandon(&self, _: &WriteContext<'_>, _: &Self::Plan, _: Self::Prepared) {}

    /// Sends the request, once.
    fn send(
        &self,
        context: &WriteContext<'_>,
        plan: &Self::Plan,
        prepared: &mut Self::Prepared,
    ) -> impl Future<Output = Self::Answer> + Send;

    /// Reads back what came of it.
    fn read_back(
        &self,
        context: &WriteContext<'_>,
        plan: &Self::Plan,
        prepared: &mut Self::Prepared,
        answer: Self::Answer,
    ) -> impl Future<Output = Self::Outcome> + Send;

    /// Tidies up once the journal has the outcome, or could not take it. Returns what could
    /// not be written or removed; the outcome stands all the same.
    fn settle(
        &self,
        _: &WriteContext<'_>,
        _: &Self::Plan,
        _: Self::Prepared,
        _: &Self::Outcome,
        _is_recorded: bool,
    ) -> Vec<StateDirError> {
        Vec::new()
    }
}

/// One kind of guarded write: its checks before, its request, its verification afterwards.
pub trait GuardedWrite {
    /// Its request.
    type Request: WriteRequest + Sync;

    /// The request that carries it out.
    fn request(&self) -> &Self::Request;

    /// Checks everything that could forbid the write, and makes the plan. The summary of the
    /// report says what would be sent.
    ///
    /// # Errors
    /// The report of a refusal.
    fn preflight(
        &self,
        context: &WriteContext<'_>,
    ) -> Result<(PlanOf<Self>, WriteReport), Box<WriteReport>>;

    /// Verifies what was applied and completes the report.
    fn conclude(
        &self,
        context: &WriteContext<'_>,
        plan: &PlanOf<Self>,
        applied: Applied<OutcomeOf<Self>>,
        reply: &Reply,
        report: WriteReport,
    ) -> impl Future<Output = WriteReport> + Send;
}

/// The plan of a guarded write.
pub type PlanOf<W> = <<W as GuardedWrite>::Request as WriteRequest>::Plan;
/// The outcome of a guarded write.
pub type OutcomeOf<W> = <<W as GuardedWrite>::Request as WriteRequest>::Outcome;

/// A write that was sent.
#[derive(Debug)]
pub struct Applied<O> {
    /// What it came to.
    pub outcome: O,
    /// Whether the journal has the outcome.
    pub recorded: Result<(), StateDirError>,
    /// What could not be written or tidied up afterwards.
    pub trouble: Vec<StateDirError>,
}

/// How consent is asked for.
#[derive(Clone, Debug, Default)]
pub struct Confirmation {
    /// Show the plan and send nothing.
    pub dry_run: bool,
    /// The value of `--confirm`.
    pub confirm: Option<String>,
    /// How long typed consent can still be taken back with Ctrl-C.
    pub regret: Duration,
}

/// The whole way of a write, from the checks to the report.
pub async fn perform<W: GuardedWrite>(
    context: &WriteContext<'_>,
    write: &W,
    confirmation: &Confirmation,
) -> WriteReport {
    let (plan, report) = match write.preflight(context) {
        Ok(planned) => planned,
        Err(refused) => return *refused,
    };
    let (consent, reply, report) = match confirm(context, &plan, confirmation, report).await {
        Ok(confirmed) => confirmed,
        Err(report) => return *report,
    };
    match carry_out(context, write.request(), &plan, consent).await {
        Ok(applied) => {
            write
                .conclude(context, &plan, applied, &reply, report)
                .await
        }
        Err(why) => {
            let next = NextAction::of_fix(&why.next().into());
            let command = next.command.map(|command| command.to_string());
            report.ended_as(WriteReport::refused(why.to_string(), next.text, command))
        }
    }
}

/// Shows the plan and asks for consent to it.
///
/// # Errors
/// The report of a dry run, of missing consent, or of a plan that has become too old.
async fn confirm(
    context: &WriteContext<'_>,
    plan: &impl WritePlan,
    confirmation: &Confirmation,
    report: WriteReport,
) -> Result<(Consent, Reply, WriteReport), Box<WriteReport>> {
    let terms = plan.terms();
    let report = report.planned(plan);
    if confirmation.dry_run {
        let summary = report.summary.clone();
        return Err(Box::new(WriteReport {
            code: exit::OK,
            outcome: "dry-run",
            summary: format!("{summary}; nothing was sent"),
            ..report
        }));
    }
    let reply = match &confirmation.confirm {
        Some(words) => Reply::Confirmed(words.clone()),
        None => context.operator.ask(&report, &terms.typed).await,
    };
    let consent = match Consent::from(&terms, reply.text()) {
        Ok(consent) => consent,
        Err(why) => {
            let flag = format!("--confirm {}", quoted(&terms.confirm));
            let why = format!("{why}: {}", plan.what());
            let typed = context.operator.typed();
            let command = typed.map(|typed| with_arguments(&typed, &plan.chosen()));
            let end = WriteReport::without_consent(why, command, &flag);
            return Err(Box::new(report.ended_as(end)));
        }
    };
    if matches!(reply, Reply::Typed(_)) && !confirmation.regret.is_zero() {
        context.operator.warn(&format!(
            "Sent in {} s; Ctrl-C still stops it, and nothing will have happened",
            confirmation.regret.as_secs()
        ));
        tokio::time::sleep(confirmation.regret).await;
    }
    if context.clock.began.elapsed() > MAX_PLAN_AGE {
        let why = "the plan is older than 10 minutes";
        let next = "Make it anew and read it again";
        return Err(Box::new(
            report.ended_as(WriteReport::refused(why, next, None)),
        ));
    }
    Ok((consent, reply, report))
}

/// Carries out a plan that was consented to: one request, read back, recorded.
///
/// # Errors
/// [`PreflightError`]: nothing was sent.
pub async fn carry_out<R: WriteRequest>(
    context: &WriteContext<'_>,
    request: &R,
    plan: &R::Plan,
    consent: Consent,
) -> Result<Applied<R::Outcome>, PreflightError> {
    if !consent.covers(&plan.terms()) {
        return Err(PreflightError::PlanChanged);
    }
    context.operator.sending(&plan.finds_out());
    let begun = begin(context, request, plan, &consent).await;
    let mut prepared = begun.inspect_err(|_| context.operator.not_sent())?;
    let answer = request.send(context, plan, &mut prepared).await;
    let outcome = request
        .read_back(context, plan, &mut prepared, answer)
        .await;
    let mut detail = outcome.json();
    if !outcome.is_settled() {
        detail["settled"] = false.into();
    }
    let recorded = context.record(plan, Stage::Outcome, detail);
    let trouble = request.settle(context, plan, prepared, &outcome, recorded.is_ok());
    Ok(Applied {
        outcome,
        recorded,
        trouble,
    })
}

/// Everything up to the request: prepared, then recorded in the journal, then marked.
async fn begin<R: WriteRequest>(
    context: &WriteContext<'_>,
    request: &R,
    plan: &R::Plan,
    consent: &Consent,
) -> Result<R::Prepared, PreflightError> {
    let mut prepared = request.prepare(context, plan).await?;
    let entry = |stage, detail| context.entry(plan.id(), plan.command(), stage, detail);
    let given = json!({"how": consent.how(), "plan": plan.terms().plan()});
    let announced = context
        .journal
        .append(&[
            entry(Stage::Plan, plan.json()),
            entry(Stage::Consent, given),
            entry(Stage::Sending, json!({})),
        ])
        .map_err(PreflightError::Journal);
    let ready = announced.and_then(|()| {
        let marked = request.mark_sending(&mut prepared);
        marked.map_err(PreflightError::StateDir)
    });
    match ready {
        Ok(()) => Ok(prepared),
        Err(why) => {
            let detail = json!({"outcome": "not-sent", "why": why.to_string()});
            let _ = context.record(plan, Stage::Outcome, detail);
            request.abandon(context, plan, prepared);
            Err(why)
        }
    }
}

impl WriteReport {
    /// The report with this plan in it.
    pub fn planned(self, plan: &impl WritePlan) -> Self {
        Self {
            plan: Some(PlanView {
                id: plan.id().to_owned(),
                json: plan.json(),
                lines: plan.lines(),
                by_hand: plan.by_hand(),
            }),
            confirm: Some(plan.terms().confirm),
            ..self
        }
    }
}
