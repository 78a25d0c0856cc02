//! A folder for secrets that only the current user can access. It is opened once and checked;
//! every file in it is opened relative to that handle, so that the folder cannot be swapped for
//! another. Links in it are never followed.

use super::private_file::{self, StateDirError};
use rustix::fd::OwnedFd;
use rustix::fs::{self, AtFlags, Dir, FallocateFlags, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The largest file in such a folder, in bytes.
const LARGEST: u64 = 2 * 1024 * 1024;

/// An open folder of the current user.
#[derive(Debug)]
pub(crate) struct PrivateDir {
    handle: OwnedFd,
    path: PathBuf,
}

impl PrivateDir {
    /// Opens a folder, made 0700 if it is missing.
    ///
    /// # Errors
    /// That it cannot be made, is a link, or can be used by others.
    pub(crate) fn open(path: &Path) -> Result<Self, StateDirError> {
        private_file::make_folder(path)?;
        Self::there(path)?.ok_or_else(|| StateDirError::at(path, "it went away"))
    }

    /// Opens a folder that is there already; `None` when there is none.
    ///
    /// # Errors
    /// As [`PrivateDir::open`].
    pub(crate) fn there(path: &Path) -> Result<Option<Self>, StateDirError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = match fs::open(path, flags, Mode::empty()) {
            Ok(handle) => handle,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(StateDirError::at(path, error.to_string())),
        };
        let folder = Self {
            handle,
            path: path.to_owned(),
        };
        let seen = fs::fstat(&folder.handle).map_err(|error| folder.failed("", error))?;
        if seen.st_uid != rustix::process::geteuid().as_raw() {
            return Err(StateDirError::at(path, "it belongs to another user"));
        }
        if seen.st_mode & 0o077 != 0 {
            return Err(StateDirError::at(path, "others may use it: chmod 700 it"));
        }
        Ok(Some(folder))
    }

    /// The path of a file in it, for messages.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Makes a new file, 0600. One of that name must not be there, not even as a link.
    pub(crate) fn create(&self, name: &str) -> Result<File, StateDirError> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let file = fs::openat(&self.handle, name, flags, mode)
            .map_err(|error| self.failed(name, error))?;
        // Whatever the umask took away.
        fs::fchmod(&file, mode).map_err(|error| self.failed(name, error))?;
        Ok(File::from(file))
    }

    /// Opens a file of ours to append to.
    pub(crate) fn append(&self, name: &str) -> Result<File, StateDirError> {
        self.ours(name, OFlags::RDWR | OFlags::APPEND)?
            .ok_or_else(|| StateDirError::at(&self.path(name), "it does not exist any more"))
    }

    /// What a file of ours holds; `None` when there is none.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StateDirError> {
        let Some(file) = self.ours(name, OFlags::RDONLY)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        file.take(LARGEST)
            .read_to_end(&mut bytes)
            .map_err(|error| StateDirError::at(&self.path(name), error.to_string()))?;
        Ok(Some(bytes))
    }

    fn ours(&self, name: &str, how: OFlags) -> Result<Option<File>, StateDirError> {
        let flags = how | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match fs::openat(&self.handle, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(self.failed(name, error)),
        };
        private_file::must_be_own_file(&self.path(name), &file)?;
        Ok(Some(file))
    }

    /// Whether anything has this name, a link included.
    pub(crate) fn has(&self, name: &str) -> Result<bool, StateDirError> {
        match fs::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(self.failed(name, error)),
        }
    }

    /// Renames a file; the new name must not exist.
    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<(), StateDirError> {
        let (old, new) = (&self.handle, &self.handle);
        match fs::renameat_with(old, from, new, to, RenameFlags::NOREPLACE) {
            // The file system has no RENAME_NOREPLACE; the folder is private, so no one else writes
            // here.
            Err(Errno::INVAL | Errno::NOSYS) if !self.has(to)? => fs::renameat(old, from, new, to),
            renamed => renamed,
        }
        .map_err(|error| self.failed(to, error))
    }

    /// Removes a file; one that does not exist is no error.
    pub(crate) fn remove(&self, name: &str) -> Result<(), StateDirError> {
        match fs::unlinkat(&self.handle, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(self.failed(name, error)),
        }
    }

    /// Every name in it, sorted.
    pub(crate) fn names(&self) -> Result<Vec<String>, StateDirError> {
        let failed = |error| self.failed("", error);
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.handle).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            names.extend(entry.file_name().to_str().ok().map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    /// Makes the names in it survive a power cut.
    pub(crate) fn sync(&self) -> Result<(), StateDirError> {
        fs::fsync(&self.handle).map_err(|error| self.failed("", error))
    }

    fn failed(&self, name: &str, error: Errno) -> StateDirError {
        StateDirError::at(&self.path(name), error.to_string())
    }
}

/// Allocates disk space for a file of this size, so that writing it cannot fail for lack of
/// space. The space reads as zeros.
pub(crate) fn reserve(file: &mut File, size: u64) -> std::io::Result<()> {
    match fs::fallocate(&*file, FallocateFlags::empty(), 0, size) {
        Ok(()) => Ok(()),
        // Where the file system cannot, zeros that are written are room, too.
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => {
            use std::io::{Seek, Write};
            std::io::copy(&mut std::io::repeat(0).take(size), file)?;
            file.flush()?;
            file.rewind()
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_folder_that_others_may_use_and_a_link_are_refused() {
        let state = tempfile::tempdir().expect("a folder");
        let path = state.path().join("keys");
        assert!(PrivateDir::there(&path).expect("none").is_none());
        drop(PrivateDir::open(&path).expect("made"));
        for mode in [0o750, 0o707, 0o701] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("set");
            assert!(PrivateDir::open(&path).is_err(), "{mode:o}");
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).expect("set");
        let link = state.path().join("link");
        symlink(&path, &link).expect("linked");
        assert!(PrivateDir::open(&link).is_err());
    }

    #[test]
    fn an_existing_name_is_neither_followed_nor_replaced() {
        let state = tempfile::tempdir().expect("a folder");
        let outside = state.path().join("outside");
        std::fs::write(&outside, "theirs").expect("written");
        let folder = PrivateDir::open(&state.path().join("keys")).expect("made");
        symlink(&outside, folder.path("a")).expect("linked");
        assert!(folder.create("a").is_err());
        assert!(folder.append("a").is_err());
        assert!(folder.read("a").is_err());
        drop(folder.create("b").expect("made"));
        assert!(folder.rename("b", "a").is_err());
        assert!(folder.create("b").is_err(), "it is there already");
        assert_eq!(std::fs::read(&outside).expect("read"), b"theirs");
        folder.remove("a").expect("removed");
        folder.rename("b", "a").expect("free now");
        folder.remove("b").expect("gone already");
        let names = folder.names().expect("listed");
        assert!(names.contains(&"a".to_owned()) && !names.contains(&"b".to_owned()));
    }

    #[test]
    fn missing_disk_space_is_refused_in_advance() {
        let state = tempfile::tempdir().expect("a folder");
        let folder = PrivateDir::open(&state.path().join("keys")).expect("made");
        let mut file = folder.create("a").expect("made");
        reserve(&mut file, 4096).expect("room");
        assert_eq!(file.metadata().expect("seen").len(), 4096);
        assert!(reserve(&mut file, 1 << 62).is_err());
    }
}
