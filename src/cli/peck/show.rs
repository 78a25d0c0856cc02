//! `duckops peck show`: one request, its state, and a text for support.

use super::record;
use crate::cli::Context;
use crate::cli::args::Watched;
use crate::cli::connections::{called, document, page, see, show, text, when};
use crate::cli::fail::Failure;
use crate::cli::out::{self, Format};
use crate::connections::{Connections, EventKind, Only, Peck, PeckState};
use crate::fact::{duration, instant};
use crate::report::json::DocumentKind;
use crate::text::Untrusted;
use serde_json::json;
use std::fmt::Write;

pub(super) async fn main(
    context: &Context,
    id: &str,
    handoff: bool,
    watched: &Watched,
) -> Result<u8, Failure> {
    show(context, watched, async |pretty| {
        let only = Some(Only::Peck(id.to_owned()));
        let seen = see(context, "peck", &watched.lists, only).await?;
        let code = seen.report.exit_code();
        let (peck, now) = (seen.connections.pecks.first(), seen.connections.now);
        let support =
            peck.map(|peck| for_support(peck, &seen.connections, seen.report.summary.as_str()));
        if context.out.format == Format::Json {
            let extra = json!({
                "peck_id": id,
                "request": peck.map(|peck| record(peck, now)),
                "handoff": support,
            });
            return Ok((
                document(DocumentKind::Peck, &seen.report, extra, pretty),
                code,
            ));
        }
        if handoff && let Some(support) = &support {
            let lines = out::lines(support).map(|line| format!("{line}\n"));
            return Ok((lines.collect(), code));
        }
        let records = match peck {
            None => format!("PECK {}: nothing is known of it\n", text(id)),
            Some(peck) => block(peck, now),
        };
        Ok((page(context, &seen, &records), code))
    })
    .await
}

fn block(peck: &Peck, now: i64) -> String {
    let state = peck.state(now);
    let left = match (state, peck.left(now)) {
        (PeckState::Pending, Some(left)) => format!(", {} left of the ten minutes", duration(left)),
        _ => String::new(),
    };
    let mut block = format!(
        "PECK {}  {}{left}\n",
        text(&peck.id),
        state.word().to_uppercase()
    );
    for (label, value) in facts(peck, now) {
        let _ = writeln!(block, "  {label:<11} {value}");
    }
    for (at, _, kind) in peck.events.iter().rev() {
        let _ = writeln!(block, "  {}  {}", instant(*at), kind.printable(60));
    }
    block
}

fn facts(peck: &Peck, now: i64) -> Vec<(&'static str, String)> {
    let duplicates = match (peck.duplicates, &peck.requester, &peck.target) {
        (0, Some(_), Some(_)) => "no other live request of the same two".to_owned(),
        (0, ..) => "not known: the request names not both agents".to_owned(),
        (n, ..) => format!("{n} other live requests of the same two"),
    };
    let mut facts = vec![
        ("asked", when(peck.begun(), now)),
        (
            "requester",
            called(peck.requester.as_deref(), peck.requester_name.as_ref()),
        ),
        ("target", called(peck.target.as_deref(), None)),
        ("purpose", quoted(peck.purpose.as_ref())),
        ("a human", acted(peck, now)),
        ("beside it", duplicates),
    ];
    let other = peck.contradiction(now);
    facts.extend(other.map(|said| ("but", format!("a list says {}", said.word()))));
    facts.extend(peck.uncertain.map(|why| ("uncertain", why.to_owned())));
    facts
}

fn quoted(text: Option<&Untrusted>) -> String {
    text.map_or("not known".to_owned(), |text| {
        format!("\"{}\"", text.printable(200))
    })
}

/// What a human has done about it.
fn acted(peck: &Peck, now: i64) -> String {
    let acts = [
        (EventKind::Approved, "approved it"),
        (EventKind::Denied, "denied it"),
        (EventKind::CallbackError, "acted, and the callback failed"),
        (EventKind::Bonded, "and it was bonded"),
    ];
    let done: Vec<_> = acts
        .into_iter()
        .filter_map(|(event, words)| {
            let at = peck.last(event)?;
            Some(format!("{words} {}", when(Some(at), now)))
        })
        .collect();
    match done.is_empty() {
        true => "has not acted, as far as is known".to_owned(),
        false => done.join("; "),
    }
}

/// What support needs: who, what for, when, and what is proven.
fn for_support(peck: &Peck, all: &Connections, summary: &str) -> String {
    let now = all.now;
    let mut text = format!(
        "Peck {} is {} at {}\n",
        text(&peck.id),
        peck.state(now).word(),
        instant(now)
    );
    let _ = writeln!(text, "peck_id:   {}", self::text(&peck.id));
    for (label, value) in facts(peck, now) {
        let _ = writeln!(text, "{:<10} {value}", format!("{label}:"));
    }
    let _ = writeln!(text, "verdict:   {summary}");
    let reach = all.reach.map_or("is empty".to_owned(), |reach| {
        format!("goes back {}", duration(reach))
    });
    let _ = writeln!(text, "evidence:  the audit feed, which {reach}");
    for (at, _, kind) in peck.events.iter().rev() {
        let _ = writeln!(text, "           {} {}", instant(*at), kind.printable(60));
    }
    text
}
