//! Checks of what stands in front of the receiver: TLS and a tunnel.

use super::Diagnosis;
use crate::cloud::TlsFailure;
use crate::report::model::Verdict;
use crate::webhook::send::{ReceiverResponse, SendOutcome};
use reqwest::header::{HeaderName, SERVER};
use url::Url;

pub(super) fn check_tls(url: &Url, sent: &SendOutcome) -> Diagnosis {
    let id = "tls";
    match (url.scheme(), sent) {
        ("http", _) => Diagnosis::skipped(
            id,
            "the URL is plain http: everybody on the way can read it",
        ),
        (_, SendOutcome::Answered(_)) => Diagnosis::ok(id, "the certificate is accepted"),
        (_, SendOutcome::NotSent { why, tls }) => {
            let found = why.to_string();
            Diagnosis::critical(id, found).fix(fix_for(tls.unwrap_or(TlsFailure::Other)))
        }
        (_, SendOutcome::NoAnswer(_)) => {
            Diagnosis::ok(id, "the certificate is accepted; no answer came")
        }
    }
}

fn fix_for(handshake: TlsFailure) -> &'static str {
    match handshake {
        TlsFailure::Expired => {
            "Renew the receiver's certificate, and see why it was not renewed by itself"
        }
        TlsFailure::Early => {
            "Set the clocks here and where the certificate is made: it is not valid yet"
        }
        TlsFailure::Name => {
            "Get a certificate for the name in the URL, or use the name that it is for"
        }
        TlsFailure::Issuer => {
            "Have the receiver send its whole chain, from an issuer that everybody trusts; a self-signed certificate is refused"
        }
        TlsFailure::Certificate => "Replace the receiver's certificate",
        TlsFailure::Plain => {
            "What answers on that port speaks no TLS: check the port, or put TLS before the receiver"
        }
        TlsFailure::Other => {
            "See that the receiver, or what stands before it, speaks TLS 1.2 or 1.3 on that port"
        }
    }
}

/// Domains of tunnel services.
const TUNNEL_DOMAINS: [(&str, &str); 8] = [
    (".ngrok.io", "ngrok"),
    (".ngrok.app", "ngrok"),
    (".ngrok.dev", "ngrok"),
    (".ngrok.pizza", "ngrok"),
    (".ngrok-free.app", "ngrok"),
    (".ngrok-free.dev", "ngrok"),
    (".trycloudflare.com", "Cloudflare Tunnel"),
    (".cfargotunnel.com", "Cloudflare Tunnel"),
];

/// The meaning of Cloudflare's own status codes, and the fix.
const CLOUDFLARE: [(u16, &str, &str); 9] = [
    (
        502,
        "it reaches no receiver",
        "Start the receiver: the tunnel runs, and nothing answers at its end",
    ),
    (
        520,
        "the receiver's answer makes no sense to it",
        "Look into the receiver's log at this moment",
    ),
    (
        521,
        "the receiver refuses connections",
        "Start the receiver, or let Cloudflare's addresses in",
    ),
    (
        522,
        "the receiver takes no connection in time",
        "Open the receiver's port for Cloudflare, and see that its host is up",
    ),
    (
        523,
        "it has no way to the receiver",
        "Fix the address that Cloudflare has for the receiver",
    ),
    (
        524,
        "the receiver does not answer in time",
        "Answer first and work afterwards: a delivery is given 10 s",
    ),
    (
        525,
        "it comes to no TLS with the receiver",
        "Fix TLS between Cloudflare and the receiver",
    ),
    (
        526,
        "it does not trust the receiver's certificate",
        "Renew the certificate between Cloudflare and the receiver",
    ),
    (
        530,
        "tunnel closed (1033), or its name does not resolve (1016)",
        "Start cloudflared again, and see which name its tunnel has; a quick tunnel has a new URL each time",
    ),
];

/// Whether a tunnel stands before the receiver, and what it says of itself.
pub(super) fn check_tunnel(url: &Url, answer: Option<&ReceiverResponse>) -> Diagnosis {
    let id = "tunnel";
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    let named = TUNNEL_DOMAINS
        .iter()
        .find(|(end, _)| host.ends_with(end))
        .map(|(_, name)| *name);
    let Some(answer) = answer else {
        return match named {
            Some(name) => Diagnosis::unknown(id, format!("{name}, which passed nothing on"))
                .fix("See that the tunnel still runs, and on which URL"),
            None => Diagnosis::unknown(id, "no answer shows whether there is one"),
        };
    };
    if let Some(code) = answer.header(&HeaderName::from_static("ngrok-error-code")) {
        return ngrok(code);
    }
    let is_cloudflare = answer.header(&SERVER) == Some("cloudflare");
    let own = CLOUDFLARE
        .iter()
        .find(|(status, ..)| is_cloudflare && *status == answer.status);
    match (own, named) {
        (Some((status, why, fix)), _) => Diagnosis::critical(
            id,
            format!("Cloudflare answers itself, HTTP {status}: {why}"),
        )
        .fix(fix),
        (None, Some(name)) => Diagnosis::ok(id, format!("{name} is open and passes on")),
        (None, None) if is_cloudflare => {
            Diagnosis::ok(id, "Cloudflare stands before it and passes on")
        }
        (None, None) => Diagnosis::skipped(id, "no tunnel is known by this name or answer"),
    }
}

fn ngrok(code: &str) -> Diagnosis {
    let code: String = code
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        .take(24)
        .collect();
    let fix = match code.as_str() {
        "ERR_NGROK_3200" => {
            "Start the ngrok agent again; if the tunnel got a new URL, ask with that one and register it once it is healthy"
        }
        "ERR_NGROK_8012" => {
            "Start the receiver: the tunnel runs, and nothing answers on the port that it leads to"
        }
        _ => "Look the code up at ngrok, and see that the tunnel leads to the receiver's port",
    };
    Diagnosis::new(
        "tunnel",
        Verdict::Critical,
        format!("ngrok answers itself, {code}"),
    )
    .fix(fix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderMap;
    use std::collections::BTreeSet;

    fn answer(status: u16, headers: &[(&'static str, &'static str)]) -> ReceiverResponse {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().expect("a header"));
        }
        ReceiverResponse::for_tests(status, map)
    }

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn a_tunnel_that_answers_by_itself_is_recognized() {
        let plain = url("https://example.invalid/");
        for (code, word) in [
            ("ERR_NGROK_3200", "agent"),
            ("ERR_NGROK_8012", "receiver"),
            ("ERR_NGROK_9999", "Look the code up"),
        ] {
            let found = check_tunnel(&plain, Some(&answer(404, &[("ngrok-error-code", code)])));
            assert_eq!(found.verdict, Verdict::Critical);
            assert_eq!(found.found, format!("ngrok answers itself, {code}"));
            assert!(found.fix.is_some_and(|fix| fix.contains(word)), "{found:?}");
        }
        for status in [502, 520, 521, 522, 523, 524, 525, 526, 530] {
            let own = answer(status, &[("server", "cloudflare")]);
            assert_eq!(check_tunnel(&plain, Some(&own)).verdict, Verdict::Critical);
            let other = answer(status, &[("server", "nginx")]);
            assert_eq!(check_tunnel(&plain, Some(&other)).verdict, Verdict::Skipped);
        }
        let receivers = answer(500, &[("server", "cloudflare")]);
        assert_eq!(check_tunnel(&plain, Some(&receivers)).verdict, Verdict::Ok);
        for end in ["abc.trycloudflare.com", "x.ngrok-free.app", "x.ngrok.io."] {
            let open = url(&format!("https://{end}/hook"));
            assert_eq!(
                check_tunnel(&open, Some(&answer(200, &[]))).verdict,
                Verdict::Ok
            );
            assert_eq!(check_tunnel(&open, None).verdict, Verdict::Unknown);
        }
        let other = url("https://trycloudflare.com.example.invalid/");
        assert_eq!(
            check_tunnel(&other, Some(&answer(200, &[]))).verdict,
            Verdict::Skipped
        );
    }

    #[test]
    fn every_tls_failure_has_its_fix_and_none_disables_verification() {
        let all = [
            TlsFailure::Expired,
            TlsFailure::Early,
            TlsFailure::Name,
            TlsFailure::Issuer,
            TlsFailure::Certificate,
            TlsFailure::Plain,
            TlsFailure::Other,
        ];
        let fixes: BTreeSet<_> = all.into_iter().map(fix_for).collect();
        assert_eq!(fixes.len(), all.len());
        for fix in fixes {
            for word in ["insecure", "verify", "disable", "-k"] {
                assert!(!fix.contains(word), "{fix}");
            }
        }
    }
}
