use super::*;
use crate::evidence::log_lines::LogErrors;
use crate::evidence::moves::alias_history;
use crate::evidence::{ALIAS_NUMBER, GOOD_ANSWERS, RecordedSamples, expected};
use crate::fact::Probe;
use crate::history::Sample;
use crate::lambda::VersionMetrics;
use crate::lambda::alias_moves::WholeMove;
use crate::lambda::last_known_good::{Witnesses, assess};
use crate::lambda::version_config::VersionConfig;
use crate::lambda::version_events::VersionEvents;
use crate::lambda::version_lookup::{LoggedVersion, VersionContext};
use std::collections::BTreeMap;

const NOW: i64 = 1_774_149_120;

fn at(ago: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(NOW - ago).expect("an instant")
}

/// How long ago a run was, the version it saw behind the alias, and whether the API answered.
type Sighting = (i64, i64, bool);

fn past(runs: &[Sighting]) -> Result<RecordedSamples, Unavailable> {
    let of = |value: fn(&Sighting) -> i64| -> Vec<Sample> {
        runs.iter()
            .map(|run| Sample {
                at: at(run.0),
                value: value(run),
            })
            .collect()
    };
    let versions = of(|run| run.1);
    let answers = of(|run| i64::from(run.2));
    Ok(RecordedSamples {
        installed: None,
        samples: BTreeMap::from([(ALIAS_NUMBER, versions), (GOOD_ANSWERS, answers)]),
        last_alive: None,
    })
}

struct Now {
    up: bool,
    cause: &'static str,
    version: &'static str,
    expected: Option<&'static str>,
    reported: Option<&'static str>,
    published_ago: Option<i64>,
}

const DOWN: Now = Now {
    up: false,
    cause: "lambda",
    version: "62",
    expected: None,
    reported: None,
    published_ago: None,
};
const DOWN_AS_EXPECTED: Now = Now {
    expected: Some("62"),
    ..DOWN
};

fn observations(now: &Now) -> Observations {
    let text = |text: &str| FactValue::Text(Untrusted::new(text));
    let mut status = Observation::silent(
        Probe::Status,
        Unavailable::new(UnavailableReason::HttpStatus, "HTTP 502"),
    );
    status.set("api.up", FactValue::Bool(now.up), at(0));
    status.set("api.good_answers", FactValue::Int(i64::from(now.up)), at(0));
    status.set("api.cause", text(now.cause), at(0));
    if let Some(version) = now.reported {
        status.set("status.lambda_version", text(version), at(0));
    }
    let mut alias = Observation::silent(
        Probe::Alias,
        Unavailable::new(UnavailableReason::Missing, "not told"),
    );
    alias.set("alias.version", text(now.version), at(0));
    if let Ok(number) = now.version.parse() {
        alias.set("alias.number", FactValue::Int(number), at(0));
    }
    let versions = ["62", "61", "59"].map(Untrusted::new).to_vec();
    alias.set("alias.versions", FactValue::List(versions), at(0));
    if let Some(version) = now.expected {
        alias.set("alias.pinned", text(version), at(0));
    }
    if let Some(ago) = now.published_ago {
        alias.set("alias.published", FactValue::Instant(NOW - ago), at(0));
    }
    let mut logs = Observation::silent(
        Probe::Logs,
        Unavailable::new(UnavailableReason::Missing, "not told"),
    );
    logs.set("logs.errors_15m", FactValue::Int(0), at(0));
    let mut observations = Observations::default();
    for observation in [status, alias, logs] {
        observations.add(crate::fact::declared(observation.probe), observation);
    }
    observations
}

fn errors(since_ago: Option<i64>) -> FunctionMetrics {
    FunctionMetrics {
        errors: i64::from(since_ago.is_some()),
        throttles: 0,
        stopped: false,
        counted: true,
        error_owner: ErrorOwner::Unknown,
        errors_since: since_ago.map(|ago| Ok(NOW - ago)),
    }
}

fn joined(
    now: &Now,
    shown: FunctionMetrics,
    past: &Result<RecordedSamples, Unavailable>,
) -> Observation {
    joined_with(now, shown, past, &VersionContext::default(), &[])
}

/// The same with what the journal, the deploy log and metrics of single versions tell.
fn joined_with(
    now: &Now,
    shown: FunctionMetrics,
    past: &Result<RecordedSamples, Unavailable>,
    context: &VersionContext,
    metrics: &[VersionMetrics],
) -> Observation {
    let mut observation = Observation::new(Probe::History);
    let observations = observations(now);
    let assessment = assessed(now, past);
    let versions = VersionEvidence {
        assessment: &assessment,
        metrics,
        context,
    };
    let history = alias_history(&observations, past, versions, NOW);
    let (drift, log) = (
        expected::join(
            &mut observation,
            &observations,
            past,
            versions,
            &history,
            at(0),
        ),
        LogErrors::default(),
    );
    let inputs = RollbackInputs {
        observations: &observations,
        drift,
        metrics: &Ok(shown),
        history: &history,
        log: &log,
        versions,
    };
    join(&mut observation, &inputs, at(0));
    join_last_known_good(&mut observation, &observations, &assessment, at(0));
    observation
}

/// The last known-good version where only recorded runs tell anything, and every version is ready.
fn assessed(
    now: &Now,
    past: &Result<RecordedSamples, Unavailable>,
) -> Result<Assessment, Unavailable> {
    let published = [62, 61, 59];
    let config = |number: i64| {
        VersionConfig::sample(&number.to_string(), &format!("code of {number}"), "Active")
    };
    let answered = past.as_ref().map_err(Clone::clone)?.answered_runs();
    Ok(assess(&Witnesses {
        serving: &VersionConfig::sample(now.version, "code that serves", "Active"),
        published: &published,
        metrics: &[],
        configs: &published.map(|number| (number, Ok(config(number)))).into(),
        events: &VersionEvents::default(),
        answered: &answered,
    }))
}

fn told(observation: &Observation, path: &str) -> String {
    match observation.outcome(path) {
        Ok(fact) => fact.value.shown().to_string(),
        Err(unavailable) => format!("silent: {}", unavailable.detail),
    }
}

#[test]
fn the_caller_knows_better_than_the_api_and_a_v_is_no_difference() {
    let table = [
        (Some("v62"), Some("61"), "no", "the caller"),
        (Some("61"), Some("v62"), "yes", "the caller"),
        (None, Some("v62"), "no", "the status API"),
        (None, Some("61"), "yes", "the status API"),
    ];
    for (expected, reported, drift, from) in table {
        let now = Now {
            up: true,
            expected,
            reported,
            ..DOWN
        };
        let observation = joined(&now, errors(None), &past(&[]));
        assert_eq!(told(&observation, "alias.drift"), drift, "{expected:?}");
        assert_eq!(
            told(&observation, "alias.expected_from"),
            from,
            "{expected:?}"
        );
    }
    let drift = told(&joined(&DOWN, errors(None), &past(&[])), "alias.drift");
    assert!(
        drift.starts_with("silent: the alias points to 62"),
        "{drift}"
    );
}

#[test]
fn errors_count_against_a_version_only_if_they_came_with_it() {
    // The alias came to 62 between 30 and 20 minutes ago.
    let seen = past(&[(3_600, 61, true), (1_800, 61, true), (1_200, 62, true)]);
    let table = [
        (600, "errors-after-move"),
        (1_200, "errors-after-move"),
        // Which came first is not known, and the version is the likeliest cause.
        (1_260, "errors-after-move"),
        (1_800, "errors-after-move"),
        (1_860, "errors-before-move"),
    ];
    for (since, why) in table {
        let observation = joined(&DOWN_AS_EXPECTED, errors(Some(since)), &seen);
        let found = told(&observation, "rollback.why");
        assert!(found.starts_with(why), "{since}: {found}");
    }
    let observation = joined(&DOWN, errors(Some(600)), &seen);
    let why = told(&observation, "rollback.why");
    assert_eq!(why, "errors-after-move", "this needs no expected version");
}

#[test]
fn errors_of_another_version_do_not_speak_for_going_back() {
    let seen = past(&[(3_600, 61, true), (1_800, 61, true), (1_200, 62, true)]);
    let table = [
        (ErrorOwner::Unknown, "errors-after-move"),
        (ErrorOwner::ServingVersion, "errors-after-move"),
        (ErrorOwner::Both, "errors-after-move"),
        (ErrorOwner::OtherVersions, "errors-of-others"),
    ];
    for (error_owner, why) in table {
        let shown = FunctionMetrics {
            error_owner,
            ..errors(Some(600))
        };
        let observation = joined(&DOWN_AS_EXPECTED, shown, &seen);
        assert_eq!(told(&observation, "rollback.why"), why, "{error_owner:?}");
    }
    // That needs no expected version.
    let shown = FunctionMetrics {
        error_owner: ErrorOwner::OtherVersions,
        ..errors(Some(600))
    };
    let found = told(&joined(&DOWN, shown, &seen), "rollback.why");
    assert_eq!(found, "errors-of-others");
}

#[test]
fn without_a_recorded_move_the_date_of_the_version_decides() {
    const DAY_AND_MORE: i64 = 86_400 + 481;
    let table = [
        (Some(600), 660, "errors-before-move"),
        // It came within a day before the errors, whenever that was.
        (Some(600), 480, "errors-after-move"),
        (Some(DAY_AND_MORE), 480, "silent"),
        (None, 480, "silent"),
    ];
    for (published_ago, since, why) in table {
        let now = Now {
            published_ago,
            ..DOWN_AS_EXPECTED
        };
        let observation = joined(&now, errors(Some(since)), &past(&[]));
        let found = told(&observation, "rollback.why");
        assert!(found.starts_with(why), "{published_ago:?}: {found}");
    }
}

#[test]
fn errors_older_than_the_metrics_are_never_laid_to_a_move() {
    let shown = |after: i64| FunctionMetrics {
        errors_since: Some(Err(NOW - after)),
        ..errors(Some(0))
    };
    let long_ago = past(&[(40_000, 62, true)]);
    let observation = joined(&DOWN_AS_EXPECTED, shown(10_800), &long_ago);
    assert!(told(&observation, "rollback.why").starts_with("silent"));
    let just_now = past(&[(3_600, 61, true), (1_800, 62, true)]);
    let observation = joined(&DOWN_AS_EXPECTED, shown(10_800), &just_now);
    assert_eq!(told(&observation, "rollback.why"), "errors-before-move");
}

#[test]
fn a_gateway_throttling_and_a_lost_permission_are_no_reasons_to_roll_back() {
    let calm = past(&[(1_800, 62, true)]);
    let why = |now: &Now, shown: FunctionMetrics| told(&joined(now, shown, &calm), "rollback.why");
    let gateway = Now {
        cause: "gateway",
        ..DOWN_AS_EXPECTED
    };
    let throttled = FunctionMetrics {
        throttles: 1,
        ..errors(None)
    };
    let stopped = FunctionMetrics {
        stopped: true,
        ..errors(None)
    };
    assert_eq!(why(&gateway, errors(None)), "gateway");
    assert_eq!(why(&DOWN_AS_EXPECTED, throttled), "throttled");
    assert_eq!(why(&DOWN_AS_EXPECTED, stopped), "not-invoked");
    assert_eq!(why(&DOWN_AS_EXPECTED, errors(None)), "no-errors");
}

#[test]
fn the_way_back_was_seen_serving_and_still_exists() {
    let table: [(&[Sighting], &str); 6] = [
        (
            &[(7_200, 59, true), (3_600, 61, true), (600, 62, false)],
            "61",
        ),
        (
            &[(7_200, 59, true), (3_600, 61, false), (600, 62, false)],
            "59",
        ),
        (&[(7_200, 60, true), (600, 62, false)], "silent"),
        (&[(7_200, 62, true), (600, 62, true)], "silent"),
        (&[(7_200, 61, false)], "silent"),
        (&[], "silent"),
    ];
    for (runs, to) in table {
        let observation = joined(&DOWN, errors(None), &past(runs));
        let found = told(&observation, "rollback.to");
        assert!(found.starts_with(to), "{runs:?}: {found}");
        let known = told(&observation, "rollback.to_known");
        assert_eq!(known == "yes", to != "silent", "{runs:?}");
    }
    let unread = Err(Unavailable::new(
        UnavailableReason::HistoryUnreadable,
        "torn",
    ));
    let observation = joined(&DOWN, errors(None), &unread);
    assert!(told(&observation, "rollback.to_known").starts_with("silent"));
}

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
    // Nobody looked before: what single versions did tells it.
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
