//! The last move of the alias, as the journal knows it, as a line of DEPLOY-LOG.md that can be
//! read again.

use super::{appended, not_recorded};
use crate::exit;
use crate::lambda::deploy_log_entry::DeployLogEntry;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::report::markdown::inert;
use crate::report::model::Verdict;
use crate::report::suggested::with_arguments;
use crate::stack::{DeployLogScope, Stack, newest_version};
use crate::state_dir::input::{self, InputError, Links};
use crate::state_dir::journal::Chain;
use crate::text::{Printable, Untrusted, printable_lines};
use serde_json::json;
use std::path::Path;

/// What begins a log that is new.
const HEAD: &str = "# Deploy log\n\n";

struct DeployResult {
    code: u8,
    summary: String,
    next: Option<&'static str>,
}

impl DeployResult {
    fn new(code: u8, summary: String) -> Self {
        let next = None;
        Self {
            code,
            summary,
            next,
        }
    }
}

/// Appends the newest move of the alias to a log, about an incident where one is named.
pub fn record(
    chain: &Chain,
    stack: &Stack,
    path: &Path,
    incident: Option<&str>,
    dry_run: bool,
    now: i64,
) -> Document {
    let arguments = &stack.arguments;
    let moved = match DeployLogEntry::newest(chain, &stack.key(), &stack.alias.value) {
        Ok(moved) => moved,
        Err(why) => {
            let result = DeployResult {
                code: exit::WARNING,
                summary: format!("{why}; nothing was written"),
                next: Some("duckops alias show"),
            };
            return document((path, arguments), None, &result, dry_run);
        }
    };
    let scope = stack.deploy_log_scope(now);
    let line = line(&moved, incident, scope);
    let log = Printable::path(path);
    let result = match read(path) {
        Err(error) => DeployResult::new(
            exit::WARNING,
            format!("{log}: {error}; nothing was written"),
        ),
        Ok(text) if text.contains(&moved.id) => {
            let summary = format!("{log} has it already; nothing was written");
            DeployResult::new(exit::WARNING, summary)
        }
        Ok(_) if dry_run => DeployResult::new(exit::OK, format!("nothing was written to {log}")),
        Ok(_) => write(path, &moved, &line, scope),
    };
    document((path, arguments), Some((&moved, &line)), &result, dry_run)
}

/// The line, with nothing in it that would be taken for another version or for markup.
fn line(moved: &DeployLogEntry, incident: Option<&str>, scope: DeployLogScope<'_>) -> String {
    let shown = |text: &str| inert(Untrusted::new(text).printable(300).as_str());
    let inert = DeployLogEntry {
        by: shown(&moved.by),
        told: shown(&moved.told),
        ..moved.clone()
    };
    let about = incident.map_or(String::new(), |id| format!(" | {}", id.to_uppercase()));
    let end = |line: String| format!("{line}{about} | journal {}", moved.id);
    let full = end(inert.line());
    if newest_version(&full, scope).as_deref() == Ok(&moved.to) {
        return full;
    }
    end(DeployLogEntry {
        by: "an identity that the journal names".to_owned(),
        told: "see there".to_owned(),
        ..moved.clone()
    }
    .line())
}

/// What stands there; nothing where there is no such file yet.
fn read(path: &Path) -> Result<String, InputError> {
    match input::read_file(path, Links::Refuse, input::MAX_LOG) {
        // A line appended to UTF-16 would be no line of it, and nothing in it would be found.
        Ok(bytes) if input::is_utf16(&bytes) => Err(InputError::UTF16),
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.is_missing() => Ok(String::new()),
        Err(error) => Err(error),
    }
}

/// Appends it, and reads the log as others will.
fn write(
    path: &Path,
    moved: &DeployLogEntry,
    line: &str,
    scope: DeployLogScope<'_>,
) -> DeployResult {
    let (code, summary) = appended(path, HEAD, &format!("{line}\n"));
    if code != exit::OK {
        return DeployResult {
            code,
            summary,
            next: None,
        };
    }
    let newest = read(path)
        .map_err(|error| error.to_string())
        .and_then(|text| newest_version(&text, scope).map_err(|error| error.to_string()));
    match newest {
        Ok(newest) if newest == moved.to => DeployResult {
            code,
            summary: format!("{summary}: its newest entry names version {newest}"),
            next: None,
        },
        other => DeployResult {
            code: exit::CRITICAL,
            summary: match other {
                Ok(newest) => format!("{summary}, but its newest entry names version {newest}"),
                Err(why) => format!("{summary}, but: {why}"),
            },
            next: Some("duckops alias show"),
        },
    }
}

fn document(
    (path, arguments): (&Path, &[String]),
    entry: Option<(&DeployLogEntry, &str)>,
    result: &DeployResult,
    dry_run: bool,
) -> Document {
    let summary = Printable::from(result.summary.as_str());
    let word = match (dry_run, result.code) {
        (true, _) => "DRY RUN ",
        (false, exit::OK | exit::CRITICAL) => "RECORDED",
        (false, code) => not_recorded(code),
    };
    let said = match word {
        "RECORDED" => summary.as_str().trim_start_matches("recorded "),
        _ => summary.as_str(),
    };
    let mut text = format!("{word}  {said}\n");
    if let Some((_, line)) = entry {
        text.push_str(&printable_lines(line));
    }
    if let Some(next) = result.next {
        text.push_str(&format!("NEXT      {}\n", with_arguments(next, arguments)));
    }
    let extra = json!({
        "log": Printable::path(path).as_str(),
        "entry_id": entry.map(|(moved, _)| &moved.id),
        "version": entry.map(|(moved, _)| &moved.to),
        "entry": entry.map(|(_, line)| line),
        "dry_run": dry_run,
    });
    let verdict = Verdict::of_write(result.code);
    let document = Document::new(DocumentKind::RecordDeploy, verdict, summary, text, extra);
    document.with_exit_code(result.code)
}
