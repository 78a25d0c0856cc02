//! Where the function logs to, by its configuration.

use crate::observation::{Unavailable, UnavailableReason};
use crate::probe::ProbeContext;
use aws_config::SdkConfig;

/// Where the function logs to, and what it keeps out of there.
pub(super) struct LogPlace {
    pub(super) name: String,
    /// Neither the platform nor a healthy function writes a line.
    pub(super) is_quiet: bool,
    /// Lines at the level of errors are not written.
    pub(super) hides_errors: bool,
}

impl LogPlace {
    /// The log group in the function's configuration; where it is not known, the one of
    /// the stack.
    ///
    /// # Errors
    /// That a group is named there which cannot be read: no other is then known to be the right one.
    pub(super) async fn of(
        context: &ProbeContext,
        config: &SdkConfig,
    ) -> Result<Self, Unavailable> {
        let client = aws_sdk_lambda::Client::new(config);
        // Reading the log needs the rest of the time.
        let third = context.deadline.saturating_duration_since(context.began) / 3;
        let asked = context.configuration.get(context, &client);
        let asked = tokio::time::timeout_at((context.began + third).into(), asked).await;
        let found = asked.ok().and_then(|asked| asked.answer.as_ref().ok());
        let name = match found.map(|found| found.document.text("LoggingConfig.LogGroup")) {
            // A name is letters, digits and `_ - / . # :` (CreateLogGroup), so nothing is lost here.
            Some(Ok(name)) => name.printable(512).to_string(),
            Some(Err(unavailable)) if unavailable.why != UnavailableReason::Missing => {
                return Err(unavailable);
            }
            _ => context.stack.log_group.value.clone(),
        };
        let level = |of: &str| {
            let level = found.map(|found| found.document.text(&format!("LoggingConfig.{of}")));
            level
                .and_then(Result::ok)
                .map(|level| level.printable(16).to_string())
        };
        // Levels are for the JSON format alone (Lambda, advanced logging controls).
        let application = level("ApplicationLogLevel");
        let is = |levels: &[&str]| {
            application
                .as_deref()
                .is_some_and(|own| levels.contains(&own))
        };
        Ok(Self {
            name,
            is_quiet: level("SystemLogLevel").as_deref() == Some("WARN") && is(&["WARN", "ERROR"]),
            hides_errors: is(&["FATAL"]),
        })
    }
}
