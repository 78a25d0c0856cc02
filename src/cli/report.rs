//! `duckops report RUNBOOK --html FILE`: one run of a runbook as a page to look at.

use super::fail::Failure;
use super::history::{self, Trend};
use super::{Context, args, out, timeline};
use crate::engine::collect;
use crate::engine::runbooks::RequestedRunbooks;
use crate::exit;
use crate::fact::{self, FactType, instant};
use crate::report::html::{Event, Page, render};
use crate::report::plot::Plot;
use crate::runbook::model::Runbook;
use crate::state_dir::output;
use time::{Duration, OffsetDateTime};

/// How far back the timeline and the trends go, in seconds.
const SPAN: i64 = 21_600;
/// No page shows more trends.
const PLOTS: usize = 8;

pub(super) async fn main(context: &Context, args: &args::Report) -> Result<u8, Failure> {
    let selection = RequestedRunbooks::load(&context.library, Some(&args.runbook), None)?;
    let runbook = context.library.get(&args.runbook)?;
    let run = context.run()?;
    let now = run.now;
    let from = now.unix_timestamp() - SPAN;
    let mut probes = selection.probes();
    probes.extend(collect::probes_for_facts([
        "executions.running",
        "alias.version",
    ]));
    let (answered, events) = run
        .collect_with(&probes, async |asking| {
            timeline::listen(&asking, from).await
        })
        .await;
    let mut judged = selection.evaluate(answered);
    let observations = std::mem::take(&mut judged.observations);
    // Recorded first: this run's own verdicts belong into the sequence.
    let report = judged.record().await;
    let told = timeline::gather(context, from, &observations, events).await?;
    let trends = trends(context, &runbook, now)
        .await
        .unwrap_or_else(|failure| {
            failure
                .lines
                .iter()
                .for_each(|line| out::warn(line.as_str()));
            Vec::new()
        });
    let drawn: Vec<_> = trends
        .iter()
        .map(|trend| (trend, trend.observations()))
        .collect();
    let plots: Vec<Plot<'_>> = drawn
        .iter()
        .map(|(trend, observations)| Plot {
            fact: &trend.fact,
            unit: fact::find(&trend.fact).map_or("", |(_, declared)| declared.unit),
            observations,
            span: (from, now.unix_timestamp()),
            bounds: trend.bounds,
        })
        .collect();
    let events: Vec<Event> = told
        .timeline
        .moments
        .iter()
        .map(|moment| Event {
            at: instant(moment.at),
            witness: moment.witness.word(),
            text: moment.text.to_string(),
            is_bad: moment.is_bad,
        })
        .collect();
    let said: Vec<_> = std::iter::once(timeline::summary(&told, SPAN))
        .chain(told.notes.iter().map(ToString::to_string))
        .collect();
    let page = render(&Page {
        report: &report,
        plots: &plots,
        events: &events,
        told: &said.join("; "),
    });
    let file = args::shown(&args.html);
    let code = match output::replace(&args.html, page.as_bytes(), output::PRIVATE) {
        Ok(()) => {
            out::warn(&format!("wrote {file}"));
            report.exit_code()
        }
        Err(error) => {
            out::warn(&format!("duckops: {file} was not written: {error}"));
            // Whatever the verdict is: the page that was asked for is not there.
            match report.exit_code() {
                exit::OK => exit::UNKNOWN,
                code => code,
            }
        }
    };
    Ok(context.out.report_ended(&report, code))
}

/// What history holds of the runbook's numbers, those with limits first.
async fn trends(
    context: &Context,
    runbook: &Runbook,
    now: OffsetDateTime,
) -> Result<Vec<Trend>, Failure> {
    let mut facts: Vec<String> = Vec::new();
    for path in runbook.steps.iter().flat_map(|step| step.facts()) {
        let is_number = fact::find(path)
            .is_some_and(|(_, declared)| matches!(declared.ty, FactType::Int | FactType::Duration));
        if is_number && !facts.iter().any(|known| known == path) {
            facts.push(path.to_owned());
        }
    }
    let span = (now - Duration::seconds(SPAN), now);
    let metrics = context.library.limited_metrics()?;
    history::with(context, move |history, stack| {
        let known = history.facts(stack).map_err(history::failed)?;
        let recorded = facts.into_iter().filter(|fact| known.contains(fact));
        let trends = recorded.map(|fact| Trend::read(history, stack, fact, span, &metrics));
        let mut trends: Vec<Trend> = trends.collect::<Result<_, _>>().map_err(history::failed)?;
        // One reading is no trend; against a limit even one tells something.
        trends.retain(|trend| trend.len() >= if trend.is_limited { 1 } else { 2 });
        trends.sort_by_key(|trend| !trend.is_limited);
        trends.truncate(PLOTS);
        Ok(trends)
    })
    .await
}
