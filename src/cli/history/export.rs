//! Every reading on a line of its own, one fact after the other. Of a file only one
//! fact is in memory at a time.

use super::{failed, with};
use crate::cli::Context;
use crate::cli::args::Export;
use crate::cli::fail::Failure;
use crate::cli::format::Format;
use crate::cli::out::Out;
use crate::cli::progress;
use crate::exit;
use crate::fact;
use crate::history::export::{CSV_HEAD, csv, record};
use crate::history::{History, Sample, StackKey};
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::text::counted;
use serde_json::json;
use time::OffsetDateTime;

pub(super) async fn main(context: &Context, format: Export) -> Result<u8, Failure> {
    let out = context.out.clone();
    with(context, move |history, stack| {
        write(&out, history, stack, &format)
    })
    .await
}

fn write(
    out: &Out,
    history: &dyn History,
    stack: &StackKey,
    format: &Export,
) -> Result<u8, Failure> {
    let mut code = exit::OK;
    let mut observations = 0;
    // The format of every command goes before that of this one.
    let is_document = out.format == Format::Json;
    let mut lines = Vec::new();
    if format.csv && !is_document {
        code = out.print(CSV_HEAD, code);
    }
    let facts = history.facts(stack).map_err(failed)?;
    let total = u64::try_from(facts.len()).unwrap_or(u64::MAX);
    for (done, fact) in (0..).zip(facts) {
        progress::bar("facts", done, total);
        let mut samples = history
            .samples(stack, &fact, OffsetDateTime::UNIX_EPOCH)
            .map_err(failed)?;
        samples.sort_by_key(|sample| sample.at);
        observations += samples.len();
        let unit = fact::find(&fact).map_or("", |(_, declared)| declared.unit);
        let line = |sample: &Sample| match format.csv {
            true => csv(sample, &fact, unit),
            false => format!("{}\n", record(sample, &fact, unit)),
        };
        if is_document {
            lines.extend(samples.iter().map(|sample| record(sample, &fact, unit)));
            continue;
        }
        let text: String = samples.iter().map(line).collect();
        code = out.print(&text, code);
    }
    progress::done();
    if is_document {
        let summary = counted(observations, "reading");
        let extra = json!({ "readings": lines });
        let document = Document::ok(DocumentKind::HistoryExport, summary, "", extra);
        return Ok(out.document(&document));
    }
    if !format.csv {
        // Who reads a file that was cut off notices that this is missing.
        let end = json!({"complete": true, "readings": observations});
        code = out.print(&format!("{end}\n"), code);
    }
    Ok(code)
}
