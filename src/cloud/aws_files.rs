//! The files of AWS, looked at before the SDK reads them: it waits for the other end of a pipe, reads a
//! device until memory ends, and of a file that is no text it says that there are no keys.

use super::credential_search::CredentialSearch;
use crate::observation::{Unavailable, UnavailableReason};
use crate::state_dir::input::{self, InputError, Links};
use crate::text::Printable;
use aws_types::os_shim_internal::Env;
use std::path::{Path, PathBuf};

/// The variables that name the files, and their names below the home folder where they have one.
const FILES: [(&str, Option<&str>); 4] = [
    ("AWS_CONFIG_FILE", Some(".aws/config")),
    ("AWS_SHARED_CREDENTIALS_FILE", Some(".aws/credentials")),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", None),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", None),
];

/// Some editors of Windows begin a file with it, and the SDK takes it for a part of the first line.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file of AWS that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UnusableFile {
    named: String,
    why: String,
    fix: String,
    /// Whether to read it would never end.
    is_endless: bool,
}

impl UnusableFile {
    /// The first that cannot be used of those that `variable` names or that the home folder holds.
    pub(super) fn find(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let files = FILES.into_iter().filter_map(|(name, below)| {
            let named = set(name).map(|path| (PathBuf::from(path), Some(name)));
            named.or_else(|| Some((Path::new(&set("HOME")?).join(below?), None)))
        });
        let mut unusable = files.filter_map(|(path, variable)| Self::of(&path, variable));
        unusable.next()
    }

    fn of(path: &Path, variable: Option<&str>) -> Option<Self> {
        // A usual way to have none.
        if path == Path::new("/dev/null") {
            return None;
        }
        let error = match input::read_file(path, Links::Follow, input::MAX_TEXT) {
            Ok(bytes) if bytes.starts_with(BYTE_ORDER_MARK) => {
                InputError::NotText("it begins with a byte order mark")
            }
            Ok(bytes) => input::as_text(bytes).err()?,
            // What is not there is no fault of the file.
            Err(error) if error.is_missing() => return None,
            Err(error) => error,
        };
        let shown = Printable::path(path);
        let (named, elsewhere) = match variable {
            Some(variable) => (
                format!("{shown} ({variable})"),
                format!("Name a regular file in {variable}, or unset it"),
            ),
            None => (shown.to_string(), format!("Put a regular file at {shown}")),
        };
        let is_folder = path.is_dir();
        Some(Self {
            fix: match &error {
                InputError::NotText(_) => {
                    format!("Save {shown} as UTF-8 without a byte order mark")
                }
                error if error.is_denied() => {
                    format!("Make {shown} readable for the user that runs duckops")
                }
                _ => elsewhere,
            },
            is_endless: match error {
                InputError::NotRegular(_) => !is_folder,
                InputError::TooLarge(_) => true,
                _ => false,
            },
            why: error.to_string(),
            named,
        })
    }

    /// Whether the SDK must not read it.
    pub(super) fn is_endless(&self) -> bool {
        self.is_endless
    }

    /// Why there are no credentials.
    pub(super) fn unavailable(&self) -> Unavailable {
        let Self {
            named, why, fix, ..
        } = self;
        Unavailable::new(
            UnavailableReason::NoCredentials,
            format!("no AWS credentials: {named} cannot be used: {why}"),
        )
        .fix(fix.as_str())
        .command("duckops doctor")
    }
}

impl CredentialSearch {
    /// The file that cannot be used, of those that the environment of this process names.
    pub(super) fn unusable_file() -> Option<UnusableFile> {
        let env = Env::real();
        UnusableFile::find(|name| env.get(name).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found wrong with a file that is made so.
    fn found(make: impl Fn(&Path)) -> Option<(String, bool)> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("c");
        make(&path);
        let named = path.display().to_string();
        let variable = |name: &str| (name == "AWS_CONFIG_FILE").then(|| named.clone());
        let found = UnusableFile::find(variable)?;
        assert_eq!(found.named, format!("{named} (AWS_CONFIG_FILE)"));
        Some((found.why, found.is_endless))
    }

    fn write(bytes: &[u8]) -> impl Fn(&Path) {
        move |path| std::fs::write(path, bytes).expect("written")
    }

    #[test]
    fn what_is_no_text_file_is_named_and_what_never_ends_is_not_read() {
        let link = |to: &'static str| {
            move |path: &Path| std::os::unix::fs::symlink(to, path).expect("a link")
        };
        for (due, is_endless, found) in [
            ("it is UTF-16", false, found(write(b"\xff\xfe[\0d\0"))),
            ("it is not", false, found(write(b"\xc3("))),
            (
                "byte order mark",
                false,
                found(write(b"\xef\xbb\xbf[default]\n")),
            ),
            ("it is a folder", false, found(link("/"))),
            ("it is a device", true, found(link("/dev/zero"))),
            (
                "it is larger than",
                true,
                found(write(&vec![b'#'; 1_048_577])),
            ),
        ] {
            let (why, endless) = found.unwrap_or_else(|| panic!("{due}: nothing"));
            assert!(why.contains(due), "{due}: {why}");
            assert_eq!(endless, is_endless, "{why}");
        }
    }

    #[test]
    fn a_text_file_no_file_and_the_null_device_are_well() {
        for found in [
            found(write(b"[default]\n")),
            found(write(b"")),
            found(|_| ()),
        ] {
            assert_eq!(found, None);
        }
        let none =
            UnusableFile::find(|name| (name == "AWS_CONFIG_FILE").then(|| "/dev/null".to_owned()));
        assert_eq!(none, None);
    }

    #[test]
    fn a_file_of_the_home_folder_is_looked_at_where_no_variable_names_another() {
        let home = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(home.path().join(".aws/credentials")).expect("a folder");
        let named = home.path().display().to_string();
        let found = UnusableFile::find(|name| (name == "HOME").then(|| named.clone()));
        let found = found.expect("the folder");
        assert_eq!(found.named, format!("{named}/.aws/credentials"));
        assert!(
            found.fix.starts_with("Put a regular file at"),
            "{}",
            found.fix
        );
    }
}
