//! Observations: the result of every declared fact of a run, either a value or the reason it is
//! unavailable.
//!
//! Missing facts are never defaulted. This module does not depend on rules or verdicts.

mod reason;
mod unavailable;

pub use reason::UnavailableReason;
pub use unavailable::{Blocker, Unavailable};

use crate::connections::Connections;
use crate::fact::{Declared, Fact, FactValue, Probe};
use crate::text::{Printable, Untrusted};
use std::collections::BTreeMap;
use std::time::Duration;
use time::OffsetDateTime;

/// One request that a probe sent.
#[derive(Clone, Debug)]
pub struct RequestLog {
    /// The question, such as `GET /beak/system/status`.
    pub question: Printable,
    /// From sending to the end of the answer.
    pub took: Duration,
    /// Bytes of the answer, where known.
    pub bytes: Option<u64>,
    /// Why there was no usable answer.
    pub failure: Option<Printable>,
}

/// What one probe answered.
#[derive(Debug)]
pub struct Observation {
    /// Which probe.
    pub probe: Probe,
    /// The requests it sent.
    pub asked: Vec<RequestLog>,
    /// Whether anything on the far side answered at all, even with a refusal.
    pub reached: bool,
    /// The server's clock minus ours, in seconds, where the answer was dated.
    pub skew: Option<i64>,
    /// The requests and the bonds, where those were asked for.
    pub connections: Option<Connections>,
    facts: BTreeMap<&'static str, Result<Fact, Unavailable>>,
    otherwise: Unavailable,
}

impl Observation {
    /// A reading to be filled.
    pub fn new(probe: Probe) -> Self {
        let otherwise = Unavailable::new(UnavailableReason::Missing, "the answer does not hold it");
        Self {
            probe,
            asked: Vec::new(),
            reached: false,
            skew: None,
            connections: None,
            facts: BTreeMap::new(),
            otherwise,
        }
    }

    /// A reading in which everything is silent for one reason.
    pub fn silent(probe: Probe, why: Unavailable) -> Self {
        Self {
            otherwise: why,
            ..Self::new(probe)
        }
    }

    /// Says that everything not yet known is silent for this reason.
    pub fn default_unavailable(&mut self, why: Unavailable) {
        self.otherwise = why;
    }

    /// Records a fact.
    pub fn set(&mut self, path: &'static str, value: FactValue, at: OffsetDateTime) {
        debug_assert!(
            !matches!(value, FactValue::Float(x) if !x.is_finite()),
            "{path} must be finite"
        );
        self.facts.insert(path, Ok(Fact { value, at }));
    }

    /// Records why a fact is not known.
    pub fn set_unavailable(&mut self, path: &'static str, why: Unavailable) {
        self.facts.insert(path, Err(why));
    }

    /// The kind of reason for everything not said.
    pub fn default_reason(&self) -> UnavailableReason {
        self.otherwise.why
    }

    /// The reason for everything not said, in words.
    pub fn default_detail(&self) -> &Printable {
        &self.otherwise.detail
    }

    /// A fact as far as it is known by now.
    pub fn outcome(&self, path: &str) -> Result<Fact, Unavailable> {
        self.facts
            .get(path)
            .cloned()
            .unwrap_or_else(|| Err(self.otherwise.clone()))
    }

    /// Records a fact or the reason it is not known.
    pub fn put(
        &mut self,
        path: &'static str,
        outcome: Result<FactValue, Unavailable>,
        at: OffsetDateTime,
    ) {
        self.facts
            .insert(path, outcome.map(|value| Fact { value, at }));
    }

    /// What was learned of a fact as a number.
    pub fn number(&self, path: &str) -> Option<f64> {
        self.value(path)?.number()
    }

    /// What is known of a fact.
    pub fn value(&self, path: &str) -> Option<&FactValue> {
        Some(&self.facts.get(path)?.as_ref().ok()?.value)
    }

    /// Every reason why something is not known, to be made more precise.
    pub fn unavailable_mut(&mut self) -> impl Iterator<Item = &mut Unavailable> {
        let facts = self.facts.values_mut();
        let unknown = facts.filter_map(|fact| fact.as_mut().err());
        unknown.chain([&mut self.otherwise])
    }

    /// Takes back everything that `which` names: it was said, but does not count.
    pub fn invalidate(
        &mut self,
        declared: &[Declared],
        which: impl Fn(&Declared) -> bool,
        why: &Unavailable,
    ) {
        for fact in declared.iter().filter(|fact| which(fact)) {
            self.facts.insert(fact.path, Err(why.clone()));
        }
    }
}

/// How much is known of one fact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FactState<'a> {
    /// The value.
    Known(&'a Fact),
    /// Asked for, and not learned.
    Unavailable(&'a Unavailable),
    /// No probe of this run yields it.
    NotAsked,
}

/// All observations of one run.
#[derive(Debug, Default)]
pub struct Observations {
    facts: BTreeMap<&'static str, (Probe, Result<Fact, Unavailable>)>,
    asked: BTreeMap<Probe, Vec<RequestLog>>,
    skew: Option<i64>,
    connections: Option<Connections>,
}

impl Observations {
    /// Takes in what a probe answered: one entry for each fact it declared.
    pub fn add(&mut self, declared: &'static [Declared], mut observation: Observation) {
        for fact in declared {
            let outcome = observation
                .facts
                .remove(fact.path)
                .unwrap_or_else(|| Err(observation.otherwise.clone()));
            let outcome = match outcome {
                Ok(value) if value.value.ty() != fact.ty => Err(Unavailable::new(
                    UnavailableReason::Mistyped,
                    format!("the probe yielded a {}", value.value.ty().name()),
                )),
                other => other,
            };
            self.facts.insert(fact.path, (observation.probe, outcome));
        }
        debug_assert!(
            observation.facts.is_empty(),
            "undeclared: {:?}",
            observation.facts.keys()
        );
        let widest = self.skew.into_iter().chain(observation.skew);
        self.skew = widest.max_by_key(|skew| skew.abs());
        self.connections = self.connections.take().or(observation.connections);
        self.asked.insert(observation.probe, observation.asked);
    }

    /// Puts a value in place of that of a fact which another one is joined into.
    pub fn set(&mut self, path: &'static str, value: FactValue, at: OffsetDateTime) {
        if let Some((_, outcome)) = self.facts.get_mut(path) {
            *outcome = Ok(Fact { value, at });
        }
    }

    /// Makes a fact unavailable for the reason of another one that it is joined from.
    pub fn copy_reason(&mut self, path: &'static str, from: &str) {
        let reason = match self.get(from) {
            FactState::Unavailable(unavailable) => unavailable.clone(),
            _ => Unavailable::new(UnavailableReason::NotAsked, format!("{from} not requested")),
        };
        if let Some((_, outcome)) = self.facts.get_mut(path) {
            *outcome = Err(reason);
        }
    }

    /// What is known of a fact.
    pub fn get(&self, path: &str) -> FactState<'_> {
        match self.facts.get(path) {
            Some((_, Ok(fact))) => FactState::Known(fact),
            Some((_, Err(unavailable))) => FactState::Unavailable(unavailable),
            None => FactState::NotAsked,
        }
    }

    /// The value of a whole-number fact, if it is known.
    pub fn int(&self, path: &str) -> Option<i64> {
        match self.get(path) {
            FactState::Known(Fact {
                value: FactValue::Int(n),
                ..
            }) => Some(*n),
            _ => None,
        }
    }

    /// The seconds of a fact that is a duration, if it is known.
    pub fn seconds(&self, path: &str) -> Option<i64> {
        match self.get(path) {
            FactState::Known(Fact {
                value: FactValue::Duration(seconds),
                ..
            }) => Some(*seconds),
            _ => None,
        }
    }

    /// The requests a probe sent in this run.
    pub fn asked(&self, probe: Probe) -> &[RequestLog] {
        self.asked.get(&probe).map_or(&[], Vec::as_slice)
    }

    /// The requests and the bonds of this run.
    pub fn connections(&self) -> Option<&Connections> {
        self.connections.as_ref()
    }

    /// Takes the requests and the bonds of this run.
    pub fn take_connections(&mut self) -> Option<Connections> {
        self.connections.take()
    }

    /// The servers' clocks minus ours, in seconds; the largest difference counts.
    pub fn skew(&self) -> Option<i64> {
        self.skew
    }

    /// Calls `each` with every text of the facts, the questions and the records, together where
    /// they may be pieces of one text, so that secrets can be removed.
    pub fn each_text(&mut self, mut each: impl FnMut(&mut [&mut String])) {
        for (_, outcome) in self.facts.values_mut() {
            match outcome {
                Ok(fact) => fact.value.each_text(&mut each),
                Err(unavailable) => unavailable
                    .texts()
                    .for_each(|text| text.edited(|text| each(&mut [text]))),
            }
        }
        for asked in self.asked.values_mut().flatten() {
            let texts = [Some(&mut asked.question), asked.failure.as_mut()];
            for text in texts.into_iter().flatten() {
                text.edited(|text| each(&mut [text]));
            }
        }
        if let Some(connections) = &mut self.connections {
            connections.each_text(&mut each);
        }
    }

    /// Calls `each` with every line of the lists, every text, the name of every group, and the
    /// reasons of unavailable facts: all that comes from outside.
    pub fn each_line(&mut self, mut each: impl FnMut(&mut String)) {
        for (probe, outcome) in self.facts.values_mut() {
            match outcome {
                // The caller's identity is not cut.
                Ok(Fact {
                    value: FactValue::Text(text),
                    ..
                }) if *probe != Probe::Identity => each(text.exposed()),
                Ok(Fact {
                    value: FactValue::List(lines),
                    ..
                }) => lines.iter_mut().map(Untrusted::exposed).for_each(&mut each),
                Ok(Fact {
                    value: FactValue::Groups(groups),
                    ..
                }) => groups.iter_mut().for_each(|(name, _)| each(name.exposed())),
                Ok(_) => {}
                Err(unavailable) => unavailable.texts().for_each(|text| text.edited(&mut each)),
            }
        }
    }

    /// Every fact of this run, by path.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, Probe, &Result<Fact, Unavailable>)> {
        self.facts
            .iter()
            .map(|(path, (probe, outcome))| (*path, *probe, outcome))
    }
}
