//! The trend of a recorded fact.

use super::run::Run;
use super::with_history::with_history;
use crate::fact::{self, FactType, duration, utc};
use crate::history::{History, HistoryError, Sample, StackKey};
use crate::report::columns::Screen;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::report::metric::Bounds;
use crate::report::plot::Plot;
use crate::report::words::{clock, width};
use crate::runbook::metric::MetricDefinition;
use crate::runbook::model::Runbook;
use crate::text::{Printable, counted};
use serde_json::json;
use time::OffsetDateTime;

/// Columns of a sparkline, at most and at least.
const COLUMNS: usize = 40;
const MIN_COLUMNS: usize = 10;
/// How many trends a page shows.
const MAX_TRENDS: usize = 8;

/// The readings of a fact within a span.
#[derive(Debug)]
pub struct Trend {
    /// The path of the fact.
    pub fact: String,
    /// Its readings, in order of time.
    pub samples: Vec<Sample>,
    /// From and to.
    pub span: (OffsetDateTime, OffsetDateTime),
    /// The limits of the fact; those that are a percentage follow the last recorded whole.
    pub bounds: Bounds,
    /// Whether any runbook holds the fact against a limit.
    pub is_limited: bool,
}

impl Trend {
    /// The readings as seconds since 1970 and values, in order of time.
    pub fn observations(&self) -> Vec<(i64, i64)> {
        let observation = |sample: &Sample| (sample.at.unix_timestamp(), sample.value);
        self.samples.iter().map(observation).collect()
    }

    /// The trend as a plot of its [`observations`](Self::observations).
    pub fn plot<'a>(&'a self, observations: &'a [(i64, i64)]) -> Plot<'a> {
        Plot {
            fact: &self.fact,
            unit: fact::find(&self.fact).map_or("", |(_, declared)| declared.unit),
            observations,
            span: (self.span.0.unix_timestamp(), self.span.1.unix_timestamp()),
            bounds: self.bounds,
        }
    }

    /// Reads it from history.
    ///
    /// # Errors
    /// History cannot be read.
    pub fn read(
        history: &dyn History,
        stack: &StackKey,
        fact: String,
        span: (OffsetDateTime, OffsetDateTime),
        metrics: &[MetricDefinition],
    ) -> Result<Self, HistoryError> {
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

    /// When the first reading was higher than the one before it, of those that have not fallen since.
    fn rising_since(&self) -> Option<OffsetDateTime> {
        let fell = |pair: &[Sample]| pair[1].value < pair[0].value;
        let pairs = || self.samples.windows(2);
        let steady = pairs().rposition(fell).map_or(0, |at| at + 1);
        let rose = pairs()
            .skip(steady)
            .find(|pair| pair[1].value > pair[0].value);
        rose.map(|pair| pair[1].at)
    }

    /// Fact, number of readings, lowest, highest, newest, sparkline.
    fn row(&self, glyphs: &[char], columns: usize) -> [Printable; 6] {
        let values = || self.samples.iter().map(|sample| sample.value);
        let is_duration =
            fact::find(&self.fact).is_some_and(|(_, declared)| declared.ty == FactType::Duration);
        let shown = |value: Option<i64>| match (value, is_duration) {
            (None, _) => "-".to_owned(),
            (Some(seconds), true) => duration(seconds),
            (Some(number), false) => number.to_string(),
        };
        [
            self.fact.clone(),
            self.samples.len().to_string(),
            shown(values().min()),
            shown(values().max()),
            shown(values().next_back()),
            self.sparkline(glyphs, columns),
        ]
        .map(Printable::from)
    }

    /// One column for each part of the span: the last value in it, a blank where nothing
    /// was recorded. The lowest value is the lowest glyph.
    fn sparkline(&self, glyphs: &[char], width: usize) -> String {
        let whole = (self.span.1 - self.span.0).whole_milliseconds().max(1);
        let mut columns: Vec<Option<i64>> = vec![None; width];
        for sample in &self.samples {
            let part = (sample.at - self.span.0).whole_milliseconds() * width as i128 / whole;
            let place = usize::try_from(part).unwrap_or(0).min(width - 1);
            columns[place] = Some(sample.value);
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

/// Trends as a table with a sparkline each, and as readings for programs; `since` in seconds.
pub fn document(trends: &[Trend], since: i64, screen: Screen) -> Document {
    let last = format!("LAST {}", duration(since).to_uppercase());
    let head = ["FACT", "RUNS", "LOW", "HIGH", "NOW", last.as_str()];
    let wide = |column: usize| {
        let cells = trends.iter().map(move |trend| {
            let row = trend.row(screen.glyphs(), MIN_COLUMNS);
            width(row[column].as_str())
        });
        cells.chain([head[column].len()]).max().unwrap_or(0) + 2
    };
    let beside: usize = (0..5).map(wide).sum();
    let room = screen
        .columns
        .map_or(COLUMNS, |columns| columns.saturating_sub(beside));
    let columns = room.clamp(MIN_COLUMNS, COLUMNS);
    let rows = trends
        .iter()
        .map(|trend| trend.row(screen.glyphs(), columns));
    let mut text = screen.table(head, rows);
    if let [trend] = trends {
        let about = fact::find(&trend.fact).map(|(_, declared)| declared.about);
        text.extend(about.map(|about| format!("\n{about}\n")));
        let since = trend.rising_since();
        let since = since.map(|since| format!("rising since {}\n", clock(since, trend.span.1)));
        text.extend(since);
    }
    let sample = |sample: &Sample| json!({"at": utc(sample.at), "value": sample.value});
    let facts: Vec<_> = trends
        .iter()
        .map(|trend| {
            let samples: Vec<_> = trend.samples.iter().map(sample).collect();
            json!({"fact": trend.fact, "samples": samples})
        })
        .collect();
    let summary = counted(trends.len(), "recorded fact");
    let extra = json!({ "facts": facts });
    Document::ok(DocumentKind::History, summary, text, extra)
}

/// The trends of the numbers of a runbook, those with limits first.
///
/// # Errors
/// History cannot be read.
pub async fn of_runbook(
    run: Run,
    runbook: &Runbook,
    metrics: Vec<MetricDefinition>,
    span: (OffsetDateTime, OffsetDateTime),
) -> Result<Vec<Trend>, HistoryError> {
    let mut facts: Vec<String> = Vec::new();
    for path in runbook.steps.iter().flat_map(|step| step.facts()) {
        let is_number = fact::find(path)
            .is_some_and(|(_, declared)| matches!(declared.ty, FactType::Int | FactType::Duration));
        if is_number && !facts.iter().any(|known| known == path) {
            facts.push(path.to_owned());
        }
    }
    with_history(run, move |history, stack| {
        let known = history.facts(stack)?;
        let recorded = facts.into_iter().filter(|fact| known.contains(fact));
        let trends = recorded.map(|fact| Trend::read(history, stack, fact, span, &metrics));
        let mut trends: Vec<Trend> = trends.collect::<Result<_, _>>()?;
        // A single reading is shown only against a limit.
        trends.retain(|trend| trend.samples.len() >= if trend.is_limited { 1 } else { 2 });
        trends.sort_by_key(|trend| !trend.is_limited);
        trends.truncate(MAX_TRENDS);
        Ok(trends)
    })
    .await
}
