//! The plan of a write to a bond, to be shown, consented to and recorded.

use super::id::BondId;
use crate::write::consent::Terms;
use crate::write::guarded::WritePlan;
use serde::Serialize;
use serde_json::{Value, json};

/// The three writes to a bond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// One pulse in the agent's name.
    Pulse,
    /// A new Beak Key; the old one stops working at once.
    Rotate,
    /// The end of the bond, permanently.
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
pub struct BondPlan {
    /// The id of this write, in the journal too.
    pub id: String,
    /// Pulse, rotation or end.
    #[serde(serialize_with = "command")]
    pub action: Action,
    /// The bond.
    #[serde(serialize_with = "as_str")]
    pub bond: BondId,
    /// What is known of it, each with its label; as it was read, and nothing secret.
    pub about: Vec<(&'static str, String)>,
    /// Name and account of the stack, where they are not the configured ones: consent then
    /// names them, too.
    pub other_stack: Option<(String, String)>,
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

impl WritePlan for BondPlan {
    fn id(&self) -> &str {
        &self.id
    }

    fn command(&self) -> &'static str {
        self.action.command()
    }

    fn finds_out(&self) -> String {
        match self.action {
            Action::Rotate => format!("duckops bond rotate {} --recover", self.bond),
            Action::Pulse | Action::Disconnect => "duckops journal".to_owned(),
        }
    }

    fn what(&self) -> String {
        let bond = &self.bond;
        match self.action {
            Action::Pulse => format!("send one pulse in the name of {bond}"),
            Action::Rotate => format!("issue a new Beak Key for {bond}"),
            Action::Disconnect => format!("unpeck {bond} permanently"),
        }
    }

    /// The id of the bond, and nothing shorter; on a stack that is not the configured one its
    /// name and account as well.
    fn terms(&self) -> Terms {
        let (id, plan) = (self.bond.as_str(), self.json().to_string());
        match &self.other_stack {
            None => Terms::of(&plan, id, id),
            Some((stack, account)) => Terms::of(
                &plan,
                format!("{id} {stack} {account}"),
                format!("{id}@{stack}/{account}"),
            ),
        }
    }

    fn json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_else(|_| json!({"id": self.id}))
    }

    fn lines(&self) -> Vec<(String, String)> {
        let line = |label: &str, text: String| (label.to_owned(), text);
        let mut lines = vec![line("change", self.what())];
        let about = self.about.iter();
        lines.extend(about.map(|(label, text)| line(label, text.clone())));
        if let Some((stack, account)) = &self.other_stack {
            lines.push(line("stack", format!("{stack}, account {account}")));
        }
        let host = match &self.proxy {
            Some(proxy) => format!("{} via proxy {proxy}", self.host),
            None => self.host.clone(),
        };
        lines.push(line("where", host));
        lines.push(line("with", self.credentials.clone()));
        let reason = self.reason.iter();
        lines.extend(reason.map(|reason| line("because", reason.clone())));
        let superseded = self.supersedes.iter();
        lines.extend(superseded.map(|id| line("gives up", format!("the rotation {id}"))));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::consent::{Consent, ReplyText};

    fn plan() -> BondPlan {
        BondPlan {
            id: "01A".to_owned(),
            action: Action::Rotate,
            bond: BondId::parse("A1").expect("an id"),
            about: vec![("name", "demo".to_owned())],
            other_stack: None,
            host: "http://127.0.0.1".to_owned(),
            proxy: None,
            credentials: "token".to_owned(),
            old_key: None,
            supersedes: None,
            reason: None,
        }
    }

    #[test]
    fn consent_covers_this_bond_and_everything_in_its_plan() {
        let consent = Consent::from(&plan().terms(), ReplyText::Confirmed("A1")).expect("consent");
        assert!(consent.covers(&plan().terms()));
        assert!(Consent::from(&plan().terms(), ReplyText::Confirmed("A10")).is_err());
        assert!(Consent::from(&plan().terms(), ReplyText::Typed("yes")).is_err());
        let changes: [fn(&mut BondPlan); 8] = [
            |plan| plan.other_stack = Some(("s".to_owned(), "1".to_owned())),
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

    #[test]
    fn consent_names_a_stack_that_is_not_the_configured_one() {
        let mut other = plan();
        other.other_stack = Some(("staging".to_owned(), "111122223333".to_owned()));
        let given = |answer| Consent::from(&other.terms(), answer).is_ok();
        assert!(given(ReplyText::Typed("A1 staging 111122223333")));
        assert!(given(ReplyText::Confirmed("A1@staging/111122223333")));
        for words in ["A1", "A1 staging", "A1@staging"] {
            assert!(!given(ReplyText::Typed(words)), "{words}");
            assert!(!given(ReplyText::Confirmed(words)), "{words}");
        }
    }
}
