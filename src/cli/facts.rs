//! `duckops facts`: everything the probes yield, or could.

use super::fail::Failure;
use super::{Context, args, out};
use crate::engine::collect;
use crate::fact::{self, Declared, Probe};
use crate::report::facts::{dictionary, observed};
use crate::report::words::wrap;

pub(super) async fn main(context: &Context, args: &args::FactsArgs) -> Result<u8, Failure> {
    let prefix = args.prefix.as_deref().unwrap_or_default();
    let wanted: Vec<(Probe, &'static Declared)> = fact::all()
        .flat_map(|(probe, facts)| facts.iter().map(move |fact| (probe, fact)))
        .filter(|(_, fact)| fact.path.starts_with(prefix))
        .collect();
    if wanted.is_empty() {
        return Err(Failure::usage(
            fact::unknown_fact(prefix).replacen("; ", "\n", 1),
        ));
    }
    let screen = context.out.screen;
    if args.schema {
        return Ok(context.out.document(&dictionary(&wanted, screen)));
    }
    let run = context.run()?;
    let now = run.now;
    let paths = wanted.iter().map(|(_, fact)| fact.path);
    let collected = run.collect(&collect::probes_for_facts(paths)).await;
    for note in &collected.notes {
        for line in wrap(
            &format!("note: {note}"),
            screen.columns.unwrap_or(usize::MAX),
        ) {
            out::warn(&line);
        }
    }
    let form = (screen, context.out.explains);
    let document = observed(&wanted, &collected.observations, now, form);
    Ok(context.out.document(&document))
}
