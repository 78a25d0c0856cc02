//! The address of a channel, which is a secret.

use crate::stack::{Environment, SecretError, SecretSource};
use url::Url;

/// Why a channel cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// Its secret cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// What should be its address is none; it is not repeated here, because it is a secret.
    #[error("what is kept as its URL is no http or https URL")]
    NoUrl,
}

/// Reads an address.
pub(super) fn read(source: &SecretSource, env: &Environment) -> Result<Url, ChannelError> {
    let secret = source.read(&|name| env.get(name).cloned())?;
    let url = Url::parse(secret.expose()).map_err(|_| ChannelError::NoUrl)?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        _ => Err(ChannelError::NoUrl),
    }
}
