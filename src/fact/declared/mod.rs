//! The dictionary of facts: what each probe promises to yield, one file per source.
//!
//! Runbooks are checked against it when they are loaded, observations when they are added, and
//! `duckops facts --schema` prints it.

/// A table of facts: path, type, unit, meaning. `clocked` or `steady` is what all rows are that do
/// not say otherwise.
macro_rules! facts {
    (@make $default:ident) => { $default };
    (@make $default:ident $own:ident) => { $own };
    ($default:ident: $($($own:ident)? $path:literal $type:ident $unit:literal $about:literal;)*) => {
        &[$(facts!(@make $default $($own)?)($path, FactType::$type, $unit, $about)),*]
    };
}

mod alias;
mod audit;
mod connections;
mod email;
mod executions;
mod history;
mod identity;
mod lambda;
mod logs;
mod metrics;
mod status;

pub use history::{TOTALS, inputs};

use super::{Declared, Probe};
use crate::text::near;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The facts that a probe yields.
pub fn declared(probe: Probe) -> &'static [Declared] {
    match probe {
        Probe::Status => status::FACTS,
        Probe::Audit => audit::FACTS,
        Probe::Executions => executions::FACTS,
        Probe::Email => email::FACTS,
        Probe::Metrics => metrics::FACTS,
        Probe::Logs => logs::FACTS,
        Probe::Alias => alias::FACTS,
        Probe::Lambda => lambda::FACTS,
        Probe::Identity => identity::FACTS,
        Probe::Connections => connections::FACTS,
        Probe::History => history::FACTS,
    }
}

/// Every probe with its facts.
pub fn all() -> impl Iterator<Item = (Probe, &'static [Declared])> {
    Probe::ALL.into_iter().map(|probe| (probe, declared(probe)))
}

/// What a fact is, for a person: none where its description speaks of another fact, such as "those of
/// them".
pub fn label(path: &str) -> Option<&'static str> {
    let (_, fact) = find(path)?;
    // A bound that is the other one says nothing more.
    let about = fact.about.split([';', ':', ',']).next()?.trim();
    let about = about.strip_prefix("whether ").unwrap_or(about);
    const ELSEWHERE: [&str; 9] = [
        "those",
        "that one",
        "that window",
        "the same",
        "of them",
        "its ",
        "all others",
        " one",
        "how ",
    ];
    let is_whole = !about.is_empty() && !ELSEWHERE.iter().any(|word| about.contains(word));
    is_whole.then_some(about)
}

/// Finds a fact and its probe by path.
pub fn find(path: &str) -> Option<(Probe, &'static Declared)> {
    /// Every runbook that is loaded asks for hundreds of them.
    static BY_PATH: LazyLock<HashMap<&str, (Probe, &Declared)>> = LazyLock::new(|| {
        let facts = all().flat_map(|(probe, facts)| facts.iter().map(move |fact| (probe, fact)));
        facts.map(|found| (found.1.path, found)).collect()
    });
    BY_PATH.get(path).copied()
}

/// The error message for a path that is not declared, with the nearest declared one.
pub fn unknown_fact(path: &str) -> String {
    let paths = all().flat_map(|(_, facts)| facts).map(|fact| fact.path);
    match near(path, &paths.collect::<Vec<_>>()) {
        Some(near) => format!("no probe yields `{path}`; did you mean `{near}`?"),
        None => format!("no probe yields `{path}`; `duckops facts --schema` lists those there are"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn fact_paths_are_unique_and_never_prefixes_of_each_other() {
        let paths: Vec<_> = all()
            .flat_map(|(_, facts)| facts)
            .map(|fact| fact.path)
            .collect();
        let unique: BTreeSet<_> = paths.iter().collect();
        assert_eq!(unique.len(), paths.len());
        for path in &paths {
            let inside = format!("{path}.");
            assert!(
                !paths.iter().any(|other| other.starts_with(&inside)),
                "{path} is a fact and a prefix"
            );
        }
    }
}
