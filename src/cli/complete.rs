//! Completion in bash, zsh, fish, elvish and PowerShell: the script that a shell reads, and the
//! answer to the questions that this script asks. Contacts no network.

use super::format::Format;
use super::help::{EXIT_CODES, OPTIONS};
use super::{Environment, command_line, now};
use crate::engine::completion::{CompletionSources, DescribedWord};
use crate::exit;
use crate::practice;
use crate::stack::Flags;
use crate::webhook::WebhookEvent;
use clap::Command;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::Shells;
use std::ffi::OsString;
use std::io::Write;
use std::sync::Arc;

/// The variable in which a script names its shell.
pub(super) const VARIABLE: &str = "DUCKOPS_COMPLETE";

/// In a folder of `$fpath`, zsh runs the script when it completes for the first time: it must not
/// only make the function then, but call it.
const ZSH_AUTOLOAD: &str = "\nif [[ ${funcstack[1]} == _duckops ]]; then\n    _clap_dynamic_completer_duckops \"$@\"\nfi\n";

/// The script that a shell reads.
pub(super) fn registration(shell: &str) -> Result<String, String> {
    let shells = Shells::builtins();
    let known = shells.completer(shell);
    let known = known.ok_or_else(|| format!("there is no completion for {shell}"))?;
    let mut script = Vec::new();
    known
        .write_registration(VARIABLE, "duckops", "duckops", "duckops", &mut script)
        .map_err(|error| error.to_string())?;
    let mut script = String::from_utf8(script).map_err(|error| error.to_string())?;
    if shell == "zsh" {
        script.push_str(ZSH_AUTOLOAD);
    }
    script.push_str(&built_in_words());
    Ok(script)
}

/// A comment with the values that are completed on every machine: the script asks the binary for
/// them, so that whoever reads or searches it finds none.
fn built_in_words() -> String {
    let env = Environment::default();
    let source = CandidateSource {
        sources: CompletionSources::new(&Flags::default(), &env, now(&env)),
        words: Vec::new(),
    };
    let arguments = ["runbook", "state", "stage", "event", "output"];
    let words = arguments
        .iter()
        .filter_map(|argument| source.candidates(argument));
    let words: Vec<_> = words.flatten().map(|(word, _)| word).collect();
    format!(
        "\n# Values that duckops offers, among others: {}\n",
        words.join(" ")
    )
}

/// Answers a shell: the candidates for the words after `--`.
pub(super) fn main(shell: &str, arguments: &[OsString], env: &Environment) -> u8 {
    let mut words = arguments.iter().skip_while(|word| *word != "--");
    words.next();
    let words: Vec<OsString> = words.cloned().collect();
    let texts: Vec<_> = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let source = Arc::new(CandidateSource {
        sources: CompletionSources::new(&flags(&texts), env, now(env)),
        words: texts,
    });
    let mut command = with_candidates(command_line::command(), &source);
    let (shells, mut answer) = (Shells::builtins(), Vec::new());
    let folder = std::env::current_dir().ok();
    let is_answered = shells.completer(shell).is_some_and(|shell| {
        let done = shell.write_complete(&mut command, words, folder.as_deref(), &mut answer);
        done.is_ok() && std::io::stdout().write_all(&answer).is_ok()
    });
    if is_answered { exit::OK } else { exit::UNKNOWN }
}

/// The flags in a line that decide where names come from.
fn flags(words: &[String]) -> Flags {
    let value = |flag: &str| {
        let at = words.iter().position(|word| word == flag)?;
        words.get(at + 1).cloned()
    };
    Flags {
        stack: value("--stack"),
        api_url: value("--api-url"),
        runbooks: value("--runbooks"),
        history: value("--history"),
        state_dir: value("--state-dir"),
        ..Flags::default()
    }
}

struct CandidateSource {
    sources: CompletionSources,
    words: Vec<String>,
}

impl CandidateSource {
    /// The candidates for an argument, by its id.
    fn candidates(&self, argument: &str) -> Option<Vec<DescribedWord>> {
        let named = |names: &[&str]| {
            names
                .iter()
                .map(|name| ((*name).to_owned(), None))
                .collect()
        };
        let words = || self.words.iter().map(String::as_str);
        Some(match argument {
            "runbook" | "asked" | "mute" | "unmute" => self.sources.runbooks(),
            "step" => self.sources.steps_of(words()),
            "state" => self.sources.steps_of(["peck"]),
            "stage" => self.sources.steps_of(["bond"]),
            "prefix" | "fact" => self.sources.facts(),
            "to" | "expect" => self.sources.versions(),
            "profile" => self.sources.profiles(),
            "stack" => self.sources.stacks(),
            "channel" => self.sources.channels(),
            "scene" => practice::scenes()
                .iter()
                .map(|scene| (scene.name.to_owned(), Some(scene.hides.to_owned())))
                .collect(),
            "output" => named(&Format::ALL.map(|(name, _)| name)),
            "event" => named(&WebhookEvent::ALL.map(WebhookEvent::name)),
            "color" => named(&["auto", "always", "never"]),
            "topic" => {
                let root = command_line::command();
                let known = root.get_subcommands().map(Command::get_name);
                let known = known.chain([EXIT_CODES, OPTIONS]);
                known.map(|known| (known.to_owned(), None)).collect()
            }
            _ => return None,
        })
    }

    /// One that a shell would take for several, or that would reach its terminal, is left out.
    fn shown(&self, argument: &str) -> Vec<CompletionCandidate> {
        let all = self.candidates(argument).unwrap_or_default().into_iter();
        let safe = all.filter(|(name, _)| !name.contains(|c: char| c.is_control() || c == ' '));
        let shown = safe.map(|(name, about)| {
            CompletionCandidate::new(name).help(about.map(clap::builder::StyledStr::from))
        });
        shown.collect()
    }
}

fn with_candidates(command: Command, source: &Arc<CandidateSource>) -> Command {
    let command = command.mut_subcommands(|inner| with_candidates(inner, source));
    command.mut_args(|argument| {
        let id = argument.get_id().to_string();
        let source = Arc::clone(source);
        // Whether there are any is asked of the table alone: nothing is read yet.
        match COMPLETED.contains(&id.as_str()) {
            true => argument.add(ArgValueCandidates::new(move || source.shown(&id))),
            false => argument,
        }
    })
}

/// The arguments that [`CandidateSource::candidates`] knows.
const COMPLETED: [&str; 19] = [
    "event", "runbook", "asked", "mute", "unmute", "step", "state", "stage", "prefix", "fact",
    "to", "expect", "profile", "stack", "channel", "scene", "output", "color", "topic",
];
