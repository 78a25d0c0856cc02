//! Requests and bonds, as the feed would have to tell of them: those that were named, and as many
//! more as were counted.

use super::{HOUR, MINUTE, RecordedFacts};
use crate::fact::parse_instant;
use serde_json::{Value, json};

/// The start of a bond whose start is not known.
const LONG_AGO: u64 = 40 * HOUR;

/// An entry: how many seconds ago, of which type, and with which members.
pub(super) type FeedEntry = (u64, &'static str, Value);

pub(super) fn entries(facts: &RecordedFacts<'_>) -> Vec<FeedEntry> {
    let mut entries = Vec::new();
    // Where every request was known, the feed went back far enough, and as far as it says itself.
    if facts.int("pecks.known").is_some() && facts.span("audit.reach").is_none() {
        let window = facts.span("pecks.window").unwrap_or(50 * HOUR);
        entries.push((window, "system.started", json!({})));
    }
    requests(&mut entries, facts);
    bonds(&mut entries, facts);
    entries
}

fn requests(entries: &mut Vec<FeedEntry>, facts: &RecordedFacts<'_>) {
    // What came of a request, and how long after it was asked for.
    type Then = &'static [(u64, &'static str)];
    const APPROVED: Then = &[(2 * MINUTE, "peck.approved"), (3 * MINUTE, "duck.bonded")];
    const FAILED: Then = &[
        (2 * MINUTE, "peck.approved"),
        (3 * MINUTE, "peck.callback-error"),
    ];
    const UNBONDED: Then = &[(2 * MINUTE, "peck.approved")];
    let unbonded = facts.int("pecks.unbonded").unwrap_or(0);
    let unbonded = usize::try_from(unbonded).unwrap_or(0);
    let left = facts.span("pecks.least_left").unwrap_or(0);
    let duplicates = facts.int("pecks.rivals").unwrap_or(0) > 0;
    let states: [(&str, &str, Then, u64); 5] = [
        (
            "pecks.pending",
            "pecks.newest_pending",
            &[],
            (10 * MINUTE).saturating_sub(left),
        ),
        ("pecks.approved", "", APPROVED, HOUR),
        (
            "pecks.denied",
            "pecks.newest_denied",
            &[(2 * MINUTE, "peck.denied")],
            HOUR,
        ),
        ("pecks.expired", "pecks.newest_expired", &[], HOUR),
        (
            "pecks.callback_errors",
            "pecks.newest_callback_errors",
            FAILED,
            HOUR,
        ),
    ];
    let mut number = 0_usize;
    for (count, list, then, ago) in states {
        let named: Vec<(String, u64)> = facts
            .list(list)
            .iter()
            .filter_map(|line| {
                let (id, at) = line.split_once(" asked ")?;
                Some((id.to_owned(), facts.ago(parse_instant(at)?)))
            })
            .collect();
        let due = usize::try_from(facts.int(count).unwrap_or(0))
            .unwrap_or(0)
            .min(500);
        for nth in 0..due {
            number += 1;
            let made_up = || (format!("peck_made_up_{number}"), ago);
            let (id, ago) = named.get(nth).cloned().unwrap_or_else(made_up);
            // Rivals are of the same two agents; all others of two of their own.
            let pair = match count == "pecks.pending" && duplicates {
                true => 0,
                false => number,
            };
            let (from, to) = (format!("DEC0{pair:012}"), format!("DEC1{pair:012}"));
            let asked = json!({"peck_id": id, "requester_id": from, "target": to});
            entries.push((ago, "peck.requested", asked));
            let is_unbonded = count == "pecks.callback_errors" && nth < unbonded;
            for (after, event) in if is_unbonded { UNBONDED } else { then } {
                let ago = ago.saturating_sub(*after).max(1);
                entries.push((ago, event, json!({"peck_id": id})));
            }
        }
    }
}

fn bonds(entries: &mut Vec<FeedEntry>, facts: &RecordedFacts<'_>) {
    let count = |path: &str| {
        u64::try_from(facts.int(path).unwrap_or(0))
            .unwrap_or(0)
            .min(500)
    };
    let (slow, offline, unpulsed) = (
        count("bonds.slow"),
        count("bonds.offline"),
        count("bonds.unpulsed"),
    );
    let stalest = facts.span("bonds.pulse_age").unwrap_or(MINUTE);
    let since = facts.span("bonds.key_age").unwrap_or(LONG_AGO);
    let unpulsed_for = facts.span("bonds.unpulsed_for").unwrap_or(MINUTE);
    let mut number = 0_u64;
    let mut id = || {
        number += 1;
        json!({"spaceduck_id": format!("DEC2{number:012}"), "duckling_id": "DDDD000000000001"})
    };
    // The stalest of those that are worst off is as stale as it was.
    let classes = [
        (offline, stalest),
        (slow, if offline == 0 { stalest } else { 12 * MINUTE }),
        (
            count("bonds.alive"),
            if slow + offline == 0 {
                stalest
            } else {
                3 * MINUTE
            },
        ),
    ];
    let mut failing = count("bonds.failing");
    for (many, pulsed) in classes {
        for _ in 0..many {
            let bond = id();
            entries.push((since.max(pulsed), "duck.bonded", bond.clone()));
            entries.push((pulsed, "pulse", bond.clone()));
            if failing > 0 {
                failing -= 1;
                entries.push((HOUR, "webhook.delivery_failed", bond));
            }
        }
    }
    for _ in 0..unpulsed {
        entries.push((unpulsed_for, "duck.bonded", id()));
    }
    for _ in 0..count("bonds.unpecked") {
        let bond = id();
        entries.push((LONG_AGO, "duck.bonded", bond.clone()));
        entries.push((2 * HOUR, "duck.unpecked", bond));
    }
}
