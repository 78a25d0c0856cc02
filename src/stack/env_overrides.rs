//! Environment overrides that change where requests go: AWS endpoints, proxies, credentials.

use super::{Environment, Origin, Stack};
use crate::text::Printable;

pub use super::aws_endpoints::{EndpointOverride, endpoints};

const PROXY_VARIABLES: [&str; 6] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// The value of a variable; an empty one counts as unset.
fn value<'a>(env: &'a Environment, name: &str) -> Option<&'a str> {
    let value = env.get(name).map(String::as_str);
    value.filter(|value| !value.is_empty())
}

/// What sends AWS requests to an address that is not the stack's own. The practice stack's AWS is
/// on this machine, and nowhere else.
pub fn other_aws_addresses(env: &Environment, stack: &Stack) -> Vec<EndpointOverride> {
    let is_own = |url: &str| {
        let url = url::Url::parse(url);
        stack.is_practice && url.is_ok_and(|url| super::base_url::is_loopback(&url))
    };
    let mut found = endpoints(env, stack);
    found.retain(|one| !is_own(&one.url));
    found
}

/// The proxies that the environment names, each with its variable, without credentials.
pub fn proxies(env: &Environment) -> impl Iterator<Item = (&'static str, String)> + '_ {
    let names = PROXY_VARIABLES.into_iter();
    names.filter_map(|name| Some((name, origin_of_url(value(env, name)?))))
}

/// One note for each override in force.
pub fn notes(env: &Environment, stack: &Stack) -> Vec<Printable> {
    let endpoints = endpoints(env, stack).into_iter().map(|one| {
        let url = origin_of_url(&one.url);
        format!("endpoint overridden by {}: {url}", one.name)
    });
    let proxies = proxies(env).map(|(name, url)| format!("via proxy {url} ({name})"));
    let is_profile_ignored = value(env, "AWS_ACCESS_KEY_ID").is_some()
        && matches!(&stack.profile, Some(profile) if !matches!(profile.origin, Origin::Flag(_)));
    let practice = stack
        .is_practice
        .then(|| "this is the practice stack: nothing here is production".to_owned());
    let profile = is_profile_ignored.then(|| {
        "the AWS profile is ignored because AWS_ACCESS_KEY_ID is set; --profile would win"
            .to_owned()
    });
    practice
        .into_iter()
        .chain(endpoints)
        .chain(proxies)
        .chain(profile)
        .map(Printable::from)
        .collect()
}

/// Scheme, host and port of a URL. The user, the password and the path may be secrets.
fn origin_of_url(url: &str) -> String {
    let Ok(url) = url::Url::parse(url) else {
        return "(not a URL)".to_owned();
    };
    let port = url.port().map(|port| format!(":{port}"));
    format!(
        "{}://{}{}",
        url.scheme(),
        url.host_str().unwrap_or_default(),
        port.unwrap_or_default()
    )
}
