//! The HTTP stack: two clients, each built when it is first needed, and the connector that puts
//! them under every AWS client.

use super::{CONNECT, TrustedRoots, innermost};
use crate::observation::{Unavailable, UnavailableReason};
use crate::stack::ProxyExceptions;
use crate::text::{Printable, Untrusted};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt, Limited};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// An AWS answer larger than this is not one.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;

/// One exchange over HTTP, for `--verbose`.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Method, address and, for AWS, the operation.
    pub what: Printable,
    /// The status, or why there was none.
    pub outcome: Printable,
    /// Until the answer was whole.
    pub took: Duration,
    /// Bytes of the answer.
    pub bytes: u64,
}

/// Called for every exchange.
pub type Observer = Arc<dyn Fn(&Exchange) + Send + Sync>;

/// The one HTTP stack.
#[derive(Clone)]
pub struct Http {
    clients: Arc<Clients>,
    observer: Option<Observer>,
    /// Whether proxies of the environment are passed by.
    direct: bool,
    /// What is asked without them all the same.
    exceptions: ProxyExceptions,
    /// Whether every request has a connection of its own.
    unpooled: bool,
    roots: TrustedRoots,
}

/// By whether it speaks TLS and whether it goes straight.
#[derive(Default)]
struct Clients([[OnceLock<Result<reqwest::Client, String>>; 2]; 2]);

/// Answers every name with the same addresses.
struct Pinned(Vec<SocketAddr>);

impl Resolve for Pinned {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http")
    }
}

impl Http {
    /// A stack that has built nothing yet.
    pub fn new(observer: Option<Observer>) -> Self {
        Self {
            clients: Arc::default(),
            observer,
            direct: false,
            exceptions: ProxyExceptions::default(),
            unpooled: false,
            roots: TrustedRoots::default(),
        }
    }

    /// The same stack, which trusts these roots, too.
    pub fn trusting(self, roots: TrustedRoots) -> Self {
        Self { roots, ..self }
    }

    /// The same stack, which asks these places without a proxy.
    pub fn excepting(self, exceptions: ProxyExceptions) -> Self {
        Self { exceptions, ..self }
    }

    /// A stack that goes straight to this machine's own loopback, whatever proxy is set.
    pub fn direct(observer: Option<Observer>) -> Self {
        Self {
            direct: true,
            ..Self::new(observer)
        }
    }

    /// The same stack for what changes something: no connection is used twice, so that none
    /// can have died unnoticed and nothing below is tempted to send again.
    pub fn unpooled(&self) -> Self {
        Self {
            clients: Arc::default(),
            unpooled: true,
            ..self.clone()
        }
    }

    /// The client for a URL; the one that speaks TLS is built only for https.
    ///
    /// # Errors
    /// Why it could not be built, such as trusted roots that cannot be read.
    pub fn client(&self, url: &str) -> Result<&reqwest::Client, Unavailable> {
        let secure = url
            .get(..6)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"));
        let direct =
            self.direct || url::Url::parse(url).is_ok_and(|url| self.exceptions.cover(&url));
        let [plain, tls] = &self.clients.0;
        let [proxied, straight] = if secure { tls } else { plain };
        let cell = if direct { straight } else { proxied };
        cell.get_or_init(|| self.build(secure, direct))
            .as_ref()
            .map_err(|why| {
                Unavailable::new(
                    UnavailableReason::Tls,
                    format!("the HTTPS client could not be built: {why}"),
                )
                .fix("Check the trusted certificates of this machine (SSL_CERT_FILE)")
            })
    }

    /// A client of its own for one place that was resolved before: it connects to these
    /// addresses and knows no others, whatever a name means by then. It speaks HTTP/1.1, uses
    /// no proxy and keeps no connection.
    ///
    /// # Errors
    /// Why it could not be built.
    pub fn pinned(secure: bool, addresses: &[SocketAddr]) -> Result<reqwest::Client, String> {
        let builder = Self::direct(None).unpooled().builder(secure, true);
        let builder = builder
            .dns_resolver(Pinned(addresses.to_vec()))
            .http1_only()
            // As the headers are documented; some receivers compare the letters.
            .http1_title_case_headers();
        let built = builder.build();
        built.map_err(|error| error.without_url().to_string())
    }

    fn build(&self, secure: bool, direct: bool) -> Result<reqwest::Client, String> {
        let mut builder = self.builder(secure, direct);
        if secure {
            builder = builder.tls_certs_merge(self.roots.read()?);
        }
        let built = builder.build();
        built.map_err(|error| error.without_url().to_string())
    }

    fn builder(&self, secure: bool, direct: bool) -> reqwest::ClientBuilder {
        let builder = reqwest::Client::builder()
            .user_agent(concat!("duckops/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT);
        // The answer that there is a provider already is the one that is wanted.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // The plain client never meets TLS, and loading the trusted roots takes milliseconds.
        let builder = if secure {
            builder
        } else {
            builder.tls_certs_only([])
        };
        let builder = if direct { builder.no_proxy() } else { builder };
        if self.unpooled {
            builder.pool_max_idle_per_host(0)
        } else {
            builder
        }
    }

    /// Calls the observer, if there is one.
    pub fn saw(&self, exchange: &Exchange) {
        if let Some(observer) = &self.observer {
            observer(exchange);
        }
    }
}

/// Gives the AWS clients the same HTTP stack.
impl HttpClient for Http {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Http {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let http = self.clone();
        HttpConnectorFuture::new(async move {
            let began = Instant::now();
            let what = describe(&request);
            let sent = http.exchange(request).await;
            let (outcome, bytes) = match &sent {
                Ok((response, bytes)) => (response.status().as_u16().to_string().into(), *bytes),
                Err(error) => (innermost(error), 0),
            };
            http.saw(&Exchange {
                what,
                outcome,
                took: began.elapsed(),
                bytes,
            });
            sent.map(|(response, _)| response)
        })
    }
}

impl Http {
    async fn exchange(&self, request: HttpRequest) -> Result<(HttpResponse, u64), ConnectorError> {
        let client = self
            .client(request.uri())
            .map_err(|why| ConnectorError::user(why.detail.to_string().into()))?;
        let request = request
            .try_into_http1x()
            .map_err(|error| ConnectorError::user(error.into()))?
            .map(|body| reqwest::Body::from(body.bytes().map(<[u8]>::to_vec).unwrap_or_default()));
        let request = reqwest::Request::try_from(request)
            .map_err(|error| ConnectorError::user(error.without_url().into()))?;
        let response = client.execute(request).await.map_err(connector_error)?;
        let (parts, body) = http::Response::from(response).into_parts();
        let body = Limited::new(body, LARGEST_ANSWER)
            .collect()
            .await
            .map_err(ConnectorError::io)?
            .to_bytes();
        let size = body.len() as u64;
        let response = http::Response::from_parts(parts, SdkBody::from(body));
        let response = HttpResponse::try_from(response)
            .map_err(|error| ConnectorError::other(error.into(), None))?;
        Ok((response, size))
    }
}

fn connector_error(error: reqwest::Error) -> ConnectorError {
    let error = error.without_url();
    let timeout = error.is_timeout();
    let connecting = error.is_connect();
    let error = if timeout {
        ConnectorError::timeout(error.into())
    } else {
        ConnectorError::io(error.into())
    };
    if connecting {
        error.never_connected()
    } else {
        error
    }
}

/// `POST host AWSStepFunctions.ListExecutions`, without the query, which may hold sensitive values.
fn describe(request: &HttpRequest) -> Printable {
    let uri = request.uri().split('?').next().unwrap_or_default();
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    Untrusted::new(format!("{} {uri} {target}", request.method()).trim_end()).printable(200)
}

/// A cached answer older than this speaks of the past, in seconds.
const OLDEST: u64 = 60;

/// Headers in which caches say how they answered (RFC 9211 and those before it).
const STATUS_OF_CACHE: [&str; 4] = [
    "cache-status",
    "cf-cache-status",
    "x-cache-status",
    "x-cache",
];

/// Why an answer speaks of the past, in words, if it does: a cache gave it and it is too old, or
/// its age cannot be read.
pub fn stale(headers: &reqwest::header::HeaderMap) -> Option<String> {
    let mut warnings = headers.get_all(reqwest::header::WARNING).iter();
    // Stale, and not confirmed (RFC 7234, 5.5.1 and 5.5.2).
    let warned = warnings.any(|warning| {
        [b"110", b"111"]
            .iter()
            .any(|code| warning.as_bytes().starts_with(*code))
    });
    let says_stale = |name: &str| {
        let said = headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok());
        said.map(str::to_ascii_lowercase).any(|value| {
            let is_over = value.contains("hit") && value.contains("ttl=-");
            is_over
                || ["stale", "updating"]
                    .iter()
                    .any(|word| value.starts_with(word))
        })
    };
    if warned || STATUS_OF_CACHE.into_iter().any(says_stale) {
        return Some("a cached answer that the cache itself calls stale".to_owned());
    }
    let ages = headers.get_all(reqwest::header::AGE).iter();
    let read = |age: &reqwest::header::HeaderValue| age.to_str().ok()?.trim().parse::<u64>().ok();
    // Each cache on the way may have added one.
    let ages: Option<Vec<u64>> = ages.map(read).collect();
    match ages.map(|ages| ages.into_iter().max()) {
        Some(age) => age
            .filter(|age| *age > OLDEST)
            .map(|age| format!("a cached answer, {age} s old")),
        None => Some("a cached answer whose age cannot be read".to_owned()),
    }
}

/// Whether the body is in another form than it was asked for: anything but `identity`.
pub fn is_encoded(headers: &reqwest::header::HeaderMap) -> bool {
    let encodings = headers.get_all(reqwest::header::CONTENT_ENCODING);
    encodings.iter().any(|encoding| {
        let encoding = encoding.as_bytes().trim_ascii();
        !encoding.is_empty() && !encoding.eq_ignore_ascii_case(b"identity")
    })
}

/// What an answer of this status is where only what stands between this machine and the other side gives it
/// (RFC 9110, RFC 6585).
pub fn network_refusal(status: u16) -> Option<String> {
    matches!(status, 407 | 511)
        .then(|| format!("HTTP {status} of the network: a proxy or a portal wants a sign-in"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_age_that_a_cache_adds_counts() {
        use reqwest::header::{AGE, HeaderMap, HeaderValue};
        for (ages, is_stale) in [
            (&[][..], false),
            (&["0"], false),
            (&["60", "3"], false),
            (&["3", "9000"], true),
            (&["9000", "3"], true),
            (&["3", "soon"], true),
            (&["-5"], true),
        ] {
            let mut headers = HeaderMap::new();
            for age in ages {
                headers.append(AGE, HeaderValue::from_static(age));
            }
            assert_eq!(stale(&headers).is_some(), is_stale, "{ages:?}");
        }
    }

    #[test]
    fn an_answer_that_its_cache_calls_stale_is_no_fresh_one() {
        use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
        for (name, value, is_stale) in [
            ("warning", "110 - \"Response is Stale\"", true),
            ("warning", "111 - \"Revalidation Failed\"", true),
            ("warning", "214 - \"Transformation Applied\"", false),
            ("cf-cache-status", "STALE", true),
            ("cf-cache-status", "UPDATING", true),
            ("cf-cache-status", "DYNAMIC", false),
            ("x-cache", "Hit from cloudfront", false),
            ("x-cache-status", "stale", true),
            ("cache-status", "edge; hit; ttl=-300", true),
            ("cache-status", "edge; hit; ttl=30", false),
            // It was asked for anew because the kept one was stale.
            ("cache-status", "edge; fwd=stale; stored", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
            assert_eq!(stale(&headers).is_some(), is_stale, "{name}: {value}");
        }
    }
}
