//! Who made a failing answer: the function, the gateway before it, or an edge before that.

use crate::text::Untrusted;
use reqwest::header::{self, HeaderMap};

/// Names in `server` and `via` of edges and balancers.
const EDGES: [(&str, &str); 18] = [
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
    match edge {
        Some(name) if is_html || cloudflares || !is_json => Answerer::Edge(name),
        None if is_html => Answerer::Edge("an edge or a proxy"),
        None if cloudflares => Answerer::Edge("Cloudflare"),
        _ => Answerer::Function,
    }
}

/// Messages that API Gateway writes by itself when it refuses a request.
const GATEWAYS_MESSAGES: [&str; 10] = [
    "forbidden",
    "unauthorized",
    "not found",
    "missing authentication token",
    "too many requests",
    "limit exceeded",
    "the security token included in the request is",
    "the incoming token has expired",
    "user is not authorized to access this resource",
    "authorization header requires",
];

/// Whether a 4xx bears a mark of the gateway or of an edge: an error type, one of its own
/// messages, or a web page.
pub(super) fn is_marked_refusal(headers: &HeaderMap, body: &[u8]) -> bool {
    let is_html = starts_with_html(body);
    if error_type(headers).is_some() || is_html || edge(headers).is_some() {
        return true;
    }
    let message = serde_json::from_slice::<serde_json::Value>(body);
    let message = message.ok().and_then(|body| {
        let message = body["message"]
            .as_str()
            .or_else(|| body["Message"].as_str());
        message.map(str::to_lowercase)
    });
    message.is_some_and(|message| GATEWAYS_MESSAGES.iter().any(|own| message.starts_with(own)))
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
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn of(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Answerer {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_static(value));
        }
        of_server_error(status, &map, body.as_bytes())
    }

    #[test]
    fn the_function_is_blamed_only_when_it_was_invoked() {
        let json = r#"{"message":"Internal server error"}"#;
        let type_of = |kind| [("x-amzn-errortype", kind)];
        for kind in [
            "AuthorizerConfigurationException",
            "AuthorizerFailureException",
            "ApiConfigurationErrorException",
            "AccessDeniedException:http://internal.amazon.com/coral/",
        ] {
            let found = of(500, &type_of(kind), json);
            assert!(matches!(found, Answerer::Gateway(_)), "{kind}: {found:?}");
        }
        for kind in [
            "InternalServerErrorException",
            "InternalServerErrorException:http://x",
            "EndpointRequestTimedOutException",
            "IntegrationFailureException",
            "KeyError",
        ] {
            assert_eq!(of(502, &type_of(kind), json), Answerer::Function, "{kind}");
        }
        assert_eq!(of(502, &[], json), Answerer::Function);
        assert_eq!(of(500, &[("server", "nginx")], json), Answerer::Function);
        assert_eq!(
            of(504, &[("via", "1.1 abc.cloudfront.net (CloudFront)")], json),
            Answerer::Function
        );
    }

    /// The header in every form; where it is gone or says nothing, nothing speaks of the gateway, and
    /// the answer is a failure all the same.
    #[test]
    fn an_error_type_is_read_in_every_form_and_nothing_is_made_of_none() {
        let own = "AuthorizerConfigurationException";
        let of = |values: &[&[u8]]| {
            let mut map = HeaderMap::new();
            for value in values {
                let value = HeaderValue::from_bytes(value).expect("a value");
                map.append("X-Amzn-ErrorType", value);
            }
            of_server_error(500, &map, br#"{"message":null}"#)
        };
        let forms: [&[&[u8]]; 7] = [
            &[b"AuthorizerConfigurationException"],
            &[b"  AuthorizerConfigurationException  "],
            &[b"AuthorizerConfigurationException:http://internal.amazon.com/coral/"],
            &[b"com.amazonaws#AuthorizerConfigurationException"],
            &[
                b"InternalServerErrorException",
                b"AuthorizerConfigurationException",
            ],
            &[
                b"AuthorizerConfigurationException",
                b"InternalServerErrorException",
            ],
            &[b"", b"AuthorizerConfigurationException"],
        ];
        for form in forms {
            assert_eq!(of(form), Answerer::Gateway(own.to_owned()), "{form:?}");
        }
        let nothing: [&[&[u8]]; 6] = [&[], &[b""], &[b" "], &[b"null"], &[b"\xff\xfe"], &[b"500"]];
        for form in nothing {
            assert_eq!(of(form), Answerer::Function, "{form:?}");
        }
    }

    #[test]
    fn a_refusal_bears_the_mark_of_the_gateway_or_may_be_the_functions_own() {
        type Headers<'a> = &'a [(&'static str, &'static str)];
        let cases: [(Headers<'_>, &str, bool); 8] = [
            (&[("x-amzn-errortype", "ForbiddenException")], "{}", true),
            (&[], r#"{"message":"Forbidden"}"#, true),
            (&[], r#"{"message":"Missing Authentication Token"}"#, true),
            (
                &[],
                r#"{"Message":"User is not authorized to access this resource"}"#,
                true,
            ),
            (&[("server", "CloudFront")], "{}", true),
            (&[], "<html>", true),
            (&[], r#"{"error":"no such route"}"#, false),
            (&[], r#"{"message":"duck not found in nest"}"#, false),
        ];
        for (headers, body, due) in cases {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.insert(*name, HeaderValue::from_static(value));
            }
            assert_eq!(is_marked_refusal(&map, body.as_bytes()), due, "{body}");
        }
    }

    #[test]
    fn html_and_cache_headers_indicate_an_edge() {
        let page = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title>";
        type Headers<'a> = &'a [(&'a str, &'a str)];
        let cases: [(u16, Headers<'_>, &str, &str); 7] = [
            (
                502,
                &[("server", "awselb/2.0")],
                "<html>",
                "a load balancer",
            ),
            (503, &[("server", "CloudFront")], page, "CloudFront"),
            (
                502,
                &[("x-cache", "Error from cloudfront")],
                "{}",
                "CloudFront",
            ),
            (521, &[], "error code: 521", "Cloudflare"),
            (503, &[("server", "envoy")], "no healthy upstream", "Envoy"),
            (
                502,
                &[("content-type", "text/html; charset=UTF-8")],
                "oops",
                "an edge or a proxy",
            ),
            (500, &[], page, "an edge or a proxy"),
        ];
        for (status, headers, body, name) in cases {
            let headers: Vec<(&'static str, &'static str)> = headers.to_vec();
            assert_eq!(of(status, &headers, body), Answerer::Edge(name), "{body}");
        }
        let both = [
            ("x-cache", "Error from cloudfront"),
            ("x-amzn-errortype", "InternalServerErrorException"),
        ];
        assert_eq!(of(502, &both, "{}"), Answerer::Function);
    }
}
