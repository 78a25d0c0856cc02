//! Where a delivery may go. A name is resolved once, every address is judged, and the
//! connection goes to a judged address: what the name means a moment later gains nobody
//! anything.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use url::{Host, Url};

/// A place that a delivery may go to.
#[derive(Clone, Debug)]
pub struct ResolvedTarget {
    /// The URL as it was given.
    pub url: Url,
    /// The name in it, where it is one.
    pub name: Option<String>,
    /// The addresses, each of which was judged; never empty.
    pub addresses: Vec<SocketAddr>,
}

impl ResolvedTarget {
    /// Where it is, without what may be secret in the URL: no query and no fragment.
    pub fn place(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.into()
    }
}

/// Why nothing goes there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
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

/// Reads a URL, and nothing else: nobody is asked.
///
/// # Errors
/// [`Refused::Url`].
pub fn parse(text: &str) -> Result<Url, Refused> {
    let url = Url::parse(text).map_err(|_| Refused::Url("this is no URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refused::Url("webhooks go to http or https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refused::Url(
            "a URL with a name or a password in it is refused: it hides where it leads",
        ));
    }
    if url.host().is_none() || url.port_or_known_default().is_none() {
        return Err(Refused::Url("the URL names no host"));
    }
    Ok(url)
}

/// How long a name may take to be resolved.
const RESOLVE: Duration = Duration::from_secs(5);

/// Resolves the host of a URL, once, and judges every address.
///
/// # Errors
/// [`Refused`]: one address that is refused refuses the whole.
pub async fn resolve(
    url: &Url,
    allow_private: bool,
    limit: Duration,
) -> Result<ResolvedTarget, Refused> {
    let port = url.port_or_known_default().unwrap_or(443);
    let (name, addresses) = match url.host() {
        Some(Host::Ipv4(address)) => (None, vec![SocketAddr::from((address, port))]),
        Some(Host::Ipv6(address)) => (None, vec![SocketAddr::from((address, port))]),
        Some(Host::Domain(name)) => {
            let limit = limit.min(RESOLVE);
            let found = tokio::time::timeout(limit, tokio::net::lookup_host((name, port))).await;
            let found = found
                .map_err(|_| Refused::Name(format!("no answer within {} s", limit.as_secs())))?
                .map_err(|error| Refused::Name(error.to_string()))?;
            (Some(name.to_owned()), found.collect())
        }
        None => return Err(Refused::Url("the URL names no host")),
    };
    judged(url, name, addresses, allow_private)
}

fn judged(
    url: &Url,
    name: Option<String>,
    addresses: Vec<SocketAddr>,
    allow_private: bool,
) -> Result<ResolvedTarget, Refused> {
    if addresses.is_empty() {
        return Err(Refused::Name("it has no address".to_owned()));
    }
    for address in &addresses {
        permitted(address.ip(), allow_private)?;
    }
    Ok(ResolvedTarget {
        url: url.clone(),
        name,
        addresses,
    })
}

/// Judges one address.
///
/// # Errors
/// [`Refused::Address`].
pub fn permitted(address: IpAddr, allow_private: bool) -> Result<(), Refused> {
    match kind(address) {
        Kind::Public => Ok(()),
        Kind::Private(_) if allow_private => Ok(()),
        Kind::Private(what) => Err(Refused::Address {
            address,
            what,
            fix: "--allow-private sends there all the same",
        }),
        Kind::Never(what) => Err(Refused::Address {
            address,
            what,
            fix: "nothing is ever sent there",
        }),
    }
}

const METADATA: &str = "a metadata service";

enum Kind {
    Public,
    Private(&'static str),
    Never(&'static str),
}

fn kind(address: IpAddr) -> Kind {
    match address {
        IpAddr::V4(address) => of_v4(address),
        IpAddr::V6(address) => of_v6(address),
    }
}

fn of_v4(address: Ipv4Addr) -> Kind {
    let [a, b, c, d] = address.octets();
    match (a, b, c, d) {
        (169, 254, ..) => Kind::Never("link-local, where metadata services live"),
        (100, 100, 100, 200) | (168, 63, 129, 16) | (192, 0, 0, 192) => Kind::Never(METADATA),
        (224..=239, ..) => Kind::Never("multicast"),
        (240..=255, ..) => Kind::Never("reserved or broadcast"),
        (127, ..) => Kind::Private("loopback"),
        (10, ..) | (172, 16..=31, ..) | (192, 168, ..) => Kind::Private("a private network"),
        (100, 64..=127, ..) => Kind::Private("shared by a carrier"),
        (0, ..) => Kind::Private("this host"),
        (192, 0, 0, _) | (192, 88, 99, _) => Kind::Private("set aside for protocols"),
        (192, 0, 2, _) | (198, 51, 100, _) | (203, 0, 113, _) => Kind::Private("an example"),
        (198, 18..=19, ..) => Kind::Private("for benchmarks"),
        _ => Kind::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> Kind {
    let s = address.segments();
    // An IPv4 address in another guise is what it is.
    let inner = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        of_v4(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        [0, 0, 0, 0, 0, 0, 0, 0] => Kind::Private("this host"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Kind::Private("loopback"),
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => inner(high, low),
        // Where these lead cannot be told from the address alone.
        [0x64, 0xff9b, 1, ..] => Kind::Never("a private translation"),
        [0x2001, 0, ..] => Kind::Never("a tunnel (Teredo)"),
        [.., 0 | 0x200, 0x5efe, _, _] => Kind::Never("a tunnel (ISATAP)"),
        [0xfd00, 0xec2, ..]
        | [0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe]
        | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => Kind::Never(METADATA),
        [0xfe80..=0xfebf, ..] => Kind::Never("link-local, where metadata services live"),
        [0xff00..=0xffff, ..] => Kind::Never("multicast"),
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => Kind::Private("a private network"),
        [0x100, 0, 0, 0, ..] => Kind::Private("discarded"),
        [0x2001, 0x1..=0x1ff, ..] => Kind::Private("set aside for protocols"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Kind::Private("an example"),
        [0x2000..=0x3fff, ..] => Kind::Public,
        _ => Kind::Private("assigned to nobody"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(address: &str) -> &'static str {
        let address: IpAddr = address.parse().expect("an address");
        match (permitted(address, false), permitted(address, true)) {
            (Ok(()), Ok(())) => "public",
            (Err(_), Ok(())) => "private",
            (Err(_), Err(_)) => "never",
            (Ok(()), Err(_)) => panic!("{address}"),
        }
    }

    #[test]
    fn every_range_is_judged_by_its_ends() {
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
                assert_eq!(judged(address), due, "{address}");
            }
        }
    }

    #[test]
    fn one_address_that_is_refused_refuses_them_all_and_none_is_refused_too() {
        let url = parse("https://hook.example.invalid/").expect("a URL");
        let judged = |addresses: &[&str], allowed| {
            let addresses = addresses.iter().map(|a| a.parse().expect("an address"));
            super::judged(&url, None, addresses.collect(), allowed)
        };
        let public = "1.1.1.1:443";
        assert!(judged(&[public], false).is_ok());
        for (bad, allowed) in [("127.0.0.1:443", false), ("169.254.169.254:443", true)] {
            for addresses in [[public, bad], [bad, public]] {
                let refused = judged(&addresses, allowed);
                assert!(
                    matches!(refused, Err(Refused::Address { .. })),
                    "{addresses:?}"
                );
            }
        }
        assert!(matches!(judged(&[], true), Err(Refused::Name(_))));
    }

    #[test]
    fn an_address_in_disguise_is_read_as_what_it_is() {
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
            assert_ne!(judged(&found.to_string()), "public");
        }
    }

    #[test]
    fn what_is_no_place_for_a_webhook_is_refused() {
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
