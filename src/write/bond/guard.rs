//! What has to hold before a bond may be written to, apart from the bond itself: the address,
//! the lock, the intents of earlier rotations, the credentials.

use super::id::BondId;
use super::intent::{OpenIntent, open_intents};
use super::key::Key;
use super::plan::Action;
use super::post::Credentials;
use crate::fact::utc;
use crate::stack::{Origin, Secret, Stack};
use crate::state_dir::lock::{self, Lock, LockError};
use crate::write::report::WriteReport;
use std::path::Path;
use time::OffsetDateTime;

/// The address must be the configured one of the stack, and the way to it encrypted.
pub(super) fn check_address(stack: &Stack, allow_override: bool) -> Result<(), Box<WriteReport>> {
    if let (Some(name), false) = (stack.other_api_address(), allow_override) {
        return Err(Box::new(WriteReport::refused(
            format!("{name} sends this to another address than the stack's"),
            "Unset it, or say in words that you mean it: --endpoint-override",
            None,
        )));
    }
    if stack.api_url.value.scheme() != "https" && !stack.is_on_loopback() {
        return Err(Box::new(WriteReport::refused(
            "the address is not https: everybody on the way could read the credentials and the key",
            "Configure an https address for the stack",
            None,
        )));
    }
    Ok(())
}

/// Whether a setting is what was configured, and not named for this one run.
pub(super) fn is_configured(origin: &Origin) -> bool {
    matches!(origin, Origin::BuiltIn | Origin::File(_))
}

/// Holds the lock of a bond: no other run with this state directory writes to it meanwhile.
///
/// # Errors
/// The report of a refusal.
pub fn lock(
    state: &Path,
    stack: &Stack,
    bond: &BondId,
    now: OffsetDateTime,
) -> Result<Lock, Box<WriteReport>> {
    let (api, since) = (stack.endpoint(""), utc(now));
    let next = "Name a folder that can be written: --state-dir DIR";
    // Two stacks of one API have the same bonds.
    match lock::take(state, "bond", &api, &bond.to_string(), &since) {
        Ok(lock) => Ok(lock),
        Err(LockError::Held(_)) => Err(Box::new(WriteReport::refused(
            "another run on this machine is writing to this bond",
            "Wait for it to end, then look what it did",
            Some("duckops journal".to_owned()),
        ))),
        Err(LockError::StateDir(error)) => Err(Box::new(WriteReport::refused(
            error.to_string(),
            next,
            None,
        ))),
    }
}

/// No rotation of this bond is unsettled, except one that is given up by its id.
pub(super) fn check_unfinished(
    state: &Path,
    bond: &BondId,
    supersede: Option<&str>,
) -> Result<(), Box<WriteReport>> {
    let next = "Make the folder readable, or name another one: --state-dir DIR";
    let open = open_intents(state)
        .map_err(|error| Box::new(WriteReport::refused(error.to_string(), next, None)))?;
    let open: Vec<OpenIntent> = open.into_iter().filter(|open| open.is_of(bond)).collect();
    let recover = Some(format!("duckops bond rotate {bond} --recover"));
    if let Some(wanted) = supersede
        && !open.iter().any(|open| open.id == wanted)
    {
        let why = format!("there is no unfinished rotation {wanted} of this bond");
        let next = "Look which there are";
        return Err(Box::new(WriteReport::refused(why, next, recover)));
    }
    match open.iter().find(|open| supersede != Some(&open.id)) {
        None => Ok(()),
        Some(open) => Err(Box::new(WriteReport::refused(
            format!(
                "the rotation {} of this bond is unfinished: a key may have been issued by it",
                open.id
            ),
            "Find out what it came to",
            recover,
        ))),
    }
}

/// The credentials that an action needs. A pulse is made with the agent's own key.
pub(super) fn credentials(
    action: Action,
    token: Option<&Secret>,
    key: Option<&Secret>,
) -> Result<Credentials, Box<WriteReport>> {
    if action == Action::Pulse && key.is_none() {
        return Err(Box::new(WriteReport::refused(
            "a pulse is made with the agent's Beak Key, and none is given",
            "Put the key into a file of mode 0600, named with --beak-key-file",
            Some("duckops help bond pulse".to_owned()),
        )));
    }
    if token.is_none() && key.is_none() {
        return Err(Box::new(WriteReport::refused(
            "neither a token nor a Beak Key is given",
            "Put the token into a file of mode 0600, named with --token-file",
            Some(format!("duckops help {}", action.command())),
        )));
    }
    Ok(Credentials {
        token: token.cloned(),
        key: key.map(|key| Key::known(key.expose())),
    })
}
