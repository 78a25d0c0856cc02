//! Where an alias points: taken from an answer of GetAlias, and described in words.

use crate::observation::{Unavailable, UnavailableReason};
use std::collections::BTreeMap;

/// Where the alias points.
#[derive(Clone, Debug, PartialEq)]
pub struct AliasTarget {
    /// The version that takes what the weights leave.
    pub version: String,
    /// What an update must name.
    pub revision: String,
    /// Other versions and their share of the traffic, as hundredths of a percent.
    pub weights: BTreeMap<String, u32>,
}

impl AliasTarget {
    /// How the traffic is split, in words.
    pub fn split(&self) -> String {
        let percent = |share: u32| f64::from(share) / 100.0;
        let rest = 10_000_u32.saturating_sub(self.weights.values().sum());
        let mut parts = vec![format!("{} % on version {}", percent(rest), self.version)];
        let others = self.weights.iter();
        parts.extend(others.map(|(v, share)| format!("{} % on version {v}", percent(*share))));
        parts.join(", ")
    }
}

/// Where an alias points, if the answer says all of it. Weights of nothing are none. What it
/// says goes into commands that are pasted into a shell, so nothing but plain ids is taken.
pub(crate) fn pointing<'w>(
    version: Option<&str>,
    revision: Option<&str>,
    weights: impl Iterator<Item = (&'w String, &'w f64)>,
) -> Result<AliasTarget, Unavailable> {
    let word = |text: Option<&str>, name| {
        let missing = || {
            Unavailable::new(
                UnavailableReason::Missing,
                format!("the alias has no {name}"),
            )
        };
        let text = text.filter(|text| !text.is_empty()).ok_or_else(missing)?;
        match plain(text) {
            true => Ok(text.to_owned()),
            false => {
                let why = format!("the {name} of the alias is no plain id");
                Err(Unavailable::new(UnavailableReason::Mistyped, why))
            }
        }
    };
    let mut shares = BTreeMap::new();
    for (version, share) in weights {
        if !(0.0..=1.0).contains(share) {
            let why = "a weight of the alias is no share of the traffic";
            return Err(Unavailable::new(UnavailableReason::Contradictory, why));
        }
        if !plain(version) {
            let why = "a version of the alias is no plain id";
            return Err(Unavailable::new(UnavailableReason::Mistyped, why));
        }
        let share = (share * 10_000.0).round() as u32;
        if share > 0 {
            shares.insert(version.clone(), share);
        }
    }
    Ok(AliasTarget {
        version: word(version, "version")?,
        revision: word(revision, "revision")?,
        weights: shares,
    })
}

/// A version, `$LATEST` or a revision: nothing that a shell would take for more than a word.
fn plain(id: &str) -> bool {
    let id = id.strip_prefix('$').unwrap_or(id);
    id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_weight_is_none_and_a_weight_above_one_is_refused() {
        let with = |share: f64| {
            let weights = BTreeMap::from([("41".to_owned(), share)]);
            pointing(Some("42"), Some("r"), weights.iter())
        };
        assert!(with(0.0).is_ok_and(|alias| alias.weights.is_empty()));
        assert!(
            with(0.1).is_ok_and(|alias| alias.split() == "90 % on version 42, 10 % on version 41")
        );
        for share in [-0.1, 1.1, f64::NAN] {
            assert!(with(share).is_err(), "{share}");
        }
        assert!(pointing(None, Some("r"), BTreeMap::new().iter()).is_err());
        assert!(pointing(Some("42"), None, BTreeMap::new().iter()).is_err());
    }

    #[test]
    fn an_id_that_is_not_one_shell_word_is_refused() {
        let with = |version: &str, revision: &str, other: &str| {
            let weights = BTreeMap::from([(other.to_owned(), 0.1)]);
            pointing(Some(version), Some(revision), weights.iter())
        };
        assert!(with("$LATEST", "5e1f-7a52", "41").is_ok());
        for strange in ["1;2", "$(id)", "1 2", "`id`", "1\n2", "\u{661}", "'1'"] {
            assert!(with(strange, "r", "41").is_err(), "{strange}");
            assert!(with("42", strange, "41").is_err(), "{strange}");
            assert!(with("42", "r", strange).is_err(), "{strange}");
        }
    }
}
