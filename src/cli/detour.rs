//! What the environment puts between us and the stack: other endpoints, proxies, keys that
//! win over the profile.

use super::Context;
use crate::stack::Origin;
use crate::text::Printable;

/// The variables that send AWS requests elsewhere, with their values.
pub(super) fn endpoints(context: &Context) -> impl Iterator<Item = (&str, &str)> {
    let ignored = context
        .env
        .get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    context
        .env
        .iter()
        .filter(move |(name, value)| {
            name.starts_with("AWS_ENDPOINT_URL") && !value.is_empty() && !ignored
        })
        .map(|(name, value)| (name.as_str(), value.as_str()))
}

/// The proxies that the environment names, each with its variable; never their credentials.
pub(super) fn proxies(context: &Context) -> impl Iterator<Item = (&'static str, String)> + '_ {
    let set = |name: &str| context.env.get(name).filter(|value| !value.is_empty());
    [
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    ]
    .into_iter()
    .filter_map(move |name| set(name).map(|value| (name, host(value))))
}

/// Endpoints and proxies that the environment puts between us and the stack.
pub(super) fn overridden(context: &Context) -> Vec<Printable> {
    let set = |name: &str| context.env.get(name).filter(|value| !value.is_empty());
    let endpoints = endpoints(context)
        .map(|(name, value)| format!("endpoint overridden by {name}: {}", host(value)));
    let proxies = proxies(context).map(|(name, host)| format!("via proxy {host} ({name})"));
    let keys_win = set("AWS_ACCESS_KEY_ID").is_some()
        && matches!(&context.settings.stack.profile, Some(p) if !matches!(p.origin, Origin::Flag(_)));
    let profile = keys_win.then(|| {
        "the AWS profile is ignored because AWS_ACCESS_KEY_ID is set; --profile would win"
            .to_owned()
    });
    endpoints
        .chain(proxies)
        .chain(profile)
        .map(Printable::from)
        .collect()
}

/// Scheme, host and port of a URL: never its user, its password or its path.
fn host(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(url) => {
            let port = url
                .port()
                .map(|port| format!(":{port}"))
                .unwrap_or_default();
            format!(
                "{}://{}{port}",
                url.scheme(),
                url.host_str().unwrap_or_default()
            )
        }
        Err(_) => "(not a URL)".to_owned(),
    }
}
