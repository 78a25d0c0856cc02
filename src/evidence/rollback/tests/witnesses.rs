//! What the journal, the deploy log and metrics of single versions witness of a move.

use super::*;
use crate::lambda::alias_moves::WholeMove;
use crate::lambda::version_lookup::LoggedVersion;

/// A deploy that fails at its first request: 61 was seen a minute before, 62 is seen by this run.
const BROKEN_AT_ONCE: [Sighting; 2] = [(3_600, 61, true), (120, 61, true)];

fn context(moves: &[(i64, &str)], logged: Option<(&str, i64, i64)>) -> VersionContext {
    let whole = |(ago, version): &(i64, &str)| WholeMove {
        at: NOW - ago,
        version: (*version).to_owned(),
    };
    VersionContext {
        moves: moves.iter().map(whole).collect(),
        logged: logged.map(|(version, from_ago, until_ago)| LoggedVersion {
            version: version.to_owned(),
            from: NOW - from_ago,
            until: NOW - until_ago,
        }),
        ..VersionContext::default()
    }
}

#[test]
fn a_deploy_that_breaks_at_once_is_decided_by_any_witness_of_its_coming() {
    let unwitnessed = VersionContext::default();
    let journal = context(&[(60, "62")], None);
    let logged = context(&[], Some(("62", 60, 60)));
    let dated = context(&[], Some(("62", 11_520, -74_879)));
    for (what, context) in [
        ("recorded runs", &unwitnessed),
        ("the journal", &journal),
        ("the log", &logged),
        ("a date in the log", &dated),
    ] {
        let past = past(&BROKEN_AT_ONCE);
        let found = joined_with(&DOWN, errors(Some(60)), &past, context, &[]);
        assert_eq!(told(&found, "rollback.why"), "errors-after-move", "{what}");
        assert_eq!(told(&found, "rollback.offered"), "yes", "{what}");
        assert_eq!(told(&found, "rollback.to"), "61", "{what}");
    }
    // The metrics lag behind: there is no error in them yet.
    let found = joined(&DOWN, errors(None), &past(&BROKEN_AT_ONCE));
    assert_eq!(told(&found, "rollback.why"), "came-after-good");
    // No earlier run: the metrics of single versions decide.
    let metrics = |number, invoked, failed| VersionMetrics {
        number,
        invocations: vec![(NOW - 7_200, invoked)],
        errors: vec![(NOW - 7_200, failed)],
    };
    let never = [metrics(62, 200, 200), metrics(61, 1_300, 0)];
    let found = joined_with(&DOWN, errors(Some(60)), &past(&[]), &unwitnessed, &never);
    assert_eq!(told(&found, "rollback.why"), "errors-after-move");
    let nothing = joined(&DOWN, errors(Some(60)), &past(&[]));
    assert!(told(&nothing, "rollback.why").starts_with("silent"));
}

#[test]
fn a_version_that_served_well_for_a_day_is_not_blamed() {
    for (served, why) in [
        (86_400 + 600, "errors-after-move"),
        (86_401 + 600, "served-well"),
    ] {
        let seen = past(&[
            (served + 1_800, 61, true),
            (served, 62, true),
            (700, 62, true),
        ]);
        let found = joined(&DOWN, errors(Some(600)), &seen);
        assert_eq!(told(&found, "rollback.why"), why, "{served}");
        let offered = told(&found, "rollback.offered");
        assert_eq!(offered == "yes", why == "errors-after-move");
    }
    // A drift that the caller names changes nothing about that.
    let expected = Now {
        expected: Some("61"),
        ..DOWN
    };
    let seen = past(&[(90_000, 62, true), (700, 62, true)]);
    let found = joined(&expected, errors(Some(600)), &seen);
    assert_eq!(told(&found, "rollback.why"), "served-well");
}

#[test]
fn what_fails_before_the_function_is_not_mended_by_a_rollback_even_on_drift() {
    let drifted = Now {
        expected: Some("61"),
        ..DOWN
    };
    let seen = past(&BROKEN_AT_ONCE);
    let why = |now: &Now, shown| told(&joined(now, shown, &seen), "rollback.why");
    let gateway = Now {
        cause: "gateway",
        ..drifted
    };
    let throttled = FunctionMetrics {
        throttles: 1,
        ..errors(None)
    };
    let stopped = FunctionMetrics {
        stopped: true,
        ..errors(None)
    };
    assert_eq!(why(&gateway, errors(Some(60))), "gateway");
    assert_eq!(why(&drifted, throttled), "throttled");
    assert_eq!(why(&drifted, stopped), "not-invoked");
    assert_eq!(why(&drifted, errors(Some(60))), "errors-after-move");
}

#[test]
fn the_log_a_newer_move_the_api_and_history_are_heard_in_this_order() {
    let seen = past(&[(3_600, 61, true), (120, 61, true)]);
    let log = Some(("60", 7_200, 7_200));
    let up = Now {
        up: true,
        reported: Some("62"),
        ..DOWN
    };
    let silent = Now {
        reported: None,
        ..DOWN
    };
    type Told<'a> = (&'a Now, VersionContext, &'a str, &'a str, &'a str);
    let table: [Told<'_>; 7] = [
        (
            &up,
            context(&[], log),
            "60",
            "DEPLOY-LOG.md",
            "DEPLOY-LOG.md 60, the status API 62",
        ),
        (
            &up,
            context(&[(60, "61")], log),
            "61",
            "the journal",
            "the journal 61, DEPLOY-LOG.md 60, the status API 62",
        ),
        // An older move is what the log has since replaced.
        (
            &up,
            context(&[(9_000, "61")], log),
            "60",
            "DEPLOY-LOG.md",
            "DEPLOY-LOG.md 60, the status API 62",
        ),
        (&up, context(&[], None), "62", "the status API", "silent"),
        (
            &silent,
            context(&[], None),
            "61",
            "the last good answer",
            "silent",
        ),
        (
            &silent,
            context(&[], Some(("62", 60, 60))),
            "62",
            "DEPLOY-LOG.md",
            "DEPLOY-LOG.md 62, the last good answer 61",
        ),
        (
            &silent,
            context(&[(60, "62")], None),
            "62",
            "the journal",
            "the journal 62, the last good answer 61",
        ),
    ];
    for (now, context, version, from, dispute) in table {
        let found = joined_with(now, errors(None), &seen, &context, &[]);
        assert_eq!(told(&found, "alias.expected"), version, "{from}");
        assert_eq!(told(&found, "alias.expected_from"), from);
        assert!(told(&found, "alias.dispute").starts_with(dispute), "{from}");
        let disputed = told(&found, "alias.disputed") == "yes";
        assert_eq!(disputed, dispute != "silent", "{from}");
    }
    // A move that another version has outlived by a day is history.
    let day = 86_400;
    for (since, from) in [(day - 60, "the journal"), (day, "the last good answer")] {
        let seen = past(&[(since, 62, true), (120, 62, true)]);
        let context = context(&[(2 * day, "61")], None);
        let found = joined_with(&silent, errors(None), &seen, &context, &[]);
        assert_eq!(told(&found, "alias.expected_from"), from);
    }
}
