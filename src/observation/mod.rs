//! Readings: what each probe answered, or why it could not.
//!
//! A probe's answer is turned into one entry for every fact that the probe declares:
//! known, or silent with a reason. Nothing is ever filled in. This room knows no rule
//! and no verdict.

mod reason;

pub use reason::Why;

use crate::connections::Population;
use crate::fact::{Declared, Fact, FactValue, Probe};
use crate::text::{Printable, Untrusted};
use std::collections::BTreeMap;
use std::time::Duration;
use time::OffsetDateTime;

/// The reason a fact is not known, in words, with what would help where that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Silence {
    /// The kind of reason.
    pub why: Why,
    /// What happened, as the end of "not known: …".
    pub detail: Printable,
    /// What the operator can do about it.
    pub fix: Option<Printable>,
}

impl Silence {
    /// A reason without a remedy.
    pub fn new(why: Why, detail: impl Into<Printable>) -> Self {
        Self {
            why,
            detail: detail.into(),
            fix: None,
        }
    }

    fn texts(&mut self) -> impl Iterator<Item = &mut Printable> {
        [Some(&mut self.detail), self.fix.as_mut()]
            .into_iter()
            .flatten()
    }

    /// Adds what the operator can do.
    pub fn fix(mut self, fix: impl Into<Printable>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

/// One request that a probe sent.
#[derive(Clone, Debug)]
pub struct Asked {
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
pub struct Reading {
    /// Which probe.
    pub probe: Probe,
    /// The requests it sent.
    pub asked: Vec<Asked>,
    /// Whether anything on the far side answered at all, even with a refusal.
    pub reached: bool,
    /// The server's clock minus ours, in seconds, where the answer was dated.
    pub skew: Option<i64>,
    /// The requests and the bonds, where those were asked for.
    pub population: Option<Population>,
    facts: BTreeMap<&'static str, Result<Fact, Silence>>,
    otherwise: Silence,
}

impl Reading {
    /// A reading to be filled.
    pub fn new(probe: Probe) -> Self {
        let otherwise = Silence::new(Why::Missing, "the answer does not hold it");
        Self {
            probe,
            asked: Vec::new(),
            reached: false,
            skew: None,
            population: None,
            facts: BTreeMap::new(),
            otherwise,
        }
    }

    /// A reading in which everything is silent for one reason.
    pub fn silent(probe: Probe, why: Silence) -> Self {
        Self {
            otherwise: why,
            ..Self::new(probe)
        }
    }

    /// Says that everything not yet known is silent for this reason.
    pub fn rest(&mut self, why: Silence) {
        self.otherwise = why;
    }

    /// Records a fact.
    pub fn know(&mut self, path: &'static str, value: FactValue, at: OffsetDateTime) {
        debug_assert!(
            !matches!(value, FactValue::Float(x) if !x.is_finite()),
            "{path} must be finite"
        );
        self.facts.insert(path, Ok(Fact { value, at }));
    }

    /// Records why a fact is not known.
    pub fn hush(&mut self, path: &'static str, why: Silence) {
        self.facts.insert(path, Err(why));
    }

    /// The kind of reason for everything not said.
    pub fn rest_why(&self) -> Why {
        self.otherwise.why
    }

    /// The reason for everything not said, in words.
    pub fn rest_detail(&self) -> &Printable {
        &self.otherwise.detail
    }

    /// A fact as far as it is known by now.
    pub fn outcome(&self, path: &str) -> Result<Fact, Silence> {
        self.facts
            .get(path)
            .cloned()
            .unwrap_or_else(|| Err(self.otherwise.clone()))
    }

    /// Records a fact or the reason it is not known.
    pub fn put(
        &mut self,
        path: &'static str,
        outcome: Result<FactValue, Silence>,
        at: OffsetDateTime,
    ) {
        self.facts
            .insert(path, outcome.map(|value| Fact { value, at }));
    }

    /// Takes back everything that `which` names: it was said, but does not count.
    pub fn withhold(
        &mut self,
        declared: &[Declared],
        which: impl Fn(&Declared) -> bool,
        why: &Silence,
    ) {
        for fact in declared.iter().filter(|fact| which(fact)) {
            self.facts.insert(fact.path, Err(why.clone()));
        }
    }
}

/// How much is known of one fact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Known<'a> {
    /// The value.
    Known(&'a Fact),
    /// Asked for, and not learned.
    Silent(&'a Silence),
    /// No probe of this run yields it.
    NotAsked,
}

/// Everything one run was told.
#[derive(Debug, Default)]
pub struct Readings {
    facts: BTreeMap<&'static str, (Probe, Result<Fact, Silence>)>,
    asked: BTreeMap<Probe, Vec<Asked>>,
    reached: BTreeMap<Probe, bool>,
    skew: Option<i64>,
    population: Option<Population>,
}

impl Readings {
    /// Takes in what a probe answered: one entry for each fact it declared.
    pub fn add(&mut self, declared: &'static [Declared], mut reading: Reading) {
        for fact in declared {
            let outcome = reading
                .facts
                .remove(fact.path)
                .unwrap_or_else(|| Err(reading.otherwise.clone()));
            let outcome = match outcome {
                Ok(value) if value.value.ty() != fact.ty => Err(Silence::new(
                    Why::Mistyped,
                    format!("the probe yielded a {}", value.value.ty().name()),
                )),
                other => other,
            };
            self.facts.insert(fact.path, (reading.probe, outcome));
        }
        debug_assert!(
            reading.facts.is_empty(),
            "undeclared: {:?}",
            reading.facts.keys()
        );
        let widest = self.skew.into_iter().chain(reading.skew);
        self.skew = widest.max_by_key(|skew| skew.abs());
        self.population = self.population.take().or(reading.population);
        self.asked.insert(reading.probe, reading.asked);
        self.reached.insert(reading.probe, reading.reached);
    }

    /// What is known of a fact.
    pub fn get(&self, path: &str) -> Known<'_> {
        match self.facts.get(path) {
            Some((_, Ok(fact))) => Known::Known(fact),
            Some((_, Err(silence))) => Known::Silent(silence),
            None => Known::NotAsked,
        }
    }

    /// The value of a whole-number fact, if it is known.
    pub fn int(&self, path: &str) -> Option<i64> {
        match self.get(path) {
            Known::Known(Fact {
                value: FactValue::Int(n),
                ..
            }) => Some(*n),
            _ => None,
        }
    }

    /// Which probe a fact of this run came from.
    pub fn source(&self, path: &str) -> Option<Probe> {
        self.facts.get(path).map(|(probe, _)| *probe)
    }

    /// The requests a probe sent in this run.
    pub fn asked(&self, probe: Probe) -> &[Asked] {
        self.asked.get(&probe).map_or(&[], Vec::as_slice)
    }

    /// Whether the far side of a probe answered at all; `None` when it was not asked.
    pub fn reached(&self, probe: Probe) -> Option<bool> {
        self.reached.get(&probe).copied()
    }

    /// The requests and the bonds of this run.
    pub fn population(&self) -> Option<&Population> {
        self.population.as_ref()
    }

    /// Hands over the requests and the bonds of this run.
    pub fn take_population(&mut self) -> Option<Population> {
        self.population.take()
    }

    /// The servers' clocks minus ours, in seconds; the largest difference counts.
    pub fn skew(&self) -> Option<i64> {
        self.skew
    }

    /// Hands over every text of the facts, the questions and the records, those that may be pieces of one
    /// text together, for whoever takes secrets out of them.
    pub fn each_text(&mut self, mut each: impl FnMut(&mut [&mut String])) {
        for (_, outcome) in self.facts.values_mut() {
            match outcome {
                Ok(fact) => fact.value.each_text(&mut each),
                Err(silence) => silence
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
        if let Some(population) = &mut self.population {
            population.each_text(&mut each);
        }
    }

    /// Hands over every line of the lists, and why facts are not known: what others wrote.
    pub fn each_line(&mut self, mut each: impl FnMut(&mut String)) {
        for (_, outcome) in self.facts.values_mut() {
            match outcome {
                Ok(Fact {
                    value: FactValue::List(lines),
                    ..
                }) => lines.iter_mut().map(Untrusted::exposed).for_each(&mut each),
                Ok(_) => {}
                Err(silence) => silence.texts().for_each(|text| text.edited(&mut each)),
            }
        }
    }

    /// Every fact of this run, by path.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, Probe, &Result<Fact, Silence>)> {
        self.facts
            .iter()
            .map(|(path, (probe, outcome))| (*path, *probe, outcome))
    }
}
