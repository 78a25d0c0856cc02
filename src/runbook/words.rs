//! Sentences with names in braces, such as `{email.sent_24h} of {email.max_24h}`.
//!
//! | form | renders |
//! |---|---|
//! | `{fact}`, `{limits.name}`, `{stack.name}` | the value, `(not known)` for an unavailable fact |
//! | `{fact_min..fact_max}` | `18` where both bounds agree, else `at least 18`; `at most 18` of 0 to 18 |
//! | `{fact#agent}`, `{fact#entry/entries}` | `1 agent`, `2 agents`, `no agents` |
//! | `{fact|first}` | the first entry of a list, at most 240 characters of it |
//! | `[, newest {fact} ago]` | nothing unless every fact in the brackets is known |
//!
//! Commands have no brackets of this kind: `[` is a character of theirs.

#[cfg(test)]
mod tests;

use crate::fact::{FactType, FactValue};
use crate::text::{Printable, StackNames};
use std::collections::BTreeMap;

/// A sentence whose names are known to resolve.
#[derive(Clone, Debug)]
pub struct Words(Vec<Part>);

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Fact(&'static str),
    /// The first entry of a list.
    First(&'static str),
    /// Two bounds of one count: the number alone where they agree, else `at least`.
    Range(&'static str, &'static str),
    /// A whole number with its noun: one form for 1, the other for every other number.
    Count(Box<Part>, String, String),
    Limit(String),
    Stack(&'static str),
    /// Left out unless everything in it is known.
    Optional(Words),
}

/// How many characters of an entry of a list are shown.
const ENTRY: usize = 240;

/// The names of the stack that words may use, after `stack.`.
const STACK_WORDS: [&str; 10] = [
    "name",
    "api_url",
    "region",
    "account",
    "state_machine_arn",
    "execution_arn",
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
    /// Reads a sentence, in which `[…]` is optional; `{{` is a brace and `[[` a bracket.
    ///
    /// # Errors
    /// Every name that does not resolve.
    pub(super) fn parse(
        text: &str,
        limits: &BTreeMap<String, FactValue>,
    ) -> Result<Self, Vec<String>> {
        let (mut parts, mut errors) = (Vec::new(), Vec::new());
        let mut rest = text;
        while let Some(at) = rest.find('[') {
            let (before, from) = rest.split_at(at);
            if let Some(after) = from.strip_prefix("[[") {
                parse_plain(&format!("{before}["), limits, &mut parts, &mut errors);
                rest = after;
                continue;
            }
            parse_plain(before, limits, &mut parts, &mut errors);
            let Some((inside, after)) = from[1..].split_once(']') else {
                errors.push("a `[` without its `]`; write `[[` for the character".to_owned());
                rest = "";
                break;
            };
            let mut optional = Vec::new();
            parse_plain(inside, limits, &mut optional, &mut errors);
            parts.push(Part::Optional(Words(optional)));
            rest = after;
        }
        parse_plain(rest, limits, &mut parts, &mut errors);
        Self::checked(parts, errors)
    }

    /// Reads a command: only names in braces are replaced.
    ///
    /// # Errors
    /// As [`Words::parse`].
    pub(super) fn parse_command(
        text: &str,
        limits: &BTreeMap<String, FactValue>,
    ) -> Result<Self, Vec<String>> {
        let (mut parts, mut errors) = (Vec::new(), Vec::new());
        parse_plain(text, limits, &mut parts, &mut errors);
        Self::checked(parts, errors)
    }

    fn checked(parts: Vec<Part>, errors: Vec<String>) -> Result<Self, Vec<String>> {
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
        let filled = self.filled(&fact, limits, stack);
        // What began in this very second has no age yet.
        let text = filled.as_str();
        match text.contains("0 s") {
            true => {
                let now = text.replace(" for 0 s", "");
                now.strip_prefix("0 s ago")
                    .map_or_else(
                        || now.replace(" 0 s ago", " now"),
                        |rest| format!("now{}", rest.replace(" 0 s ago", " now")),
                    )
                    .into()
            }
            false => filled,
        }
    }

    fn filled<'a>(
        &self,
        fact: &dyn Fn(&str) -> Option<&'a FactValue>,
        limits: &BTreeMap<String, FactValue>,
        stack: &StackNames,
    ) -> Printable {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Optional(words) if !words.is_known(fact) => {}
                Part::Optional(words) => {
                    out.push_str(words.filled(fact, limits, stack).as_str());
                }
                part => {
                    let filled = part.filled(fact, limits, stack);
                    out.push_str(filled.as_ref().map_or("(not known)", Printable::as_str));
                }
            }
        }
        out.into()
    }

    /// Whether every fact it names is known, optional parts aside.
    pub(crate) fn is_known<'a>(&self, fact: &dyn Fn(&str) -> Option<&'a FactValue>) -> bool {
        self.0.iter().all(|part| match part {
            Part::Optional(_) => true,
            Part::Range(lower, _) => fact(lower).is_some(),
            Part::First(path) => {
                matches!(fact(path), Some(FactValue::List(entries)) if !entries.is_empty())
            }
            part => part.facts().iter().all(|path| fact(path).is_some()),
        })
    }

    /// The facts it names.
    pub fn facts(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.iter().flat_map(Part::facts)
    }

    /// The limits it names.
    pub(super) fn limits(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(Part::limits)
    }
}

impl Part {
    fn filled<'a>(
        &self,
        fact: &dyn Fn(&str) -> Option<&'a FactValue>,
        limits: &BTreeMap<String, FactValue>,
        stack: &StackNames,
    ) -> Option<Printable> {
        match self {
            Part::Text(text) => Some(Printable::from(text.as_str())),
            Part::Fact(path) => fact(path).map(FactValue::shown),
            Part::First(path) => match fact(path)? {
                FactValue::List(entries) => Some(entries.first()?.printable(ENTRY)),
                _ => None,
            },
            Part::Range(lower, upper) => {
                let (lower, upper) = (fact(lower)?, fact(upper));
                let shown = lower.shown();
                Some(match (lower, upper) {
                    (lower, Some(upper)) if lower == upper => shown,
                    // Of none or more only the other bound says something.
                    (FactValue::Int(0), Some(upper)) => format!("at most {}", upper.shown()).into(),
                    _ => format!("at least {shown}").into(),
                })
            }
            Part::Count(number, one, many) => {
                let shown = number.filled(fact, limits, stack)?;
                Some(match shown.as_str() {
                    "0" => format!("no {many}").into(),
                    "1" => format!("1 {one}").into(),
                    _ => format!("{shown} {many}").into(),
                })
            }
            Part::Limit(name) => limits.get(name).map(FactValue::shown),
            Part::Stack(name) => stack.get(name).cloned(),
            Part::Optional(words) => Some(words.filled(fact, limits, stack)),
        }
    }

    fn facts(&self) -> Vec<&'static str> {
        match self {
            Part::Fact(path) | Part::First(path) => vec![path],
            Part::Range(lower, upper) => vec![lower, upper],
            Part::Count(number, ..) => number.facts(),
            Part::Optional(words) => words.facts().collect(),
            Part::Text(_) | Part::Limit(_) | Part::Stack(_) => Vec::new(),
        }
    }

    fn limits(&self) -> Vec<&str> {
        match self {
            Part::Limit(name) => vec![name],
            Part::Count(number, ..) => number.limits(),
            Part::Optional(words) => words.limits().collect(),
            _ => Vec::new(),
        }
    }
}

/// Reads text and names in braces.
fn parse_plain(
    text: &str,
    limits: &BTreeMap<String, FactValue>,
    parts: &mut Vec<Part>,
    errors: &mut Vec<String>,
) {
    let (mut plain, mut rest) = (String::new(), text);
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
}

fn resolve(name: &str, limits: &BTreeMap<String, FactValue>) -> Result<Part, String> {
    if let Some((number, noun)) = name.split_once('#') {
        let number = resolve(number, limits)?;
        let (one, many) = match noun.split_once('/') {
            Some((one, many)) => (one.to_owned(), many.to_owned()),
            None => (noun.to_owned(), format!("{noun}s")),
        };
        return Ok(Part::Count(Box::new(number), one, many));
    }
    if let Some(list) = name.strip_suffix("|first") {
        return match crate::fact::find(list) {
            Some((_, fact)) if fact.ty == FactType::List => Ok(Part::First(fact.path)),
            Some(_) => Err(format!("`{{{name}}}`: {list} is no list")),
            None => Err(crate::fact::unknown_fact(list)),
        };
    }
    if let Some((lower, upper)) = name.split_once("..") {
        return match (resolve(lower, limits)?, resolve(upper, limits)?) {
            (Part::Fact(lower), Part::Fact(upper)) => Ok(Part::Range(lower, upper)),
            _ => Err(format!("`{{{name}}}`: both bounds must be facts")),
        };
    }
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
