//! What a packager needs: the schema, completion scripts and the manual page.

use super::Context;
use super::args::Cli;
use super::fail::Failure;
use crate::exit;
use crate::report::schema;
use clap::CommandFactory;

pub(super) fn schema(context: &Context) -> u8 {
    context.out.print(schema::v1(), exit::OK)
}

pub(super) fn completions(context: &Context, shell: clap_complete::Shell) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "duckops", &mut script);
    text(context, script)
}

pub(super) fn man(context: &Context) -> Result<u8, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(|error| Failure::own(format!("the manual page could not be made: {error}")))?;
    text(context, page)
}

fn text(context: &Context, bytes: Vec<u8>) -> Result<u8, Failure> {
    let text = String::from_utf8(bytes).map_err(|error| Failure::own(error.to_string()))?;
    Ok(context.out.print(&text, exit::OK))
}
