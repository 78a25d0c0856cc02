//! Whose errors they are: of the version behind the alias, or of others that it lets
//! execute, such as a canary.
//!
//! CloudWatch may know nothing of single versions. Then nothing is said, and what the
//! function shows as a whole counts as it would have.

use crate::fact::{FactValue, Group};
use crate::lambda::error_rate::errors_in;
use crate::observation::{FactState, Observation, Observations, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use time::OffsetDateTime;

/// Points of one metric, oldest first.
pub(super) type VersionSeries = [(i64, i64)];

named_enum! {
    /// Whose the errors of the window are.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) enum ErrorOwner, word {
        NoOne "nobody" "There are none.";
        ServingVersion "version" "Of the version behind the alias alone.";
        OtherVersions "others" "Of other versions behind the alias, all of them.";
        FormerVersions "former" "The same, and these have left the alias since.";
        Both "both" "Of both.";
        Unknown "untold" "Nothing tells.";
    }
}

impl ErrorOwner {
    /// Whether the version behind the alias has errors of its own.
    pub(super) fn has_own(self) -> bool {
        matches!(self, ErrorOwner::ServingVersion | ErrorOwner::Both)
    }
}

/// The facts of this room that fall silent with the function's metrics.
pub(super) const UNAVAILABLE_WITH_FUNCTION_METRICS: [&str; 4] = [
    "lambda.errors_of",
    "lambda.version_invocations",
    "lambda.version_errors",
    "lambda.errors_by_version",
];

/// Says whose the `failed` errors since `start` are.
pub(super) fn join(
    observation: &mut Observation,
    observations: &Observations,
    start: i64,
    failed: i64,
    now: OffsetDateTime,
) -> ErrorOwner {
    let errors_by_version = errors_by_version(observations, start);
    let error_owner = match &errors_by_version {
        _ if failed == 0 => ErrorOwner::NoOne,
        Ok(errors_by_version) if errors_by_version.own > 0 && errors_by_version.others > 0 => {
            ErrorOwner::Both
        }
        Ok(errors_by_version) if errors_by_version.own > 0 => ErrorOwner::ServingVersion,
        // Every error must be accounted for before the version is cleared of them.
        Ok(errors_by_version) if errors_by_version.others >= failed => {
            let is_whole = matches!(observations.get("alias.weighted"),
                FactState::Known(fact) if fact.value == FactValue::Bool(false));
            match is_whole {
                true => ErrorOwner::FormerVersions,
                false => ErrorOwner::OtherVersions,
            }
        }
        _ => ErrorOwner::Unknown,
    };
    let word = FactValue::Text(Untrusted::new(error_owner.word()));
    observation.set("lambda.errors_of", word, now);
    let of = |value: fn(&ErrorsByVersion) -> FactValue| {
        errors_by_version.as_ref().map(value).map_err(Clone::clone)
    };
    let invoked = of(|errors_by_version| FactValue::Int(errors_by_version.invoked));
    observation.put("lambda.version_invocations", invoked, now);
    let own = of(|errors_by_version| FactValue::Int(errors_by_version.own));
    observation.put("lambda.version_errors", own, now);
    let lines = of(|errors_by_version| FactValue::List(errors_by_version.lines.clone()));
    observation.put("lambda.errors_by_version", lines, now);
    error_owner
}

/// Invocations and errors since `start` of the version behind the alias, where it is counted.
pub(super) fn serving_since(observations: &Observations, start: i64) -> Option<(i64, i64)> {
    let counted = errors_by_version(observations, start).ok()?;
    Some((counted.invoked, counted.own))
}

/// What single versions show in the window.
struct ErrorsByVersion {
    /// Invocations of the version behind the alias; never none.
    invoked: i64,
    own: i64,
    others: i64,
    lines: Vec<Untrusted>,
}

/// Errors by version, if the one behind the alias is proven to be counted in the window.
fn errors_by_version(
    observations: &Observations,
    start: i64,
) -> Result<ErrorsByVersion, Unavailable> {
    let current = match observations.get("alias.version") {
        FactState::Known(fact) => match &fact.value {
            FactValue::Text(version) => version,
            _ => {
                return Err(Unavailable::new(
                    UnavailableReason::Mistyped,
                    "alias.version is no word",
                ));
            }
        },
        FactState::Unavailable(unavailable) => return Err(unavailable.clone()),
        FactState::NotAsked => {
            return Err(Unavailable::new(
                UnavailableReason::NotAsked,
                "the alias was not requested",
            ));
        }
    };
    let invocations = groups(observations, "lambda.version_invocations_by_minute")?;
    let errors = groups(observations, "lambda.version_errors_by_minute")?;
    let inside = |series: &VersionSeries| -> i64 {
        let inside = series.iter().filter(|(at, _)| *at >= start);
        inside.map(|(_, count)| count).sum()
    };
    let mut errors_by_version = ErrorsByVersion {
        invoked: 0,
        own: 0,
        others: 0,
        lines: Vec::new(),
    };
    for (version, series) in errors {
        let failed = inside(series);
        match version == current {
            true => errors_by_version.own += failed,
            false => errors_by_version.others += failed,
        }
    }
    for (version, series) in invocations.iter().rev() {
        let invoked = inside(series);
        if version == current {
            errors_by_version.invoked += invoked;
        }
        if invoked > 0 {
            let own = errors.iter().filter(|(name, _)| name == version);
            let failed: i64 = own.map(|(_, series)| inside(series)).sum();
            let name = version.printable(20);
            let line = format!("{name}: {}", errors_in(failed, invoked));
            errors_by_version.lines.push(Untrusted::new(line));
        }
    }
    if errors_by_version.invoked == 0 {
        let version = current.printable(20);
        let detail = format!(
            "CloudWatch has no invocations of version {version} alone, so the version of the errors is not known"
        );
        return Err(Unavailable::new(UnavailableReason::NoData, detail));
    }
    Ok(errors_by_version)
}

/// The series of single versions that a fact holds.
pub(super) fn groups<'a>(
    observations: &'a Observations,
    path: &str,
) -> Result<&'a [Group], Unavailable> {
    match observations.get(path) {
        FactState::Known(fact) => match &fact.value {
            FactValue::Groups(groups) => Ok(groups),
            _ => Err(Unavailable::new(
                UnavailableReason::Mistyped,
                format!("{path} are no series"),
            )),
        },
        FactState::Unavailable(unavailable) => Err(unavailable.clone()),
        FactState::NotAsked => Err(Unavailable::new(
            UnavailableReason::NotAsked,
            format!("{path} not requested"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Probe;

    const START: i64 = 600;

    type ToldSeries<'a> = &'a [(&'a str, &'a [(i64, i64)])];

    fn shown(
        version: Option<&str>,
        invocations: Option<ToldSeries<'_>>,
        errors: ToldSeries<'_>,
    ) -> Observations {
        let at = OffsetDateTime::UNIX_EPOCH;
        let mut alias = Observation::silent(
            Probe::Alias,
            Unavailable::new(UnavailableReason::Denied, "no"),
        );
        if let Some(version) = version {
            let version = FactValue::Text(Untrusted::new(version));
            alias.set("alias.version", version, at);
        }
        let mut lambda = Observation::silent(
            Probe::Lambda,
            Unavailable::new(UnavailableReason::Missing, "no"),
        );
        let groups = |told: ToldSeries<'_>| {
            let one =
                |(name, points): &(&str, &[(i64, i64)])| (Untrusted::new(*name), points.to_vec());
            FactValue::Groups(told.iter().map(one).collect())
        };
        if let Some(invocations) = invocations {
            let path = "lambda.version_invocations_by_minute";
            lambda.set(path, groups(invocations), at);
        }
        lambda.set("lambda.version_errors_by_minute", groups(errors), at);
        let mut observations = Observations::default();
        for observation in [alias, lambda] {
            observations.add(crate::fact::declared(observation.probe), observation);
        }
        observations
    }

    fn error_owner(
        version: Option<&str>,
        invocations: Option<ToldSeries<'_>>,
        errors: ToldSeries<'_>,
    ) -> ErrorOwner {
        join(
            &mut Observation::new(Probe::History),
            &shown(version, invocations, errors),
            START,
            3,
            OffsetDateTime::UNIX_EPOCH,
        )
    }

    #[test]
    fn what_counts_is_what_versions_did_since_the_start() {
        let invocations: ToldSeries<'_> = &[
            ("61", &[(599, 5), (600, 9)]),
            ("62", &[(600, 4)]),
            ("63", &[(599, 7)]),
        ];
        let errors: ToldSeries<'_> = &[("61", &[(599, 1), (660, 2)]), ("62", &[(600, 1)])];
        let shown = shown(Some("61"), Some(invocations), errors);
        assert_eq!(serving_since(&shown, START), Some((9, 2)));
        assert_eq!(serving_since(&shown, START + 1), None);
        let Ok(counted) = errors_by_version(&shown, START) else {
            panic!("there are invocations");
        };
        let lines: Vec<String> = counted
            .lines
            .iter()
            .map(|line| line.printable(80).to_string())
            .collect();
        assert_eq!(
            lines,
            [
                "62: 1 error in 4 invocations",
                "61: 2 errors in 9 invocations"
            ]
        );
    }

    #[test]
    fn errors_are_attributed_to_a_version_only_with_proof() {
        let both: ToldSeries<'_> = &[("61", &[(600, 9)]), ("62", &[(600, 9)])];
        let only_62: ToldSeries<'_> = &[("62", &[(600, 9)])];
        let table: [(ToldSeries<'_>, ToldSeries<'_>, ErrorOwner); 8] = [
            (both, &[("61", &[(600, 3)])], ErrorOwner::ServingVersion),
            (both, &[("62", &[(600, 3)])], ErrorOwner::OtherVersions),
            (
                both,
                &[("61", &[(600, 1)]), ("62", &[(600, 2)])],
                ErrorOwner::Both,
            ),
            // One of the three errors has no version.
            (both, &[("62", &[(600, 2)])], ErrorOwner::Unknown),
            (both, &[], ErrorOwner::Unknown),
            // The others' errors lie before the window.
            (both, &[("62", &[(599, 3)])], ErrorOwner::Unknown),
            // The version itself is not counted: not at all, or not in the window.
            (only_62, &[("62", &[(600, 3)])], ErrorOwner::Unknown),
            (
                &[("61", &[(599, 9)]), ("62", &[(600, 9)])],
                &[("62", &[(600, 3)])],
                ErrorOwner::Unknown,
            ),
        ];
        for (invocations, errors, due) in table {
            let found = error_owner(Some("61"), Some(invocations), errors);
            assert_eq!(found, due, "{invocations:?} {errors:?}");
        }
        let others: ToldSeries<'_> = &[("62", &[(600, 3)])];
        assert_eq!(error_owner(None, Some(both), others), ErrorOwner::Unknown);
        assert_eq!(error_owner(Some("61"), None, others), ErrorOwner::Unknown);
    }
}
