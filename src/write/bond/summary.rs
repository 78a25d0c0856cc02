//! What is known of a bond before a write, and what of it forbids the write. Pure.

use super::plan::Action;
use crate::connections::{BondState, Connections, SLOW, class};
use crate::fact::{duration, instant};

/// The state of a bond, as far as it is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProvenState {
    /// It is in force.
    Bonded,
    /// It is not, and this is the word for it, such as `UNPECKED`.
    Other(&'static str),
    /// It is not known; why.
    NotKnown(String),
}

/// What is known of a bond before it is written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BondSummary {
    /// The agent's name, as it calls itself.
    pub name: Option<String>,
    /// The duckling that it belongs to.
    pub duckling: Option<String>,
    /// Whether it is in force.
    pub state: ProvenState,
    /// Since when, in seconds since 1970.
    pub since: Option<i64>,
    /// The newest pulse, in seconds since 1970.
    pub last_pulse: Option<i64>,
    /// Who else is known to rely on it.
    pub dependents: Vec<String>,
    /// The server's clock, in seconds since 1970.
    pub now: i64,
}

impl BondSummary {
    /// One bond out of the records of all; without a record of it, unknown.
    pub fn of(all: &Connections, id: &str) -> Self {
        let bond = all.bonds.iter().find(|bond| bond.id == id);
        let unknown = || "neither the feed nor a list that was read names it".to_owned();
        let state = bond.map(|bond| match bond.state() {
            BondState::Bonded => ProvenState::Bonded,
            BondState::Unknown => ProvenState::NotKnown(match bond.uncertain {
                Some(why) => why.to_owned(),
                None => unknown(),
            }),
            other => ProvenState::Other(other.word()),
        });
        let text = |text: &crate::text::Untrusted| text.printable(80).to_string();
        Self {
            name: bond.and_then(|bond| bond.name.as_ref()).map(text),
            duckling: bond.and_then(|bond| bond.duckling.clone()),
            state: state.unwrap_or_else(|| ProvenState::NotKnown(unknown())),
            since: bond.and_then(|bond| bond.since),
            last_pulse: bond.and_then(|bond| bond.seen),
            dependents: bond
                .and_then(|bond| bond.peer.clone())
                .into_iter()
                .collect(),
            now: all.now,
        }
    }

    /// Nothing is known, and why.
    pub fn unknown(why: impl Into<String>, now: i64) -> Self {
        Self {
            name: None,
            duckling: None,
            state: ProvenState::NotKnown(why.into()),
            since: None,
            last_pulse: None,
            dependents: Vec::new(),
            now,
        }
    }

    /// Seconds since the newest pulse.
    pub fn pulse_age(&self) -> Option<i64> {
        self.last_pulse.map(|at| (self.now - at).max(0))
    }

    /// What is known, each line with its label.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let unknown = || "not known".to_owned();
        let quoted = |text: &String| format!("\"{text}\"");
        let since = |at: i64| format!("{}, {} ago", instant(at), duration((self.now - at).max(0)));
        let pulse = match (self.last_pulse, self.pulse_age()) {
            (Some(at), Some(age)) => format!("{}, {}", since(at), class(age).word()),
            _ => "none is known".to_owned(),
        };
        let state = match &self.state {
            ProvenState::Bonded => "BONDED".to_owned(),
            ProvenState::Other(word) => (*word).to_owned(),
            ProvenState::NotKnown(why) => format!("not known: {why}"),
        };
        let dependents = match self.dependents.is_empty() {
            true => "none is known; ask the agent's owner".to_owned(),
            false => self.dependents.join(", "),
        };
        vec![
            ("name", self.name.as_ref().map_or_else(unknown, quoted)),
            ("duckling", self.duckling.clone().unwrap_or_else(unknown)),
            ("state", state),
            ("bonded", self.since.map_or_else(unknown, since)),
            ("last pulse", pulse),
            ("used by", dependents),
        ]
    }

    /// What forbids an action; nothing of it is sent then. `forced` is the operator's reason
    /// to rotate the key of an agent that does not pulse.
    pub fn objection(&self, action: Action, forced: Option<&str>) -> Option<Objection> {
        match &self.state {
            ProvenState::Bonded => {}
            ProvenState::Other(word) => return Some(Objection::NotBonded(word)),
            ProvenState::NotKnown(why) => return Some(Objection::NotProven(why.clone())),
        }
        if action != Action::Rotate || forced.is_some() {
            return None;
        }
        match self.pulse_age() {
            Some(age) if age < SLOW => None,
            age => Some(Objection::NotPulsing(age)),
        }
    }
}

/// Reasons that forbid an action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
    /// There is no bond in force.
    #[error("the bond is {0}, not BONDED")]
    NotBonded(&'static str),
    /// It is not known whether there is one.
    #[error("the bond is not proven to be in force: {0}")]
    NotProven(String),
    /// The agent does not pulse; the age of its newest pulse, if there is one.
    #[error("{}: restore the runtime first", not_pulsing(*.0))]
    NotPulsing(Option<i64>),
}

fn not_pulsing(age: Option<i64>) -> String {
    match age {
        Some(age) => format!(
            "the last pulse is {} old, {}",
            duration(age),
            class(age).word()
        ),
        None => "no pulse of the agent is known".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_774_137_600;

    fn summary(age: Option<i64>) -> BondSummary {
        BondSummary {
            name: None,
            duckling: None,
            state: ProvenState::Bonded,
            since: Some(NOW - 86_400),
            last_pulse: age.map(|age| NOW - age),
            dependents: Vec::new(),
            now: NOW,
        }
    }

    #[test]
    fn a_rotation_needs_a_fresh_pulse_or_a_reason() {
        for (age, fresh) in [
            (Some(-5), true),
            (Some(0), true),
            (Some(599), true),
            (Some(600), false),
            (Some(601), false),
            (Some(1800), false),
            (None, false),
        ] {
            let objection = summary(age).objection(Action::Rotate, None);
            assert_eq!(objection.is_none(), fresh, "{age:?}");
            let forced = summary(age).objection(Action::Rotate, Some("compromised"));
            assert_eq!(forced, None, "{age:?}");
            for action in [Action::Pulse, Action::Disconnect] {
                assert_eq!(summary(age).objection(action, None), None, "{age:?}");
            }
        }
    }

    #[test]
    fn a_bond_that_is_not_proven_bonded_is_never_written_to() {
        let states = [
            ProvenState::Other("UNPECKED"),
            ProvenState::Other("DENIED"),
            ProvenState::Other("EXPIRED"),
            ProvenState::NotKnown("the feed is torn".to_owned()),
        ];
        for state in states {
            for action in [Action::Pulse, Action::Rotate, Action::Disconnect] {
                let bond = BondSummary {
                    state: state.clone(),
                    ..summary(Some(5))
                };
                assert!(bond.objection(action, Some("why")).is_some(), "{state:?}");
            }
        }
    }
}
