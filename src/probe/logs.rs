//! CloudWatch Logs `FilterLogEvents`: what the function said.
//!
//! Two windows, asked for at the same time: errors of the last quarter of an hour, and
//! certificates and mail of the last hour. The pattern only narrows what is sent; servers
//! differ in what a pattern means, so every line is matched again here. Pages are read to
//! the end: one may be empty and still lead on.

mod line;
mod log_counts;
#[cfg(test)]
mod tests;

use super::{ProbeContext, aws};
use crate::fact::{FactValue, Probe};
use crate::observation::{Observation, Unavailable, UnavailableReason};
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use line::{CertificateLine, LogFault};
use log_counts::LogCounts;
use time::OffsetDateTime;

const ACTION: &str = "logs:FilterLogEvents";
/// How far ahead of ours the clock of the logs may be, in seconds.
const AHEAD: i64 = 60;

/// A window and what is looked for in it.
#[derive(Clone, Copy)]
struct LogSearch {
    name: &'static str,
    span: i64,
    /// One of these terms must occur; case counts.
    terms: &'static [&'static str],
}

const ERRORS: LogSearch = LogSearch {
    name: "errors of 15 min",
    span: 15 * 60,
    terms: line::FAULT_TERMS,
};
const CERTIFICATES: LogSearch = LogSearch {
    name: "certificates of 1 h",
    span: 3_600,
    terms: line::CERTIFICATE_TERMS,
};

pub(super) async fn observe(context: &ProbeContext) -> Observation {
    let mut observation = Observation::new(Probe::Logs);
    let Some(config) = aws::config(context, &mut observation).await else {
        return observation;
    };
    let client = aws_sdk_cloudwatchlogs::Client::new(config);
    let ((errors, a), (certificates, b)) = tokio::join!(
        search(context, &client, ERRORS, LogFault::of),
        search(context, &client, CERTIFICATES, CertificateLine::of),
    );
    for part in [a, b] {
        observation.reached |= part.reached;
        observation.asked.extend(part.asked);
    }
    faults(&mut observation, errors, context.now);
    certs(&mut observation, certificates, context.now);
    observation
}

/// Pages one window to its end, or to what ended it early.
async fn search<K: Copy + Ord>(
    context: &ProbeContext,
    client: &aws_sdk_cloudwatchlogs::Client,
    search: LogSearch,
    kind: fn(&str) -> Option<K>,
) -> (LogCounts<K>, Observation) {
    let mut observation = Observation::new(Probe::Logs);
    let from = (context.now.unix_timestamp() - search.span) * 1_000;
    let to = (context.now.unix_timestamp() + AHEAD) * 1_000;
    let mut counts = LogCounts::new(from, to);
    let mut token: Option<String> = None;
    for page in 1.. {
        let bytes = aws::Bytes::default();
        let request = client
            .filter_log_events()
            .log_group_name(&context.stack.log_group.value)
            .start_time(from)
            .end_time(to)
            .filter_pattern(pattern(search.terms))
            .set_next_token(token.clone())
            .customize()
            .interceptor(bytes.clone());
        let question = format!("FilterLogEvents {}, page {page}", search.name);
        let answer = aws::question(
            &mut observation,
            context.deadline,
            question,
            ACTION,
            request.send(),
        )
        .await;
        let whole = answer.and_then(|answer| {
            bytes.document("answer")?.list("events")?;
            Ok(answer)
        });
        let answer = match whole {
            Ok(answer) => answer,
            Err(unavailable) => {
                counts.cut(unavailable);
                break;
            }
        };
        for event in answer.events() {
            take(&mut counts, event, kind);
        }
        match answer.next_token {
            None => break,
            Some(next) if token.as_ref() == Some(&next) => {
                counts.cut(Unavailable::new(
                    UnavailableReason::Incomplete,
                    format!("the pagination of the log ({}) did not end", search.name),
                ));
                break;
            }
            Some(next) => token = Some(next),
        }
    }
    (counts, observation)
}

/// Terms of which one must occur, in the plain-text form of filter patterns.
fn pattern(terms: &[&str]) -> String {
    let terms: Vec<_> = terms.iter().map(|term| format!("?\"{term}\"")).collect();
    terms.join(" ")
}

fn take<K: Copy + Ord>(
    counts: &mut LogCounts<K>,
    event: &FilteredLogEvent,
    kind: fn(&str) -> Option<K>,
) {
    match (event.timestamp(), event.message()) {
        (Some(at), Some(message)) => {
            if let Some(kind) = kind(message) {
                counts.keep(at, message, kind);
            }
        }
        _ => counts.cut(Unavailable::new(
            UnavailableReason::Missing,
            "a line of the log has no time or no text",
        )),
    }
}

fn faults(observation: &mut Observation, counts: LogCounts<LogFault>, at: OffsetDateTime) {
    let kinds = [
        ("logs.timeouts_15m_min", LogFault::Timeout),
        ("logs.exits_15m_min", LogFault::Exit),
        ("logs.imports_15m_min", LogFault::Import),
        ("logs.other_errors_15m_min", LogFault::Other),
    ];
    observation.put("logs.errors_15m_min", counts.at_least(None), at);
    observation.put("logs.errors_15m", counts.exactly(None), at);
    for (path, kind) in kinds {
        observation.put(path, counts.at_least(Some(kind)), at);
    }
    observation.set("logs.newest_errors", FactValue::List(counts.lines()), at);
}

fn certs(observation: &mut Observation, counts: LogCounts<CertificateLine>, at: OffsetDateTime) {
    let (failed, mail) = (
        Some(CertificateLine::Failed),
        Some(CertificateLine::MailFailed),
    );
    let issued = counts.at_least(Some(CertificateLine::Issued));
    observation.put("logs.cert_issued_1h_min", issued, at);
    observation.put("logs.cert_failures_1h_min", counts.at_least(failed), at);
    observation.put("logs.cert_failures_1h", counts.exactly(failed), at);
    observation.put("logs.mail_errors_1h_min", counts.at_least(mail), at);
    observation.put("logs.mail_errors_1h", counts.exactly(mail), at);
    observation.set("logs.newest_certs", FactValue::List(counts.lines()), at);
}
