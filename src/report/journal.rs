//! The journal of writes, as `duckops journal` shows it.

use super::columns::Screen;
use super::document::Document;
use super::json::DocumentKind;
use super::model::Verdict;
use super::words::count;
use crate::state_dir::journal::Chain;
use crate::text::{Printable, Untrusted};
use serde_json::json;

/// The entries, or with `is_short` only whether the chain of them is whole; `is_json` where its JSON
/// is wanted, which holds all of them either way.
pub fn document(chain: &Chain, is_short: bool, is_json: bool, screen: Screen) -> Document {
    let (verdict, summary) = integrity(chain);
    let label = verdict.word().to_uppercase();
    let mut text = format!("{label:<10}{summary}\n");
    for (line, why) in &chain.breaks {
        text.push_str(&format!("          line {line}: {why}\n"));
    }
    if chain.entries.is_empty() {
        text.push_str("          elsewhere: duckops timeline, CloudTrail\n");
    } else {
        if !is_short {
            text.push_str(&format!("\n{}\n", table(chain, screen)));
        }
        // Its length is that of a hash: it stands alone, to be copied.
        text.push_str(&format!(
            "newest hash, to be kept elsewhere: it shows later whether lines were cut off\n  {}\n",
            Untrusted::new(chain.head.as_str()).printable(64)
        ));
    }
    let entry = |(number, entry): &_| json!({"number": number, "entry": entry});
    let entries = chain.entries.iter().filter(|_| is_json);
    let entries: Vec<_> = entries.map(entry).collect();
    let broken = |(line, why): &_| json!({"line": line, "why": why});
    let breaks: Vec<_> = chain.breaks.iter().map(broken).collect();
    let extra = json!({"journal": {
        "entries": entries, "breaks": breaks, "torn_bytes": chain.torn, "head": chain.head,
    }});
    Document::new(DocumentKind::Journal, verdict, summary, text, extra)
}

fn integrity(chain: &Chain) -> (Verdict, String) {
    let entries = usize::try_from(chain.last_number()).unwrap_or(usize::MAX);
    let entries = count(entries, "entry", "entries");
    if !chain.is_whole() {
        let breaks = count(chain.breaks.len(), "place", "places");
        let summary =
            format!("the chain is broken in {breaks}: lines were changed, removed or inserted");
        return (Verdict::Critical, summary);
    }
    let open = chain.open().len();
    if open > 0 || chain.torn > 0 {
        let summary = format!(
            "the chain of {entries} is whole; {} without an outcome, {} torn at the end",
            count(open, "write", "writes"),
            count(chain.torn, "byte", "bytes")
        );
        return (Verdict::Warning, summary);
    }
    let summary = match chain.entries.is_empty() {
        true => "no change was made from this machine".to_owned(),
        false => format!("the chain of {entries} is whole"),
    };
    (Verdict::Ok, summary)
}

fn table(chain: &Chain, screen: Screen) -> String {
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
    screen.table(["#", "AT", "WRITE", "COMMAND", "STEP", "WHAT"], rows)
}
