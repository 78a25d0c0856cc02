//! A JSON object whose duplicate and missing fields stay visible.
//!
//! A field that occurs twice is refused, because it is not known which one is meant.

use super::json_node::{Node, Object};
use crate::cloud::{MemberValue, is_error_member, plain_name};
use crate::observation::{Unavailable, UnavailableReason};
use crate::text::{Printable, Untrusted};

/// A JSON object whose fields are typed when they are read.
#[derive(Debug)]
pub(super) struct JsonObject {
    name: &'static str,
    root: Object,
}

/// What servers on Windows write before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What to do where a web page came instead of an answer of the API.
pub(super) const SIGN_IN: &str = "Check the network: a sign-in page or a proxy may answer here";

/// A body that is no JSON; a page instead is most often the sign-in page of a network or a proxy.
fn not_json(name: &str, body: &[u8]) -> Unavailable {
    let is_page = body.trim_ascii_start().starts_with(b"<");
    let why = UnavailableReason::NotJson;
    if is_page {
        return Unavailable::new(why, format!("{name} API answered a web page, not JSON"))
            .fix(SIGN_IN)
            .command("duckops doctor");
    }
    let head = Untrusted::head_of(body).printable(40);
    let detail = match head.is_empty() {
        true => format!("{name} API answered with an empty body"),
        false => format!("{name} API answered no JSON: `{head}`"),
    };
    Unavailable::new(why, detail)
}

impl JsonObject {
    /// Reads a body; anything but a JSON object with at least one field is refused. `name`
    /// is what messages call it.
    pub(super) fn parse(name: &'static str, body: &[u8]) -> Result<Self, Unavailable> {
        let text = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
        let node: Node = serde_json::from_slice(text).map_err(|_| not_json(name, text))?;
        match node {
            Node::Object(object) if object.has_error() => Err(Unavailable::new(
                UnavailableReason::NotJson,
                format!("200 but no {name} object: the body is an error"),
            )),
            Node::Object(object) if !object.fields.is_empty() => Ok(Self { name, root: object }),
            _ => Err(Unavailable::new(
                UnavailableReason::NotJson,
                format!("200 but no {name} object"),
            )),
        }
    }

    /// Why it speaks of the past by its own words, if it does at `now`, in seconds since 1970.
    pub(super) fn own_age(&self, now: i64) -> Option<String> {
        self.root.own_age(now)
    }

    /// Whether a field of the top level holds an object, and more than an error.
    pub(super) fn is_object(&self, name: &str) -> bool {
        let says = |(name, node): (&String, &Node)| {
            !is_error_member(name, node.held()) && !matches!(name.as_str(), "message" | "requestId")
        };
        match self.root.fields.get(name) {
            Some(Node::Object(object)) => {
                object.fields.is_empty() || object.fields.iter().any(says)
            }
            _ => false,
        }
    }

    /// Whether a field at any depth holds an object.
    pub(super) fn holds_object(&self, path: &str) -> bool {
        matches!(self.field(path), Ok(Node::Object(_)))
    }

    /// The first few names of the top level, for messages.
    pub(super) fn names(&self) -> Printable {
        let names: Vec<_> = self.root.fields.keys().take(5).cloned().collect();
        Untrusted::new(names.join(", ")).printable(120)
    }

    /// A count: a whole number that is not negative.
    pub(super) fn count(&self, path: &str) -> Result<i64, Unavailable> {
        let count = match self.field(path)? {
            // DynamoDB has numbers as text, and who passes them on may forget to convert them.
            Node::Text(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                let too_long = |_| self.mistyped(path, &Node::Text(text.clone()), "a whole number");
                text.parse().map_err(too_long)?
            }
            _ => self.whole(path)?,
        };
        match count {
            0.. => Ok(count),
            _ => Err(Unavailable::new(
                UnavailableReason::Contradictory,
                format!("{path} is negative: {count}"),
            )),
        }
    }

    /// A whole number of either sign, also when it is written with a fraction of zero.
    pub(super) fn whole(&self, path: &str) -> Result<i64, Unavailable> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match self.field(path)? {
            Node::Int(n) => Ok(*n),
            Node::Fraction(x) if x.fract() == 0.0 && x.abs() < EXACT => Ok(*x as i64),
            other => Err(self.mistyped(path, other, "a whole number")),
        }
    }

    /// Checks that there is a list; its entries are read elsewhere.
    pub(super) fn list(&self, path: &str) -> Result<(), Unavailable> {
        match self.field(path)? {
            Node::List { .. } => Ok(()),
            other => Err(self.mistyped(path, other, "a list")),
        }
    }

    /// Yes or no.
    pub(super) fn flag(&self, path: &str) -> Result<bool, Unavailable> {
        match self.field(path)? {
            Node::Bool(b) => Ok(*b),
            other => Err(self.mistyped(path, other, "true or false")),
        }
    }

    /// A word; a whole number is read as one.
    pub(super) fn text(&self, path: &str) -> Result<Untrusted, Unavailable> {
        match self.field(path)? {
            Node::Text(text) if !text.is_empty() => Ok(Untrusted::new(text.as_str())),
            Node::Int(n) => Ok(Untrusted::new(n.to_string())),
            other => Err(self.mistyped(path, other, "a word")),
        }
    }

    /// A word, or the words that an object at the top level holds.
    pub(super) fn words(&self, name: &str) -> Option<Untrusted> {
        let Some(Node::Object(object)) = self.root.fields.get(name) else {
            return self.text(name).ok();
        };
        let words = object.fields.values().filter_map(|node| match node {
            Node::Text(text) => Some(text.as_str()),
            _ => None,
        });
        let mut words: Vec<_> = words.collect();
        // The word before the sentence that explains it.
        words.sort_by_key(|words| words.len());
        (!words.is_empty()).then(|| Untrusted::new(words.join(" ")))
    }

    /// What stands at the top level under any of these names in the form of [`plain_name`], or in an object there
    /// as `active`.
    pub(super) fn held(&self, named: &[&str]) -> Vec<(&str, MemberValue<'_>)> {
        let fields = self.root.fields.iter();
        let named = fields.filter(|(name, _)| named.contains(&plain_name(name).as_str()));
        let held = named.filter_map(|(name, node)| match node {
            Node::Object(inner) => Some((name.as_str(), inner.fields.get("active")?.held())),
            node => Some((name.as_str(), node.held())),
        });
        held.collect()
    }

    /// The names of the top level that are one of these in the form of [`plain_name`].
    pub(super) fn named(&self, names: &[&str]) -> Vec<&str> {
        let known = self.root.fields.keys().map(String::as_str);
        known
            .filter(|name| names.contains(&plain_name(name).as_str()))
            .collect()
    }

    fn field(&self, path: &str) -> Result<&Node, Unavailable> {
        let mut object = &self.root;
        let mut names = path.split('.').peekable();
        while let Some(name) = names.next() {
            self.once(object, name, path)?;
            match object.fields.get(name) {
                Some(node) if names.peek().is_none() => return Ok(node),
                Some(Node::Object(inner)) => object = inner,
                Some(other) => return Err(self.mistyped(path, other, "inside an object")),
                None => break,
            }
        }
        Err(Unavailable::new(
            UnavailableReason::Missing,
            format!("the {} has no {path}", self.name),
        ))
    }

    /// That nothing stands twice on the way to an object, which may be missing, or in it.
    pub(super) fn single(&self, path: &str) -> Result<(), Unavailable> {
        let mut object = &self.root;
        for name in path.split('.') {
            self.once(object, name, path)?;
            match object.fields.get(name) {
                Some(Node::Object(inner)) => object = inner,
                _ => return Ok(()),
            }
        }
        let mut twice = object.twice.iter();
        twice.try_for_each(|name| self.once(object, name, path))
    }

    fn once(&self, object: &Object, name: &str, path: &str) -> Result<(), Unavailable> {
        match object.twice.contains(name) {
            false => Ok(()),
            true => {
                let name = Untrusted::new(name).printable(40);
                let detail = format!("duplicate field {name} of {path} in the {}", self.name);
                Err(Unavailable::new(UnavailableReason::Mistyped, detail))
            }
        }
    }

    fn mistyped(&self, path: &str, found: &Node, wanted: &str) -> Unavailable {
        let found = match found {
            Node::Null => "null".to_owned(),
            Node::Bool(b) => b.to_string(),
            Node::Int(n) => n.to_string(),
            Node::Fraction(x) => x.to_string(),
            Node::Text(text) => format!("\"{}\"", Untrusted::new(text.as_str()).printable(40)),
            Node::List { .. } => "a list".to_owned(),
            Node::Object(_) => "an object".to_owned(),
        };
        Unavailable::new(
            UnavailableReason::Mistyped,
            format!("{path} in the {} is {found}, not {wanted}", self.name),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> JsonObject {
        JsonObject::parse("status", text.as_bytes()).expect("a status object")
    }

    #[test]
    fn only_non_negative_whole_numbers_are_counts_also_as_text() {
        for odd in [
            "\"-5\"",
            "\"5.5\"",
            "\"\"",
            "\" 5\"",
            "\"9223372036854775808\"",
            "5.5",
            "-1",
            "null",
            "true",
            "[5]",
            "{}",
            "1e300",
            "9223372036854775808",
        ] {
            let found =
                document(&format!(r#"{{"agents":{{"alive":{odd}}}}}"#)).count("agents.alive");
            assert!(found.is_err(), "{odd} was read as {found:?}");
        }
        for five in ["5", "5.0", "\"5\""] {
            let found = document(&format!(r#"{{"agents":{{"alive":{five}}}}}"#));
            assert_eq!(found.count("agents.alive"), Ok(5), "{five}");
        }
    }

    #[test]
    fn duplicate_fields_are_refused_at_every_level() {
        for twice in [
            r#"{"agents":{"alive":5,"alive":0}}"#,
            r#"{"agents":{"alive":5},"agents":{"alive":5}}"#,
        ] {
            let unavailable = document(twice).count("agents.alive").expect_err("refused");
            assert!(
                unavailable.detail.as_str().contains("duplicate"),
                "{unavailable:?}"
            );
        }
    }

    #[test]
    fn bodies_that_are_not_a_status_object_are_refused() {
        let deep = "[".repeat(100_000);
        for body in [
            "",
            "null",
            "[]",
            "{}",
            "<html>",
            "{\"error\":\"x\"}",
            "{\"a\":1e999}",
            "{\"a\":1",
            &deep,
        ] {
            assert!(
                JsonObject::parse("status", body.as_bytes()).is_err(),
                "{:.20}",
                body
            );
        }
    }
}
