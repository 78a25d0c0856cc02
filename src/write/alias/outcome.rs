//! The outcome of a request to move the alias, decided by the alias as it is read afterwards
//! and by the answer. Pure.

use super::plan::{AliasPlan, shares};
use crate::lambda::alias_target::AliasTarget;
use crate::observation::Unavailable;
use crate::write::guarded::WriteOutcome;
use serde_json::{Value, json};

/// The outcome of a move, as read back.
#[derive(Clone, Debug, PartialEq)]
pub enum MoveOutcome {
    /// The alias is as planned.
    InForce {
        /// The alias now.
        alias: AliasTarget,
        /// What was odd about the way there, if anything.
        odd: Option<String>,
    },
    /// The request never left or was refused, and the alias is as it was.
    Unchanged {
        /// Why not.
        why: String,
    },
    /// Another writer changed it first; nothing of ours was applied.
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
    /// It may have been applied, or may still be: no answer refused it.
    Unclear {
        /// The alias now, as far as it could be read.
        alias: Option<AliasTarget>,
        /// Why it is not known.
        why: String,
    },
}

impl MoveOutcome {
    /// Its word in output and journal.
    pub fn word(&self) -> &'static str {
        match self {
            MoveOutcome::InForce { .. } => "in-force",
            MoveOutcome::Unchanged { .. } => "unchanged",
            MoveOutcome::Conflict { .. } => "conflict",
            MoveOutcome::Overtaken { .. } => "overtaken",
            MoveOutcome::Unclear { .. } => "unclear",
        }
    }

    /// The alias as it was read back.
    pub fn alias(&self) -> Option<&AliasTarget> {
        match self {
            MoveOutcome::InForce { alias, .. } | MoveOutcome::Conflict { alias } => Some(alias),
            MoveOutcome::Overtaken { alias, .. } | MoveOutcome::Unclear { alias, .. } => {
                alias.as_ref()
            }
            MoveOutcome::Unchanged { .. } => None,
        }
    }
}

impl WriteOutcome for MoveOutcome {
    fn is_settled(&self) -> bool {
        !matches!(self, MoveOutcome::Unclear { .. })
    }

    fn json(&self) -> Value {
        let alias = self.alias();
        let why = match self {
            MoveOutcome::InForce { odd, .. } => odd.as_deref(),
            MoveOutcome::Conflict { .. } => None,
            MoveOutcome::Unchanged { why }
            | MoveOutcome::Overtaken { why, .. }
            | MoveOutcome::Unclear { why, .. } => Some(why.as_str()),
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

/// The answer to UpdateAlias, which is not yet the outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpdateAnswer {
    /// Lambda accepted it.
    Accepted,
    /// Lambda refused it: the alias has another revision than the plan's.
    Outdated,
    /// Lambda refused it.
    Refused(String),
    /// No answer, or one that does not say whether it was applied.
    Lost(String),
    /// The request never left.
    NotSent(String),
}

/// The outcome by the alias as it was read after the request; `None` while a read that lags
/// behind might still explain what was read.
pub(super) fn decide(
    plan: &AliasPlan,
    answer: &UpdateAnswer,
    alias: &AliasTarget,
    is_last: bool,
) -> Option<MoveOutcome> {
    let alias = alias.clone();
    let is_old = alias.revision == plan.from.revision;
    if let UpdateAnswer::NotSent(why) = answer {
        let why = format!("the request never left: {why}");
        return Some(MoveOutcome::Unchanged { why });
    }
    if !is_old && plan.is_in_force(&alias) {
        let odd = match answer {
            UpdateAnswer::Accepted => None,
            UpdateAnswer::Lost(why) => Some(format!(
                "the answer was lost ({why}); the state is verified"
            )),
            UpdateAnswer::Outdated | UpdateAnswer::Refused(_) | UpdateAnswer::NotSent(_) => {
                Some("another user made the same change; the state is verified".to_owned())
            }
        };
        return Some(MoveOutcome::InForce { alias, odd });
    }
    match answer {
        UpdateAnswer::Refused(why) if is_old => Some(MoveOutcome::Unchanged { why: why.clone() }),
        _ if is_old && !is_last => None,
        UpdateAnswer::Accepted if is_old => Some(MoveOutcome::Overtaken {
            alias: Some(alias),
            why: "Lambda accepted it, and reads still show the revision from before".to_owned(),
        }),
        UpdateAnswer::Outdated if is_old => Some(MoveOutcome::Unchanged {
            why: "Lambda answered that the alias changed since, and reads show it unchanged"
                .to_owned(),
        }),
        // A request can be applied seconds after its time-out: only a refusal is a no.
        UpdateAnswer::Lost(why) if is_old => Some(MoveOutcome::Unclear {
            why: format!("{why}; the alias is unchanged so far, and it may still be applied"),
            alias: Some(alias),
        }),
        UpdateAnswer::Accepted => Some(MoveOutcome::Overtaken {
            why: format!(
                "it was applied, and another user changed it since: {}",
                alias.split()
            ),
            alias: Some(alias),
        }),
        UpdateAnswer::Lost(why) => Some(MoveOutcome::Unclear {
            why: format!(
                "{why}; another user changed the alias meanwhile: {}",
                alias.split()
            ),
            alias: Some(alias),
        }),
        UpdateAnswer::Outdated | UpdateAnswer::Refused(_) | UpdateAnswer::NotSent(_) => {
            Some(MoveOutcome::Conflict { alias })
        }
    }
}

/// The outcome when the alias cannot be read back.
pub(super) fn blind(answer: &UpdateAnswer, unavailable: &Unavailable) -> MoveOutcome {
    let seen = format!("the alias cannot be read back: {}", unavailable.detail);
    match answer {
        UpdateAnswer::NotSent(why) => MoveOutcome::Unchanged {
            why: format!("the request never left: {why}"),
        },
        UpdateAnswer::Accepted => MoveOutcome::Overtaken {
            alias: None,
            why: format!("Lambda accepted it; {seen}"),
        },
        UpdateAnswer::Outdated => MoveOutcome::Unclear {
            alias: None,
            why: format!("Lambda answered that the alias changed since; {seen}"),
        },
        UpdateAnswer::Refused(why) | UpdateAnswer::Lost(why) => MoveOutcome::Unclear {
            alias: None,
            why: format!("{why}; {seen}"),
        },
    }
}

#[cfg(test)]
#[path = "tests_outcome.rs"]
mod tests;
