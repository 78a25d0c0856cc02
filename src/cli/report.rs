//! `duckops report RUNBOOK --html FILE`: one run of a runbook as a page to look at.

use super::fail::Failure;
use super::{Context, args, out};
use crate::engine::runbooks::RequestedRunbooks;
use crate::engine::{collect, timeline, trend};
use crate::exit;
use crate::fact::instant;
use crate::report::html::{HtmlPage, TimelineRow, render};
use crate::report::plot::Plot;
use crate::state_dir::output;
use crate::text::{Printable, words_of};
use time::Duration;

/// How far back the timeline and the trends go, in seconds.
const SPAN: i64 = 21_600;

pub(super) async fn main(context: &Context, args: &args::ReportArgs) -> Result<u8, Failure> {
    let requested = RequestedRunbooks::load(&context.library, Some(&args.runbook), None)?;
    let runbook = context.library.get(&args.runbook)?;
    let run = context.run()?;
    let now = run.now;
    let from = now.unix_timestamp() - SPAN;
    let mut probes = requested.probes();
    probes.extend(collect::probes_for_facts(timeline::FACTS));
    let (collected, events) = run
        .collect_with(&probes, async |context| {
            timeline::collect_audit_events(&context, from).await
        })
        .await;
    let mut evaluated = requested.evaluate(collected);
    let observations = std::mem::take(&mut evaluated.observations);
    // Recorded first: this run's own verdicts belong into the sequence.
    let report = evaluated.record().await;
    let settings = &context.settings;
    let collected = timeline::collect(settings, context.run()?, from, &observations, events).await;
    let metrics = context.library.limited_metrics()?;
    let span = (now - Duration::seconds(SPAN), now);
    let trends = trend::of_runbook(context.run()?, &runbook, metrics, span).await;
    let trends = trends.unwrap_or_else(|error| {
        out::warn(&format!("history: {error}"));
        Vec::new()
    });
    let drawn: Vec<_> = trends
        .iter()
        .map(|trend| (trend, trend.observations()))
        .collect();
    let plots: Vec<Plot<'_>> = drawn
        .iter()
        .map(|(trend, observations)| trend.plot(observations))
        .collect();
    let events: Vec<TimelineRow> = collected
        .timeline
        .moments
        .iter()
        .map(|moment| TimelineRow {
            at: instant(moment.at),
            witness: moment.witness.word(),
            text: moment.text.to_string(),
            is_bad: moment.bad.is_some(),
        })
        .collect();
    let said: Vec<_> = std::iter::once(collected.summary(SPAN))
        .chain(collected.notes.iter().map(ToString::to_string))
        .collect();
    let page = render(&HtmlPage {
        report: &report,
        plots: &plots,
        events: &events,
        told: &said.join("; "),
    });
    let file = Printable::path(&args.html);
    let code = match output::replace(&args.html, page.as_bytes(), output::PRIVATE) {
        Ok(()) => {
            out::warn(&format!("wrote {file}"));
            report.exit_code()
        }
        Err(error) => {
            out::warn(&format!(
                "duckops: {file} was not written: {}",
                words_of(&error)
            ));
            // Whatever the verdict is: the page that was asked for is not there.
            match report.exit_code() {
                exit::OK => exit::UNKNOWN,
                code => code,
            }
        }
    };
    Ok(context.out.report_ended(&report, code))
}
