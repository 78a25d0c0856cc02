//! Whether a list of the API is whole, or one page of several: by what stands around its entries,
//! and by the headers of its answer.

use crate::cloud::{MemberValue, plain_name};
use crate::observation::{Unavailable, UnavailableReason};
use reqwest::header::HeaderMap;
use serde_json::{Map, Value};

/// Parts of names, in the form of [`plain_name`], of what says that a list goes on.
const MORE: [&str; 19] = [
    "additionalresults",
    "resultsreached",
    "missingshards",
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
const MORE_WHOLE: [&str; 28] = [
    "gap",
    "gaps",
    "hasgap",
    "hasgaps",
    "hasadditional",
    "maxreached",
    "limitexceeded",
    "ratelimited",
    "throttled",
    "backfilling",
    "searchafter",
    "cursor",
    "more",
    "moreavailable",
    "moreresults",
    "hasmore",
    "remaining",
    "limitreached",
    "lastkey",
    "older",
    "hasolder",
    "olderavailable",
    "capped",
    "sampled",
    "degraded",
    "timedout",
    "terminatedearly",
    "sizelimitexceeded",
];
/// What `next` is a token or the address of, where a list goes on.
const NEXT: [&str; 11] = [
    "", "token", "cursor", "page", "pageurl", "url", "link", "offset", "marker", "key", "position",
];
/// Names of what says that a list is whole.
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
/// Headers that name a next page, or say that there is one.
const HEADERS: [&str; 11] = [
    "x-next-page",
    "x-next-token",
    "x-next-cursor",
    "x-next-link",
    "x-next",
    "x-continuation-token",
    "x-has-more",
    "x-has-next",
    "x-has-next-page",
    "x-truncated",
    "x-ms-continuation",
];
/// Headers that count all entries, of which the answer may hold a part.
const TOTALS: [&str; 3] = ["x-total-count", "x-total", "x-total-results"];

/// That an answer is a part of what was asked for.
pub(super) fn more(what: &str, of: &str) -> Unavailable {
    Unavailable::new(
        UnavailableReason::Incomplete,
        format!("{what} has more {of} than it returned"),
    )
}

/// Whether the headers of an answer say that it is a part of the list. What counts all entries says
/// so with a number above that of the entries it holds.
pub(super) fn headers_go_on(headers: &HeaderMap, entries: u64) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let links = headers.get_all(reqwest::header::LINK);
    let mut links = links.iter().filter_map(|link| link.to_str().ok());
    let is_next =
        |name: &&str| text(name).is_some_and(|value| MemberValue::Text(value).says_something());
    let is_above = |total: Option<&str>| {
        let total = total.and_then(|total| total.trim().parse::<u64>().ok());
        total.is_some_and(|total| total > entries)
    };
    // `items 0-99/450`
    let range = text("content-range").and_then(|range| Some(range.rsplit_once('/')?.1));
    links.any(names_next)
        || HEADERS.iter().any(is_next)
        || is_above(range)
        || TOTALS.iter().any(|name| is_above(text(name)))
}

/// Whether what stands around the entries says that there are more of them.
pub(super) fn go_on(around: &Map<String, Value>, entries: u64) -> bool {
    let mut members = around.iter();
    members.any(|(name, value)| goes_on(name, value, entries)) || has_later_pages(around, entries)
}

/// What a header or a member `link` says (RFC 8288).
fn names_next(link: &str) -> bool {
    link.contains("rel=\"next\"") || link.contains("rel=next")
}

/// Whether a name and its value say that there is more.
fn goes_on(name: &str, value: &Value, entries: u64) -> bool {
    let name = plain_name(name);
    match value {
        Value::Object(inner) if AROUND.contains(&name.as_str()) => go_on(inner, entries),
        // Elasticsearch
        Value::Object(shards) if name == "shards" => shards.get("failed").is_some_and(says_more),
        Value::Object(sources) if name == "sources" => sources.values().any(is_off),
        Value::Object(filter) if matches!(name.as_str(), "filter" | "query") => {
            let mut types = filter
                .iter()
                .filter(|(name, _)| plain_name(name).contains("type"));
            types.any(|(_, value)| says_more(value))
        }
        // `"links": [{"rel": "next", "href": …}]`
        Value::Array(links) if AROUND.contains(&name.as_str()) => links
            .iter()
            .any(|link| link.get("rel").is_some_and(|rel| rel == "next")),
        Value::String(link) if name == "link" => names_next(link),
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
/// `"total": 450` around a hundred entries.
fn has_later_pages(around: &Map<String, Value>, entries: u64) -> bool {
    let number = |names: &[&str]| {
        around.iter().find_map(|(name, value)| {
            let is_named = names.contains(&plain_name(name).as_str());
            let number = || value.as_u64().or_else(|| value.as_str()?.parse().ok());
            is_named.then(number)?
        })
    };
    let total = number(&[
        "total",
        "totalcount",
        "totalresults",
        "totalhits",
        "totalavailable",
        "numfound",
    ]);
    let shown = number(&["count", "returned", "shown", "size", "totalreturned"]).unwrap_or(entries);
    let before = number(&["offset", "skip", "from", "start", "startindex"]).unwrap_or(0);
    if total.is_some_and(|total| shown.saturating_add(before) < total) {
        return true;
    }
    let pages = number(&["totalpages", "pages", "pagecount", "lastpage"]);
    pages.is_some_and(|pages| {
        number(&["page", "currentpage", "pagenumber", "pageno"]).unwrap_or(1) < pages
    })
}

/// Whether a source of the entries did not give any: `"sources": {"pulses": "disabled"}`.
fn is_off(source: &Value) -> bool {
    let off = [
        "disabled",
        "down",
        "unavailable",
        "offline",
        "failed",
        "error",
        "timeout",
    ];
    let is_off = |word: &str| off.iter().any(|off| off.eq_ignore_ascii_case(word));
    source == &Value::Bool(false) || source.as_str().is_some_and(is_off)
}

/// Whether a value says so.
fn says_more(value: &Value) -> bool {
    let is_no = value
        .as_str()
        .is_some_and(|word| word.eq_ignore_ascii_case("no"));
    !is_no && MemberValue::from(value).says_something()
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    #[test]
    fn headers_say_that_a_feed_of_a_hundred_entries_goes_on() {
        for (name, value, is_part) in [
            ("link", "</beak/audit?page=2>; rel=\"next\"", true),
            ("link", "</beak/audit?page=1>; rel=\"prev\"", false),
            ("link", "</style.css>; rel=preload", false),
            ("x-next-page", "2", true),
            ("x-next-page", "", false),
            ("x-next-token", "eyJrIjoxfQ==", true),
            ("x-has-more", "true", true),
            ("x-has-more", "false", false),
            ("content-range", "items 0-99/450", true),
            ("content-range", "items 0-99/100", false),
            ("content-range", "items 0-99/*", false),
            ("x-total-count", "450", true),
            ("x-total-count", "100", false),
            ("x-request-id", "450", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
            assert_eq!(headers_go_on(&headers, 100), is_part, "{name}: {value}");
        }
    }
}
