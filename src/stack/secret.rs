//! Secrets: where they may come from, and that nothing prints them.
//!
//! A file that others can read, that somebody else owns or that is a link is refused, and
//! refused means that its content was never read.

use crate::text::Printable;
use std::fmt;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// No secret is longer.
const LONGEST: u64 = 4096;

/// A secret. It has no way to be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// One that somebody has already.
    pub fn known(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for whoever has to send it or to sign with it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// In a file of the caller's, readable to nobody else.
    File(PathBuf),
    /// In a variable of the environment.
    Environment(String),
}

/// Why a secret cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Others could read it, or it is no plain file.
    #[error("{path} is refused: {why}")]
    Refused {
        /// The file.
        path: Printable,
        /// What is wrong, with what would help.
        why: Printable,
    },
    /// It cannot be read.
    #[error("{path} cannot be read: {why}")]
    Unreadable {
        /// The file.
        path: Printable,
        /// Why.
        why: Printable,
    },
    /// There is nothing in it, or more than a secret.
    #[error("{0} holds no secret: it is empty, too long or has several lines")]
    Empty(Printable),
}

impl SecretSource {
    /// Reads the secret. One newline at its end does not belong to it.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn read(&self, env: &dyn Fn(&str) -> Option<String>) -> Result<Secret, SecretError> {
        let (name, text) = match self {
            Self::File(path) => (shown(path), file(path)?),
            Self::Environment(name) => (name.as_str().into(), env(name).unwrap_or_default()),
        };
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.is_empty() || text.len() as u64 > LONGEST || text.contains(['\n', '\r', '\0']) {
            return Err(SecretError::Empty(name));
        }
        Ok(Secret(text.to_owned()))
    }
}

fn file(path: &Path) -> Result<String, SecretError> {
    let unreadable = |why: std::io::Error| SecretError::Unreadable {
        path: shown(path),
        why: why.to_string().into(),
    };
    let refused = |why: String| SecretError::Refused {
        path: shown(path),
        why: why.into(),
    };
    let before = fs::symlink_metadata(path).map_err(unreadable)?;
    if !before.is_file() {
        return Err(refused("it is a link or no file".to_owned()));
    }
    let file = File::open(path).map_err(unreadable)?;
    let opened = file.metadata().map_err(unreadable)?;
    if (opened.dev(), opened.ino()) != (before.dev(), before.ino()) {
        return Err(refused("it was replaced while it was opened".to_owned()));
    }
    let mode = opened.mode() & 0o7777;
    if mode & 0o077 != 0 {
        let fix = format!("others may use it (mode {mode:04o}); chmod 600 it");
        return Err(refused(fix));
    }
    // The folder of this process belongs to the user it runs as.
    let me = fs::metadata("/proc/self")
        .map(|me| me.uid())
        .map_err(unreadable)?;
    if opened.uid() != me {
        return Err(refused(format!(
            "it belongs to user {}, and this is user {me}",
            opened.uid()
        )));
    }
    let mut text = String::new();
    file.take(LONGEST + 2)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    Ok(text)
}

fn shown(path: &Path) -> Printable {
    path.to_string_lossy().into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn read(path: &Path) -> Result<Secret, SecretError> {
        SecretSource::File(path.to_owned()).read(&|_| None)
    }

    #[test]
    fn only_a_file_that_nobody_else_can_use_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        fs::write(&path, "bk_live_x\n").expect("written");
        for mode in 0..0o1000 {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
            let read = read(&path);
            match mode & 0o077 {
                0 if mode & 0o400 != 0 => assert_eq!(read.map(|s| s.0), Ok("bk_live_x".into())),
                0 => drop(read),
                _ => assert!(matches!(read, Err(SecretError::Refused { .. })), "{mode:o}"),
            }
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
        let link = folder.path().join("link");
        symlink(&path, &link).expect("linked");
        assert!(matches!(read(&link), Err(SecretError::Refused { .. })));
        assert!(matches!(
            read(folder.path()),
            Err(SecretError::Refused { .. })
        ));
        let missing = read(&folder.path().join("none"));
        assert!(matches!(missing, Err(SecretError::Unreadable { .. })));
    }

    #[test]
    fn one_newline_is_not_part_of_it_and_what_is_no_secret_is_refused() {
        let source = SecretSource::Environment("KEY".to_owned());
        let read = |text: &str| source.read(&|_| Some(text.to_owned())).ok().map(|s| s.0);
        assert_eq!(read("a b"), Some("a b".to_owned()));
        assert_eq!(read("a\n"), Some("a".to_owned()));
        assert_eq!(read("a\r\n"), Some("a".to_owned()));
        for none in ["", "\n", "a\n\n", "a\nb", "a\0", &"x".repeat(4097)] {
            assert_eq!(read(none), None, "{none:?}");
        }
        let secret = Secret("bk_live_x".to_owned());
        assert_eq!(format!("{secret:?}"), "(secret)");
    }
}
