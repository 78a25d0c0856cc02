//! The axes of a trend: where a value and a time stand, and in which unit they are read.

use super::{FRAME, Plot};
use crate::report::metric::Bound;

/// The unit in which a fact and its limits are shown.
pub(super) struct Measure {
    name: &'static str,
    own: String,
    /// How many of the fact's own unit make one of this unit.
    pub(super) size: f64,
}

impl Measure {
    /// Durations in the unit that their largest value or limit is read in.
    pub(super) fn of(plot: &Plot<'_>) -> Self {
        let limits = [plot.bounds.warning, plot.bounds.critical];
        let limits = limits.into_iter().flatten().map(|limit| limit.end().abs());
        let values = plot
            .observations
            .iter()
            .map(|(_, value)| (*value as f64).abs());
        let most = values.chain(limits).fold(0.0, f64::max);
        let (name, size) = match plot.unit {
            "seconds" if most >= 172_800.0 => ("days", 86_400.0),
            "seconds" if most >= 7_200.0 => ("hours", 3_600.0),
            "seconds" if most >= 120.0 => ("minutes", 60.0),
            _ => ("", 1.0),
        };
        Self {
            name,
            own: unit(plot.unit).to_owned(),
            size,
        }
    }

    pub(super) fn name(&self) -> &str {
        if self.name.is_empty() {
            &self.own
        } else {
            self.name
        }
    }

    /// A value on the axis.
    pub(super) fn tick(&self, value: f64) -> String {
        plain(value / self.size)
    }

    /// `above 190`; `from 30 min` where the bound is a second less than a whole unit.
    pub(super) fn limit(&self, limit: Bound) -> String {
        let short = match self.name {
            "days" => " d",
            "hours" => " h",
            "minutes" => " min",
            _ => return format!("{} {}", limit.outside(), plain(limit.end())),
        };
        let next = limit.end() + 1.0;
        match (limit, next % self.size == 0.0) {
            (Bound::AtMost(_), true) => format!("from {}{short}", plain(next / self.size)),
            _ => format!(
                "{} {}{short}",
                limit.outside(),
                plain(limit.end() / self.size)
            ),
        }
    }
}

pub(super) struct Scale {
    low: f64,
    high: f64,
    step: f64,
    span: (i64, i64),
}

impl Scale {
    /// Readings and limits are inside, and so is zero where nothing is below it.
    pub(super) fn of(plot: &Plot<'_>) -> Self {
        let limits = [plot.bounds.warning, plot.bounds.critical];
        let values = plot.observations.iter().map(|(_, value)| *value as f64);
        let (mut low, mut high) = (0.0_f64, 1.0_f64);
        for value in values.chain(limits.into_iter().flatten().map(Bound::end)) {
            low = low.min(value);
            high = high.max(value);
        }
        // Steps are round in the unit that is shown.
        let unit = Measure::of(plot).size;
        let rough = (high - low) / 4.0 / unit;
        let size = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|times| times * size)
            .find(|step| *step >= rough)
            .unwrap_or(rough);
        let step = step.max(1.0) * unit;
        Self {
            low: (low / step).floor() * step,
            high: (high / step).ceil() * step,
            step,
            span: plot.span,
        }
    }

    pub(super) fn ticks(&self) -> impl Iterator<Item = f64> + '_ {
        let count = ((self.high - self.low) / self.step).round() as usize;
        (0..=count.min(20)).map(|i| self.low + i as f64 * self.step)
    }

    pub(super) fn y(&self, value: f64) -> f64 {
        let (_, top, _, bottom) = FRAME;
        bottom - (value - self.low) / (self.high - self.low) * (bottom - top)
    }

    pub(super) fn x(&self, at: i64) -> f64 {
        let (left, _, right, _) = FRAME;
        let whole = (self.span.1 - self.span.0).max(1) as f64;
        left + (at - self.span.0) as f64 / whole * (right - left)
    }
}

fn unit(unit: &str) -> &str {
    if unit.is_empty() { "value" } else { unit }
}

fn plain(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
