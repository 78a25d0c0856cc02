//! Converts snapshots to items and back. An item of any other form is reported as damaged.

use super::super::{Snapshot, Summary, instant, millis};
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;
use ulid::Ulid;

/// An item as the client gives and takes it.
pub(super) type DynamoItem = HashMap<String, AttributeValue>;

/// The `sk` of the ledger.
pub(super) const LEDGER: &str = "ledger";
/// The `sk` of the index of facts.
pub(super) const FACTS: &str = "facts";
/// The prefix of every snapshot's `sk`.
pub(super) const SNAPSHOT: &str = "snap#";
/// Thirteen digits sort as their numbers do, from 1970 to 2286.
const LAST_MS: i64 = 9_999_999_999_999;

/// The `sk` of a snapshot. `None` for a time that would not sort.
pub(super) fn sort_key(snapshot: &Snapshot) -> Option<String> {
    let id = snapshot.id;
    Some(format!("{}#{id}", moment(millis(snapshot.at))?))
}

/// The prefix of the `sk` of all snapshots of this millisecond.
pub(super) fn moment(ms: i64) -> Option<String> {
    (0..=LAST_MS)
        .contains(&ms)
        .then(|| format!("{SNAPSHOT}{ms:013}"))
}

/// A snapshot as an item.
pub(super) fn of(
    snapshot: &Snapshot,
    late: bool,
    expires: Option<i64>,
) -> Result<DynamoItem, &'static str> {
    let key = sort_key(snapshot).ok_or("its time is before 1970 or after 2286")?;
    let runbooks =
        serde_json::to_string(&snapshot.runbooks).map_err(|_| "its runbooks cannot be written")?;
    let numbers = snapshot.numbers.iter();
    let numbers = numbers.map(|(fact, value)| (fact.clone(), number(*value)));
    let mut item = DynamoItem::from([
        ("pk".to_owned(), text(&snapshot.stack.0)),
        ("sk".to_owned(), text(&key)),
        ("verdict".to_owned(), text(&snapshot.verdict)),
        ("runbooks".to_owned(), text(&runbooks)),
        ("version".to_owned(), text(&snapshot.duckops_version)),
        ("numbers".to_owned(), AttributeValue::M(numbers.collect())),
        ("late".to_owned(), AttributeValue::Bool(late)),
    ]);
    item.extend(expires.map(|expires| ("expires".to_owned(), number(expires))));
    Ok(item)
}

pub(super) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub(super) fn number(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A string attribute.
pub(super) fn word<'a>(item: &'a DynamoItem, name: &str) -> Option<&'a str> {
    Some(item.get(name)?.as_s().ok()?.as_str())
}

/// An integer attribute.
pub(super) fn parsed<T: std::str::FromStr>(item: &DynamoItem, name: &str) -> Option<T> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// When a snapshot was seen, and its numbers.
pub(super) fn numbers(item: &DynamoItem) -> Option<(i64, Vec<(String, i64)>)> {
    let (at, _) = place(item)?;
    let numbers = item.get("numbers")?.as_m().ok()?;
    let number = |(fact, value): (&String, &AttributeValue)| {
        Some((fact.clone(), value.as_n().ok()?.parse().ok()?))
    };
    Some((at, numbers.iter().map(number).collect::<Option<_>>()?))
}

/// A snapshot without its numbers.
pub(super) fn summary(item: &DynamoItem) -> Option<Summary> {
    let (at, id) = place(item)?;
    Some(Summary {
        id,
        at: instant(at)?,
        verdict: word(item, "verdict")?.to_owned(),
        runbooks: serde_json::from_str(word(item, "runbooks")?).ok()?,
        duckops_version: word(item, "version")?.to_owned(),
    })
}

fn place(item: &DynamoItem) -> Option<(i64, Ulid)> {
    let (ms, id) = word(item, "sk")?.strip_prefix(SNAPSHOT)?.split_once('#')?;
    let digits = ms.len() == 13 && ms.bytes().all(|byte| byte.is_ascii_digit());
    Some((digits.then(|| ms.parse().ok())??, id.parse().ok()?))
}
