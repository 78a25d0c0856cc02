//! `duckops alias`: everything is asked at once; `show` and `check` print it, `rollback`
//! and `promote` go on from there.

mod after;
mod canary;
mod gather;
mod moving;
mod order;
mod read;
mod told;
mod versions;

use super::Context;
use super::args::AliasAction;
use super::fail::Failure;

pub(super) async fn main(context: &Context, action: &AliasAction) -> Result<u8, Failure> {
    match action {
        AliasAction::Show(read) => read::show(context, read).await,
        AliasAction::Check { to, read } => read::check(context, read, to.as_deref()).await,
        AliasAction::Rollback { .. } | AliasAction::Promote { .. } => {
            moving::main(context, action).await
        }
    }
}
