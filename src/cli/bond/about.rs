//! What is known of one bond, as the guard of a write wants it.

use crate::act::bond::{About, BondId, State};
use crate::probe::{self, Ask};
use std::sync::{Arc, Mutex};

/// Asks what is known of a bond.
pub(super) async fn about(ask: &Ask, id: &BondId) -> About {
    let seen: Arc<Mutex<(Option<(i64, bool)>, Option<i64>, Option<i64>)>> = Arc::default();
    let into = Arc::clone(&seen);
    let wanted = id.to_string();
    let read = probe::listen(ask, move |entry| {
        let detail = entry.detail.printable(200).to_string();
        if !detail.split_whitespace().any(|word| word == wanted) {
            return;
        }
        let (Some(at), Ok(mut seen)) = (entry.at, into.lock()) else {
            return;
        };
        let kind = entry.kind.printable(80).to_string();
        let over = kind.contains("unpeck");
        if (over || kind.contains("bonded")) && seen.0.is_none_or(|(newest, _)| newest < at) {
            seen.0 = Some((at, over));
        }
        if kind.contains("bonded") {
            seen.1 = seen.1.max(Some(at));
        }
        if kind.contains("pulse") {
            seen.2 = seen.2.max(Some(at));
        }
    })
    .await;
    let (state, since, pulse) = seen.lock().map(|seen| *seen).unwrap_or_default();
    About {
        name: None,
        duckling: None,
        state: match (read, state) {
            (Err(silence), _) => State::NotKnown(silence.detail.to_string()),
            (Ok(()), Some((_, true))) => State::Other("UNPECKED"),
            (Ok(()), Some((_, false))) => State::Bonded,
            (Ok(()), None) => State::NotKnown("the feed does not show it".to_owned()),
        },
        since,
        last_pulse: pulse,
        dependents: Vec::new(),
        now: (ask.now + ask.began.elapsed()).unix_timestamp(),
    }
}
