//! Points of a metric put into periods, as CloudWatch does before it answers: a window takes
//! its start and leaves its end, and a period in which nothing was reported is no point.

use super::FakeMetric;
use super::wire::seconds;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// A half-open window of time, cut into periods that begin at the anchor; all in seconds.
pub(super) struct MetricWindow {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) anchor: i64,
    pub(super) period: i64,
}

/// How a period becomes one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Statistic {
    Sum,
    SampleCount,
    Average,
    Maximum,
    Minimum,
}

impl MetricWindow {
    /// The start of every period in which something was reported, oldest first, and what
    /// each statistic makes of it.
    pub(super) fn points(
        &self,
        series: Option<&FakeMetric>,
        statistics: &[Statistic],
    ) -> Vec<(OffsetDateTime, Vec<f64>)> {
        let mut periods: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
        for (at, value) in series.into_iter().flat_map(|series| &series.points) {
            if (self.from..self.to).contains(&seconds(*at)) {
                let past = at.unix_timestamp() - self.anchor;
                let start = self.anchor + past.div_euclid(self.period) * self.period;
                periods.entry(start).or_default().push(*value);
            }
        }
        let start_of = |seconds| OffsetDateTime::from_unix_timestamp(seconds).ok();
        let numbers = |values: &[f64]| statistics.iter().map(|s| s.of(values)).collect();
        periods
            .into_iter()
            .filter_map(|(start, values)| Some((start_of(start)?, numbers(&values))))
            .collect()
    }
}

impl Statistic {
    /// The statistic of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Sum,
            Self::SampleCount,
            Self::Average,
            Self::Maximum,
            Self::Minimum,
        ];
        all.into_iter().find(|statistic| statistic.name() == name)
    }

    /// Its name on the wire.
    pub(super) fn name(self) -> String {
        format!("{self:?}")
    }

    fn of(self, values: &[f64]) -> f64 {
        let sum: f64 = values.iter().sum();
        match self {
            Self::Sum => sum,
            Self::SampleCount => values.len() as f64,
            Self::Average => sum / values.len() as f64,
            Self::Maximum => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Minimum => values.iter().copied().fold(f64::INFINITY, f64::min),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The start of each period and its sum.
    fn sums(window: &MetricWindow, points: &[(i64, f64)]) -> Vec<(i64, f64)> {
        let at = |s| OffsetDateTime::from_unix_timestamp(s).expect("a small time");
        let series = FakeMetric {
            namespace: "AWS/SES".into(),
            name: "Send".into(),
            dimensions: Vec::new(),
            points: points.iter().map(|&(s, value)| (at(s), value)).collect(),
        };
        let points = window.points(Some(&series), &[Statistic::Sum]);
        points
            .into_iter()
            .map(|(at, v)| (at.unix_timestamp(), v[0]))
            .collect()
    }

    #[test]
    fn a_metric_window_includes_its_start_and_excludes_its_end() {
        let window = MetricWindow {
            from: 3_600.0,
            to: 7_200.0,
            anchor: 0,
            period: 3_600,
        };
        let points = [(3_599, 1.0), (3_600, 2.0), (7_199, 4.0), (7_200, 8.0)];
        assert_eq!(sums(&window, &points), [(3_600, 6.0)]);
    }

    #[test]
    fn metric_periods_are_aligned_to_the_anchor() {
        let points = [(3_600, 1.0), (3_700, 2.0)];
        let by_hour = MetricWindow {
            from: 0.0,
            to: 9_000.0,
            anchor: 0,
            period: 3_600,
        };
        assert_eq!(sums(&by_hour, &points), [(3_600, 3.0)]);
        let anchored = MetricWindow {
            anchor: 60,
            ..by_hour
        };
        assert_eq!(sums(&anchored, &points), [(60, 1.0), (3_660, 2.0)]);
    }

    #[test]
    fn a_period_without_data_has_no_data_point() {
        let window = MetricWindow {
            from: 0.0,
            to: 9_000.0,
            anchor: 0,
            period: 60,
        };
        assert!(sums(&window, &[]).is_empty());
        assert!(window.points(None, &[Statistic::Sum]).is_empty());
    }

    #[test]
    fn each_statistic_is_computed_separately() {
        let of = |name| Statistic::named(name).map(|s| s.of(&[1.0, 2.0, 6.0]));
        let names = ["Sum", "Average", "Maximum", "Minimum", "SampleCount", "p99"];
        let numbers = [Some(9.0), Some(3.0), Some(6.0), Some(1.0), Some(3.0), None];
        assert_eq!(names.map(of), numbers);
    }
}
