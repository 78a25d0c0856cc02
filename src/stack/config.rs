//! The configuration file: its keys, and the line of a mistake.

use super::SettingError;
use crate::state_dir::input::{self, Links};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use toml::Spanned;

/// `config.toml` as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    pub(super) output: Option<Spanned<String>>,
    pub(super) color: Option<Spanned<String>>,
    pub(super) deadline: Option<Spanned<String>>,
    pub(super) history: Option<Spanned<String>>,
    pub(super) state_dir: Option<Spanned<String>>,
    pub(super) runbooks: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) stack: BTreeMap<String, Section>,
    #[serde(default)]
    pub(super) notify: BTreeMap<String, Spanned<Notify>>,
    #[serde(default)]
    pub(super) retention: RetentionSection,
    pub(super) heartbeat: Option<Spanned<Heartbeat>>,
    pub(super) runbook_url: Option<Spanned<String>>,
}

/// The `[heartbeat]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Heartbeat {
    pub(super) url_file: Option<Spanned<String>>,
    pub(super) url_env: Option<Spanned<String>>,
}

/// One text, or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    /// A single one.
    One(String),
    /// A list.
    Many(Vec<String>),
}

/// A `[notify.NAME]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Notify {
    pub(super) kind: Spanned<String>,
    pub(super) from: Option<Spanned<String>>,
    pub(super) priority: Option<Spanned<OneOrMany>>,
    #[serde(rename = "for")]
    pub(super) recipients: Option<Spanned<OneOrMany>>,
    pub(super) url: Option<Spanned<String>>,
    pub(super) url_file: Option<Spanned<String>>,
    pub(super) url_env: Option<Spanned<String>>,
    pub(super) secret_file: Option<Spanned<String>>,
    pub(super) secret_env: Option<Spanned<String>>,
    pub(super) command: Option<Spanned<Vec<String>>>,
}

/// The `[retention]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RetentionSection {
    pub(super) detail: Option<Spanned<String>>,
    pub(super) hourly: Option<Spanned<String>>,
}

/// A `[stack.NAME]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    pub(super) api_url: Option<Spanned<String>>,
    pub(super) region: Option<Spanned<String>>,
    pub(super) account: Option<Spanned<String>>,
    pub(super) profile: Option<Spanned<String>>,
    pub(super) state_machine: Option<Spanned<String>>,
    pub(super) function: Option<Spanned<String>>,
    pub(super) alias: Option<Spanned<String>>,
    pub(super) log_group: Option<Spanned<String>>,
    pub(super) expected_version: Option<Spanned<String>>,
    pub(super) escalation: Option<Spanned<String>>,
    pub(super) governance_log: Option<Spanned<String>>,
    pub(super) instance_metadata: Option<bool>,
    pub(super) credentials_timeout: Option<Spanned<String>>,
    pub(super) practice: Option<bool>,
}

/// A configuration file, with the offsets of its lines.
#[derive(Debug)]
pub(super) struct ConfigFile {
    pub(super) config: Config,
    path: String,
    text: String,
}

/// The names of the stacks in a configuration file, where it can be read.
pub fn stack_names(path: Option<&Path>) -> Vec<String> {
    let names = ConfigFile::read(path).map(|file| file.config.stack.into_keys().collect());
    names.unwrap_or_default()
}

impl ConfigFile {
    /// The file at `path`; one that does not exist is an empty one.
    pub(super) fn read(path: Option<&Path>) -> Result<Self, SettingError> {
        let shown = path
            .map(|path| path.to_string_lossy().into_owned())
            .unwrap_or_default();
        let read = |path| input::read_text(path, Links::Follow, input::MAX_TEXT);
        let text = match path.map(read) {
            None => String::new(),
            Some(Ok(text)) => text,
            Some(Err(error)) if error.is_missing() => String::new(),
            Some(Err(error)) => {
                // Its place comes from HOME, which `su` and `sudo` may keep.
                let of_another_user = "make it readable for the user that runs duckops, or set \
                     HOME to this user's own";
                return Err(SettingError::Unreadable {
                    path: shown.into(),
                    why: error.to_string().into(),
                    fix: match error.is_denied() {
                        true => Some(of_another_user),
                        false => error.fix(),
                    },
                });
            }
        };
        match toml::from_str(&text) {
            Ok(config) => Ok(Self {
                config,
                path: shown,
                text,
            }),
            Err(error) => {
                let offset = error.span().map_or(0, |span| span.start);
                let line = line_of(&text, offset);
                Err(SettingError::File {
                    place: format!("{shown}:{line}").into(),
                    why: error.message().into(),
                })
            }
        }
    }

    /// `FILE:LINE` of a value.
    pub(super) fn place<T>(&self, value: &Spanned<T>) -> String {
        format!("{}:{}", self.path, line_of(&self.text, value.span().start))
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text
        .bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
}

/// The JSON Schema of the configuration, with a newline at its end.
pub fn schema() -> &'static str {
    include_str!("config.schema.json")
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test ends where it learns something")]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The keys that a section takes, by what it says of one that it does not know.
    fn taken(section: &str) -> BTreeSet<String> {
        let text = format!("{section}\nno_such_key = 1\n");
        let error = toml::from_str::<Config>(&text).expect_err("an unknown key");
        let message = error.message().to_owned();
        let (_, expected) = message
            .split_once("expected one of ")
            .unwrap_or_else(|| message.split_once("expected ").expect("a list of keys"));
        let names = expected.split('`').skip(1).step_by(2);
        names.map(str::to_owned).collect()
    }

    #[test]
    fn the_schema_has_exactly_the_keys_that_are_read() {
        let schema: serde_json::Value = serde_json::from_str(schema()).expect("a schema");
        for (section, place) in [
            ("", "/properties"),
            ("[stack.a]", "/$defs/stack/properties"),
            ("[notify.a]\nkind = \"slack\"", "/$defs/channel/properties"),
            ("[retention]", "/properties/retention/properties"),
            ("[heartbeat]", "/properties/heartbeat/properties"),
        ] {
            let keys = schema.pointer(place).and_then(|keys| keys.as_object());
            let keys = keys.expect("the keys").keys().cloned().collect();
            assert_eq!(taken(section), keys, "{section}");
        }
    }
}
