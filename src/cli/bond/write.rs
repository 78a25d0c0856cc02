//! The way of every write to a bond: guard, what is known of it, plan, consent, one request.
//! What comes of it is told by [`super::sent`].

use super::about::about;
use super::guard;
use super::sent::{self, Act};
use super::told::{Told, plan_lines};
use crate::cli::args::{BondGuard, Rotate};
use crate::cli::fail::Failure;
use crate::cli::prompt::{self, Words};
use crate::cli::{Context, out};
use crate::connections::SLOW;
use crate::exit;
use crate::fact::parse_duration;
use crate::probe::{Access, ProbeContext};
use crate::stack::env_overrides;
use crate::write::Clock;
use crate::write::bond::{About, Action, Against, BondId, Credentials, Hands, NotBegun, Plan};
use crate::write::consent::Consent;
use std::sync::atomic::Ordering;
use std::time::Duration;
use ulid::Ulid;

/// A plan older than this is made anew.
const STALE: Duration = Duration::from_secs(600);
/// How long somebody who has typed the consent to an end may still think better of it.
const REGRET: u64 = 10;

/// What is asked for.
pub(super) struct Order<'a> {
    pub(super) action: Action,
    pub(super) bond: BondId,
    pub(super) guard: &'a BondGuard,
    pub(super) rotate: Option<&'a Rotate>,
    /// How long to wait for the first pulse with a new key, where that is asked for.
    pub(super) wait: Option<Duration>,
}

impl<'a> Order<'a> {
    pub(super) fn of(
        action: Action,
        id: &str,
        guard: &'a BondGuard,
        rotate: Option<&'a Rotate>,
    ) -> Result<Self, Failure> {
        let wait = match rotate {
            Some(rotate) if rotate.verify => {
                let seconds = parse_duration(&rotate.wait).filter(|seconds| *seconds > 0);
                let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
                let wait = seconds.map(Duration::from_secs);
                Some(wait.ok_or_else(|| Failure::usage("--wait wants a duration such as 10m"))?)
            }
            _ => None,
        };
        Ok(Self {
            action,
            bond: BondId::parse(id).map_err(Failure::usage)?,
            guard,
            rotate,
            wait,
        })
    }

    fn supersede(&self) -> Option<&'a str> {
        self.rotate.and_then(|rotate| rotate.supersede.as_deref())
    }

    fn reason(&self) -> Option<&'a str> {
        let reason = self
            .rotate
            .and_then(|rotate| rotate.force_stale_pulse.as_deref());
        reason.map(str::trim).filter(|reason| !reason.is_empty())
    }
}

pub(super) async fn main(context: &Context, order: &Order<'_>) -> Result<u8, Failure> {
    let run = context.run()?;
    let notes = run.notes.clone();
    let ask = run.into_probe_context();
    let told = match decide(context, order, &ask).await {
        Ok(told) => told,
        Err(refused) => *refused,
    };
    let told = Told {
        notes,
        began: Some((ask.now, ask.began)),
        ..told
    };
    Ok(told.print(context))
}

async fn decide(
    context: &Context,
    order: &Order<'_>,
    ask: &ProbeContext,
) -> Result<Told, Box<Told>> {
    guard::address(&ask.stack, order.guard)?;
    let (state, journal) = guard::place(context)?;
    let _lock = guard::lock(state, &ask.stack, &order.bond, ask.now)?;
    if order.action == Action::Rotate {
        guard::nothing_unfinished(state, &order.bond, order.supersede())?;
    }
    let credentials = guard::credentials(context, &order.guard.credentials, order.action)?;
    let access = Access {
        token: credentials.token.clone(),
        ..Access::default()
    };
    let about = about(ask, &access, &order.bond).await;
    let plan = plan(context, order, ask, &about, &credentials);
    if let Some(against) = about.speaks_against(order.action, order.reason()) {
        return Err(Box::new(refused(order, &against, plan)));
    }
    let told = Told {
        cautions: cautions(order.action, &about),
        plan: Some(plan),
        ..Told::default()
    };
    let clock = Clock {
        now: ask.now,
        began: ask.began,
    };
    let hands = Hands {
        stack: &ask.stack,
        http: &ask.http,
        state,
        journal: &journal,
        clock,
    };
    let act = Act {
        context,
        order,
        ask,
        hands,
        about: &about,
        credentials: &credentials,
        access,
    };
    Ok(go(&act, told).await)
}

fn plan(
    context: &Context,
    order: &Order<'_>,
    ask: &ProbeContext,
    about: &About,
    credentials: &Credentials,
) -> Plan {
    let stale = about
        .speaks_against(order.action, None)
        .is_some_and(|against| matches!(against, Against::NotPulsing(_)));
    Plan {
        id: Ulid::generate().to_string(),
        action: order.action,
        bond: order.bond.clone(),
        about: about.lines(),
        host: ask.stack.api_url.value.origin().ascii_serialization(),
        proxy: env_overrides::proxies(&context.env)
            .next()
            .map(|(_, host)| host),
        credentials: credentials.told(),
        old_key: credentials.key.as_ref().map(|key| key.fingerprint()),
        supersedes: order.supersede().map(str::to_owned),
        reason: order.reason().filter(|_| stale).map(str::to_owned),
    }
}

fn refused(order: &Order<'_>, against: &Against, plan: Plan) -> Told {
    let id = &order.bond;
    let show = Some(format!("duckops bond show {id}"));
    let (next, command) = match against {
        Against::NotBonded("UNPECKED") => (
            "A bond that is over comes back only by a new peck that both humans approve",
            None,
        ),
        Against::NotBonded(_) => (
            "Look at the request in connection-card.html; a new peck comes only after its human was asked",
            show,
        ),
        Against::NotProven(_) => (
            "Look at connection-card.html, and find out why its state cannot be read",
            show,
        ),
        Against::NotPulsing(_) => (
            "Restore the runtime and wait for a pulse; to rotate all the same, say why: --force-stale-pulse REASON",
            show,
        ),
    };
    Told {
        plan: Some(plan),
        refusals: vec![against.to_string()],
        ..Told::refused(against.to_string(), next, command)
    }
}

fn cautions(action: Action, about: &About) -> Vec<String> {
    let cautions: &[&str] = match action {
        Action::Pulse => &["a pulse says that the agent is alive: it hides an agent that is not"],
        Action::Rotate => &[
            "the old key is dead at once, and the new one is shown to nobody: it goes to a file here",
        ],
        Action::Disconnect => &[
            "this cannot be undone: a new peck that both humans approve is the only way back",
            "what relies on this bond's key fails at once: agree on it with the agent's owner first",
            "a failed webhook is no reason: its delivery can be replayed; against a leaked key a rotation is enough",
        ],
    };
    let alive = about.pulse_age().is_some_and(|age| age < SLOW);
    let still = (action == Action::Disconnect && alive)
        .then(|| "the agent is ALIVE: something uses this bond now".to_owned());
    cautions
        .iter()
        .map(ToString::to_string)
        .chain(still)
        .collect()
}

/// From the plan on: consent, and then the act.
async fn go(act: &Act<'_>, told: Told) -> Told {
    let Some(plan) = &told.plan else { return told };
    let terms = plan.terms();
    let guard = act.order.guard;
    if guard.dry_run {
        let what = plan.action.command();
        return Told {
            code: exit::OK,
            outcome: "dry-run",
            summary: format!("would send one {what} of {}; nothing was sent", plan.bond),
            ..told
        };
    }
    let words = ask(guard, plan, &told, &terms.typed).await;
    let consent = match Consent::from(&terms, words.answer()) {
        Ok(consent) => consent,
        Err(why) => {
            return Told {
                code: exit::NO_CONSENT,
                outcome: "no-consent",
                summary: format!("{why}; nothing was sent"),
                next: Some((
                    format!(
                        "Read the plan; to consent to it, add --confirm {}",
                        terms.confirm
                    ),
                    None,
                )),
                ..told
            };
        }
    };
    if plan.action == Action::Disconnect && matches!(words, Words::Typed(_)) {
        out::warn(&format!(
            "Sent in {REGRET} s; Ctrl-C still stops it, and nothing will have happened"
        ));
        tokio::time::sleep(Duration::from_secs(REGRET)).await;
    }
    if act.hands.clock.began.elapsed() > STALE {
        return Told {
            plan: told.plan,
            ..Told::refused(
                "the plan is older than 10 minutes",
                "Make it anew and read it again",
                None,
            )
        };
    }
    sent::carry_out(act, consent, told).await
}

async fn ask(guard: &BondGuard, plan: &Plan, told: &Told, typed: &str) -> Words {
    match &guard.confirm {
        Some(words) => Words::Confirmed(words.clone()),
        None if prompt::can_ask() => {
            plan_lines(plan).iter().for_each(|line| out::warn(line));
            let cautions = told.cautions.iter();
            cautions.for_each(|caution| out::warn(&format!("caution:    {caution}")));
            prompt::ask(typed).await.map_or(Words::None, Words::Typed)
        }
        None => Words::None,
    }
}

/// Nothing was sent, although there was consent.
pub(super) fn not_begun(context: &Context, why: &NotBegun, told: Told) -> Told {
    context.sending.begun.store(false, Ordering::SeqCst);
    let next = match why {
        NotBegun::OtherPlan => "Read the plan as it is now, and consent to that",
        NotBegun::Unfinished(_) => "Find out what the other rotation came to: --recover",
        NotBegun::StateDir(_) => "Name a folder that can be written: --state-dir DIR",
    };
    Told {
        plan: told.plan,
        ..Told::refused(why.to_string(), next, None)
    }
}
