//! CloudWatch metrics of the function, by the minute, for the function and for its alias.
//!
//! The time of a point is when the invocation began, so one that runs into its time limit
//! shows only afterwards. Throttled requests are neither errors nor invocations. How wide
//! a window must be follows from the function's time limit and is settled where both are
//! known, in [`super::history`].

use super::points::{self, Points};
use super::{Ask, aws};
use crate::fact::{Declared, FactType, FactValue, Probe};
use crate::reading::Reading;
use std::collections::BTreeMap;

const MINUTE: i64 = 60;
/// How far back errors are looked for, to see when they began.
pub(super) const REACH: i64 = 3 * 3_600;

pub(super) const FACTS: &[Declared] = &[
    fact(
        "lambda.invocations_by_minute",
        "invocations of the function",
    ),
    fact("lambda.errors_by_minute", "errors of the function"),
    fact(
        "lambda.throttles_by_minute",
        "throttled requests to the function",
    ),
    fact(
        "lambda.alias_invocations_by_minute",
        "invocations through the alias",
    ),
    fact("lambda.alias_errors_by_minute", "errors through the alias"),
    fact(
        "lambda.alias_throttles_by_minute",
        "throttled requests through the alias",
    ),
];

const fn fact(path: &'static str, about: &'static str) -> Declared {
    Declared {
        path,
        ty: FactType::Series,
        unit: "count",
        clocked: true,
        about,
    }
}

/// The id in the query, the metric, whether it is the alias's, and the fact.
const METRICS: [(&str, &str, bool, &str); 6] = [
    (
        "invocations",
        "Invocations",
        false,
        "lambda.invocations_by_minute",
    ),
    ("errors", "Errors", false, "lambda.errors_by_minute"),
    (
        "throttles",
        "Throttles",
        false,
        "lambda.throttles_by_minute",
    ),
    (
        "aliasinvocations",
        "Invocations",
        true,
        "lambda.alias_invocations_by_minute",
    ),
    (
        "aliaserrors",
        "Errors",
        true,
        "lambda.alias_errors_by_minute",
    ),
    (
        "aliasthrottles",
        "Throttles",
        true,
        "lambda.alias_throttles_by_minute",
    ),
];

pub(super) async fn ask(ask: &Ask) -> Reading {
    let mut reading = Reading::new(Probe::Lambda);
    let Some(config) = aws::config(ask, &mut reading).await else {
        return reading;
    };
    let client = aws_sdk_cloudwatch::Client::new(config);
    let function = &ask.stack.function.value;
    let resource = format!("{function}:{}", ask.stack.alias.value);
    let queries = METRICS.iter().map(|(id, name, through_alias, _)| {
        let mut dimensions = vec![("FunctionName", function.clone())];
        if *through_alias {
            dimensions.push(("Resource", resource.clone()));
        }
        points::Query {
            id,
            name,
            stat: "Sum",
            namespace: "AWS/Lambda",
            dimensions,
            period: MINUTE,
        }
    });
    let now = ask.now.unix_timestamp();
    let window = (now - REACH).div_euclid(MINUTE) * MINUTE..now;
    let queries = queries.collect();
    match points::collect(ask, &client, &mut reading, queries, window).await {
        Ok(metrics) => facts(&mut reading, &metrics, ask),
        Err(silence) => reading.rest(silence),
    }
    reading
}

fn facts(reading: &mut Reading, metrics: &BTreeMap<&'static str, Points>, ask: &Ask) {
    for (id, _, _, path) in METRICS {
        let points = metrics.get(id).into_iter().flatten();
        let series = points.map(|(at, sum)| (*at, sum.round() as i64)).collect();
        reading.know(path, FactValue::Series(series), ask.now);
    }
}
