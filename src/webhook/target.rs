//! Where a delivery may be sent. A name is resolved once, every address is checked, and the
//! connection uses a checked address, so that DNS rebinding cannot redirect it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use url::{Host, Url};

/// A URL whose addresses may be delivered to.
#[derive(Clone, Debug)]
pub struct ResolvedTarget {
    /// The URL as it was given.
    pub url: Url,
    /// The name in it, where it is one.
    pub name: Option<String>,
    /// The addresses, all of them checked; never empty.
    pub addresses: Vec<SocketAddr>,
}

impl ResolvedTarget {
    /// Host and port.
    pub(super) fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port_or_known_default();
        port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The URL without query and fragment, which may hold a secret.
    pub fn without_query(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.into()
    }
}

/// Why nothing is sent to a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is no URL, or none of a kind that webhooks are sent to.
    #[error("{0}")]
    Url(&'static str),
    /// The name has no address.
    #[error("the name does not resolve: {0}")]
    Name(String),
    /// An address is not to be reached from here in this way.
    #[error("{address} is {what}: {fix}")]
    Address {
        /// The address.
        address: IpAddr,
        /// What it belongs to.
        what: &'static str,
        /// What would help.
        fix: &'static str,
    },
}

/// Parses a URL. Sends nothing.
///
/// # Errors
/// [`TargetError::Url`].
pub fn parse(text: &str) -> Result<Url, TargetError> {
    let url = Url::parse(text).map_err(|_| TargetError::Url("this is no URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(TargetError::Url("webhooks go to http or https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(TargetError::Url(
            "a URL with a name or a password in it is refused: it hides where it leads",
        ));
    }
    if url.host().is_none() || url.port_or_known_default().is_none() {
        return Err(TargetError::Url("the URL names no host"));
    }
    Ok(url)
}

/// How long a name may take to be resolved.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Resolves the host of a URL once and checks every address.
///
/// # Errors
/// [`TargetError`]: one address that is refused refuses the whole.
pub async fn resolve(
    url: &Url,
    allow_private: bool,
    limit: Duration,
) -> Result<ResolvedTarget, TargetError> {
    let port = url.port_or_known_default().unwrap_or(443);
    let (name, addresses) = match url.host() {
        Some(Host::Ipv4(address)) => (None, vec![SocketAddr::from((address, port))]),
        Some(Host::Ipv6(address)) => (None, vec![SocketAddr::from((address, port))]),
        Some(Host::Domain(name)) => {
            let limit = limit.min(RESOLVE_TIMEOUT);
            let found = tokio::time::timeout(limit, tokio::net::lookup_host((name, port))).await;
            let found = found
                .map_err(|_| TargetError::Name(format!("no answer within {} s", limit.as_secs())))?
                .map_err(|error| TargetError::Name(error.to_string()))?;
            (Some(name.to_owned()), found.collect())
        }
        None => return Err(TargetError::Url("the URL names no host")),
    };
    check_addresses(url, name, addresses, allow_private)
}

fn check_addresses(
    url: &Url,
    name: Option<String>,
    addresses: Vec<SocketAddr>,
    allow_private: bool,
) -> Result<ResolvedTarget, TargetError> {
    if addresses.is_empty() {
        return Err(TargetError::Name("it has no address".to_owned()));
    }
    for address in &addresses {
        check_address(address.ip(), allow_private)?;
    }
    Ok(ResolvedTarget {
        url: url.clone(),
        name,
        addresses,
    })
}

/// Checks one address.
///
/// # Errors
/// [`TargetError::Address`].
pub fn check_address(address: IpAddr, allow_private: bool) -> Result<(), TargetError> {
    match address_kind(address) {
        AddressKind::Public => Ok(()),
        AddressKind::Private(_) if allow_private => Ok(()),
        AddressKind::Private(what) => Err(TargetError::Address {
            address,
            what,
            fix: "--allow-private sends there all the same",
        }),
        AddressKind::Never(what) => Err(TargetError::Address {
            address,
            what,
            fix: "nothing is ever sent there",
        }),
    }
}

const METADATA: &str = "a metadata service";

enum AddressKind {
    Public,
    Private(&'static str),
    Never(&'static str),
}

fn address_kind(address: IpAddr) -> AddressKind {
    match address {
        IpAddr::V4(address) => ipv4_kind(address),
        IpAddr::V6(address) => ipv6_kind(address),
    }
}

fn ipv4_kind(address: Ipv4Addr) -> AddressKind {
    let [a, b, c, d] = address.octets();
    match (a, b, c, d) {
        (169, 254, ..) => AddressKind::Never("link-local, where metadata services live"),
        (100, 100, 100, 200) | (168, 63, 129, 16) | (192, 0, 0, 192) => {
            AddressKind::Never(METADATA)
        }
        (224..=239, ..) => AddressKind::Never("multicast"),
        (240..=255, ..) => AddressKind::Never("reserved or broadcast"),
        (127, ..) => AddressKind::Private("loopback"),
        (10, ..) | (172, 16..=31, ..) | (192, 168, ..) => AddressKind::Private("a private network"),
        (100, 64..=127, ..) => AddressKind::Private("shared by a carrier"),
        (0, ..) => AddressKind::Private("this host"),
        (192, 0, 0, _) | (192, 88, 99, _) => AddressKind::Private("set aside for protocols"),
        (192, 0, 2, _) | (198, 51, 100, _) | (203, 0, 113, _) => AddressKind::Private("an example"),
        (198, 18..=19, ..) => AddressKind::Private("for benchmarks"),
        _ => AddressKind::Public,
    }
}

fn ipv6_kind(address: Ipv6Addr) -> AddressKind {
    let s = address.segments();
    // An IPv4 address inside an IPv6 one is judged as the IPv4 address.
    let inner = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        ipv4_kind(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        [0, 0, 0, 0, 0, 0, 0, 0] => AddressKind::Private("this host"),
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressKind::Private("loopback"),
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => inner(high, low),
        // The target of these is not known from the address alone.
        [0x64, 0xff9b, 1, ..] => AddressKind::Never("a private translation"),
        [0x2001, 0, ..] => AddressKind::Never("a tunnel (Teredo)"),
        [.., 0 | 0x200, 0x5efe, _, _] => AddressKind::Never("a tunnel (ISATAP)"),
        [0xfd00, 0xec2, ..]
        | [0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe]
        | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => AddressKind::Never(METADATA),
        [0xfe80..=0xfebf, ..] => AddressKind::Never("link-local, where metadata services live"),
        [0xff00..=0xffff, ..] => AddressKind::Never("multicast"),
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => AddressKind::Private("a private network"),
        [0x100, 0, 0, 0, ..] => AddressKind::Private("discarded"),
        [0x2001, 0x1..=0x1ff, ..] => AddressKind::Private("set aside for protocols"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => AddressKind::Private("an example"),
        [0x2000..=0x3fff, ..] => AddressKind::Public,
        _ => AddressKind::Private("not assigned"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class_of(address: &str) -> &'static str {
        let address: IpAddr = address.parse().expect("an address");
        match (check_address(address, false), check_address(address, true)) {
            (Ok(()), Ok(())) => "public",
            (Err(_), Ok(())) => "private",
            (Err(_), Err(_)) => "never",
            (Ok(()), Err(_)) => panic!("{address}"),
        }
    }

    #[test]
    fn address_ranges_are_exact_at_both_ends() {
        for (addresses, due) in [
            (
                "1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 168.63.129.15 168.63.129.17 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255",
                "public",
            ),
            (
                "0.0.0.0 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1 127.255.255.255 172.16.0.0 172.31.255.255 192.0.0.1 192.0.2.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1",
                "private",
            ),
            (
                "169.254.0.0 169.254.169.254 169.254.170.2 169.254.255.255 100.100.100.200 168.63.129.16 192.0.0.192 224.0.0.0 239.255.255.255 240.0.0.1 255.255.255.255",
                "never",
            ),
            (
                "2000::1 2001:200::1 2001:db9::1 2606:4700::1 2a00:1450:4001::1 3ffe::1 ::ffff:1.1.1.1 ::1.1.1.1 64:ff9b::101:101 2002:101:101::1",
                "public",
            ),
            (
                ":: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 ::ffff:0:10.0.0.1 64:ff9b::7f00:1 2002:7f00:1::1 fc00::1 fdff::1 fec0::1 feff::1 2001:1::1 2001:1ff::1 2001:db8::1 3fff::1 3fff:fff::1 100::1 1::1 1fff:ffff::1 4000::1 5f00::1 fbff::1",
                "private",
            ),
            (
                "fe80::1 febf::1 ff02::1 fd00:ec2::254 fd00:ec2::23 fd20:ce::254 fd00:c1::a9fe:a9fe ::ffff:169.254.169.254 ::ffff:0:169.254.169.254 64:ff9b::a9fe:a9fe 64:ff9b:1::a9fe:a9fe 2002:a9fe:a9fe::1 ::169.254.169.254 2001::5601:5601 2606:4700::5efe:169.254.169.254 2606:4700::200:5efe:10.0.0.1",
                "never",
            ),
        ] {
            for address in addresses.split(' ') {
                assert_eq!(class_of(address), due, "{address}");
            }
        }
    }

    #[test]
    fn one_refused_address_or_none_at_all_refuses_the_target() {
        let url = parse("https://hook.example.invalid/").expect("a URL");
        let check = |addresses: &[&str], allowed| {
            let addresses = addresses.iter().map(|a| a.parse().expect("an address"));
            check_addresses(&url, None, addresses.collect(), allowed)
        };
        let public = "1.1.1.1:443";
        assert!(check(&[public], false).is_ok());
        for (bad, allowed) in [("127.0.0.1:443", false), ("169.254.169.254:443", true)] {
            for addresses in [[public, bad], [bad, public]] {
                let refused = check(&addresses, allowed);
                assert!(
                    matches!(refused, Err(TargetError::Address { .. })),
                    "{addresses:?}"
                );
            }
        }
        assert!(matches!(check(&[], true), Err(TargetError::Name(_))));
    }

    #[test]
    fn a_disguised_address_is_recognized() {
        for (url, address) in [
            ("http://2130706433/", "127.0.0.1"),
            ("http://0x7f.1/", "127.0.0.1"),
            ("http://0177.0.0.1/", "127.0.0.1"),
            ("http://127.1/", "127.0.0.1"),
            ("http://%31%32%37.0.0.1/", "127.0.0.1"),
            ("http://127。0。0。1/", "127.0.0.1"),
            ("http://①②⑦.0.0.1/", "127.0.0.1"),
            ("http:127.0.0.1", "127.0.0.1"),
            ("http://127.0.0.1./", "127.0.0.1"),
            ("http://0xa9fea9fe/", "169.254.169.254"),
            ("http://[::ffff:169.254.169.254]/", "::ffff:169.254.169.254"),
        ] {
            let url = parse(url).expect("a URL");
            let address: IpAddr = address.parse().expect("an address");
            let found = match url.host() {
                Some(Host::Ipv4(found)) => IpAddr::V4(found),
                Some(Host::Ipv6(found)) => IpAddr::V6(found),
                other => panic!("{url}: {other:?}"),
            };
            assert_eq!(found, address);
            assert_ne!(class_of(&found.to_string()), "public");
        }
    }

    #[test]
    fn a_url_that_cannot_be_a_webhook_is_refused() {
        for none in [
            "",
            "x",
            "/x",
            "file:///etc/passwd",
            "gopher://h/",
            "ftp://h/",
            "javascript:1",
            "http://",
            "http://user@h/",
            "http://u:p@h/",
            "https://h@127.0.0.1/",
        ] {
            assert!(parse(none).is_err(), "{none}");
        }
        for good in [
            "http://example.invalid/x",
            "https://example.invalid:8443/a?b=c",
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
    }
}
