//! Whether the present errors came with the version that serves, and so whether a rollback helps.

use super::result::{CheckResult, text};
use super::{PreflightInput, Purpose};
use crate::fact::FactValue;
use crate::observation::UnavailableReason;

/// Whether the present errors are older than the move, by the times of both.
fn older(known: &PreflightInput<'_>) -> Option<bool> {
    let instant = |path: &str| match known.fact(path) {
        Ok(FactValue::Instant(at)) => Some(*at),
        _ => None,
    };
    let moved_after = known.moved_at.or_else(|| instant("alias.moved_after"));
    let moved_before = known.moved_at.or_else(|| instant("alias.moved_before"));
    let (began, began_by) = (
        instant("lambda.errors_since"),
        instant("lambda.errors_since_max")?,
    );
    is_older((moved_after, moved_before), (began, began_by))
}

/// Whether errors that began between two minutes are older than a move between two times; none
/// where that cannot be told.
fn is_older(
    (moved_after, moved_before): (Option<i64>, Option<i64>),
    (began, began_by): (Option<i64>, i64),
) -> Option<bool> {
    const MINUTE: i64 = 60;
    if moved_after.is_some_and(|moved| began_by + MINUTE <= moved) {
        return Some(true);
    }
    (began? + MINUTE > moved_before?).then_some(false)
}

pub(super) fn onset(known: &PreflightInput<'_>) -> CheckResult {
    let why = match known.fact("rollback.why") {
        Ok(why) => why.shown().to_string(),
        Err(unavailable) if unavailable.why == UnavailableReason::NotAsked => {
            return CheckResult::skipped("not-asked", "not requested");
        }
        // Without an expected version it is not settled; the times alone may settle it.
        Err(unavailable) => match older(known) {
            Some(true) => "errors-before-move".to_owned(),
            Some(false) => "errors-after-move".to_owned(),
            None => return CheckResult::unknown(&unavailable),
        },
    };
    let told = vec![text("rollback.why", why.as_str())];
    match why.as_str() {
        "errors-after-move" | "errors-after-earlier-move" | "came-after-good" => {
            CheckResult::ok(told, "errors began after the alias moved")
        }
        "errors-of-others" if known.is(Purpose::Rollback) && !is_serving(known) => {
            let current = known.seen.alias.as_ref().map_or("", |alias| &alias.version);
            CheckResult::warning(
                "errors-of-others",
                told,
                format!("errors are of the canary, none of {current}"),
            )
            .next("End the canary; no other version is needed")
            .command(format!("duckops alias rollback --to {current}"))
        }
        "errors-of-others" => CheckResult::ok(told, "errors are of the canary"),
        "errors-before-move" => CheckResult::warning(
            "errors-before-move",
            told,
            "errors began before the alias moved",
        )
        .next("Look for another cause; a rollback is unlikely to help"),
        "served-well" => CheckResult::warning(
            "served-well",
            told,
            "the version served well for a day before the errors",
        )
        .next("Read the newest error; a rollback is unlikely to help"),
        "throttled" => CheckResult::warning(
            "throttled",
            told,
            "requests throttled; no version adds concurrency",
        ),
        "gateway" => CheckResult::warning(
            "gateway",
            told,
            "answer comes from gateway, route or key, not from a version",
        ),
        "not-invoked" => {
            CheckResult::warning("not-invoked", told, "no request reaches the function")
        }
        "no-errors" => CheckResult::warning(
            "no-errors",
            told,
            "API down, no error of this version in log or metrics",
        ),
        "drift" | "drift-but-up" => CheckResult::ok(told, "alias not on the expected version"),
        "not-needed" if known.is(Purpose::Rollback) => CheckResult::warning(
            "not-needed",
            told,
            "API up and alias as expected: no rollback is needed",
        )
        .next("Check what the rollback is for")
        .command("duckops triage inc-001"),
        _ => CheckResult::skipped("no-errors", "no errors"),
    }
}

fn is_serving(known: &PreflightInput<'_>) -> bool {
    let alias = known.seen.alias.as_ref();
    alias.is_ok_and(|alias| alias.version == known.target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_older_than_a_move_only_when_their_minute_ended_before_it() {
        let exact = |moved: i64| (Some(moved), Some(moved));
        for (moved, began, due) in [
            (exact(960), (Some(900), 900), Some(true)),
            (exact(959), (Some(900), 900), Some(false)),
            (exact(960), (Some(900), 1_200), None),
            (exact(961), (Some(900), 1_200), None),
            (exact(959), (Some(900), 1_200), Some(false)),
            ((Some(900), Some(960)), (Some(900), 900), None),
            ((Some(960), Some(1_200)), (None, 900), Some(true)),
            ((None, Some(959)), (Some(900), 900), Some(false)),
            ((None, None), (Some(900), 900), None),
            ((Some(900), None), (Some(900), 900), None),
        ] {
            assert_eq!(is_older(moved, began), due, "{moved:?} {began:?}");
        }
    }
}
