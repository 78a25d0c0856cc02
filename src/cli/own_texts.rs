//! Texts of ours: what a secret may share with them is no part of the secret.

use super::args::Cli;
use crate::report::schema;
use crate::runbook;
use clap::{Command, CommandFactory};

/// Every help, every runbook and the schema of the output.
pub(super) fn all() -> String {
    let mut texts = schema::v1().to_owned();
    for text in runbook::embedded_texts() {
        texts.push_str(text);
    }
    let mut command = Cli::command();
    command.build();
    add_help(&mut command, &mut texts);
    texts
}

fn add_help(command: &mut Command, texts: &mut String) {
    texts.push_str(&command.render_long_help().to_string());
    for inner in command.get_subcommands_mut() {
        add_help(inner, texts);
    }
}
