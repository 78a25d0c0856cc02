//! Failing answers, each with who made it.

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
        assert_eq!(is_marked_refusal(404, &map, body.as_bytes()), due, "{body}");
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

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerCase {
    /// What the case shows.
    #[serde(rename = "why")]
    _why: String,
    #[serde(default, rename = "source")]
    _source: Option<String>,
    status: u16,
    headers: std::collections::BTreeMap<String, String>,
    body: String,
    /// `function`, `gateway` or `edge` of a 5xx; `marked` by one of the latter or the function's `own` of
    /// a 4xx.
    made_by: String,
}

#[test]
fn every_answer_of_the_corpus_was_made_by_whom_it_says() {
    let (mut functions, mut others, mut wrong) = (0, 0, Vec::new());
    for (name, case) in crate::cloud::corpus_tests::cases::<AnswerCase>("answers") {
        let pairs = case.headers.iter().map(|(name, value)| {
            let name = reqwest::header::HeaderName::try_from(name).expect("a name");
            (name, HeaderValue::from_str(value).expect("a value"))
        });
        let headers: HeaderMap = pairs.collect();
        let body = case.body.as_bytes();
        let found = match of_server_error(case.status, &headers, body) {
            _ if case.status < 500 => match is_marked_refusal(case.status, &headers, body) {
                true => "marked",
                false => "own",
            },
            Answerer::Function => "function",
            Answerer::Gateway(_) => "gateway",
            Answerer::Edge(_) => "edge",
        };
        match found {
            "function" | "own" => functions += 1,
            _ => others += 1,
        }
        if found != case.made_by {
            wrong.push(format!("{name}: {found}, not {}", case.made_by));
        }
    }
    println!("answer corpus: {functions} of the function, {others} of what stands before it");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
