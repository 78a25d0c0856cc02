//! What a base URL is: http or https, with a host, without user, query and fragment.

use super::SettingError;
use url::Url;

/// Reads a base URL.
pub(super) fn base_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    (matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some_and(|h| !h.is_empty())
        && plain)
        .then_some(url)
}

/// Whether a URL leads to this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Removes from the message what may be a secret in a URL: the user and the query.
pub(super) fn without_secrets(error: SettingError) -> SettingError {
    let SettingError::Value {
        origin,
        value,
        wanted,
    } = error
    else {
        return error;
    };
    let text = value.as_str();
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let (before, after) = text.split_at(end);
    let shown = match (before.split_once("//"), before.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}//…@{host}"),
        (None, Some((_, host))) => format!("…@{host}"),
        (_, None) => before.to_owned(),
    };
    let cut = match after.chars().next() {
        Some(mark) => format!("{mark}…"),
        None => String::new(),
    };
    SettingError::Value {
        origin,
        value: format!("{shown}{cut}").into(),
        wanted,
    }
}
