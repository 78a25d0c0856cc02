//! Secrets: their sources, and a type that cannot be printed.
//!
//! A file that others can read or that another user owns is refused, and refused means that
//! its content was never read. Descriptors that the caller passes are read as well: `-`,
//! and `/dev/fd/N`, which a shell makes of `<(…)`.

use super::credential_text;
use crate::redact;
use crate::state_dir::input::{self, InputError, Links};
use crate::text::Printable;
use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The longest secret, in bytes.
const LONGEST: u64 = 4096;
const TOO_LONG: &str = "holds more than a secret: it is longer than 4,096 bytes";

/// How long reading a descriptor named in the configuration may take.
const CONFIGURED_WAIT: Duration = Duration::from_secs(2);

/// A secret. It has no way to be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret that is already in memory.
    pub fn known(text: impl Into<String>) -> Self {
        let text = text.into();
        // Whatever prints from now on does not print it.
        redact::known::remember(&text);
        Self(text)
    }

    /// The secret itself, to send it or to sign with it.
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
    /// In a file of the caller, not readable by others, or a descriptor.
    File(PathBuf),
    /// In a variable of the environment.
    Environment(String),
}

/// Why a secret cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Others can read it, or it is not a regular file.
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
    #[error("{path} {why}")]
    NotAlone {
        /// The file.
        path: Printable,
        /// What is wrong.
        why: &'static str,
    },
}

impl SecretError {
    /// How to fix it.
    pub fn fix(&self) -> String {
        match self {
            Self::Refused { path, .. } | Self::Unreadable { path, .. } => {
                format!("give a file of your own with the secret alone: chmod 600 {path}")
            }
            Self::NotAlone { path, .. } => {
                format!("put the secret alone on the one line of {path}")
            }
        }
    }
}

impl SecretSource {
    /// Whether it can be read more than once: a descriptor that a shell passes cannot.
    pub(super) fn can_be_read_again(&self) -> bool {
        match self {
            Self::File(path) => matches!(input::handed_over(path), Ok(None)),
            Self::Environment(_) => true,
        }
    }

    /// Reads a secret that the configuration names. One newline at its end does not belong to it.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn read(&self, env: &dyn Fn(&str) -> Option<String>) -> Result<Secret, SecretError> {
        self.read_within(CONFIGURED_WAIT, env)
    }

    /// The same for one that the command line names: a descriptor must reach its end within
    /// `wait`.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn read_within(
        &self,
        wait: Duration,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Secret, SecretError> {
        let (name, text) = match self {
            Self::File(path) => (shown(path), file(path, wait)?),
            Self::Environment(name) => (name.as_str().into(), env(name).unwrap_or_default()),
        };
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let why = match text {
            text if text.trim().is_empty() => "holds no secret: it is empty",
            text if text.len() as u64 > LONGEST => TOO_LONG,
            text if text.contains(['\n', '\r']) => "holds more than a secret: it has several lines",
            text if text.contains('\0') => "holds no text: there is a NUL character in it",
            text => return Ok(Secret::known(text)),
        };
        Err(SecretError::NotAlone { path: name, why })
    }

    /// Reads a token or a key, which is sent as it stands: one word, without what belongs to the file that it
    /// was copied from.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn read_credential(
        &self,
        wait: Option<Duration>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Secret, SecretError> {
        let secret = self.read_within(wait.unwrap_or(CONFIGURED_WAIT), env)?;
        let Some(why) = credential_text::fault(secret.expose()) else {
            return Ok(secret);
        };
        let path = match self {
            Self::File(path) => shown(path),
            Self::Environment(name) => name.as_str().into(),
        };
        Err(SecretError::NotAlone { path, why })
    }
}

/// The text of a secret file. A link is followed, as secrets that Kubernetes mounts are
/// links; what it leads to must be the caller's and private.
fn file(path: &Path, wait: Duration) -> Result<String, SecretError> {
    let unreadable = |why: InputError| SecretError::Unreadable {
        path: shown(path),
        why: why.to_string().into(),
    };
    let refused = |why: String| SecretError::Refused {
        path: shown(path),
        why: why.into(),
    };
    let handed = input::handed_over(path).map_err(unreadable)?;
    let bytes = match handed {
        // A pipe from the caller's shell is private.
        Some(None) => input::read(path, LONGEST + 2, wait),
        Some(Some(seen)) => {
            private(&seen).map_err(refused)?;
            input::read(path, LONGEST + 2, wait)
        }
        None => {
            let (file, seen) = match input::open(path, Links::Follow) {
                Ok(opened) => opened,
                Err(error @ InputError::NotRegular(_)) => return Err(refused(error.to_string())),
                Err(error) => return Err(unreadable(error)),
            };
            private(&seen).map_err(refused)?;
            input::bounded(file, LONGEST + 2)
        }
    };
    match bytes {
        Ok(bytes) if bytes.starts_with(b"\xef\xbb\xbf") => Err(refused(
            "it begins with a byte order mark, which would be part of the secret: save it without"
                .to_owned(),
        )),
        Ok(bytes) => input::as_text(bytes).map_err(unreadable),
        Err(InputError::TooLarge(_)) => Err(SecretError::NotAlone {
            path: shown(path),
            why: TOO_LONG,
        }),
        Err(error) => Err(unreadable(error)),
    }
}

/// Refuses a file that others may use or that another user owns.
fn private(seen: &Metadata) -> Result<(), String> {
    let mode = seen.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(format!("others may use it (mode {mode:04o}); chmod 600 it"));
    }
    let me = rustix::process::geteuid().as_raw();
    if seen.uid() != me {
        return Err(format!(
            "it belongs to user {}, and this is user {me}",
            seen.uid()
        ));
    }
    Ok(())
}

/// The path as it may be printed: if the secret was put where its path belongs, it must not appear
/// in every report.
fn shown(path: &Path) -> Printable {
    let text = path.to_string_lossy();
    let is_secret = text.contains("://") || (!text.contains('/') && redact::is_random(&text));
    if !is_secret {
        return Printable::path(path);
    }
    redact::known::remember(&text);
    "what is named as a file looks like the secret itself: it is not shown, and".into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::{PermissionsExt, symlink};

    const WAIT: Duration = Duration::from_millis(200);

    fn read(path: &Path) -> Result<Secret, SecretError> {
        SecretSource::File(path.to_owned()).read_within(WAIT, &|_| None)
    }

    #[test]
    fn a_secret_file_that_others_can_read_is_refused() {
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
        assert_eq!(read(&link).map(|s| s.0), Ok("bk_live_x".into()));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("set");
        assert!(matches!(read(&link), Err(SecretError::Refused { .. })));
        assert!(matches!(
            read(folder.path()),
            Err(SecretError::Refused { .. })
        ));
        let missing = read(&folder.path().join("none"));
        assert!(matches!(missing, Err(SecretError::Unreadable { .. })));
    }

    #[test]
    fn a_secret_in_the_place_of_its_file_is_not_shown() {
        for (given, is_shown) in [
            ("https://hooks.example.com/services/T0/B0/abc", false),
            ("t0kR9vQx2LmZp7WcYb4NdSgH8jUfEa6K1oTi5rXq", false),
            ("/run/secrets/t0kR9vQx2LmZp7WcYb4NdSgH8jUfEa6K", true),
            ("./t0kR9vQx2LmZp7WcYb4NdSgH8jUfEa6K", true),
            ("hook.secret", true),
        ] {
            let why = read(Path::new(given))
                .expect_err("no such file")
                .to_string();
            assert_eq!(why.contains(given), is_shown, "{why}");
            assert!(
                why.ends_with("cannot be read: No such file or directory"),
                "{why}"
            );
        }
    }

    #[test]
    fn one_trailing_newline_is_stripped_and_an_unusable_secret_is_refused() {
        let source = SecretSource::Environment("KEY".to_owned());
        let read = |text: &str| source.read(&|_| Some(text.to_owned())).ok().map(|s| s.0);
        assert_eq!(read("a b"), Some("a b".to_owned()));
        assert_eq!(read("a\n"), Some("a".to_owned()));
        assert_eq!(read("a\r\n"), Some("a".to_owned()));
        for none in ["", " ", "\n", "a\n\n", "a\nb", "a\0", &"x".repeat(4097)] {
            assert_eq!(read(none), None, "{none:?}");
        }
        let secret = Secret("bk_live_x".to_owned());
        assert_eq!(format!("{secret:?}"), "(secret)");
    }

    #[test]
    fn a_secret_is_read_from_a_descriptor_and_not_from_a_named_pipe() {
        use std::io::Write;
        let (reader, mut writer) = std::io::pipe().expect("a pipe");
        let path = PathBuf::from(format!("/dev/fd/{}", reader.as_raw_fd()));
        writer.write_all(b"bk_live_x\n").expect("written");
        assert!(
            matches!(read(&path), Err(SecretError::Unreadable { .. })),
            "no end"
        );
        writer.write_all(b"bk_live_x\n").expect("written");
        drop(writer);
        assert_eq!(read(&path).map(|s| s.0), Ok("bk_live_x".into()));
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("mkfifo runs").success());
        for path in [&pipe, Path::new("/dev/zero")] {
            assert!(
                matches!(read(path), Err(SecretError::Refused { .. })),
                "{path:?}"
            );
        }
    }

    #[test]
    fn a_readable_secret_file_is_refused_through_its_descriptor_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        fs::write(&path, "bk_live_x\n").expect("written");
        let file = fs::File::open(&path).expect("opened");
        let descriptor = PathBuf::from(format!("/dev/fd/{}", file.as_raw_fd()));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("set");
        assert!(matches!(
            read(&descriptor),
            Err(SecretError::Refused { .. })
        ));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
        assert_eq!(read(&descriptor).map(|s| s.0), Ok("bk_live_x".into()));
    }

    #[test]
    fn a_token_or_a_key_that_is_not_alone_is_refused_and_not_shown() {
        let source = SecretSource::Environment("KEY".to_owned());
        let read = |text: &str| source.read_credential(None, &|_| Some(text.to_owned()));
        for alone in [
            "bk_live_abc",
            "AAAA-BBBB-CCCC-DDDD",
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJkIn0.c2lnbmF0dXJl",
            "c2VjcmV0==",
            "bearer_7f3a",
            "a+b/c~d.e\n",
            "bk:live:abc\r\n",
        ] {
            assert!(read(alone).is_ok(), "{alone}");
        }
        for (text, why) in [
            ("\"s3cr3t-duck\"", "quotes"),
            ("'s3cr3t-duck'", "quotes"),
            ("\u{201c}s3cr3t-duck\u{201d}", "quotes"),
            ("TOKEN=s3cr3t-duck", "name of a setting"),
            ("beak_key=\"s3cr3t-duck\"", "quotes"),
            ("Bearer s3cr3t-duck", "begins with Bearer"),
            ("bearer\ts3cr3t-duck", "begins with Bearer"),
            ("export TOKEN=s3cr3t-duck", "blanks"),
            ("s3cr3t-duck ", "blanks"),
            (" s3cr3t-duck", "blanks"),
            ("s3cr3t-duck\u{a0}", "beyond ASCII"),
            ("{\"token\":\"s3cr3t-duck\"}", "document"),
            ("s3cr3t-duck\r\ns3cr3t-duck", "several lines"),
            ("", "empty"),
        ] {
            let error = read(text).expect_err(text);
            let said = format!("{error}; {}", error.fix());
            assert!(said.starts_with("KEY ") && said.contains(why), "{said}");
            assert!(!said.contains("s3cr3t"), "{said}");
        }
        // A webhook secret may hold anything.
        assert!(source.read(&|_| Some("\"a b\"".to_owned())).is_ok());
    }

    #[test]
    fn a_byte_order_mark_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        fs::write(&path, "\u{feff}bk_live_x\n").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
        let error = read(&path).expect_err("refused").to_string();
        assert!(error.contains("byte order mark"), "{error}");
        assert!(!error.contains("bk_live_x"), "{error}");
    }
}
