//! What `NO_PROXY` excepts from proxies.

use super::Environment;
use std::net::IpAddr;

/// The places that are asked straight, whatever proxy is set: names with the names below them,
/// addresses, networks, each also with a port, or `*` for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyExceptions(Vec<String>);

impl ProxyExceptions {
    /// Reads `NO_PROXY`, else `no_proxy`: parted by commas or blanks.
    pub fn read(env: &Environment) -> Self {
        let names = ["NO_PROXY", "no_proxy"];
        let listed = names
            .into_iter()
            .filter_map(|name| env.get(name))
            .find(|listed| !listed.is_empty());
        let parts = listed
            .into_iter()
            .flat_map(|listed| listed.split(|c: char| c == ',' || c.is_whitespace()));
        let parts = parts.filter(|part| !part.is_empty());
        Self(parts.map(str::to_ascii_lowercase).collect())
    }

    /// Whether nothing goes through a proxy.
    pub fn cover_all(&self) -> bool {
        self.0.iter().any(|exception| exception == "*")
    }

    /// Whether a URL is one of them.
    pub fn cover(&self, url: &url::Url) -> bool {
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let port = url.port_or_known_default();
        let covers = |exception: &String| {
            let (place, of_port) = with_port(exception);
            (of_port.is_none() || of_port == port) && is_host_in(host, place)
        };
        self.cover_all() || self.0.iter().any(covers)
    }
}

/// A place and its port, where one is named: `api.test:8080`, `[::1]:80`.
fn with_port(exception: &str) -> (&str, Option<u16>) {
    let parted = exception.rsplit_once(':').and_then(|(place, port)| {
        // Without brackets the colons are those of an address.
        let is_name = !place.contains(':') || place.ends_with(']');
        is_name.then(|| Some((place, port.parse().ok()?)))?
    });
    let (place, port) = parted.map_or((exception, None), |(place, port)| (place, Some(port)));
    (place.trim_matches(['[', ']']), port)
}

/// Whether a host is an address, in a network, a name or below a domain.
fn is_host_in(host: &str, place: &str) -> bool {
    if let Ok(address) = host.parse::<IpAddr>() {
        return match place.split_once('/') {
            Some((network, bits)) => is_in_network(address, network, bits),
            None => place.parse() == Ok(address),
        };
    }
    let domain = place.trim_start_matches("*.").trim_start_matches('.');
    let below = || {
        host.strip_suffix(domain)
            .is_some_and(|rest| rest.ends_with('.'))
    };
    !domain.is_empty() && (host == domain || below())
}

fn is_in_network(address: IpAddr, network: &str, bits: &str) -> bool {
    use IpAddr::{V4, V6};
    let Ok(bits) = bits.parse::<u32>() else {
        return false;
    };
    match (address, network.parse()) {
        (V4(address), Ok(V4(network))) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            u32::from(address) & mask == u32::from(network) & mask
        }
        (V6(address), Ok(V6(network))) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            u128::from(address) & mask == u128::from(network) & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_from_proxies_are_addresses_networks_domains_and_ports() {
        for (exceptions, url, due) in [
            ("*", "http://127.0.0.1:9", true),
            ("a.test,*", "http://127.0.0.1:9", true),
            ("127.0.0.1", "http://127.0.0.1:9", true),
            ("127.0.0.2", "http://127.0.0.1:9", false),
            ("127.0.0.1:9", "http://127.0.0.1:9", true),
            ("127.0.0.1:8", "http://127.0.0.1:9", false),
            ("10.0.0.0/8, 127.0.0.0/8", "http://127.0.0.1:9", true),
            ("10.0.0.0/8 127.0.0.0/8", "http://127.0.0.1:9", true),
            ("10.0.0.0/8", "http://127.0.0.1:9", false),
            ("0.0.0.0/0", "http://127.0.0.1:9", true),
            ("::1", "http://[::1]:9", true),
            ("[::1]:9", "http://[::1]:9", true),
            ("[::1]:8", "http://[::1]:9", false),
            ("fd00::/8", "http://[fd00::1]", true),
            (".example.com", "https://api.example.com", true),
            ("*.example.com", "https://api.example.com", true),
            ("example.com", "https://example.com", true),
            ("EXAMPLE.com:443", "https://example.com", true),
            ("example.com:80", "https://example.com", false),
            ("ample.com", "https://example.com", false),
            ("", "https://example.com", false),
            (",", "https://example.com", false),
            ("127.0.0.0/x", "http://127.0.0.1", false),
        ] {
            let env = Environment::from([("NO_PROXY".to_owned(), exceptions.to_owned())]);
            let url = url::Url::parse(url).expect("a URL");
            let found = ProxyExceptions::read(&env).cover(&url);
            assert_eq!(found, due, "{exceptions} {url}");
        }
    }
}
