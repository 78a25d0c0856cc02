//! `duckops timeline`: recorded verdicts, the journal, the alias, executions and the audit feed
//! in one sequence.

use super::fail::Failure;
use super::out::Format;
use super::{Context, args, facts};
use crate::engine::collect;
use crate::engine::run::stack_heading;
use crate::engine::timeline::{self, CollectedTimeline};
use crate::fact::instant;
use crate::report::json::{self, DocumentKind, Heading};
use crate::report::markdown::inert;
use crate::report::model::{StackIdentity, Verdict};
use crate::text::Printable;
use crate::timeline::Moment;
use serde_json::json;
use std::fmt::Write;
use time::OffsetDateTime;

pub(super) async fn main(context: &Context, args: &args::TimelineArgs) -> Result<u8, Failure> {
    let since = args::since(&args.since, "6h")?;
    let run = context.run()?;
    let (stack, now) = (stack_heading(&run.stack), run.now);
    let probes = collect::probes_for_facts(timeline::FACTS);
    let from = now.unix_timestamp().saturating_sub(since);
    let (collected, events) = run
        .collect_with(&probes, async |context| {
            timeline::collect_audit_events(&context, from).await
        })
        .await;
    let settings = &context.settings;
    let observations = &collected.observations;
    let collected = timeline::collect(settings, context.run()?, from, observations, events).await;
    Ok(print(context, &collected, &stack, (now, since)))
}

fn print(
    context: &Context,
    collected: &CollectedTimeline,
    stack: &StackIdentity,
    (now, since): (OffsetDateTime, i64),
) -> u8 {
    let verdict = match collected.is_incomplete {
        true => Verdict::Unknown,
        false => Verdict::Ok,
    };
    let code = verdict.exit_code();
    let summary = Printable::from(collected.summary(since));
    let moments = &collected.timeline.moments;
    if context.out.format == Format::Json {
        let heading = Heading {
            stack: Some(stack),
            started_at: Some(now),
            took: None,
            verdict,
            exit_code: code,
            summary: &summary,
            next_action: None,
        };
        let one = |moment: &Moment| json!({"at": instant(moment.at), "witness": moment.witness.word(), "text": moment.text.as_str()});
        let broke = collected.timeline.broke.and_then(|at| moments.get(at));
        let extra = json!({
            "moments": moments.iter().map(one).collect::<Vec<_>>(),
            "pulses": collected.pulses,
            "broke": broke.map(one),
            "before": collected.timeline.before().map(one).collect::<Vec<_>>(),
            "notes": collected.notes.iter().map(Printable::as_str).collect::<Vec<_>>(),
        });
        return context.out.print(
            &json::document(DocumentKind::Timeline, &heading, &extra, true),
            code,
        );
    }
    let mut text;
    if context.out.format == Format::Markdown {
        text = format!(
            "{}\n\n| at | witness | what |\n| --- | --- | --- |\n",
            inert(summary.as_str())
        );
        for moment in moments {
            let (at, what) = (instant(moment.at), inert(moment.text.as_str()));
            let _ = writeln!(text, "| {at} | {} | {what} |", moment.witness.word());
        }
    } else {
        text = format!("{summary}\n\n");
        let rows = moments.iter().map(|moment| {
            let mark = if moment.is_bad { "!" } else { "" };
            let witness = moment.witness.word();
            [
                Printable::from(instant(moment.at)),
                mark.into(),
                witness.into(),
                moment.text.clone(),
            ]
        });
        text.push_str(&facts::table(context, ["AT", "", "WITNESS", "WHAT"], rows));
    }
    for note in &collected.notes {
        let _ = writeln!(text, "\nnote: {note}");
    }
    context.out.print(&text, code)
}
