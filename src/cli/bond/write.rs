//! `duckops bond pulse`, `rotate` and `disconnect`.

use crate::cli::Context;
use crate::cli::args::{BondGuard, Rotate};
use crate::cli::fail::Failure;
use crate::cli::prompt::{Terminal, duration, print};
use crate::engine::credentials;
use crate::stack::env_overrides;
use crate::write::Clock;
use crate::write::bond::{Action, BondCommand, BondId, BondRequest};
use crate::write::guarded::Confirmation;
use std::time::Duration;

/// How long typed consent to an end can still be taken back.
const REGRET: Duration = Duration::from_secs(10);

pub(super) async fn main(
    context: &Context,
    action: Action,
    id: &str,
    guard: &BondGuard,
    rotate: Option<&Rotate>,
) -> Result<u8, Failure> {
    let request = request(action, id, guard, rotate)?;
    let run = context.run()?;
    let notes = run.notes.clone();
    let ask = run.into_probe_context();
    let paths = guard.credentials.paths(context.settings.deadline.value);
    let secrets = credentials::read(&context.env, &paths);
    let state = context.settings.state_dir.as_ref();
    let command = BondCommand {
        request: &request,
        ask: &ask,
        state: state.map(|folder| folder.value.as_path()),
        secrets: secrets.map_err(|error| error.to_string()),
        proxy: env_overrides::proxies(&context.env)
            .next()
            .map(|(_, host)| host),
        operator: &Terminal(context),
    };
    let mut report = command.run().await;
    report.notes = notes;
    report.dry_run = guard.dry_run;
    let clock = Clock {
        now: ask.now,
        began: ask.began,
    };
    Ok(print(context, super::WRITE, &report, Some(clock)))
}

fn request(
    action: Action,
    id: &str,
    guard: &BondGuard,
    rotate: Option<&Rotate>,
) -> Result<BondRequest, Failure> {
    let wait = match rotate {
        Some(rotate) if rotate.verify => {
            let wait = duration("--wait", &rotate.wait).ok();
            let wait = wait.filter(|wait| !wait.is_zero());
            let wanted = "a duration such as 10m";
            Some(wait.ok_or_else(|| Failure::unusable("--wait", &rotate.wait, wanted))?)
        }
        _ => None,
    };
    let reason = rotate.and_then(|rotate| rotate.force_stale_pulse.as_deref());
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    Ok(BondRequest {
        action,
        bond: BondId::parse(id)?,
        supersede: rotate.and_then(|rotate| rotate.supersede.clone()),
        reason: reason.map(str::to_owned),
        wait,
        allow_override: guard.endpoint_override,
        confirmation: Confirmation {
            dry_run: guard.dry_run,
            confirm: guard.confirm.clone(),
            regret: match action {
                Action::Disconnect => REGRET,
                Action::Pulse | Action::Rotate => Duration::ZERO,
            },
        },
    })
}
