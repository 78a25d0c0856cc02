//! What a packager needs: alert rules, the schema, completion scripts and the manual pages.

use super::Context;
use super::args::RulesArgs;
use super::fail::Failure;
use super::{command_line, complete, out};
use crate::exit;
use crate::fact::parse_duration;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::report::rules;
use crate::report::schema;

use crate::runbook::{self, Missing, model::Runbook};
use crate::stack::config_schema;
use crate::state_dir::output;
use crate::text::Printable;
use serde_json::json;
use std::io::IsTerminal;
use std::path::Path;

pub(super) fn rules(context: &Context, args: &RulesArgs) -> Result<u8, Failure> {
    let interval = parse_duration(&args.interval)
        .and_then(|seconds| u64::try_from(seconds).ok())
        .filter(|seconds| (1..=86_400).contains(seconds))
        .ok_or_else(|| {
            let wanted = "a duration of at most 1d, such as 5m";
            Failure::unusable("--interval", &args.interval, wanted)
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
pub(super) fn schema(context: &Context, config: bool, runbook: bool) -> u8 {
    let text = match (config, runbook) {
        (true, _) => config_schema().to_owned(),
        (_, true) => runbook::schema(),
        _ => schema::v1().to_owned(),
    };
    context.out.print(&text, exit::OK)
}

pub(super) fn completions(context: &Context, shell: clap_complete::Shell) -> Result<u8, Failure> {
    let script = complete::registration(&shell.to_string()).map_err(Failure::own)?;
    let summary = format!("completions for {shell}");
    let document = Document::verbatim(DocumentKind::Completions, summary, script);
    Ok(context.out.document(&document))
}

/// The page about one command or about all; with a folder, a page for every command into it.
pub(super) fn man(
    context: &Context,
    topic: &[String],
    folder: Option<&Path>,
) -> Result<u8, Failure> {
    let root = command_line::command();
    let Some(folder) = folder else {
        let known = command_line::paths(&root);
        let command = command_line::find(&root, topic).ok_or_else(|| {
            Missing::name(
                "command",
                &topic.join(" "),
                known.iter().map(String::as_str),
            )
        })?;
        let (page, summary) = (page(command)?, "the manual page");
        let document = Document::verbatim(DocumentKind::Man, summary, page);
        let code = context.out.document(&document);
        // The page is for a formatter, and so is the reader's.
        if std::io::stdout().is_terminal() {
            let words = [&["man".to_owned()], topic].concat().join(" ");
            out::warn(&format!("to read it: duckops {words} | man -l -"));
        }
        return Ok(code);
    };
    let failed = |path: &Path, error: std::io::Error| Failure::not_written(path, &error);
    output::create_folders(folder).map_err(|error| failed(folder, error))?;
    let mut files = Vec::new();
    for path in std::iter::once(String::new()).chain(command_line::paths(&root)) {
        let names = path.split_whitespace();
        let Some(command) = command_line::find(&root, names.clone()) else {
            continue;
        };
        let name: Vec<_> = std::iter::once("duckops").chain(names).collect();
        let file = folder.join(format!("{}.1", name.join("-")));
        output::replace(&file, page(command)?.as_bytes(), output::SHARED)
            .map_err(|error| failed(&file, error))?;
        files.push(Printable::path(&file).to_string());
    }
    let summary = format!("{} manual pages", files.len());
    let text = files.join("\n") + "\n";
    let document = Document::ok(DocumentKind::Man, summary, text, json!({ "files": files }));
    Ok(context.out.document(&document))
}

fn page(command: &clap::Command) -> Result<String, Failure> {
    let mut page = Vec::new();
    let made = clap_mangen::Man::new(command.clone()).render(&mut page);
    made.map_err(|error| Failure::own(format!("the manual page could not be made: {error}")))?;
    String::from_utf8(page).map_err(|error| Failure::own(error.to_string()))
}
