//! What clap says of a command line that it does not understand.

use super::command_line::{described_by, example, find, paths};
use super::fail::Failure;
use super::out::Out;
use crate::exit;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::text::{Printable, near};
use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::error::Error as _;

/// Help is an answer; everything else clap says is a usage error.
pub(super) fn from_clap(
    error: &clap::Error,
    foreseen: &Out,
    (root, words): (&Command, &[String]),
) -> Result<u8, Failure> {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp => return Ok(as_asked(error, foreseen)),
        ErrorKind::InvalidSubcommand => {
            if let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) {
                return Err(unknown_command(word, words, root));
            }
        }
        _ => {}
    }
    Err(Failure {
        code: exit::USAGE,
        lines: lines(error, &text, (root, words))
            .into_iter()
            .map(Printable::from)
            .collect(),
    })
}

/// Prints the help or the version that was asked for.
pub(super) fn as_asked(error: &clap::Error, foreseen: &Out) -> u8 {
    let text = error.render().to_string();
    foreseen.document(&Document::verbatim(DocumentKind::Help, "help", text))
}

/// What is wrong, what clap knows of what was meant, the usage, and where to read on.
fn lines(error: &clap::Error, text: &str, (root, words): (&Command, &[String])) -> Vec<String> {
    let mut parts = text.split("\n\n");
    let first = parts.next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first).trim();
    let of = |kind| match error.get(kind) {
        Some(ContextValue::String(one)) => one.clone(),
        Some(ContextValue::Strings(several)) => several.join(", "),
        _ => String::new(),
    };
    let (argument, value) = (of(ContextKind::InvalidArg), of(ContextKind::InvalidValue));
    let mut lines = match error.kind() {
        // A command without its subcommand shows its help.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let help = text.lines().map(str::trim_end);
            let help = help.filter(|line| !line.is_empty()).map(str::to_owned);
            return std::iter::once("missing: a command".to_owned())
                .chain(help)
                .collect();
        }
        ErrorKind::MissingRequiredArgument => vec![format!("missing: {argument}")],
        ErrorKind::UnknownArgument => {
            let noun = match argument.starts_with('-') {
                true => "flag",
                false => "argument",
            };
            vec![format!("unknown {noun} `{argument}`")]
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            vec![format!("{argument}: the value is missing")]
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let why = error
                .source()
                .map(|why| format!(": {why}"))
                .unwrap_or_default();
            vec![format!("{argument}: `{value}` cannot be used{why}")]
        }
        ErrorKind::ArgumentConflict => {
            let other = of(ContextKind::PriorArg);
            match other.is_empty() || other == argument {
                true => vec![format!("{argument} is given more than once")],
                false => vec![format!("{argument} does not go together with {other}")],
            }
        }
        _ => vec![first.lines().map(str::trim).collect::<Vec<_>>().join(" ")],
    };
    let known = of(ContextKind::ValidValue);
    if !known.is_empty() {
        lines.push(format!("use {known}"));
    }
    let suggested = [
        (ContextKind::SuggestedArg, &argument),
        (ContextKind::SuggestedValue, &value),
        (ContextKind::SuggestedSubcommand, &argument),
    ];
    for (kind, given) in suggested {
        let near = of(kind);
        if !near.is_empty() && strsim::damerau_levenshtein(&near, given) <= 2 {
            lines.push(format!("did you mean: {near}"));
        }
    }
    let path = path_of(words, root);
    let command = path.join(" ");
    // `alias rollback 61` means a version, which has a flag.
    let has_version = find(root, &path).is_some_and(|command| {
        let mut arguments = command.get_arguments();
        arguments.any(|known| known.get_long() == Some("to"))
    });
    let is_number = !argument.is_empty() && argument.bytes().all(|b| b.is_ascii_digit());
    if error.kind() == ErrorKind::UnknownArgument && has_version && is_number {
        lines.push(format!("did you mean: duckops {command} --to {argument}"));
    }
    // Clap's own usage names the flags that it supposes were meant; this is the one of the help.
    let usage = find(root, &path).map(|command| command.clone().render_usage().to_string());
    let usage = usage.as_deref().unwrap_or_default();
    let usage = usage.lines().find_map(|line| line.strip_prefix("Usage: "));
    lines.extend(usage.map(|usage| format!("usage: {usage}")));
    let lacks = error.kind() == ErrorKind::MissingRequiredArgument
        || (error.kind() == ErrorKind::InvalidValue && value.is_empty());
    if lacks {
        let flag = argument.split([' ', ',']).next().unwrap_or_default();
        let example = example(&command, flag);
        let described = || {
            let mut arguments = find(root, &path)?.get_arguments();
            let known = arguments.find(|known| known.get_long() == flag.strip_prefix("--"))?;
            Some(format!("{flag}: {}", known.get_help()?))
        };
        let example = example.map(|example| format!("example: {example}"));
        lines.extend(example.or_else(described));
    }
    let help = format!("duckops help {command}");
    lines.push(format!("help: {}", help.trim_end()));
    lines
}

/// The command that a command line is for: its words that name one, below each other.
fn path_of<'a>(words: &'a [String], root: &Command) -> Vec<&'a str> {
    let mut path: Vec<&str> = Vec::new();
    for word in words.iter().skip(1) {
        let longer = [path.as_slice(), &[word]].concat();
        if find(root, &longer).is_some() {
            path = longer;
        }
    }
    path
}

/// The incident that the examples name.
const EXAMPLE: &str = "inc-004";

/// Names the nearest command, on this level or any other, or lists those of this level.
fn unknown_command(word: &str, words: &[String], root: &Command) -> Failure {
    let path = path_of(words, root);
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
    let nearest = nearest.map(|path| format!("duckops {}", path.trim()));
    // The incident that was named is the one that is meant.
    let incident = words.iter().find(|word| word.starts_with("inc-"));
    let incident = incident.map_or(EXAMPLE, String::as_str);
    let described = || described_by(word).filter(|_| path.is_empty());
    let described = || described().map(|line| line.replace(EXAMPLE, incident));
    let second = match nearest.or_else(described) {
        Some(nearest) => format!("did you mean: {nearest}"),
        None => format!("commands: {}", names.join(", ")),
    };
    let help = format!("duckops help {}", path.join(" "));
    Failure::usage(format!(
        "unknown command \"{}\"\n{second}\nlist: {}",
        Printable::from(word),
        help.trim()
    ))
}
