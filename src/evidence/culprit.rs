//! Errors that are older than the version that serves, and yet came with a version: a fix that was put
//! on top of a broken deploy fails as that one did, and going back behind both ends it.

use super::versions::{VersionSeries, groups};
use crate::lambda::error_rate::{MAX_ERROR_RATE, error_rate_at_least};
use crate::observation::Observations;

const MINUTE: i64 = 60;

/// The version that took over from `good` and failed from then on, before `current` came; `None`
/// where the metrics of single versions do not show one.
///
/// `began` is when the errors began at the latest, in seconds since 1970.
pub(super) fn earlier_culprit(
    observations: &Observations,
    (good, current): (i64, i64),
    began: i64,
) -> Option<i64> {
    let invocations = groups(observations, "lambda.version_invocations_by_minute").ok()?;
    let errors = groups(observations, "lambda.version_errors_by_minute").ok()?;
    let executed = |series: &VersionSeries| -> Option<(i64, i64)> {
        let minutes = || series.iter().filter(|(_, count)| *count > 0);
        let minutes = || minutes().map(|(at, _)| *at);
        minutes().min().zip(minutes().max())
    };
    let failed = |version: i64, series: &VersionSeries| {
        let own = errors
            .iter()
            .filter(|(name, _)| name.is(&version.to_string()));
        let own = own.flat_map(|(_, series)| series).map(|(_, count)| count);
        let invoked = series.iter().map(|(_, count)| count).sum();
        error_rate_at_least(own.sum(), invoked) >= MAX_ERROR_RATE
    };
    let (_, served) = invocations
        .iter()
        .find(|(name, _)| name.is(&good.to_string()))
        .filter(|(_, series)| !failed(good, series))?;
    let (_, last_good) = executed(served)?;
    let between = invocations.iter().filter_map(|(name, series)| {
        let version: i64 = name.printable(20).as_str().parse().ok()?;
        let (first, _) = executed(series)?;
        // The errors began after it came, and the alias has not been back at the good version
        // since.
        let came_then = last_good <= first && first <= began + MINUTE;
        let is_other = version != good && version != current;
        (is_other && came_then && failed(version, series)).then_some((first, version))
    });
    between.min().map(|(_, version)| version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{FactValue, Probe};
    use crate::observation::Observation;
    use crate::text::Untrusted;
    use time::OffsetDateTime;

    type Shown<'a> = &'a [(&'a str, &'a [(i64, i64)])];

    fn culprit(invocations: Shown<'_>, errors: Shown<'_>, began: i64) -> Option<i64> {
        let groups = |shown: Shown<'_>| {
            let shown = shown.iter();
            let shown = shown.map(|(name, points)| (Untrusted::new(*name), points.to_vec()));
            FactValue::Groups(shown.collect())
        };
        let at = OffsetDateTime::UNIX_EPOCH;
        let mut lambda = Observation::new(Probe::Lambda);
        lambda.set(
            "lambda.version_invocations_by_minute",
            groups(invocations),
            at,
        );
        lambda.set("lambda.version_errors_by_minute", groups(errors), at);
        let mut observations = Observations::default();
        observations.add(crate::fact::declared(Probe::Lambda), lambda);
        earlier_culprit(&observations, (61, 63), began)
    }

    #[test]
    fn errors_that_came_with_the_version_before_are_that_ones() {
        const SERVED: Shown<'_> = &[
            ("61", &[(0, 9), (600, 9)]),
            ("62", &[(660, 9), (900, 9)]),
            ("63", &[(960, 9)]),
        ];
        const BROKEN: Shown<'_> = &[("62", &[(660, 9), (900, 9)]), ("63", &[(960, 9)])];
        assert_eq!(culprit(SERVED, BROKEN, 660), Some(62));
        // The good version failed, too, or the one between served well.
        let all: Shown<'_> = &[("61", &[(0, 9), (600, 9)]), ("62", &[(660, 18)])];
        assert_eq!(culprit(SERVED, all, 600), None);
        assert_eq!(culprit(SERVED, &[("63", &[(960, 9)])], 960), None);
        // The errors began before it came.
        assert_eq!(culprit(SERVED, BROKEN, 540), None);
        // The alias went back to the good version in between, with unknown result.
        let back: Shown<'_> = &[("61", &[(0, 9), (930, 9)]), ("62", &[(660, 9)])];
        assert_eq!(culprit(back, BROKEN, 660), None);
        assert_eq!(culprit(&[("63", &[(960, 9)])], BROKEN, 660), None);
    }
}
