//! How old an answer says in its own body that it is.

use super::audit::moment;
use crate::cloud::{MemberValue, plain_name};
use crate::fact::duration;
use crate::text::Untrusted;
use serde_json::Value;

/// Older, in seconds, is an answer of the past. The clocks behind one answer differ by less.
pub(super) const OLDEST: i64 = 300;

/// Names, in the form of [`plain_name`], of when an answer was made.
const MADE_AT: [&str; 16] = [
    "generatedat",
    "generated",
    "generatedon",
    "computedat",
    "collectedat",
    "fetchedat",
    "retrievedat",
    "refreshedat",
    "lastrefreshed",
    "lastrefresh",
    "cachedat",
    "asof",
    "dataasof",
    "snapshotat",
    "snapshottime",
    "servertime",
];
/// Names of how old it is, before the unit.
const AGE: [&str; 8] = [
    "age",
    "cacheage",
    "dataage",
    "delay",
    "datadelay",
    "ingestdelay",
    "ingestiondelay",
    "replicationdelay",
];
/// Ends of such names: `replica_lag_seconds`, `secondsBehind`.
const AGE_ENDS: [&str; 3] = ["lag", "behind", "staleness"];
/// What such a name may end in, and how many seconds that is.
const UNITS: [(&str, f64); 13] = [
    ("milliseconds", 0.001),
    ("millis", 0.001),
    ("ms", 0.001),
    ("minutes", 60.0),
    ("minute", 60.0),
    ("hours", 3600.0),
    ("hour", 3600.0),
    ("days", 86_400.0),
    ("day", 86_400.0),
    ("seconds", 1.0),
    ("secs", 1.0),
    ("sec", 1.0),
    ("s", 1.0),
];
/// Names of a yes or no.
const IS_OLD: [&str; 4] = ["stale", "isstale", "outdated", "isoutdated"];
/// Names of objects in which these may stand.
const AROUND: [&str; 6] = [
    "meta",
    "metadata",
    "cache",
    "responsemetadata",
    "header",
    "info",
];

/// Whether an object of this name says how an answer came about.
pub(super) fn is_around(name: &str) -> bool {
    AROUND.contains(&plain_name(name).as_str())
}

/// Why an answer with these members speaks of the past, in words, if it does.
pub(super) fn own_age<'a>(
    mut members: impl Iterator<Item = (&'a String, &'a Value)>,
    now: i64,
) -> Option<String> {
    members.find_map(|(name, value)| match value {
        Value::Object(inner) if is_around(name) => own_age(inner.iter(), now),
        value => says_old(name, MemberValue::from(value), now),
    })
}

/// What a name in the form of [`plain_name`] is about, without the unit that it begins or ends in, and how many
/// seconds that is.
pub(super) fn with_unit(plain: &str) -> impl Iterator<Item = (&str, f64)> {
    UNITS.into_iter().filter_map(move |(unit, factor)| {
        let first = || plain.strip_prefix(unit).filter(|_| unit.len() > 4);
        Some((plain.strip_suffix(unit).or_else(first)?, factor))
    })
}

/// Why an answer with this member speaks of the past, in words, if it does.
pub(super) fn says_old(name: &str, held: MemberValue<'_>, now: i64) -> Option<String> {
    let plain = plain_name(name);
    let age = if MADE_AT.contains(&plain.as_str()) {
        (now - moment(held)?) as f64
    } else if IS_OLD.contains(&plain.as_str()) {
        return held
            .says_something()
            .then(|| "an answer that calls itself out of date".to_owned());
    } else {
        // An age is one in seconds, as in HTTP; a lag without a unit may be one in milliseconds.
        let bare = Some((plain.as_str(), 1.0)).filter(|(of, _)| of.ends_with("age"));
        let mut named = with_unit(&plain).chain(bare);
        let is_age = |of: &str| {
            let is_end = |end: &&str| of.ends_with(*end) && !of.ends_with("flag");
            AGE.contains(&of) || of.starts_with("behind") || AGE_ENDS.iter().any(is_end)
        };
        let (_, factor) = named.find(|(of, _)| is_age(of))?;
        held.number()? * factor
    };
    (age > OLDEST as f64).then(|| {
        let name = Untrusted::new(name).printable(40);
        format!("an answer {} old by its own `{name}`", duration(age as i64))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_as_old_as_it_says() {
        const NOW: i64 = 1_774_149_600;
        for (name, value, is_old) in [
            ("generated_at", "1774063200", true),
            ("generatedAt", r#""2026-03-21T03:20:00Z""#, true),
            ("as_of", "1774063200000", true),
            ("generated_at", "1774149590", false),
            ("generated_at", r#""soon""#, false),
            ("lag_seconds", "7200", true),
            ("lag_seconds", "3", false),
            ("lag_ms", "7200", false),
            ("lag", "7200", false),
            ("replica_lag_seconds", "7200", true),
            ("secondsBehind", "7200", true),
            ("seconds_behind_source", "7200", true),
            ("flag_seconds", "7200", false),
            ("data_age_minutes", r#""90""#, true),
            ("age", "86400", true),
            ("stale", "true", true),
            ("stale", "false", false),
            ("updated_at", "1774063200", false),
            ("message", "86400", false),
            ("meta", r#"{"cached_at":1774063200}"#, true),
            ("database", r#"{"generated_at":1774063200}"#, false),
        ] {
            let document = format!(r#"{{"{name}":{value}}}"#);
            let document: serde_json::Map<_, _> = serde_json::from_str(&document).expect("JSON");
            let found = own_age(document.iter(), NOW);
            assert_eq!(found.is_some(), is_old, "{name}: {value}: {found:?}");
        }
    }
}
