//! A runbook as it is written: the keys of the file and nothing more.

use super::{checker::Checker, schema_words};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::{Spanned, Value};

/// The file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRunbook {
    /// The name of the file without `.toml`, such as inc-006: a-z, 0-9 and -.
    #[schemars(with = "String")]
    pub(super) id: Spanned<String>,
    /// What the incident is called.
    #[schemars(with = "String")]
    pub(super) title: Spanned<String>,
    /// The same in one or two words, for a row among other runbooks; the title unless set.
    #[schemars(with = "Option<String>")]
    pub(super) short: Option<Spanned<String>>,
    /// How things stand in one line, when every step is ok. May name facts, limits and the stack in braces.
    #[schemars(with = "Option<String>")]
    pub(super) overview: Option<Spanned<String>>,
    /// How urgent it is.
    #[schemars(schema_with = "schema_words::priority")]
    pub(super) severity: Spanned<String>,
    /// What is asked of whoever is called about it. May name limits and the stack, no facts.
    #[schemars(with = "Option<String>")]
    pub(super) asks: Option<Spanned<String>>,
    /// Where it stands among runbooks that are equally bad: the smaller, the earlier.
    pub(super) rank: Option<u8>,
    /// Runbooks that come first: while one of them is critical, this one is not judged.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) explained_by: Vec<Spanned<String>>,
    /// What affected users are told.
    #[serde(default)]
    pub(super) notice: Vec<RawNotice>,
    /// The numbers that an operator may change, by name.
    #[serde(default)]
    #[schemars(schema_with = "schema_words::limits")]
    pub(super) limits: BTreeMap<String, Spanned<Value>>,
    /// Numbers for monitoring systems.
    #[serde(default)]
    pub(super) metric: Vec<RawMetric>,
    /// The questions, in order.
    #[serde(default)]
    #[schemars(with = "Vec<RawStep>")]
    pub(super) step: Vec<Spanned<RawStep>>,
    /// What proves the rules: facts as they might be, and the verdicts that they must give.
    #[serde(default)]
    #[schemars(with = "Vec<RawCase>")]
    pub(super) case: Vec<Spanned<RawCase>>,
}

/// A `[[notice]]`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNotice {
    /// STEP/REASON of the rule that must decide for it.
    #[schemars(with = "String")]
    pub(super) of: Spanned<String>,
    /// The words. Not told where a fact that they name is not known.
    #[schemars(with = "String")]
    pub(super) text: Spanned<String>,
}

/// A `[[metric]]`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMetric {
    /// The label: at most 19 of a-z, 0-9 and _, in no other runbook.
    #[schemars(with = "String")]
    pub(super) name: Spanned<String>,
    /// A fact that a step asks for: true or false, a number or a duration.
    #[schemars(with = "String")]
    pub(super) fact: Spanned<String>,
    /// The fact's own unit.
    #[schemars(with = "Option<String>")]
    pub(super) unit: Option<Spanned<String>>,
    /// What it is, in a few words.
    #[schemars(with = "String")]
    pub(super) help: Spanned<String>,
    /// Whether it is a running total.
    #[serde(default)]
    pub(super) total: bool,
    /// The fact of which the rules compare a percentage.
    #[schemars(with = "Option<String>")]
    pub(super) percent_of: Option<Spanned<String>>,
    /// STEP/REASON of the rule that warns.
    #[schemars(with = "Option<String>")]
    pub(super) warning: Option<Spanned<String>>,
    /// STEP/REASON of the rule that is critical.
    #[schemars(with = "Option<String>")]
    pub(super) critical: Option<Spanned<String>>,
}

/// A `[[step]]`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStep {
    /// Its name: a-z, 0-9 and -, unique in the runbook.
    #[schemars(with = "String")]
    pub(super) id: Spanned<String>,
    /// A claim that is true when all is well.
    #[schemars(with = "String")]
    pub(super) title: Spanned<String>,
    /// The same question as a command for a person.
    #[schemars(with = "String")]
    pub(super) manual: Spanned<String>,
    /// Facts to print beside those that decide.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) show: Vec<Spanned<String>>,
    /// What to know and do, in lines, for a person who asks nobody.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) guide: Vec<Spanned<String>>,
    /// A fact that is a time: until then the step is not judged, because history is too young.
    #[schemars(with = "Option<String>")]
    pub(super) warming_up: Option<Spanned<String>>,
    /// From worst to best: the first whose facts are all known, and which holds, decides.
    #[serde(default)]
    #[schemars(with = "Vec<RawRule>")]
    pub(super) rule: Vec<Spanned<RawRule>>,
}

/// A `[[step.rule]]`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    /// A condition: one comparison, or two joined by &&, in at most 80 characters.
    #[schemars(with = "String")]
    pub(super) when: Spanned<String>,
    /// What it concludes.
    #[schemars(schema_with = "schema_words::verdict_of_rule")]
    pub(super) verdict: Spanned<String>,
    /// The conclusion in one sentence. May name facts, limits and the stack in braces.
    #[schemars(with = "String")]
    pub(super) say: Spanned<String>,
    /// Further lines of the conclusion.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) also: Vec<Spanned<String>>,
    /// The conclusion with what it is about, for a first line.
    #[schemars(with = "Option<String>")]
    pub(super) headline: Option<Spanned<String>>,
    /// The command that follows the next action.
    #[schemars(with = "Option<String>")]
    pub(super) then: Option<Spanned<String>>,
    /// What to do, in words.
    #[schemars(with = "Option<String>")]
    pub(super) next: Option<Spanned<String>>,
    /// What to do, as a command to paste.
    #[schemars(with = "Option<String>")]
    pub(super) command: Option<Spanned<String>>,
    /// A stable code for the conclusion.
    #[schemars(with = "Option<String>")]
    pub(super) reason: Option<Spanned<String>>,
    /// How urgently somebody is called.
    #[serde(default)]
    #[schemars(schema_with = "schema_words::priority")]
    pub(super) escalate: Option<Spanned<String>>,
    /// Who is called, where it is not the escalation contact of the stack.
    #[schemars(with = "Option<String>")]
    pub(super) escalate_to: Option<Spanned<String>>,
    /// By when, such as 5m, from the instant on that `escalate_from` names.
    #[schemars(with = "Option<String>")]
    pub(super) within: Option<Spanned<String>>,
    /// A fact that is an instant.
    #[schemars(with = "Option<String>")]
    pub(super) escalate_from: Option<Spanned<String>>,
    /// Whether its next action is what the whole runbook comes down to.
    #[serde(default)]
    pub(super) leads: bool,
    /// Runbooks that explain just this rule.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) explained_by: Vec<Spanned<String>>,
}

/// A `[[case]]`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCase {
    /// What it shows.
    #[schemars(with = "String")]
    pub(super) name: Spanned<String>,
    /// The facts that are known; all others are silent.
    #[schemars(schema_with = "schema_words::facts")]
    pub(super) facts: BTreeMap<String, Spanned<Value>>,
    /// The verdict of each step, by its id.
    #[schemars(schema_with = "schema_words::expected")]
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
