//! Judges a canary: the version with the small share serves well, badly, or too little to tell.
//! At low traffic the last is the usual result, and it never counts as success.

use crate::lambda::error_rate::{
    MAX_ERROR_RATE, MIN_CLEAN_INVOCATIONS, error_rate_at_least, error_rate_at_most,
};
use crate::lambda::reader::FunctionReader;
use crate::lambda::version_metrics::{self, VersionMetrics};
use crate::observation::Unavailable;

/// The verdict on a canary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanaryVerdict {
    /// The bake is not over, and nothing is wrong so far.
    StillBaking,
    /// It served enough, and well.
    Good,
    /// It fails too often.
    Bad,
    /// The bake is over, and it served too little to tell.
    TooFewInvocations,
}

/// Judges what the version with the small share has served so far.
pub fn judge(served: &VersionMetrics, is_over: bool) -> CanaryVerdict {
    let (invoked, failed) = (served.invoked(), served.failed());
    if failed > 0 && error_rate_at_least(failed, invoked.max(failed)) > MAX_ERROR_RATE {
        return CanaryVerdict::Bad;
    }
    match (
        is_over,
        error_rate_at_most(failed, invoked) < MAX_ERROR_RATE,
    ) {
        (false, _) => CanaryVerdict::StillBaking,
        (true, true) => CanaryVerdict::Good,
        (true, false) => CanaryVerdict::TooFewInvocations,
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
    fn a_canary_is_good_bad_or_has_too_few_invocations() {
        let table = [
            (0, 0, false, CanaryVerdict::StillBaking),
            (0, 0, true, CanaryVerdict::TooFewInvocations),
            (72, 0, true, CanaryVerdict::TooFewInvocations),
            (73, 0, true, CanaryVerdict::Good),
            (73, 0, false, CanaryVerdict::StillBaking),
            (200, 1, true, CanaryVerdict::Good),
            (100, 4, true, CanaryVerdict::TooFewInvocations),
            (3, 3, false, CanaryVerdict::Bad),
            (1, 1, false, CanaryVerdict::Bad),
            (20, 1, false, CanaryVerdict::StillBaking),
            (1_000, 100, true, CanaryVerdict::Bad),
            // CloudWatch can report errors before the invocations that they belong to.
            (0, 2, false, CanaryVerdict::Bad),
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
