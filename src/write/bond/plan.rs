//! What one of the three writes would do, to be shown, consented to and recorded.

use super::id::BondId;
use crate::write::consent::Terms;
use serde::Serialize;
use serde_json::{Value, json};

/// The three writes to a bond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// One pulse in the agent's name.
    Pulse,
    /// A new Beak Key; the old one is dead at once.
    Rotate,
    /// The end of the bond, for good.
    Disconnect,
}

impl Action {
    /// The command that does it.
    pub fn command(self) -> &'static str {
        match self {
            Action::Pulse => "bond pulse",
            Action::Rotate => "bond rotate",
            Action::Disconnect => "bond disconnect",
        }
    }

    /// The path that it is posted to.
    pub fn path(self) -> &'static str {
        match self {
            Action::Pulse => "/beak/pulse",
            Action::Rotate => "/beak/rotate",
            Action::Disconnect => "/beak/unpeck",
        }
    }
}

/// A write to one bond, and what is known about the bond.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The id of this write, in the journal too.
    pub id: String,
    /// What is done.
    #[serde(serialize_with = "command")]
    pub action: Action,
    /// Whose bond.
    #[serde(serialize_with = "as_str")]
    pub bond: BondId,
    /// What is known of it, each with its label; as it was read, and nothing secret.
    pub about: Vec<(&'static str, String)>,
    /// Scheme, host and port that the request goes to.
    pub host: String,
    /// The proxy that it goes through, if one is set.
    pub proxy: Option<String>,
    /// Which credentials go with it, by name and fingerprint.
    pub credentials: String,
    /// The fingerprint of the key that the agent has, where it is known.
    pub old_key: Option<String>,
    /// An unfinished rotation that this one is begun in spite of.
    pub supersedes: Option<String>,
    /// Why it is done although something speaks against it.
    pub reason: Option<String>,
}

fn command<S: serde::Serializer>(action: &Action, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(action.command())
}

fn as_str<S: serde::Serializer>(id: &BondId, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(id.as_str())
}

impl Plan {
    /// What consents to it: the id of the bond, and nothing shorter.
    pub fn terms(&self) -> Terms {
        let id = self.bond.as_str();
        Terms::of(&self.json().to_string(), id, id)
    }

    /// The whole plan, for the journal and for programs.
    pub fn json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_else(|_| json!({"id": self.id}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::consent::{Answer, Consent};

    fn plan() -> Plan {
        Plan {
            id: "01A".to_owned(),
            action: Action::Rotate,
            bond: BondId::parse("A1").expect("an id"),
            about: vec![("name", "demo".to_owned())],
            host: "http://127.0.0.1".to_owned(),
            proxy: None,
            credentials: "token".to_owned(),
            old_key: None,
            supersedes: None,
            reason: None,
        }
    }

    #[test]
    fn consent_is_to_this_bond_and_to_everything_in_the_plan() {
        let consent = Consent::from(&plan().terms(), Answer::Confirmed("A1")).expect("consent");
        assert!(consent.covers(&plan().terms()));
        assert!(Consent::from(&plan().terms(), Answer::Confirmed("A10")).is_err());
        assert!(Consent::from(&plan().terms(), Answer::Typed("yes")).is_err());
        let changes: [fn(&mut Plan); 7] = [
            |plan| plan.action = Action::Disconnect,
            |plan| plan.about[0].1 = "other".to_owned(),
            |plan| plan.host = "http://127.0.0.2".to_owned(),
            |plan| plan.proxy = Some("http://p".to_owned()),
            |plan| plan.old_key = Some("01234567".to_owned()),
            |plan| plan.supersedes = Some("01B".to_owned()),
            |plan| plan.reason = Some("because".to_owned()),
        ];
        for change in changes {
            let mut other = plan();
            change(&mut other);
            assert!(!consent.covers(&other.terms()), "{other:?}");
        }
    }
}
