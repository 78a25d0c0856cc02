//! Metrics, as CloudWatch answers for them: a metric without data is an empty list,
//! not an error, and no order of the results is promised.

use super::cbor::Tree;
use super::metrics::{MetricWindow, Statistic};
use super::paging::{page, size};
use super::search::{self, Search};
use super::wire::{OperationResult, Refusal, RequestContext, ResponseBody, instant, seconds, tree};
use super::{FakeMetric, FakeStack};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetMetricDataInput {
    metric_data_queries: Vec<Query>,
    start_time: f64,
    end_time: f64,
    next_token: Option<String>,
    scan_by: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Query {
    id: String,
    metric_stat: Option<MetricStat>,
    expression: Option<String>,
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

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Dimension {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetMetricStatisticsInput {
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
pub(super) fn get_metric_data(context: &RequestContext<'_>) -> OperationResult {
    let mut told = "GetMetricData".to_owned();
    let outcome = context.input().and_then(|question: GetMetricDataInput| {
        told.push_str(&format!(" {}", question.names()?.join(", ")));
        data(context, &question, &mut told)
    });
    OperationResult::new(told, outcome)
}

fn data(
    context: &RequestContext<'_>,
    question: &GetMetricDataInput,
    told: &mut String,
) -> Result<ResponseBody, Refusal> {
    let (from, to) = (question.start_time, question.end_time);
    let mut found = Vec::new();
    let world = context.world;
    for query in &question.metric_data_queries {
        let asked = query.asked()?;
        let (period, stat) = asked.summed();
        let window = window(context, from, to, period, 0)?;
        for (series, label) in asked.series(world, query.label.as_deref())? {
            let mut points = window.points(series, &[statistic(stat)?]);
            if question.scan_by.as_deref() != Some("TimestampAscending") {
                points.reverse();
            }
            found.push((&query.id, label, points));
        }
    }
    // A page has a maximum of points per metric, and there is another page while any metric has
    // more.
    let longest = found
        .iter()
        .map(|(_, _, points)| points.len())
        .max()
        .unwrap_or(0);
    let size = size(context.world, None, 100_800);
    let asked = (question.names()?, from.to_bits(), to.to_bits());
    let page = page(&asked, longest, size, question.next_token.as_deref())
        .map_err(|_| Refusal::unexpected(400, "InvalidNextToken", "The NextToken is not valid"))?;
    told.push_str(&page.note());

    let mut results = Vec::new();
    // Real answers come in no particular order; ours come in the wrong one.
    for (id, label, points) in found.iter().rev() {
        let end = points.len().min(page.items.end);
        let shown = points.get(page.items.start..end).unwrap_or_default();
        if shown.is_empty() && page.number > 1 {
            continue;
        }
        let stamps = shown.iter().map(|(at, _)| instant(*at)).collect();
        let values = shown
            .iter()
            .map(|(_, values)| Tree::Float(values[0]))
            .collect();
        let status = if end < points.len() {
            "PartialData"
        } else {
            "Complete"
        };
        results.push(tree([
            ("Id", id.as_str().into()),
            ("Label", label.as_str().into()),
            ("Timestamps", Tree::Array(stamps)),
            ("Values", Tree::Array(values)),
            ("StatusCode", status.into()),
        ]));
    }
    let mut answer = vec![
        (Tree::from("MetricDataResults"), Tree::Array(results)),
        (Tree::from("Messages"), Tree::Array(Vec::new())),
    ];
    if let Some(next) = page.next {
        answer.push((Tree::from("NextToken"), next.into()));
    }
    Ok(ResponseBody::Tree(Tree::Map(answer)))
}

/// `GetMetricStatistics`
pub(super) fn get_metric_statistics(context: &RequestContext<'_>) -> OperationResult {
    let mut told = "GetMetricStatistics".to_owned();
    let outcome = context
        .input()
        .and_then(|question: GetMetricStatisticsInput| {
            told.push_str(&format!(" {}", question.metric_name));
            statistics(context, question)
        });
    OperationResult::new(told, outcome)
}

fn statistics(
    context: &RequestContext<'_>,
    question: GetMetricStatisticsInput,
) -> Result<ResponseBody, Refusal> {
    let GetMetricStatisticsInput {
        namespace,
        metric_name,
        dimensions,
        ..
    } = question;
    let (from, to, period) = (question.start_time, question.end_time, question.period);
    // Unlike those of GetMetricData, periods start where the question starts.
    let window = window(context, from, to, period, from as i64 / 60 * 60)?;
    if (to - from) / period as f64 > 1_440.0 {
        let message = "You have requested more than 1,440 datapoints, which exceeds the limit";
        return Err(Refusal::unexpected(
            400,
            "InvalidParameterCombination",
            message,
        ));
    }
    let asked = question.statistics.iter().map(|name| statistic(name));
    let asked: Vec<_> = asked.collect::<Result<_, _>>()?;
    let metric = Metric {
        namespace,
        metric_name,
        dimensions,
    };
    let mut points = window.points(metric.find(context.world), &asked);
    // Real answers come in no particular order.
    let middle = points.len() / 2;
    points.rotate_left(middle);
    let shown = points.into_iter().map(|(at, values)| {
        let stamp = (Tree::from("Timestamp"), instant(at));
        let unit = (Tree::from("Unit"), Tree::from("Count"));
        let numbers = asked.iter().zip(values);
        let numbers = numbers.map(|(s, value)| (Tree::from(s.name()), Tree::Float(value)));
        Tree::Map([stamp, unit].into_iter().chain(numbers).collect())
    });
    Ok(ResponseBody::Tree(tree([
        ("Datapoints", Tree::Array(shown.collect())),
        ("Label", metric.metric_name.into()),
    ])))
}

impl GetMetricDataInput {
    /// What each query asks for; the searches are marked.
    fn names(&self) -> Result<Vec<String>, Refusal> {
        let name = |query: &Query| Ok(query.asked()?.name());
        self.metric_data_queries.iter().map(name).collect()
    }
}

/// What a query asks for.
enum Asked<'q> {
    Metric(&'q MetricStat),
    Search(Search),
}

impl Query {
    fn asked(&self) -> Result<Asked<'_>, Refusal> {
        let refuse = |words: String| Err(Refusal::unexpected(400, "ValidationError", words));
        match (&self.metric_stat, &self.expression) {
            (Some(stat), None) => Ok(Asked::Metric(stat)),
            (None, Some(expression)) => match Search::read(expression) {
                Some(search) => Ok(Asked::Search(search)),
                None => refuse(format!("the practice stack does not compute {expression}")),
            },
            _ => refuse(format!(
                "{} must be either a metric or an expression",
                self.id
            )),
        }
    }
}

impl Asked<'_> {
    fn name(&self) -> String {
        match self {
            Asked::Metric(stat) => stat.metric.metric_name.clone(),
            Asked::Search(search) => format!("each {}", search.metric()),
        }
    }

    /// Period and statistic.
    fn summed(&self) -> (i64, &str) {
        match self {
            Asked::Metric(MetricStat { period, stat, .. }) => (*period, stat),
            Asked::Search(search) => (search.period, &search.statistic),
        }
    }

    /// The series with their labels: one for a metric, also if nobody reported it, and as
    /// many as there are for a search.
    fn series<'w>(
        &self,
        world: &'w FakeStack,
        label: Option<&str>,
    ) -> Result<Vec<(Option<&'w FakeMetric>, String)>, Refusal> {
        match self {
            Asked::Metric(stat) => {
                let label = label.unwrap_or(&stat.metric.metric_name);
                Ok(vec![(stat.metric.find(world), label.to_owned())])
            }
            Asked::Search(search) => {
                let labelled = search.find(world).map(|series| {
                    let label = label.and_then(|label| search::label(label, series));
                    Some((Some(series), label?))
                });
                let labelled: Option<Vec<_>> = labelled.collect();
                labelled.ok_or_else(|| {
                    let words = format!("the practice stack does not write the label {label:?}");
                    Refusal::unexpected(400, "ValidationError", words)
                })
            }
        }
    }
}

impl Metric {
    /// The series with exactly this namespace, name and dimensions.
    fn find<'w>(&self, world: &'w FakeStack) -> Option<&'w FakeMetric> {
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

/// The window that was asked for, up to now.
fn window(
    context: &RequestContext<'_>,
    from: f64,
    to: f64,
    period: i64,
    anchor: i64,
) -> Result<MetricWindow, Refusal> {
    let refuse = |message| Err(Refusal::unexpected(400, "InvalidParameterValue", message));
    if period <= 0 || period % 60 != 0 {
        return refuse(format!("The period {period} is not a multiple of 60"));
    }
    if from >= to {
        return refuse("The StartTime must be before the EndTime".to_owned());
    }
    Ok(MetricWindow {
        from,
        to: to.min(seconds(context.now)),
        anchor,
        period,
    })
}

fn statistic(name: &str) -> Result<Statistic, Refusal> {
    let message = || format!("the practice stack does not compute {name}");
    Statistic::named(name)
        .ok_or_else(|| Refusal::unexpected(400, "InvalidParameterValue", message()))
}
