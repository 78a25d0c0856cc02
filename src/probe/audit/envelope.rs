//! The object around the entries of the feed, parsed when the answer is complete.

use super::super::document::SIGN_IN;
use super::super::meaning::is_failure_word;
use super::super::own_age::{OLDEST, own_age};
use super::super::pages;
use super::scope::FeedScope;
use crate::cloud::{MemberValue, is_error_member, plain_name};
use crate::fact::duration;
use crate::observation::{Unavailable, UnavailableReason};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// The names under which the list of entries may stand.
pub(super) const CONTAINERS: [&str; 3] = ["entries", "events", "items"];

/// Whether a member says that the answer is an error, or that the request did not succeed.
fn is_error(name: &str, value: &Value) -> bool {
    let held = MemberValue::from(value);
    let says_so = match (plain_name(name).as_str(), held) {
        ("status" | "code" | "result", MemberValue::Text(text)) => {
            let mut words = text.split(|c: char| !c.is_alphanumeric());
            words.any(|word| is_failure_word(&word.to_lowercase()) || word.ends_with("Denied"))
                || held.is_error_code()
        }
        ("status" | "code", held) => held.is_error_code(),
        ("failed", held) => held.says_something(),
        _ => false,
    };
    says_so || is_error_member(name, held)
}

/// What stands around so many entries must be an object with one list of them and no error, and be
/// all of the feed as it is at `now`. Yields from when on there are entries, where it says so.
pub(super) fn check(bytes: &[u8], entries: u64, now: i64) -> Result<Option<i64>, Unavailable> {
    // A byte order mark is what servers on Windows write before UTF-8.
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let envelope: Envelope = serde_json::from_slice(text).map_err(|error| {
        let why = if error.is_eof() {
            UnavailableReason::Broken
        } else {
            UnavailableReason::NotJson
        };
        match text.trim_ascii_start().starts_with(b"<") {
            true => Unavailable::new(why, "audit API answered a web page, not JSON")
                .fix(SIGN_IN)
                .command("duckops doctor"),
            false => Unavailable::new(why, "audit feed torn or not JSON"),
        }
    })?;
    let scope = FeedScope::of(&envelope.around, now);
    match (envelope.lists, envelope.wrong, envelope.error) {
        (_, _, true) => Err(Unavailable::new(
            UnavailableReason::NotJson,
            "audit API 200 with an error in the body",
        )),
        (1, None, _) if pages::go_on(&envelope.around, entries) => {
            Err(pages::more("the audit feed", "entries"))
        }
        (1, None, _) if scope.is_restricted => Err(Unavailable::new(
            UnavailableReason::Incomplete,
            "the audit feed shows only entries of some kind",
        )),
        (1, None, _) => match too_old(&envelope.around, &scope, now) {
            None => Ok(scope.since),
            Some(why) => Err(Unavailable::new(UnavailableReason::NotCovered, why)),
        },
        (_, Some(name), _) => Err(Unavailable::new(
            UnavailableReason::Mistyped,
            format!("`{name}` in the audit feed is not a list"),
        )),
        (0, _, _) => Err(Unavailable::new(
            UnavailableReason::Missing,
            "the audit feed has no `entries`",
        )),
        (_, _, _) => Err(two_lists()),
    }
}

/// Why the feed speaks of the past, if it does.
fn too_old(around: &Map<String, Value>, scope: &FeedScope, now: i64) -> Option<String> {
    let ended = scope
        .until
        .map(|until| now - until)
        .filter(|ago| *ago > OLDEST);
    let ended = ended.map(|ago| format!("the audit feed ends {} ago", duration(ago)));
    ended.or_else(|| own_age(around.iter(), now).map(|why| format!("the audit feed is {why}")))
}

pub(super) fn two_lists() -> Unavailable {
    Unavailable::new(
        UnavailableReason::Contradictory,
        "the audit feed has two lists of entries",
    )
}

/// The top level of the document.
#[derive(Default)]
struct Envelope {
    lists: usize,
    error: bool,
    wrong: Option<&'static str>,
    /// All but the list of entries.
    around: Map<String, Value>,
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

struct EnvelopeVisitor;

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Envelope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a list of entries")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope, A::Error> {
        let mut envelope = Envelope::default();
        while let Some(name) = map.next_key::<String>()? {
            match CONTAINERS.into_iter().find(|known| *known == name) {
                // The entries were taken out; whatever stands here now was no entry.
                Some(container) => match map.next_value::<Value>()? {
                    Value::Array(list) if list.is_empty() => envelope.lists += 1,
                    _ => envelope.wrong = Some(container),
                },
                None => {
                    let value = map.next_value::<Value>()?;
                    envelope.error |= is_error(&name, &value);
                    envelope.around.insert(name, value);
                }
            }
        }
        Ok(envelope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-22, 03:13 UTC, when the feeds of the corpus were asked for.
    const NOW: i64 = 1_774_149_180;

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct FeedCase {
        /// What the case shows.
        #[serde(rename = "why")]
        _why: String,
        /// The answer without its entries, as the splitter leaves it.
        body: String,
        /// How many entries were taken out of it.
        #[serde(default)]
        entries: u64,
        /// `whole`, `goes-on`, `old` or `no-feed`.
        outcome: String,
        /// How many seconds back it says that its entries go.
        #[serde(default)]
        back: Option<i64>,
    }

    #[test]
    fn every_feed_of_the_corpus_is_whole_goes_on_or_is_none() {
        let (mut whole, mut others, mut wrong) = (0, 0, Vec::new());
        for (name, case) in crate::cloud::corpus_tests::cases::<FeedCase>("feeds") {
            let found = check(case.body.as_bytes(), case.entries, NOW);
            let back = found.as_ref().ok().and_then(|since| Some(NOW - (*since)?));
            if case.back.is_some() && back != case.back {
                wrong.push(format!("{name}: {back:?} back, not {:?}", case.back));
            }
            let found = match found.map_err(|unavailable| unavailable.why) {
                Ok(_) => "whole",
                Err(UnavailableReason::Incomplete) => "goes-on",
                Err(UnavailableReason::NotCovered) => "old",
                Err(_) => "no-feed",
            };
            match found {
                "whole" => whole += 1,
                _ => others += 1,
            }
            if found != case.outcome {
                wrong.push(format!("{name}: {found}, not {}", case.outcome));
            }
        }
        println!("feed corpus: {whole} whole, {others} not");
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
