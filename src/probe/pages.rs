//! Whether a list of the API is whole, or one page of several: by what stands around its entries,
//! and by the headers of its answer.

use crate::cloud::{MemberValue, plain_name};
use crate::observation::{Unavailable, UnavailableReason};
use reqwest::header::HeaderMap;
use serde_json::{Map, Value};

/// Parts of names, in the form of [`plain_name`], of what says that a list goes on.
const MORE: [&str; 20] = [
    "hasprev",
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
    "continue",
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
const NEXT: [&str; 12] = [
    "", "token", "cursor", "url", "uri", "link", "href", "offset", "marker", "key", "position",
    "page",
];
/// What may stand between these: `nextForwardToken`, `next_results`.
const OF_NEXT: [&str; 13] = [
    "page", "forward", "backward", "result", "results", "records", "items", "entries", "list",
    "batch", "set", "chunk", "older",
];
/// Where a list goes on, unless it says itself that it does not.
const MARKS: [&str; 6] = ["cursor", "marker", "bookmark", "after", "offset", "skip"];
/// Names of what says that a list is whole.
const WHOLE: [&str; 12] = [
    "complete",
    "iscomplete",
    "islast",
    "islastpage",
    "lastpage",
    "endofresults",
    "endoflist",
    "eof",
    "finished",
    "done",
    "exhausted",
    "endofstream",
];
/// Names of what says so with a no.
const ENDS: [&str; 7] = [
    "hasmore",
    "hasnext",
    "hasnextpage",
    "more",
    "moreavailable",
    "moreresults",
    "istruncated",
];
/// Names of objects in which these may stand.
const AROUND: [&str; 14] = [
    "pages",
    "cursors",
    "searchmetadata",
    "listmeta",
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
    links.any(names_other)
        || HEADERS.iter().any(is_next)
        || is_above(range)
        || TOTALS.iter().any(|name| is_above(text(name)))
}

/// Whether what stands around the entries says that there are more of them.
pub(super) fn go_on(around: &Map<String, Value>, entries: u64) -> bool {
    let is_end = |(name, value): (&String, &Value)| {
        let name = plain_name(name);
        let value = MemberValue::from(value);
        match WHOLE.contains(&name.as_str()) {
            true => value.says_something(),
            false => ENDS.contains(&name.as_str()) && value.is_no(),
        }
    };
    let is_whole = around.iter().any(is_end);
    around.iter().any(|(name, value)| {
        let is_mark = MARKS.contains(&plain_name(name).as_str());
        (is_mark && !is_whole && says_more(value)) || goes_on(name, value, entries)
    }) || has_other_pages(around, entries)
}

/// Whether a link of this relation leads to a page before or after this one (RFC 8288).
fn is_other_page(relation: &str) -> bool {
    ["next", "prev", "previous"]
        .iter()
        .any(|other| relation.eq_ignore_ascii_case(other))
}

/// Whether a header or a member `link` names such a page.
fn names_other(link: &str) -> bool {
    let is_one = |parameter: &str| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        let is_relation = name.trim().eq_ignore_ascii_case("rel");
        Some(is_relation && value.split_whitespace().any(is_other_page))
    };
    link.split([';', ','])
        .any(|part| is_one(part) == Some(true))
}

/// Whether a name and its value say that there is more.
fn goes_on(name: &str, value: &Value, entries: u64) -> bool {
    let name = plain_name(name);
    match value {
        Value::Object(inner) if AROUND.contains(&name.as_str()) => go_on(inner, entries),
        // Elasticsearch
        Value::Object(shards) if name == "shards" => shards.get("failed").is_some_and(says_more),
        Value::Object(sources) if name == "sources" => sources.values().any(is_off),
        // `"links": [{"rel": "next", "href": …}]`
        Value::Array(links) if AROUND.contains(&name.as_str()) => links.iter().any(|link| {
            let relation = link.get("rel").and_then(Value::as_str);
            relation.is_some_and(is_other_page)
        }),
        Value::String(link) if name == "link" => names_other(link),
        Value::Number(share) if name.starts_with("sampl") => share.as_f64() != Some(1.0),
        // The first and the last page say so themselves, and links have such.
        value if ["last", "first", "isfirst", "isfirstpage"].contains(&name.as_str()) => {
            MemberValue::from(value).is_no()
        }
        value if WHOLE.contains(&name.as_str()) => !says_more(value),
        value => {
            let is_more = is_next(&name)
                || is_before(&name)
                || is_left(&name)
                || MORE_WHOLE.contains(&name.as_str())
                || MORE.iter().any(|part| name.contains(part));
            is_more && says_more(value)
        }
    }
}

fn is_next(name: &str) -> bool {
    name.strip_prefix("next").is_some_and(|of| {
        let behind = |between: &&str| {
            of.strip_prefix(*between)
                .is_some_and(|of| NEXT.contains(&of))
        };
        NEXT.contains(&of) || OF_NEXT.iter().any(behind)
    })
}

/// `previousPage`, `prev_page_url`; a cursor backwards may be that of what is still to come.
fn is_before(name: &str) -> bool {
    let of = name.strip_prefix("previous").or(name.strip_prefix("prev"));
    of.is_some_and(|of| ["", "link", "url", "href"].contains(&of.trim_start_matches("page")))
}

/// `remainingItemCount`
fn is_left(name: &str) -> bool {
    let counted = ["item", "entr", "result", "record", "event", "page", "row"];
    name.contains("remaining") && counted.iter().any(|what| name.contains(what))
}

/// Whether this is one page of several, `"page": 1, "total_pages": 66` or `"page": 3`, or a part of a longer
/// list: `"total": 450` around a hundred entries.
fn has_other_pages(around: &Map<String, Value>, entries: u64) -> bool {
    let largest = |is_named: &dyn Fn(&str) -> bool| {
        let named = around
            .iter()
            .filter(|(name, _)| is_named(&plain_name(name)));
        // `"total": {"value": 450, "relation": "eq"}`
        let values = named.map(|(_, value)| value.get("value").unwrap_or(value));
        let numbers =
            values.filter_map(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
        numbers.max()
    };
    let is_page = |name: &str| {
        let pages = ["totalpages", "pages", "pagecount", "lastpage", "nbpages"];
        let own = ["page", "currentpage", "pagenumber", "pageno"];
        pages.contains(&name) || own.contains(&name)
    };
    largest(&is_count).is_some_and(|counted| entries < counted)
        || largest(&is_page).is_some_and(|page| page > 1)
}

/// Whether a name is of how many entries there are: `totalElements`, `recordsTotal`, `entry_count`.
fn is_count(name: &str) -> bool {
    const OF: [&str; 14] = [
        "",
        "count",
        "result",
        "hit",
        "available",
        "returned",
        "element",
        "item",
        "record",
        "entry",
        "entrie",
        "event",
        "row",
        "size",
    ];
    let is_of = |of: &str| OF.contains(&of.trim_end_matches('s'));
    let of_total = name.strip_prefix("total").or(name.strip_suffix("total"));
    let of_count = name.strip_suffix("count").or(name.strip_prefix("num"));
    of_total.or(of_count).is_some_and(is_of)
        || matches!(
            name,
            "odatacount" | "numfound" | "nbhits" | "recordsfiltered" | "returned"
        )
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
            ("link", "</beak/audit?page=1>; rel=\"prev\"", true),
            ("link", "</beak/audit?page=1>; rel=\"first\"", false),
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
