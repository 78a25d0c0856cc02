//! A delivery as files to pass on: the body, its headers with the signature, and a script that
//! sends it. Nothing is sent, and the finished files are searched for the secret.

use super::send::headers;
use super::{TestPayload, sign};
use crate::redact::holds;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::state_dir::{
    input::{self, Links},
    output, sha256,
};
use crate::text::{Printable, in_quotes, words_of};
use serde_json::json;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use url::Url;

/// The largest file of a bundle: a payload of 1 MiB, and what surrounds it.
const MAX_FILE: u64 = 2 * 1024 * 1024;

/// Why no bundle was written; a partial one was removed.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The folder is there already, or cannot be made.
    #[error("{path} cannot be made: {}", words_of(why))]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// A file cannot be written, or not be read again.
    #[error("the bundle cannot be written: {}", words_of(.0))]
    File(std::io::Error),
    /// The secret would be in it.
    #[error(
        "the secret is part of {0}, so there is no bundle; a secret of a few letters is part of any text"
    )]
    Secret(&'static str),
}

/// Writes a bundle into a folder that must not be there yet: 0700, its files 0600, whatever
/// the umask. Yields the names of the files.
///
/// # Errors
/// [`BundleError`].
pub fn write(
    folder: &Path,
    url: &Url,
    secret: &str,
    payload: &TestPayload,
) -> Result<Vec<&'static str>, BundleError> {
    let signature = sign(secret, &payload.body);
    let files = bundle_files(url, payload, &signature);
    // Before anything is written: a recorded body may hold the secret.
    for (name, bytes) in &files {
        if holds(bytes, secret) {
            return Err(BundleError::Secret(name));
        }
    }
    output::create_folder(folder).map_err(|why| BundleError::Folder {
        path: folder.to_owned(),
        why,
    })?;
    fill_or_remove(folder, &files, secret)?;
    Ok(files.iter().map(|(name, _)| *name).collect())
}

/// The document about a bundle that was written.
pub fn document(folder: &Path, files: &[&'static str], payload: &TestPayload) -> Document {
    let folder = Printable::path(folder);
    let mut text = format!(
        "{folder}: {}\n\
         The secret is in none of them; the signature is, and it is good for this body only.\n",
        files.join(", ")
    );
    let cautions = payload.append_warnings(&mut text);
    text.push_str("NEXT  On a machine that reaches the receiver, in that folder: sh send.sh\n");
    let summary = format!("{} files in {folder}", files.len());
    let extra = json!({
        "folder": folder.as_str(),
        "files": files,
        "event": payload.event,
        "cautions": cautions,
    });
    Document::ok(DocumentKind::WebhookBundle, summary, text, extra)
}

/// Fills the folder, or removes it on failure.
fn fill_or_remove(
    folder: &Path,
    files: &[(&'static str, Vec<u8>)],
    secret: &str,
) -> Result<(), BundleError> {
    fill(folder, files, secret).inspect_err(|_| {
        output::remove_folder(folder);
    })
}

fn fill(folder: &Path, files: &[(&'static str, Vec<u8>)], secret: &str) -> Result<(), BundleError> {
    for (name, bytes) in files {
        output::create(&folder.join(name), bytes, output::PRIVATE).map_err(BundleError::File)?;
    }
    // Again as the files are on disk: a file that cannot be read is not proven free of the secret.
    for (name, _) in files {
        let bytes = input::read_file(&folder.join(name), Links::Refuse, MAX_FILE);
        let bytes = bytes.map_err(|error| BundleError::File(std::io::Error::other(error)))?;
        if holds(&bytes, secret) {
            return Err(BundleError::Secret(name));
        }
    }
    Ok(())
}

fn bundle_files(url: &Url, payload: &TestPayload, signature: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut head = String::new();
    let mut command = format!(
        "#!/bin/sh\n\
         # A test delivery of {}: sends payload.json as it is, with its signature, once.\n\
         # Run it in this folder, on a machine that reaches the receiver.\n\
         exec curl --disable --globoff --http1.1 --proto '=http,https' --silent --show-error \\\n  \
         --connect-timeout 3 --max-time 10 \\\n",
        payload.event
    );
    for (name, value) in headers(payload, signature) {
        let _ = writeln!(head, "{name}: {value}");
        let _ = writeln!(
            command,
            "  --header {} \\",
            in_quotes(&format!("{name}: {value}"))
        );
    }
    let _ = writeln!(command, "  --data-binary @payload.json \\");
    let _ = writeln!(
        command,
        "  --write-out 'HTTP %{{http_code}} in %{{time_total}} s\\n' --output /dev/null \\\n  --url {}",
        in_quotes(url.as_str())
    );
    let mut files = vec![
        ("payload.json", payload.body.clone()),
        ("headers.txt", head.into_bytes()),
        ("send.sh", command.into_bytes()),
    ];
    let sums = files.iter().fold(String::new(), |mut sums, (name, bytes)| {
        let _ = writeln!(sums, "{}  {name}", sha256(bytes));
        sums
    });
    files.push(("SHA256SUMS", sums.into_bytes()));
    files
}

#[cfg(test)]
mod tests {
    use super::super::WebhookEvent;
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    fn payload(body: &str) -> TestPayload {
        TestPayload::recorded(WebhookEvent::Pulse, "01A", body.as_bytes().to_vec())
    }

    #[test]
    fn a_bundle_is_private_and_replaces_nothing() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join("bundle");
        let files = write(
            &folder,
            &url("https://example.invalid/x?a=b c'd"),
            "whsec_0123456789",
            &payload("{}"),
        )
        .expect("written");
        assert_eq!(
            files,
            ["payload.json", "headers.txt", "send.sh", "SHA256SUMS"]
        );
        let mode =
            |path: &Path| std::fs::metadata(path).expect("seen").permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        for file in files {
            assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
        }
        let again = write(
            &folder,
            &url("https://example.invalid/"),
            "whsec_0123456789",
            &payload("other"),
        );
        assert!(matches!(again, Err(BundleError::Folder { .. })));
        assert_eq!(
            std::fs::read(folder.join("payload.json")).expect("read"),
            b"{}"
        );
    }

    #[test]
    fn a_payload_that_holds_the_secret_makes_no_bundle() {
        let home = tempfile::tempdir().expect("a folder");
        let secret = "whsec_\"0123/456";
        let clean = url("https://example.invalid/");
        let folder = home.path().join("bundle");
        for body in [
            secret,
            "whsec_\\\"0123/456",
            "whsec_%220123%2F456",
            &hex::encode(secret.as_bytes()),
            "d2hzZWNfIjAxMjMvNDU2",
        ] {
            let refused = write(&folder, &clean, secret, &payload(body));
            assert!(
                matches!(refused, Err(BundleError::Secret("payload.json"))),
                "{body}"
            );
            assert!(!folder.exists());
        }
        let key = url("https://example.invalid/?key=whsec_%220123/456");
        let refused = write(&folder, &key, secret, &payload("{}"));
        assert!(matches!(refused, Err(BundleError::Secret("send.sh"))));
        assert!(!folder.exists());
        // A secret of one letter occurs in any text, so the bundle is refused.
        let short = write(&folder, &clean, "e", &payload("{}"));
        assert!(matches!(short, Err(BundleError::Secret(_))));
    }

    #[test]
    fn a_bundle_that_turns_out_to_hold_the_secret_is_removed() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join("bundle");
        std::fs::create_dir(&folder).expect("made");
        let files = [("a", b"clean".to_vec()), ("b", b"s3cret".to_vec())];
        let refused = fill_or_remove(&folder, &files, "s3cret");
        assert!(
            matches!(refused, Err(BundleError::Secret("b"))),
            "{refused:?}"
        );
        assert!(!folder.exists());
    }

    #[test]
    fn any_text_is_quoted_as_one_shell_word() {
        for text in [
            "",
            "a b",
            "it's",
            "$(id)",
            "`id`",
            "a\\\"b",
            "--x",
            "a;b&c|d>e\nf",
        ] {
            let output = std::process::Command::new("/bin/sh")
                .args(["-c", &format!("printf %s {}", in_quotes(text))])
                .output()
                .expect("a shell");
            assert_eq!(String::from_utf8_lossy(&output.stdout), text);
        }
    }
}
