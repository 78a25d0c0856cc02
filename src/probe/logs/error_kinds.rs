//! How many error lines of which kind, in words.

use super::certificate::FaultSubject;
use super::fault::FaultSource;
use super::fault_kind::LogFault;
use super::log_counts::LogCounts;
use crate::text::counted;

/// `12 timeouts, 3 other errors`; `None` without an error line.
pub(super) fn words(counts: &LogCounts<LogFault, (FaultSource, FaultSubject)>) -> Option<String> {
    let kinds = [
        (LogFault::Import, "import error"),
        (LogFault::Timeout, "timeout"),
        (LogFault::Exit, "process exit"),
        (LogFault::Other, "other error"),
    ];
    let found = kinds.map(|(kind, noun)| (counts.count(Some(kind)), noun));
    let found: Vec<_> = found.into_iter().filter(|(count, _)| *count > 0).collect();
    let words = match found.as_slice() {
        [] => return None,
        // Without another kind it is no other one.
        [(count, noun)] => counted(*count, noun.trim_start_matches("other ")),
        several => several
            .iter()
            .map(|(count, noun)| counted(*count, noun))
            .collect::<Vec<_>>()
            .join(", "),
    };
    Some(match counts.is_whole() {
        true => words,
        false => format!("at least {words}"),
    })
}
