//! Requests that were denied or whose time ran out: what comes of them is an outcome, not a failure.
//!
//! Memory grows with the requests of a day, and not with the feed.

use super::entry::{AuditEntry, Names};
use super::event::names_in_words;
use crate::connections::{EventKind, WINDOW};
use crate::fact::Group;
use crate::text::Untrusted;
use std::collections::BTreeMap;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// How many requests are tracked by id; further ones count as entries without an id.
const MOST: usize = 20_000;

/// What the feed shows of one request, in seconds since 1970.
#[derive(Clone, Copy, Debug, Default)]
struct RequestOutcome {
    asked: Option<i64>,
    declined: Option<i64>,
    /// Whether it was approved, bonded or failed on its way back.
    is_other: bool,
}

/// The requests of a feed that came to nothing by intent.
#[derive(Debug, Default)]
pub(super) struct DeclinedRequests {
    by_id: BTreeMap<String, RequestOutcome>,
    /// Entries without an id, of the last hour and of the last 24 h.
    nameless: [i64; 2],
    names: Names,
}

impl DeclinedRequests {
    /// Records what an entry says about a request.
    pub(super) fn note(&mut self, event: EventKind, at: i64, now: i64, entry: &AuditEntry) {
        use EventKind::{Approved, Bonded, CallbackError, Denied, Expired, Requested};
        let is_ours = matches!(
            event,
            Requested | Approved | Bonded | CallbackError | Denied | Expired
        );
        if !is_ours || at <= now - DAY - WINDOW {
            return;
        }
        let id = match entry.peck.as_str() {
            "" => {
                names_in_words(&entry.detail, &mut self.names);
                &self.names.peck
            }
            own => own,
        };
        let has_room = self.by_id.len() < MOST || self.by_id.contains_key(id);
        if id.is_empty() || !has_room {
            for (count, span) in self.nameless.iter_mut().zip([HOUR, DAY]) {
                *count += i64::from(matches!(event, Denied | Expired) && at > now - span);
            }
            return;
        }
        let outcome = match self.by_id.get_mut(id) {
            Some(outcome) => outcome,
            None => self.by_id.entry(id.to_owned()).or_default(),
        };
        match event {
            Requested => outcome.asked = Some(outcome.asked.map_or(at, |asked| asked.min(at))),
            Denied | Expired => outcome.declined = outcome.declined.max(Some(at)),
            _ => outcome.is_other = true,
        }
    }

    /// Entries that name no request, of the last hour and of the last 24 h.
    pub(super) fn nameless(&self) -> [i64; 2] {
        self.nameless
    }

    /// When each request was denied, or its time ran out.
    pub(super) fn by_id(&self, now: i64) -> Vec<Group> {
        let ended = self.by_id.iter().filter_map(|(id, outcome)| {
            let ran_out = || outcome.asked.map(|asked| asked + WINDOW);
            let at = outcome.declined.or_else(ran_out)?;
            let is_over = !outcome.is_other && at <= now;
            is_over.then(|| (Untrusted::new(id.as_str()), vec![(at, 1)]))
        });
        ended.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_774_149_129;

    fn entry(peck: &str, detail: &str) -> AuditEntry {
        AuditEntry {
            peck: peck.to_owned(),
            detail: detail.to_owned(),
            ..AuditEntry::default()
        }
    }

    #[test]
    fn denied_and_overdue_requests_are_declined_and_others_are_not() {
        use EventKind::{Approved, CallbackError, Denied, Expired, Pulse, Requested};
        let mut declined = DeclinedRequests::default();
        for (event, ago, peck, detail) in [
            (Denied, 100, "p1", ""),
            (Expired, 200, "", "peck_id=p2 was not answered"),
            (Requested, 700, "p3", ""),
            (Requested, 599, "p4", ""),
            (Requested, 900, "p5", ""),
            (Approved, 800, "p5", ""),
            (Requested, 900, "p6", ""),
            (CallbackError, 300, "p6", ""),
            (Denied, 50, "", ""),
            (Expired, 5_000, "", ""),
            (Denied, DAY + WINDOW, "p7", ""),
            (Pulse, 10, "p8", ""),
        ] {
            declined.note(event, NOW - ago, NOW, &entry(peck, detail));
        }
        let found: Vec<_> = declined
            .by_id(NOW)
            .into_iter()
            .map(|(id, points)| (id.printable(20).to_string(), NOW - points[0].0))
            .collect();
        let due = [("p1", 100), ("p2", 200), ("p3", 100)];
        assert_eq!(found, due.map(|(id, ago)| (id.to_owned(), ago)));
        assert_eq!(declined.nameless(), [1, 2]);
    }
}
