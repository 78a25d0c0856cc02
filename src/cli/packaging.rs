//! What a packager needs: alert rules, the schema, completion scripts and the manual page.

use super::Context;
use super::args::{Cli, RulesArgs};
use super::fail::Failure;
use crate::exit;
use crate::fact::parse_duration;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::report::rules;
use crate::report::schema;
use crate::runbook::model::Runbook;
use crate::stack::config_schema;
use crate::text::Printable;
use clap::CommandFactory;

pub(super) fn rules(context: &Context, args: &RulesArgs) -> Result<u8, Failure> {
    let interval = parse_duration(&args.interval)
        .and_then(|seconds| u64::try_from(seconds).ok())
        .filter(|seconds| (1..=86_400).contains(seconds))
        .ok_or_else(|| {
            let text = Printable::from(args.interval.as_str());
            Failure::usage(format!(
                "--interval: `{text}` is not a duration of at most 1d, such as 5m"
            ))
        })?;
    let runbooks = context.library.all()?.into_iter();
    let alerts: Vec<_> = runbooks.map(Runbook::into_alert).collect();
    let stack = Printable::from(context.settings.stack.name.value.as_str());
    let text = rules::render(
        &stack,
        &alerts,
        interval,
        context.settings.runbook_url.as_deref(),
    );
    let summary = format!("alert rules for {} runbooks", alerts.len());
    Ok(context
        .out
        .document(&Document::verbatim(DocumentKind::Rules, summary, text)))
}

/// The schema is a JSON document itself, and stands as it is in every format.
pub(super) fn schema(context: &Context, config: bool) -> u8 {
    let text = match config {
        true => config_schema(),
        false => schema::v1(),
    };
    context.out.print(text, exit::OK)
}

pub(super) fn completions(context: &Context, shell: clap_complete::Shell) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "duckops", &mut script);
    let summary = format!("completions for {shell}");
    text(context, DocumentKind::Completions, &summary, script)
}

pub(super) fn man(context: &Context) -> Result<u8, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(|error| Failure::own(format!("the manual page could not be made: {error}")))?;
    text(context, DocumentKind::Man, "the manual page", page)
}

fn text(
    context: &Context,
    kind: DocumentKind,
    summary: &str,
    bytes: Vec<u8>,
) -> Result<u8, Failure> {
    let text = String::from_utf8(bytes).map_err(|error| Failure::own(error.to_string()))?;
    Ok(context
        .out
        .document(&Document::verbatim(kind, summary, text)))
}
