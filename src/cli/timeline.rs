//! `duckops timeline`: recorded verdicts, the journal, the alias, executions and the audit feed
//! in one sequence.

use super::fail::Failure;
use super::format::Format;
use super::{Context, args};
use crate::engine::collect;
use crate::engine::timeline;
use crate::report::model::StackIdentity;

pub(super) async fn main(context: &Context, args: &args::TimelineArgs) -> Result<u8, Failure> {
    let since = args::since(&args.since, "6h")?;
    let run = context.run()?;
    let (stack, now) = (StackIdentity::of(&run.stack), run.now);
    let probes = collect::probes_for_facts(timeline::FACTS);
    let from = now.unix_timestamp().saturating_sub(since);
    let (collected, events) = run
        .collect_with(&probes, async |context| {
            timeline::collect_audit_events(&context, from).await
        })
        .await;
    let (settings, observations) = (&context.settings, &collected.observations);
    let collected = timeline::collect(settings, context.run()?, from, observations, events).await;
    let out = &context.out;
    let form = (out.format == Format::Markdown, out.explains);
    let document = collected.document(stack, (now, since), form, out.screen);
    Ok(out.document(&document))
}
