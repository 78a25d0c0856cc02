//! Who made a failing answer: the function, the gateway before it, or an edge before that.

use super::gateway_body;
use crate::text::Untrusted;
use reqwest::header::{self, HeaderMap};

/// Names in `server` and `via` of edges and balancers.
const EDGES: [(&str, &str); 23] = [
    ("sucuri", "Sucuri"),
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

/// Names in `server` that the answer bears only where it is their own; others replace the name of what is
/// behind them.
const ANSWERS_ITSELF: [&str; 7] = [
    "akamaighost",
    "cloudfront",
    "awselb",
    "kong",
    "apisix",
    "squid",
    "zscaler",
];
/// Headers that an edge or a gateway adds only to answers of its own.
const MARKS: [&str; 6] = [
    "x-squid-error",
    "x-datadome",
    "x-apigee-fault-code",
    "x-kong-response-latency",
    "x-amzn-waf-action",
    "cf-mitigated",
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
    if is_amazons(headers) {
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
    if let Some(name) = gateway_body::written_by(status, body) {
        return Answerer::Edge(name);
    }
    let answers_itself = |server: String| ANSWERS_ITSELF.iter().any(|name| server.contains(name));
    if is_marked(headers) || text(header::SERVER.as_str()).is_some_and(answers_itself) {
        return Answerer::Edge(edge.unwrap_or("a proxy"));
    }
    let is_page = gateway_body::is_markup(body)
        || text(header::CONTENT_TYPE.as_str()).is_some_and(|kind| kind.contains("html"));
    // Cloudflare's own range: its origin failed or could not be reached.
    let cloudflares = (520..=530).contains(&status);
    let is_json = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
    let is_named = || {
        ["server", "via", "x-served-by"]
            .iter()
            .any(|name| headers.contains_key(*name))
    };
    match edge {
        Some(name) if is_page || cloudflares || !is_json => Answerer::Edge(name),
        None if gateway_body::is_of_proxy(status, body) || (is_named() && !is_json) => {
            Answerer::Edge("a proxy")
        }
        None if is_page => Answerer::Edge("an edge or a proxy"),
        None if cloudflares => Answerer::Edge("Cloudflare"),
        _ => Answerer::Function,
    }
}

fn is_marked(headers: &HeaderMap) -> bool {
    MARKS.iter().any(|mark| headers.contains_key(*mark))
}

/// Whether API Gateway or Lambda marks the answer as its own, or as the function's behind it: what stands
/// before them only passed it on, whatever headers of its own it added.
fn is_amazons(headers: &HeaderMap) -> bool {
    ["x-amz-apigw-id", "apigw-requestid", "x-amzn-requestid"]
        .iter()
        .any(|id| headers.contains_key(*id))
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
pub(super) fn is_marked_refusal(status: u16, headers: &HeaderMap, body: &[u8]) -> bool {
    let is_others = || {
        gateway_body::is_markup(body)
            || gateway_body::is_refusal(body)
            || edge(headers).is_some()
            || gateway_body::written_by(status, body).is_some()
    };
    if error_type(headers).is_some() || is_marked(headers) || (!is_amazons(headers) && is_others())
    {
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

#[cfg(test)]
mod tests;
