//! A Beak Key: found in the raw answer to a rotation, never printed, and wiped from memory when
//! it is dropped. The buffers of the HTTP client cannot be wiped.

use crate::cloud::{is_error_member, is_web_page};
use crate::state_dir::sha256;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use zeroize::Zeroizing;

/// The names that the new key may have in the answer, surest first: only the last is also a
/// name for the key that an agent has already.
const NAMES: [&str; 4] = ["new_beak_key", "new_key", "rotated_to", "beak_key"];
/// The names of the id that the key is for.
const IDS: [&str; 2] = ["spaceduck_id", "sdid"];
/// The longest key, in bytes.
const MAX_LENGTH: usize = 1024;

/// A key. It has no way to be printed; [`Key::fingerprint`] stands for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Zeroizing<String>);

impl Key {
    /// A key that exists already.
    pub fn known(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The first eight hexadecimal digits of its SHA-256.
    pub fn fingerprint(&self) -> String {
        let mut digest = sha256(self.0.as_bytes());
        digest.truncate(8);
        digest
    }

    /// The key itself, to be stored or sent.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Printable ASCII without blanks: anything else would not survive being copied.
    fn is_key(text: &str) -> bool {
        (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.fingerprint())
    }
}

/// The new key in an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FoundKey {
    pub(super) key: Key,
    /// Whether the answer around it came to its end.
    pub(super) whole: bool,
    /// Whether it says that nothing was done.
    pub(super) denied: bool,
}

/// Why no key is taken from an answer. The answer itself is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoKey {
    #[error("nothing of the answer arrived")]
    Nothing,
    #[error("the answer was cut off before the key was whole")]
    CutOff,
    #[error("the answer is a web page")]
    WebPage,
    #[error("the answer reports a failure")]
    Denied,
    #[error("the answer is not a JSON object")]
    NotJson,
    #[error("no field of the answer is known to hold a key")]
    NoField,
    #[error("the answer has a field for the key, and what stands in it is no key")]
    NotAKey,
    #[error("the answer holds the key that was there before")]
    Old,
    #[error("the answer is about another id")]
    OtherBond,
}

impl NoKey {
    /// Whether the answer shows no rotation, whatever its status: an empty one, the page of a login or a
    /// proxy, or one that says itself that it failed.
    pub(super) fn is_no_success(self) -> bool {
        matches!(self, NoKey::Nothing | NoKey::WebPage | NoKey::Denied)
    }
}

/// Finds the new key in the body of an answer. A body that was cut off will do if the key in
/// it is whole: its closing quote was read.
pub(super) fn find(body: &[u8], bond: &str, old: Option<&str>) -> Result<FoundKey, NoKey> {
    let body = trimmed(body);
    if body.is_empty() {
        return Err(NoKey::Nothing);
    }
    if is_web_page(body) {
        return Err(NoKey::WebPage);
    }
    let mut fields = Fields::default();
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = (&mut fields).deserialize(&mut json);
    let whole = match read.and_then(|()| json.end()) {
        Ok(()) => true,
        Err(error) if error.is_eof() => false,
        Err(_) => return Err(NoKey::NotJson),
    };
    let denied = fields.denied;
    let key = match fields.key(bond, old) {
        // A success that denies is none, whatever else is wrong with it.
        Err(_) if whole && denied => return Err(NoKey::Denied),
        Err(NoKey::NoField) if !whole => return Err(NoKey::CutOff),
        key => key?,
    };
    Ok(FoundKey { key, whole, denied })
}

/// The room that was reserved for an answer reads as zeros behind it.
fn trimmed(body: &[u8]) -> &[u8] {
    let end = body.iter().rposition(|byte| *byte != 0);
    body.get(..end.map_or(0, |end| end + 1)).unwrap_or_default()
}

/// What an answer says, as far as it was read.
#[derive(Default)]
struct Fields {
    /// By [`NAMES`].
    keys: [Option<Zeroizing<String>>; NAMES.len()],
    /// The id, where one is named; inside, none where it is no text.
    id: Option<Option<String>>,
    denied: bool,
}

impl Fields {
    /// The new key for this bond. In a body that was cut off, a surer name could have followed.
    fn key(self, bond: &str, old: Option<&str>) -> Result<Key, NoKey> {
        if self.id.is_some_and(|id| id.as_deref() != Some(bond)) {
            return Err(NoKey::OtherBond);
        }
        let found = self.keys.into_iter().flatten().next();
        let key = Key(found.ok_or(NoKey::NoField)?);
        if !Key::is_key(key.expose()) {
            return Err(NoKey::NotAKey);
        }
        match old.is_some_and(|old| old == key.fingerprint()) {
            true => Err(NoKey::Old),
            false => Ok(key),
        }
    }
}

impl<'de> DeserializeSeed<'de> for &mut Fields {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Fields {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            if let Some(place) = NAMES.iter().position(|known| *known == name) {
                let text = text(&mut map)?.map(Zeroizing::new).unwrap_or_default();
                if let Some(slot) = self.keys.get_mut(place)
                    && slot.replace(text).is_some()
                {
                    return Err(A::Error::custom("a key stands twice"));
                }
            } else if IDS.contains(&name.as_str()) {
                self.id = Some(text(&mut map)?);
            } else {
                let value = map.next_value::<&RawValue>()?;
                let value = serde_json::from_str(value.get());
                self.denied |= value
                    .is_ok_and(|value: serde_json::Value| is_error_member(&name, (&value).into()));
            }
        }
        Ok(())
    }
}

/// A value that is a text; `None` for any other.
fn text<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<String>, A::Error> {
    let value = map.next_value::<&RawValue>()?;
    Ok(serde_json::from_str(value.get()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> Result<(String, bool), NoKey> {
        let old = Key::known("bk_OLD").fingerprint();
        find(body.as_bytes(), "A1", Some(&old))
            .map(|found| (found.key.expose().to_owned(), found.whole))
    }

    #[test]
    fn every_known_field_name_is_found_and_the_surest_wins() {
        let whole = |key: &str| Ok((key.to_owned(), true));
        for name in NAMES {
            assert_eq!(
                of(&format!(r#"{{"{name}":"bk_NEW"}}"#)),
                whole("bk_NEW"),
                "{name}"
            );
        }
        assert_eq!(
            of(r#"{"beak_key":"bk_OLD","spaceduck_id":"A1","new_key":"bk_NEW","x":[{}]}"#),
            whole("bk_NEW")
        );
        assert_eq!(of("{\"beak_key\":\"bk_NEW\"}\0\0\0"), whole("bk_NEW"));
        for (more, due) in [
            (r#""success":true,"error":null"#, false),
            (r#""success":false"#, true),
            (r#""error":{"code":7}"#, true),
        ] {
            let body = format!(r#"{{"beak_key":"bk_NEW",{more}}}"#);
            let found = find(body.as_bytes(), "A1", None);
            assert_eq!(found.map(|found| found.denied), Ok(due), "{more}");
        }
    }

    #[test]
    fn an_answer_without_a_new_key_yields_none() {
        for (body, due) in [
            ("", NoKey::Nothing),
            ("\0\0", NoKey::Nothing),
            ("<html>", NoKey::WebPage),
            ("<key/>", NoKey::NotJson),
            ("[]", NoKey::NotJson),
            ("{\"beak_key\":\"a\"} x", NoKey::NotJson),
            ("{\"beak_key\":\"a\",\"beak_key\":\"b\"}", NoKey::NotJson),
            ("{}", NoKey::NoField),
            (r#"{"new_secret":"bk_NEW"}"#, NoKey::NoField),
            (r#"{"data":{"beak_key":"bk_NEW"}}"#, NoKey::NoField),
            (r#"{"beak_key":null}"#, NoKey::NotAKey),
            (r#"{"beak_key":7}"#, NoKey::NotAKey),
            (r#"{"beak_key":""}"#, NoKey::NotAKey),
            (r#"{"beak_key":"a b"}"#, NoKey::NotAKey),
            (r#"{"beak_key":"a\n"}"#, NoKey::NotAKey),
            (r#"{"beak_key":"bk_OLD"}"#, NoKey::Old),
            (r#"{"error":"rotate_pending_window"}"#, NoKey::Denied),
            (r#"{"ok":false,"beak_key":null}"#, NoKey::Denied),
            (r#"{"error":"no","beak_key":"bk_OLD"}"#, NoKey::Denied),
            (r#"{"error":"no","spaceduck_id":"A10"}"#, NoKey::Denied),
            (r#"{"error":"no","spaceduck_id":"A1"#, NoKey::CutOff),
            (
                r#"{"beak_key":"bk_NEW","spaceduck_id":"A10"}"#,
                NoKey::OtherBond,
            ),
            (
                r#"{"beak_key":"bk_NEW","spaceduck_id":7}"#,
                NoKey::OtherBond,
            ),
        ] {
            assert_eq!(of(body), Err(due), "{body}");
        }
    }

    #[test]
    fn a_truncated_answer_yields_a_key_only_when_the_key_is_whole() {
        let body =
            r#"{"message":"ok","beak_key":"bk_LIVE_0123","spaceduck_id":"A1","n":{"a":[1]}}"#;
        let closing = body.find("0123\"").expect("the key") + 5;
        for end in 0..body.len() {
            let read = of(&body[..end]);
            if end < closing {
                let due = if end == 0 {
                    NoKey::Nothing
                } else {
                    NoKey::CutOff
                };
                assert_eq!(read, Err(due), "{}", &body[..end]);
            } else {
                assert_eq!(
                    read,
                    Ok(("bk_LIVE_0123".to_owned(), false)),
                    "{}",
                    &body[..end]
                );
            }
        }
        assert_eq!(of(body), Ok(("bk_LIVE_0123".to_owned(), true)));
    }

    #[test]
    fn debug_output_of_a_key_is_its_fingerprint() {
        let key = Key::known("bk_LIVE_secret");
        assert_eq!(format!("{key:?}"), format!("Key({})", key.fingerprint()));
        assert_eq!(key.fingerprint().len(), 8);
    }
}
