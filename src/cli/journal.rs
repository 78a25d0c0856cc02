//! `duckops journal`: what was changed from this machine, and whether the record of it is
//! whole. Asks nobody.

use super::Context;
use super::args;
use super::fail::Failure;
use crate::engine::journal;
use crate::report::json::DocumentKind;
use crate::report::model::Verdict;
use crate::state_dir::journal::{Chain, Journal};
use crate::text::{Printable, Untrusted};
use serde_json::json;

/// The journal of the state folder, if there is one.
pub(super) fn open(context: &Context) -> Result<Journal, Failure> {
    Ok(journal::open(&context.settings)?)
}

/// The entries of the journal, provided that none was changed, removed or inserted.
pub(super) fn whole(context: &Context) -> Result<Chain, Failure> {
    Ok(journal::read_whole(&context.settings)?)
}

pub(super) fn main(context: &Context, args: &args::JournalArgs) -> Result<u8, Failure> {
    let journal = open(context)?;
    let chain = journal
        .read()
        .map_err(|error| Failure::own(error.to_string()))?;
    let (verdict, summary) = judged(&chain);
    let mut text = String::new();
    if !args.verify {
        text.push_str(&table(context, &chain));
    }
    text.push_str(&format!("{}  {summary}\n", verdict.word().to_uppercase()));
    for (line, why) in &chain.breaks {
        text.push_str(&format!("line {line}: {why}\n"));
    }
    text.push_str(&format!(
        "newest hash {}; note it elsewhere to see later that nothing was cut off\n",
        Untrusted::new(chain.head.as_str()).printable(64)
    ));
    let entries: Vec<_> = chain
        .entries
        .iter()
        .map(|(number, entry)| json!({"number": number, "entry": entry}))
        .collect();
    let breaks: Vec<_> = chain
        .breaks
        .iter()
        .map(|(line, why)| json!({"line": line, "why": why}))
        .collect();
    let extra = json!({"journal": {
        "entries": entries, "breaks": breaks, "torn_bytes": chain.torn, "head": chain.head,
    }});
    let code = verdict.exit_code();
    Ok(context.out.document(
        DocumentKind::Journal,
        verdict,
        code,
        &summary,
        &text,
        &extra,
    ))
}

fn judged(chain: &Chain) -> (Verdict, String) {
    let entries = chain.entries.len();
    if !chain.is_whole() {
        let breaks = chain.breaks.len();
        let summary = format!(
            "the chain is broken in {breaks} places: lines were changed, removed or inserted"
        );
        return (Verdict::Critical, summary);
    }
    let open = chain.open().len();
    if open > 0 || chain.torn > 0 {
        let summary = format!(
            "the chain of {entries} entries is whole; {open} writes without an outcome, {} bytes torn at the end",
            chain.torn
        );
        return (Verdict::Warning, summary);
    }
    (
        Verdict::Ok,
        format!("the chain of {entries} entries is whole"),
    )
}

fn table(context: &Context, chain: &Chain) -> String {
    let shown = |text: &str, most| Untrusted::new(text).printable(most);
    let rows = chain.entries.iter().map(|(number, entry)| {
        let detail = &entry.detail;
        let text = |name: &str| detail[name].as_str().unwrap_or_default().to_owned();
        let what = match entry.stage.word() {
            "plan" if detail["bond"].is_string() => text("bond"),
            "plan" if detail["channels"].is_array() => format!("call {}", text("to")),
            "plan" => format!("{} {} -> {}", text("alias"), text("from"), text("to")),
            "consent" => text("how"),
            "outcome" => {
                let what = format!("{}{}", text("version"), text("fingerprint"));
                format!("{} {what}", text("outcome"))
            }
            "verified" => text("status_api"),
            _ => String::new(),
        };
        [
            Printable::from(number.to_string()),
            shown(&entry.at, 20),
            shown(&entry.id, 26),
            shown(&entry.action, 20),
            entry.stage.word().into(),
            shown(&what, 80),
        ]
    });
    super::facts::table(
        context,
        ["#", "AT", "WRITE", "COMMAND", "STEP", "WHAT"],
        rows,
    )
}
