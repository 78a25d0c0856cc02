//! `duckops history`: how recorded facts developed. Asks nobody but history.

mod export;
mod init;
mod picture;

use super::Context;
use super::args::{self, HistoryAction};
use super::fail::Failure;
use crate::engine::history_open;
use crate::report::json::DocumentKind;

use crate::exit;
use crate::fact::{duration, instant, parse_duration};
use crate::history::{self, History, HistoryError, Location, Sample, StackKey};
use crate::report::metric::Bounds;
use crate::report::model::Verdict;
use crate::runbook::Missing;
use crate::runbook::metric::MetricDefinition;
use crate::text::Printable;
use serde_json::json;
use time::{Duration, OffsetDateTime};

/// Columns of a trend.
const COLUMNS: usize = 40;

pub(super) async fn main(context: &Context, args: args::History) -> Result<u8, Failure> {
    match args.action {
        None => trends(context, args).await,
        Some(HistoryAction::Prune) => prune(context).await,
        Some(HistoryAction::Export(format)) => export::main(context, format).await,
        Some(HistoryAction::Init { endpoint_override }) => {
            init::main(context, endpoint_override).await
        }
    }
}

/// Opens history and does this with it, where it holds up nothing.
pub(super) async fn with<T: Send + 'static>(
    context: &Context,
    work: impl FnOnce(&mut dyn History, &StackKey) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let run = context.run()?;
    let budget = match run.history {
        // Of a file only the waiting is bounded, of a table the whole answer.
        Location::DynamoDb(_) => run.deadline,
        _ => history::BUSY_BUDGET,
    };
    let opened =
        history_open::open(&run.history, &run.stack, &run.aws, run.retention, budget).await;
    let mut history = opened.map_err(failed)?;
    let stack = StackKey(run.stack.key());
    let done = tokio::task::spawn_blocking(move || work(history.as_mut(), &stack)).await;
    done.unwrap_or_else(|_| Err(Failure::internal()))
}

pub(super) fn failed(error: HistoryError) -> Failure {
    Failure::own(format!("history: {error}"))
}

async fn prune(context: &Context) -> Result<u8, Failure> {
    let keep = history_open::retention(&context.settings);
    let now = super::now(&context.env);
    let history::Pruned {
        observations,
        snapshots,
    } = with(context, move |history, _| {
        history.prune(&keep, now).map_err(failed)
    })
    .await?;
    let since = |span: Duration| instant((now - span).unix_timestamp());
    let mut text = format!(
        "{observations} readings and {snapshots} whole snapshots were thinned out\n\
         every reading is kept since {}, one an hour since {}, one a day before\n",
        since(keep.detail),
        since(keep.hourly)
    );
    if let (Location::DynamoDb(table), _) = history_open::location(&context.settings)? {
        text.push_str(&format!("{table} deletes by itself what has expired\n"));
    }
    let extra = json!({"readings": observations, "snapshots": snapshots});
    let summary = format!("{observations} readings were thinned out");
    Ok(context.out.document(
        DocumentKind::HistoryPrune,
        Verdict::Ok,
        exit::OK,
        &summary,
        &text,
        &extra,
    ))
}

async fn trends(context: &Context, args: args::History) -> Result<u8, Failure> {
    let since = parse_duration(&args.since)
        .filter(|seconds| *seconds > 0)
        .ok_or_else(|| {
            let value = Printable::from(args.since.as_str());
            Failure::usage(format!("--since: `{value}` is not a duration such as 24h"))
        })?;
    let now = super::now(&context.env);
    let span = (now - Duration::seconds(since), now);
    let fact = args.fact;
    let metrics = match args.svg {
        Some(_) => context.library.limited_metrics()?,
        None => Vec::new(),
    };
    let read = move |history: &mut dyn History, stack: &StackKey| {
        let recorded = history.facts(stack).map_err(failed)?;
        let facts = match fact {
            None => recorded,
            Some(fact) if recorded.contains(&fact) => vec![fact],
            Some(fact) => {
                let known = recorded.iter().map(String::as_str);
                return Err(Missing::name("recorded fact", &fact, known).into());
            }
        };
        let facts = facts.into_iter();
        let trends = facts.map(|fact| Trend::read(history, stack, fact, span, &metrics));
        trends.collect::<Result<Vec<_>, _>>().map_err(failed)
    };
    let trends = with(context, read).await?;
    if let (Some(path), [trend]) = (&args.svg, trends.as_slice()) {
        picture::write(trend, path)?;
    }
    Ok(print(context, &trends, since))
}

/// A fact over a span.
pub(super) struct Trend {
    pub(super) fact: String,
    samples: Vec<Sample>,
    span: (OffsetDateTime, OffsetDateTime),
    /// The limits of the fact; those that are a percentage follow the last recorded whole.
    pub(super) bounds: Bounds,
    /// Whether any runbook holds the fact against a limit.
    pub(super) is_limited: bool,
}

impl Trend {
    /// The readings as seconds since 1970 and values, in order of time.
    pub(super) fn observations(&self) -> Vec<(i64, i64)> {
        let observation = |sample: &Sample| (sample.at.unix_timestamp(), sample.value);
        self.samples.iter().map(observation).collect()
    }

    /// How many readings there are.
    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }

    pub(super) fn read(
        history: &dyn History,
        stack: &StackKey,
        fact: String,
        span: (OffsetDateTime, OffsetDateTime),
        metrics: &[MetricDefinition],
    ) -> Result<Self, history::HistoryError> {
        let mut samples = history.samples(stack, &fact, span.0)?;
        samples.retain(|sample| (span.0..=span.1).contains(&sample.at));
        samples.sort_by_key(|sample| sample.at);
        let metric = metrics.iter().find(|metric| metric.fact == fact);
        let whole = match metric.and_then(|metric| metric.percent_of) {
            Some(path) => history.samples(stack, path, span.1)?.last().copied(),
            None => None,
        };
        let whole = whole.map(|sample| sample.value as f64);
        Ok(Self {
            fact,
            samples,
            span,
            bounds: metric.map_or(Bounds::default(), |metric| metric.bounds(whole)),
            is_limited: metric.is_some(),
        })
    }

    fn row(&self, glyphs: &[char]) -> [Printable; 6] {
        let values = || self.samples.iter().map(|sample| sample.value);
        let shown = |value: Option<i64>| value.map_or("-".to_owned(), |value| value.to_string());
        [
            self.fact.clone(),
            self.samples.len().to_string(),
            shown(values().min()),
            shown(values().max()),
            shown(values().next_back()),
            self.sparkline(glyphs),
        ]
        .map(Printable::from)
    }

    /// One column for each part of the span: the last value in it, a blank where nothing
    /// was recorded. The lowest value is the lowest glyph.
    fn sparkline(&self, glyphs: &[char]) -> String {
        let whole = (self.span.1 - self.span.0).whole_milliseconds().max(1);
        let mut columns: [Option<i64>; COLUMNS] = [None; COLUMNS];
        for sample in &self.samples {
            let part = (sample.at - self.span.0).whole_milliseconds() * COLUMNS as i128 / whole;
            columns[usize::try_from(part).unwrap_or(0).min(COLUMNS - 1)] = Some(sample.value);
        }
        let known = || columns.iter().flatten().copied();
        let (Some(low), Some(high)) = (known().min(), known().max()) else {
            return "(nothing recorded)".to_owned();
        };
        let top = glyphs.len().saturating_sub(1) as i128;
        let height = |value: i64| {
            let range = i128::from(high) - i128::from(low);
            let above = i128::from(value) - i128::from(low);
            usize::try_from(if range == 0 { 0 } else { above * top / range }).unwrap_or(0)
        };
        columns
            .iter()
            .map(|column| column.map_or(' ', |value| glyphs[height(value)]))
            .collect()
    }
}

fn print(context: &Context, trends: &[Trend], since: i64) -> u8 {
    let glyphs = context.out.glyphs();
    let last = format!("LAST {}", duration(since).to_uppercase());
    let head = ["FACT", "RUNS", "LOW", "HIGH", "NOW", last.as_str()];
    let text = super::facts::table(context, head, trends.iter().map(|trend| trend.row(glyphs)));
    let extra: Vec<_> = trends
        .iter()
        .map(|trend| {
            let samples: Vec<_> = trend
                .samples
                .iter()
                .map(|sample| json!({"at": instant(sample.at.unix_timestamp()), "value": sample.value}))
                .collect();
            json!({"fact": trend.fact, "samples": samples})
        })
        .collect();
    let summary = format!("{} recorded facts", trends.len());
    let extra = json!({ "facts": extra });
    context.out.document(
        DocumentKind::History,
        Verdict::Ok,
        exit::OK,
        &summary,
        &text,
        &extra,
    )
}
