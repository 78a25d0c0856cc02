//! What a request to move the alias came to: decided by the alias as it is read afterwards,
//! in the light of what was answered. Pure.

use super::plan::{Plan, shares};
use crate::lambda::reader::AliasTarget;
use crate::observation::Unavailable;
use serde_json::{Value, json};

/// What a move came to, as read back.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The alias is as planned.
    InForce {
        /// The alias now.
        alias: AliasTarget,
        /// What was odd about the way there, if anything.
        odd: Option<String>,
    },
    /// The alias is as it was: nothing was applied.
    Unchanged {
        /// Why not.
        why: String,
    },
    /// Somebody else changed it first; nothing of ours was applied.
    Conflict {
        /// The alias now.
        alias: AliasTarget,
    },
    /// Lambda accepted it, and the alias is not as planned now.
    Overtaken {
        /// The alias now, as far as it could be read.
        alias: Option<AliasTarget>,
        /// What was seen instead.
        why: String,
    },
    /// It may have been applied.
    Unclear {
        /// The alias now, as far as it could be read.
        alias: Option<AliasTarget>,
        /// Why it cannot be told.
        why: String,
    },
}

impl Outcome {
    /// Its word in output and journal.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::InForce { .. } => "in-force",
            Outcome::Unchanged { .. } => "unchanged",
            Outcome::Conflict { .. } => "conflict",
            Outcome::Overtaken { .. } => "overtaken",
            Outcome::Unclear { .. } => "unclear",
        }
    }

    /// The alias as it was read back.
    pub fn alias(&self) -> Option<&AliasTarget> {
        match self {
            Outcome::InForce { alias, .. } | Outcome::Conflict { alias } => Some(alias),
            Outcome::Overtaken { alias, .. } | Outcome::Unclear { alias, .. } => alias.as_ref(),
            Outcome::Unchanged { .. } => None,
        }
    }

    /// What it came to, for the journal.
    pub fn json(&self) -> Value {
        let alias = self.alias();
        let why = match self {
            Outcome::InForce { odd, .. } => odd.as_deref(),
            Outcome::Conflict { .. } => None,
            Outcome::Unchanged { why }
            | Outcome::Overtaken { why, .. }
            | Outcome::Unclear { why, .. } => Some(why.as_str()),
        };
        json!({
            "outcome": self.word(),
            "why": why,
            "version": alias.map(|alias| &alias.version),
            "revision": alias.map(|alias| &alias.revision),
            "weights": alias.map(|alias| shares(&alias.weights)),
        })
    }
}

/// What came back of the request, which is not yet what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// Lambda says that it is done.
    Accepted,
    /// Lambda says that the alias changed since.
    Outdated,
    /// Lambda says no.
    Refused(String),
    /// No answer, or none that settles anything.
    Lost(String),
    /// It never left.
    Never(String),
}

/// What the alias, read after the request, says about it; `None` while a read that lags
/// behind might still explain it.
pub(super) fn decide(
    plan: &Plan,
    sent: &Sent,
    alias: &AliasTarget,
    is_last: bool,
) -> Option<Outcome> {
    let alias = alias.clone();
    let is_old = alias.revision == plan.from.revision;
    if let Sent::Never(why) = sent {
        let why = format!("the request never left: {why}");
        return Some(Outcome::Unchanged { why });
    }
    if !is_old && plan.is_in_force(&alias) {
        let odd = match sent {
            Sent::Accepted => None,
            Sent::Lost(why) => Some(format!(
                "the answer was lost ({why}); the state is verified"
            )),
            Sent::Outdated | Sent::Refused(_) | Sent::Never(_) => {
                Some("somebody else made the same change; the state is verified".to_owned())
            }
        };
        return Some(Outcome::InForce { alias, odd });
    }
    match sent {
        Sent::Refused(why) if is_old => Some(Outcome::Unchanged { why: why.clone() }),
        _ if is_old && !is_last => None,
        Sent::Accepted if is_old => Some(Outcome::Overtaken {
            alias: Some(alias),
            why: "Lambda accepted it, and reads still show the revision from before".to_owned(),
        }),
        Sent::Outdated if is_old => Some(Outcome::Unchanged {
            why: "Lambda says that the alias changed since, and reads show it unchanged".to_owned(),
        }),
        Sent::Lost(why) if is_old => Some(Outcome::Unchanged {
            why: format!("{why}; the alias kept its revision"),
        }),
        Sent::Accepted => Some(Outcome::Overtaken {
            why: format!(
                "it was applied, and somebody changed it since: {}",
                alias.split()
            ),
            alias: Some(alias),
        }),
        Sent::Lost(why) => Some(Outcome::Unclear {
            why: format!(
                "{why}; and somebody changed the alias meanwhile: {}",
                alias.split()
            ),
            alias: Some(alias),
        }),
        Sent::Outdated | Sent::Refused(_) | Sent::Never(_) => Some(Outcome::Conflict { alias }),
    }
}

/// What can be said when the alias cannot be read.
pub(super) fn blind(sent: &Sent, unavailable: &Unavailable) -> Outcome {
    let seen = format!("the alias cannot be read back: {}", unavailable.detail);
    match sent {
        Sent::Never(why) => Outcome::Unchanged {
            why: format!("the request never left: {why}"),
        },
        Sent::Accepted => Outcome::Overtaken {
            alias: None,
            why: format!("Lambda accepted it; {seen}"),
        },
        Sent::Outdated => Outcome::Unclear {
            alias: None,
            why: format!("Lambda says that the alias changed since; {seen}"),
        },
        Sent::Refused(why) | Sent::Lost(why) => Outcome::Unclear {
            alias: None,
            why: format!("{why}; {seen}"),
        },
    }
}

#[cfg(test)]
#[path = "tests_outcome.rs"]
mod tests;
