//! The person who runs a command that writes, or no one.

use super::consent::Reply;
use super::report::WriteReport;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// The person who runs the command, as a guarded write meets them.
pub trait Operator: Sync {
    /// Shows the plan in `report` and reads what is typed to consent to it. Without a terminal
    /// the reply is [`Reply::Nothing`].
    fn ask<'a>(
        &'a self,
        report: &'a WriteReport,
        typed: &'a str,
    ) -> Pin<Box<dyn Future<Output = Reply> + Send + 'a>>;

    /// The command line that was typed, without a consent; `None` where nobody typed one.
    fn typed(&self) -> Option<String> {
        None
    }

    /// Says something before the report is printed.
    fn warn(&self, line: &str);

    /// Shows how far a long wait has come.
    fn progress(&self, line: &str);

    /// Shows what is waited for, and how much time is left.
    fn count_down(&self, line: &str, left: Duration) {
        self.progress(&format!("{line}, {} s left", left.as_secs()));
    }

    /// From now on a request may be on its way: an interruption waits for its outcome.
    /// `finds_out` is the command that shows the outcome later.
    fn sending(&self, finds_out: &str);

    /// Nothing was sent after all.
    fn not_sent(&self);

    /// Whether the operator wants the command to end as soon as the outcome is known.
    fn wants_to_end(&self) -> bool;
}
