//! `duckops peck list`: the requests of the last 24 h, most urgent first.

use super::record;
use crate::cli::args::Watched;
use crate::cli::connections::{ObservedConnections, called, document, page, see, show, text, when};
use crate::cli::fail::Failure;
use crate::cli::out::Format;
use crate::cli::{Context, facts};
use crate::connections::{Peck, PeckState};
use crate::fact::duration;
use crate::report::json::DocumentKind;
use crate::text::Printable;
use serde_json::json;
use std::fmt::Write;

/// So many stand in the table; `--output json` has them all.
const SHOWN: usize = 40;

const STATES: [PeckState; 6] = [
    PeckState::CallbackError,
    PeckState::Pending,
    PeckState::Unknown,
    PeckState::Expired,
    PeckState::Denied,
    PeckState::Approved,
];

pub(super) async fn main(context: &Context, watched: &Watched) -> Result<u8, Failure> {
    show(context, watched, async |pretty| {
        let mut seen = see(context, "peck", &watched.lists, None).await?;
        let now = seen.connections.now;
        seen.connections
            .pecks
            .sort_by_cached_key(|peck| urgency(peck, now));
        let code = seen.report.exit_code();
        if context.out.format == Format::Json {
            let pecks = &seen.connections.pecks;
            let records: Vec<_> = pecks.iter().map(|peck| record(peck, now)).collect();
            let counts: serde_json::Map<_, _> = STATES
                .into_iter()
                .map(|state| (state.word().to_owned(), count(pecks, state, now).into()))
                .collect();
            let extra = json!({"requests": records, "counts": counts});
            return Ok((
                document(DocumentKind::Pecks, &seen.report, extra, pretty),
                code,
            ));
        }
        Ok((page(context, &seen, &table(context, &seen)), code))
    })
    .await
}

/// The worst state first; of those that wait, the one with the least time.
fn urgency(peck: &Peck, now: i64) -> (PeckState, i64, String) {
    let state = peck.state(now);
    let within = match state {
        PeckState::Pending => peck.left(now).unwrap_or(0),
        _ => -peck.newest().unwrap_or(0),
    };
    (state, within, peck.id.clone())
}

fn count(pecks: &[Peck], state: PeckState, now: i64) -> usize {
    pecks.iter().filter(|peck| peck.state(now) == state).count()
}

fn table(context: &Context, seen: &ObservedConnections) -> String {
    let (pecks, now) = (&seen.connections.pecks, seen.connections.now);
    let counted = STATES.into_iter().filter_map(|state| {
        let many = count(pecks, state, now);
        (many > 0).then(|| format!("{many} {}", state.word()))
    });
    let counted: Vec<_> = counted.collect();
    let mut text = match counted.is_empty() {
        true => "No request in the last 24 h.\n".to_owned(),
        false => format!(
            "{} requests in 24 h: {}\n\n",
            pecks.len(),
            counted.join(", ")
        ),
    };
    if !pecks.is_empty() {
        let head = ["STATE", "PECK", "LEFT", "ASKED", "WHO AND WHAT FOR"];
        let rows = pecks.iter().take(SHOWN).map(|peck| row(peck, now));
        text.push_str(&facts::table(context, head, rows));
    }
    if pecks.len() > SHOWN {
        let _ = writeln!(
            text,
            "and {} more: --output json has them all",
            pecks.len() - SHOWN
        );
    }
    text
}

fn row(peck: &Peck, now: i64) -> [Printable; 5] {
    let state = peck.state(now);
    let left = match state {
        PeckState::Pending => peck.left(now).map_or("-".to_owned(), duration),
        _ => "-".to_owned(),
    };
    let requester = called(peck.requester.as_deref(), peck.requester_name.as_ref());
    let target = called(peck.target.as_deref(), None);
    let purpose = peck.purpose.as_ref().map_or(String::new(), |purpose| {
        format!(": \"{}\"", purpose.printable(60))
    });
    let rival = match peck.duplicates {
        0 => String::new(),
        n => format!(" (beside {n} of the same two)"),
    };
    [
        state.word().to_uppercase().into(),
        text(&peck.id),
        left.into(),
        when(peck.begun(), now).into(),
        format!("{requester} -> {target}{purpose}{rival}").into(),
    ]
}
