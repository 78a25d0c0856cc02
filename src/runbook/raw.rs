//! A runbook as it is written: the keys of the file and nothing more.

use super::checker::Checker;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::{Spanned, Value};

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRunbook {
    pub(super) id: Spanned<String>,
    pub(super) title: Spanned<String>,
    pub(super) short: Option<Spanned<String>>,
    pub(super) overview: Option<Spanned<String>>,
    pub(super) severity: Spanned<String>,
    pub(super) asks: Option<Spanned<String>>,
    pub(super) rank: Option<u8>,
    #[serde(default)]
    pub(super) explained_by: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) notice: Vec<RawNotice>,
    #[serde(default)]
    pub(super) limits: BTreeMap<String, Spanned<Value>>,
    #[serde(default)]
    pub(super) metric: Vec<RawMetric>,
    #[serde(default)]
    pub(super) step: Vec<Spanned<RawStep>>,
    #[serde(default)]
    pub(super) case: Vec<Spanned<RawCase>>,
}

/// A `[[notice]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNotice {
    pub(super) of: Spanned<String>,
    pub(super) text: Spanned<String>,
}

/// A `[[metric]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMetric {
    pub(super) name: Spanned<String>,
    pub(super) fact: Spanned<String>,
    pub(super) unit: Option<Spanned<String>>,
    pub(super) help: Spanned<String>,
    #[serde(default)]
    pub(super) total: bool,
    pub(super) percent_of: Option<Spanned<String>>,
    pub(super) warning: Option<Spanned<String>>,
    pub(super) critical: Option<Spanned<String>>,
}

/// A `[[step]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStep {
    pub(super) id: Spanned<String>,
    pub(super) title: Spanned<String>,
    pub(super) manual: Spanned<String>,
    #[serde(default)]
    pub(super) show: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) guide: Vec<Spanned<String>>,
    pub(super) warming_up: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) rule: Vec<Spanned<RawRule>>,
}

/// A `[[step.rule]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    pub(super) when: Spanned<String>,
    pub(super) verdict: Spanned<String>,
    pub(super) say: Spanned<String>,
    #[serde(default)]
    pub(super) also: Vec<Spanned<String>>,
    pub(super) headline: Option<Spanned<String>>,
    pub(super) then: Option<Spanned<String>>,
    pub(super) next: Option<Spanned<String>>,
    pub(super) command: Option<Spanned<String>>,
    pub(super) reason: Option<Spanned<String>>,
    pub(super) escalate: Option<Spanned<String>>,
    pub(super) escalate_to: Option<Spanned<String>>,
    pub(super) within: Option<Spanned<String>>,
    pub(super) escalate_from: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) leads: bool,
    #[serde(default)]
    pub(super) explained_by: Vec<Spanned<String>>,
}

/// A `[[case]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCase {
    pub(super) name: Spanned<String>,
    pub(super) facts: BTreeMap<String, Spanned<Value>>,
    pub(super) expect: BTreeMap<String, Spanned<String>>,
}

/// Reads the file; what TOML itself cannot read is the only complaint then.
pub(super) fn parse(text: &str, check: &mut Checker) -> Option<RawRunbook> {
    toml::from_str(text)
        .map_err(|error| {
            check.complain(
                error.span().map_or(0, |span| span.start),
                error.message().to_owned(),
            )
        })
        .ok()
}
