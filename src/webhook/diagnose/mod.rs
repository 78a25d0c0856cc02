//! Why a delivery fails: seven checks in order, each with its own fix. No fix asks for a new approval
//! by people: a failing webhook does not affect the bond.

mod answer;
mod edge;

use super::send::{SendOutcome, deliver};
use super::target::{ResolvedTarget, TargetError, resolve};
use super::{TestPayload, sign};
use crate::cloud::Http;
use crate::report::checklist::ChecklistItem;
use crate::report::model::Verdict;
use crate::text::words_of;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use tokio::net::TcpStream;
use url::Url;

/// The longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(3);

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// Such as `name`.
    pub id: &'static str,
    /// How bad it is.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do, where there is something to do.
    pub fix: Option<&'static str>,
}

impl Diagnosis {
    fn new(id: &'static str, verdict: Verdict, found: impl Into<String>) -> Self {
        Self {
            id,
            verdict,
            found: found.into(),
            fix: None,
        }
    }

    fn ok(id: &'static str, found: impl Into<String>) -> Self {
        Self::new(id, Verdict::Ok, found)
    }

    fn skipped(id: &'static str, found: impl Into<String>) -> Self {
        Self::new(id, Verdict::Skipped, found)
    }

    fn unknown(id: &'static str, found: impl Into<String>) -> Self {
        Self::new(id, Verdict::Unknown, found)
    }

    fn critical(id: &'static str, found: impl Into<String>) -> Self {
        Self::new(id, Verdict::Critical, found)
    }

    fn fix(self, fix: &'static str) -> Self {
        Self {
            fix: Some(fix),
            ..self
        }
    }
}

impl From<Diagnosis> for ChecklistItem {
    fn from(diagnosis: Diagnosis) -> Self {
        Self {
            name: diagnosis.id.to_owned(),
            verdict: diagnosis.verdict,
            found: diagnosis.found.into(),
            fix: diagnosis.fix.map(Into::into),
        }
    }
}

/// The checks in their order.
pub const QUESTIONS: [&str; 7] = [
    "name",
    "reachable",
    "tls",
    "tunnel",
    "signature",
    "clock",
    "answer",
];

/// What is diagnosed.
#[derive(Clone, Copy, Debug)]
pub struct DiagnosisInput<'a> {
    /// The receiver.
    pub url: &'a Url,
    /// Whether it may be on this machine or in a private network.
    pub allow_private: bool,
    /// The test delivery.
    pub payload: &'a TestPayload,
    /// The wall clock when the checks begin.
    pub now: OffsetDateTime,
    /// The deadline of all checks.
    pub until: Instant,
}

impl DiagnosisInput<'_> {
    fn remaining(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

/// Runs the checks, with at most two deliveries: one with the right signature and, if that was
/// accepted, one with a wrong signature.
pub async fn diagnose(http: &Http, case: &DiagnosisInput<'_>, secret: &str) -> Vec<Diagnosis> {
    let mut findings = Vec::with_capacity(QUESTIONS.len());
    if let Err(why) = run_questions(http, case, secret, &mut findings).await {
        let rest = QUESTIONS.iter().skip(findings.len());
        findings.extend(rest.map(|id| Diagnosis::unknown(id, why)));
    }
    findings
}

/// What to do after the checks.
pub fn next(findings: &[Diagnosis]) -> &'static str {
    let bad = |finding: &Diagnosis| !matches!(finding.verdict, Verdict::Ok | Verdict::Skipped);
    match findings.iter().any(bad) {
        false => {
            "Replay the event that failed (duckops webhook send, or webhook-events.html). Register \
             the endpoint again only if its URL or secret changed (spaceduck-bot-home.html). Close \
             the incident after a successful test delivery."
        }
        true => {
            "The bond is not affected. Do not register the endpoint again before it works \
             (spaceduck-bot-home.html). Close the incident after a successful test delivery \
             (webhook-events.html)."
        }
    }
}

/// `Err` says why the checks after the last diagnosis were not run.
async fn run_questions(
    http: &Http,
    case: &DiagnosisInput<'_>,
    secret: &str,
    findings: &mut Vec<Diagnosis>,
) -> Result<(), &'static str> {
    let began = Instant::now();
    let target = match resolve(case.url, case.allow_private, case.remaining()).await {
        Ok(target) => target,
        Err(refused) => {
            findings.push(unresolved_name(&refused));
            return Err("not tested: no address");
        }
    };
    findings.push(Diagnosis::ok("name", addresses(&target)));
    match connect(&target, case).await {
        Ok(address) => findings.push(Diagnosis::ok(
            "reachable",
            format!("{address} takes connections"),
        )),
        Err(why) => {
            findings.push(Diagnosis::critical("reachable", why).fix(
                "Start the receiver, and open its port; behind a tunnel, see that the tunnel runs",
            ));
            return Err("not tested: no connection");
        }
    }
    if case.remaining().is_zero() {
        return Err("not tested: the deadline is over");
    }
    let right = sign(secret, &case.payload.body);
    let sent = deliver(http, &target, case.payload, &right, case.remaining()).await;
    findings.push(edge::check_tls(case.url, &sent));
    let answer = match sent {
        SendOutcome::Answered(answer) => answer,
        SendOutcome::NotSent { .. } if case.url.scheme() == "https" => {
            return Err("not tested: fix TLS first");
        }
        SendOutcome::NotSent { why, .. } | SendOutcome::NoAnswer(why) => {
            findings.push(edge::check_tunnel(case.url, None));
            let silent = "not tested: the receiver did not answer";
            findings.extend(["signature", "clock"].map(|id| Diagnosis::unknown(id, silent)));
            findings.push(Diagnosis::critical("answer", format!("none: {why}")).fix(
                "Look into the receiver's log: it has to answer within 10 s, before it does its work",
            ));
            return Ok(());
        }
    };
    let answered = case.now + began.elapsed();
    findings.push(edge::check_tunnel(case.url, Some(&answer)));
    let forged = match answer.is_accepted() {
        true => {
            let wrong = sign(&format!("{secret} not"), &case.payload.body);
            Some(deliver(http, &target, case.payload, &wrong, case.remaining()).await)
        }
        false => None,
    };
    findings.push(answer::check_signature(&answer, forged.as_ref()));
    findings.push(answer::check_clock(&answer, answered));
    findings.push(answer::check_status(&answer));
    Ok(())
}

fn unresolved_name(refused: &TargetError) -> Diagnosis {
    let (verdict, fix) = match refused {
        TargetError::Name(_) => (
            Verdict::Critical,
            "Correct the name, or use the URL that the endpoint has now: once that one is healthy it can be registered",
        ),
        TargetError::Address { .. } => (
            Verdict::Unknown,
            "Nothing was sent; a receiver on this machine or network is asked with --allow-private",
        ),
        TargetError::Url(_) => (Verdict::Critical, "Give the URL that is registered"),
    };
    Diagnosis::new("name", verdict, refused.to_string()).fix(fix)
}

fn addresses(target: &ResolvedTarget) -> String {
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

async fn connect(target: &ResolvedTarget, case: &DiagnosisInput<'_>) -> Result<SocketAddr, String> {
    let mut why = String::new();
    for address in &target.addresses {
        let limit = CONNECT.min(case.remaining());
        match tokio::time::timeout(limit, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(*address),
            Ok(Err(error)) => why = format!("{address}: {}", words_of(&error)),
            Err(_) => {
                why = format!(
                    "{address}: no connection within {:.0} s",
                    limit.as_secs_f32()
                )
            }
        }
    }
    Err(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_diagnosis_asks_for_registering_first_or_for_a_new_approval() {
        let well: Vec<_> = QUESTIONS.map(|id| Diagnosis::ok(id, "")).into();
        let mut ill = well.clone();
        ill[3] = Diagnosis::critical("tunnel", "gone");
        for (findings, word) in [(&well, "Replay the event"), (&ill, "before it works")] {
            let next = next(findings);
            for word in [
                word,
                "spaceduck-bot-home.html",
                "webhook-events.html",
                "after a successful test delivery",
            ] {
                assert!(next.contains(word), "{word}: {next}");
            }
            for word in ["approv", "peck", "consent"] {
                assert!(!next.contains(word), "{word}: {next}");
            }
        }
    }
}
