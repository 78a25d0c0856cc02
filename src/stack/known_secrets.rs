//! Registers the secrets of settings and environment before anything is printed: an answer or a log
//! may hold any of them, whichever command asks.

use super::env_overrides::PROXY_VARIABLES;
use super::{ChannelKind, Environment, SecretSource, Settings};
use crate::redact;
use std::path::PathBuf;

const VALUES: [&str; 3] = [
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
];
const FILES: [&str; 2] = ["DUCKOPS_TOKEN_FILE", "DUCKOPS_BEAK_KEY_FILE"];

/// Registers the secrets that can be read now. The command that needs an unreadable one reports it.
pub fn remember(settings: &Settings, env: &Environment) {
    let is_address =
        |name: &str| name.starts_with("AWS_ENDPOINT_URL") || PROXY_VARIABLES.contains(&name);
    for (name, value) in env {
        if VALUES.contains(&name.as_str()) || (is_address(name) && value.contains('@')) {
            redact::known::remember(value);
        }
    }
    let files = FILES.iter().filter_map(|name| env.get(*name));
    let files = files.map(|path| SecretSource::File(PathBuf::from(path)));
    let of_channels = settings
        .channels
        .iter()
        .flat_map(|channel| match &channel.kind {
            ChannelKind::Slack { url } => vec![url],
            ChannelKind::PagerDuty { key, .. } => vec![key],
            ChannelKind::Webhook { url, secret } => vec![Some(url), secret.as_ref()]
                .into_iter()
                .flatten()
                .collect(),
            ChannelKind::Command { .. } => Vec::new(),
        });
    let named = of_channels.chain(&settings.heartbeat).cloned();
    for source in files.chain(named).filter(SecretSource::can_be_read_again) {
        let _ = source.read(&|name| env.get(name).cloned());
    }
}
