//! Metrics of a runbook for monitoring systems: a number of this run and the range in which it
//! is in order, for `nagios`, `prometheus`, `rules` and `history --svg`.
//!
//! Which metrics a runbook has is said in its file; here they carry the values of a run.

use crate::text::Printable;

/// One metric of a judged runbook. It is reported in every run, known or not.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricValue {
    /// Its label: at most 19 of `a-z0-9_`.
    pub name: Printable,
    /// The path of the fact it shows.
    pub fact: &'static str,
    /// The unit of the fact; empty when it has none.
    pub unit: &'static str,
    /// Whether it is a running total.
    pub total: bool,
    /// What it is, for a person.
    pub help: Printable,
    /// Its value in this run; `None` when the run did not learn it.
    pub value: Option<f64>,
    /// Whether a rule of the runbook holds it against a limit.
    pub limited: bool,
    /// The values that are in order.
    pub bounds: Bounds,
}

/// The values of a metric that are in order, as far as they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bounds {
    /// Outside of this it is a warning.
    pub warning: Option<Bound>,
    /// Outside of this it is critical.
    pub critical: Option<Bound>,
    /// The greatest possible value.
    pub most: Option<f64>,
}

/// Where the values that are in order end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// This value and everything under it.
    AtMost(f64),
    /// Everything under this value.
    Below(f64),
    /// This value and everything over it.
    AtLeast(f64),
    /// Everything over this value.
    Above(f64),
}

impl Bound {
    /// The same for whole numbers, which need no open end.
    pub fn whole(self) -> Self {
        match self {
            Bound::Below(end) => Bound::AtMost(end.ceil() - 1.0),
            Bound::Above(end) => Bound::AtLeast(end.floor() + 1.0),
            Bound::AtMost(end) => Bound::AtMost(end.floor()),
            Bound::AtLeast(end) => Bound::AtLeast(end.ceil()),
        }
    }

    /// The value at which it ends.
    pub fn end(self) -> f64 {
        let (Bound::AtMost(end) | Bound::Below(end) | Bound::AtLeast(end) | Bound::Above(end)) =
            self;
        end
    }

    /// The same bound at another value.
    pub fn at(self, end: f64) -> Self {
        match self {
            Bound::AtMost(_) => Bound::AtMost(end),
            Bound::Below(_) => Bound::Below(end),
            Bound::AtLeast(_) => Bound::AtLeast(end),
            Bound::Above(_) => Bound::Above(end),
        }
    }

    /// What lies outside, in words without the value.
    pub fn outside(self) -> &'static str {
        match self {
            Bound::AtMost(_) => "above",
            Bound::Below(_) => "from",
            Bound::AtLeast(_) => "below",
            Bound::Above(_) => "up to",
        }
    }
}
