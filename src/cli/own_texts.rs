//! Texts of ours: what a secret may share with them is no part of the secret.

use super::command_line;
use crate::report::schema;
use crate::runbook;
use clap::Command;

/// Every help, every runbook and the schema of the output.
pub(super) fn all() -> String {
    let mut texts = schema::v1().to_owned();
    for text in runbook::embedded_texts() {
        texts.push_str(text);
    }
    add_help(&mut command_line::command(), &mut texts);
    texts
}

fn add_help(command: &mut Command, texts: &mut String) {
    texts.push_str(&command.render_help().to_string());
    for inner in command.get_subcommands_mut() {
        add_help(inner, texts);
    }
}
