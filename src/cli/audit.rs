//! `duckops audit`: the audit feed, filtered, an entry at a time while it arrives.

use super::Context;
use super::args;
use super::fail::Failure;
use super::out::Format;
use super::triage::pause;
use crate::exit;
use crate::fact::{instant, parse_duration};
use crate::probe::{self, FeedItem};
use crate::report::json::DocumentKind;
use crate::report::model::Verdict;
use crate::text::Printable;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Which entries are wanted.
#[derive(Clone)]
struct Filter {
    /// Part of the type, in lower case.
    kind: Option<String>,
    /// Not older than this, in seconds since 1970.
    since: Option<i64>,
    details: bool,
}

impl Filter {
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
}

pub(super) async fn main(context: &Context, args: &args::AuditArgs) -> Result<u8, Failure> {
    let now = super::now(&context.env).unix_timestamp();
    let since = args.since.as_deref().map(|text| {
        parse_duration(text)
            .map(|seconds| now - seconds)
            .ok_or_else(|| {
                let text = Printable::from(text);
                Failure::usage(format!("--since: `{text}` is not a duration such as 24h"))
            })
    });
    let filter = Filter {
        kind: args.kind.as_ref().map(|kind| kind.to_lowercase()),
        since: since.transpose()?,
        details: args.details,
    };
    let follow = args
        .follow
        .as_deref()
        .map(|text| pause("--follow", text))
        .transpose()?;
    match follow {
        None => once(context, filter).await,
        Some(_) if context.out.format == Format::Json => Err(Failure::usage(
            "--follow prints lines, not one JSON document",
        )),
        Some(every) => following(context, filter, every).await,
    }
}

/// The feed as it is. Memory does not grow with it, except for JSON, which is one document.
async fn once(context: &Context, filter: Filter) -> Result<u8, Failure> {
    let json = context.out.format == Format::Json;
    let kept = Arc::new(Mutex::new((0_u64, Vec::new())));
    let shared = Arc::clone(&kept);
    let out = context.out.clone();
    let end = probe::listen(&context.run()?.into_probe_context(), move |entry| {
        if !filter.wants(&entry) {
            return;
        }
        let Ok(mut kept) = shared.lock() else { return };
        kept.0 += 1;
        if json {
            let at = entry.at.map(instant);
            let detail = filter
                .details
                .then(|| entry.detail.printable(200).to_string());
            let kind = entry.kind.printable(200).to_string();
            kept.1
                .push(json!({"at": at, "type": kind, "detail": detail}));
        } else {
            out.print(&format!("{}\n", filter.line(&entry)), exit::OK);
        }
    })
    .await;
    let (count, entries) = kept
        .lock()
        .map(|mut kept| std::mem::take(&mut *kept))
        .unwrap_or_default();
    let (verdict, code, summary) = match end {
        Ok(()) => (Verdict::Ok, exit::OK, format!("{count} entries")),
        Err(unavailable) => {
            let summary = format!(
                "at least {count} entries; not read to the end: {}",
                unavailable.detail
            );
            (Verdict::Unknown, exit::UNKNOWN, summary)
        }
    };
    if json {
        let extra = json!({ "entries": entries });
        return Ok(context
            .out
            .document(DocumentKind::Audit, verdict, code, &summary, "", &extra));
    }
    super::out::warn(&summary);
    Ok(code)
}

/// Asks again and again and prints what is new, until interrupted.
async fn following(
    context: &Context,
    mut filter: Filter,
    every: std::time::Duration,
) -> Result<u8, Failure> {
    // The entries of the newest second seen: others of that second may still come.
    let mut seen: BTreeSet<String> = BTreeSet::new();
    loop {
        let fresh = Arc::new(Mutex::new(Vec::new()));
        let (shared, wanted) = (Arc::clone(&fresh), filter.clone());
        let end = probe::listen(&context.run()?.into_probe_context(), move |entry| {
            if let (true, Some(at), Ok(mut fresh)) = (wanted.wants(&entry), entry.at, shared.lock())
            {
                fresh.push((at, wanted.line(&entry)));
            }
        })
        .await;
        let mut fresh = fresh
            .lock()
            .map(|mut fresh| std::mem::take(&mut *fresh))
            .unwrap_or_default();
        fresh.sort();
        fresh.retain(|(_, line)| !seen.contains(line));
        for (_, line) in &fresh {
            context.out.print(&format!("{line}\n"), exit::OK);
        }
        if let Some((newest, _)) = fresh.last().cloned() {
            if filter.since.is_none_or(|since| newest > since + 1) {
                seen.clear();
            }
            filter.since = Some(newest - 1);
            seen.extend(
                fresh
                    .into_iter()
                    .filter(|(at, _)| *at == newest)
                    .map(|(_, line)| line),
            );
        }
        if let Err(unavailable) = end {
            super::out::warn(&format!("not read to the end: {}", unavailable.detail));
        }
        tokio::time::sleep(every).await;
    }
}
