//! `duckops history`: how recorded facts developed. Reads the history only.

mod export;
mod init;

use super::args::{self, HistoryAction};
use super::fail::Failure;
use super::{Context, progress};
use crate::engine::history_open;
use crate::engine::trend::{self, Trend};
use crate::engine::with_history::with_history;
use crate::evidence;
use crate::fact::instant;
use crate::history::{self, History, HistoryError, Location, StackKey};
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::report::plot;
use crate::runbook::Missing;
use crate::state_dir::output;
use crate::text::counted;

use serde_json::json;
use time::Duration;

pub(super) async fn main(context: &Context, args: args::HistoryArgs) -> Result<u8, Failure> {
    match args.action {
        None => trends(context, args).await,
        Some(HistoryAction::Prune) => prune(context).await,
        Some(HistoryAction::Export(format)) => export::main(context, format).await,
        Some(HistoryAction::Init { endpoint_override }) => {
            init::main(context, endpoint_override).await
        }
    }
}

/// Opens history and works with it on a thread of its own.
pub(super) async fn with<T: Send + 'static>(
    context: &Context,
    work: impl FnOnce(&mut dyn History, &StackKey) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    with_history(context.run()?, work).await
}

pub(super) fn failed(error: HistoryError) -> Failure {
    error.into()
}

async fn prune(context: &Context) -> Result<u8, Failure> {
    let keep = history_open::retention(&context.settings);
    progress::say("thinning out old readings");
    let now = super::now(&context.env);
    let history::Pruned {
        observations,
        snapshots,
    } = with(context, move |history, _| {
        history.prune(&keep, now).map_err(failed)
    })
    .await?;
    progress::done();
    let since = |span: Duration| instant((now - span).unix_timestamp());
    let mut text = format!(
        "{} and {} were thinned out\n\
         every reading is kept since {}, one an hour since {}, one a day before\n",
        counted(observations, "reading"),
        counted(snapshots, "whole snapshot"),
        since(keep.detail),
        since(keep.hourly)
    );
    if let (Location::DynamoDb(table), _) = history_open::location(&context.settings)? {
        text.push_str(&format!("{table} deletes by itself what has expired\n"));
    }
    let extra = json!({"readings": observations, "snapshots": snapshots});
    let summary = format!("{} thinned out", counted(observations, "reading"));
    let document = Document::ok(DocumentKind::HistoryPrune, summary, text, extra);
    Ok(context.out.document(&document))
}

async fn trends(context: &Context, args: args::HistoryArgs) -> Result<u8, Failure> {
    let since = args::since(&args.since, "24h")?;
    let now = super::now(&context.env);
    let span = (now - Duration::seconds(since), now);
    let fact = args.fact;
    let metrics = match args.svg {
        Some(_) => context.library.limited_metrics()?,
        None => Vec::new(),
    };
    let read = move |history: &mut dyn History, stack: &StackKey| {
        let recorded = history.facts(stack).map_err(failed)?;
        let (agents, recorded): (Vec<_>, Vec<_>) =
            (recorded.into_iter()).partition(|name| evidence::is_offline_agent(name));
        let facts = match fact {
            None => recorded,
            Some(fact) if recorded.contains(&fact) || agents.contains(&fact) => vec![fact],
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
        let picture = plot::svg(&trend.plot(&trend.observations()));
        output::replace(path, picture.as_bytes(), output::PRIVATE)
            .map_err(|error| Failure::not_written(path, &error))?;
    }
    let document = trend::document(&trends, since, context.out.screen);
    Ok(context.out.document(&document))
}
