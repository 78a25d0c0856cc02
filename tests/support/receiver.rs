//! A receiver of messages, and the configuration that leads to it.

use super::{Raw, Stage, http};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) const TOKEN: &str = "T0KEN-of-the-hook";

/// A receiver with a configured answer, which keeps all requests.
pub(crate) struct Receiver {
    pub(crate) raw: Raw,
    came: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    pub(crate) fn answering(
        status: &'static str,
        headers: &'static [(&str, &str)],
        after: Duration,
    ) -> Self {
        let page = "<html>never looked at \x1b[2J</html>";
        Self::saying(status, headers, page, after)
    }

    /// The same with this body.
    pub(crate) fn saying(
        status: &'static str,
        headers: &'static [(&str, &str)],
        page: &'static str,
        after: Duration,
    ) -> Self {
        let came = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&came);
        let raw = Raw::with(move |body| {
            std::thread::sleep(after);
            let body = serde_json::from_str(body).unwrap_or(Value::Null);
            kept.lock().expect("kept").push(body);
            http(status, headers, page.as_bytes())
        });
        Self { raw, came }
    }

    /// One that answers each request by its number, from 1, and its body.
    pub(crate) fn by(due: impl Fn(usize, &Value) -> Vec<u8> + Send + 'static) -> Self {
        let came = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&came);
        let raw = Raw::with(move |body| {
            let body = serde_json::from_str(body).unwrap_or(Value::Null);
            let number = {
                let mut kept = kept.lock().expect("kept");
                kept.push(body.clone());
                kept.len()
            };
            due(number, &body)
        });
        Self { raw, came }
    }

    pub(crate) fn well() -> Self {
        Self::saying("200 OK", &[], "ok", Duration::ZERO)
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/{TOKEN}", self.raw.url())
    }

    pub(crate) fn came(&self) -> Vec<Value> {
        self.came.lock().expect("kept").clone()
    }
}

/// Writes the configuration and its secrets.
pub(crate) fn configured(stage: &Stage, channels: &[(&str, &str, &str)]) {
    let folder = stage.home().join(".config/duckops");
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut text = String::new();
    for (name, kind, address) in channels {
        let path = folder.join(format!("{name}.secret"));
        secret(&path, address);
        let path = path.display();
        text.push_str(&format!(
            "[notify.{name}]\nkind = \"{kind}\"\nurl_file = \"{path}\"\nfrom = \"warning\"\n"
        ));
    }
    std::fs::write(folder.join("config.toml"), text).expect("written");
}

/// A pager that receives warnings too, with further lines of its section.
pub(crate) fn pager(stage: &Stage, receiver: &Receiver, more: &str) {
    let folder = stage.home().join(".config/duckops");
    std::fs::create_dir_all(&folder).expect("a folder");
    let key = folder.join("pager.key");
    secret(&key, "R0123456789abcdefR0123456789abcd\n");
    let url = receiver.raw.url();
    let text = format!(
        "[notify.pager]\nkind = \"pagerduty\"\nsecret_file = {key:?}\nurl = \"{url}\"\n{more}"
    );
    std::fs::write(folder.join("config.toml"), text).expect("written");
}

pub(crate) fn secret(path: &Path, text: &str) {
    std::fs::write(path, text).expect("written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("0600");
}

/// Nothing that the state folder keeps may hold a secret.
pub(crate) fn no_secret_in(folder: &Path) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            no_secret_in(&path);
            continue;
        }
        let bytes = std::fs::read(&path).expect("read");
        let found = bytes
            .windows(TOKEN.len())
            .any(|part| part == TOKEN.as_bytes());
        assert!(!found, "{}", path.display());
    }
}
