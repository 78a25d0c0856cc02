//! A delivery as files for somebody else: the body, its headers with the signature, and a
//! command that sends them. Nothing is contacted, and the secret is in none of it: the
//! finished files are searched for it.

use super::send::headers;
use super::{Payload, sign};
use ring::digest::{SHA256, digest};
use std::fmt::Write as _;
use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Why there is no bundle; nothing of it is left.
#[derive(Debug, thiserror::Error)]
pub enum NoBundle {
    /// The folder is there already, or cannot be made.
    #[error("{path} cannot be made: {why}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// A file cannot be written.
    #[error("the bundle cannot be written: {0}")]
    File(std::io::Error),
    /// The secret would be in it.
    #[error("the secret is part of {0}, so there is no bundle")]
    Secret(&'static str),
}

/// Writes a bundle into a folder that must not be there yet: 0700, its files 0600. Yields
/// the names of the files.
///
/// # Errors
/// [`NoBundle`].
pub fn write(
    folder: &Path,
    url: &str,
    secret: &str,
    payload: &Payload,
) -> Result<Vec<&'static str>, NoBundle> {
    let signature = sign(secret, &payload.body);
    let files = files(url, payload, &signature);
    // Before anything is on disk: what was recorded may hold anything.
    for (name, bytes) in &files {
        if holds(bytes, secret) {
            return Err(NoBundle::Secret(name));
        }
    }
    DirBuilder::new()
        .mode(0o700)
        .create(folder)
        .map_err(|why| NoBundle::Folder {
            path: folder.to_owned(),
            why,
        })?;
    let written = files.iter().try_for_each(|(name, bytes)| {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(folder.join(name))?;
        file.write_all(bytes)?;
        file.sync_all()
    });
    // And once more as it can be read again.
    let leak = files
        .iter()
        .map(|(name, _)| *name)
        .find(|name| std::fs::read(folder.join(name)).is_ok_and(|bytes| holds(&bytes, secret)));
    if written.is_err() || leak.is_some() {
        let _ = std::fs::remove_dir_all(folder);
    }
    match (written, leak) {
        (Err(why), _) => Err(NoBundle::File(why)),
        (_, Some(name)) => Err(NoBundle::Secret(name)),
        _ => Ok(files.iter().map(|(name, _)| *name).collect()),
    }
}

fn files(url: &str, payload: &Payload, signature: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut head = String::new();
    let mut command = String::from(
        "#!/bin/sh\n# Sends payload.json as it is, with its signature. Run it in this folder.\nexec curl --silent --show-error --max-time 15 \\\n",
    );
    for (name, value) in headers(payload, signature) {
        let _ = writeln!(head, "{name}: {value}");
        let _ = writeln!(
            command,
            "  --header {} \\",
            quoted(&format!("{name}: {value}"))
        );
    }
    let _ = writeln!(command, "  --data-binary @payload.json \\");
    let _ = writeln!(
        command,
        "  --write-out 'HTTP %{{http_code}} in %{{time_total}} s\\n' --output /dev/null -- {}",
        quoted(url)
    );
    let mut files = vec![
        ("payload.json", payload.body.clone()),
        ("headers.txt", head.into_bytes()),
        ("send.sh", command.into_bytes()),
    ];
    let sums = files.iter().fold(String::new(), |mut sums, (name, bytes)| {
        let _ = writeln!(sums, "{}  {name}", hex(digest(&SHA256, bytes).as_ref()));
        sums
    });
    files.push(("SHA256SUMS", sums.into_bytes()));
    files
}

/// One word for a POSIX shell, whatever is in it.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Whether bytes hold a secret as it is, in hexadecimal or URL-encoded. A few characters are
/// no secret: they would be found everywhere.
fn holds(bytes: &[u8], secret: &str) -> bool {
    if secret.len() < 8 {
        return false;
    }
    let escaped = serde_json::Value::from(secret).to_string();
    let url: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let hex = hex(secret.as_bytes());
    let inner = escaped.trim_matches('"');
    [secret, inner, &url, &hex, &hex.to_uppercase()]
        .iter()
        .any(|guise| {
            bytes
                .windows(guise.len())
                .any(|part| part == guise.as_bytes())
        })
}

#[cfg(test)]
mod tests {
    use super::super::Event;
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn payload(body: &str) -> Payload {
        Payload::recorded(Event::Pulse, "01A", body.as_bytes().to_vec())
    }

    #[test]
    fn a_bundle_is_for_its_owner_and_replaces_nothing() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join("bundle");
        let files = write(
            &folder,
            "https://example.invalid/x?a=b c'd",
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
        let again = write(&folder, "https://example.invalid/", "s", &payload("other"));
        assert!(matches!(again, Err(NoBundle::Folder { .. })));
        assert_eq!(
            std::fs::read(folder.join("payload.json")).expect("read"),
            b"{}"
        );
    }

    #[test]
    fn a_payload_that_holds_the_secret_makes_no_bundle() {
        let home = tempfile::tempdir().expect("a folder");
        let secret = "whsec_\"0123/456";
        let hex = hex(secret.as_bytes());
        for (at, body) in [secret, "whsec_\\\"0123/456", "whsec_%220123%2F456", &hex]
            .iter()
            .enumerate()
        {
            let folder = home.path().join(at.to_string());
            let refused = write(&folder, "https://example.invalid/", secret, &payload(body));
            assert!(
                matches!(refused, Err(NoBundle::Secret("payload.json"))),
                "{body}"
            );
            assert!(!folder.exists());
        }
    }

    #[test]
    fn a_shell_takes_any_text_for_one_word() {
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
                .args(["-c", &format!("printf %s {}", quoted(text))])
                .output()
                .expect("a shell");
            assert_eq!(String::from_utf8_lossy(&output.stdout), text);
        }
    }
}
