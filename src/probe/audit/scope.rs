//! What a feed says of itself that it covers: a span of time, some types of entries, some subjects.

use super::super::own_age::with_unit;
use super::value::moment;
use crate::cloud::{MemberValue, plain_name};
use serde_json::{Map, Value};

/// Names, in the form of [`plain_name`], of the moment from which on there are entries.
const START: [&str; 20] = [
    "since",
    "from",
    "start",
    "starttime",
    "startsat",
    "begin",
    "windowstart",
    "rangestart",
    "periodstart",
    "retentionstart",
    "retainedsince",
    "availablesince",
    "availablefrom",
    "coverssince",
    "coveredfrom",
    "createdafter",
    "notbefore",
    "horizon",
    "cutoff",
    "lowwatermark",
];
/// Beginnings of such: `oldest_available`, `earliestTimestamp`.
const START_PREFIXES: [&str; 2] = ["oldest", "earliest"];
/// Names of the moment up to which there are.
const END: [&str; 11] = [
    "until",
    "to",
    "end",
    "endtime",
    "endsat",
    "windowend",
    "rangeend",
    "periodend",
    "coversuntil",
    "coveredto",
    "createdbefore",
];
/// Names of how far back there are, before the unit.
const SPAN: [&str; 10] = [
    "retention",
    "retentionperiod",
    "retained",
    "window",
    "lookback",
    "range",
    "timerange",
    "period",
    "span",
    "history",
];
/// Names of objects in which these may stand.
const AROUND: [&str; 11] = [
    "meta",
    "metadata",
    "window",
    "range",
    "timerange",
    "period",
    "coverage",
    "retention",
    "query",
    "filter",
    "filters",
];
/// Names of what restricts a feed to some of the entries, at its top level.
const RESTRICTS: [&str; 14] = [
    "eventtype",
    "eventtypes",
    "types",
    "includedtypes",
    "onlytypes",
    "typefilter",
    "excludedtypes",
    "excludetypes",
    "ducklingid",
    "duckling",
    "spaceduckid",
    "spaceduck",
    "agentid",
    "actorid",
];
/// Parts of such names in an object that says what was asked for.
const RESTRICTS_PARTS: [&str; 13] = [
    "type", "kind", "category", "severity", "level", "actor", "agent", "duck", "subject", "source",
    "action", "name", "search",
];
/// Names of such objects.
const ASKED_FOR: [&str; 4] = ["filter", "filters", "query", "criteria"];
/// What restricts to nothing.
const ALL: [&str; 3] = ["*", "all", "any"];

/// What the members around the entries say.
#[derive(Debug, Default)]
pub(super) struct FeedScope {
    /// The moment from which on there are entries, in seconds since 1970.
    pub(super) since: Option<i64>,
    /// The moment up to which there are.
    pub(super) until: Option<i64>,
    /// Whether these are entries of some kind only.
    pub(super) is_restricted: bool,
}

impl FeedScope {
    /// The scope of a feed that was asked for at `now`.
    pub(super) fn of(around: &Map<String, Value>, now: i64) -> Self {
        let mut scope = Self::default();
        for (name, value) in around {
            let name = plain_name(name);
            scope.is_restricted |= RESTRICTS.contains(&name.as_str()) && restricts(value);
            match value {
                Value::Object(asked) if ASKED_FOR.contains(&name.as_str()) => {
                    scope.is_restricted |= asked.iter().any(|(name, value)| {
                        let name = plain_name(name);
                        RESTRICTS_PARTS.iter().any(|part| name.contains(part)) && restricts(value)
                    });
                }
                _ => {}
            }
            match value {
                Value::Object(inner) if AROUND.contains(&name.as_str()) => {
                    let inner = Self::of(inner, now);
                    scope.covers(inner.since, inner.until);
                }
                value => scope.note(&name, MemberValue::from(value), now),
            }
        }
        scope
    }

    fn note(&mut self, name: &str, held: MemberValue<'_>, now: i64) {
        let is_start =
            START.contains(&name) || START_PREFIXES.iter().any(|word| name.starts_with(word));
        let span = with_unit(name).find(|(of, _)| SPAN.contains(of));
        if is_start {
            self.covers(moment(held), None);
        } else if END.contains(&name) {
            self.covers(None, moment(held));
        } else if let (Some((_, factor)), Some(number)) = (span, held.number()) {
            self.covers(Some(now - (number * factor) as i64), None);
        }
    }

    /// The narrower of this and of another span.
    fn covers(&mut self, since: Option<i64>, until: Option<i64>) {
        self.since = self.since.max(since);
        self.until = match (self.until, until) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}

/// Whether a value is a choice among others: a number of each type is none.
fn restricts(value: &Value) -> bool {
    match value {
        Value::Array(of) => !of.is_empty() && of.iter().all(restricts),
        Value::String(text) => {
            let is_all = ALL.iter().any(|all| all.eq_ignore_ascii_case(text.trim()));
            !is_all && MemberValue::Text(text).says_something()
        }
        _ => false,
    }
}
