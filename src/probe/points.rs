//! CloudWatch `GetMetricData`: several metrics in one question, paged to the end.
//!
//! Answers come in any order and in parts. A metric that CloudWatch does not know looks
//! like one without data, so an empty list means nothing by itself.

use super::{Ask, aws};
use crate::reading::{Reading, Silence, Why};
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, StatusCode};
use aws_smithy_types::DateTime;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Points of one metric, by second since 1970.
pub(super) type Points = BTreeMap<i64, f64>;

/// One metric and how it is added up.
pub(super) struct Query {
    /// What the answer calls it: a small letter, then letters and digits.
    pub(super) id: &'static str,
    pub(super) namespace: &'static str,
    pub(super) name: &'static str,
    pub(super) stat: &'static str,
    pub(super) dimensions: Vec<(&'static str, String)>,
    /// In seconds.
    pub(super) period: i64,
}

/// Asks for all of them in a window of seconds since 1970. Every query has its entry in
/// the answer, even without points.
pub(super) async fn collect(
    ask: &Ask,
    client: &aws_sdk_cloudwatch::Client,
    reading: &mut Reading,
    queries: Vec<Query>,
    window: Range<i64>,
) -> Result<BTreeMap<&'static str, Points>, Silence> {
    let asked: Vec<_> = queries.iter().map(query).collect();
    let namespace = queries.first().map_or("nothing", |query| query.namespace);
    let mut metrics: BTreeMap<&'static str, Points> = BTreeMap::new();
    let mut complete: BTreeSet<&'static str> = BTreeSet::new();
    let mut token: Option<String> = None;
    for page in 1.. {
        let request = client
            .get_metric_data()
            .set_metric_data_queries(Some(asked.clone()))
            .start_time(DateTime::from_secs(window.start))
            .end_time(DateTime::from_secs(window.end))
            .set_next_token(token.clone());
        let question = format!("GetMetricData {namespace}, page {page}");
        let answer = aws::question(
            reading,
            ask.deadline,
            question,
            "cloudwatch:GetMetricData",
            request.send(),
        )
        .await?;
        for result in answer.metric_data_results() {
            let Some(Query { id, name, .. }) =
                queries.iter().find(|query| Some(query.id) == result.id())
            else {
                continue;
            };
            match result.status_code() {
                Some(StatusCode::Complete) => drop(complete.insert(id)),
                Some(StatusCode::PartialData) => {}
                other => {
                    let code = other.map_or("no status", StatusCode::as_str);
                    return Err(Silence::new(
                        Why::Incomplete,
                        format!("CloudWatch answered {code} for {name}"),
                    ));
                }
            }
            if result.timestamps().len() != result.values().len()
                || result.values().iter().any(|v| !v.is_finite() || *v < 0.0)
            {
                return Err(Silence::new(
                    Why::Contradictory,
                    format!("CloudWatch's points of {name} do not fit together"),
                ));
            }
            let points = result
                .timestamps()
                .iter()
                .map(DateTime::secs)
                .zip(result.values().iter().copied());
            metrics.entry(id).or_default().extend(points);
        }
        match answer.next_token {
            None => break,
            Some(next) if token.as_ref() == Some(&next) => {
                return Err(Silence::new(
                    Why::Incomplete,
                    "the pagination of the metrics did not end",
                ));
            }
            Some(next) => token = Some(next),
        }
    }
    match queries.iter().find(|query| !complete.contains(query.id)) {
        Some(Query { name, .. }) => Err(Silence::new(
            Why::Incomplete,
            format!("CloudWatch left out {name}"),
        )),
        None => Ok(metrics),
    }
}

fn query(query: &Query) -> MetricDataQuery {
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
    MetricDataQuery::builder()
        .id(query.id)
        .metric_stat(stat)
        .return_data(true)
        .build()
}
