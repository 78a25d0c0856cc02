//! `duckops record --deploy-log FILE`: the last move of the alias, as the journal knows it, as
//! a line of DEPLOY-LOG.md that can be read again.

use super::appended;
use crate::cli::fail::Failure;
use crate::cli::{Context, args, journal, out};
use crate::exit;
use crate::lambda::deploy_log_entry::DeployLogEntry;
use crate::report::json::DocumentKind;
use crate::report::markdown::inert;
use crate::report::model::Verdict;
use crate::stack::newest_version;
use crate::state_dir::input::{self, InputError, Links};
use crate::text::{Printable, Untrusted};
use serde_json::json;
use std::path::Path;

/// What begins a log that is new.
const HEAD: &str = "# Deploy log\n\n";

/// What came of it.
struct DeployResult {
    code: u8,
    summary: String,
    next: Option<&'static str>,
}

pub(super) fn main(
    context: &Context,
    args: &args::RecordArgs,
    path: &Path,
    incident: Option<&str>,
) -> Result<u8, Failure> {
    let chain = journal::whole(context)?;
    let stack = &context.settings.stack;
    let moved = match DeployLogEntry::newest(&chain, &stack.key(), &stack.alias.value) {
        Ok(moved) => moved,
        Err(why) => {
            let told = DeployResult {
                code: exit::WARNING,
                summary: format!("{why}; nothing was written"),
                next: Some("duckops alias show"),
            };
            return Ok(print(context, args, path, None, &told));
        }
    };
    let line = line(&moved, incident);
    let told = match read(path) {
        Err(error) => DeployResult {
            code: exit::WARNING,
            summary: format!("{}: {error}; nothing was written", args::shown(path)),
            next: None,
        },
        Ok(text) if text.contains(&moved.id) => DeployResult {
            code: exit::WARNING,
            summary: format!("{} has it already; nothing was written", args::shown(path)),
            next: None,
        },
        Ok(_) if args.dry_run => DeployResult {
            code: exit::OK,
            summary: format!("nothing was written to {}", args::shown(path)),
            next: None,
        },
        Ok(_) => write(path, &moved, &line),
    };
    Ok(print(context, args, path, Some((&moved, &line)), &told))
}

/// The line, with nothing in it that would be taken for another version or for markup.
fn line(moved: &DeployLogEntry, incident: Option<&str>) -> String {
    let shown = |text: &str| inert(Untrusted::new(text).printable(300).as_str());
    let inert = DeployLogEntry {
        by: shown(&moved.by),
        told: shown(&moved.told),
        ..moved.clone()
    };
    let about = incident.map_or(String::new(), |id| format!(" | {}", id.to_uppercase()));
    let end = |line: String| format!("{line}{about} | journal {}", moved.id);
    let full = end(inert.line());
    if newest_version(&full).as_deref() == Ok(&moved.to) {
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
fn write(path: &Path, moved: &DeployLogEntry, line: &str) -> DeployResult {
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
        .and_then(|text| newest_version(&text).map_err(|error| error.to_string()));
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

fn print(
    context: &Context,
    args: &args::RecordArgs,
    path: &Path,
    entry: Option<(&DeployLogEntry, &str)>,
    told: &DeployResult,
) -> u8 {
    let summary = Printable::from(told.summary.as_str());
    let word = match (args.dry_run, told.code) {
        (true, _) => "DRY RUN ",
        (false, exit::OK | exit::CRITICAL) => "RECORDED",
        (false, _) => "NOT RECORDED",
    };
    let mut text = format!("{word}  {summary}\n");
    if let Some((_, line)) = entry {
        let lines = out::lines(line).map(|line| format!("{line}\n"));
        text.extend(lines);
    }
    if let Some(next) = told.next {
        text.push_str(&format!("NEXT      {next}\n"));
    }
    let extra = json!({
        "log": args::shown(path).as_str(),
        "entry_id": entry.map(|(moved, _)| &moved.id),
        "version": entry.map(|(moved, _)| &moved.to),
        "entry": entry.map(|(_, line)| line),
        "dry_run": args.dry_run,
    });
    let verdict = match told.code {
        exit::OK => Verdict::Ok,
        exit::WARNING => Verdict::Warning,
        exit::CRITICAL => Verdict::Critical,
        _ => Verdict::Unknown,
    };
    let kind = DocumentKind::RecordDeploy;
    let summary = summary.as_str();
    context
        .out
        .document(kind, verdict, told.code, summary, &text, &extra)
}
