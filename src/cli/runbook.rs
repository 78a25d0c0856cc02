//! `duckops runbook`: the runbooks as documents and as tested data. Sends no request.

use super::args::{self, RunbookAction};
use super::fail::Failure;
use super::format::Format;
use super::{Context, recording};
use crate::engine::runbook_checks;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::report::junit;
use crate::runbook::listing;
use crate::state_dir::output;
use crate::text::{Printable, words_of};
use serde_json::json;

pub(super) async fn main(context: &Context, args: &args::RunbookArgs) -> Result<u8, Failure> {
    let (library, screen) = (&context.library, context.out.screen);
    let document = match &args.action {
        RunbookAction::List => listing::list(&library.all()?, screen),
        RunbookAction::Show { runbook } => {
            let naming = context.settings.stack.naming();
            listing::show(&library.get(runbook)?, &naming)
        }
        RunbookAction::Lint { runbook } => runbook_checks::lint(library, runbook.as_deref())?,
        RunbookAction::Test { runbook } => {
            let document = runbook_checks::test(library, runbook.as_deref())?;
            if context.out.format == Format::Junit {
                let suites = runbook_checks::test_suites(library, runbook.as_deref())?;
                let code = document.heading.exit_code;
                return Ok(context.out.print(&junit::document(&suites), code));
            }
            document
        }
        RunbookAction::Case { file, runbook } => {
            let recording = recording::load(context, "", file).await?;
            let (file, runbook) = (Printable::path(file), runbook.as_deref());
            runbook_checks::recorded_cases(library, &recording, file.as_str(), runbook)?
        }
        RunbookAction::New { runbook } => new(context, runbook)?,
    };
    Ok(context.out.document(&document))
}

/// The file beside new runbooks that tells an editor what may stand in them; the template names it.
const SCHEMA: &str = "runbook.schema.json";

/// Writes a runbook that already passes its own lint, to be changed step by step.
fn new(context: &Context, id: &str) -> Result<Document, Failure> {
    let Some(folder) = &context.settings.runbooks else {
        return Err(Failure::usage("say in which folder: --runbooks DIR"));
    };
    if !listing::is_id(id) {
        let shown = Printable::from(id);
        return Err(Failure::usage(format!(
            "`{shown}` cannot be an id: use a-z, 0-9 and -, such as inc-006"
        )));
    }
    let path = folder.value.join(format!("{id}.toml"));
    let text = listing::template(id);
    // Editors find it by the first line of the runbook.
    let schema = folder.value.join(SCHEMA);
    let schema_text = crate::runbook::schema();
    let written = output::create_folders(&folder.value)
        .and_then(|()| output::create(&path, text.as_bytes(), output::PRIVATE))
        .and_then(|()| output::replace(&schema, schema_text.as_bytes(), output::SHARED));
    let path = Printable::path(&path);
    written.map_err(|error| {
        Failure::usage(format!("{path} could not be written: {}", words_of(&error)))
    })?;
    let folder = crate::text::quoted(&folder.value.to_string_lossy());
    let text = format!("{path}\nChange it, then: duckops runbook lint {id} --runbooks {folder}\n");
    let (kind, extra) = (DocumentKind::RunbookNew, json!({ "file": path.as_str() }));
    Ok(Document::ok(kind, format!("wrote {path}"), text, extra))
}
