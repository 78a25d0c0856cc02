//! `duckops alias`: the four commands about the alias.

mod moving;
mod order;
mod read;
mod versions;

use super::args::{AliasAction, AliasRead};
use super::fail::Failure;
use super::{Context, named_file};
use crate::engine::alias::collect_alias;
use crate::write::alias::findings::{AliasFindings, AliasQuery};

pub(super) async fn main(context: &Context, action: &AliasAction) -> Result<u8, Failure> {
    match action {
        AliasAction::Show(read) => read::show(context, read).await,
        AliasAction::Check { to, read } => read::check(context, read, to.as_deref()).await,
        AliasAction::Rollback { .. } | AliasAction::Promote { .. } => {
            moving::main(context, action).await
        }
    }
}

/// Everything that a command about the alias stands on.
async fn findings(
    context: &Context,
    read: &AliasRead,
    query: &AliasQuery,
) -> Result<AliasFindings, Failure> {
    let deploy_log = match &read.deploy_log {
        None => None,
        Some(path) => Some(named_file::deploy_log(context, path).await?),
    };
    let state = context.settings.state_dir.as_ref();
    let state = state.map(|folder| folder.value.as_path());
    Ok(collect_alias(context.run()?, state, deploy_log, query).await)
}
