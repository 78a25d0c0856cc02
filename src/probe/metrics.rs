//! CloudWatch metrics of SES: mails, bounces, complaints of the last day, by the hour.
//!
//! A metric that CloudWatch does not know answers like one without data: an empty list
//! and no error. So a count of none is known only where another SES metric of the same
//! answer has data and proves that counting works.

use super::{Ask, aws};
use crate::fact::{Declared, FactType, FactValue, Probe};
use crate::reading::{Reading, Silence, Why};
use crate::text::Untrusted;
use aws_sdk_cloudwatch::types::{Metric, MetricDataQuery, MetricStat, StatusCode};
use aws_smithy_types::DateTime;
use std::collections::BTreeMap;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

pub(super) const FACTS: &[Declared] = &[
    fact(
        "email.sends_24h",
        FactType::Int,
        "mails",
        "mails sent in the last 24 h, by the metrics",
    ),
    fact(
        "email.bounces_24h",
        FactType::Int,
        "mails",
        "bounced mails of the last 24 h",
    ),
    fact(
        "email.complaints_24h",
        FactType::Int,
        "mails",
        "complaints of the last 24 h",
    ),
    fact(
        "email.sends_hourly",
        FactType::Series,
        "mails",
        "mails sent, by the hour",
    ),
    fact(
        "email.rates_from",
        FactType::Text,
        "",
        "what the rates stand on: reputation (by SES) or counts (of 24 h)",
    ),
    fact(
        "email.bounce_percent",
        FactType::Float,
        "percent",
        "bounces of mails sent",
    ),
    fact(
        "email.complaint_percent",
        FactType::Float,
        "percent",
        "complaints of mails sent",
    ),
];

const fn fact(
    path: &'static str,
    ty: FactType,
    unit: &'static str,
    about: &'static str,
) -> Declared {
    Declared {
        path,
        ty,
        unit,
        clocked: true,
        about,
    }
}

/// What is asked: the id in the query, the metric and how it is added up.
const METRICS: [(&str, &str, &str); 5] = [
    ("send", "Send", "Sum"),
    ("bounce", "Bounce", "Sum"),
    ("complaint", "Complaint", "Sum"),
    ("bouncerate", "Reputation.BounceRate", "Average"),
    ("complaintrate", "Reputation.ComplaintRate", "Average"),
];

/// Points of one metric, by second since 1970.
type Points = BTreeMap<i64, f64>;

pub(super) async fn ask(ask: &Ask) -> Reading {
    let mut reading = Reading::new(Probe::Metrics);
    let Some(config) = aws::config(ask, &mut reading).await else {
        return reading;
    };
    let client = aws_sdk_cloudwatch::Client::new(config);
    match collect(ask, &client, &mut reading).await {
        Ok(metrics) => facts(&mut reading, &metrics, ask),
        Err(silence) => reading.rest(silence),
    }
    reading
}

async fn collect(
    ask: &Ask,
    client: &aws_sdk_cloudwatch::Client,
    reading: &mut Reading,
) -> Result<BTreeMap<&'static str, Points>, Silence> {
    let now = ask.now.unix_timestamp();
    let start = (now - DAY).div_euclid(HOUR) * HOUR;
    let queries: Vec<_> = METRICS
        .iter()
        .map(|(id, name, stat)| query(id, name, stat))
        .collect();
    let mut metrics: BTreeMap<&'static str, Points> = BTreeMap::new();
    let mut complete: BTreeMap<&'static str, bool> = BTreeMap::new();
    let mut token: Option<String> = None;
    for page in 1.. {
        let request = client
            .get_metric_data()
            .set_metric_data_queries(Some(queries.clone()))
            .start_time(DateTime::from_secs(start))
            .end_time(DateTime::from_secs(now))
            .set_next_token(token.clone());
        let question = format!("GetMetricData AWS/SES, page {page}");
        let answer = aws::question(
            reading,
            ask.deadline,
            question,
            "cloudwatch:GetMetricData",
            request.send(),
        )
        .await?;
        for result in answer.metric_data_results() {
            let Some((id, name, _)) = METRICS.iter().find(|(id, ..)| Some(*id) == result.id())
            else {
                continue;
            };
            match result.status_code() {
                Some(StatusCode::Complete) => drop(complete.insert(id, true)),
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
    match METRICS.iter().find(|(id, ..)| !complete.contains_key(id)) {
        Some((_, name, _)) => Err(Silence::new(
            Why::Incomplete,
            format!("CloudWatch left out {name}"),
        )),
        None => Ok(metrics),
    }
}

fn query(id: &str, name: &str, stat: &str) -> MetricDataQuery {
    let metric = Metric::builder()
        .namespace("AWS/SES")
        .metric_name(name)
        .build();
    let stat = MetricStat::builder()
        .metric(metric)
        .period(HOUR as i32)
        .stat(stat)
        .build();
    MetricDataQuery::builder()
        .id(id)
        .metric_stat(stat)
        .return_data(true)
        .build()
}

fn facts(reading: &mut Reading, metrics: &BTreeMap<&'static str, Points>, ask: &Ask) {
    let at = ask.now;
    let points = |id: &str| metrics.get(id).filter(|points| !points.is_empty());
    let sum = |id: &str| points(id).map_or(0, |points| points.values().sum::<f64>().round() as i64);
    let newest = |id: &str| points(id).and_then(|points| points.values().next_back().copied());
    if metrics.values().all(BTreeMap::is_empty) {
        let region = &ask.stack.region.value;
        return reading.rest(Silence::new(
            Why::NoData,
            format!("CloudWatch has no data points of AWS/SES in {region} for the last 24 h: silence is not proven"),
        ));
    }
    let (sends, bounces, complaints) = (sum("send"), sum("bounce"), sum("complaint"));
    reading.know("email.sends_24h", FactValue::Int(sends), at);
    reading.know("email.bounces_24h", FactValue::Int(bounces), at);
    reading.know("email.complaints_24h", FactValue::Int(complaints), at);
    let hourly = points("send")
        .into_iter()
        .flatten()
        .map(|(at, value)| (*at, value.round() as i64))
        .collect();
    reading.know("email.sends_hourly", FactValue::Series(hourly), at);
    let reputation = (newest("bouncerate"), newest("complaintrate"));
    let from = if reputation == (None, None) {
        "counts"
    } else {
        "reputation"
    };
    reading.know(
        "email.rates_from",
        FactValue::Text(Untrusted::new(from)),
        at,
    );
    reading.put(
        "email.bounce_percent",
        rate("bounce", reputation.0, bounces, sends),
        at,
    );
    reading.put(
        "email.complaint_percent",
        rate("complaint", reputation.1, complaints, sends),
        at,
    );
}

/// SES's own rate where there is one, else our count of a day.
fn rate(what: &str, reputation: Option<f64>, count: i64, sends: i64) -> Result<FactValue, Silence> {
    let share = match (reputation, sends) {
        (Some(share), _) => share,
        (None, 0) => {
            return Err(Silence::new(
                Why::NoData,
                format!("no mail was sent that could {what}"),
            ));
        }
        (None, sends) => count as f64 / sends as f64,
    };
    // Rounded to a millionth of a percent: 0.05 is 5 %, not 5.000000000000001 %.
    match (share * 1e8).round() / 1e6 {
        percent @ 0.0..=100.0 => Ok(FactValue::Float(percent)),
        percent => Err(Silence::new(
            Why::Contradictory,
            format!("the {what} rate is {percent} %"),
        )),
    }
}
