//! The file for node_exporter's textfile collector: whole or not there, whoever reads it
//! and whenever this process ends.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Puts `text` in place of the file at `path`. It is written beside it, under a name that
/// the collector does not read, synced and renamed; others may read it.
///
/// # Errors
/// What the file system says; the file that was there stays.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    write_as(path, text, 0o644)
}

/// The same with a mode of its own.
///
/// # Errors
/// See [`write`].
pub(super) fn write_as(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let beside = folder.join(format!(
        "{}.{}.tmp",
        name.to_string_lossy(),
        std::process::id()
    ));
    // Only a run that was killed and had our number could have left it.
    let _ = fs::remove_file(&beside);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&beside)
        .and_then(|mut file| {
            file.set_permissions(Permissions::from_mode(mode))?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
        return written;
    }
    abandoned(folder, &name.to_string_lossy())
        .into_iter()
        .for_each(|left| drop(fs::remove_file(left)));
    File::open(folder)?.sync_all()
}

/// What runs that were killed left beside the file.
fn abandoned(folder: &Path, name: &str) -> Vec<PathBuf> {
    let process = |file: &str| -> Option<u32> {
        let middle = file.strip_prefix(name)?.strip_prefix('.')?;
        middle.strip_suffix(".tmp")?.parse().ok()
    };
    let is_gone = |process: u32| !Path::new("/proc").join(process.to_string()).exists();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| process(&entry.file_name().to_string_lossy()).is_some_and(is_gone))
        .map(|entry| entry.path())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_replaced_as_a_whole_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("duckops.prom");
        // No process has this number: the kernel's largest is smaller.
        fs::write(folder.path().join("duckops.prom.4194999.tmp"), "half").expect("written");
        fs::write(folder.path().join("other.prom.4194999.tmp"), "theirs").expect("written");
        for text in ["one 1\n", "two 2\n"] {
            write(&path, text).expect("written");
            assert_eq!(fs::read_to_string(&path).expect("read"), text);
        }
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .expect("a folder")
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        assert_eq!(names, ["duckops.prom", "other.prom.4194999.tmp"]);
    }

    #[test]
    fn what_cannot_be_written_leaves_what_was_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("duckops.prom");
        fs::create_dir(&path).expect("a folder in its place");
        assert!(write(&path, "one 1\n").is_err());
        assert!(path.is_dir());
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
        assert!(write(Path::new("/"), "one 1\n").is_err());
        assert!(write(&folder.path().join("no/such/x.prom"), "one 1\n").is_err());
    }
}
