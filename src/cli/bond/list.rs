//! `duckops bond list`: the fleet, worst first.

use super::record;
use crate::cli::args::Watched;
use crate::cli::connections::{ObservedConnections, called, document, page, see, show, when};
use crate::cli::fail::Failure;
use crate::cli::out::Format;
use crate::cli::{Context, facts};
use crate::connections::{Bond, Class};
use crate::fact::duration;
use crate::report::json::DocumentKind;
use crate::text::Printable;
use serde_json::json;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;

/// So many stand in the table; `--output json` has them all.
const SHOWN: usize = 40;

pub(super) async fn main(context: &Context, watched: &Watched) -> Result<u8, Failure> {
    show(context, watched, async |pretty| {
        let mut seen = see(context, "bond", &watched.lists, None).await?;
        let now = seen.connections.now;
        let mut counts: BTreeMap<Class, usize> = Class::ALL.map(|class| (class, 0)).into();
        for bond in &seen.connections.bonds {
            *counts.entry(bond.class(now)).or_default() += 1;
        }
        let code = seen.report.exit_code();
        if context.out.format == Format::Json {
            seen.connections
                .bonds
                .sort_by(|one, other| worse(one, now).cmp(&worse(other, now)));
            let bonds = seen.connections.bonds.iter();
            let records: Vec<_> = bonds.map(|bond| record(bond, now)).collect();
            let counts: serde_json::Map<_, _> = counts
                .into_iter()
                .map(|(class, many)| (class.word().to_lowercase(), many.into()))
                .collect();
            let extra = json!({"bonds": records, "counts": counts});
            return Ok((
                document(DocumentKind::Bonds, &seen.report, extra, pretty),
                code,
            ));
        }
        // Only what is shown is put in order.
        let bonds = &mut seen.connections.bonds;
        if bonds.len() > SHOWN {
            let worse = |one: &Bond, other: &Bond| worse(one, now).cmp(&worse(other, now));
            bonds.select_nth_unstable_by(SHOWN, worse);
            bonds[..SHOWN].sort_by(worse);
        } else {
            bonds.sort_by(|one, other| worse(one, now).cmp(&worse(other, now)));
        }
        Ok((page(context, &seen, &table(context, &seen, &counts)), code))
    })
    .await
}

/// The worst class first, and in it the one that was not seen for longest.
fn worse(bond: &Bond, now: i64) -> (Class, Reverse<Option<i64>>, &str) {
    (bond.class(now), Reverse(bond.pulse_age(now)), &bond.id)
}

fn table(context: &Context, seen: &ObservedConnections, counts: &BTreeMap<Class, usize>) -> String {
    let (bonds, now) = (&seen.connections.bonds, seen.connections.now);
    if bonds.is_empty() {
        return "No bond is known.\n".to_owned();
    }
    let counted: Vec<_> = counts
        .iter()
        .filter(|(_, many)| **many > 0)
        .map(|(class, many)| format!("{many} {}", class.word()))
        .collect();
    let mut text = format!("{} bonds: {}\n\n", bonds.len(), counted.join(", "));
    let head = ["HEALTH", "AGENT", "LAST PULSE", "BONDED", "KEY", "NAME"];
    let rows = bonds.iter().take(SHOWN).map(|bond| row(bond, now));
    text.push_str(&facts::table(context, head, rows));
    if bonds.len() > SHOWN {
        let _ = writeln!(
            text,
            "and {} more: --output json has them all",
            bonds.len() - SHOWN
        );
    }
    text
}

fn row(bond: &Bond, now: i64) -> [Printable; 6] {
    let class = bond.class(now);
    let health = match class {
        Class::Gone => bond.state().word(),
        class => class.word(),
    };
    let age = |age: Option<i64>| age.map_or("-".to_owned(), duration);
    let name = match &bond.name {
        Some(_) => called(None, bond.name.as_ref()),
        None => "-".to_owned(),
    };
    [
        health.into(),
        crate::cli::connections::text(&bond.id),
        when(bond.seen, now).into(),
        age(bond.age(now)).into(),
        age(bond.key_age()).into(),
        name.into(),
    ]
}
