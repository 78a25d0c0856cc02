//! Changing the alert state that several hosts share: read, change, write, and again where
//! another run was faster.

use super::alert_state::AlertState;
use crate::history::{CheckState, Exchanged, History, StackKey};
use std::time::Duration;

/// How often a run that others overtake tries to write the alert state.
pub const MAX_ATTEMPTS: u32 = 40;

/// Changes the alert state. Nothing is written where `change` leaves it as it is.
///
/// # Errors
/// The text of why it cannot be read or written.
pub fn update_state<T>(
    history: &mut dyn History,
    key: &StackKey,
    run: &str,
    mut change: impl FnMut(&mut AlertState) -> T,
) -> Result<T, String> {
    for attempt in 0..MAX_ATTEMPTS {
        let CheckState { revision, document } =
            history.ledger(key).map_err(|error| error.to_string())?;
        let mut state = AlertState::read(&document).map_err(|error| error.to_string())?;
        let before = state.clone();
        let done = change(&mut state);
        if state == before {
            return Ok(done);
        }
        match history.exchange(key, revision, &state.write(), None) {
            Ok(Exchanged::Done) => return Ok(done),
            Ok(Exchanged::Lost) => backoff(run, attempt),
            Err(error) => return Err(error.to_string()),
        }
    }
    Err("other runs were always faster".to_owned())
}

/// Sleeps for a time that depends on the run, so that runs that collided do not collide again.
pub fn backoff(run: &str, attempt: u32) {
    let last = run.as_bytes().last().copied().unwrap_or(0);
    let step = 2 + u64::from(last % 16);
    std::thread::sleep(Duration::from_millis(step * u64::from(attempt.min(8) + 1)));
}
