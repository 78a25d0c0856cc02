//! CloudWatch metrics of SES: mails, bounces and complaints of the last day, by the hour.
//!
//! CloudWatch answers a metric it does not know like one without data: an empty list and no error.
//! So a count of zero is known only where another SES metric of the same answer has data.

use super::metric_data::{self, Points};
use super::{ProbeContext, aws};
use crate::fact::{FactValue, Probe};
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use std::collections::BTreeMap;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// What is asked: the id in the query, the metric and how it is added up.
const METRICS: [(&str, &str, &str); 5] = [
    ("send", "Send", "Sum"),
    ("bounce", "Bounce", "Sum"),
    ("complaint", "Complaint", "Sum"),
    ("bouncerate", "Reputation.BounceRate", "Average"),
    ("complaintrate", "Reputation.ComplaintRate", "Average"),
];

pub(super) async fn observe(context: &ProbeContext) -> Observation {
    let mut observation = Observation::new(Probe::Metrics);
    let Some(config) = aws::config(context, &mut observation).await else {
        return observation;
    };
    let client = aws_sdk_cloudwatch::Client::new(config);
    let now = context.now.unix_timestamp();
    let window = (now - DAY).div_euclid(HOUR) * HOUR..now;
    match metric_data::collect(context, &client, &mut observation, &queries(), window).await {
        Ok(answer) => facts(&mut observation, &answer.metrics, context),
        Err(unavailable) => observation.default_unavailable(unavailable),
    }
    observation
}

/// One query for each metric, by the hour.
fn queries() -> Vec<metric_data::MetricQuery> {
    let query =
        |(id, name, stat): &(&'static str, &'static str, &'static str)| metric_data::MetricQuery {
            id,
            name,
            stat,
            namespace: "AWS/SES",
            dimensions: Vec::new(),
            by: None,
            period: HOUR,
        };
    METRICS.iter().map(query).collect()
}

fn facts(
    observation: &mut Observation,
    metrics: &BTreeMap<&'static str, Points>,
    context: &ProbeContext,
) {
    let at = context.now;
    let metric_data = |id: &str| {
        metrics
            .get(id)
            .filter(|metric_data| !metric_data.is_empty())
    };
    let sum = |id: &str| {
        metric_data(id).map_or(0, |metric_data| {
            metric_data.values().sum::<f64>().round() as i64
        })
    };
    let newest = |id: &str| {
        metric_data(id).and_then(|metric_data| metric_data.values().next_back().copied())
    };
    if metrics.values().all(BTreeMap::is_empty) {
        let region = &context.stack.region.value;
        return observation.default_unavailable(Unavailable::new(
            UnavailableReason::NoData,
            format!("CloudWatch has no data points of AWS/SES in {region} for the last 24 h: silence is not proven"),
        ));
    }
    let (sends, bounces, complaints) = (sum("send"), sum("bounce"), sum("complaint"));
    observation.set("email.bounces_24h", FactValue::Int(bounces), at);
    observation.set("email.complaints_24h", FactValue::Int(complaints), at);
    let hourly: Vec<_> = metric_data("send")
        .into_iter()
        .flatten()
        .map(|(at, value)| (*at, value.round() as i64))
        .collect();
    let reputation = (newest("bouncerate"), newest("complaintrate"));
    if hourly.is_empty() && reputation == (None, None) {
        // Bounces alone do not show that nothing was sent.
        let region = &context.stack.region.value;
        let why = format!("CloudWatch has no points of AWS/SES Send in {region} for the last 24 h");
        let unavailable = Unavailable::new(UnavailableReason::NoData, why);
        observation.set_unavailable("email.sends_24h", unavailable.clone());
        observation.set_unavailable("email.sends_hourly", unavailable);
    } else {
        observation.set("email.sends_24h", FactValue::Int(sends), at);
        observation.set("email.sends_hourly", FactValue::Series(hourly), at);
    }
    let from = if reputation == (None, None) {
        "counts"
    } else {
        "reputation"
    };
    observation.set(
        "email.rates_from",
        FactValue::Text(Untrusted::new(from)),
        at,
    );
    observation.put(
        "email.bounce_percent",
        rate("bounce", reputation.0, bounces, sends),
        at,
    );
    observation.put(
        "email.complaint_percent",
        rate("complaint", reputation.1, complaints, sends),
        at,
    );
}

/// SES's own rate where there is one, else our count of a day.
fn rate(
    what: &str,
    reputation: Option<f64>,
    count: i64,
    sends: i64,
) -> Result<FactValue, Unavailable> {
    let share = match (reputation, sends) {
        (Some(share), _) => share,
        (None, 0) => {
            return Err(Unavailable::new(
                UnavailableReason::NoData,
                format!("no mail was sent that could {what}"),
            ));
        }
        (None, sends) => count as f64 / sends as f64,
    };
    // Rounded to a millionth of a percent: 0.05 is 5 %, not 5.000000000000001 %.
    match (share * 1e8).round() / 1e6 {
        percent @ 0.0..=100.0 => Ok(FactValue::Float(percent)),
        percent => Err(Unavailable::new(
            UnavailableReason::Contradictory,
            format!("the {what} rate is {percent} %"),
        )),
    }
}
