//! Names that stand more than once in an object of a JSON document. Most readers take the last of
//! them without a word, so two people could see two documents in one file.

use crate::cloud::skip_values;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;
use std::collections::BTreeSet;
use std::fmt;

/// The names that stand twice in some object of this document, at whatever depth.
pub(super) fn repeated(document: &[u8]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    // What is no JSON was refused before.
    let _ = RepeatScan(&mut found).deserialize(&mut Deserializer::from_slice(document));
    found
}

/// Reads any value, of which only repeated names are kept.
struct RepeatScan<'a>(&'a mut BTreeSet<String>);

impl<'de> DeserializeSeed<'de> for RepeatScan<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RepeatScan<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value_seed(RepeatScan(self.0))?;
            self.0.extend(names.replace(name));
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while entries.next_element_seed(RepeatScan(self.0))?.is_some() {}
        Ok(())
    }

    skip_values!(null boolean integer float text);
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
