//! `duckops help`: the help of a command, and what the exit codes mean.

use super::Context;
use super::args::Cli;
use super::fail::Failure;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::runbook::Missing;
use clap::CommandFactory;

/// The topic that is no command.
const EXIT_CODES: &str = "exit-codes";

const CODES: &str = "\
Exit codes of commands that read (triage, check, show, list, alias check, doctor):
    0  ok
    1  warning
    2  critical
    3  unknown, or duckops itself failed
   64  usage error; 3 under --output nagios
  130  interrupted from the keyboard
  143  ended by another process

Exit codes of commands that change something (alias rollback, bond rotate):
    0  done, and read back
    1  not applied, and that is proven
    2  applied, but verifying or recording it failed
    3  may have been applied: do not repeat it
    4  changed by another user first; nothing of this command was applied
    5  consent missing; nothing was sent
   64  usage error
  130, 143  interrupted before anything was sent

Of escalate: 0 sent or printed, 1 nothing due, 2 a channel did not take it, 4 sent already,
5 consent missing. Of record: 0 recorded, 1 not recorded, 3 may be recorded. Of webhook send:
0 accepted, 1 not accepted or nothing sent, 3 sent and not answered.
";

pub(super) fn main(context: &Context, topic: &[String]) -> Result<u8, Failure> {
    let text = match topic {
        [only] if only == EXIT_CODES => CODES.to_owned(),
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
