//! The audit feed for people: filtered entries, once or as they come.

use crate::fact::instant;
use crate::observation::Unavailable;
use crate::probe::{self, FeedItem, ProbeContext};
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::report::model::{NextAction, Verdict};
use crate::text::counted;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Which entries are wanted.
#[derive(Clone, Debug)]
pub struct AuditFilter {
    /// Part of the type, in lower case.
    pub kind: Option<String>,
    /// Not older than this, in seconds since 1970.
    pub since: Option<i64>,
    /// Whether the details are shown, too.
    pub details: bool,
}

impl AuditFilter {
    fn wants(&self, entry: &FeedItem) -> bool {
        let kind = entry.kind.printable(200).as_str().to_lowercase();
        let typed = self
            .kind
            .as_ref()
            .is_none_or(|wanted| kind.contains(wanted));
        // What has no usable time cannot be said to be outside the window.
        let recent = self
            .since
            .is_none_or(|since| entry.at.is_none_or(|at| at > since));
        typed && recent
    }

    /// `TIME TYPE`, and the detail where it is asked for.
    fn line(&self, entry: &FeedItem) -> String {
        let at = entry
            .at
            .map_or_else(|| "(no usable time)".to_owned(), instant);
        let detail = if self.details {
            format!("  {}", entry.detail.printable(200))
        } else {
            String::new()
        };
        format!("{at}  {}{detail}", entry.kind.printable(80))
            .trim_end()
            .to_owned()
    }

    fn record(&self, entry: &FeedItem) -> Value {
        let detail = self
            .details
            .then(|| entry.detail.printable(200).to_string());
        let kind = entry.kind.printable(200).to_string();
        json!({"at": entry.at.map(instant), "type": kind, "detail": detail})
    }
}

/// Reads the feed once. Each matching entry is passed to `print` as a line while it arrives, so
/// memory does not grow with the feed; without `print`, the entries are in the document. `count` is
/// called with the number of entries read so far, matching or not.
pub async fn read(
    context: &ProbeContext,
    filter: AuditFilter,
    print: Option<impl Fn(&str) + Send + 'static>,
    count: impl Fn(u64) + Send + 'static,
) -> Document {
    let collected = Arc::new(Mutex::new((0_u64, Vec::new())));
    let shared = Arc::clone(&collected);
    let mut read = 0;
    let end = probe::listen(context, move |entry| {
        read += 1;
        count(read);
        if !filter.wants(&entry) {
            return;
        }
        let Ok(mut collected) = shared.lock() else {
            return;
        };
        collected.0 += 1;
        match &print {
            Some(print) => print(&filter.line(&entry)),
            None => collected.1.push(filter.record(&entry)),
        }
    })
    .await;
    let (count, entries) = take_all(&collected);
    let next = end.as_ref().err().map(NextAction::to_read);
    let (verdict, summary) = match end {
        Ok(()) => (Verdict::Ok, counted(count, "entry")),
        Err(unavailable) => {
            let why = unavailable.detail;
            let summary = {
                let entries = counted(count, "entry");
                format!("at least {entries}; not read to the end: {why}")
            };
            (Verdict::Unknown, summary)
        }
    };
    let extra = json!({ "entries": entries });
    let mut document = Document::new(DocumentKind::Audit, verdict, summary, "", extra);
    document.heading.next_action = next;
    document
}

fn take_all<T: Default>(shared: &Mutex<T>) -> T {
    let take_all = shared.lock().map(|mut all| std::mem::take(&mut *all));
    take_all.unwrap_or_default()
}

/// Reads the feed again and again and yields what is new.
#[derive(Debug)]
pub struct AuditFollower {
    filter: AuditFilter,
    /// The entries of the newest second seen: others of that second may still come.
    seen: BTreeSet<String>,
}

impl AuditFollower {
    /// A follower that has seen nothing yet.
    pub fn new(filter: AuditFilter) -> Self {
        let seen = BTreeSet::new();
        Self { filter, seen }
    }

    /// The new lines, oldest first, and why the feed was not read to its end, if so.
    pub async fn next(&mut self, context: &ProbeContext) -> (Vec<String>, Option<Unavailable>) {
        let fresh = Arc::new(Mutex::new(Vec::new()));
        let (shared, wanted) = (Arc::clone(&fresh), self.filter.clone());
        let end = probe::listen(context, move |entry| {
            if let (true, Some(at), Ok(mut fresh)) = (wanted.wants(&entry), entry.at, shared.lock())
            {
                fresh.push((at, wanted.line(&entry)));
            }
        })
        .await;
        let mut fresh = take_all(&fresh);
        fresh.sort();
        fresh.retain(|(_, line)| !self.seen.contains(line));
        if let Some((newest, _)) = fresh.last() {
            let newest = *newest;
            if self.filter.since.is_none_or(|since| newest > since + 1) {
                self.seen.clear();
            }
            self.filter.since = Some(newest - 1);
            let newest_lines = fresh.iter().filter(|(at, _)| *at == newest);
            self.seen.extend(newest_lines.map(|(_, line)| line.clone()));
        }
        let lines = fresh.into_iter().map(|(_, line)| line).collect();
        (lines, end.err())
    }
}
