//! Sentences with names in braces, such as `{email.sent_24h} of {email.max_24h}`.

use crate::fact::FactValue;
use crate::text::{Printable, StackNames};
use std::collections::BTreeMap;

/// A sentence whose names are known to resolve.
#[derive(Clone, Debug)]
pub struct Words(Vec<Part>);

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Fact(&'static str),
    Limit(String),
    Stack(&'static str),
}

/// The names of the stack that words may use, after `stack.`.
const STACK_WORDS: [&str; 9] = [
    "name",
    "api_url",
    "region",
    "account",
    "state_machine_arn",
    "function",
    "alias",
    "log_group",
    "escalation",
];

/// The word as it stands in [`STACK_WORDS`], if it does.
pub fn stack_word(word: &str) -> Option<&'static str> {
    STACK_WORDS.into_iter().find(|known| *known == word)
}

impl Words {
    /// Reads a sentence; `{{` is a brace.
    ///
    /// # Errors
    /// Every name that does not resolve.
    pub(super) fn parse(
        text: &str,
        limits: &BTreeMap<String, FactValue>,
    ) -> Result<Self, Vec<String>> {
        let (mut parts, mut errors, mut plain) = (Vec::new(), Vec::new(), String::new());
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
            } else if brace == "}" {
                errors.push("a `}` without its `{`; write `}}` for the character".to_owned());
            } else if let Some((name, after)) = rest.split_once('}') {
                parts.push(Part::Text(std::mem::take(&mut plain)));
                match resolve(name, limits) {
                    Ok(part) => parts.push(part),
                    Err(error) => errors.push(error),
                }
                rest = after;
            } else {
                errors.push("a `{` without its `}`; write `{{` for the character".to_owned());
            }
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        if errors.is_empty() {
            Ok(Self(parts))
        } else {
            Err(errors)
        }
    }

    /// The sentence with everything filled in; what is not known reads `(not known)`.
    pub fn fill<'a>(
        &self,
        fact: impl Fn(&str) -> Option<&'a FactValue>,
        limits: &BTreeMap<String, FactValue>,
        stack: &StackNames,
    ) -> Printable {
        let mut out = String::new();
        for part in &self.0 {
            let filled = match part {
                Part::Text(text) => Some(Printable::from(text.as_str())),
                Part::Fact(path) => fact(path).map(FactValue::shown),
                Part::Limit(name) => limits.get(name).map(FactValue::shown),
                Part::Stack(name) => stack.get(name).cloned(),
            };
            out.push_str(filled.as_ref().map_or("(not known)", Printable::as_str));
        }
        out.into()
    }

    /// The facts it names.
    pub fn facts(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.iter().filter_map(|part| {
            if let Part::Fact(path) = part {
                Some(*path)
            } else {
                None
            }
        })
    }

    /// The limits it names.
    pub(super) fn limits(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| {
            if let Part::Limit(name) = part {
                Some(name.as_str())
            } else {
                None
            }
        })
    }
}

fn resolve(name: &str, limits: &BTreeMap<String, FactValue>) -> Result<Part, String> {
    if let Some(limit) = name.strip_prefix("limits.") {
        return match limits.contains_key(limit) {
            true => Ok(Part::Limit(limit.to_owned())),
            false => Err(format!("`{{{name}}}` is not in [limits]")),
        };
    }
    if let Some(word) = name.strip_prefix("stack.") {
        return STACK_WORDS
            .into_iter()
            .find(|known| *known == word)
            .map(Part::Stack)
            .ok_or_else(|| {
                format!(
                    "`{{{name}}}` is not one of stack.{}",
                    STACK_WORDS.join(", stack.")
                )
            });
    }
    match crate::fact::find(name) {
        Some((_, fact)) => Ok(Part::Fact(fact.path)),
        None => Err(crate::fact::unknown_fact(name)),
    }
}
