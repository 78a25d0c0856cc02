//! Who made a failing answer: the function, the gateway before it, or an edge before that.

use crate::text::Untrusted;
use reqwest::header::{self, HeaderMap};

/// Names in `server` and `via` of edges and balancers.
const EDGES: [(&str, &str); 22] = [
    ("cloudfront", "CloudFront"),
    ("cloudflare", "Cloudflare"),
    ("awselb", "a load balancer"),
    ("akamai", "Akamai"),
    ("fastly", "Fastly"),
    ("varnish", "Varnish"),
    ("envoy", "Envoy"),
    ("nginx", "nginx"),
    ("openresty", "nginx"),
    ("haproxy", "HAProxy"),
    ("bigip", "a load balancer"),
    ("big-ip", "a load balancer"),
    ("imperva", "Imperva"),
    ("incapsula", "Imperva"),
    ("vercel", "Vercel"),
    ("netlify", "Netlify"),
    ("squid", "a proxy"),
    ("zscaler", "a proxy"),
    ("kong", "Kong"),
    ("apisix", "APISIX"),
    ("caddy", "Caddy"),
    ("traefik", "Traefik"),
];

/// Who answered with an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answerer {
    /// The function, or nothing says otherwise.
    Function,
    /// The gateway, by itself: its error type in words.
    Gateway(String),
    /// An edge, a balancer or a proxy, by name.
    Edge(&'static str),
}

/// Who made an answer of 5xx, by its headers and the beginning of its body.
pub(super) fn of_server_error(status: u16, headers: &HeaderMap, body: &[u8]) -> Answerer {
    if let Some(kind) = error_type(headers) {
        return match is_gateways_own(&kind) {
            true => Answerer::Gateway(kind),
            // `InternalServerErrorException` and the time-outs: the gateway reports the function.
            false => Answerer::Function,
        };
    }
    // API Gateway answered, so what stands before it only passes that on, and marks every error.
    if ["x-amz-apigw-id", "apigw-requestid"]
        .iter()
        .any(|id| headers.contains_key(*id))
    {
        return Answerer::Function;
    }
    let edge = edge(headers);
    let text = |name: &str| {
        let value = headers.get(name);
        value.map(|value| String::from_utf8_lossy(value.as_bytes()).to_lowercase())
    };
    if text("x-cache").is_some_and(|cache| cache.contains("error")) {
        return Answerer::Edge(edge.unwrap_or("a cache"));
    }
    let is_html = text(header::CONTENT_TYPE.as_str()).is_some_and(|kind| kind.contains("html"))
        || starts_with_html(body);
    // Cloudflare's own range: its origin failed or could not be reached.
    let cloudflares = (520..=530).contains(&status);
    let is_json = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
    let is_named = || {
        ["server", "via", "x-served-by"]
            .iter()
            .any(|name| headers.contains_key(*name))
    };
    match edge {
        Some(name) if is_html || cloudflares || !is_json => Answerer::Edge(name),
        Some(name @ ("Kong" | "APISIX")) => Answerer::Edge(name),
        None if is_of_proxy(status, body) || (is_named() && !is_json && !is_amazons(headers)) => {
            Answerer::Edge("a proxy")
        }
        None if is_html => Answerer::Edge("an edge or a proxy"),
        None if cloudflares => Answerer::Edge("Cloudflare"),
        _ => Answerer::Function,
    }
}

/// Whether a body is what proxies write: the reason of the code alone, or what became of their upstream.
fn is_of_proxy(status: u16, body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body.get(..200).unwrap_or(body)).to_lowercase();
    let reasons: &[&str] = match status {
        502 => &["bad gateway"],
        503 => &["service unavailable"],
        504 => &["gateway timeout", "gateway time-out"],
        _ => &[],
    };
    reasons.contains(&text.trim()) || text.contains("upstream")
}

/// Whether a service of AWS bears the answer, such as a function's own address.
fn is_amazons(headers: &HeaderMap) -> bool {
    headers.contains_key("x-amzn-requestid") || headers.contains_key("x-amz-request-id")
}

/// Messages that API Gateway writes by itself when it refuses a request, as they stand.
const GATEWAYS_MESSAGES: [&str; 11] = [
    "forbidden",
    "unauthorized",
    "not found",
    "bad request",
    "missing authentication token",
    "too many requests",
    "limit exceeded",
    "request too long",
    "request entity too large",
    "unsupported media type",
    "no route matched with those values",
];
/// Parts of such that go on.
const GATEWAYS_WORDS: [&str; 9] = [
    "the security token included in the request is",
    "the incoming token has expired",
    "user is not authorized to access this resource",
    "authorization header requires",
    "in authorization header",
    "to perform: execute-api:",
    "invalid api key identifier",
    "credential should be scoped to",
    "signature expired: ",
];

/// Whether a 4xx bears a mark of the gateway or of an edge: an error type, one of its own
/// messages, or a web page.
pub(super) fn is_marked_refusal(headers: &HeaderMap, body: &[u8]) -> bool {
    let is_html = starts_with_html(body);
    let is_firewalls = headers.contains_key("x-amzn-waf-action");
    if error_type(headers).is_some() || is_html || is_firewalls || edge(headers).is_some() {
        return true;
    }
    let message = serde_json::from_slice::<serde_json::Value>(body);
    let message = message.ok().and_then(|body| {
        let message = body["message"]
            .as_str()
            .or_else(|| body["Message"].as_str());
        message.map(str::to_lowercase)
    });
    message.is_some_and(|message| {
        GATEWAYS_MESSAGES.contains(&message.trim())
            || GATEWAYS_WORDS.iter().any(|words| message.contains(words))
    })
}

/// The gateway's error type: the part of `x-amzn-errortype` before a namespace or an address; of
/// several the gateway's own, which says that the function was not asked.
fn error_type(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all("x-amzn-errortype").into_iter();
    let names = values.filter_map(|value| {
        let text = Untrusted::from_bytes(value.as_bytes()).printable(80);
        let name = text.as_str().split([':', ',']).next().unwrap_or_default();
        let name = name.rsplit('#').next().unwrap_or_default().trim();
        (!name.is_empty()).then(|| name.to_owned())
    });
    names.max_by_key(|name| is_gateways_own(name))
}

/// Whether an error type is of an authorizer, of the gateway's configuration, or of what the
/// gateway refuses before it asks the function (API Gateway gateway response types).
fn is_gateways_own(kind: &str) -> bool {
    [
        "Authorizer",
        "Config",
        "AccessDenied",
        "Forbidden",
        "Unauthorized",
        "MissingAuthentication",
        "ExpiredToken",
        "InvalidSignature",
        "InvalidApiKey",
        "Waf",
        "Throttl",
        "TooManyRequests",
        "LimitExceeded",
        "NotFound",
        "BadRequest",
        "UnsupportedMedia",
        "RequestTooLarge",
    ]
    .iter()
    .any(|part| kind.contains(part))
}

fn edge(headers: &HeaderMap) -> Option<&'static str> {
    let told = [
        header::SERVER.as_str(),
        header::VIA.as_str(),
        "x-cache",
        "x-cdn",
    ];
    // Each layer may add a header of its own.
    let mut values = told.iter().flat_map(|name| headers.get_all(*name));
    values.find_map(|value| {
        let value = String::from_utf8_lossy(value.as_bytes()).to_lowercase();
        let known = EDGES.iter().find(|(part, _)| value.contains(part));
        known.map(|(_, name)| *name)
    })
}

fn starts_with_html(body: &[u8]) -> bool {
    let head = body.get(..200).unwrap_or(body).trim_ascii_start();
    let head = String::from_utf8_lossy(head).to_lowercase();
    head.starts_with("<!doctype html") || head.starts_with("<html") || head.starts_with("<head")
}

#[cfg(test)]
mod tests;
