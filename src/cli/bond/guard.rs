//! What has to hold before a bond may be written to, apart from the bond itself: the
//! address, the place for files, the lock, the credentials.

use super::told::Told;
use crate::cli::args::{BondGuard, CredentialFiles};
use crate::cli::{Context, journal};
use crate::engine::credentials;
use crate::fact::instant;
use crate::stack::{Origin, Stack};
use crate::state_dir::journal::Journal;
use crate::state_dir::lock::{self, Lock, LockError};
use crate::write::bond::{Action, BondId, Credentials, Key, Open, open_intents};
use std::path::Path;
use time::OffsetDateTime;

/// The address must be the one that is configured for the stack, and nobody on the way may
/// read what goes there.
pub(super) fn address(stack: &Stack, guard: &BondGuard) -> Result<(), Box<Told>> {
    let url = &stack.api_url;
    let configured = matches!(url.origin, Origin::BuiltIn | Origin::File(_));
    if !configured && !guard.endpoint_override {
        return Err(Box::new(Told::refused(
            format!(
                "{} sends this to another address than the stack's",
                url.origin
            ),
            "Unset it, or say in words that you mean it: --endpoint-override",
            None,
        )));
    }
    if url.value.scheme() != "https" && !is_loopback(stack) {
        return Err(Box::new(Told::refused(
            "the address is not https: everybody on the way could read the credentials and the key",
            "Configure an https address for the stack",
            None,
        )));
    }
    Ok(())
}

fn is_loopback(stack: &Stack) -> bool {
    match stack.api_url.value.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The state folder and the journal in it.
pub(super) fn place(context: &Context) -> Result<(&Path, Journal), Box<Told>> {
    let next = "Name a folder that can be written: --state-dir DIR";
    let refused = |why: String| Box::new(Told::refused(why, next, None));
    let journal = journal::open(context).map_err(|failure| {
        let why = failure.lines.first().map(ToString::to_string);
        refused(why.unwrap_or_default())
    })?;
    match &context.settings.state_dir {
        Some(folder) => Ok((&folder.value, journal)),
        None => Err(refused("there is no state directory".to_owned())),
    }
}

/// Nobody else on this machine writes to this bond meanwhile.
pub(super) fn lock(
    state: &Path,
    stack: &Stack,
    bond: &BondId,
    now: OffsetDateTime,
) -> Result<Lock, Box<Told>> {
    let (api, since) = (stack.endpoint(""), instant(now.unix_timestamp()));
    let next = "Name a folder that can be written: --state-dir DIR";
    // Two stacks of one API have the same bonds.
    match lock::take(state, "bond", &api, &bond.to_string(), &since) {
        Ok(lock) => Ok(lock),
        Err(LockError::Held(_)) => Err(Box::new(Told::refused(
            "another run on this machine is writing to this bond",
            "Wait for it to end, then look what it did",
            Some("duckops journal".to_owned()),
        ))),
        Err(LockError::StateDir(error)) => {
            Err(Box::new(Told::refused(error.to_string(), next, None)))
        }
    }
}

/// No rotation of this bond is unsettled, but for one that is given up in words.
pub(super) fn nothing_unfinished(
    state: &Path,
    bond: &BondId,
    supersede: Option<&str>,
) -> Result<(), Box<Told>> {
    let next = "Make the folder readable, or name another one: --state-dir DIR";
    let open = open_intents(state)
        .map_err(|error| Box::new(Told::refused(error.to_string(), next, None)))?;
    let open: Vec<Open> = open.into_iter().filter(|open| open.is_of(bond)).collect();
    let recover = format!("duckops bond rotate {bond} --recover");
    if let Some(wanted) = supersede
        && !open.iter().any(|open| open.id == wanted)
    {
        return Err(Box::new(Told::refused(
            format!("there is no unfinished rotation {wanted} of this bond"),
            "Look which there are",
            Some(recover),
        )));
    }
    match open.iter().find(|open| supersede != Some(&open.id)) {
        None => Ok(()),
        Some(open) => Err(Box::new(Told::refused(
            format!(
                "the rotation {} of this bond is unfinished: a key may have been issued by it",
                open.id
            ),
            "Find out what it came to",
            Some(recover),
        ))),
    }
}

/// What the request goes out with. A pulse is made with the agent's own key.
pub(super) fn credentials(
    context: &Context,
    files: &CredentialFiles,
    action: Action,
) -> Result<Credentials, Box<Told>> {
    let paths = files.paths(context.settings.deadline.value);
    let (token, key) = credentials::read(&context.env, &paths).map_err(|error| {
        let next = "Keep it in a file of yours that nobody else can read: chmod 600";
        Box::new(Told::refused(error.to_string(), next, None))
    })?;
    let credentials = Credentials {
        token,
        key: key.map(|key| Key::known(key.expose())),
    };
    match (action, &credentials) {
        (Action::Pulse, Credentials { key: None, .. }) => Err(Box::new(Told::refused(
            "a pulse is made with the agent's Beak Key, and none is given",
            "Put the key into a file of yours, chmod 600, and name it: --beak-key-file FILE",
            None,
        ))),
        (
            _,
            Credentials {
                token: None,
                key: None,
            },
        ) => Err(Box::new(Told::refused(
            "neither a token nor a Beak Key is given",
            "Put the token into a file of yours, chmod 600, and name it: --token-file FILE",
            None,
        ))),
        _ => Ok(credentials),
    }
}
