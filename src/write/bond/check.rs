//! What speaks against a write to a bond, from what is known of it. Pure.

use super::plan::Action;
use crate::connections::{BondState, Connections, SLOW, class};
use crate::fact::{duration, instant};

/// The state of a bond.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is in force.
    Bonded,
    /// It is not, and this is the word for it, such as `UNPECKED`.
    Other(&'static str),
    /// It cannot be told; why.
    NotKnown(String),
}

/// What is known of a bond before something is done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The agent's name, as it calls itself.
    pub name: Option<String>,
    /// The duckling that it belongs to.
    pub duckling: Option<String>,
    /// Whether it is in force.
    pub state: State,
    /// Since when, in seconds since 1970.
    pub since: Option<i64>,
    /// The newest pulse, in seconds since 1970.
    pub last_pulse: Option<i64>,
    /// Who else is known to rely on it.
    pub dependents: Vec<String>,
    /// The server's clock, in seconds since 1970.
    pub now: i64,
}

impl About {
    /// What everybody's records say of one bond; none of it where there is no record.
    pub fn of(all: &Connections, id: &str) -> Self {
        let bond = all.bonds.iter().find(|bond| bond.id == id);
        let unknown = || "nothing is known of this id".to_owned();
        let state = bond.map(|bond| match bond.state() {
            BondState::Bonded => State::Bonded,
            BondState::Unknown => State::NotKnown(match bond.uncertain {
                Some(why) => why.to_owned(),
                None => unknown(),
            }),
            other => State::Other(other.word()),
        });
        let text = |text: &crate::text::Untrusted| text.printable(80).to_string();
        Self {
            name: bond.and_then(|bond| bond.name.as_ref()).map(text),
            duckling: bond.and_then(|bond| bond.duckling.clone()),
            state: state.unwrap_or_else(|| State::NotKnown(unknown())),
            since: bond.and_then(|bond| bond.since),
            last_pulse: bond.and_then(|bond| bond.seen),
            dependents: bond
                .and_then(|bond| bond.peer.clone())
                .into_iter()
                .collect(),
            now: all.now,
        }
    }

    /// Nothing, and why.
    pub fn nothing(why: impl Into<String>, now: i64) -> Self {
        Self {
            name: None,
            duckling: None,
            state: State::NotKnown(why.into()),
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

    /// What is known, each with its label.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let unknown = || "not known".to_owned();
        let quoted = |text: &String| format!("\"{text}\"");
        let since = |at: i64| format!("{}, {} ago", instant(at), duration((self.now - at).max(0)));
        let pulse = match (self.last_pulse, self.pulse_age()) {
            (Some(at), Some(age)) => format!("{}, {}", since(at), class(age).word()),
            _ => "none is known".to_owned(),
        };
        let state = match &self.state {
            State::Bonded => "BONDED".to_owned(),
            State::Other(word) => (*word).to_owned(),
            State::NotKnown(why) => format!("not known: {why}"),
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
    pub fn speaks_against(&self, action: Action, forced: Option<&str>) -> Option<Against> {
        match &self.state {
            State::Bonded => {}
            State::Other(word) => return Some(Against::NotBonded(word)),
            State::NotKnown(why) => return Some(Against::NotProven(why.clone())),
        }
        if action != Action::Rotate || forced.is_some() {
            return None;
        }
        match self.pulse_age() {
            Some(age) if age < SLOW => None,
            age => Some(Against::NotPulsing(age)),
        }
    }
}

/// What forbids an action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Against {
    /// There is no bond in force.
    #[error("the bond is {0}, not BONDED")]
    NotBonded(&'static str),
    /// Whether there is one cannot be told.
    #[error("that the bond is BONDED is not proven: {0}")]
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

    fn about(age: Option<i64>) -> About {
        About {
            name: None,
            duckling: None,
            state: State::Bonded,
            since: Some(NOW - 86_400),
            last_pulse: age.map(|age| NOW - age),
            dependents: Vec::new(),
            now: NOW,
        }
    }

    #[test]
    fn only_a_fresh_pulse_or_a_reason_lets_a_key_be_rotated() {
        for (age, fresh) in [
            (Some(-5), true),
            (Some(0), true),
            (Some(599), true),
            (Some(600), false),
            (Some(601), false),
            (Some(1800), false),
            (None, false),
        ] {
            let against = about(age).speaks_against(Action::Rotate, None);
            assert_eq!(against.is_none(), fresh, "{age:?}");
            let forced = about(age).speaks_against(Action::Rotate, Some("compromised"));
            assert_eq!(forced, None, "{age:?}");
            for action in [Action::Pulse, Action::Disconnect] {
                assert_eq!(about(age).speaks_against(action, None), None, "{age:?}");
            }
        }
    }

    #[test]
    fn without_proof_of_a_bond_nothing_is_done_to_it_whatever_the_reason() {
        let states = [
            State::Other("UNPECKED"),
            State::Other("DENIED"),
            State::Other("EXPIRED"),
            State::NotKnown("the feed is torn".to_owned()),
        ];
        for state in states {
            for action in [Action::Pulse, Action::Rotate, Action::Disconnect] {
                let about = About {
                    state: state.clone(),
                    ..about(Some(5))
                };
                assert!(
                    about.speaks_against(action, Some("why")).is_some(),
                    "{state:?}"
                );
            }
        }
    }
}
