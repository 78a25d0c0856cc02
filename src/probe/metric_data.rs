//! CloudWatch `GetMetricData`: several metrics in one request, paged to the end.
//!
//! Results come in any order and in parts, and an unknown metric looks like one without data. A
//! search finds metrics whose last dimension cannot be named beforehand; an error of a search does
//! not affect metrics that were asked for by name.

use super::{ProbeContext, aws};
use crate::cloud::PageTokens;
use crate::observation::{Observation, Unavailable, UnavailableReason};
use aws_sdk_cloudwatch::types::{
    Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, StatusCode,
};
use aws_smithy_types::DateTime;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Points of one metric, by second since 1970.
pub(super) type Points = BTreeMap<i64, f64>;

/// One metric and how it is added up.
#[derive(Clone)]
pub(super) struct MetricQuery {
    /// What the answer calls it: a small letter, then letters and digits.
    pub(super) id: &'static str,
    pub(super) namespace: &'static str,
    pub(super) name: &'static str,
    pub(super) stat: &'static str,
    pub(super) dimensions: Vec<(&'static str, String)>,
    /// The further dimension that the metric has; every value it takes is looked for, and
    /// names a series of its own.
    pub(super) by: Option<&'static str>,
    /// In seconds.
    pub(super) period: i64,
}

/// Series that a search found, by the value of its dimension.
pub(super) type SeriesByLabel = BTreeMap<String, Points>;

/// What came of a question.
pub(super) struct MetricData {
    /// An entry for every metric that was asked for by name, even without points.
    pub(super) metrics: BTreeMap<&'static str, Points>,
    /// An entry for every search, even if it found nothing.
    pub(super) searches: BTreeMap<&'static str, Result<SeriesByLabel, Unavailable>>,
}

/// Asks for all of them in a window of seconds since 1970.
pub(super) async fn collect(
    context: &ProbeContext,
    client: &aws_sdk_cloudwatch::Client,
    observation: &mut Observation,
    queries: &[MetricQuery],
    window: Range<i64>,
) -> Result<MetricData, Unavailable> {
    let asked: Vec<_> = queries.iter().map(query).collect();
    let namespace = queries.first().map_or("nothing", |query| query.namespace);
    let mut gathered: Vec<SeriesBuilder> =
        queries.iter().map(|_| SeriesBuilder::default()).collect();
    let mut tokens = PageTokens::default();
    for page in 1.. {
        let request = client
            .get_metric_data()
            .set_metric_data_queries(Some(asked.clone()))
            .start_time(DateTime::from_secs(window.start))
            .end_time(DateTime::from_secs(window.end))
            .set_next_token(tokens.current());
        let searching = queries.iter().any(|query| query.by.is_some());
        let how = if searching { " and by version" } else { "" };
        let question = format!("GetMetricData {namespace}{how}, page {page}");
        let answer = aws::question(
            observation,
            context.deadline,
            question,
            "cloudwatch:GetMetricData",
            request.send(),
        )
        .await?;
        for result in answer.metric_data_results() {
            let known = queries.iter().zip(&mut gathered);
            for (query, gathered) in known.filter(|(query, _)| Some(query.id) == result.id()) {
                gathered.take(query, result);
            }
        }
        // Such as that a search met more metrics than one answer holds.
        if let Some(message) = answer.messages().first() {
            let words = message.value().or(message.code()).unwrap_or("no reason");
            let words = crate::text::Untrusted::new(words).printable(120);
            let detail = format!("CloudWatch says of the search: {words}");
            for (query, gathered) in queries.iter().zip(&mut gathered) {
                if query.by.is_some() {
                    gathered.fail(Unavailable::new(
                        UnavailableReason::Incomplete,
                        detail.as_str(),
                    ));
                }
            }
        }
        if !tokens.advance(answer.next_token, "the metrics")? {
            break;
        }
    }
    let mut answer = MetricData {
        metrics: BTreeMap::new(),
        searches: BTreeMap::new(),
    };
    for (query, gathered) in queries.iter().zip(gathered) {
        let found = gathered.whole(query);
        if query.by.is_some() {
            answer.searches.insert(query.id, found);
            continue;
        }
        let left_out = || {
            let detail = format!("CloudWatch left out {}", query.name);
            Unavailable::new(UnavailableReason::Incomplete, detail)
        };
        let mut metric_data = found?.into_values().next().ok_or_else(left_out)?;
        within(&mut metric_data, &window, query.period);
        answer.metrics.insert(query.id, metric_data);
    }
    Ok(answer)
}

/// Drops points from outside the window: not every server looks at that. The time of a point is the
/// beginning of its period.
fn within(points: &mut Points, window: &Range<i64>, period: i64) {
    points.retain(|at, _| (window.start..window.end + period).contains(at));
}

/// What was answered to one query, page by page. A metric asked for by name is one series
/// without a label.
#[derive(Default)]
struct SeriesBuilder {
    series: SeriesByLabel,
    complete: BTreeSet<String>,
    failed: Option<Unavailable>,
}

impl SeriesBuilder {
    fn fail(&mut self, unavailable: Unavailable) {
        self.failed.get_or_insert(unavailable);
    }

    fn take(&mut self, query: &MetricQuery, result: &MetricDataResult) {
        if let Err(unavailable) = self.taken(query, result) {
            self.fail(unavailable);
        }
    }

    fn taken(&mut self, query: &MetricQuery, result: &MetricDataResult) -> Result<(), Unavailable> {
        let name = query.name;
        let label = match (query.by, result.label()) {
            (None, _) => String::new(),
            (Some(_), Some(label)) => label.to_owned(),
            (Some(by), None) => {
                let detail = format!("CloudWatch does not break down its {name} by {by}");
                return Err(Unavailable::new(UnavailableReason::Missing, detail));
            }
        };
        match result.status_code() {
            Some(StatusCode::Complete) => drop(self.complete.insert(label.clone())),
            Some(StatusCode::PartialData) => {}
            other => {
                let code = other.map_or("no status", StatusCode::as_str);
                return Err(Unavailable::new(
                    UnavailableReason::Incomplete,
                    format!("CloudWatch returned {code} for {name}"),
                ));
            }
        }
        let contradictory = || {
            Unavailable::new(
                UnavailableReason::Contradictory,
                format!("CloudWatch's points of {name} do not fit together"),
            )
        };
        let (times, values) = (result.timestamps(), result.values());
        if times.len() != values.len() || values.iter().any(|v| !v.is_finite() || *v < 0.0) {
            return Err(contradictory());
        }
        let series = self.series.entry(label).or_default();
        for (at, value) in times.iter().map(DateTime::secs).zip(values) {
            if series.insert(at, *value).is_some_and(|old| old != *value) {
                return Err(contradictory());
            }
        }
        Ok(())
    }

    fn whole(self, query: &MetricQuery) -> Result<SeriesByLabel, Unavailable> {
        if let Some(unavailable) = self.failed {
            return Err(unavailable);
        }
        let cut = self.series.keys().any(|name| !self.complete.contains(name));
        match cut {
            true => Err(Unavailable::new(
                UnavailableReason::Incomplete,
                format!("CloudWatch left out some of {}", query.name),
            )),
            false => Ok(self.series),
        }
    }
}

fn query(query: &MetricQuery) -> MetricDataQuery {
    let asked = MetricDataQuery::builder().id(query.id).return_data(true);
    if let Some(by) = query.by {
        // The label is filled in by CloudWatch, for every series of its own.
        return asked
            .expression(search(query, by))
            .label(format!("${{PROP('Dim.{by}')}}"))
            .build();
    }
    let dimensions = query
        .dimensions
        .iter()
        .map(|(name, value)| Dimension::builder().name(*name).value(value).build());
    let metric = Metric::builder()
        .namespace(query.namespace)
        .metric_name(query.name)
        .set_dimensions(Some(dimensions.collect()))
        .build();
    let stat = MetricStat::builder()
        .metric(metric)
        .period(i32::try_from(query.period).unwrap_or(i32::MAX))
        .stat(query.stat)
        .build();
    asked.metric_stat(stat).build()
}

/// Metrics that have exactly these dimensions and one more. What stands in double quotes
/// must be equal and not merely alike.
fn search(query: &MetricQuery, by: &str) -> String {
    let mut names: Vec<_> = query.dimensions.iter().map(|(name, _)| *name).collect();
    names.push(by);
    names.sort_unstable();
    let equal = |(name, value): &(&str, String)| format!(" {name}=\"{value}\"");
    format!(
        "SEARCH('{{{},{}}} MetricName=\"{}\"{}', '{}', {})",
        query.namespace,
        names.join(","),
        query.name,
        query.dimensions.iter().map(equal).collect::<String>(),
        query.stat,
        query.period,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_another_day_are_dropped() {
        let day = 86_400;
        let mut points =
            Points::from([0, 10 * day, 11 * day - 3_600, 11 * day, 12 * day].map(|at| (at, 1.0)));
        within(&mut points, &(10 * day..11 * day), 3_600);
        let kept: Vec<_> = points.into_keys().collect();
        assert_eq!(kept, [10 * day, 11 * day - 3_600, 11 * day]);
    }

    #[test]
    fn a_search_names_the_schema_and_fixed_dimensions() {
        let query = MetricQuery {
            id: "versionerrors",
            namespace: "AWS/Lambda",
            name: "Errors",
            stat: "Sum",
            dimensions: vec![
                ("FunctionName", "mission-control-api".to_owned()),
                ("Resource", "mission-control-api:prod".to_owned()),
            ],
            by: Some("ExecutedVersion"),
            period: 60,
        };
        assert_eq!(
            search(&query, "ExecutedVersion"),
            "SEARCH('{AWS/Lambda,ExecutedVersion,FunctionName,Resource} MetricName=\"Errors\" \
             FunctionName=\"mission-control-api\" Resource=\"mission-control-api:prod\"', 'Sum', 60)"
        );
    }
}
