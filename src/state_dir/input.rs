//! Reading files that the user names: configuration, runbooks, logs, recordings, secrets.
//!
//! Opening never waits for another process, what is no regular file is refused, and every
//! read has a limit of bytes. The exceptions are the descriptors that the caller passes
//! (`-`, `/dev/stdin`, `/dev/fd/N`): they may be pipes, and are read until a given time.

use crate::text::words_of;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::fs::{File, FileType, Metadata};
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The largest configuration file, runbook or log excerpt that is read, in bytes.
pub const MAX_TEXT: u64 = 1024 * 1024;
/// The largest log that is read, in bytes.
pub const MAX_LOG: u64 = 16 * 1024 * 1024;

/// Reasons a file was not read. The path is for the caller to name.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// It cannot be opened or read.
    #[error("{}", words_of(.0))]
    Io(#[from] io::Error),
    /// It is a folder, a pipe, a socket or a device.
    #[error("it is {0}, not a regular file")]
    NotRegular(&'static str),
    /// It is a link, where links are not followed.
    #[error("it is a symbolic link, and links are not followed")]
    Link,
    /// It holds more bytes than the limit.
    #[error("it is larger than {}", size(*.0))]
    TooLarge(u64),
    /// A descriptor did not reach its end in time.
    #[error("its end was not reached within {} s", .0.as_secs_f64())]
    TimedOut(Duration),
    /// A signal came while a descriptor was waited for.
    #[error("interrupted while waiting for its end")]
    Interrupted,
    /// It is not UTF-8.
    #[error("{0}")]
    NotText(&'static str),
}

impl InputError {
    /// The text of an editor or shell that writes UTF-16, such as PowerShell's `>`.
    pub const UTF16: Self = Self::NotText("it is UTF-16, not UTF-8");

    /// How to fix it, where the error does not say it.
    pub fn fix(&self) -> Option<&'static str> {
        match self {
            _ if self.is_missing() => Some("give the path of a file that exists"),
            _ if self.is_denied() => Some("make it readable for the user that runs duckops"),
            Self::NotRegular(_) => {
                Some("give the path of a regular file, or `-` for standard input")
            }
            Self::TooLarge(_) => Some("give a part of it"),
            Self::NotText(_) => Some("save it as UTF-8"),
            _ => None,
        }
    }

    /// Whether the user may not read it, or not enter a folder above it.
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::PermissionDenied)
    }

    /// Whether there is nothing at the path; below a file there is nothing either.
    pub fn is_missing(&self) -> bool {
        use io::ErrorKind::{NotADirectory, NotFound};
        matches!(self, Self::Io(error) if matches!(error.kind(), NotFound | NotADirectory))
    }
}

/// Whether the last part of a path may be a symbolic link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// As for files that configuration management puts in place.
    Follow,
    /// As for files that are written, too.
    Refuse,
}

/// Opens a regular file to read it. The metadata are those of the file that was opened.
///
/// # Errors
/// [`InputError`], except [`InputError::TooLarge`] and what concerns descriptors.
pub fn open(path: &Path, links: Links) -> Result<(File, Metadata), InputError> {
    // Looked at first: opening some devices has effects of its own.
    let before = match links {
        Links::Follow => std::fs::metadata(path)?,
        Links::Refuse => std::fs::symlink_metadata(path)?,
    };
    must_be_regular(before.file_type())?;
    let mut flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    if links == Links::Refuse {
        flags |= OFlags::NOFOLLOW;
    }
    let file = File::from(rustix::fs::open(path, flags, Mode::empty()).map_err(io::Error::from)?);
    let opened = file.metadata()?;
    must_be_regular(opened.file_type())?;
    Ok((file, opened))
}

/// The bytes of a regular file of at most `limit` bytes.
///
/// # Errors
/// [`InputError`].
pub fn read_file(path: &Path, links: Links, limit: u64) -> Result<Vec<u8>, InputError> {
    let (file, seen) = open(path, links)?;
    if seen.size() > limit {
        return Err(InputError::TooLarge(limit));
    }
    bounded(file, limit)
}

/// The text of a regular file of at most `limit` bytes.
///
/// # Errors
/// [`InputError`].
pub fn read_text(path: &Path, links: Links, limit: u64) -> Result<String, InputError> {
    as_text(read_file(path, links, limit)?)
}

/// The bytes of what the caller names: a regular file, or one of the caller's descriptors
/// (`-` is standard input), which must reach its end within `wait`.
///
/// # Errors
/// [`InputError`].
pub fn read(path: &Path, limit: u64, wait: Duration) -> Result<Vec<u8>, InputError> {
    match descriptor(path) {
        None => read_file(path, Links::Follow, limit),
        Some(Descriptor::StandardInput) => {
            read_descriptor(io::stdin().as_fd(), &io::stdin(), limit, wait)
        }
        Some(Descriptor::Path(path)) => {
            let file = open_descriptor(&path)?;
            read_descriptor(file.as_fd(), &file, limit, wait)
        }
    }
}

/// The paths in a folder that end with `.extension`, sorted.
///
/// # Errors
/// That the folder cannot be listed, or holds more than `most` of them.
pub fn files_in(folder: &Path, extension: &str, most: usize) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == extension) {
            paths.push(path);
        }
        if paths.len() > most {
            let why = format!("it holds more than {most} files that end with .{extension}");
            return Err(io::Error::other(why));
        }
    }
    paths.sort();
    Ok(paths)
}

/// Some of the paths in a folder that end with `.extension`, sorted: of a folder that holds
/// more than `most` names only that many are looked at.
///
/// # Errors
/// That the folder cannot be listed.
pub(crate) fn some_files_in(
    folder: &Path,
    extension: &str,
    most: usize,
) -> io::Result<Vec<PathBuf>> {
    let names = std::fs::read_dir(folder)?.take(most).flatten();
    let mut paths: Vec<_> = names
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == extension))
        .collect();
    paths.sort();
    Ok(paths)
}

/// How many names a folder holds, counted up to `most`.
///
/// # Errors
/// That the folder cannot be listed.
pub(crate) fn count(folder: &Path, most: usize) -> io::Result<usize> {
    Ok(std::fs::read_dir(folder)?.take(most).count())
}

/// Text, or which encoding it seems to have.
///
/// # Errors
/// [`InputError::NotText`].
pub fn as_text(bytes: Vec<u8>) -> Result<String, InputError> {
    if is_utf16(&bytes) {
        return Err(InputError::UTF16);
    }
    String::from_utf8(bytes).map_err(|_| InputError::NotText("it is not UTF-8"))
}

/// Whether bytes begin as UTF-16 does: with its mark, or with an ASCII character of two bytes.
pub fn is_utf16(bytes: &[u8]) -> bool {
    let is_printed = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [0, byte, ..] | [byte, 0, ..] => is_printed(*byte),
        _ => false,
    }
}

/// Reads to the end, or refuses what has no end within the limit.
pub(crate) fn bounded(source: impl Read, limit: u64) -> Result<Vec<u8>, InputError> {
    // What is read is small: one call for most of it, where growing from nothing takes seven.
    let mut bytes = Vec::with_capacity(4096);
    source.take(limit + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > limit {
        true => Err(InputError::TooLarge(limit)),
        false => Ok(bytes),
    }
}

enum Descriptor {
    StandardInput,
    /// Where the kernel shows an open descriptor of this process.
    Path(PathBuf),
}

/// The descriptor that a path names. Only the spelling counts: any other path to a pipe is
/// an ordinary pipe.
fn descriptor(path: &Path) -> Option<Descriptor> {
    let text = path.to_str()?;
    if matches!(text, "-" | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0") {
        return Some(Descriptor::StandardInput);
    }
    let number = text
        .strip_prefix("/dev/fd/")
        .or_else(|| text.strip_prefix("/proc/self/fd/"))?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Descriptor::Path(path.to_owned()))
}

fn open_descriptor(path: &Path) -> Result<File, InputError> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty()).map_err(io::Error::from)?);
    Ok(file)
}

/// What a descriptor is that the caller passes: `None` for a path that names none, and
/// the metadata only of a regular file, which may be another user's.
///
/// # Errors
/// That there is no such descriptor.
pub(crate) fn handed_over(path: &Path) -> Result<Option<Option<Metadata>>, InputError> {
    let seen = match descriptor(path) {
        None => return Ok(None),
        Some(Descriptor::StandardInput) => {
            File::from(io::stdin().as_fd().try_clone_to_owned()?).metadata()?
        }
        Some(Descriptor::Path(path)) => open_descriptor(&path)?.metadata()?,
    };
    Ok(Some(seen.is_file().then_some(seen)))
}

fn read_descriptor<R>(
    fd: BorrowedFd<'_>,
    mut source: R,
    limit: u64,
    wait: Duration,
) -> Result<Vec<u8>, InputError>
where
    R: Read,
{
    let until = Instant::now() + wait;
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(InputError::TimedOut(wait));
        }
        let time = Timespec::try_from(left).unwrap_or(Timespec {
            tv_sec: 1,
            tv_nsec: 0,
        });
        match poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&time)) {
            Ok(0) => return Err(InputError::TimedOut(wait)),
            Ok(_) => {}
            Err(Errno::INTR) => return Err(InputError::Interrupted),
            Err(error) => return Err(io::Error::from(error).into()),
        }
        // No more than one read after each wait: a second one could block.
        match source.read(&mut buffer) {
            Ok(0) => return Ok(bytes),
            Ok(many) => bytes.extend_from_slice(buffer.get(..many).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        if bytes.len() as u64 > limit {
            return Err(InputError::TooLarge(limit));
        }
    }
}

fn must_be_regular(kind: FileType) -> Result<(), InputError> {
    match kind {
        kind if kind.is_file() => Ok(()),
        kind if kind.is_symlink() => Err(InputError::Link),
        kind => Err(InputError::NotRegular(kind_name(kind))),
    }
}

/// What is there in place of a regular file, with its article.
pub(super) fn kind_name(kind: FileType) -> &'static str {
    match kind {
        kind if kind.is_dir() => "a folder",
        kind if kind.is_symlink() => "a symbolic link",
        kind if kind.is_fifo() => "a pipe",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    }
}

fn size(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    match bytes {
        bytes if bytes >= MIB && bytes % MIB == 0 => format!("{} MiB", bytes / MIB),
        bytes if bytes >= 1024 && bytes % 1024 == 0 => format!("{} KiB", bytes / 1024),
        bytes => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests;
