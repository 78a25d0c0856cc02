//! The callbacks that failed lately, each with its request and its target agent.

use super::Peck;
use std::cmp::Reverse;
use std::collections::HashMap;

/// How many are kept: more in one day mean that the feed holds something else.
const KEPT: usize = 10_000;

/// A callback that failed in the last 24 h. What is not known of it is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackError {
    /// When, in seconds since 1970.
    pub at: i64,
    /// The id of the request.
    pub peck: String,
    /// The agent that was to be called.
    pub agent: String,
}

/// The agent that was to be called. An entry that names one agent and no target names the one that
/// was called, unless that is the one that asked.
pub(super) fn called<'a>(target: &'a str, agent: &'a str, requester: &str) -> &'a str {
    match target {
        "" if agent == requester => "",
        "" => agent,
        target => target,
    }
}

/// Those that the feed shows, while it is being read.
#[derive(Debug, Default)]
pub(super) struct CallbackErrors(Vec<CallbackError>);

impl CallbackErrors {
    /// Takes in an entry about a callback that failed.
    pub(super) fn note(&mut self, at: i64, peck: &str, agent: &str) {
        if self.0.len() < KEPT {
            self.0.push(CallbackError {
                at,
                peck: peck.to_owned(),
                agent: agent.to_owned(),
            });
        }
    }

    /// All of them, newest first; where an entry names no agent, its request does.
    pub(super) fn end(mut self, pecks: &HashMap<String, Peck>) -> Vec<CallbackError> {
        for error in self.0.iter_mut().filter(|error| error.agent.is_empty()) {
            let target = pecks.get(&error.peck).and_then(|peck| peck.target.as_ref());
            error.agent = target.cloned().unwrap_or_default();
        }
        self.0.sort_by_key(|error| Reverse(error.at));
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_is_named_by_the_entry_or_by_its_request() {
        let asked = Peck {
            id: "p1".to_owned(),
            target: Some("D9".to_owned()),
            ..Peck::default()
        };
        let pecks = HashMap::from([("p1".to_owned(), asked)]);
        for (peck, agent, target, due) in [
            ("p1", "", "", "D9"),
            ("p1", "D2", "", "D2"),
            ("p1", "D1", "", "D9"),
            ("p1", "D2", "D3", "D3"),
            ("p2", "", "", ""),
        ] {
            let mut errors = CallbackErrors::default();
            errors.note(100, peck, called(target, agent, "D1"));
            let found = errors.end(&pecks);
            assert_eq!(found[0].agent, due, "{peck} {agent} {target}");
        }
    }
}
