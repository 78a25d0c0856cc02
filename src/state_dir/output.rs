//! Writing files that the user names: pages, pictures, recordings, bundles, metric files.
//!
//! A file is whole or not there: it is written beside its place, synced and renamed. Only a
//! regular file is ever replaced; a link, a pipe, a device or a folder in its place stays.

use super::input::kind_name;
use super::private_file;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The mode of what only the caller may read.
pub const PRIVATE: u32 = 0o600;
/// The mode of what a collector of another user reads.
pub const SHARED: u32 = 0o644;

/// How to fix a write error.
pub fn fix(error: &io::Error) -> &'static str {
    use io::ErrorKind::{
        AlreadyExists, IsADirectory, NotADirectory, NotFound, PermissionDenied, QuotaExceeded,
        ReadOnlyFilesystem, StorageFull,
    };
    match error.kind() {
        StorageFull | QuotaExceeded => "free space on its disk, then run it again",
        PermissionDenied | ReadOnlyFilesystem => "give a path that this user may write to",
        NotFound | NotADirectory => "make its folder first, or give the path of another one",
        AlreadyExists | IsADirectory => "give the path of a new file",
        _ => "give another path, or check the disk",
    }
}

/// Puts `bytes` in place of the regular file at `path`, or where nothing is.
///
/// # Errors
/// What is there instead, or what the file system says; what was there stays.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    replaceable(path)?;
    let temporary = Temporary::write(path, bytes, mode)?;
    // Once more: the file may be large, and what is there may have changed meanwhile.
    replaceable(path)?;
    fs::rename(&temporary.path, path)?;
    temporary.keep();
    remove_abandoned(path);
    sync_folder(folder_of(path))
}

/// Makes a new file; whatever is at `path` already stays.
///
/// # Errors
/// That something is there, a link included, or what the file system says.
pub fn create(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let temporary = Temporary::write(path, bytes, mode)?;
    match renameat_with(CWD, &temporary.path, CWD, path, RenameFlags::NOREPLACE) {
        Ok(()) => temporary.keep(),
        // A file system without that flag: a link is never made over anything either.
        Err(Errno::INVAL | Errno::NOSYS) => fs::hard_link(&temporary.path, path)?,
        Err(error) => return Err(error.into()),
    }
    remove_abandoned(path);
    sync_folder(folder_of(path))
}

/// Makes a new folder for the caller alone.
///
/// # Errors
/// That something is there already, or what the file system says.
pub fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o700))
}

/// Makes a folder with all that are missing above it, for the caller alone.
///
/// # Errors
/// What the file system says.
pub fn create_folders(path: &Path) -> io::Result<()> {
    private_file::make_folder(path).map_err(|error| io::Error::other(error.why().to_string()))
}

/// Removes a folder that [`create_folder`] made, with what is in it. That it cannot be
/// removed is nothing anybody could act on here.
pub fn remove_folder(path: &Path) {
    let _ = fs::remove_dir_all(path);
}

/// Removes a file that [`create`] made.
pub fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

/// Whether anything is at a path, a link included.
pub fn is_taken(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Whether [`replace`] may write at a path: nothing is there, or a regular file.
///
/// # Errors
/// What is there instead.
pub fn replaceable(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_file() => Ok(()),
        Ok(there) => Err(io::Error::other(format!(
            "it is {}, and only a regular file is written over",
            kind_name(there.file_type())
        ))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes the names in a folder survive a power cut.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A file beside its place, removed unless it is kept.
struct Temporary {
    path: PathBuf,
    is_kept: bool,
}

impl Temporary {
    fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<Self> {
        let name = path.file_name().ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "it is no name of a file")
        })?;
        let name = format!("{}.{}.tmp", name.to_string_lossy(), std::process::id());
        let temporary = Self {
            path: folder_of(path).join(name),
            is_kept: false,
        };
        // Only a killed run with the same process number could have left it.
        let _ = fs::remove_file(&temporary.path);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&temporary.path)?;
        file.set_permissions(Permissions::from_mode(mode))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(temporary)
    }

    fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes what killed runs left beside a file.
fn remove_abandoned(path: &Path) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let process = |file: &str| -> Option<u32> {
        let middle = file.strip_prefix(&*name)?.strip_prefix('.')?;
        middle.strip_suffix(".tmp")?.parse().ok()
    };
    let is_gone = |process: u32| !Path::new("/proc").join(process.to_string()).exists();
    let entries = fs::read_dir(folder_of(path))
        .into_iter()
        .flatten()
        .flatten();
    for entry in entries {
        if process(&entry.file_name().to_string_lossy()).is_some_and(is_gone) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn mode(path: &Path) -> u32 {
        let seen = fs::symlink_metadata(path).expect("there");
        seen.permissions().mode() & 0o777
    }

    #[test]
    fn replacing_leaves_the_whole_new_file_and_nothing_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("duckops.prom");
        // No process has this number: the kernel's largest is smaller.
        fs::write(folder.path().join("duckops.prom.4194999.tmp"), "half").expect("written");
        fs::write(folder.path().join("other.prom.4194999.tmp"), "theirs").expect("written");
        for text in ["one 1\n", "two 2\n"] {
            replace(&path, text.as_bytes(), SHARED).expect("written");
            assert_eq!(fs::read_to_string(&path).expect("read"), text);
        }
        assert_eq!(mode(&path), 0o644);
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .expect("a folder")
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        assert_eq!(names, ["duckops.prom", "other.prom.4194999.tmp"]);
    }

    #[test]
    fn a_failed_replacement_leaves_what_was_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("duckops.prom");
        fs::create_dir(&path).expect("a folder in its place");
        assert!(replace(&path, b"one 1\n", SHARED).is_err());
        assert!(path.is_dir());
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
        assert!(replace(Path::new("/"), b"one 1\n", SHARED).is_err());
        assert!(replace(&folder.path().join("no/such/x.prom"), b"one 1\n", SHARED).is_err());
    }

    #[test]
    fn links_and_pipes_are_neither_followed_nor_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("target");
        fs::write(&target, "theirs").expect("written");
        let link = folder.path().join("link");
        symlink(&target, &link).expect("linked");
        let dangling = folder.path().join("dangling");
        symlink("nowhere", &dangling).expect("linked");
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("bound");
        for path in [&link, &dangling, &socket] {
            let before = fs::symlink_metadata(path).expect("there").file_type();
            assert!(replace(path, b"ours", PRIVATE).is_err(), "{path:?}");
            assert!(create(path, b"ours", PRIVATE).is_err(), "{path:?}");
            let after = fs::symlink_metadata(path).expect("there").file_type();
            assert_eq!(before, after);
        }
        assert_eq!(fs::read_to_string(&target).expect("read"), "theirs");
        assert!(!folder.path().join("nowhere").exists());
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 4);
    }

    #[test]
    fn a_new_file_is_private_and_never_takes_the_place_of_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("recording.json");
        create(&path, b"first", PRIVATE).expect("made");
        assert_eq!(mode(&path), 0o600);
        assert!(create(&path, b"second", PRIVATE).is_err());
        assert_eq!(fs::read(&path).expect("read"), b"first");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
}
