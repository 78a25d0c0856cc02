//! The object around the entries of the feed, parsed when the answer is complete.

use super::super::document::SIGN_IN;
use super::super::meaning::is_failure_word;
use crate::cloud::{MemberValue, is_error_member, plain_name};
use crate::observation::{Unavailable, UnavailableReason};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// The names under which the list of entries may stand.
pub(super) const CONTAINERS: [&str; 3] = ["entries", "events", "items"];

/// Parts of names, in the form of [`plain_name`], of what says that a feed goes on.
const MORE: [&str; 16] = [
    "hasnext",
    "truncated",
    "partial",
    "incomplete",
    "continuation",
    "evaluatedkey",
    "startkey",
    "nextlink",
    "nextpage",
    "pagetoken",
    "paginationtoken",
    "resumetoken",
    "scrollid",
    "omitted",
    "dropped",
    "overflow",
];
/// Whole names of such.
const MORE_WHOLE: [&str; 16] = [
    "cursor",
    "more",
    "moreavailable",
    "moreresults",
    "hasmore",
    "remaining",
    "limitreached",
    "stale",
    "lastkey",
    "older",
    "capped",
    "sampled",
    "degraded",
    "timedout",
    "terminatedearly",
    "sizelimitexceeded",
];
/// What `next` is a token or the address of, where a feed goes on.
const NEXT: [&str; 11] = [
    "", "token", "cursor", "page", "pageurl", "url", "link", "offset", "marker", "key", "position",
];
/// Names of what says that a feed is whole.
const WHOLE: [&str; 9] = [
    "complete",
    "iscomplete",
    "islast",
    "islastpage",
    "lastpage",
    "endofresults",
    "endoflist",
    "eof",
    "finished",
];
/// Names of objects in which these may stand.
const AROUND: [&str; 10] = [
    "pagination",
    "paginator",
    "paging",
    "page",
    "pageinfo",
    "meta",
    "metadata",
    "responsemetadata",
    "resultinfo",
    "links",
];
/// Whether a name and its value say that there is more.
fn goes_on(name: &str, value: &Value) -> bool {
    let name = plain_name(name);
    match value {
        Value::Object(inner) if AROUND.contains(&name.as_str()) => {
            inner.iter().any(|(name, value)| goes_on(name, value)) || has_later_pages(inner)
        }
        // Elasticsearch
        Value::Object(shards) if name == "shards" => shards.get("failed").is_some_and(says_more),
        // `"links": [{"rel": "next", "href": …}]`
        Value::Array(links) if AROUND.contains(&name.as_str()) => links
            .iter()
            .any(|link| link.get("rel").is_some_and(|rel| rel == "next")),
        // What the header `Link` says (RFC 8288).
        Value::String(link) if name == "link" => {
            link.contains("rel=\"next\"") || link.contains("rel=next")
        }
        value if WHOLE.contains(&name.as_str()) => !says_more(value),
        value => {
            let is_next = name
                .strip_prefix("next")
                .is_some_and(|of| NEXT.contains(&of));
            let is_more =
                MORE_WHOLE.contains(&name.as_str()) || MORE.iter().any(|part| name.contains(part));
            (is_next || is_more) && says_more(value)
        }
    }
}

/// Whether this is page one of several, `"page": 1, "total_pages": 66`, or a part of a longer list:
/// `"count": 100, "total": 450`.
fn has_later_pages(around: &Map<String, Value>) -> bool {
    let number = |names: [&str; 4]| {
        around.iter().find_map(|(name, value)| {
            let is_named = names.contains(&plain_name(name).as_str());
            let number = || value.as_u64().or_else(|| value.as_str()?.parse().ok());
            is_named.then(number)?
        })
    };
    let total = number(["total", "totalcount", "totalresults", "totalhits"]);
    let shown = number(["count", "returned", "limit", "itemsperpage"]);
    let before = number(["offset", "skip", "from", "startindex"]).unwrap_or(0);
    if let (Some(total), Some(shown)) = (total, shown)
        && shown.saturating_add(before) < total
    {
        return true;
    }
    let pages = number(["totalpages", "pages", "pagecount", "lastpage"]);
    pages.is_some_and(|pages| {
        number(["page", "currentpage", "pagenumber", "pageno"]).unwrap_or(1) < pages
    })
}

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

/// Whether a value says so.
fn says_more(value: &Value) -> bool {
    let is_no = value
        .as_str()
        .is_some_and(|word| word.eq_ignore_ascii_case("no"));
    !is_no && MemberValue::from(value).says_something()
}

/// What stands around the entries must be an object with one list of them and no error.
pub(super) fn check(bytes: &[u8]) -> Result<(), Unavailable> {
    // A byte order mark is what servers on Windows write before UTF-8.
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let envelope: Envelope = serde_json::from_slice(text).map_err(|error| {
        let why = if error.is_eof() {
            UnavailableReason::Broken
        } else {
            UnavailableReason::NotJson
        };
        match bytes.trim_ascii_start().starts_with(b"<") {
            true => Unavailable::new(why, "audit API answered a web page, not JSON")
                .fix(SIGN_IN)
                .command("duckops doctor"),
            false => Unavailable::new(why, "audit feed torn or not JSON"),
        }
    })?;
    match (envelope.lists, envelope.wrong, envelope.error) {
        (_, _, true) => Err(Unavailable::new(
            UnavailableReason::NotJson,
            "audit API 200 with an error in the body",
        )),
        (1, None, _) if envelope.more => Err(Unavailable::new(
            UnavailableReason::Incomplete,
            "the audit feed has more entries than it returned",
        )),
        (1, None, _) => Ok(()),
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
    more: bool,
    wrong: Option<&'static str>,
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
        let mut numbers = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            match CONTAINERS.into_iter().find(|known| *known == name) {
                // The entries were taken out; whatever stands here now was no entry.
                Some(container) => match map.next_value::<Value>()? {
                    Value::Array(list) if list.is_empty() => envelope.lists += 1,
                    _ => envelope.wrong = Some(container),
                },
                None => {
                    let value = map.next_value::<Value>()?;
                    envelope.more |= goes_on(&name, &value);
                    envelope.error |= is_error(&name, &value);
                    numbers.insert(name, value);
                }
            }
        }
        envelope.more |= has_later_pages(&numbers);
        Ok(envelope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct FeedCase {
        /// What the case shows.
        #[serde(rename = "why")]
        _why: String,
        /// The answer without its entries, as the splitter leaves it.
        body: String,
        /// `whole`, `goes-on` or `no-feed`.
        outcome: String,
    }

    #[test]
    fn every_feed_of_the_corpus_is_whole_goes_on_or_is_none() {
        let (mut whole, mut others, mut wrong) = (0, 0, Vec::new());
        for (name, case) in crate::cloud::corpus_tests::cases::<FeedCase>("feeds") {
            let found = match check(case.body.as_bytes()).map_err(|unavailable| unavailable.why) {
                Ok(()) => "whole",
                Err(UnavailableReason::Incomplete) => "goes-on",
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
