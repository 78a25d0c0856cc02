//! What each version did while it served the alias, by CloudWatch: invocations and errors
//! under the dimensions that Lambda reports for a version behind an alias. Under any other
//! dimensions there would be silence, and silence is no proof of anything.

use super::error_rate::error_rate_at_most;
use super::reader::FunctionReader;
use crate::observation::{Unavailable, UnavailableReason};
use aws_config::SdkConfig;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, StatusCode};
use aws_smithy_types::DateTime;
use std::collections::BTreeMap;

/// How many of the newest versions are looked at.
pub(crate) const NEWEST: usize = 20;
/// How far back.
const REACH: i64 = 30 * 86_400;
/// One number for each hour.
const PERIOD: i64 = 3_600;

/// One version behind the alias.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionMetrics {
    /// Its number.
    pub number: i64,
    /// Invocations by the hour, oldest first, each with its second since 1970.
    pub invocations: Vec<(i64, i64)>,
    /// Errors by the hour.
    pub errors: Vec<(i64, i64)>,
}

impl VersionMetrics {
    /// All invocations in reach.
    pub fn invoked(&self) -> i64 {
        self.invocations.iter().map(|(_, n)| n).sum()
    }

    /// All errors in reach.
    pub fn failed(&self) -> i64 {
        self.errors.iter().map(|(_, n)| n).sum()
    }

    /// Its record in words, with the highest error rate that it allows.
    pub(crate) fn describe(&self) -> String {
        match (self.invoked(), self.failed()) {
            (0, _) => "never served".to_owned(),
            (invoked, failed) => {
                let bound = error_rate_at_most(failed, invoked) * 100.0;
                format!("{failed} errors in {invoked} invocations, at most {bound:.1} %")
            }
        }
    }
}

/// Asks for the newest versions, all in one question.
pub(crate) async fn ask(
    asking: &FunctionReader<'_>,
    config: &SdkConfig,
    versions: &[i64],
) -> Result<Vec<VersionMetrics>, Unavailable> {
    let versions: Vec<_> = versions.iter().copied().take(NEWEST).collect();
    if versions.is_empty() {
        return Ok(Vec::new());
    }
    let to = asking.now.unix_timestamp();
    let from = (to - REACH).div_euclid(PERIOD) * PERIOD;
    collect(asking, config, &versions, from..to, PERIOD).await
}

/// Invocations and errors of versions in a window.
pub(crate) async fn collect(
    asking: &FunctionReader<'_>,
    config: &SdkConfig,
    versions: &[i64],
    window: std::ops::Range<i64>,
    period: i64,
) -> Result<Vec<VersionMetrics>, Unavailable> {
    let client = aws_sdk_cloudwatch::Client::new(config);
    let queries: Vec<_> = versions
        .iter()
        .flat_map(|number| {
            ["Invocations", "Errors"].map(|name| query(asking, *number, name, period))
        })
        .collect();
    let mut points: BTreeMap<String, BTreeMap<i64, i64>> = BTreeMap::new();
    let mut complete = 0;
    let mut token: Option<String> = None;
    for page in 1.. {
        let request = client
            .get_metric_data()
            .set_metric_data_queries(Some(queries.clone()))
            .start_time(DateTime::from_secs(window.start))
            .end_time(DateTime::from_secs(window.end))
            .set_next_token(token.clone());
        let question = format!("GetMetricData by version, page {page}");
        let answer = asking
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
        match answer.next_token {
            None => break,
            Some(next) if token.as_ref() == Some(&next) => {
                let why = "the pagination of the versions' metrics did not end";
                return Err(Unavailable::new(UnavailableReason::Incomplete, why));
            }
            Some(next) => token = Some(next),
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

fn query(asking: &FunctionReader<'_>, number: i64, name: &str, period: i64) -> MetricDataQuery {
    let function = &asking.stack.function.value;
    let resource = format!("{function}:{}", asking.stack.alias.value);
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
