//! `[[metric]]`: which facts of a runbook monitoring systems are given as numbers.
//!
//! A metric names the rules that judge it and takes its range from their conditions, so that a
//! threshold stands once, in `[limits]`, and its comparison once, in the rule.

use crate::fact::FactValue;
use crate::report::metric::{Bound, Bounds, MetricValue};

/// One number of a runbook as it is defined.
#[derive(Clone, Debug)]
pub struct MetricDefinition {
    /// Its label, unique in the runbook: at most 19 of `a-z0-9_`.
    pub name: String,
    /// The line of its name.
    pub line: usize,
    /// The path of the fact it shows.
    pub fact: &'static str,
    /// The unit that the fact's probe declares; empty when it has none.
    pub unit: &'static str,
    /// What it is, for a person.
    pub help: String,
    /// Whether it is a running total.
    pub total: bool,
    /// The fact that its limits are a percentage of.
    pub percent_of: Option<&'static str>,
    /// What the rule that warns leaves in order, in percent with `percent_of`.
    pub warning: Option<Bound>,
    /// The same of the rule that makes it critical.
    pub critical: Option<Bound>,
    /// Whether it has whole numbers only.
    pub(super) is_whole: bool,
}

impl MetricDefinition {
    /// Whether a rule holds it against a limit.
    pub fn is_limited(&self) -> bool {
        self.warning.is_some() || self.critical.is_some()
    }

    /// Its range; `whole` is the value of the fact that its limits are a percentage of. A
    /// percentage of something unknown or of nothing has no range.
    pub fn bounds(&self, whole: Option<f64>) -> Bounds {
        let whole = match self.percent_of {
            None => None,
            Some(_) => match whole.filter(|whole| *whole > 0.0) {
                None => return Bounds::default(),
                whole => whole,
            },
        };
        let scaled = |bound: Bound| {
            let end = bound.end();
            let bound = bound.at(whole.map_or(end, |whole| whole * end / 100.0));
            if self.is_whole { bound.whole() } else { bound }
        };
        Bounds {
            warning: self.warning.map(scaled),
            critical: self.critical.map(scaled),
            most: whole,
        }
    }

    /// Its value in a run, by what that learned of each fact.
    pub fn value<'a>(&self, fact: impl Fn(&str) -> Option<&'a FactValue>) -> MetricValue {
        let number = |path: &str| fact(path).and_then(FactValue::number);
        MetricValue {
            name: self.name.as_str().into(),
            fact: self.fact,
            unit: self.unit,
            total: self.total,
            help: self.help.as_str().into(),
            value: number(self.fact),
            limited: self.is_limited(),
            bounds: self.bounds(self.percent_of.and_then(number)),
        }
    }
}
