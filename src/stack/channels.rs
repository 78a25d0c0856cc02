//! The configured channels. A secret is only named here and read when it is needed.

use super::config::{ConfigFile, Notify, OneOrMany};
use super::secret::SecretSource;
use super::{Origin, SettingError};
use crate::text::Printable;
use std::path::PathBuf;
use toml::Spanned;
use url::Url;

/// A `[notify.NAME]` of the configuration.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// Its interface.
    pub kind: ChannelKind,
    /// The lowest verdict that is sent, as a word.
    pub from: String,
    /// The priorities that are sent; all when empty.
    pub priorities: Vec<String>,
    /// The recipients that a rule must name for this channel; empty means all.
    pub recipients: Vec<String>,
}

/// The interface of a channel.
#[derive(Clone, Debug)]
pub enum ChannelKind {
    /// An incoming webhook as Slack has them. The URL is the secret.
    Slack {
        /// Where to.
        url: SecretSource,
    },
    /// PagerDuty's Events API, version 2.
    PagerDuty {
        /// The routing key.
        key: SecretSource,
        /// Another address than PagerDuty's.
        url: Option<Url>,
    },
    /// JSON to any address, signed where there is a secret.
    Webhook {
        /// Where to; the URL is a secret.
        url: SecretSource,
        /// What to sign with.
        secret: Option<SecretSource>,
    },
    /// A program that reads the message from its standard input. No shell is involved.
    Command {
        /// The program and its arguments.
        line: Vec<String>,
    },
}

const KINDS: &str = "slack, pagerduty, webhook or command";

/// Reads all channels.
///
/// # Errors
/// The first mistake, with its line.
pub(super) fn read(file: &ConfigFile) -> Result<Vec<Channel>, SettingError> {
    let all = file.config.notify.iter();
    all.map(|(name, section)| channel(file, name, section))
        .collect()
}

fn channel(
    file: &ConfigFile,
    name: &str,
    section: &Spanned<Notify>,
) -> Result<Channel, SettingError> {
    let notify = section.get_ref();
    let missing = |wanted| wrong(file.place(section), name, wanted);
    let readable = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if !readable || name.is_empty() || name.len() > 40 {
        return Err(missing("a name of letters, digits, - and _"));
    }
    let url = source(&notify.url_file, &notify.url_env);
    let secret = source(&notify.secret_file, &notify.secret_env);
    let plain = match &notify.url {
        None => None,
        Some(text) => Some(super::base_url::base_url(text.get_ref()).ok_or_else(|| {
            wrong(
                file.place(text),
                "(not shown)",
                "an http or https URL without user, query or fragment",
            )
        })?),
    };
    let used = |url_used: bool, secret_used: bool, plain_used: bool, command_used: bool| {
        let unused = (!url_used && (notify.url_file.is_some() || notify.url_env.is_some()))
            || (!secret_used && (notify.secret_file.is_some() || notify.secret_env.is_some()))
            || (!plain_used && notify.url.is_some())
            || (!command_used && notify.command.is_some());
        if unused {
            return Err(missing("a section without keys that its kind does not use"));
        }
        Ok(())
    };
    let kind = match notify.kind.get_ref().as_str() {
        "slack" => {
            used(true, false, false, false)?;
            let url = url.ok_or_else(|| missing("a section with url_file or url_env"))?;
            ChannelKind::Slack { url }
        }
        "pagerduty" => {
            used(false, true, true, false)?;
            let key = secret.ok_or_else(|| missing("a section with secret_file or secret_env"))?;
            ChannelKind::PagerDuty { key, url: plain }
        }
        "webhook" => {
            used(true, true, false, false)?;
            let url = url.ok_or_else(|| missing("a section with url_file or url_env"))?;
            ChannelKind::Webhook { url, secret }
        }
        "command" => {
            used(false, false, false, true)?;
            let line = notify.command.as_ref().map(|line| line.get_ref().clone());
            let line =
                line.filter(|line| line.first().is_some_and(|program| program.starts_with('/')));
            let line =
                line.ok_or_else(|| missing("a section with command = [\"/whole/path\", …]"))?;
            ChannelKind::Command { line }
        }
        other => return Err(wrong(file.place(&notify.kind), other, KINDS)),
    };
    let from = match &notify.from {
        None => "critical".to_owned(),
        Some(word) if ["warning", "unknown", "critical"].contains(&word.get_ref().as_str()) => {
            word.get_ref().clone()
        }
        Some(word) => {
            return Err(wrong(
                file.place(word),
                word.get_ref(),
                "warning, unknown or critical",
            ));
        }
    };
    Ok(Channel {
        name: name.to_owned(),
        kind,
        from,
        priorities: priorities(file, notify)?,
        recipients: recipients(file, notify)?,
    })
}

/// The known priorities, most urgent first.
const PRIORITIES: [&str; 4] = ["P0", "P1", "P2", "P3"];

/// `"P1"` is P1 and what is more urgent, a list is exactly what it names.
fn priorities(file: &ConfigFile, notify: &Notify) -> Result<Vec<String>, SettingError> {
    let Some(named) = &notify.priority else {
        return Ok(Vec::new());
    };
    let place = |name: &String| PRIORITIES.iter().position(|known| known == name);
    let found = match named.get_ref() {
        OneOrMany::One(least) => place(least).map(|least| (0..=least).collect::<Vec<_>>()),
        OneOrMany::Many(names) if names.is_empty() => None,
        OneOrMany::Many(names) => names.iter().map(place).collect(),
    };
    let Some(found) = found else {
        return Err(wrong(
            file.place(named),
            &shown(named.get_ref()),
            "P0, P1, P2, P3 or a list of these",
        ));
    };
    Ok(found
        .into_iter()
        .map(|place| PRIORITIES[place].to_owned())
        .collect())
}

fn recipients(file: &ConfigFile, notify: &Notify) -> Result<Vec<String>, SettingError> {
    let Some(named) = &notify.recipients else {
        return Ok(Vec::new());
    };
    let names = match named.get_ref() {
        OneOrMany::One(name) => vec![name.clone()],
        OneOrMany::Many(names) => names.clone(),
    };
    if names.is_empty() || names.iter().any(|name| name.trim().is_empty()) {
        let wanted = "a name such as T-JOSH, or a list of names";
        return Err(wrong(file.place(named), &shown(named.get_ref()), wanted));
    }
    Ok(names)
}

fn shown(named: &OneOrMany) -> String {
    match named {
        OneOrMany::One(name) => name.clone(),
        OneOrMany::Many(names) => names.join(", "),
    }
}

/// Reads the heartbeat.
pub(super) fn heartbeat(file: &ConfigFile) -> Result<Option<SecretSource>, SettingError> {
    let Some(section) = &file.config.heartbeat else {
        return Ok(None);
    };
    let heartbeat = section.get_ref();
    match source(&heartbeat.url_file, &heartbeat.url_env) {
        Some(url) => Ok(Some(url)),
        None => Err(wrong(
            file.place(section),
            "heartbeat",
            "a section with url_file or url_env",
        )),
    }
}

/// It may stand in messages and alert rules, so it holds no user and no password.
pub(super) fn runbook_url(file: &ConfigFile) -> Result<Option<String>, SettingError> {
    let Some(text) = &file.config.runbook_url else {
        return Ok(None);
    };
    let is_usable = |text: &str| {
        let url = Url::parse(&text.replace("{runbook}", "inc-001")).ok()?;
        let is_web = ["http", "https"].contains(&url.scheme()) && url.has_host();
        let is_open = url.username().is_empty() && url.password().is_none();
        (is_web && is_open && text.contains("{runbook}")).then_some(())
    };
    match is_usable(text.get_ref()) {
        Some(()) => Ok(Some(text.get_ref().clone())),
        None => Err(wrong(
            file.place(text),
            text.get_ref(),
            "an http or https URL without a password that holds {runbook}",
        )),
    }
}

fn source(
    file_path: &Option<Spanned<String>>,
    variable: &Option<Spanned<String>>,
) -> Option<SecretSource> {
    match (file_path, variable) {
        (Some(path), None) => Some(SecretSource::File(PathBuf::from(path.get_ref()))),
        (None, Some(name)) => Some(SecretSource::Environment(name.get_ref().clone())),
        _ => None,
    }
}

fn wrong(place: String, value: &str, wanted: &'static str) -> SettingError {
    SettingError::Value {
        origin: Origin::File(place),
        value: Printable::from(value),
        wanted,
    }
}
