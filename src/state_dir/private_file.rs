//! Files of the state folder: made 0600 in folders of 0700, whatever the umask; links are
//! not followed; what belongs to somebody else is refused.

use crate::text::Printable;
use rustix::fs::OFlags;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long another process may hold a file.
const PATIENCE: Duration = Duration::from_secs(5);

/// A place in the state folder that cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{path} cannot be used: {why}")]
pub struct StateDirError {
    path: Printable,
    why: Printable,
}

impl StateDirError {
    pub(crate) fn at(path: &Path, why: impl Into<Printable>) -> Self {
        Self {
            path: path.to_string_lossy().into_owned().into(),
            why: why.into(),
        }
    }
}

/// Opens a file to read and append, made if it is missing.
pub(crate) fn open(path: &Path) -> Result<File, StateDirError> {
    let failed = |error: io::Error| StateDirError::at(path, error.to_string());
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    let file = options()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    ours(path, &file)?;
    file.set_permissions(Permissions::from_mode(0o600))
        .map_err(failed)?;
    Ok(file)
}

/// Opens a file that is there already; `None` when there is none.
pub(crate) fn existing(path: &Path) -> Result<Option<File>, StateDirError> {
    match options().open(path) {
        Ok(file) => ours(path, &file).map(|()| Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StateDirError::at(path, error.to_string())),
    }
}

/// Holds a file against everybody else who holds it this way, until it is closed.
pub(crate) fn hold(file: &File, path: &Path) -> Result<(), StateDirError> {
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => {
                return Err(StateDirError::at(path, error.to_string()));
            }
            Err(TryLockError::WouldBlock) if began.elapsed() > PATIENCE => {
                return Err(StateDirError::at(
                    path,
                    "another process has held it for 5 s",
                ));
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    // Not to follow a link, and not to wait for the other end of a pipe.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    options.read(true).custom_flags(flags.cast_signed());
    options
}

pub(crate) fn ours(path: &Path, file: &File) -> Result<(), StateDirError> {
    let seen = file
        .metadata()
        .map_err(|error| StateDirError::at(path, error.to_string()))?;
    if !seen.is_file() {
        return Err(StateDirError::at(path, "it is no plain file"));
    }
    if seen.uid() != rustix::process::geteuid().as_raw() {
        return Err(StateDirError::at(path, "it belongs to somebody else"));
    }
    Ok(())
}

pub(crate) fn make_folder(folder: &Path) -> Result<(), StateDirError> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_folder(parent)?;
    }
    let failed = |error: io::Error| StateDirError::at(folder, error.to_string());
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(failed),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

/// Takes a lock that says to other runs on this machine that somebody is at it; `None`
/// when somebody else is. It is given up with the file, however the process ends.
///
/// # Errors
/// That there is no place for it.
pub fn lock(path: &Path) -> Result<Option<File>, StateDirError> {
    let file = open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(StateDirError::at(path, error.to_string())),
    }
}
