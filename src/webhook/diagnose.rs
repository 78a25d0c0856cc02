//! Why a delivery fails, one question after the other, each with its own fix. None of them
//! is a new approval: a webhook that fails says nothing against the bond.

use super::send::{Answer, PATIENCE, Sent, deliver};
use super::target::{Refused, Target, resolve};
use super::{Payload, sign};
use crate::report::model::Verdict;
use reqwest::header::{DATE, HeaderName, SERVER};
use std::time::Duration;
use time::OffsetDateTime;
use time::macros::format_description;
use tokio::net::TcpStream;
use url::Url;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(3);
/// An answer that takes longer than this is slow: receivers are given ten seconds.
const SLOW: Duration = Duration::from_secs(5);
/// A clock this far off is said, in seconds.
const CLOCK_ODD: i64 = 60;
/// And one this far off makes receivers with a time window refuse everything.
const CLOCK_OFF: i64 = 300;

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Such as `name`.
    pub id: &'static str,
    /// How bad it is.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do, where there is something to do.
    pub fix: Option<&'static str>,
}

impl Finding {
    fn ok(id: &'static str, found: impl Into<String>) -> Self {
        Self {
            id,
            verdict: Verdict::Ok,
            found: found.into(),
            fix: None,
        }
    }

    fn bad(
        id: &'static str,
        verdict: Verdict,
        found: impl Into<String>,
        fix: &'static str,
    ) -> Self {
        Self {
            fix: Some(fix),
            verdict,
            ..Self::ok(id, found)
        }
    }

    fn skipped(id: &'static str, found: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Skipped,
            ..Self::ok(id, found)
        }
    }
}

/// The questions in their order.
pub const QUESTIONS: [&str; 7] = [
    "name",
    "reachable",
    "tls",
    "tunnel",
    "signature",
    "clock",
    "answer",
];

/// Asks them. `now` is the wall clock.
pub async fn diagnose(
    url: &Url,
    allow_private: bool,
    secret: &str,
    payload: &Payload,
    now: OffsetDateTime,
) -> Vec<Finding> {
    let mut findings = Vec::with_capacity(QUESTIONS.len());
    let told = ask(url, allow_private, secret, payload, now, &mut findings).await;
    if let Err(why) = told {
        let rest = QUESTIONS.iter().skip(findings.len());
        findings.extend(rest.map(|id| Finding {
            verdict: Verdict::Unknown,
            ..Finding::ok(id, why)
        }));
    }
    findings
}

/// `Err` says why the questions after the last finding cannot be asked.
async fn ask(
    url: &Url,
    allow_private: bool,
    secret: &str,
    payload: &Payload,
    now: OffsetDateTime,
    findings: &mut Vec<Finding>,
) -> Result<(), &'static str> {
    let target = match resolve(url, allow_private).await {
        Ok(target) => target,
        Err(refused) => {
            findings.push(unresolved(&refused));
            return Err("not asked: there is no address to ask");
        }
    };
    findings.push(Finding::ok("name", addresses(&target)));
    match reach(&target).await {
        Ok(address) => findings.push(Finding::ok(
            "reachable",
            format!("{address} takes connections"),
        )),
        Err(why) => {
            findings.push(Finding::bad(
                "reachable",
                Verdict::Critical,
                why,
                "Start the receiver, and open its port; behind a tunnel, see that the tunnel runs",
            ));
            return Err("not asked: nothing takes connections there");
        }
    }
    let sent = deliver(&target, payload, &sign(secret, &payload.body)).await;
    findings.push(tls(url, &sent));
    let answer = match &sent {
        Sent::Answered(answer) => Ok(answer),
        Sent::Never { tls: true, .. } => return Err("not asked: TLS comes first"),
        Sent::Never { why, .. } | Sent::Lost(why) => Err(why),
    };
    findings.push(tunnel(url, answer.ok()));
    let answer = match answer {
        Ok(answer) => answer,
        Err(why) => {
            let silent = "not asked: the receiver did not answer";
            let none = |id| Finding {
                verdict: Verdict::Unknown,
                ..Finding::ok(id, silent)
            };
            findings.extend([none("signature"), none("clock")]);
            findings.push(Finding::bad(
                "answer",
                Verdict::Critical,
                format!("none: {why}"),
                "Look into the receiver's log: it has to answer within 10 s, before it does its work",
            ));
            return Ok(());
        }
    };
    let wrong = sign(&format!("{secret} not"), &payload.body);
    let forged = match answer.is_accepted() {
        true => Some(deliver(&target, payload, &wrong).await),
        false => None,
    };
    findings.push(signature(answer, forged.as_ref()));
    findings.push(clock(answer, now));
    findings.push(judged(answer));
    Ok(())
}

fn unresolved(refused: &Refused) -> Finding {
    let (verdict, fix) = match refused {
        Refused::Name(_) => (
            Verdict::Critical,
            "Mend the name, or register the endpoint's present URL in spaceduck-bot-home.html",
        ),
        Refused::Address { .. } => (
            Verdict::Unknown,
            "Nothing was sent; a receiver on this machine or network is asked with --allow-private",
        ),
        Refused::Url(_) => (Verdict::Critical, "Give the URL that is registered"),
    };
    Finding::bad("name", verdict, refused.to_string(), fix)
}

fn addresses(target: &Target) -> String {
    let all: Vec<_> = target
        .addresses
        .iter()
        .map(|a| a.ip().to_string())
        .collect();
    match &target.name {
        Some(name) => format!("{name} is {}", all.join(", ")),
        None => all.join(", "),
    }
}

async fn reach(target: &Target) -> Result<std::net::SocketAddr, String> {
    let mut why = String::new();
    for address in &target.addresses {
        match tokio::time::timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(*address),
            Ok(Err(error)) => why = format!("{address}: {error}"),
            Err(_) => why = format!("{address}: no connection within 3 s"),
        }
    }
    Err(why)
}

fn tls(url: &Url, sent: &Sent) -> Finding {
    let id = "tls";
    match (url.scheme(), sent) {
        ("http", _) => Finding::skipped(
            id,
            "the URL is plain http: everybody on the way can read it",
        ),
        (_, Sent::Never { why, tls: true }) => Finding::bad(
            id,
            Verdict::Critical,
            why.clone(),
            "Renew or mend the receiver's certificate: its name, its chain, its dates",
        ),
        (_, Sent::Answered(_)) => Finding::ok(id, "the certificate is accepted"),
        (_, Sent::Never { why, .. } | Sent::Lost(why)) => {
            Finding::bad(id, Verdict::Unknown, why.clone(), "Mend the answer first")
        }
    }
}

/// Whether a tunnel stands before the receiver, and what it says of itself.
fn tunnel(url: &Url, answer: Option<&Answer>) -> Finding {
    const ENDS: [(&str, &str); 7] = [
        (".ngrok.io", "ngrok"),
        (".ngrok.app", "ngrok"),
        (".ngrok.dev", "ngrok"),
        (".ngrok-free.app", "ngrok"),
        (".ngrok-free.dev", "ngrok"),
        (".trycloudflare.com", "Cloudflare Tunnel"),
        (".cfargotunnel.com", "Cloudflare Tunnel"),
    ];
    let id = "tunnel";
    let host = url.host_str().unwrap_or_default();
    let by_name = ENDS
        .iter()
        .find(|(end, _)| host.ends_with(end))
        .map(|(_, name)| *name);
    let header = |name: &'static str| answer.and_then(|a| a.header(&HeaderName::from_static(name)));
    if let Some(code) = header("ngrok-error-code") {
        let code: String = code
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
            .take(24)
            .collect();
        return Finding::bad(
            id,
            Verdict::Critical,
            format!("ngrok answers itself, {code}"),
            "Start the tunnel again and see that it leads to the receiver's port; a new tunnel has a new URL to register",
        );
    }
    let cloudflare = answer.and_then(|a| a.header(&SERVER)) == Some("cloudflare");
    match answer.map(|answer| answer.status) {
        Some(status @ (502 | 520..=526 | 530)) if cloudflare => Finding::bad(
            id,
            Verdict::Critical,
            format!("Cloudflare answers itself, HTTP {status}"),
            "See that cloudflared runs and routes to the receiver; 530 is a tunnel that is gone",
        ),
        _ => match by_name {
            Some(name) if answer.is_some() => {
                Finding::ok(id, format!("{name} is open and passes on"))
            }
            Some(name) => Finding::bad(
                id,
                Verdict::Unknown,
                format!("{name}, which passed nothing on"),
                "See that the tunnel still runs, and on which URL",
            ),
            None => Finding::skipped(id, "no tunnel is known by this name or answer"),
        },
    }
}

fn signature(answer: &Answer, forged: Option<&Sent>) -> Finding {
    let id = "signature";
    if matches!(answer.status, 401 | 403) {
        return Finding::bad(
            id,
            Verdict::Critical,
            format!("a right signature is refused, HTTP {}", answer.status),
            "The receiver has another secret, or it does not sign the raw bytes: compare with duckops webhook verify",
        );
    }
    match forged {
        None => Finding::bad(
            id,
            Verdict::Unknown,
            format!("not told by HTTP {}", answer.status),
            "Mend the answer first",
        ),
        Some(Sent::Answered(forged)) if forged.is_accepted() => Finding::bad(
            id,
            Verdict::Warning,
            "a right signature is accepted, and so is a wrong one: the receiver does not verify",
            "Make the receiver compare the signature, in constant time, over the raw body",
        ),
        Some(Sent::Answered(_)) => {
            Finding::ok(id, "a right one is accepted and a wrong one refused")
        }
        Some(Sent::Never { why, .. } | Sent::Lost(why)) => Finding::bad(
            id,
            Verdict::Unknown,
            format!("a right one is accepted; the wrong one got no answer: {why}"),
            "Ask again",
        ),
    }
}

fn clock(answer: &Answer, now: OffsetDateTime) -> Finding {
    let id = "clock";
    let form = format_description!(
        version = 2,
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let told = answer.header(&DATE).and_then(|date| {
        let date = time::PrimitiveDateTime::parse(date, form).ok()?;
        Some(date.assume_utc().unix_timestamp())
    });
    let Some(told) = told else {
        return Finding::skipped(id, "the receiver does not tell the time");
    };
    let skew = told - now.unix_timestamp();
    let found = format!("the receiver's clock is {skew} s off this machine's");
    match skew.abs() {
        CLOCK_ODD.. if skew.abs() > CLOCK_OFF => Finding::bad(
            id,
            Verdict::Critical,
            found,
            "Set the clocks: a receiver with a time window refuses everything by now",
        ),
        off if off > CLOCK_ODD => Finding::bad(
            id,
            Verdict::Warning,
            found,
            "Set the clocks before a time window is missed",
        ),
        _ => Finding::ok(id, found),
    }
}

fn judged(answer: &Answer) -> Finding {
    let id = "answer";
    let found = format!("HTTP {} in {} ms", answer.status, answer.took.as_millis());
    let (verdict, fix) = match answer.status {
        200..=299 if answer.took < SLOW => return Finding::ok(id, found),
        200..=299 => (
            Verdict::Warning,
            "Answer first and work afterwards: a delivery is given 10 s",
        ),
        300..=399 => (
            Verdict::Critical,
            "Register the URL that it redirects to: deliveries follow no redirect",
        ),
        401 | 403 => (
            Verdict::Critical,
            "Give the receiver the secret that is registered, or register the one it has (spaceduck-bot-home.html)",
        ),
        404 | 405 | 410 => (
            Verdict::Critical,
            "Compare path and method with what is registered; register anew only if the URL changed (spaceduck-bot-home.html)",
        ),
        429 => (
            Verdict::Critical,
            "Let the receiver take deliveries without a limit",
        ),
        _ => (
            Verdict::Critical,
            "Look into the receiver's log at this moment: it failed while it handled the event",
        ),
    };
    Finding::bad(id, verdict, found, fix)
}

/// The longest that a diagnosis takes: two deliveries and a connection.
pub const LONGEST: Duration = Duration::from_secs(PATIENCE.as_secs() * 2 + 2 * CONNECT.as_secs());

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderMap;

    fn answer(status: u16, headers: &[(&'static str, &'static str)]) -> Answer {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().expect("a header"));
        }
        Answer::for_tests(status, map)
    }

    #[test]
    fn every_answer_has_its_own_fix_and_none_is_a_new_approval() {
        let mut fixes = std::collections::BTreeSet::new();
        for (status, verdict) in [
            (200, Verdict::Ok),
            (204, Verdict::Ok),
            (302, Verdict::Critical),
            (401, Verdict::Critical),
            (404, Verdict::Critical),
            (429, Verdict::Critical),
            (500, Verdict::Critical),
        ] {
            let finding = judged(&answer(status, &[]));
            assert_eq!(finding.verdict, verdict, "{status}");
            fixes.extend(finding.fix);
        }
        assert_eq!(fixes.len(), 5);
        for fix in fixes {
            assert!(!fix.contains("peck") && !fix.contains("approv"), "{fix}");
        }
    }

    #[test]
    fn clocks_are_compared_to_the_second() {
        let now = OffsetDateTime::from_unix_timestamp(1_774_149_129).expect("a time");
        let at = |date: &'static str| clock(&answer(200, &[("date", date)]), now).verdict;
        for (date, verdict) in [
            ("Sun, 22 Mar 2026 03:12:09 GMT", Verdict::Ok),
            ("Sun, 22 Mar 2026 03:13:09 GMT", Verdict::Ok),
            ("Sun, 22 Mar 2026 03:13:10 GMT", Verdict::Warning),
            ("Sun, 22 Mar 2026 03:17:09 GMT", Verdict::Warning),
            ("Sun, 22 Mar 2026 03:17:10 GMT", Verdict::Critical),
            ("Sun, 22 Mar 2026 03:07:08 GMT", Verdict::Critical),
            ("yesterday", Verdict::Skipped),
        ] {
            assert_eq!(at(date), verdict, "{date}");
        }
    }

    #[test]
    fn tunnels_that_answer_themselves_are_found() {
        let url = |text| Url::parse(text).expect("a URL");
        let plain = url("https://example.invalid/");
        let gone = answer(404, &[("ngrok-error-code", "ERR_NGROK_3200")]);
        let found = tunnel(&plain, Some(&gone));
        assert_eq!(
            (found.verdict, found.found.as_str()),
            (Verdict::Critical, "ngrok answers itself, ERR_NGROK_3200")
        );
        let dead = answer(530, &[("server", "cloudflare")]);
        assert_eq!(tunnel(&plain, Some(&dead)).verdict, Verdict::Critical);
        assert_eq!(
            tunnel(&plain, Some(&answer(530, &[]))).verdict,
            Verdict::Skipped
        );
        let open = url("https://abc.trycloudflare.com/hook");
        assert_eq!(tunnel(&open, Some(&answer(200, &[]))).verdict, Verdict::Ok);
        assert_eq!(tunnel(&open, None).verdict, Verdict::Unknown);
    }
}
