//! Stalls, lags and what is well, by what is known of a window.

use super::*;

fn ducklings_grew(at_least: i64, at_most: Option<i64>) -> Result<Increase, Unavailable> {
    Ok(Increase {
        at_least,
        at_most,
        at_edge: 0,
        covered: 0.5,
        reset: at_most.is_none(),
        since: None,
    })
}

#[test]
fn a_stall_is_ducklings_without_certificates_and_both_must_be_proven() {
    let table = [
        // ducklings, certificates, dated, stalled
        ((1, Some(1)), (0, Some(0)), 0, Some(true)),
        ((1, Some(9)), (0, Some(0)), 0, Some(true)),
        ((1, Some(1)), (1, Some(1)), 0, Some(false)),
        ((0, Some(0)), (0, Some(0)), 0, Some(false)),
        ((0, Some(0)), (0, Some(7)), 0, Some(false)),
        ((0, Some(0)), (0, None), 0, Some(false)),
        ((9, Some(9)), (0, Some(3)), 1, Some(false)),
        ((9, None), (1, None), 0, Some(false)),
        // What is not known
        ((0, Some(1)), (0, Some(0)), 0, None),
        ((1, Some(1)), (0, Some(1)), 0, None),
        ((0, None), (0, Some(0)), 0, None),
        ((1, Some(1)), (0, None), 0, None),
        // What contradicts itself
        ((1, Some(1)), (0, Some(0)), 1, None),
    ];
    for (ducklings, certificates, dated, due) in table {
        let found = Shown {
            issued: dated,
            ..shown(ducklings, certificates)
        };
        let found = found.stalled();
        assert_eq!(found.ok(), due, "{ducklings:?} {certificates:?} {dated}");
    }
}

#[test]
fn an_unavailable_total_makes_the_stall_unavailable() {
    let silent = || {
        Err(Unavailable::new(
            UnavailableReason::Missing,
            "no such total",
        ))
    };
    let known = || shown((1, Some(1)), (0, Some(0)));
    let ducklings = Shown {
        ducklings: silent(),
        issued: 1,
        ..known()
    };
    assert!(ducklings.stalled().is_err());
    let certificates = Shown {
        certificates: silent(),
        ..shown((0, Some(0)), (0, Some(0)))
    };
    assert!(certificates.stalled().is_err());
}

fn shown(ducklings: (i64, Option<i64>), certificates: (i64, Option<i64>)) -> Shown {
    Shown {
        words: "48 h",
        lag: 3,
        ducklings: ducklings_grew(ducklings.0, ducklings.1),
        certificates: ducklings_grew(certificates.0, certificates.1),
        signups: 0,
        issued: 0,
        is_covered_by_feed: false,
        backlog: Some(3),
        young: 0,
    }
}

#[test]
fn on_day_one_a_feed_that_covers_the_window_decides_where_the_counters_agree() {
    // What a first run knows: totals, and nothing of how they grew.
    let table = [
        // covered, sign-ups, issued, backlog, stalled
        (true, 20, 0, 20, Some(true)),
        (true, 20, 0, 25, Some(true)),
        (true, 20, 0, 19, None),
        (true, 20, 1, 19, Some(false)),
        (false, 20, 0, 20, None),
        (true, 0, 0, 20, None),
        // As many certificates as ducklings
        (false, 0, 0, 0, Some(false)),
        (false, 0, 0, -2, Some(false)),
        (true, 2, 2, 0, Some(false)),
        (true, 2, 0, 0, None),
    ];
    for (is_covered_by_feed, signups, issued, backlog, due) in table {
        let shown = Shown {
            signups,
            issued,
            is_covered_by_feed,
            backlog: Some(backlog),
            ..shown((0, Some(36)), (0, Some(16)))
        };
        let found = shown.stalled();
        assert_eq!(found.ok(), due, "{signups} {issued} {backlog}");
    }
}

#[test]
fn fewer_than_half_certified_and_three_more_waiting_is_a_lag() {
    let table = [
        // ducklings, certificates, lags
        ((20, Some(20)), (1, Some(1)), true),
        ((4, Some(4)), (1, Some(1)), true),
        ((3, Some(3)), (1, Some(1)), false),
        ((6, Some(6)), (3, Some(3)), false),
        ((7, Some(7)), (3, Some(3)), true),
        ((20, Some(20)), (1, Some(10)), false),
        ((20, Some(20)), (1, None), false),
    ];
    for (ducklings, certificates, due) in table {
        let found = shown(ducklings, certificates).is_lagging();
        assert_eq!(found, due, "{ducklings:?} {certificates:?}");
    }
    // The feed alone, on day one.
    for (backlog, covered, due) in [(19, true, true), (18, true, false), (19, false, false)] {
        let by_feed = Shown {
            signups: 20,
            issued: 1,
            is_covered_by_feed: covered,
            backlog: Some(backlog),
            ..shown((0, Some(36)), (0, Some(17)))
        };
        assert_eq!(by_feed.is_lagging(), due, "{backlog} {covered}");
    }
}

#[test]
fn the_worst_proven_pace_wins_and_ok_needs_both_windows() {
    let stalled = || shown((2, Some(2)), (0, Some(0)));
    let lagging = || shown((5, Some(5)), (1, Some(1)));
    let well = || shown((2, Some(2)), (2, Some(2)));
    let unclear = || shown((0, Some(9)), (0, Some(9)));
    let whole = |mut shown: Shown| {
        for total in [&mut shown.ducklings, &mut shown.certificates]
            .into_iter()
            .flatten()
        {
            total.covered = 1.0;
        }
        shown
    };
    let first_run = || Shown {
        backlog: Some(0),
        ..unclear()
    };
    let table = [
        (stalled(), stalled(), Some("stalled-48h")),
        (unclear(), stalled(), Some("stalled-48h")),
        (stalled(), well(), Some("stalled-24h")),
        (stalled(), unclear(), Some("stalled-24h")),
        (lagging(), unclear(), Some("lagging-24h")),
        (well(), lagging(), Some("lagging-48h")),
        (well(), well(), Some("keeping")),
        (well(), unclear(), None),
        (unclear(), well(), None),
        (first_run(), first_run(), Some("complete")),
        (first_run(), whole(first_run()), Some("keeping")),
    ];
    for (number, (day, two_days, due)) in table.into_iter().enumerate() {
        assert_eq!(pace(&day, &two_days).ok(), due, "row {number}");
    }
}

#[test]
fn whoever_registered_within_the_hour_is_not_stalled_yet() {
    for (young, by_counters, by_feed) in [(0, true, true), (1, true, true), (2, false, false)] {
        let counted = Shown {
            young,
            ..shown((2, Some(2)), (0, Some(0)))
        };
        assert_eq!(counted.stalled().ok(), Some(by_counters), "{young}");
        let dated = Shown {
            young,
            signups: 2,
            is_covered_by_feed: true,
            ..shown((0, Some(36)), (0, Some(16)))
        };
        assert_eq!(dated.stalled().ok(), Some(by_feed), "{young}");
    }
}

#[test]
fn what_history_covers_of_a_window_is_said_in_percent() {
    let covers = |covered, reset| Increase {
        at_least: 0,
        at_most: None,
        at_edge: 0,
        covered,
        reset,
        since: None,
    };
    let of = |ducklings, certificates| {
        shown((0, None), (0, None)).not_covered(&ducklings, &certificates)
    };
    let found = of(covers(0.25, false), covers(0.5, false));
    assert_eq!(found.why, UnavailableReason::NotCovered);
    let said = found.detail.to_string();
    assert!(said.contains("covers 25 % of the last 48 h:"), "{said}");
    let found = of(covers(0.25, false), covers(0.1, true));
    assert_eq!(found.why, UnavailableReason::CounterReset);
    let said = found.detail.to_string();
    assert!(
        said.contains("covers 10 % of the last 48 h, and a total fell"),
        "{said}"
    );
}
