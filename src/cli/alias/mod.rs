//! `duckops alias`: the four commands about the alias.

mod moving;
mod order;

use super::args::{AliasAction, AliasRead};
use super::fail::Failure;
use super::{Context, named_file, progress};
use crate::engine::alias::collect_alias;
use crate::report::columns::Screen;
use crate::write::alias::alias_report::show_report;
use crate::write::alias::check_report::check_report;
use crate::write::alias::findings::{AliasFindings, AliasQuery};
use order::version_number;

pub(super) async fn main(context: &Context, action: &AliasAction) -> Result<u8, Failure> {
    match action {
        AliasAction::Show(read) => {
            let query = query(read, None, true);
            let findings = findings(context, read, &query).await?;
            let columns = Some(context.out.style.width);
            let screen = Screen {
                columns,
                ..context.out.screen
            };
            Ok(context.out.report(&show_report(&findings, &query, screen)))
        }
        AliasAction::Check { to, read, strict } => {
            let out = context.out.counting_warnings(*strict)?;
            let query = query(read, to.as_deref(), false);
            let findings = findings(context, read, &query).await?;
            Ok(out.report(&check_report(&findings, &query)))
        }
        AliasAction::Rollback { .. } | AliasAction::Promote { .. } => {
            moving::main(context, action).await
        }
    }
}

fn query(read: &AliasRead, to: Option<&str>, around: bool) -> AliasQuery {
    AliasQuery {
        purpose: None,
        to: to.map(version_number),
        smoke: read.smoke,
        other_hosts: true,
        around,
    }
}

/// Everything that a command about the alias stands on.
async fn findings(
    context: &Context,
    read: &AliasRead,
    query: &AliasQuery,
) -> Result<AliasFindings, Failure> {
    let mut run = context.run()?;
    let deploy_log = match &read.deploy_log {
        None => None,
        Some(path) => {
            let (text, path) = named_file::deploy_log(context, path).await?;
            run.versions.deploy_log = path;
            Some(text)
        }
    };
    let state = context.settings.state_dir.as_ref();
    let state = state.map(|folder| folder.value.as_path());
    // Weights that AWS sets while it moves provisioned concurrency are waited for.
    progress::say("reading the alias: traffic weights may settle within 30 s");
    let findings = collect_alias(run, state, deploy_log, query).await;
    progress::done();
    Ok(findings)
}
