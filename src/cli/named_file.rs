//! Files that the command line names to be read.

use super::Context;
use super::fail::Failure;
use crate::state_dir::input::{self, InputError};
use crate::text::Printable;
use std::path::{Path, PathBuf};

/// The bytes of a file, or of a descriptor such as `-`, which must reach its end within the
/// deadline. `flag` is what named it; nothing where it is an argument by itself.
pub(super) async fn bytes(
    context: &Context,
    flag: &str,
    path: &Path,
    limit: u64,
) -> Result<Vec<u8>, Failure> {
    let (named, wait) = (path.to_owned(), context.settings.deadline.value);
    // On a thread of its own, so that a signal can end the wait.
    let read = tokio::task::spawn_blocking(move || input::read(&named, limit, wait));
    let read = read.await.map_err(|_| Failure::internal())?;
    read.map_err(|error| unreadable(flag, path, &error))
}

/// The text of the log that `--deploy-log` names, and its path where another command can read it
/// again: a pipe would be empty.
pub(super) async fn deploy_log(
    context: &Context,
    path: &Path,
) -> Result<(String, Option<PathBuf>), Failure> {
    const FLAG: &str = "--deploy-log: ";
    let bytes = bytes(context, FLAG, path, input::MAX_LOG).await?;
    let text = input::as_text(bytes).map_err(|error| unreadable(FLAG, path, &error))?;
    Ok((text, path.is_file().then(|| path.to_owned())))
}

fn unreadable(flag: &str, path: &Path, error: &InputError) -> Failure {
    let path = Printable::path(path);
    match error.fix() {
        Some(fix) => Failure::usage(format!("{flag}{path}: {error}\n{fix}")),
        None => Failure::usage(format!("{flag}{path}: {error}")),
    }
}
