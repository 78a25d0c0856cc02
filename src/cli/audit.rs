//! `duckops audit`: the audit feed, filtered, an entry at a time while it arrives.

use super::fail::Failure;
use super::format::Format;
use super::triage::pause;
use super::{Context, args, out, progress};
use crate::engine::audit::{AuditFilter, AuditFollower, read};
use crate::exit;
use crate::fact::parse_duration;
use std::time::Duration;

pub(super) async fn main(context: &Context, args: &args::AuditArgs) -> Result<u8, Failure> {
    let now = super::now(&context.env).unix_timestamp();
    let since = args.since.as_deref().map(|text| {
        parse_duration(text)
            .map(|seconds| now - seconds)
            .ok_or_else(|| Failure::unusable("--since", text, "a duration such as 24h"))
    });
    let filter = AuditFilter {
        kind: args.kind.as_ref().map(|kind| kind.to_lowercase()),
        since: since.transpose()?,
        details: args.details,
    };
    let follow = args.follow.as_deref();
    let follow = follow.map(|text| pause("--follow", text)).transpose()?;
    match follow {
        None => once(context, filter).await,
        Some(_) if context.out.format == Format::Json => Err(Failure::usage(
            "--follow prints lines, not one JSON document\nuse it without -o json",
        )),
        Some(every) => following(context, filter, every).await,
    }
}

async fn once(context: &Context, filter: AuditFilter) -> Result<u8, Failure> {
    let is_json = context.out.format == Format::Json;
    let out = context.out.clone();
    let print = move |line: &str| {
        out.print(&format!("{line}\n"), exit::OK);
    };
    let asking = context.run()?.into_probe_context();
    let document = read(&asking, filter, (!is_json).then_some(print), |entries| {
        // Not for each: the line is drawn ten times a second.
        if entries % 256 == 0 {
            progress::count("audit feed", entries);
        }
    })
    .await;
    progress::done();
    if is_json {
        return Ok(context.out.document(&document));
    }
    if !out::is_output_lost() {
        out::warn(document.heading.summary.as_str());
        if let Some(next) = &document.heading.next_action {
            out::warn(next.text.as_str());
            let command = next.command.iter();
            command.for_each(|command| out::warn(command.as_str()));
        }
    }
    Ok(document.heading.exit_code)
}

/// Asks again and again and prints what is new, until interrupted.
async fn following(context: &Context, filter: AuditFilter, every: Duration) -> Result<u8, Failure> {
    let mut follower = AuditFollower::new(filter);
    loop {
        let (lines, end) = follower.next(&context.run()?.into_probe_context()).await;
        for line in lines {
            context.out.print(&format!("{line}\n"), exit::OK);
        }
        if let Some(unavailable) = end {
            out::warn(&format!("not read to the end: {}", unavailable.detail));
        }
        tokio::time::sleep(every).await;
    }
}
