//! JSON as it was written: an object knows which of its names stand in it twice, of which
//! `serde_json::Value` silently keeps the last.

use super::own_age::{is_around, says_old};
use crate::cloud::{MemberValue, is_error_member, plain_name};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

#[derive(Debug)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Int(i64),
    Fraction(f64),
    Text(String),
    List { is_empty: bool },
    Object(Object),
}

impl Node {
    pub(super) fn held(&self) -> MemberValue<'_> {
        match self {
            Node::Bool(is) => MemberValue::Flag(*is),
            Node::Int(number) => MemberValue::Number(*number as f64),
            Node::Fraction(number) => MemberValue::Number(*number),
            Node::Text(text) => MemberValue::Text(text),
            Node::List { is_empty: false } => MemberValue::Something,
            Node::Object(object) if object.says_something() => MemberValue::Something,
            Node::Null | Node::List { .. } | Node::Object(_) => MemberValue::Nothing,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Object {
    pub(super) fields: BTreeMap<String, Node>,
    /// The names of fields that occur more than once.
    pub(super) twice: BTreeSet<String>,
}

impl Object {
    /// Whether there is more in it than counts of zero and words for nothing.
    fn says_something(&self) -> bool {
        let mut held = self.fields.values().map(Node::held);
        held.any(MemberValue::says_something)
    }

    /// Whether it calls itself an error.
    pub(super) fn has_error(&self) -> bool {
        let is_error = |(name, node): (&String, &Node)| {
            let denies = matches!(plain_name(name).as_str(), "healthy" | "ishealthy");
            is_error_member(name, node.held()) || (denies && node.held().is_no())
        };
        self.fields.iter().any(is_error)
    }

    pub(super) fn own_age(&self, now: i64) -> Option<String> {
        self.fields.iter().find_map(|(name, node)| match node {
            Node::Object(inner) if is_around(name) => inner.own_age(now),
            node => says_old(name, node.held(), now),
        })
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, b: bool) -> Result<Node, E> {
        Ok(Node::Bool(b))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Node, E> {
        Ok(Node::Int(n))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Node, E> {
        Ok(i64::try_from(n).map_or(Node::Fraction(n as f64), Node::Int))
    }

    fn visit_f64<E>(self, x: f64) -> Result<Node, E> {
        Ok(Node::Fraction(x))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut is_empty = true;
        while list.next_element::<IgnoredAny>()?.is_some() {
            is_empty = false;
        }
        Ok(Node::List { is_empty })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut object = Object::default();
        while let Some((name, node)) = map.next_entry::<String, Node>()? {
            if object.fields.insert(name.clone(), node).is_some() {
                object.twice.insert(name);
            }
        }
        Ok(Node::Object(object))
    }
}
