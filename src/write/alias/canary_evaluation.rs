//! A canary, judged: does the version with the small share serve well, badly, or too little
//! to tell? At low traffic the last is the normal answer, and it is never taken for success.

use crate::lambda::error_rate::{
    MAX_ERROR_RATE, MIN_CLEAN_INVOCATIONS, error_rate_at_least, error_rate_at_most,
};
use crate::lambda::reader::FunctionReader;
use crate::lambda::version_metrics::{self, VersionMetrics};
use crate::observation::Unavailable;

/// What a bake came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baked {
    /// The time is not over, and nothing is wrong so far.
    GoesOn,
    /// It served enough, and well.
    Well,
    /// It fails.
    Badly,
    /// The time is over, and it served too little to tell.
    TooLittle,
}

/// Judges what the version with the small share has served so far.
pub fn judge(served: &VersionMetrics, is_over: bool) -> Baked {
    let (invoked, failed) = (served.invoked(), served.failed());
    if failed > 0 && error_rate_at_least(failed, invoked.max(failed)) > MAX_ERROR_RATE {
        return Baked::Badly;
    }
    match (
        is_over,
        error_rate_at_most(failed, invoked) < MAX_ERROR_RATE,
    ) {
        (false, _) => Baked::GoesOn,
        (true, true) => Baked::Well,
        (true, false) => Baked::TooLittle,
    }
}

/// What it served, in words, and what would have been enough.
pub fn describe(served: &VersionMetrics) -> String {
    format!(
        "version {}: {}; {MIN_CLEAN_INVOCATIONS} invocations without an error would be enough",
        served.number,
        served.describe()
    )
}

/// What a version has served since.
///
/// # Errors
/// Why it is not known.
pub async fn since(
    asking: &FunctionReader<'_>,
    version: &str,
    since: i64,
) -> Result<VersionMetrics, Unavailable> {
    let number = version.parse().unwrap_or_default();
    let config = asking.aws.config().await?;
    let from = since.div_euclid(60) * 60;
    let window = from..(asking.now.unix_timestamp() + 60).max(from + 60);
    let served = version_metrics::read_window(asking, config, &[number], window, 60).await;
    served.map(|mut all| all.pop().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_failure_and_too_little_are_told_apart() {
        let table = [
            (0, 0, false, Baked::GoesOn),
            (0, 0, true, Baked::TooLittle),
            (72, 0, true, Baked::TooLittle),
            (73, 0, true, Baked::Well),
            (73, 0, false, Baked::GoesOn),
            (200, 1, true, Baked::Well),
            (100, 4, true, Baked::TooLittle),
            (3, 3, false, Baked::Badly),
            (1, 1, false, Baked::Badly),
            (20, 1, false, Baked::GoesOn),
            (1_000, 100, true, Baked::Badly),
            // Errors are told before the invocations that they belong to.
            (0, 2, false, Baked::Badly),
        ];
        for (invoked, failed, is_over, due) in table {
            let served = VersionMetrics {
                number: 43,
                invocations: vec![(0, invoked)],
                errors: vec![(0, failed)],
            };
            assert_eq!(
                judge(&served, is_over),
                due,
                "{failed} of {invoked}, over: {is_over}"
            );
        }
    }
}
