//! Forty histories of versions, each with the one right choice, or none.

#[path = "tests_last_known_good_cases.rs"]
mod cases;

use super::*;
use crate::lambda::version_events::{VersionEvent, VersionEventKind};
use cases::{A, CASES, LastGoodCase, VersionRow};

fn configured(row: &VersionRow) -> Result<VersionConfig, Unavailable> {
    let (number, _, _, code, state) = *row;
    if state == "gone" {
        return Err(Unavailable::new(
            UnavailableReason::NotFound,
            "no such version",
        ));
    }
    let mut sample = VersionConfig::sample(&number.to_string(), code, state);
    sample.code = sample.code.filter(|code| !code.is_empty());
    sample.state.state = sample.state.state.filter(|state| !state.is_empty());
    Ok(sample)
}

fn assessed(case: &LastGoodCase) -> Assessment {
    let serving = case
        .rows
        .iter()
        .find(|row| row.0 == serving(case))
        .expect("the one that serves");
    let serving = configured(serving).expect("it exists");
    let metrics: Vec<_> = case
        .rows
        .iter()
        .map(|(number, invoked, failed, ..)| VersionMetrics {
            number: *number,
            invocations: vec![(0, *invoked)],
            errors: vec![(0, *failed)],
        })
        .collect();
    let rolled_back = |version: &i64| VersionEvent {
        at: 0,
        version: *version,
        kind: VersionEventKind::RolledBack,
    };
    let events = case.rolled_back.iter().map(rolled_back).collect();
    let published: Vec<_> = case.rows.iter().map(|row| row.0).collect();
    let mut configs = BTreeMap::new();
    loop {
        let witnesses = Witnesses {
            serving: &serving,
            published: &published,
            metrics: &metrics,
            configs: &configs,
            events: &events,
            answered: &[],
        };
        let wanted = candidates_to_inspect(&witnesses, 2);
        if wanted.is_empty() {
            return assess(&witnesses);
        }
        let asked = case.rows.iter().filter(|row| wanted.contains(&row.0));
        configs.extend(asked.map(|row| (row.0, configured(row))));
    }
}

/// Which of them serves: the newest, but where the name says otherwise.
fn serving(case: &LastGoodCase) -> i64 {
    match case.name {
        "a newer one than the one that serves never served" => 42,
        "a newer one was rolled back, and an older one serves" => 41,
        _ => case.rows[0].0,
    }
}

#[test]
fn forty_histories_yield_the_expected_last_known_good() {
    let mut right = 0;
    for case in CASES {
        let assessment = assessed(case);
        assert_eq!(
            assessment.version(),
            case.good,
            "{}: {assessment:#?}",
            case.name
        );
        for candidate in &assessment.candidates {
            let is_newer = case.good.is_none_or(|good| candidate.number > good);
            assert!(
                !is_newer || candidate.rejected_because.is_some(),
                "{}: nothing is said against {}",
                case.name,
                candidate.number
            );
        }
        right += 1;
    }
    println!("last known-good: {right} of {} histories", CASES.len());
    assert_eq!(right, 40);
}

fn metrics(number: i64, points: &[(i64, i64, i64)]) -> VersionMetrics {
    VersionMetrics {
        number,
        invocations: points.iter().map(|(at, n, _)| (*at, *n)).collect(),
        errors: points.iter().map(|(at, _, n)| (*at, *n)).collect(),
    }
}

#[test]
fn more_errors_than_invocations_prove_nothing_about_the_version() {
    let metrics = metrics(41, &[(0, 10, 11)]);
    let record = Record::of(41, Some(&metrics), &[], &VersionEvents::default());
    assert_eq!(
        record.rejection_from_counts().as_deref(),
        Some("metrics contradict each other")
    );
}

/// Version 42 serves and every other one is ready; what else is known is given.
fn assessed_by(
    metrics: &[VersionMetrics],
    events: &VersionEvents,
    answered: &[AnsweredRun],
    changed: &[(i64, Result<VersionConfig, Unavailable>)],
) -> Assessment {
    let config = |number: i64| VersionConfig::sample(&number.to_string(), &format!("c{number}"), A);
    let published = [42, 41, 40, 39];
    let mut configs: BTreeMap<_, _> = published.map(|number| (number, Ok(config(number)))).into();
    configs.extend(changed.iter().cloned());
    assess(&Witnesses {
        serving: &config(42),
        published: &published,
        metrics,
        configs: &configs,
        events,
        answered,
    })
}

#[test]
fn a_recorded_run_proves_a_version_good_unless_its_metrics_are_bad() {
    let answered = [AnsweredRun {
        at: 100,
        version: 41,
    }];
    let table = [
        (metrics(41, &[]), Some(41)),
        (metrics(41, &[(0, 5, 0)]), Some(41)),
        (metrics(41, &[(0, 500, 300)]), None),
    ];
    for (metrics, good) in table {
        let found = assessed_by(&[metrics], &VersionEvents::default(), &answered, &[]);
        assert_eq!(found.version(), good, "{found:#?}");
    }
    let unpublished = [AnsweredRun {
        at: 100,
        version: 38,
    }];
    let found = assessed_by(&[], &VersionEvents::default(), &unpublished, &[]);
    assert_eq!(found.version(), None, "{found:#?}");
}

#[test]
fn the_version_that_served_last_is_chosen_and_the_newer_one_of_the_same_hour() {
    let served = |first: i64, second: i64| {
        [
            metrics(41, &[(first, 900, 0)]),
            metrics(40, &[(second, 900, 0)]),
        ]
    };
    let none = VersionEvents::default();
    let version = |served: &[VersionMetrics]| assessed_by(served, &none, &[], &[]).version();
    assert_eq!(version(&served(HOUR, HOUR)), Some(41));
    assert_eq!(version(&served(HOUR, 2 * HOUR)), Some(40));
}

#[test]
fn same_code_with_another_configuration_is_a_target_and_an_equal_version_is_not() {
    let served = [metrics(41, &[(0, 900, 0)])];
    let none = VersionEvents::default();
    let same = VersionConfig::sample("41", "c42", A);
    let mut other = same.clone();
    other.set_for_test("memory", "256 MB");
    let version = |config| assessed_by(&served, &none, &[], &[(41, Ok(config))]).version();
    assert_eq!(version(same), None);
    assert_eq!(version(other), Some(41));
}

#[test]
fn a_candidate_that_cannot_be_inspected_makes_the_last_known_good_unknown() {
    let served = [metrics(41, &[(HOUR, 900, 0)]), metrics(40, &[(0, 900, 0)])];
    let none = VersionEvents::default();
    let denied = Unavailable::new(UnavailableReason::Denied, "AccessDenied");
    let found = assessed_by(&served, &none, &[], &[(41, Err(denied.clone()))]);
    let why = found
        .last_known_good
        .clone()
        .expect_err("41 may be the one");
    assert_eq!(why.why, UnavailableReason::Denied);
    // One that comes after the last known-good changes nothing.
    let found = assessed_by(&served, &none, &[], &[(40, Err(denied))]);
    assert_eq!(found.version(), Some(41));
}

#[test]
fn a_rollback_withholds_a_version_until_a_promotion_with_a_good_record_after_it() {
    let event = |at, kind| VersionEvent {
        at,
        version: 41,
        kind,
    };
    let back = event(10 * HOUR, VersionEventKind::RolledBack);
    let again = event(20 * HOUR, VersionEventKind::Promoted);
    let before = metrics(41, &[(HOUR, 900, 0)]);
    let after = metrics(41, &[(HOUR, 900, 800), (21 * HOUR, 900, 0)]);
    let bad_after = metrics(41, &[(HOUR, 9_000, 0), (21 * HOUR, 90, 60)]);
    let table = [
        (vec![back], &before, None),
        (vec![back, again], &before, None),
        (vec![back, again], &after, Some(41)),
        (vec![back, again], &bad_after, None),
        (
            vec![back, again, event(30 * HOUR, VersionEventKind::RolledBack)],
            &after,
            None,
        ),
    ];
    for (events, served, good) in table {
        let events: VersionEvents = events.into_iter().collect();
        let served = [served.clone()];
        let found = assessed_by(&served, &events, &[], &[]);
        assert_eq!(found.version(), good, "{events:?}: {found:#?}");
        let withheld = rolled_back_versions(&events, &served, &[]).contains(&41);
        assert_eq!(withheld, good.is_none(), "{events:?}");
    }
    // A recorded run after the promotion is a good record, too; one before it is not.
    let events: VersionEvents = [back, again].into_iter().collect();
    for (at, good) in [(19 * HOUR, None), (21 * HOUR, Some(41))] {
        let answered = [AnsweredRun { at, version: 41 }];
        let found = assessed_by(&[], &events, &answered, &[]);
        assert_eq!(found.version(), good, "{at}");
    }
}
