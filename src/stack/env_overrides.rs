//! Environment overrides that change where requests go: AWS endpoints, proxies, credentials.

use super::{Environment, Origin, ProxyExceptions, Stack};
use crate::text::Printable;

use super::aws_endpoints::other_region_of_profile;
pub use super::aws_endpoints::{EndpointOverride, endpoints};

pub(super) const PROXY_VARIABLES: [&str; 6] = [
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
    names.filter_map(|name| Some((name, proxy_origin(value(env, name)?)?)))
}

/// Scheme, host and port of a proxy, which may stand without its scheme; none of what the HTTP client
/// passes over.
fn proxy_origin(text: &str) -> Option<String> {
    let with_scheme = match text.contains("://") {
        true => text.to_owned(),
        false => format!("http://{text}"),
    };
    let url = url::Url::parse(&with_scheme).ok()?;
    let known = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"].contains(&url.scheme());
    let usable = known && url.host_str().is_some() && !text.contains(char::is_whitespace);
    usable.then(|| origin_of_url(&with_scheme))
}

/// What of the settings of proxies the HTTP client passes over.
fn unused_proxy_settings(env: &Environment) -> Vec<String> {
    let values = PROXY_VARIABLES
        .into_iter()
        .filter_map(|name| Some((name, value(env, name)?)));
    values
        .filter(|(_, text)| proxy_origin(text).is_none())
        .map(|(name, _)| format!("{name} is not the URL of a proxy, and is not used"))
        .collect()
}

/// The proxies that requests to the API and to AWS go through, each with its variable.
fn proxies_in_use<'a>(
    env: &'a Environment,
    stack: &Stack,
) -> impl Iterator<Item = (&'static str, String)> + 'a {
    let aws: Vec<_> = endpoints(env, stack)
        .iter()
        .filter_map(|endpoint| url::Url::parse(&endpoint.url).ok())
        .collect();
    let aws_by_default = aws.is_empty();
    let exceptions = ProxyExceptions::read(env);
    let used: Vec<_> = aws
        .into_iter()
        .chain([stack.api_url.value.clone()])
        .filter(|url| !exceptions.cover(url))
        .map(|url| url.scheme().to_owned())
        .chain((aws_by_default && !exceptions.cover_all()).then(|| "https".to_owned()))
        .collect();
    let serves = move |name: &str| {
        let scheme = name
            .split(['_'])
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        used.iter().any(|used| *used == scheme || scheme == "all")
    };
    proxies(env).filter(move |(name, _)| serves(name))
}

/// One note for each override in force.
pub fn notes(env: &Environment, stack: &Stack) -> Vec<Printable> {
    let endpoints = endpoints(env, stack).into_iter().map(|one| {
        let url = origin_of_url(&one.url);
        format!("endpoint {url} ({}), not AWS", one.name)
    });
    let proxies = proxies_in_use(env, stack).map(|(name, url)| format!("via proxy {url} ({name})"));
    let api_url = stack.other_api_address().map(|origin| {
        let url = origin_of_url(stack.api_url.value.as_str());
        format!("endpoint {url} ({origin}), not the API of the stack")
    });
    let is_profile_ignored = value(env, "AWS_ACCESS_KEY_ID").is_some()
        && matches!(&stack.profile, Some(profile) if !matches!(profile.origin, Origin::Flag(_)));
    let practice = stack
        .is_practice
        .then(|| "this is the practice stack: nothing here is production".to_owned());
    let profile = is_profile_ignored.then(|| {
        "the AWS profile is ignored because AWS_ACCESS_KEY_ID is set; --profile would win"
            .to_owned()
    });
    let region = other_region_of_profile(env, stack).map(|(region, profile)| {
        let own = &stack.region.value;
        format!("requests go to {own}, the stack's region; profile {profile} names {region}")
    });
    practice
        .into_iter()
        .chain(api_url)
        .chain(endpoints)
        .chain(proxies)
        .chain(unused_proxy_settings(env))
        .chain(profile)
        .chain(region)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_named_only_where_it_is_used() {
        for (text, due) in [
            ("http://127.0.0.1:9", Some("http://127.0.0.1:9")),
            ("127.0.0.1:9", Some("http://127.0.0.1:9")),
            ("localhost:9", Some("http://localhost:9")),
            (
                "http://u:p@proxy.test:8080/x",
                Some("http://proxy.test:8080"),
            ),
            ("socks5h://127.0.0.1:9", Some("socks5h://127.0.0.1:9")),
            ("::::", None),
            ("http://", None),
            ("htp://127.0.0.1:9", None),
            (" http://127.0.0.1:9", None),
        ] {
            assert_eq!(proxy_origin(text).as_deref(), due, "{text}");
            let env = Environment::from([("http_proxy".to_owned(), text.to_owned())]);
            let unused = unused_proxy_settings(&env);
            assert_eq!(unused.is_empty(), due.is_some(), "{text}: {unused:?}");
        }
    }
}
