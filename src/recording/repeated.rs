//! Names that stand more than once in an object of a JSON document. Most readers take the last of
//! them without a word, so two people could see two documents in one file.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

/// The names that stand twice in some object of this document, at whatever depth.
pub(super) fn repeated(document: &[u8]) -> BTreeSet<String> {
    FOUND.with_borrow_mut(BTreeSet::clear);
    // What is no JSON was refused before.
    let _ = serde_json::from_slice::<RepeatScan>(document);
    FOUND.with_borrow_mut(std::mem::take)
}

thread_local! {
    static FOUND: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// Any value, of which nothing is kept.
struct RepeatScan;

impl<'de> Deserialize<'de> for RepeatScan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScanVisitor)
    }
}

struct ScanVisitor;

impl<'de> Visitor<'de> for ScanVisitor {
    type Value = RepeatScan;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RepeatScan, A::Error> {
        let mut names = BTreeSet::new();
        while let Some((name, _)) = map.next_entry::<String, RepeatScan>()? {
            if let Some(again) = names.replace(name) {
                FOUND.with_borrow_mut(|found| found.insert(again));
            }
        }
        Ok(RepeatScan)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<RepeatScan, A::Error> {
        while entries.next_element::<RepeatScan>()?.is_some() {}
        Ok(RepeatScan)
    }

    fn visit_bool<E>(self, _: bool) -> Result<RepeatScan, E> {
        Ok(RepeatScan)
    }

    fn visit_i64<E>(self, _: i64) -> Result<RepeatScan, E> {
        Ok(RepeatScan)
    }

    fn visit_u64<E>(self, _: u64) -> Result<RepeatScan, E> {
        Ok(RepeatScan)
    }

    fn visit_f64<E>(self, _: f64) -> Result<RepeatScan, E> {
        Ok(RepeatScan)
    }

    fn visit_str<E>(self, _: &str) -> Result<RepeatScan, E> {
        Ok(RepeatScan)
    }

    fn visit_unit<E>(self) -> Result<RepeatScan, E> {
        Ok(RepeatScan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_stand_twice_in_one_object_are_found_at_any_depth() {
        for (text, due) in [
            (r#"{"a":{"x":1},"b":{"x":2}}"#, vec![]),
            (r#"{"a":1,"a":1}"#, vec!["a"]),
            (r#"[{"a":[{"b":1,"c":null,"b":true}]}]"#, vec!["b"]),
            (r#"{"a":1,"\u0061":2}"#, vec!["a"]),
        ] {
            let found = repeated(text.as_bytes());
            assert_eq!(found.into_iter().collect::<Vec<_>>(), due, "{text}");
        }
    }
}
