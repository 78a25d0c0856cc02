//! `duckops help`: the help of a command, and what the exit codes mean.

use super::Context;
use super::args::Cli;
use super::fail::Failure;
use crate::exit;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::runbook::Missing;
use clap::CommandFactory;

/// The topic that is no command.
const EXIT_CODES: &str = "exit-codes";

/// What each exit code means, by the constants of [`exit`].
fn codes() -> String {
    let reads = [
        (exit::OK, "ok"),
        (exit::WARNING, "warning"),
        (exit::CRITICAL, "critical"),
        (exit::UNKNOWN, "unknown, or duckops itself failed"),
        (
            exit::USAGE,
            "usage error; that of unknown under --output nagios",
        ),
        (exit::INTERRUPTED, "interrupted from the keyboard"),
        (exit::TERMINATED, "ended by another process"),
    ];
    let writes = [
        (exit::OK, "done, and read back"),
        (exit::WARNING, "not applied, and that is proven"),
        (
            exit::CRITICAL,
            "applied, but verifying or recording it failed",
        ),
        (exit::UNKNOWN, "may have been applied: do not repeat it"),
        (
            exit::CONFLICT,
            "changed by another user first; nothing of this command was applied",
        ),
        (exit::NO_CONSENT, "consent missing; nothing was sent"),
        (exit::USAGE, "usage error"),
        (exit::INTERRUPTED, "interrupted before anything was sent"),
        (exit::TERMINATED, "ended before anything was sent"),
    ];
    let escalate = [
        (exit::OK, "sent, or printed"),
        (exit::WARNING, "nothing is due"),
        (exit::CRITICAL, "a channel did not take it"),
        (exit::CONFLICT, "sent already"),
        (exit::NO_CONSENT, "consent missing"),
    ];
    let tables: [(&str, &[(u8, &str)]); 3] = [
        (
            "read (triage, check, show, list, alias check, doctor)",
            &reads,
        ),
        ("change something (alias rollback, bond rotate)", &writes),
        ("page a contact (escalate)", &escalate),
    ];
    let mut text = String::new();
    for (commands, rows) in tables {
        let gap = if text.is_empty() { "" } else { "\n" };
        text.push_str(&format!("{gap}Exit codes of commands that {commands}:\n"));
        for (code, meaning) in rows {
            text.push_str(&format!("  {code:>3}  {meaning}\n"));
        }
    }
    text
}

pub(super) fn main(context: &Context, topic: &[String]) -> Result<u8, Failure> {
    let text = match topic {
        [only] if only == EXIT_CODES => codes(),
        topic => of_command(topic)?,
    };
    let document = Document::verbatim(DocumentKind::Help, "help", text);
    Ok(context.out.document(&document))
}

fn of_command(topic: &[String]) -> Result<String, Failure> {
    let mut command = Cli::command();
    command.build();
    for name in topic {
        let names: Vec<String> = command
            .get_subcommands()
            .map(|known| known.get_name().to_owned())
            .collect();
        match command.find_subcommand(name) {
            Some(found) => command = found.clone(),
            None => {
                let known = names.iter().map(String::as_str).chain([EXIT_CODES]);
                return Err(Missing::name("command", name, known).into());
            }
        }
    }
    Ok(command.render_long_help().to_string())
}
