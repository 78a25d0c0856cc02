//! The three writes to a bond as guarded writes: what is read first, what refuses them, their
//! plan, and what is reported afterwards.

use super::bond_post::{BondPost, PostAnswer, PostOutcome};
use super::id::BondId;
use super::plan::{Action, BondPlan};
use super::post::Credentials;
use super::read::BondReader;
use super::rotate::{Rotation, RotationOutcome};
use super::rotation_report;
use super::summary::{BondSummary, Objection};
use super::{guard, open_writes};
use crate::connections::SLOW;
use crate::exit;
use crate::probe::{Access, ProbeContext};
use crate::stack::Secret;
use crate::write::clock::Clock;
use crate::write::consent::Reply;
use crate::write::guarded::{
    Applied, Confirmation, GuardedWrite, Operator, WriteContext, WriteOutcome, open_state, perform,
};
use crate::write::report::{WriteReport, next_action};
use std::path::Path;
use std::time::Duration;
use ulid::Ulid;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct BondRequest {
    /// Pulse, rotation or end.
    pub action: Action,
    /// The bond.
    pub bond: BondId,
    /// An unfinished rotation that is given up for this one.
    pub supersede: Option<String>,
    /// Why a key is rotated although the agent does not pulse.
    pub reason: Option<String>,
    /// How long the first pulse with a new key is waited for, where that is asked for.
    pub wait: Option<Duration>,
    /// Whether an address may be written to that is not the stack's configured one.
    pub allow_override: bool,
    /// How consent is asked for.
    pub confirmation: Confirmation,
}

/// What a write to a bond works with.
pub struct BondCommand<'a> {
    /// What is asked for.
    pub request: &'a BondRequest,
    /// The context of the probe that reads the bond.
    pub ask: &'a ProbeContext,
    /// The state directory, if there is one.
    pub state: Option<&'a Path>,
    /// The operator's token and the agent's key; or why a file of them cannot be used.
    pub secrets: Result<(Option<Secret>, Option<Secret>), String>,
    /// The proxy that requests go through.
    pub proxy: Option<String>,
    /// The person who runs the command.
    pub operator: &'a dyn Operator,
}

impl BondCommand<'_> {
    /// Carries the command out, from the checks to the report.
    pub async fn run(&self) -> WriteReport {
        self.guarded().await.unwrap_or_else(|refused| *refused)
    }

    async fn guarded(&self) -> Result<WriteReport, Box<WriteReport>> {
        let (request, ask) = (self.request, self.ask);
        guard::check_address(&ask.stack, request.allow_override)?;
        let (state, journal) = open_state(self.state)?;
        let _lock = guard::lock(state, &ask.stack, &request.bond, ask.now)?;
        if request.action == Action::Rotate {
            guard::check_unfinished(state, &request.bond, request.supersede.as_deref())?;
        }
        let (token, key) = self.secrets.as_ref().map_err(|why| {
            let next = "Name a file that exists and that only you can read (chmod 600)";
            Box::new(WriteReport::refused(why, next, None))
        })?;
        let credentials = guard::credentials(request.action, token.as_ref(), key.as_ref())?;
        let access = Access {
            token: token.clone(),
            ..Access::default()
        };
        let reader = BondReader {
            ask,
            access: &access,
            bond: &request.bond,
        };
        let what = request.action.command();
        self.operator
            .progress(&format!("{what}: reading the bond of {}", request.bond));
        let before = reader.read().await;
        let context = WriteContext {
            stack: &ask.stack,
            http: &ask.http,
            aws: &ask.aws,
            state,
            journal: &journal,
            clock: Clock {
                now: ask.now,
                began: ask.began,
            },
            operator: self.operator,
        };
        open_writes::settle(&context, &request.bond, &before);
        let planned = Planned {
            request,
            before: &before,
            credentials: &credentials,
            proxy: self.proxy.as_deref(),
        };
        Ok(match request.action {
            Action::Rotate => {
                let write = RotateWrite {
                    planned,
                    reader,
                    rotation: Rotation {
                        credentials: &credentials,
                    },
                };
                perform(&context, &write, &request.confirmation).await
            }
            Action::Pulse | Action::Disconnect => {
                let write = PostWrite {
                    planned,
                    post: BondPost {
                        reader,
                        before: &before,
                        credentials: &credentials,
                    },
                };
                perform(&context, &write, &request.confirmation).await
            }
        })
    }
}

/// What the plan of a write is made of.
struct Planned<'a> {
    request: &'a BondRequest,
    before: &'a BondSummary,
    credentials: &'a Credentials,
    proxy: Option<&'a str>,
}

impl Planned<'_> {
    fn preflight(
        &self,
        context: &WriteContext<'_>,
    ) -> Result<(BondPlan, WriteReport), Box<WriteReport>> {
        let request = self.request;
        let plan = self.plan(context);
        let objection = self
            .before
            .objection(request.action, request.reason.as_deref());
        if let Some(objection) = objection {
            return Err(Box::new(refused(&objection, &plan)));
        }
        let what = plan.action.command();
        let report = WriteReport {
            summary: format!("would send one {what} of {}", plan.bond),
            cautions: cautions(request.action, self.before),
            ..WriteReport::default()
        };
        Ok((plan, report))
    }

    fn plan(&self, context: &WriteContext<'_>) -> BondPlan {
        let (request, stack) = (self.request, context.stack);
        let objection = self.before.objection(request.action, None);
        let does_not_pulse = matches!(objection, Some(Objection::NotPulsing(_)));
        let is_configured =
            guard::is_configured(&stack.name.origin) && guard::is_configured(&stack.account.origin);
        let name = || (stack.name.value.clone(), stack.account.value.clone());
        BondPlan {
            id: Ulid::generate().to_string(),
            action: request.action,
            bond: request.bond.clone(),
            about: self.before.lines(),
            other_stack: (!is_configured).then(name),
            host: stack.api_url.value.origin().ascii_serialization(),
            proxy: self.proxy.map(str::to_owned),
            credentials: self.credentials.describe(),
            old_key: self.credentials.key.as_ref().map(|key| key.fingerprint()),
            supersedes: request.supersede.clone(),
            reason: request.reason.clone().filter(|_| does_not_pulse),
        }
    }
}

fn refused(objection: &Objection, plan: &BondPlan) -> WriteReport {
    let show = Some(format!("duckops bond show {}", plan.bond));
    let (next, command) = match objection {
        Objection::NotBonded("UNPECKED") => (
            "An ended bond needs a new peck that both approvers accept",
            None,
        ),
        Objection::NotBonded(_) => (
            "Look at the request in connection-card.html; a new peck comes only after its human was asked",
            show,
        ),
        Objection::NotProven(_) => (
            "Check the id and what could be read: the list has every bond that is known",
            Some("duckops bond list".to_owned()),
        ),
        Objection::NotPulsing(_) => (
            "Restore the runtime and wait for a pulse; to rotate all the same, say why: --force-stale-pulse REASON",
            show,
        ),
    };
    WriteReport {
        refusals: vec![objection.to_string()],
        ..WriteReport::refused(objection.to_string(), next, command).planned(plan)
    }
}

fn cautions(action: Action, bond: &BondSummary) -> Vec<String> {
    let cautions: &[&str] = match action {
        Action::Pulse => &["a pulse marks the agent as alive: it hides one that is not"],
        Action::Rotate => &[
            "the old key stops working at once; the new one is written to a file, not shown",
            "other rotations are seen in this state directory only: one begun on another machine is not",
        ],
        Action::Disconnect => &[
            "this cannot be undone: only a new peck that both approvers accept reconnects",
            "what relies on this bond's key fails at once: agree on it with the agent's owner first",
            "a failed webhook is no reason: its delivery can be replayed; against a leaked key a rotation is enough",
        ],
    };
    let is_alive = bond.pulse_age().is_some_and(|age| age < SLOW);
    let in_use = (action == Action::Disconnect && is_alive)
        .then(|| "the agent is ALIVE: something uses this bond now".to_owned());
    cautions
        .iter()
        .map(ToString::to_string)
        .chain(in_use)
        .collect()
}

/// A pulse or an end.
struct PostWrite<'a> {
    planned: Planned<'a>,
    post: BondPost<'a>,
}

impl<'a> GuardedWrite for PostWrite<'a> {
    type Request = BondPost<'a>;

    fn request(&self) -> &BondPost<'a> {
        &self.post
    }

    fn preflight(
        &self,
        context: &WriteContext<'_>,
    ) -> Result<(BondPlan, WriteReport), Box<WriteReport>> {
        self.planned.preflight(context)
    }

    async fn conclude(
        &self,
        _: &WriteContext<'_>,
        plan: &BondPlan,
        applied: Applied<PostOutcome>,
        _: &Reply,
        report: WriteReport,
    ) -> WriteReport {
        let outcome = &applied.outcome;
        let (code, word) = match (&applied.recorded, outcome.code) {
            (Err(_), exit::OK) => (exit::CRITICAL, "not-recorded"),
            (_, code) => (code, outcome.word),
        };
        let (next, command) = after_post(plan, &outcome.answer, code);
        WriteReport {
            code,
            outcome: word,
            summary: outcome.summary.clone(),
            result: outcome.json(),
            recorded: Some(applied.recorded.is_ok()),
            next: next_action(next, command),
            ..report
        }
    }
}

fn after_post(plan: &BondPlan, answer: &PostAnswer, code: u8) -> (&'static str, Option<String>) {
    let show = Some(format!("duckops bond show {}", plan.bond));
    match (plan.action, answer) {
        (_, PostAnswer::NotSent(_)) => (
            "Find out why the address cannot be reached",
            Some("duckops doctor".to_owned()),
        ),
        (Action::Pulse, PostAnswer::Refused(401 | 403)) => (
            "The key is stale: give the agent the newest one; this is no outage",
            show,
        ),
        (_, PostAnswer::Refused(401 | 403)) => (
            "Check that the token is fresh and is the owner's, then plan again",
            None,
        ),
        (Action::Disconnect, _) if code == exit::OK => (
            "Replay duck.unpecked to the receiver, to see that it handles the end (webhook-events.html)",
            Some("duckops help webhook send".to_owned()),
        ),
        (Action::Pulse, _) if code == exit::OK => (
            "See that the agent goes on by itself: the next pulse is due within 10 minutes",
            show,
        ),
        _ => ("Look at the bond before anything else is sent", show),
    }
}

/// A rotation.
struct RotateWrite<'a> {
    planned: Planned<'a>,
    reader: BondReader<'a>,
    rotation: Rotation<'a>,
}

impl<'a> GuardedWrite for RotateWrite<'a> {
    type Request = Rotation<'a>;

    fn request(&self) -> &Rotation<'a> {
        &self.rotation
    }

    fn preflight(
        &self,
        context: &WriteContext<'_>,
    ) -> Result<(BondPlan, WriteReport), Box<WriteReport>> {
        self.planned.preflight(context)
    }

    async fn conclude(
        &self,
        context: &WriteContext<'_>,
        plan: &BondPlan,
        applied: Applied<RotationOutcome>,
        _: &Reply,
        report: WriteReport,
    ) -> WriteReport {
        let recorded = applied.recorded.as_ref().err();
        let trouble: Vec<_> = applied.trouble.iter().chain(recorded).collect();
        let report = WriteReport {
            recorded: Some(trouble.is_empty()),
            cautions: trouble.iter().map(ToString::to_string).collect(),
            result: applied.outcome.json(),
            ..report
        };
        let report = rotation_report::ended(&plan.bond, &applied.outcome, report);
        let RotationOutcome::Stored { fingerprint, .. } = &applied.outcome else {
            return report;
        };
        let before = self.planned.before;
        let report = WriteReport {
            findings: rotation_report::propagation(before, fingerprint),
            ..report
        };
        match self.planned.request.wait {
            Some(wait) if report.code == exit::OK => {
                let clock = &context.clock;
                let elapsed = clock.at().unix_timestamp() - clock.now.unix_timestamp();
                let since = before.now + elapsed;
                rotation_report::verify(context, &self.reader, plan, (since, wait), report).await
            }
            _ => report,
        }
    }
}
