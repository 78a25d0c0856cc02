//! Metrics per version: invocations and errors of each version while it served the alias.
//!
//! Lambda reports them under the dimensions FunctionName, Resource (`function:alias`) and
//! ExecutedVersion. Under any other dimensions CloudWatch answers an empty series without an error,
//! which would prove nothing.

use super::reader::FunctionReader;
use crate::cloud::PageTokens;
use crate::observation::{Unavailable, UnavailableReason};
use aws_config::SdkConfig;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, StatusCode};
use aws_smithy_types::DateTime;
use std::collections::BTreeMap;

/// How many of the newest versions are asked about.
pub(crate) const MAX_VERSIONS: usize = 20;
/// How far back, in seconds.
const LOOKBACK: i64 = 30 * 86_400;
/// The resolution, in seconds.
const PERIOD: i64 = 3_600;

/// The record of one version behind the alias.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionMetrics {
    /// Its number.
    pub number: i64,
    /// Invocations per hour, oldest first: start of the hour in seconds since 1970, and count.
    pub invocations: Vec<(i64, i64)>,
    /// Errors per hour, in the same form.
    pub errors: Vec<(i64, i64)>,
}

impl VersionMetrics {
    /// All invocations.
    pub fn invoked(&self) -> i64 {
        self.invocations.iter().map(|(_, n)| n).sum()
    }

    /// All errors.
    pub fn failed(&self) -> i64 {
        self.errors.iter().map(|(_, n)| n).sum()
    }

    /// Its record in words, with the highest error rate that it allows.
    pub(crate) fn describe(&self) -> String {
        match (self.invoked(), self.failed()) {
            (0, _) => "never served".to_owned(),
            (invoked, failed) => crate::lambda::error_rate::record(failed, invoked),
        }
    }
}

/// Reads the record of the newest of these versions, in one question.
pub(crate) async fn read_version_metrics(
    reader: &FunctionReader<'_>,
    config: &SdkConfig,
    versions: &[i64],
) -> Result<Vec<VersionMetrics>, Unavailable> {
    let versions: Vec<_> = versions.iter().copied().take(MAX_VERSIONS).collect();
    if versions.is_empty() {
        return Ok(Vec::new());
    }
    let window = lookback(reader.now.unix_timestamp());
    read_window(reader, config, &versions, window, PERIOD).await
}

/// The window of seconds since 1970 in which a version has its record: it begins with a period, since
/// CloudWatch adds up whole ones.
fn lookback(now: i64) -> std::ops::Range<i64> {
    (now - LOOKBACK).div_euclid(PERIOD) * PERIOD..now
}

/// Reads invocations and errors of versions in a window of seconds since 1970.
pub(crate) async fn read_window(
    reader: &FunctionReader<'_>,
    config: &SdkConfig,
    versions: &[i64],
    window: std::ops::Range<i64>,
    period: i64,
) -> Result<Vec<VersionMetrics>, Unavailable> {
    let client = aws_sdk_cloudwatch::Client::new(config);
    let queries: Vec<_> = versions
        .iter()
        .flat_map(|number| {
            ["Invocations", "Errors"].map(|name| query(reader, *number, name, period))
        })
        .collect();
    let mut points: BTreeMap<String, BTreeMap<i64, i64>> = BTreeMap::new();
    let mut complete = 0;
    let mut tokens = PageTokens::default();
    for page in 1.. {
        let request = client
            .get_metric_data()
            .set_metric_data_queries(Some(queries.clone()))
            .start_time(DateTime::from_secs(window.start))
            .end_time(DateTime::from_secs(window.end))
            .set_next_token(tokens.current());
        let question = format!("GetMetricData by version, page {page}");
        let answer = reader
            .question(question, "cloudwatch:GetMetricData", request.send())
            .await?;
        for result in answer.metric_data_results() {
            match result.status_code() {
                Some(StatusCode::Complete) => complete += 1,
                Some(StatusCode::PartialData) => {}
                other => {
                    let code = other.map_or("no status", StatusCode::as_str);
                    let why = format!("CloudWatch answered {code} for a version");
                    return Err(Unavailable::new(UnavailableReason::Incomplete, why));
                }
            }
            let (times, values) = (result.timestamps(), result.values());
            if times.len() != values.len() || values.iter().any(|v| !v.is_finite() || *v < 0.0) {
                let why = "CloudWatch's points of a version do not fit together";
                return Err(Unavailable::new(UnavailableReason::Contradictory, why));
            }
            let pairs = times.iter().map(DateTime::secs).zip(values);
            points
                .entry(result.id().unwrap_or_default().to_owned())
                .or_default()
                .extend(pairs.map(|(at, value)| (at, value.round() as i64)));
        }
        if !tokens.advance(answer.next_token, "the versions' metrics")? {
            break;
        }
    }
    if complete < queries.len() {
        let why = "CloudWatch left out some versions";
        return Err(Unavailable::new(UnavailableReason::Incomplete, why));
    }
    let mut take = |number: i64, name: &str| -> Vec<(i64, i64)> {
        let found = points.remove(&id(number, name)).unwrap_or_default();
        found.into_iter().collect()
    };
    Ok(versions
        .iter()
        .map(|number| VersionMetrics {
            number: *number,
            invocations: take(*number, "Invocations"),
            errors: take(*number, "Errors"),
        })
        .collect())
}

fn id(number: i64, name: &str) -> String {
    format!("{}{number}", name.to_ascii_lowercase())
}

fn query(reader: &FunctionReader<'_>, number: i64, name: &str, period: i64) -> MetricDataQuery {
    let function = &reader.stack.function.value;
    let resource = format!("{function}:{}", reader.stack.alias.value);
    let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
    let metric = Metric::builder()
        .namespace("AWS/Lambda")
        .metric_name(name)
        .dimensions(dimension("FunctionName", function))
        .dimensions(dimension("Resource", &resource))
        .dimensions(dimension("ExecutedVersion", &number.to_string()))
        .build();
    let stat = MetricStat::builder()
        .metric(metric)
        .period(i32::try_from(period).unwrap_or(i32::MAX))
        .stat("Sum")
        .build();
    MetricDataQuery::builder()
        .id(id(number, name))
        .metric_stat(stat)
        .return_data(true)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_of_thirty_days_in_whole_hours_up_to_now() {
        assert_eq!(lookback(2_592_000 + 7_199), 3_600..2_599_199);
        assert_eq!(lookback(2_592_000 + 7_200), 7_200..2_599_200);
    }
}
