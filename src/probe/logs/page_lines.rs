//! Counting the lines of one page of a log.

use super::line::LogLine;
use super::log_counts::LogCounts;
use crate::observation::{Unavailable, UnavailableReason};
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;

/// What a line counts as, and by what; none where it does not count.
pub(super) type LineJudge<K, S> = fn(&LogLine<'_>) -> Option<(K, S)>;

/// A page of more lines than these is read beside the next answer: of a long log that is most of
/// the time.
const LONG_PAGE: usize = 1_000;

/// Counts the lines of a page.
pub(super) async fn take_page<K: Copy + Ord + Send + 'static, S: Ord + Send + 'static>(
    mut counts: LogCounts<K, S>,
    events: Vec<FilteredLogEvent>,
    judge: LineJudge<K, S>,
) -> LogCounts<K, S> {
    let is_long = events.len() > LONG_PAGE;
    let all = move || {
        for event in &events {
            take(&mut counts, event, judge);
        }
        counts
    };
    match is_long {
        true => match tokio::task::spawn_blocking(all).await {
            Ok(counts) => counts,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        },
        false => all(),
    }
}

fn take<K: Copy + Ord, S: Ord>(
    counts: &mut LogCounts<K, S>,
    event: &FilteredLogEvent,
    judge: LineJudge<K, S>,
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
