//! `duckops bond show`: one bond, its pulse and its key.

use super::record;
use crate::cli::Context;
use crate::cli::args::Watched;
use crate::cli::connections::{called, document, page, see, show, text, when};
use crate::cli::fail::Failure;
use crate::cli::out::Format;
use crate::connections::{Bond, BondState, Class, OFFLINE, Only};
use crate::fact::duration;
use crate::report::json::DocumentKind;
use serde_json::json;
use std::fmt::Write;

pub(super) async fn main(context: &Context, id: &str, watched: &Watched) -> Result<u8, Failure> {
    show(context, watched, async |pretty| {
        let only = Some(Only::Bond(id.to_owned()));
        let seen = see(context, "bond", &watched.lists, only).await?;
        let code = seen.report.exit_code();
        let (bond, now) = (seen.connections.bonds.first(), seen.connections.now);
        if context.out.format == Format::Json {
            let extra = json!({
                "spaceduck_id": id,
                "bond": bond.map(|bond| record(bond, now)),
            });
            return Ok((
                document(DocumentKind::Bond, &seen.report, extra, pretty),
                code,
            ));
        }
        let records = match bond {
            None => format!("BOND {}: nothing is known of it\n", text(id)),
            Some(bond) => block(context, bond, now),
        };
        Ok((page(context, &seen, &records), code))
    })
    .await
}

fn block(context: &Context, bond: &Bond, now: i64) -> String {
    let class = bond.class(now);
    let health = match class {
        Class::Gone => String::new(),
        _ if bond.state() == BondState::Unknown => String::new(),
        class => format!(", {}", class.word()),
    };
    let mut block = format!("BOND {}  {}{health}\n", text(&bond.id), bond.state().word());
    let key = match (bond.key_min, bond.key_max) {
        (least, Some(most)) if least == most => format!("{} old", duration(most)),
        (0, Some(most)) => format!("at most {} old", duration(most)),
        (0, None) => "age not known".to_owned(),
        (least, Some(most)) => format!("{} to {} old", duration(least), duration(most)),
        (least, None) => format!(
            "at least {} old: the feed shows no rotation",
            duration(least)
        ),
    };
    let known = |text: &Option<String>| called(text.as_deref(), None);
    let mut lines = vec![
        ("name", called(None, bond.name.as_ref())),
        ("duckling", known(&bond.duckling)),
        ("bonded", when(bond.since, now)),
        ("peer", known(&bond.peer)),
        ("request", known(&bond.peck)),
        ("last seen", when(bond.seen, now)),
        ("key", key),
    ];
    if bond.over.is_some() {
        lines.insert(3, ("unpecked", when(bond.over, now)));
    }
    if let Some(spark) = gaps(&bond.pulses, now, context.out.glyphs()) {
        lines.push(("pulses", spark));
    }
    let other = bond.contradiction();
    lines.extend(other.map(|said| ("but", format!("a list says {}", said.word()))));
    lines.extend(bond.uncertain.map(|why| ("uncertain", why.to_owned())));
    lines.extend(bond.unseen.map(|why| ("uncertain", why.to_owned())));
    for (label, value) in lines {
        let _ = writeln!(block, "  {label:<11} {value}");
    }
    block
}

/// The time between the last pulses, oldest first, and since the newest: a glyph each, the
/// highest for half an hour and more.
fn gaps(pulses: &[i64], now: i64, glyphs: &[char]) -> Option<String> {
    let newest = *pulses.first()?;
    let mut gaps: Vec<i64> = pulses.windows(2).map(|pair| pair[0] - pair[1]).collect();
    gaps.reverse();
    gaps.push((now - newest).max(0));
    let top = glyphs.len().saturating_sub(1);
    let glyph = |gap: &i64| {
        let part = gap.clamp(&0, &OFFLINE).saturating_mul(top as i64) / OFFLINE;
        glyphs.get(usize::try_from(part).unwrap_or(0)).copied()
    };
    let drawn: String = gaps.iter().filter_map(glyph).collect();
    let longest = gaps.iter().max().copied().map_or(String::new(), duration);
    Some(format!(
        "{drawn}  the time between the last {} and since; {longest} at most",
        pulses.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_drawn_oldest_first_and_half_an_hour_is_the_top() {
        let glyphs = ['0', '1', '2', '3'];
        assert_eq!(gaps(&[], 5000, &glyphs), None);
        let drawn = gaps(&[4400, 2600, 2000, 1990], 5000, &glyphs).expect("drawn");
        assert!(drawn.starts_with("0131 "), "{drawn}");
        let one = gaps(&[5100], 5000, &glyphs).expect("drawn");
        assert!(one.starts_with("0 "), "a pulse ahead of the clock: {one}");
    }
}
