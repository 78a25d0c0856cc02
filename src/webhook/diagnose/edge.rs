//! What stands before the receiver: TLS, and a tunnel.

use super::Diagnosis;
use crate::report::model::Verdict;
use crate::webhook::send::{Handshake, ReceiverResponse, SendOutcome};
use reqwest::header::{HeaderName, SERVER};
use url::Url;

pub(super) fn tls(url: &Url, sent: &SendOutcome) -> Diagnosis {
    let id = "tls";
    match (url.scheme(), sent) {
        ("http", _) => Diagnosis::skipped(
            id,
            "the URL is plain http: everybody on the way can read it",
        ),
        (_, SendOutcome::Answered(_)) => Diagnosis::ok(id, "the certificate is accepted"),
        (_, SendOutcome::Never { why, tls }) => {
            let found = why.to_string();
            Diagnosis::critical(id, found).fix(mend(tls.unwrap_or(Handshake::Other)))
        }
        (_, SendOutcome::Lost(_)) => {
            Diagnosis::ok(id, "the certificate is accepted; no answer came")
        }
    }
}

fn mend(handshake: Handshake) -> &'static str {
    match handshake {
        Handshake::Expired => {
            "Renew the receiver's certificate, and see why it was not renewed by itself"
        }
        Handshake::Early => {
            "Set the clocks here and where the certificate is made: it is not valid yet"
        }
        Handshake::Name => {
            "Get a certificate for the name in the URL, or use the name that it is for"
        }
        Handshake::Issuer => {
            "Have the receiver send its whole chain, from an issuer that everybody trusts; a self-signed certificate is refused"
        }
        Handshake::Certificate => "Replace the receiver's certificate",
        Handshake::Plain => {
            "What answers on that port speaks no TLS: check the port, or put TLS before the receiver"
        }
        Handshake::Other => {
            "See that the receiver, or what stands before it, speaks TLS 1.2 or 1.3 on that port"
        }
    }
}

/// Names that tunnels give to their ends.
const ENDS: [(&str, &str); 8] = [
    (".ngrok.io", "ngrok"),
    (".ngrok.app", "ngrok"),
    (".ngrok.dev", "ngrok"),
    (".ngrok.pizza", "ngrok"),
    (".ngrok-free.app", "ngrok"),
    (".ngrok-free.dev", "ngrok"),
    (".trycloudflare.com", "Cloudflare Tunnel"),
    (".cfargotunnel.com", "Cloudflare Tunnel"),
];

/// What Cloudflare means by a status of its own.
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
        "Mend the address that Cloudflare has for the receiver",
    ),
    (
        524,
        "the receiver does not answer in time",
        "Answer first and work afterwards: a delivery is given 10 s",
    ),
    (
        525,
        "it comes to no TLS with the receiver",
        "Mend TLS between Cloudflare and the receiver",
    ),
    (
        526,
        "it does not trust the receiver's certificate",
        "Renew the certificate between Cloudflare and the receiver",
    ),
    (
        530,
        "the tunnel is gone (1033), or its name leads nowhere (1016)",
        "Start cloudflared again, and see which name its tunnel has; a quick tunnel has a new URL each time",
    ),
];

/// Whether a tunnel stands before the receiver, and what it says of itself.
pub(super) fn tunnel(url: &Url, answer: Option<&ReceiverResponse>) -> Diagnosis {
    let id = "tunnel";
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    let named = ENDS
        .iter()
        .find(|(end, _)| host.ends_with(end))
        .map(|(_, name)| *name);
    let Some(answer) = answer else {
        return match named {
            Some(name) => Diagnosis::unknown(id, format!("{name}, which passed nothing on"))
                .fix("See that the tunnel still runs, and on which URL"),
            None => Diagnosis::unknown(id, "no answer tells whether there is one"),
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
    fn tunnels_that_answer_themselves_are_found() {
        let plain = url("https://example.invalid/");
        for (code, word) in [
            ("ERR_NGROK_3200", "agent"),
            ("ERR_NGROK_8012", "receiver"),
            ("ERR_NGROK_9999", "Look the code up"),
        ] {
            let found = tunnel(&plain, Some(&answer(404, &[("ngrok-error-code", code)])));
            assert_eq!(found.verdict, Verdict::Critical);
            assert_eq!(found.found, format!("ngrok answers itself, {code}"));
            assert!(found.fix.is_some_and(|fix| fix.contains(word)), "{found:?}");
        }
        for status in [502, 520, 521, 522, 523, 524, 525, 526, 530] {
            let own = answer(status, &[("server", "cloudflare")]);
            assert_eq!(tunnel(&plain, Some(&own)).verdict, Verdict::Critical);
            let other = answer(status, &[("server", "nginx")]);
            assert_eq!(tunnel(&plain, Some(&other)).verdict, Verdict::Skipped);
        }
        let receivers = answer(500, &[("server", "cloudflare")]);
        assert_eq!(tunnel(&plain, Some(&receivers)).verdict, Verdict::Ok);
        for end in ["abc.trycloudflare.com", "x.ngrok-free.app", "x.ngrok.io."] {
            let open = url(&format!("https://{end}/hook"));
            assert_eq!(tunnel(&open, Some(&answer(200, &[]))).verdict, Verdict::Ok);
            assert_eq!(tunnel(&open, None).verdict, Verdict::Unknown);
        }
        let other = url("https://trycloudflare.com.example.invalid/");
        assert_eq!(
            tunnel(&other, Some(&answer(200, &[]))).verdict,
            Verdict::Skipped
        );
    }

    #[test]
    fn every_handshake_has_its_own_fix_and_none_is_to_look_away() {
        let all = [
            Handshake::Expired,
            Handshake::Early,
            Handshake::Name,
            Handshake::Issuer,
            Handshake::Certificate,
            Handshake::Plain,
            Handshake::Other,
        ];
        let fixes: BTreeSet<_> = all.into_iter().map(mend).collect();
        assert_eq!(fixes.len(), all.len());
        for fix in fixes {
            for word in ["insecure", "verify", "disable", "-k"] {
                assert!(!fix.contains(word), "{fix}");
            }
        }
    }
}
