//! What clap says of a command line that it does not understand.

use super::command_line::{find, paths};
use super::fail::Failure;
use super::out::Out;
use crate::exit;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::text::{Printable, near};
use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Help and version are answers; everything else clap says is a usage error.
pub(super) fn from_clap(
    error: &clap::Error,
    foreseen: &Out,
    root: &Command,
) -> Result<u8, Failure> {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let document = Document::verbatim(DocumentKind::Help, "help", text);
            return Ok(foreseen.document(&document));
        }
        ErrorKind::InvalidSubcommand => {
            if let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) {
                return Err(unknown_command(word, &text, root));
            }
        }
        _ => {}
    }
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let lines = text
        .lines()
        .map(|line| Printable::from(Printable::from(line).as_str().trim_end()))
        .filter(|line: &Printable| !line.is_empty());
    Err(Failure {
        code: exit::USAGE,
        lines: lines.collect(),
    })
}

/// Names the nearest command, on this level or any other, or lists those of this level.
fn unknown_command(word: &str, text: &str, root: &Command) -> Failure {
    // The usage line ends with the command under which the word was looked for.
    let usage = text
        .lines()
        .find_map(|line| line.strip_prefix("Usage: duckops"));
    let path: Vec<_> = usage
        .unwrap_or_default()
        .split_whitespace()
        .take_while(|part| !part.starts_with(['[', '<', '-']))
        .collect();
    let level = find(root, &path).unwrap_or(root);
    let names: Vec<_> = level.get_subcommands().map(Command::get_name).collect();
    let all = paths(root);
    let of_level = |name: &str| [path.join(" "), name.to_owned()].join(" ");
    // `duckops rollback` means a command below another one.
    let elsewhere = || {
        let last = |path: &String| path.rsplit(' ').next().map(str::to_owned);
        let last: Vec<_> = all.iter().filter_map(last).collect();
        let name = near(word, &last.iter().map(String::as_str).collect::<Vec<_>>())?;
        let mut found = all
            .iter()
            .filter(|path| path.rsplit(' ').next() == Some(name));
        found.next().filter(|_| found.next().is_none()).cloned()
    };
    let nearest = near(word, &names).map(of_level).or_else(elsewhere);
    let known = names.join(", ");
    let second = match nearest {
        Some(nearest) => format!("did you mean: duckops {}", nearest.trim()),
        None => format!("commands: {known}"),
    };
    let help = format!("duckops help {}", path.join(" "));
    Failure::usage(format!(
        "unknown command \"{}\"\n{second}\nlist: {}",
        Printable::from(word),
        help.trim()
    ))
}
