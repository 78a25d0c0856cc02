//! Metrics, as CloudWatch answers for them: points are put into periods, and a metric that
//! nobody reported is an empty list, not an error.

use super::paging::page;
use super::wire::{Payload, Refusal, Reply, Scenery, instant, seconds, tree};
use super::{Series, World};
use ciborium::Value as Tree;
use serde::Deserialize;
use std::collections::BTreeMap;
use time::OffsetDateTime;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DataQuestion {
    metric_data_queries: Vec<Query>,
    start_time: f64,
    end_time: f64,
    next_token: Option<String>,
    scan_by: Option<String>,
    max_datapoints: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Query {
    id: String,
    metric_stat: MetricStat,
    label: Option<String>,
    #[serde(rename = "ReturnData")]
    _return_data: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct MetricStat {
    metric: Metric,
    period: i64,
    stat: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Metric {
    namespace: String,
    metric_name: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Dimension {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct StatisticsQuestion {
    namespace: String,
    metric_name: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    start_time: f64,
    end_time: f64,
    period: i64,
    statistics: Vec<String>,
}

/// `GetMetricData`
pub(super) fn get_metric_data(scenery: &Scenery<'_>) -> Reply {
    let mut told = "GetMetricData".to_owned();
    let outcome = scenery.input().and_then(|question: DataQuestion| {
        let names: Vec<_> = question
            .metric_data_queries
            .iter()
            .map(Query::name)
            .collect();
        told.push_str(&format!(" {}", names.join(", ")));
        data(scenery, &question, &mut told)
    });
    Reply::new(told, outcome)
}

fn data(
    scenery: &Scenery<'_>,
    question: &DataQuestion,
    told: &mut String,
) -> Result<Payload, Refusal> {
    let world = scenery.world;
    let to = question.end_time.min(seconds(scenery.now));
    let ascending = question.scan_by.as_deref() == Some("TimestampAscending");
    // One flat list of (query, stamp, value), so that a page may end inside a query.
    let mut found = Vec::new();
    for (index, query) in question.metric_data_queries.iter().enumerate() {
        let MetricStat {
            metric,
            period,
            stat,
        } = &query.metric_stat;
        check(*period, question.start_time, question.end_time)?;
        let window = Window {
            from: question.start_time,
            to,
            anchor: 0,
            period: *period,
        };
        let mut points = window.points(metric.find(world), &[stat])?;
        if !ascending {
            points.reverse();
        }
        found.extend(
            points
                .into_iter()
                .map(|(at, values)| (index, at, values[0])),
        );
    }
    let asked = question
        .max_datapoints
        .filter(|&n| n > 0)
        .unwrap_or(100_800);
    let size = world.page_size.map_or(asked, |size| size.min(asked));
    let names: Vec<_> = question
        .metric_data_queries
        .iter()
        .map(Query::name)
        .collect();
    let page = page(&names, found.len(), size, question.next_token.as_deref())
        .map_err(|_| Refusal::unexpected(400, "InvalidNextToken", "The NextToken is not valid"))?;
    if page.number > 1 {
        told.push_str(&format!(" page {}", page.number));
    }

    let end = page.items.end;
    // Real answers come in no particular order; ours come in the wrong one.
    let results = question
        .metric_data_queries
        .iter()
        .enumerate()
        .rev()
        .filter_map(|(index, query)| {
            let mine = |(i, _, _): &&(usize, OffsetDateTime, f64)| *i == index;
            let shown: Vec<_> = found[page.items.clone()].iter().filter(mine).collect();
            let silent = !found.iter().any(|point| mine(&point));
            if shown.is_empty() && !(silent && page.number == 1) {
                return None;
            }
            let partial = found[end..].iter().any(|point| mine(&point));
            Some(tree([
                ("Id", query.id.as_str().into()),
                (
                    "Label",
                    query
                        .label
                        .as_deref()
                        .unwrap_or(&query.metric_stat.metric.metric_name)
                        .into(),
                ),
                (
                    "Timestamps",
                    Tree::Array(shown.iter().map(|(_, at, _)| instant(*at)).collect()),
                ),
                (
                    "Values",
                    Tree::Array(
                        shown
                            .iter()
                            .map(|(_, _, value)| Tree::Float(*value))
                            .collect(),
                    ),
                ),
                (
                    "StatusCode",
                    if partial { "PartialData" } else { "Complete" }.into(),
                ),
            ]))
        });
    let mut answer = vec![
        (
            Tree::from("MetricDataResults"),
            Tree::Array(results.collect()),
        ),
        (Tree::from("Messages"), Tree::Array(Vec::new())),
    ];
    if let Some(next) = page.next {
        answer.push((Tree::from("NextToken"), next.into()));
    }
    Ok(Payload::Tree(Tree::Map(answer)))
}

/// `GetMetricStatistics`
pub(super) fn get_metric_statistics(scenery: &Scenery<'_>) -> Reply {
    let mut told = "GetMetricStatistics".to_owned();
    let outcome = scenery.input().and_then(|question: StatisticsQuestion| {
        told.push_str(&format!(" {}", question.metric_name));
        statistics(scenery, question)
    });
    Reply::new(told, outcome)
}

fn statistics(scenery: &Scenery<'_>, question: StatisticsQuestion) -> Result<Payload, Refusal> {
    let StatisticsQuestion {
        namespace,
        metric_name,
        dimensions,
        statistics,
        ..
    } = question;
    let (from, to, period) = (question.start_time, question.end_time, question.period);
    let metric = Metric {
        namespace,
        metric_name,
        dimensions,
    };
    check(period, from, to)?;
    if (to - from) / period as f64 > 1_440.0 {
        let message = "You have requested more than 1,440 datapoints, which exceeds the limit";
        return Err(Refusal::unexpected(
            400,
            "InvalidParameterCombination",
            message,
        ));
    }
    // Unlike GetMetricData, periods start where the question starts.
    let anchor = from as i64 / 60 * 60;
    let window = Window {
        from,
        to: to.min(seconds(scenery.now)),
        anchor,
        period,
    };
    let names: Vec<_> = statistics.iter().collect();
    let mut points: Vec<_> = window
        .points(metric.find(scenery.world), &names)?
        .into_iter()
        .map(|(at, values)| {
            let stamp = (Tree::from("Timestamp"), instant(at));
            let unit = (Tree::from("Unit"), Tree::from("Count"));
            let values = names
                .iter()
                .zip(values)
                .map(|(n, v)| (Tree::from(n.as_str()), Tree::Float(v)));
            Tree::Map([stamp, unit].into_iter().chain(values).collect())
        })
        .collect();
    // Real answers come in no particular order.
    let middle = points.len() / 2;
    points.rotate_left(middle);
    Ok(Payload::Tree(tree([
        ("Label", metric.metric_name.as_str().into()),
        ("Datapoints", Tree::Array(points)),
    ])))
}

impl Query {
    fn name(&self) -> &str {
        &self.metric_stat.metric.metric_name
    }
}

impl Metric {
    /// The series with exactly this namespace, name and dimensions.
    fn find<'w>(&self, world: &'w World) -> Option<&'w Series> {
        let mut asked: Vec<_> = self
            .dimensions
            .iter()
            .map(|d| (&d.name, &d.value))
            .collect();
        asked.sort();
        world.metrics.iter().find(|series| {
            let mut has: Vec<_> = series.dimensions.iter().map(|(n, v)| (n, v)).collect();
            has.sort();
            series.namespace == self.namespace && series.name == self.metric_name && has == asked
        })
    }
}

fn check(period: i64, from: f64, to: f64) -> Result<(), Refusal> {
    if period <= 0 || period % 60 != 0 {
        let message = format!("The period {period} is not a multiple of 60");
        return Err(Refusal::unexpected(400, "InvalidParameterValue", message));
    }
    if from >= to {
        let message = "The parameter StartTime must be less than the parameter EndTime";
        return Err(Refusal::unexpected(400, "InvalidParameterValue", message));
    }
    Ok(())
}

/// A half-open window of time, cut into periods that begin at the anchor.
struct Window {
    from: f64,
    to: f64,
    anchor: i64,
    period: i64,
}

impl Window {
    /// One value for each statistic and each period in which something was reported,
    /// oldest first.
    fn points(
        &self,
        series: Option<&Series>,
        statistics: &[&String],
    ) -> Result<Vec<(OffsetDateTime, Vec<f64>)>, Refusal> {
        let mut periods: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
        for (at, value) in series.into_iter().flat_map(|series| &series.points) {
            if (self.from..self.to).contains(&seconds(*at)) {
                let past = at.unix_timestamp() - self.anchor;
                let stamp = self.anchor + past.div_euclid(self.period) * self.period;
                periods.entry(stamp).or_default().push(*value);
            }
        }
        periods
            .into_iter()
            .map(|(stamp, values)| {
                let stamp = OffsetDateTime::from_unix_timestamp(stamp).map_err(|e| {
                    Refusal::unexpected(400, "InvalidParameterValue", e.to_string())
                })?;
                let values = statistics
                    .iter()
                    .map(|name| statistic(name, &values))
                    .collect::<Result<_, _>>()?;
                Ok((stamp, values))
            })
            .collect()
    }
}

fn statistic(name: &str, values: &[f64]) -> Result<f64, Refusal> {
    let sum: f64 = values.iter().sum();
    match name {
        "Sum" => Ok(sum),
        "SampleCount" => Ok(values.len() as f64),
        "Average" => Ok(sum / values.len() as f64),
        "Maximum" => Ok(values.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        "Minimum" => Ok(values.iter().copied().fold(f64::INFINITY, f64::min)),
        _ => {
            let message = format!("the practice stack does not compute {name}");
            Err(Refusal::unexpected(400, "InvalidParameterValue", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).expect("a small time")
    }

    fn series(points: &[(i64, f64)]) -> Series {
        Series {
            namespace: "AWS/SES".into(),
            name: "Send".into(),
            dimensions: Vec::new(),
            points: points.iter().map(|&(s, value)| (at(s), value)).collect(),
        }
    }

    fn sums(window: &Window, points: &[(i64, f64)]) -> Vec<(i64, f64)> {
        let points = window.points(Some(&series(points)), &[&"Sum".to_owned()]);
        points
            .expect("Sum is known")
            .into_iter()
            .map(|(at, v)| (at.unix_timestamp(), v[0]))
            .collect()
    }

    #[test]
    fn a_window_takes_its_start_and_leaves_its_end() {
        let window = Window {
            from: 3_600.0,
            to: 7_200.0,
            anchor: 0,
            period: 3_600,
        };
        let points = [(3_599, 1.0), (3_600, 2.0), (7_199, 4.0), (7_200, 8.0)];
        assert_eq!(sums(&window, &points), [(3_600, 6.0)]);
    }

    #[test]
    fn periods_begin_at_the_anchor() {
        let points = [(3_600, 1.0), (3_700, 2.0)];
        let by_hour = Window {
            from: 0.0,
            to: 9_000.0,
            anchor: 0,
            period: 3_600,
        };
        assert_eq!(sums(&by_hour, &points), [(3_600, 3.0)]);
        let anchored = Window {
            anchor: 60,
            ..by_hour
        };
        assert_eq!(sums(&anchored, &points), [(60, 1.0), (3_660, 2.0)]);
    }

    #[test]
    fn nothing_reported_is_no_point_rather_than_a_zero() {
        let window = Window {
            from: 0.0,
            to: 9_000.0,
            anchor: 0,
            period: 60,
        };
        assert!(sums(&window, &[]).is_empty());
    }

    #[test]
    fn each_statistic_is_its_own() {
        let values = [1.0, 2.0, 6.0];
        let of = |name| statistic(name, &values).expect("a known statistic");
        assert_eq!(
            ["Sum", "Average", "Maximum", "Minimum", "SampleCount"].map(of),
            [9.0, 3.0, 6.0, 1.0, 3.0]
        );
        assert!(statistic("p99", &values).is_err_and(|refusal| refusal.unexpected));
    }
}
