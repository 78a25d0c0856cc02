//! CloudWatch Logs `FilterLogEvents`: faults, certificates and mail in the function's log.
//!
//! The group is the one that the function's `LoggingConfig` names. Two windows are asked for at the
//! same time: errors of the last 15 minutes, certificates and mail of the last hour. The filter
//! only narrows what is sent, because servers differ in what a pattern means; every line is judged
//! here. Pages are read to the end: one may be empty and still lead on. A third request, beside them,
//! asks whether the group holds any line at all: it decides where nothing is found.

mod brief;
mod certificate;
mod certificate_words;
mod colours;
#[cfg(test)]
mod corpus_tests;
mod error_kinds;
mod fault;
mod fault_kind;
mod fault_marks;
mod filter;
mod later_lines;
mod level;
mod level_in_text;
mod line;
mod line_prefix;
mod log_counts;
mod log_place;
mod logger_forms;
mod nothing;
mod pattern;
mod printed_object;
#[cfg(test)]
mod tests;

pub(super) use certificate_words::OF_OTHERS as CERTIFICATES_OF_OTHERS;
pub(super) use nothing::is_nothing;

use super::{ProbeContext, aws};
use crate::cloud::PageTokens;
use crate::fact::{FactValue, Probe};
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsOutput;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use certificate::{CertificateLine, FaultSubject};
use fault::FaultSource;
use fault_kind::LogFault;
use line::LogLine;
use log_counts::LogCounts;
use log_place::LogPlace;
use std::collections::{BTreeMap, BTreeSet};
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
    terms: filter::FAULT_TERMS,
};
const CERTIFICATES: LogSearch = LogSearch {
    name: "certificates of 1 h",
    span: 3_600,
    terms: filter::CERTIFICATE_TERMS,
};

pub(super) async fn observe(context: &ProbeContext) -> Observation {
    let mut observation = Observation::new(Probe::Logs);
    let Some(config) = aws::config(context, &mut observation).await else {
        return observation;
    };
    let client = aws_sdk_cloudwatchlogs::Client::new(config);
    let group = |name| LogGroup {
        context,
        client: &client,
        name,
    };
    // Nearly always the function logs to the stack's group. So that is read at once, and again
    // only where the configuration names another.
    let usual = group(context.stack.log_group.value.clone());
    let mut named = std::pin::pin!(LogPlace::of(context, config));
    let mut early = std::pin::pin!(usual.searches());
    let mut found = None;
    let name = tokio::select! {
        name = &mut named => name,
        answers = &mut early => {
            found = Some(answers);
            named.await
        }
    };
    let place = match name {
        Ok(place) => place,
        Err(unavailable) => {
            observation.default_unavailable(unavailable);
            return observation;
        }
    };
    let logs = group(place.name);
    if logs.name != usual.name {
        found = Some(logs.searches().await);
    }
    let ((errors, a), (certificates, b), (silent, c)) = match found {
        Some(found) => found,
        None => early.await,
    };
    for part in [a, b, c] {
        observation.reached |= part.reached;
        observation.asked.extend(part.asked);
    }
    // Certificates are looked for further back.
    let (from, _) = logs.window(ERRORS.span);
    let is_recent = |(at, _): (i64, String)| at * 1_000 >= from;
    let silent = match errors.is_empty() && !certificates.newest().is_some_and(is_recent) {
        true => silent,
        false => Ok(false),
    };
    let shown = FactValue::Text(Untrusted::new(logs.name.as_str()));
    observation.set("logs.group", shown, context.now);
    observation.put("logs.silent", silent.map(FactValue::Bool), context.now);
    for (path, is) in [
        ("logs.quiet", place.is_quiet),
        ("logs.hides_errors", place.hides_errors),
    ] {
        observation.set(path, FactValue::Bool(is), context.now);
    }
    faults(&mut observation, errors, context.now);
    certs(&mut observation, certificates, context.now);
    observation
}

/// The group that is read.
struct LogGroup<'a> {
    context: &'a ProbeContext,
    client: &'a aws_sdk_cloudwatchlogs::Client,
    name: String,
}

/// Lines on faults by kind and subject, lines on certificates, and whether there is any line at
/// all; each with its requests.
type AllSearches = (
    (
        LogCounts<LogFault, (FaultSource, FaultSubject)>,
        Observation,
    ),
    (LogCounts<CertificateLine, ()>, Observation),
    (Result<bool, Unavailable>, Observation),
);

impl LogGroup<'_> {
    /// Everything at the same time.
    async fn searches(&self) -> AllSearches {
        tokio::join!(
            self.search(ERRORS, |line| {
                LogFault::of(line).map(|(kind, source)| (kind, (source, FaultSubject::of(line))))
            }),
            self.search(CERTIFICATES, |line| {
                CertificateLine::of(line).map(|kind| (kind, ()))
            }),
            self.is_silent(),
        )
    }

    /// Pages one window to its end, or to what ended it early.
    async fn search<K: Copy + Ord, S: Ord>(
        &self,
        search: LogSearch,
        judge: impl Fn(&LogLine<'_>) -> Option<(K, S)>,
    ) -> (LogCounts<K, S>, Observation) {
        let mut observation = Observation::new(Probe::Logs);
        let (from, to) = self.window(search.span);
        let mut counts = LogCounts::new(from, to);
        let mut tokens = PageTokens::default();
        for page in 1.. {
            let question = format!("FilterLogEvents {}, page {page}", search.name);
            let pattern = Some(filter::pattern(search.terms));
            let answer = self
                .page(
                    &mut observation,
                    question,
                    search.span,
                    pattern,
                    tokens.current(),
                )
                .await;
            let answer = match answer {
                Ok(answer) => answer,
                Err(unavailable) => {
                    counts.cut(unavailable);
                    break;
                }
            };
            for event in answer.events() {
                take(&mut counts, event, &judge);
            }
            match tokens.advance(answer.next_token, &format!("the log ({})", search.name)) {
                Ok(true) => {}
                Ok(false) => break,
                Err(unavailable) => {
                    counts.cut(unavailable);
                    break;
                }
            }
        }
        (counts, observation)
    }

    /// Whether the group holds no line at all of the window of errors.
    async fn is_silent(&self) -> (Result<bool, Unavailable>, Observation) {
        let mut observation = Observation::new(Probe::Logs);
        let mut tokens = PageTokens::default();
        for page in 1.. {
            let question = format!("FilterLogEvents any line of 15 min, page {page}");
            let span = ERRORS.span;
            let page = self.page(&mut observation, question, span, None, tokens.current());
            let goes_on = page.await.and_then(|answer| match answer.events() {
                [] => tokens.advance(answer.next_token, "the log").map(Some),
                _ => Ok(None),
            });
            match goes_on {
                Ok(Some(true)) => {}
                Ok(end) => return (Ok(end.is_some()), observation),
                Err(unavailable) => return (Err(unavailable), observation),
            }
        }
        (Ok(true), observation)
    }

    /// Milliseconds since 1970.
    fn window(&self, span: i64) -> (i64, i64) {
        let now = self.context.now.unix_timestamp();
        ((now - span) * 1_000, (now + AHEAD) * 1_000)
    }

    /// One page of a window. Without a pattern one line is enough.
    async fn page(
        &self,
        observation: &mut Observation,
        question: String,
        span: i64,
        pattern: Option<String>,
        token: Option<String>,
    ) -> Result<FilterLogEventsOutput, Unavailable> {
        let bytes = aws::Bytes::default();
        let (from, to) = self.window(span);
        let request = self
            .client
            .filter_log_events()
            .log_group_name(&self.name)
            .start_time(from)
            .end_time(to)
            .set_limit(pattern.is_none().then_some(1))
            .set_filter_pattern(pattern)
            .set_next_token(token)
            .customize()
            .interceptor(bytes.clone());
        let answer = aws::question(
            observation,
            self.context.deadline,
            question,
            ACTION,
            request.send(),
        )
        .await;
        let named = answer.map_err(|unavailable| {
            aws::name_missing(
                self.context,
                &format!("log group `{}`", self.name),
                unavailable,
            )
        });
        named.and_then(|answer| {
            bytes.document("answer")?.list("events")?;
            Ok(answer)
        })
    }
}

fn take<K: Copy + Ord, S: Ord>(
    counts: &mut LogCounts<K, S>,
    event: &FilteredLogEvent,
    judge: &impl Fn(&LogLine<'_>) -> Option<(K, S)>,
) {
    let (Some(at), Some(message)) = (event.timestamp(), event.message()) else {
        return counts.cut(Unavailable::new(
            UnavailableReason::Missing,
            "a line of the log has no time or no text",
        ));
    };
    let line = LogLine::parse(message);
    if line
        .platform()
        .is_some_and(|(kind, _)| kind == "logsDropped")
    {
        return counts.cut(Unavailable::new(
            UnavailableReason::Incomplete,
            "Lambda dropped lines of this log (platform.logsDropped)",
        ));
    }
    if let Some((kind, source)) = judge(&line) {
        let stream = event.log_stream_name().unwrap_or_default();
        counts.keep(at, stream, message, kind, source);
    }
}

fn faults(
    observation: &mut Observation,
    counts: LogCounts<LogFault, (FaultSource, FaultSubject)>,
    at: OffsetDateTime,
) {
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
    let mut sources = BTreeMap::<FaultSource, i64>::new();
    let mut subjects = BTreeSet::new();
    for ((source, subject), count) in counts.sources() {
        *sources.entry(*source).or_default() += count;
        subjects.insert(*subject);
    }
    let sources = sources.iter();
    let sources =
        sources.map(|(source, count)| Untrusted::new(format!("{count} {}", source.words())));
    let sources = FactValue::List(sources.collect());
    observation.set("logs.error_sources", sources, at);
    let subject = counts.at_least(None).map(|_| {
        let word = match (subjects.pop_first(), subjects.is_empty()) {
            (None, _) => "nothing",
            (Some(FaultSubject::Certificates), true) => "certificates",
            (Some(FaultSubject::Mail), true) => "mail",
            _ => "other",
        };
        FactValue::Text(Untrusted::new(word))
    });
    observation.put("logs.errors_about", subject, at);
    observation.set("logs.newest_errors", FactValue::List(counts.lines()), at);
    let none = || Unavailable::new(UnavailableReason::NoData, "no error line in 15 min");
    let words = error_kinds::words(&counts).map(|words| FactValue::Text(Untrusted::new(words)));
    observation.put("logs.error_kinds", words.ok_or_else(none), at);
    let newest = counts.newest();
    let said = newest
        .as_ref()
        .map(|(_, line)| FactValue::Text(Untrusted::new(brief::brief(line))));
    observation.put("logs.newest_error", said.ok_or_else(none), at);
    let age = newest.map(|(logged, _)| (at.unix_timestamp() - logged).max(0));
    let age = age.map(FactValue::Duration);
    observation.put("logs.newest_error_age", age.ok_or_else(none), at);
    let versions = counts.at_least(None).map(|_| counts.versions());
    observation.put("logs.errors_by_version", versions, at);
}

fn certs(
    observation: &mut Observation,
    counts: LogCounts<CertificateLine, ()>,
    at: OffsetDateTime,
) {
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
