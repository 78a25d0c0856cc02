//! Carrying out a write to a bond, and telling what came of it: a key by its file, a pulse
//! and an end by what the stack shows afterwards.

use super::about::about;
use super::told::Told;
use super::write::{Order, not_begun};
use crate::cli::{Context, out};
use crate::connections::{OFFLINE, SLOW};
use crate::exit;
use crate::fact::instant;
use crate::probe::{Access, ProbeContext};
use crate::state_dir::journal::Stage;
use crate::write::bond::{
    About, Action, Carried, Credentials, Hands, Plan, Posted, Rotated, State,
};
use crate::write::consent::Consent;
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long the stack may take to show a pulse or an end.
const SHOWS: Duration = Duration::from_secs(10);
/// Between two looks, while a pulse or an end is to show.
const PAUSE: Duration = Duration::from_millis(500);
/// Between two looks, while the first pulse with a new key is waited for.
const PATIENT: Duration = Duration::from_secs(5);

/// Everything that a write works with.
pub(super) struct Act<'a> {
    pub(super) context: &'a Context,
    pub(super) order: &'a Order<'a>,
    pub(super) ask: &'a ProbeContext,
    pub(super) hands: Hands<'a>,
    pub(super) about: &'a About,
    pub(super) credentials: &'a Credentials,
    pub(super) access: Access,
}

/// Carries out what was consented to.
pub(super) async fn carry_out(act: &Act<'_>, consent: Consent, told: Told) -> Told {
    let Some(plan) = told.plan.clone() else {
        return told;
    };
    let sending = || {
        act.context.sending.begun.store(true, Ordering::SeqCst);
        let tells = match plan.action {
            Action::Rotate => format!("duckops bond rotate {} --recover", plan.bond),
            _ => "duckops journal".to_owned(),
        };
        let _ = act.context.sending.tells.set(tells);
        // A terminal that goes away must not take the answer with it.
        use tokio::signal::unix::{SignalKind, signal};
        let _ = signal(SignalKind::hangup());
    };
    if plan.action == Action::Rotate {
        return match act
            .hands
            .rotate(consent, &plan, act.credentials, sending)
            .await
        {
            Err(why) => not_begun(act.context, &why, told),
            Ok(carried) => rotated(act, &plan, carried, told).await,
        };
    }
    match act
        .hands
        .send(consent, &plan, act.credentials, sending)
        .await
    {
        Err(why) => not_begun(act.context, &why, told),
        Ok(posted) => read_back(act, &plan, posted, told).await,
    }
}

async fn rotated(act: &Act<'_>, plan: &Plan, carried: Carried, told: Told) -> Told {
    let Carried { outcome, trouble } = carried;
    let told = Told {
        recorded: Some(trouble.is_empty()),
        cautions: trouble.iter().map(ToString::to_string).collect(),
        result: outcome.json(),
        ..told
    };
    let told = tell(&plan.bond, &outcome, told);
    let Rotated::Stored { fingerprint, .. } = &outcome else {
        return told;
    };
    let told = Told {
        learned: propagation(act.about, fingerprint),
        ..told
    };
    match act.order.wait {
        Some(wait) if told.code == exit::OK => verify(act, plan, wait, told).await,
        _ => told,
    }
}

/// What a rotation came to, now or as found later.
pub(super) fn tell(bond: impl std::fmt::Display, outcome: &Rotated, told: Told) -> Told {
    let path = |path: &std::path::Path| path.to_string_lossy().into_owned();
    let recover = Some(format!("duckops bond rotate {bond} --recover"));
    let trouble = !told.cautions.is_empty() && told.recorded == Some(false);
    let (code, word, summary, next) = match outcome {
        Rotated::Stored {
            file,
            fingerprint,
            odd,
        } => {
            let summary = format!("the new key {fingerprint} is in {}", path(file));
            let (code, word, summary) = match odd {
                Some(odd) => (
                    exit::CRITICAL,
                    "not-verified",
                    format!("{summary}, but {odd}"),
                ),
                None if trouble => (exit::CRITICAL, "not-recorded", summary),
                None => (exit::OK, "done", summary),
            };
            let next = (
                "Give the key to everything that held the old one, then see that pulses resume"
                    .to_owned(),
                Some(format!("duckops bond show {bond}")),
            );
            (code, word, summary, next)
        }
        Rotated::Refused { status } => (
            exit::WARNING,
            "refused",
            format!("the server refused it (HTTP {status}); the old key still counts"),
            match status {
                401 | 403 => (
                    "Check that the token is fresh and is the owner's, then plan again".to_owned(),
                    None,
                ),
                _ => (
                    "Look at the bond in connection-card.html before trying again".to_owned(),
                    Some(format!("duckops bond show {bond}")),
                ),
            },
        ),
        Rotated::Conflict { status } => (
            exit::CONFLICT,
            "conflict",
            format!(
                "the server says that the bond changed meanwhile or is being rotated (HTTP {status}); nothing of ours was applied"
            ),
            (
                "Look what changed, and who did it".to_owned(),
                Some(format!("duckops bond show {bond}")),
            ),
        ),
        Rotated::Unsent { why } => (
            exit::WARNING,
            "not-sent",
            format!("the request never left: {why}; the old key still counts"),
            (
                "Find out why the address cannot be reached".to_owned(),
                Some("duckops doctor".to_owned()),
            ),
        ),
        Rotated::Unrecognised { spool, why } => (
            exit::CRITICAL,
            "unrecognised",
            format!(
                "the key was rotated, and no key was taken from the answer: {why}; the answer is kept raw in {}",
                path(spool)
            ),
            (
                "Take the key out of that file by hand; do not rotate again before that".to_owned(),
                recover,
            ),
        ),
        Rotated::Lost { why, spool } => (
            exit::UNKNOWN,
            "unclear",
            match spool {
                None => format!(
                    "a new key may have been issued and is lost ({why}); the old one is probably dead"
                ),
                Some(spool) => format!(
                    "a new key may have been issued and is lost ({why}); the old one is probably dead; what arrived is kept in {}",
                    path(spool)
                ),
            },
            (
                "Do not repeat it blindly: see whether pulses go on with the old key, and if not, rotate again knowingly with --supersede".to_owned(),
                recover,
            ),
        ),
    };
    Told {
        code,
        outcome: word,
        summary,
        next: Some(next),
        ..told
    }
}

/// What has to be done with a new key, and by when.
fn propagation(about: &About, fingerprint: &str) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        (
            "key:",
            format!(
                "{fingerprint} is the beginning of its SHA-256; the key itself is printed nowhere"
            ),
        ),
        (
            "give it to:",
            match about.dependents.is_empty() {
                true => "the agent's runtime, and every skill and receiver that held the old key"
                    .to_owned(),
                false => format!("the agent's runtime, and {}", about.dependents.join(", ")),
            },
        ),
        (
            "if broken:",
            "a consumer that stays cut off is reconnected by a new peck, never by the old key"
                .to_owned(),
        ),
    ];
    if let Some(pulse) = about.last_pulse {
        lines.insert(
            2,
            (
                "by when:",
                format!(
                    "without a pulse with it the bond is SLOW from {} and OFFLINE from {}",
                    instant(pulse + SLOW),
                    instant(pulse + OFFLINE)
                ),
            ),
        );
    }
    lines
}

/// Waits for the first pulse after the rotation: the old key is dead, so it is the new one's.
async fn verify(act: &Act<'_>, plan: &Plan, wait: Duration, told: Told) -> Told {
    let rotated = act.hands.clock.at().unix_timestamp() + act.about.now
        - act.hands.clock.now.unix_timestamp();
    out::warn(&format!(
        "duckops: waiting for the first pulse with the new key, for at most {}",
        crate::fact::duration(i64::try_from(wait.as_secs()).unwrap_or(i64::MAX))
    ));
    let seen = watch(act, wait, PATIENT, |about| {
        about.last_pulse.is_some_and(|pulse| pulse >= rotated)
    })
    .await;
    let detail = match seen {
        Some(_) => json!({"verified": true}),
        None => json!({"verified": false}),
    };
    let recorded = act.hands.record(plan, Stage::Verified, detail);
    let told = Told {
        recorded: Some(recorded.is_ok()),
        ..told
    };
    match seen.and_then(|about| about.last_pulse) {
        Some(pulse) if recorded.is_ok() => Told {
            summary: format!("{}; the agent pulses with it", told.summary),
            learned: [
                told.learned,
                vec![("verified:", format!("a pulse at {}", instant(pulse)))],
            ]
            .concat(),
            next: Some(("Nothing more; the old key is dead".to_owned(), None)),
            ..told
        },
        Some(_) => Told {
            code: exit::CRITICAL,
            outcome: "not-recorded",
            ..told
        },
        None => Told {
            code: exit::CRITICAL,
            outcome: "not-verified",
            summary: format!("{}; no pulse with it was seen yet", told.summary),
            ..told
        },
    }
}

/// Looks at the bond until it is as it should be, or somebody wants to end.
async fn watch(
    act: &Act<'_>,
    wait: Duration,
    pause: Duration,
    due: impl Fn(&About) -> bool,
) -> Option<About> {
    let until = Instant::now() + wait;
    loop {
        let about = about(act.ask, &act.access, &act.order.bond).await;
        if due(&about) {
            return Some(about);
        }
        let ending = act.context.sending.ending.load(Ordering::SeqCst);
        if ending || Instant::now() + pause > until {
            return None;
        }
        tokio::time::sleep(pause).await;
    }
}

/// What a pulse or an end came to, as the stack shows it.
async fn read_back(act: &Act<'_>, plan: &Plan, posted: Posted, told: Told) -> Told {
    let is_pulse = plan.action == Action::Pulse;
    let before = act.about.last_pulse;
    let due = |about: &About| match is_pulse {
        true => about.last_pulse > before,
        false => about.state == State::Other("UNPECKED"),
    };
    let looks = matches!(
        posted,
        Posted::Accepted | Posted::Lost(_) | Posted::Conflict(_)
    );
    let seen = match looks {
        true => watch(act, SHOWS, PAUSE, due).await,
        false => None,
    };
    let what = if is_pulse { "the pulse" } else { "the end" };
    let (code, outcome, summary) = match (&posted, &seen) {
        (Posted::Accepted, Some(_)) => (exit::OK, "done", format!("{what} is accepted and shown")),
        (Posted::Lost(why), Some(_)) => (
            exit::OK,
            "done",
            format!("{what} is shown; the answer was lost ({why}), the state is verified"),
        ),
        (Posted::Accepted, None) => (
            exit::CRITICAL,
            "not-verified",
            format!("{what} was accepted, and is not shown yet"),
        ),
        (Posted::Lost(why), None) => (
            exit::UNKNOWN,
            "unclear",
            format!("{what} may have been applied: {why}"),
        ),
        (Posted::Conflict(status), _) => (
            exit::CONFLICT,
            "conflict",
            format!(
                "the server says that the bond changed first (HTTP {status}); nothing of ours was applied"
            ),
        ),
        (Posted::Refused(status), _) => (
            exit::WARNING,
            "refused",
            format!("the server refused it (HTTP {status}); nothing was changed"),
        ),
        (Posted::Never(why), _) => (
            exit::WARNING,
            "not-sent",
            format!("the request never left: {why}"),
        ),
    };
    let result = json!({"outcome": outcome, "why": summary});
    let recorded = act.hands.record(plan, Stage::Outcome, result.clone());
    let (code, outcome) = match (&recorded, code) {
        (Err(_), exit::OK) => (exit::CRITICAL, "not-recorded"),
        _ => (code, outcome),
    };
    Told {
        code,
        outcome,
        summary,
        result,
        recorded: Some(recorded.is_ok()),
        next: Some(next(plan, &posted, code)),
        ..told
    }
}

fn next(plan: &Plan, posted: &Posted, code: u8) -> (String, Option<String>) {
    let show = Some(format!("duckops bond show {}", plan.bond));
    match (plan.action, posted) {
        (_, Posted::Never(_)) => (
            "Find out why the address cannot be reached".to_owned(),
            Some("duckops doctor".to_owned()),
        ),
        (Action::Pulse, Posted::Refused(401 | 403)) => (
            "The key is stale: give the agent the newest one; this is no outage".to_owned(),
            show,
        ),
        (_, Posted::Refused(401 | 403)) => (
            "Check that the token is fresh and is the owner's, then plan again".to_owned(),
            None,
        ),
        (Action::Disconnect, _) if code == exit::OK => (
            "Replay duck.unpecked to the receiver, to see that it handles the end (webhook-events.html)"
                .to_owned(),
            Some("duckops webhook send duck.unpecked --url URL --secret-file FILE".to_owned()),
        ),
        (Action::Pulse, _) if code == exit::OK => (
            "See that the agent goes on by itself: the next pulse is due within 10 minutes"
                .to_owned(),
            show,
        ),
        _ => ("Look at the bond before anything else is sent".to_owned(), show),
    }
}
