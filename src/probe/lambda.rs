//! CloudWatch metrics of the function, by the minute: for the function, for its alias, and
//! for each version that the alias had executed.
//!
//! The time of a point is when the invocation began, so one that runs into its time limit
//! shows only afterwards. Throttled requests are neither errors nor invocations, and no
//! version executes them. How wide a window must be follows from the function's time limit
//! and is settled where both are known, in [`super::history`]; so is which version counts,
//! which no answer of this probe knows: a search finds them all in the same question.

use super::metric_data::{self, Points, SeriesByLabel};
use super::{ProbeContext, aws};
use crate::fact::{FactValue, Group, Probe};
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::text::Untrusted;

const MINUTE: i64 = 60;
/// How far back errors are looked for, to see when they began.
pub(crate) const REACH: i64 = 3 * 3_600;

/// Whose metric it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Function,
    Alias,
    Versions,
}

/// The id in the query, the metric, whose it is, and the fact.
const METRICS: [(&str, &str, Of, &str); 8] = [
    (
        "invocations",
        "Invocations",
        Of::Function,
        "lambda.invocations_by_minute",
    ),
    ("errors", "Errors", Of::Function, "lambda.errors_by_minute"),
    (
        "throttles",
        "Throttles",
        Of::Function,
        "lambda.throttles_by_minute",
    ),
    (
        "aliasinvocations",
        "Invocations",
        Of::Alias,
        "lambda.alias_invocations_by_minute",
    ),
    (
        "aliaserrors",
        "Errors",
        Of::Alias,
        "lambda.alias_errors_by_minute",
    ),
    (
        "aliasthrottles",
        "Throttles",
        Of::Alias,
        "lambda.alias_throttles_by_minute",
    ),
    (
        "versioninvocations",
        "Invocations",
        Of::Versions,
        "lambda.version_invocations_by_minute",
    ),
    (
        "versionerrors",
        "Errors",
        Of::Versions,
        "lambda.version_errors_by_minute",
    ),
];

pub(super) async fn observe(context: &ProbeContext) -> Observation {
    let mut observation = Observation::new(Probe::Lambda);
    let Some(config) = aws::config(context, &mut observation).await else {
        return observation;
    };
    let client = aws_sdk_cloudwatch::Client::new(config);
    let now = context.now.unix_timestamp();
    let window = (now - REACH).div_euclid(MINUTE) * MINUTE..now;
    let mut queries = queries(context);
    let mut answer =
        metric_data::collect(context, &client, &mut observation, &queries, window.clone()).await;
    // Who knows no search refuses the whole question: then it is asked without.
    if let Err(refused) = &answer
        && matches!(
            refused.why,
            UnavailableReason::HttpStatus | UnavailableReason::Unsupported
        )
        && queries.iter().any(|query| query.by.is_some())
    {
        queries.retain(|query| query.by.is_none());
        answer = metric_data::collect(context, &client, &mut observation, &queries, window).await;
    }
    match answer {
        Ok(answer) => facts(&mut observation, answer, context),
        Err(unavailable) => observation.default_unavailable(unavailable),
    }
    observation
}

/// One query for each metric; those of the versions are left out where no search can spell
/// the names.
fn queries(context: &ProbeContext) -> Vec<metric_data::MetricQuery> {
    let function = &context.stack.function.value;
    let resource = format!("{function}:{}", context.stack.alias.value);
    let spelled = !resource.contains(['\'', '"', '\\']);
    METRICS
        .iter()
        .filter(|(_, _, of, _)| *of != Of::Versions || spelled)
        .map(|(id, name, of, _)| {
            let mut dimensions = vec![("FunctionName", function.clone())];
            if *of != Of::Function {
                dimensions.push(("Resource", resource.clone()));
            }
            metric_data::MetricQuery {
                id,
                name,
                stat: "Sum",
                namespace: "AWS/Lambda",
                dimensions,
                by: (*of == Of::Versions).then_some("ExecutedVersion"),
                period: MINUTE,
            }
        })
        .collect()
}

fn facts(
    observation: &mut Observation,
    mut answer: metric_data::MetricData,
    context: &ProbeContext,
) {
    for (id, name, of, path) in METRICS {
        if of == Of::Versions {
            match answer.searches.remove(id) {
                Some(found) => {
                    let versions = found.and_then(|found| versions(name, found));
                    observation.put(path, versions.map(FactValue::Groups), context.now);
                }
                None => observation.set_unavailable(path, unsearched()),
            }
            continue;
        }
        let metric_data = answer.metrics.remove(id).unwrap_or_default();
        observation.set(path, FactValue::Series(series(&metric_data)), context.now);
    }
}

fn series(metric_data: &Points) -> Vec<(i64, i64)> {
    let rounded = metric_data
        .iter()
        .map(|(at, sum)| (*at, sum.round() as i64));
    rounded.collect()
}

/// By version, oldest first. A name that is none makes all of them worthless: whose points
/// those are is not known, and they may be anybody's.
fn versions(name: &str, found: SeriesByLabel) -> Result<Vec<Group>, Unavailable> {
    let mut versions = Vec::new();
    for (label, metric_data) in found {
        let number = label.parse::<u32>().ok();
        if number.is_none_or(|number| number.to_string() != label) && label != "$LATEST" {
            let label = Untrusted::new(label).printable(40);
            return Err(Unavailable::new(
                UnavailableReason::Mistyped,
                format!("CloudWatch returned {name} of `{label}`, which is not a version"),
            ));
        }
        versions.push((number, Untrusted::new(label), series(&metric_data)));
    }
    versions.sort_by_key(|(number, ..)| *number);
    let named = versions
        .into_iter()
        .map(|(_, name, metric_data)| (name, metric_data));
    Ok(named.collect())
}

fn unsearched() -> Unavailable {
    let detail = "metrics of single versions not requested";
    Unavailable::new(UnavailableReason::Unsupported, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(labels: &[&str]) -> SeriesByLabel {
        let one = |label: &&str| ((*label).to_owned(), Points::from([(60, 2.0)]));
        labels.iter().map(one).collect()
    }

    #[test]
    fn a_label_that_is_not_a_version_is_ignored() {
        for odd in [
            "",
            "v61",
            "061",
            "61 ",
            "prod",
            "${PROP('Dim.ExecutedVersion')}",
            "-1",
        ] {
            let unavailable = versions("Errors", found(&["61", odd])).expect_err(odd);
            assert_eq!(unavailable.why, UnavailableReason::Mistyped, "{odd}");
        }
        let names: Vec<_> = versions("Errors", found(&["9", "10", "$LATEST"]))
            .expect("versions")
            .into_iter()
            .map(|(name, _)| name.printable(9).to_string())
            .collect();
        assert_eq!(names, ["$LATEST", "9", "10"]);
    }
}
