//! `duckops bond rotate ID --recover`: what unfinished rotations of a bond came to, from the
//! files that they left. Nothing is asked and nothing is sent.

use super::guard;
use super::sent::tell;
use super::told::Told;
use crate::cli::Context;
use crate::cli::fail::Failure;
use crate::engine::run::Run;
use crate::exit;
use crate::write::Clock;
use crate::write::bond::{BondId, Hands, Recovered};
use std::time::Instant;

pub(super) fn main(context: &Context, id: &str) -> Result<u8, Failure> {
    let bond = BondId::parse(id).map_err(Failure::usage)?;
    let run = context.run()?;
    let clock = Clock {
        now: run.now,
        began: Instant::now(),
    };
    let told = recover(context, &run, clock, &bond).unwrap_or_else(|refused| *refused);
    let told = Told {
        began: Some((clock.now, clock.began)),
        ..told
    };
    Ok(told.print(context))
}

fn recover(context: &Context, run: &Run, clock: Clock, bond: &BondId) -> Result<Told, Box<Told>> {
    let (state, journal) = guard::place(context)?;
    let _lock = guard::lock(state, &run.stack, bond, run.now)?;
    let hands = Hands {
        stack: &run.stack,
        http: &run.http,
        state,
        journal: &journal,
        clock,
    };
    let recovered = hands.recover(bond).map_err(|error| {
        let told = Told {
            code: exit::UNKNOWN,
            outcome: "unclear",
            summary: format!("what an unfinished rotation came to cannot be found out: {error}"),
            next: Some((
                "Make the state folder usable and recover again; nothing was sent".to_owned(),
                None,
            )),
            ..Told::default()
        };
        Box::new(told)
    })?;
    let all: Vec<_> = recovered
        .iter()
        .map(|one| (one, tell(bond, &one.outcome, Told::default())))
        .collect();
    let worst = |code: u8| match code {
        exit::OK => 0,
        exit::WARNING => 1,
        exit::CRITICAL => 2,
        _ => 3,
    };
    // What was never sent is no trouble: the old key counts.
    let is_fine = |one: &Recovered| one.outcome.word() == "not-sent";
    let Some((first, told)) = all
        .iter()
        .max_by_key(|(one, told)| if is_fine(one) { 0 } else { worst(told.code) })
    else {
        return Ok(Told {
            code: exit::OK,
            outcome: "nothing-open",
            summary: format!("no rotation of {bond} is unfinished"),
            ..Told::default()
        });
    };
    let lines = all.iter().map(|(one, told)| {
        let begun = one.at.as_deref().unwrap_or("an unknown time");
        let text = format!("{} of {begun}: {}", one.id, told.summary);
        ("rotation:", text)
    });
    let results: Vec<_> = recovered
        .iter()
        .map(|one| {
            let mut result = one.outcome.json();
            result["id"] = one.id.as_str().into();
            result["at"] = one.at.as_deref().into();
            result
        })
        .collect();
    let next = match first.outcome.word() {
        "unclear" => Some((
            "See whether pulses go on with the old key; if not, rotate again knowingly".to_owned(),
            Some(format!(
                "duckops bond rotate {bond} --supersede {}",
                first.id
            )),
        )),
        _ => told.next.clone(),
    };
    Ok(Told {
        code: told.code,
        outcome: if first.outcome.is_settled() {
            "recovered"
        } else {
            told.outcome
        },
        summary: told.summary.clone(),
        learned: lines.collect(),
        result: results.into(),
        next,
        ..Told::default()
    })
}
