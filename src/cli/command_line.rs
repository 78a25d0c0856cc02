//! The command line with everything that help says of it: what `args` declares, in groups, with
//! examples and exit codes. Parsing needs none of it, so it is only made where it is shown.

use super::args::Cli;
use crate::report::words::wrap;
use clap::{Arg, ArgAction, Command, CommandFactory};

/// The commands by what they are for, as the help of `duckops` lists them. Of a command that has
/// commands below it, those are listed that people look for.
const GROUPS: [(&str, &[&str]); 4] = [
    (
        "Triage (reads only)",
        &[
            "triage",
            "check",
            "alias check",
            "alias show",
            "peck list",
            "peck show",
            "bond list",
            "bond show",
            "webhook diagnose",
            "facts",
            "audit",
        ],
    ),
    (
        "Change (shows the plan and asks for consent)",
        &[
            "alias rollback",
            "alias promote",
            "bond pulse",
            "bond rotate",
            "bond disconnect",
            "webhook send",
            "escalate",
        ],
    ),
    (
        "Record",
        &["record", "report", "timeline", "history", "diff", "journal"],
    ),
    (
        "Set up",
        &[
            "init",
            "doctor",
            "drill",
            "runbook",
            "rules",
            "mcp",
            "schema",
            "completions",
            "man",
            "help",
        ],
    ),
];

/// The first commands for a new user: the path of the command, and which of its examples.
const FIRST: [(&str, usize); 8] = [
    ("triage", 1),
    ("triage", 2),
    ("alias check", 0),
    ("alias rollback", 0),
    ("check", 1),
    ("escalate", 0),
    ("escalate", 1),
    ("escalate", 2),
];

/// What the exit codes of a command mean, by the word that stands beside its path.
const CODES: [(&str, &str); 17] = [
    (
        "reads",
        "Exit codes: 0 ok, 1 warning, 2 critical, 3 unknown, 64 usage, 130 or 143 interrupted",
    ),
    (
        "writes",
        "Exit codes: 0 done and read back, 1 not applied, 2 applied but not verified, 3 may have been applied, 4 changed by another user, 5 consent missing, 64 usage",
    ),
    (
        "safe",
        "Exit codes: 0 safe, 1 safe with cautions, 2 not safe, 3 not judged, 64 usage",
    ),
    (
        "escalate",
        "Exit codes: 0 sent or printed, 1 nothing is due, 2 a channel failed, 4 sent already, 5 consent missing, 64 usage",
    ),
    (
        "record",
        "Exit codes: 0 recorded, 1 not recorded, 3 may be recorded, 64 usage",
    ),
    (
        "delivery",
        "Exit codes: 0 accepted, 1 not accepted or not sent, 3 sent and not answered, 64 usage",
    ),
    (
        "signature",
        "Exit codes: 0 right, 2 wrong, 64 cannot be a signature",
    ),
    (
        "journal",
        "Exit codes: 0 whole and settled, 1 a write is open, 2 the chain is broken, 64 usage",
    ),
    (
        "init",
        "Exit codes: 0 written, 1 a configuration exists, 3 not written, 64 usage",
    ),
    ("lists", "Exit codes: 0 printed, 3 unreadable, 64 usage"),
    (
        "table",
        "Exit codes: 0 made, or there already, 1 refused, 3 may be unfinished, 64 usage",
    ),
    (
        "drills",
        "Exit codes: 0 every verdict as expected, 3 otherwise, 64 usage",
    ),
    ("practice", "Exit codes: 0 ended by a signal, 64 usage"),
    (
        "serves",
        "Exit codes: 130 or 143 ended by a signal, 64 usage",
    ),
    (
        "protocol",
        "Exit codes: 0 the input ended, 3 the stream broke, 64 usage",
    ),
    (
        "lints",
        "Exit codes: 0 no complaints, 64 complaints, or usage",
    ),
    ("local", "Exit codes: 0 done, 64 usage"),
];

/// The widest line of help: nothing says how wide a screen is on which a file of it is read.
const WIDTH: usize = 80;

/// Where the options are that every command takes.
const GLOBAL: &str = "Options of every command, such as --stack, -o and -q: duckops help options";

/// The examples of one command.
struct CommandExamples {
    path: &'static str,
    codes: &'static str,
    /// A comment, and the command line, which may go on after a backslash.
    lines: Vec<(&'static str, &'static str)>,
}

/// Every command's examples, in the order of the file.
fn all_examples() -> Vec<CommandExamples> {
    let blocks = include_str!("examples.txt").split("\n\n");
    let read = |block: &'static str| {
        let (head, rest) = block.trim().split_once('\n')?;
        let (path, codes) = head.strip_prefix('[')?.split_once("] ")?;
        let examples = rest.split("# ").skip(1);
        let lines = examples.filter_map(|example| example.trim_end().split_once('\n'));
        Some(CommandExamples {
            path,
            codes,
            lines: lines.collect(),
        })
    };
    blocks.filter_map(read).collect()
}

/// The example of a command that gives this flag; any, where what it lacks is no flag.
pub(super) fn example(path: &str, flag: &str) -> Option<String> {
    let examples = all_examples().into_iter();
    let lines = examples
        .filter(|known| known.path == path)
        .flat_map(|known| known.lines);
    let lines: Vec<_> = lines.map(|(_, line)| line).collect();
    let has_flag = |line: &&&str| line.split_whitespace().any(|word| word == flag);
    let any = lines.first().filter(|_| !flag.starts_with('-'));
    let line = lines.iter().find(has_flag).or(any)?;
    let words = line.split_whitespace().filter(|word| *word != "\\");
    Some(words.collect::<Vec<_>>().join(" "))
}

fn shown(lines: &[(&str, &str)]) -> String {
    let mut text = "Examples:\n".to_owned();
    for (comment, line) in lines {
        text.push_str(&format!(
            "  # {comment}\n  {}\n",
            line.replace('\n', "\n  ")
        ));
    }
    text
}

/// The whole command line, as help, manual pages and completion show it.
pub(super) fn command() -> Command {
    let examples = all_examples();
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::HelpShort)
        .help("Print help")
        .global(true);
    // What every command takes would fill half of its help, and stands in a page of its own.
    let mut root = Cli::command()
        .disable_help_flag(true)
        .term_width(WIDTH)
        .mut_args(|arg| arg.hide_short_help(true))
        .arg(help);
    // What a command accepts is declared only here.
    root.build();
    // They are two of its questions.
    if let Some(init) = root.find_subcommand_mut("init") {
        let is_asked = |arg: &Arg| ["profile", "api_url"].contains(&arg.get_id().as_str());
        let taken = std::mem::replace(init, Command::new("init"));
        *init = taken.mut_args(|arg| match is_asked(&arg) {
            true => arg.hide_short_help(false),
            false => arg,
        });
    }
    let root = dressed(root, "", &examples);
    let overview = overview(&root, &examples);
    root.override_help(overview)
}

/// A command and those below it, with examples and exit codes after the options.
fn dressed(command: Command, path: &str, examples: &[CommandExamples]) -> Command {
    let command = command.mut_subcommands(|inner| {
        let path = format!("{path} {}", inner.get_name());
        dressed(inner, path.trim(), examples)
    });
    let mut after = String::new();
    if let Some(long) = command.get_long_about() {
        let long = long.to_string();
        let rest = long.split_once("\n\n").map_or("", |(_, rest)| rest);
        after = format!("{rest}\n\n");
    }
    let own = examples.iter().find(|known| known.path == path);
    let (lines, codes) = match own {
        Some(own) => {
            let codes = CODES.iter().find(|(word, _)| *word == own.codes);
            (own.lines.clone(), codes.map_or("", |(_, line)| line))
        }
        None => {
            let below = format!("{path} ");
            let below = examples
                .iter()
                .filter(|known| known.path.starts_with(&below));
            let first = below.filter_map(|known| known.lines.first().copied());
            (
                first.take(4).collect(),
                "Exit codes: duckops help exit-codes",
            )
        }
    };
    after.push_str(&format!("{}\n{codes}\n{GLOBAL}", shown(&lines)));
    let command = command.long_about(None::<&str>);
    command.after_help(after)
}

/// The examples that the overview shows.
fn first(examples: &[CommandExamples]) -> Vec<(&'static str, &'static str)> {
    let first = FIRST.iter().filter_map(|(path, at)| {
        let known = examples.iter().find(|known| known.path == *path)?;
        known.lines.get(*at).copied()
    });
    first.collect()
}

/// The first command of the overview that this word describes: `mute`, `silence` and `page` are no
/// commands, and people type them.
pub(super) fn described_by(word: &str) -> Option<&'static str> {
    let is_in = |comment: &str| {
        let mut words = comment.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|known| known.eq_ignore_ascii_case(word))
    };
    let first = first(&all_examples()).into_iter();
    let mut lines = first.filter(|(comment, _)| is_in(comment));
    lines.next().map(|(_, line)| line)
}

/// The help of `duckops` itself: the commands by group.
fn overview(root: &Command, examples: &[CommandExamples]) -> String {
    let mut groups = String::new();
    for (title, paths) in GROUPS {
        groups.push_str(&format!("{title}:\n"));
        for path in paths {
            let about = find(root, path.split(' ')).and_then(Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let mut name = *path;
            for line in wrap(&about, WIDTH - 20) {
                groups.push_str(&format!("  {name:<16}  {line}\n"));
                name = "";
            }
        }
        groups.push('\n');
    }
    groups.push_str(&shown(&first(examples)));
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{groups}\n{{all-args}}{{after-help}}"
    );
    let shown = with_global_options(root)
        .override_usage("duckops [OPTIONS] <COMMAND>")
        .after_help("Exit codes: duckops help exit-codes. Help of a command: duckops help COMMAND")
        .help_template(template);
    shown.clone().render_help().to_string()
}

/// `duckops` with the options of every command, and without commands.
fn with_global_options(root: &Command) -> Command {
    let shown = root.clone().mut_args(|arg| arg.hide_short_help(false));
    shown.mut_subcommands(|inner| inner.hide(true))
}

/// The options that every command takes.
pub(super) fn global_options() -> String {
    let shown = with_global_options(&command()).override_help(None::<&str>);
    let template =
        "Options of every command; they may stand before or after its name\n\n{all-args}";
    shown.help_template(template).render_help().to_string()
}

/// The command at a path below another one.
pub(super) fn find(
    command: &Command,
    path: impl IntoIterator<Item = impl AsRef<str>>,
) -> Option<&Command> {
    let mut path = path.into_iter();
    path.try_fold(command, |command, name| {
        command.find_subcommand(name.as_ref())
    })
}

/// Every path of the tree, without `duckops` itself.
pub(super) fn paths(command: &Command) -> Vec<String> {
    let mut all = Vec::new();
    for inner in command.get_subcommands() {
        all.push(inner.get_name().to_owned());
        let below = paths(inner).into_iter();
        all.extend(below.map(|path| format!("{} {path}", inner.get_name())));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_leaf(root: &Command, path: &str) -> bool {
        find(root, path.split(' ')).is_some_and(|found| !found.has_subcommands())
    }

    #[test]
    fn every_command_has_examples_that_parse_and_exit_codes() {
        let (root, examples) = (command(), all_examples());
        let known: Vec<_> = examples.iter().map(|known| known.path).collect();
        let mut parsed = 0;
        for path in paths(&root) {
            let runs_itself =
                is_leaf(&root, &path) || ["drill", "history"].contains(&path.as_str());
            assert_eq!(known.contains(&path.as_str()), runs_itself, "{path}");
        }
        for CommandExamples { path, codes, lines } in &examples {
            assert!(find(&root, path.split(' ')).is_some(), "{path}");
            assert!(
                CODES.iter().any(|(word, _)| word == codes),
                "{path}: {codes}"
            );
            assert!((2..=4).contains(&lines.len()), "{path}: {}", lines.len());
            for (comment, line) in lines {
                assert!(
                    !comment.is_empty() && line.lines().all(|line| line.len() <= 78),
                    "{line}"
                );
                let line = line.replace("\\\n", " ").replace('\'', "\"");
                let line = line.split(" | ").next().unwrap_or_default();
                let line = line.split(" > ").next().unwrap_or_default().to_owned();
                // A text in quotes is one word, whatever is in it.
                let words: Vec<_> = line
                    .split('"')
                    .enumerate()
                    .flat_map(|(at, part)| match at % 2 {
                        0 => part.split_whitespace().collect(),
                        _ => vec![part],
                    })
                    .collect();
                let result = Cli::command().try_get_matches_from(&words);
                assert!(result.is_ok(), "{line}: {}", result.unwrap_err());
                parsed += 1;
            }
        }
        assert!(parsed > 80, "{parsed}");
    }

    #[test]
    fn every_command_stands_in_a_group() {
        let root = command();
        let listed: Vec<_> = GROUPS.iter().flat_map(|(_, paths)| paths.iter()).collect();
        for path in &listed {
            assert!(find(&root, path.split(' ')).is_some(), "{path}");
        }
        for inner in root.get_subcommands() {
            let name = inner.get_name();
            let is_listed = listed
                .iter()
                .any(|path| path.split(' ').next() == Some(name));
            assert!(is_listed, "{name} is in no group");
        }
    }
}
