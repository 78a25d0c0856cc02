//! The plan of a move: from which version to which, as which identity, and what differs. Its
//! JSON holds all that matters, so that consent to it is consent to nothing else.

use crate::lambda::alias_target::AliasTarget;
use crate::lambda::function_state::Caller;
use crate::write::consent::Terms;
use crate::write::guarded::WritePlan;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The reason to move the alias.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Back to a version that served: INC-001 step 4, allowed without prior approval.
    Rollback,
    /// On to another version, with approval.
    Promotion,
}

impl Purpose {
    /// Its command.
    pub fn command(self) -> &'static str {
        match self {
            Purpose::Rollback => "alias rollback",
            Purpose::Promotion => "alias promote",
        }
    }
}

/// One update of the alias, before it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct AliasPlan {
    /// Which write this is.
    pub id: String,
    /// Rollback or promotion.
    pub purpose: Purpose,
    /// The function.
    pub function: String,
    /// The alias.
    pub alias: String,
    /// The region.
    pub region: String,
    /// The identity that the request is signed with.
    pub caller: Caller,
    /// The host that Lambda's answers come from, and to which the update goes.
    pub host: String,
    /// Where the alias points now.
    pub from: AliasTarget,
    /// Which version shall take what the weights leave.
    pub version: String,
    /// Which other versions shall have a share, as hundredths of a percent.
    pub weights: BTreeMap<String, u32>,
    /// Which version all this is about: the one that is consented to.
    pub to: String,
    /// What is different in it.
    pub differences: Vec<String>,
    /// What follows, if this is the first of two moves.
    pub then: Option<String>,
    /// Who approved, and what they said.
    pub approval: Option<(String, String)>,
}

impl AliasPlan {
    /// Where the alias shall point, in words.
    pub fn wanted(&self) -> String {
        let wanted = AliasTarget {
            version: self.version.clone(),
            revision: String::new(),
            weights: self.weights.clone(),
        };
        wanted.split()
    }

    /// Whether the alias is as this plan wants it.
    pub fn is_in_force(&self, alias: &AliasTarget) -> bool {
        alias.version == self.version && alias.weights == self.weights
    }
}

impl WritePlan for AliasPlan {
    fn id(&self) -> &str {
        &self.id
    }

    fn command(&self) -> &'static str {
        self.purpose.command()
    }

    fn finds_out(&self) -> String {
        "duckops alias show".to_owned()
    }

    fn what(&self) -> String {
        let verb = match self.purpose {
            // Only the weights go.
            Purpose::Rollback if self.from.version == self.version => {
                return format!(
                    "give all traffic of {} to version {}",
                    self.alias, self.version
                );
            }
            Purpose::Rollback => "roll back",
            Purpose::Promotion => "promote",
        };
        format!(
            "{verb} {} from version {} to {}",
            self.alias, self.from.version, self.to
        )
    }

    fn chosen(&self) -> Vec<String> {
        vec![format!("--to {}", self.to)]
    }

    fn terms(&self) -> Terms {
        let (alias, from, to) = (&self.alias, &self.from.version, &self.to);
        Terms::of(
            &self.json().to_string(),
            format!("{alias} {to}"),
            format!("{alias}@{from}->{to}"),
        )
    }

    fn json(&self) -> Value {
        let approval = self.approval.as_ref();
        json!({
            "id": self.id,
            "command": self.purpose.command(),
            "function": self.function,
            "alias": self.alias,
            "account": self.caller.account,
            "region": self.region,
            "identity": self.caller.arn,
            "endpoint": self.host,
            "from": self.from.version,
            "from_weights": shares(&self.from.weights),
            "revision": self.from.revision,
            "to": self.to,
            "version": self.version,
            "weights": shares(&self.weights),
            "then": self.then,
            "differences": self.differences,
            "approved_by": approval.map(|(by, _)| by),
            "approval_note": approval.map(|(_, note)| note),
        })
    }

    fn lines(&self) -> Vec<(String, String)> {
        let line = |label: &str, text: String| (label.to_owned(), text);
        let caller = &self.caller;
        let differs = match self.differences.is_empty() {
            true => "; only the code differs",
            false => "",
        };
        let mut lines = vec![line(
            "change",
            format!(
                "{} {} -> {}{differs}",
                self.alias,
                self.from.split(),
                self.wanted()
            ),
        )];
        lines.extend(self.then.iter().map(|then| line("then", then.clone())));
        let differences = self.differences.iter();
        lines.extend(differences.map(|difference| line("differs", difference.clone())));
        if let Some((by, note)) = &self.approval {
            lines.push(line("approved", format!("by {by}: {note}")));
        }
        let (alias, revision) = (&self.alias, &self.from.revision);
        lines.push(line(
            "guard",
            format!("sent only if {alias} is still at revision {revision}"),
        ));
        lines.extend([
            line(
                "at",
                format!("{} of {}, {}", self.function, caller.account, self.host),
            ),
            line("as", caller.arn.clone()),
        ]);
        lines
    }

    fn by_hand(&self) -> Option<String> {
        let weights: Vec<_> = self
            .weights
            .iter()
            .map(|(version, share)| format!("{version}={}", f64::from(*share) / 10_000.0))
            .collect();
        Some(format!(
            "aws lambda update-alias --function-name {} --name {} --function-version {} --revision-id {} --routing-config 'AdditionalVersionWeights={{{}}}' --region {}",
            self.function,
            self.alias,
            self.version,
            self.from.revision,
            weights.join(","),
            self.region
        ))
    }
}

/// Weights as fractions of one, as Lambda writes them.
pub(super) fn shares(weights: &BTreeMap<String, u32>) -> BTreeMap<String, f64> {
    let fraction = |share: &u32| f64::from(*share) / 10_000.0;
    let shares = weights.iter();
    shares
        .map(|(v, share)| (v.clone(), fraction(share)))
        .collect()
}

#[cfg(test)]
pub(super) fn sample(to: &str) -> AliasPlan {
    AliasPlan {
        id: "01".to_owned(),
        purpose: Purpose::Rollback,
        function: "mission-control-api".to_owned(),
        alias: "prod".to_owned(),
        region: "us-east-1".to_owned(),
        caller: Caller {
            account: "121546003735".to_owned(),
            arn: "arn:aws:sts::121546003735:assumed-role/ops/me".to_owned(),
            host: "https://sts.us-east-1.amazonaws.com".to_owned(),
        },
        host: "https://lambda.us-east-1.amazonaws.com".to_owned(),
        from: AliasTarget {
            version: "42".to_owned(),
            revision: "r42".to_owned(),
            weights: BTreeMap::new(),
        },
        version: to.to_owned(),
        weights: BTreeMap::new(),
        to: to.to_owned(),
        differences: Vec::new(),
        then: None,
        approval: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::consent::{Consent, ReplyText};

    #[test]
    fn any_change_of_the_plan_voids_consent() {
        let plan = sample("41");
        type Mutation = fn(&mut AliasPlan);
        let changes: [(&str, Mutation); 8] = [
            ("target", |p| p.version = "40".into()),
            ("revision", |p| p.from.revision = "r43".into()),
            ("weights", |p| {
                p.weights = BTreeMap::from([("43".into(), 1_000)])
            }),
            ("weights there", |p| {
                p.from.weights = BTreeMap::from([("43".into(), 1)])
            }),
            ("account", |p| p.caller.account = "111122223333".into()),
            ("region", |p| p.region = "eu-west-1".into()),
            ("identity", |p| p.caller.arn = "arn:other".into()),
            ("endpoint", |p| p.host = "http://127.0.0.1:1".into()),
        ];
        for (what, change) in changes {
            let consent = Consent::from(&plan.terms(), ReplyText::Confirmed("prod@42->41"))
                .expect("the right words");
            let mut other = plan.clone();
            change(&mut other);
            assert!(consent.covers(&plan.terms()));
            assert!(!consent.covers(&other.terms()), "{what}");
        }
    }
}
