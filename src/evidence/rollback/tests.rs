mod witnesses;

use super::*;
use crate::evidence::log_lines::LogErrors;
use crate::evidence::moves::alias_history;
use crate::evidence::{ALIAS_NUMBER, GOOD_ANSWERS, RecordedSamples, expected};
use crate::fact::Probe;
use crate::history::Sample;
use crate::lambda::VersionMetrics;
use crate::lambda::last_known_good::{Witnesses, assess};
use crate::lambda::version_config::VersionConfig;
use crate::lambda::version_events::VersionEvents;
use crate::lambda::version_lookup::VersionContext;
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
        samples: BTreeMap::from([(ALIAS_NUMBER, versions), (GOOD_ANSWERS, answers)]),
        ..RecordedSamples::default()
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
fn the_failing_answer_is_an_error_of_a_version_that_came_within_a_day() {
    let why = |now: &Now, runs: &[Sighting]| {
        let observation = joined(now, errors(None), &past(runs));
        told(&observation, "rollback.why")
    };
    let moved = |ago: i64| [(ago + 300, 61, true), (ago, 62, true), (300, 62, true)];
    assert_eq!(why(&DOWN_AS_EXPECTED, &moved(2_400)), "errors-after-move");
    assert_eq!(why(&DOWN_AS_EXPECTED, &moved(86_000)), "errors-after-move");
    assert_eq!(why(&DOWN_AS_EXPECTED, &moved(87_000)), "no-errors");
    // Seen for the first time today, and published long ago: nothing shows that it came today.
    let published = Now {
        published_ago: Some(700_000),
        ..DOWN_AS_EXPECTED
    };
    assert_eq!(why(&published, &[(2_400, 62, true)]), "no-errors");
    // Who answered is not known, so neither is whose error it is.
    let network = Now {
        cause: "network",
        ..DOWN_AS_EXPECTED
    };
    assert_eq!(why(&network, &moved(2_400)), "no-errors");
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
