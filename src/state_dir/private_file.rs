//! Files of the state folder: created 0600 in folders of 0700, whatever the umask. Links are not
//! followed, and files of other users are refused.

use crate::text::{Printable, words_of};
use rustix::fs::OFlags;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

/// The longest wait for a file that another process has locked.
const PATIENCE: Duration = Duration::from_secs(5);

/// A path in the state folder that cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{path} cannot be used: {why}")]
pub struct StateDirError {
    path: Printable,
    why: Printable,
}

impl StateDirError {
    /// What is wrong, without the path.
    pub(crate) fn why(&self) -> &Printable {
        &self.why
    }

    /// The number that the system gives its errors is not repeated.
    pub(crate) fn at(path: &Path, why: impl Into<Printable>) -> Self {
        Self {
            path: path.to_string_lossy().into_owned().into(),
            why: words_of(&why.into()).into(),
        }
    }
}

/// Opens a file to read and append, made if it is missing.
pub(crate) fn open(path: &Path) -> Result<File, StateDirError> {
    open_with(path, options().append(true).create(true))
}

/// Opens a file to read and write anywhere in it, made if it is missing.
pub(crate) fn open_to_write(path: &Path) -> Result<File, StateDirError> {
    open_with(path, options().write(true).create(true).truncate(false))
}

fn open_with(path: &Path, options: &mut OpenOptions) -> Result<File, StateDirError> {
    let failed = |error: io::Error| StateDirError::at(path, words_of(&error));
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    let file = options.mode(0o600).open(path).map_err(failed)?;
    must_be_own_file(path, &file)?;
    file.set_permissions(Permissions::from_mode(0o600))
        .map_err(failed)?;
    Ok(file)
}

/// Opens a file that is there already; `None` when there is none.
pub(crate) fn existing(path: &Path) -> Result<Option<File>, StateDirError> {
    match options().open(path) {
        Ok(file) => must_be_own_file(path, &file).map(|()| Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StateDirError::at(path, words_of(&error))),
    }
}

/// Locks a file against other processes until it is closed.
pub(crate) fn hold(file: &File, path: &Path) -> Result<(), StateDirError> {
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => {
                return Err(StateDirError::at(path, words_of(&error)));
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
    // Do not follow a link, and do not wait for the other end of a pipe.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    options.read(true).custom_flags(flags.cast_signed());
    options
}

/// Creates a file; `None` if one exists, which is left as it is.
pub(crate) fn create_new(path: &Path) -> Result<Option<File>, StateDirError> {
    let failed = |error: io::Error| StateDirError::at(path, words_of(&error));
    match options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
    {
        // The umask may have removed permissions.
        Ok(file) => {
            file.set_permissions(Permissions::from_mode(0o600))
                .map_err(failed)?;
            Ok(Some(file))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// Refuses a link in place of a folder, dangling or not.
pub(crate) fn refuse_link(folder: &Path) -> Result<(), StateDirError> {
    match fs::symlink_metadata(folder) {
        Ok(seen) if seen.is_symlink() => Err(StateDirError::at(folder, "it is a symbolic link")),
        _ => Ok(()),
    }
}

/// Refuses an open file that is not a regular file of this user.
pub(crate) fn must_be_own_file(path: &Path, file: &File) -> Result<(), StateDirError> {
    let seen = file
        .metadata()
        .map_err(|error| StateDirError::at(path, words_of(&error)))?;
    if !seen.is_file() {
        return Err(StateDirError::at(path, "it is not a regular file"));
    }
    if seen.uid() != rustix::process::geteuid().as_raw() {
        return Err(StateDirError::at(path, "it belongs to another user"));
    }
    Ok(())
}

/// Makes a folder with all that are missing above it, each 0700.
pub(crate) fn make_folder(folder: &Path) -> Result<(), StateDirError> {
    if let Ok(seen) = fs::metadata(folder)
        && seen.is_dir()
    {
        // What root makes in it would keep its owner out from then on.
        let is_foreign = rustix::process::geteuid().is_root() && seen.uid() != 0;
        return match is_foreign {
            true => Err(StateDirError::at(folder, "it belongs to another user")),
            false => Ok(()),
        };
    }
    if let Some(parent) = folder
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        make_folder(parent)?;
    }
    let failed = |error: io::Error| StateDirError::at(folder, words_of(&error));
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(failed),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match folder.is_dir() {
            true => Ok(()),
            false => Err(StateDirError::at(folder, "it is no folder")),
        },
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_system_is_said_in_its_words_alone() {
        let error = std::io::Error::from_raw_os_error(20).to_string();
        let error = StateDirError::at(Path::new("/dev/null/intents"), error);
        assert_eq!(
            error.to_string(),
            "/dev/null/intents cannot be used: Not a directory"
        );
    }

    #[test]
    fn root_leaves_nothing_in_a_folder_of_another_user() {
        let home = tempfile::tempdir().expect("a folder");
        if std::os::unix::fs::chown(home.path(), Some(65534), None).is_err() {
            println!("NOT RUN: only root can give a folder away");
            return;
        }
        let state = home.path().join("state");
        for place in [home.path(), state.as_path(), &state.join("locks")] {
            let error = open(&place.join("file")).expect_err("refused");
            assert!(error.to_string().contains("another user"), "{error}");
        }
        assert_eq!(fs::read_dir(home.path()).expect("listed").count(), 0);
    }
}
