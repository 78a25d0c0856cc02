//! Claim: every number of INC-004 and INC-005 means what its runbook says, one unit below
//! it, on it and one above, in worlds that the built binary asks over HTTP.

use crate::support::{Stage, now, step, world};
use duckops::practice::{EarlierRun, FakeExecution, FakeMetric, FakeStack};
use serde_json::{Value, json};
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A good day of which nothing was recorded and whose feed shows no callback error.
fn blank() -> FakeStack {
    let mut world = world("healthy");
    world.recorded.clear();
    world
}

/// Sets the total of callback errors.
fn total(world: &mut FakeStack, errors: i64) {
    world.status["peck_protocol"]["failure_breakdown"]["callback_error"] = errors.into();
}

/// The totals that earlier runs recorded: how many seconds ago, and how many.
fn recorded(world: &mut FakeStack, totals: &[(u64, i64)]) {
    let run = |&(ago, errors): &(u64, i64)| EarlierRun {
        ago: Duration::from_secs(ago),
        facts: vec![("peck.callback_errors", errors)],
    };
    world.recorded = totals.iter().map(run).collect();
    assert!(
        world.recorded.is_sorted_by(|a, b| a.ago > b.ago),
        "oldest first"
    );
}

/// Adds callback errors of these ages in seconds to the feed.
fn dated(world: &mut FakeStack, ago: impl IntoIterator<Item = u64>) {
    for ago in ago {
        let at = now().unix_timestamp() - i64::try_from(ago).expect("small");
        world
            .audit
            .push(json!({"event_type": "peck.callback_error", "timestamp": at}));
    }
}

/// What one step says of a world.
fn judged(world: FakeStack, runbook: &str, id: &str) -> Value {
    judged_with(world, runbook, id, &[])
}

pub(crate) fn judged_with(world: FakeStack, runbook: &str, id: &str, more: &[&str]) -> Value {
    let stage = Stage::of(world);
    let arguments = [&["triage", runbook], more].concat();
    let (_, document) = stage.duckops(&arguments).json();
    assert_eq!(stage.practice.unexpected(), 0, "{document:#}");
    step(&document, runbook, id).clone()
}

/// One value of a threshold, the world it makes, and the verdict that is due.
type Point = (&'static str, FakeStack, &'static str);

fn all_are_due(runbook: &str, id: &str, points: Vec<Point>) {
    println!("thresholds, {runbook} {id}: {} points", points.len());
    for (what, world, due) in points {
        let step = judged(world, runbook, id);
        assert_eq!(step["verdict"], due, "{what}: {step:#}");
    }
}

fn with(change: impl FnOnce(&mut FakeStack)) -> FakeStack {
    let mut world = blank();
    change(&mut world);
    world
}

#[test]
fn more_than_ten_callback_errors_in_a_day_are_critical_by_recorded_totals() {
    // A total of two hours ago keeps the last hour quiet.
    let grown = |by: i64| {
        with(|w| {
            total(w, 100 + by);
            recorded(w, &[(DAY, 100), (2 * HOUR, 100 + by)]);
        })
    };
    all_are_due(
        "inc-004",
        "callback-errors",
        vec![
            ("9 in a day", grown(9), "ok"),
            ("10 in a day", grown(10), "ok"),
            ("11 in a day", grown(11), "critical"),
            ("none in a day", grown(0), "ok"),
        ],
    );
}

#[test]
fn more_than_ten_callback_errors_in_a_day_are_critical_by_dated_entries_alone() {
    // The total of 40 bounds nothing from above, so fewer are not ok either.
    let dated_ones = |count: u64| {
        with(|w| {
            total(w, 40);
            dated(w, (0..count).map(|n| 2 * HOUR + n * HOUR));
        })
    };
    for (count, due) in [(9, "unknown"), (10, "unknown"), (11, "critical")] {
        let step = judged_with(
            dated_ones(count),
            "inc-004",
            "callback-errors",
            &["--history", "none"],
        );
        assert_eq!(step["verdict"], due, "{count} dated: {step:#}");
    }
}

#[test]
fn the_day_of_dated_entries_ends_after_24_hours_to_the_second() {
    let oldest = |ago: u64| {
        with(|w| {
            total(w, 40);
            dated(w, (0..10).map(|n| 2 * HOUR + n * HOUR).chain([ago]));
        })
    };
    all_are_due(
        "inc-004",
        "callback-errors",
        vec![
            (
                "the eleventh 24 h less a second ago",
                oldest(DAY - 1),
                "critical",
            ),
            ("the eleventh 24 h ago", oldest(DAY), "unknown"),
            (
                "the eleventh 24 h and a second ago",
                oldest(DAY + 1),
                "unknown",
            ),
        ],
    );
}

#[test]
fn the_day_of_recorded_totals_begins_24_hours_ago_to_the_second() {
    let since = |ago: u64, by: i64| {
        with(|w| {
            total(w, 100 + by);
            recorded(w, &[(ago, 100), (2 * HOUR, 100 + by)]);
        })
    };
    all_are_due(
        "inc-004",
        "callback-errors",
        vec![
            // Eleven since then: inside the day they count, from before it they may be older.
            (
                "11 since 24 h less a second",
                since(DAY - 1, 11),
                "critical",
            ),
            ("11 since 24 h", since(DAY, 11), "critical"),
            ("11 since 24 h and a second", since(DAY + 1, 11), "unknown"),
            // Ten since then: what came before bounds them only if it is as old as the day.
            ("10 since 24 h less a second", since(DAY - 1, 10), "skipped"),
            ("10 since 24 h", since(DAY, 10), "ok"),
            ("10 since 24 h and a second", since(DAY + 1, 10), "ok"),
        ],
    );
}

#[test]
fn one_error_in_the_last_hour_is_rising_by_recorded_totals() {
    let one_since = |ago: u64| {
        with(|w| {
            total(w, 8);
            recorded(w, &[(DAY, 7), (ago, 7)]);
        })
    };
    let none_since = |ago: u64| {
        with(|w| {
            total(w, 8);
            recorded(w, &[(ago, 8)]);
        })
    };
    all_are_due(
        "inc-004",
        "callback-errors",
        vec![
            (
                "one since an hour less a second",
                one_since(HOUR - 1),
                "warning",
            ),
            ("one since an hour", one_since(HOUR), "warning"),
            (
                "one since an hour and a second",
                one_since(HOUR + 1),
                "unknown",
            ),
            (
                "none since an hour less a second",
                none_since(HOUR - 1),
                "skipped",
            ),
            ("none since an hour", none_since(HOUR), "ok"),
            (
                "none since an hour and a second",
                none_since(HOUR + 1),
                "ok",
            ),
        ],
    );
}

#[test]
fn one_error_in_the_last_hour_is_rising_by_dated_entries() {
    let one = |ago: u64| {
        with(|w| {
            total(w, 8);
            recorded(w, &[(DAY, 7), (HOUR + MINUTE, 8)]);
            dated(w, [ago]);
        })
    };
    all_are_due(
        "inc-004",
        "callback-errors",
        vec![
            ("dated an hour and a second ago", one(HOUR + 1), "ok"),
            ("dated an hour ago", one(HOUR), "ok"),
            // The totals say that nothing came in this hour, and the entry says that it did.
            ("dated an hour less a second ago", one(HOUR - 1), "warning"),
            ("dated now", one(0), "warning"),
        ],
    );
}

#[test]
fn missing_history_is_not_extrapolated() {
    let history = |errors: i64, totals: &[(u64, i64)]| {
        with(|w| {
            total(w, errors);
            recorded(w, totals);
        })
    };
    all_are_due(
        "inc-004",
        "callback-errors",
        vec![
            ("first run, a total of 0", history(0, &[]), "ok"),
            // A first installation on which nothing fails is warming up.
            ("first run, a total of 1", history(1, &[]), "skipped"),
            ("first run, a total of 11", history(11, &[]), "skipped"),
            (
                "recorded five minutes ago only",
                history(7, &[(5 * MINUTE, 7)]),
                "skipped",
            ),
            (
                "recorded an hour ago only, at most 10",
                history(10, &[(HOUR, 10)]),
                "ok",
            ),
            (
                "recorded an hour ago only, at most 11",
                history(11, &[(HOUR, 11)]),
                "skipped",
            ),
            ("a gap of two days", history(7, &[(2 * DAY, 7)]), "ok"),
            (
                "a gap of two days, 10 in it",
                history(17, &[(2 * DAY, 7)]),
                "unknown",
            ),
            (
                "a gap over the day's start, 11 in it",
                history(18, &[(2 * DAY, 7), (2 * HOUR, 18)]),
                "unknown",
            ),
            (
                "reset, few since",
                history(2, &[(DAY, 40), (2 * HOUR, 2)]),
                "unknown",
            ),
            (
                "reset, 11 since",
                history(13, &[(DAY, 40), (3 * HOUR, 2), (2 * HOUR, 13)]),
                "critical",
            ),
            (
                "reset to 0 before the day",
                history(0, &[(2 * DAY, 40), (DAY, 0)]),
                "ok",
            ),
            (
                "reset within the last hour",
                history(3, &[(DAY, 40), (HOUR, 40)]),
                "unknown",
            ),
        ],
    );
}

#[test]
fn without_history_only_a_total_of_zero_is_ok() {
    for (errors, due) in [(0, "ok"), (1, "unknown"), (10, "unknown")] {
        let world = with(|w| total(w, errors));
        let step = judged_with(world, "inc-004", "callback-errors", &["--history", "none"]);
        assert_eq!(step["verdict"], due, "{errors}: {step:#}");
    }
}

/// Adds an execution that started this many seconds ago.
fn started(world: &mut FakeStack, status: &str, ago: u64) {
    world.executions.push(FakeExecution {
        name: "peck-0500".into(),
        status: status.into(),
        start: now() - Duration::from_secs(ago),
        stop: None,
    });
}

#[test]
fn an_execution_without_a_stop_counts_for_24_hours_from_its_start() {
    let mut points = Vec::new();
    for status in ["FAILED", "TIMED_OUT", "ABORTED"] {
        for (what, ago, due) in [
            // One failure is news for an hour, and few for the rest of the day.
            ("started an hour less a second ago", HOUR - 1, "warning"),
            ("started an hour and a second ago", HOUR + 1, "ok"),
            ("started 24 h less a second ago", DAY - 1, "ok"),
            // It may have ended now.
            ("started 24 h and a second ago", DAY + 1, "unknown"),
        ] {
            points.push((what, with(|w| started(w, status, ago)), due));
        }
    }
    let succeeded = with(|w| started(w, "SUCCEEDED", HOUR));
    points.push(("one that succeeded", succeeded, "ok"));
    all_are_due("inc-004", "executions", points);
}

#[test]
fn a_request_is_stuck_after_15_minutes() {
    let running = |ago| with(|w| started(w, "RUNNING", ago));
    let half_a_second_over = with(|w| {
        started(w, "RUNNING", 15 * MINUTE);
        w.executions.last_mut().expect("one").start -= Duration::from_millis(500);
    });
    all_are_due(
        "inc-004",
        "stale",
        vec![
            ("15 minutes less a second", running(15 * MINUTE - 1), "ok"),
            ("15 minutes", running(15 * MINUTE), "ok"),
            (
                "15 minutes and half a second",
                half_a_second_over,
                "warning",
            ),
            (
                "15 minutes and a second",
                running(15 * MINUTE + 1),
                "warning",
            ),
            (
                "40 minutes, on the last page of many",
                with(|w| {
                    started(w, "RUNNING", 40 * MINUTE);
                    for _ in 0..5 {
                        started(w, "RUNNING", MINUTE);
                    }
                    w.page_size = Some(2);
                }),
                "warning",
            ),
        ],
    );
}

#[test]
fn agents_are_offline_from_30_minutes_on() {
    let newest = |ago: u64| {
        with(|w| {
            let last = now().unix_timestamp() - i64::try_from(ago).expect("small");
            w.audit.retain(|e| e["event_type"] != "pulse");
            w.audit
                .push(json!({"event_type": "pulse", "timestamp": last}));
        })
    };
    all_are_due(
        "inc-004",
        "agents",
        vec![
            ("30 minutes less a second", newest(30 * MINUTE - 1), "ok"),
            ("30 minutes", newest(30 * MINUTE), "warning"),
            (
                "30 minutes and a second",
                newest(30 * MINUTE + 1),
                "warning",
            ),
        ],
    );
    // A feed without a pulse: as old as the feed is, at least.
    let reach = |ago: u64| {
        with(|w| {
            let oldest = now().unix_timestamp() - i64::try_from(ago).expect("small");
            w.audit = vec![json!({"event_type": "duck.cert_issued", "timestamp": oldest})];
        })
    };
    all_are_due(
        "inc-004",
        "agents",
        vec![
            (
                "no pulse in 30 minutes less a second",
                reach(30 * MINUTE - 1),
                "unknown",
            ),
            ("no pulse in 30 minutes", reach(30 * MINUTE), "warning"),
        ],
    );
}

#[test]
fn all_dead_is_critical_and_nobody_is_ok() {
    let agents = |alive: i64, dead: i64, bonded: i64| {
        with(|w| {
            w.status["agents"] = json!({"alive": alive, "dead": dead, "total_bonded": bonded});
        })
    };
    all_are_due(
        "inc-004",
        "agents",
        vec![
            ("none alive, none dead, none bonded", agents(0, 0, 0), "ok"),
            ("none alive, none dead, one bonded", agents(0, 0, 1), "ok"),
            ("none alive, one dead", agents(0, 1, 1), "critical"),
            ("one alive, one dead", agents(1, 1, 2), "ok"),
            (
                "more alive and dead than bonded",
                agents(1, 1, 1),
                "unknown",
            ),
        ],
    );
}

#[test]
fn a_callback_error_of_more_than_an_hour_ago_is_history() {
    let failed = |ago: i64| {
        with(|w| {
            let is_peck = |kind: &str| kind.contains("peck");
            w.audit
                .retain(|e| !e["event_type"].as_str().is_some_and(is_peck));
            let at = now().unix_timestamp() - ago;
            let entry = json!({"event_type": "peck.callback_error", "timestamp": at});
            let place = w
                .audit
                .partition_point(|e| e["timestamp"].as_i64() > Some(at));
            w.audit.insert(place, entry);
        })
    };
    let points = [(3_599, "warning"), (3_600, "warning"), (3_601, "ok")];
    let points = points.map(|(ago, due)| ("a callback error", failed(ago), due));
    all_are_due("inc-004", "events", points.into());
}

#[test]
fn a_callback_error_among_the_five_newest_pecks_is_a_warning() {
    let pecks = |kinds: &[&str]| {
        with(|w| {
            w.audit.retain(|e| {
                !e["event_type"]
                    .as_str()
                    .is_some_and(|kind| kind.contains("peck"))
            });
            for (nth, kind) in (1..).zip(kinds) {
                let at = now().unix_timestamp() - nth * 60;
                w.audit.push(json!({"event_type": kind, "timestamp": at}));
            }
        })
    };
    let (fine, error) = ("peck.approved", "peck.callback_error");
    all_are_due(
        "inc-004",
        "events",
        vec![
            ("none at all", pecks(&[]), "ok"),
            ("five good ones", pecks(&[fine; 5]), "ok"),
            (
                "the fifth newest failed",
                pecks(&[fine, fine, fine, fine, error]),
                "warning",
            ),
            (
                "the sixth newest failed",
                pecks(&[fine, fine, fine, fine, fine, error]),
                "ok",
            ),
        ],
    );
}

fn mail(max: f64, sent: f64) -> FakeStack {
    with(|w| {
        w.mail.max_24h = max;
        w.mail.sent_24h = sent;
    })
}

#[test]
fn the_quota_warns_at_80_percent_and_is_critical_over_95() {
    all_are_due(
        "inc-005",
        "quota",
        vec![
            ("0 of 200", mail(200.0, 0.0), "ok"),
            ("159 of 200", mail(200.0, 159.0), "ok"),
            ("160 of 200", mail(200.0, 160.0), "warning"),
            ("161 of 200", mail(200.0, 161.0), "warning"),
            ("189 of 200", mail(200.0, 189.0), "warning"),
            ("190 of 200", mail(200.0, 190.0), "warning"),
            ("191 of 200", mail(200.0, 191.0), "critical"),
            ("200 of 200", mail(200.0, 200.0), "critical"),
            ("201 of 200", mail(200.0, 201.0), "critical"),
            // A limit that hundredths do not divide.
            ("5 of 7", mail(7.0, 5.0), "ok"),
            ("6 of 7", mail(7.0, 6.0), "warning"),
            ("7 of 7", mail(7.0, 7.0), "critical"),
            ("949999 of a million", mail(1e6, 949_999.0), "warning"),
            ("950000 of a million", mail(1e6, 950_000.0), "warning"),
            ("950001 of a million", mail(1e6, 950_001.0), "critical"),
        ],
    );
}

#[test]
fn a_quota_of_minus_one_is_unlimited_and_of_zero_is_invalid() {
    all_are_due(
        "inc-005",
        "quota",
        vec![
            ("a limit of -2", mail(-2.0, 5.0), "unknown"),
            ("a limit of -1", mail(-1.0, 5_000.0), "ok"),
            ("a limit of 0, none sent", mail(0.0, 0.0), "unknown"),
            ("a limit of 0, some sent", mail(0.0, 5.0), "unknown"),
            ("a limit of 1, none sent", mail(1.0, 0.0), "ok"),
            ("a limit of 1, one sent", mail(1.0, 1.0), "critical"),
            ("a negative number sent", mail(200.0, -1.0), "unknown"),
            ("half a mail sent", mail(200.0, 5.5), "unknown"),
        ],
    );
}

#[test]
fn a_mail_account_that_may_not_send_is_critical_whatever_the_quota() {
    let rated = |enabled: bool, rating: &str| {
        with(|w| {
            w.mail.sending_enabled = enabled;
            w.mail.enforcement = rating.into();
        })
    };
    all_are_due(
        "inc-005",
        "quota",
        vec![
            ("healthy", rated(true, "HEALTHY"), "ok"),
            ("switched off", rated(false, "HEALTHY"), "critical"),
            ("on probation", rated(true, "PROBATION"), "critical"),
            ("shut down", rated(true, "SHUTDOWN"), "critical"),
            ("another spelling", rated(true, "healthy"), "critical"),
        ],
    );
}

/// What SES counted an hour ago, and what it rates itself, where it does.
fn measured(counts: [f64; 3], rates: Option<[f64; 2]>) -> FakeStack {
    with(|w| {
        w.metrics.retain(|series| series.namespace != "AWS/SES");
        let mut report = |name: &str, value: f64| {
            w.metrics.push(FakeMetric {
                namespace: "AWS/SES".into(),
                name: name.into(),
                dimensions: Vec::new(),
                points: vec![(now() - Duration::from_secs(HOUR), value)],
            })
        };
        for (name, value) in ["Send", "Bounce", "Complaint"].into_iter().zip(counts) {
            report(name, value);
        }
        let names = ["Reputation.BounceRate", "Reputation.ComplaintRate"];
        for (name, rate) in names.into_iter().zip(rates.into_iter().flatten()) {
            report(name, rate);
        }
    })
}

#[test]
fn bounces_and_complaints_are_rated_by_our_own_counts() {
    let of_1000 = |bounces| measured([1_000.0, bounces, 0.0], None);
    let of_10000 = |complaints| measured([10_000.0, 0.0, complaints], None);
    all_are_due(
        "inc-005",
        "bounces",
        vec![
            ("4.9 % bounce", of_1000(49.0), "ok"),
            ("5 % bounce", of_1000(50.0), "warning"),
            ("5.1 % bounce", of_1000(51.0), "warning"),
            ("9.9 % bounce", of_1000(99.0), "warning"),
            ("10 % bounce", of_1000(100.0), "critical"),
            ("10.1 % bounce", of_1000(101.0), "critical"),
            ("0.09 % complain", of_10000(9.0), "ok"),
            ("0.1 % complain", of_10000(10.0), "warning"),
            ("0.11 % complain", of_10000(11.0), "warning"),
            ("0.49 % complain", of_10000(49.0), "warning"),
            ("0.5 % complain", of_10000(50.0), "critical"),
            ("0.51 % complain", of_10000(51.0), "critical"),
        ],
    );
}

#[test]
fn bounces_and_complaints_are_rated_by_ses_where_it_does() {
    // Counts that would say the opposite.
    let bounce = |rate| measured([100.0, 100.0, 100.0], Some([rate, 0.0]));
    let complain = |rate| measured([3.0, 0.0, 0.0], Some([0.0, rate]));
    all_are_due(
        "inc-005",
        "bounces",
        vec![
            ("4.99 % bounce", bounce(0.0499), "ok"),
            ("5 % bounce", bounce(0.05), "warning"),
            ("5.01 % bounce", bounce(0.0501), "warning"),
            ("9.99 % bounce", bounce(0.0999), "warning"),
            ("10 % bounce", bounce(0.1), "critical"),
            ("10.01 % bounce", bounce(0.1001), "critical"),
            ("0.099 % complain", complain(0.00099), "ok"),
            ("0.1 % complain", complain(0.001), "warning"),
            ("0.101 % complain", complain(0.00101), "warning"),
            ("0.499 % complain", complain(0.00499), "warning"),
            ("0.5 % complain", complain(0.005), "critical"),
            ("0.501 % complain", complain(0.00501), "critical"),
            ("more than all", bounce(1.01), "unknown"),
        ],
    );
}

#[test]
fn fewer_than_fifty_mails_give_no_rate() {
    let all_bounce = |sends| measured([sends, sends, 0.0], None);
    all_are_due(
        "inc-005",
        "bounces",
        vec![
            ("49 of 49 bounce", all_bounce(49.0), "ok"),
            ("50 of 50 bounce", all_bounce(50.0), "critical"),
            ("51 of 51 bounce", all_bounce(51.0), "critical"),
            ("1 of 50 bounces", measured([50.0, 1.0, 0.0], None), "ok"),
            (
                "no point of any metric",
                with(|w| w.metrics.clear()),
                "unknown",
            ),
        ],
    );
}

#[test]
fn capacity_access_and_record_follow_a_critical_quota_only() {
    let used = |sent: f64, access: bool, grew: Option<i64>| {
        with(|w| {
            w.mail.sent_24h = sent;
            w.mail.production_access = access;
            w.status["database"]["ducklings"] = 30.into();
            let facts = |n| vec![("status.database.ducklings", n)];
            w.recorded = grew
                .map(|by| EarlierRun {
                    ago: Duration::from_secs(DAY),
                    facts: facts(30 - by),
                })
                .into_iter()
                .collect();
        })
    };
    let cells = [
        (
            used(190.0, false, Some(1)),
            ["skipped", "skipped", "skipped"],
            None,
        ),
        (
            used(191.0, false, Some(1)),
            ["warning", "critical", "critical"],
            Some("P0"),
        ),
        (
            used(199.0, true, Some(0)),
            ["warning", "skipped", "critical"],
            Some("P1"),
        ),
        (
            used(200.0, true, None),
            ["critical", "skipped", "critical"],
            Some("P0"),
        ),
    ];
    for (world, due, priority) in cells {
        let stage = Stage::of(world);
        let (_, document) = stage.duckops(&["triage", "inc-005"]).json();
        let found = ["capacity", "production-access", "record"].map(|id| {
            step(&document, "inc-005", id)["verdict"]
                .as_str()
                .unwrap_or("none")
                .to_owned()
        });
        assert_eq!(found, due, "{document:#}");
        let record = step(&document, "inc-005", "record");
        assert_eq!(
            record["escalation"]["priority"].as_str(),
            priority,
            "{record:#}"
        );
    }
}
