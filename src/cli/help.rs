//! `duckops help`: the help of a command, and what the exit codes mean.

use super::Context;
use super::command_line;
use super::fail::Failure;
use crate::exit;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::runbook::Missing;

/// The topics that are no commands.
pub(super) const EXIT_CODES: &str = "exit-codes";
pub(super) const OPTIONS: &str = "options";

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
            "read (triage, check, alias check, doctor, facts, history)",
            &reads,
        ),
        ("change something (alias rollback, bond rotate)", &writes),
        ("page a contact (escalate)", &escalate),
    ];
    let mut text = String::new();
    for (commands, rows) in tables {
        let gap = if text.is_empty() { "" } else { "\n" };
        text.push_str(&format!("{gap}Commands that {commands}:\n"));
        for (code, meaning) in rows {
            text.push_str(&format!("  {code:>3}  {meaning}\n"));
        }
    }
    text
}

pub(super) fn main(context: &Context, topic: &[String]) -> Result<u8, Failure> {
    let text = match topic {
        [only] if only == EXIT_CODES => codes(),
        [only] if only == OPTIONS => command_line::global_options(),
        topic => of_command(topic)?,
    };
    let document = Document::verbatim(DocumentKind::Help, "help", text);
    Ok(context.out.document(&document))
}

fn of_command(topic: &[String]) -> Result<String, Failure> {
    let root = command_line::command();
    let mut command = &root;
    for name in topic {
        command = command.find_subcommand(name).ok_or_else(|| {
            let names = command.get_subcommands().map(clap::Command::get_name);
            Missing::name("command", name, names.chain([EXIT_CODES, OPTIONS]))
        })?;
    }
    Ok(command.clone().render_help().to_string())
}
