//! Tests of the records that single feed events and list rows lead to.

use super::*;
use crate::connections::NEWS;

const NOW: i64 = 1_774_137_600;

fn it(event: EventKind, ago: i64) -> FeedEvent<'static> {
    FeedEvent {
        event,
        kind: "kind",
        at: NOW - ago,
        peck: "",
        agent: "",
        name: "",
        duckling: "",
        requester: "",
        requester_name: "",
        target: "",
        purpose: "",
    }
}

fn all(only: Option<Only>, happenings: &[FeedEvent<'_>]) -> Connections {
    let mut gathering = ConnectionsBuilder::new(NOW, only);
    happenings.iter().for_each(|it| gathering.happened(it));
    gathering.end(Some(3 * 86_400), None, Vec::new())
}

fn asked(peck: &'static str, ago: i64) -> FeedEvent<'static> {
    FeedEvent {
        peck,
        requester: "A1",
        target: "A2",
        ..it(EventKind::Requested, ago)
    }
}

#[test]
fn ids_that_contain_each_other_are_distinct() {
    let of = |peck, event| FeedEvent {
        peck,
        ..it(event, 60)
    };
    let all = all(
        None,
        &[
            of("p1", EventKind::Requested),
            of("p10", EventKind::Requested),
            of("p10", EventKind::Denied),
        ],
    );
    let mut states: Vec<_> = all
        .pecks
        .iter()
        .map(|p| (p.id.as_str(), p.state(NOW)))
        .collect();
    states.sort();
    assert_eq!(
        states,
        [("p1", PeckState::Pending), ("p10", PeckState::Denied)]
    );
}

#[test]
fn an_outcome_without_id_makes_earlier_requests_uncertain() {
    for (ago, state) in [
        (59, PeckState::Unknown),
        (60, PeckState::Unknown),
        (61, PeckState::Pending),
    ] {
        let all = all(None, &[asked("p1", 60), it(EventKind::Approved, ago)]);
        assert_eq!(all.pecks[0].state(NOW), state, "{ago}");
    }
    let said = all(
        None,
        &[
            asked("p1", 60),
            FeedEvent {
                peck: "p1",
                ..it(EventKind::Denied, 50)
            },
            it(EventKind::Approved, 40),
        ],
    );
    assert_eq!(
        said.pecks[0].state(NOW),
        PeckState::Denied,
        "what is said stays said"
    );
}

#[test]
fn a_bond_without_a_request_is_joined_by_its_two_agents() {
    let approved = FeedEvent {
        peck: "p1",
        ..it(EventKind::Approved, 300)
    };
    let bonded = FeedEvent {
        requester: "A2",
        target: "A1",
        ..it(EventKind::Bonded, 290)
    };
    let joined = all(None, &[asked("p1", 400), approved, bonded]);
    assert_eq!(joined.pecks[0].state(NOW), PeckState::Approved);
    let by_one = FeedEvent {
        agent: "A2",
        ..it(EventKind::Bonded, 290)
    };
    let joined = all(None, &[asked("p1", 400), approved, by_one]);
    assert_eq!(joined.pecks[0].state(NOW), PeckState::Approved);
    let other = FeedEvent {
        agent: "A3",
        ..it(EventKind::Bonded, 290)
    };
    let not = all(None, &[asked("p1", 400), approved, other]);
    assert_eq!(
        not.pecks[0].state(NOW),
        PeckState::CallbackError,
        "a bond of others is not this one's"
    );
    let nameless = FeedEvent {
        peck: "p1",
        ..it(EventKind::Requested, 400)
    };
    let not = all(None, &[nameless, approved, other]);
    assert_eq!(
        not.pecks[0].state(NOW),
        PeckState::Unknown,
        "a request may not name its ends"
    );
    let none = all(None, &[asked("p1", 400), approved]);
    assert_eq!(
        none.pecks[0].state(NOW),
        PeckState::Unknown,
        "a feed that never tells of bonds proves nothing by telling of none"
    );
    let elsewhere = FeedEvent {
        peck: "p0",
        ..it(EventKind::Bonded, 90_000)
    };
    let none = all(None, &[elsewhere, asked("p1", 400), approved]);
    assert_eq!(none.pecks[0].state(NOW), PeckState::CallbackError);
}

#[test]
fn two_pending_requests_of_one_pair_are_duplicates_in_either_direction() {
    let back = FeedEvent {
        requester: "A2",
        target: "A1",
        ..asked("p2", 30)
    };
    let over = asked("p3", 700);
    let other = FeedEvent {
        target: "A3",
        ..asked("p4", 30)
    };
    let all = all(None, &[asked("p1", 60), back, over, other]);
    let mut duplicates: Vec<_> = all
        .pecks
        .iter()
        .map(|p| (p.id.as_str(), p.duplicates))
        .collect();
    duplicates.sort();
    assert_eq!(duplicates, [("p1", 1), ("p2", 1), ("p3", 0), ("p4", 0)]);
}

#[test]
fn events_without_agent_make_only_affected_bonds_uncertain() {
    let agent = |event, ago| FeedEvent {
        agent: "A1",
        ..it(event, ago)
    };
    let bond = |more: FeedEvent<'static>| {
        let all = all(
            None,
            &[
                agent(EventKind::Bonded, 9000),
                agent(EventKind::Pulse, 700),
                more,
            ],
        );
        all.bonds[0].clone()
    };
    assert_eq!(
        bond(it(EventKind::Unpecked, 800)).state(),
        BondState::Bonded
    );
    assert_eq!(
        bond(it(EventKind::Unpecked, 700)).state(),
        BondState::Unknown
    );
    assert_eq!(bond(it(EventKind::Pulse, 800)).unseen, None);
    assert!(bond(it(EventKind::Pulse, 700)).unseen.is_some());
    let rotated = |ago| bond(it(EventKind::Rotated, ago)).key_age();
    assert_eq!(rotated(9001), Some(9000));
    assert_eq!(rotated(8999), None);
}

#[test]
fn old_requests_count_only_where_asked_for() {
    let old = asked("p1", RECENT + WINDOW);
    assert_eq!(all(None, &[old]).pecks.len(), 0);
    let only = Some(Only::Peck("p1".to_owned()));
    assert_eq!(all(only, &[old]).pecks.len(), 1);
}

#[test]
fn lists_and_feed_make_one_record_with_the_newer_pulse() {
    let mut gathering = ConnectionsBuilder::new(NOW, None);
    gathering.happened(&FeedEvent {
        agent: "A1",
        ..it(EventKind::Pulse, 700)
    });
    gathering.listed(&ListRow {
        agent: "A1".to_owned(),
        name: "demo".to_owned(),
        status: "ACTIVE".to_owned(),
        seen: Some(NOW - 100),
        ..ListRow::default()
    });
    let all = gathering.end(Some(9000), None, Vec::new());
    assert_eq!(all.bonds.len(), 1);
    assert_eq!(all.bonds[0].pulse_age(NOW), Some(100));
    assert_eq!(all.bonds[0].state(), BondState::Bonded);
}

#[test]
fn each_bond_goes_to_the_request_that_was_approved_before_it() {
    let approved = |peck, ago| FeedEvent {
        peck,
        ..it(EventKind::Approved, ago)
    };
    let bonded = |ago| FeedEvent {
        requester: "A1",
        target: "A2",
        ..it(EventKind::Bonded, ago)
    };
    // A second request was asked meanwhile; it is not the one that was approved.
    let all = all(
        None,
        &[
            asked("p1", 500),
            approved("p1", 450),
            asked("p2", 445),
            bonded(440),
        ],
    );
    let mut states: Vec<_> = all
        .pecks
        .iter()
        .map(|p| (p.id.as_str(), p.state(NOW)))
        .collect();
    states.sort();
    assert_eq!(
        states,
        [("p1", PeckState::Approved), ("p2", PeckState::Pending)]
    );
}

#[test]
fn many_bonds_of_one_pair_are_joined_quickly_and_losslessly() {
    let mut gathering = ConnectionsBuilder::new(NOW, None);
    for number in 0..200_000 {
        gathering.happened(&FeedEvent {
            requester: "A1",
            target: "A2",
            ..it(EventKind::Bonded, 80_000 - number % 80_000)
        });
        let peck = format!("p{number}");
        gathering.happened(&FeedEvent {
            peck: &peck,
            requester: "A1",
            target: "A2",
            ..it(EventKind::Requested, 80_000 - number % 80_000)
        });
    }
    gathering.happened(&FeedEvent {
        peck: "mine",
        ..it(EventKind::Approved, 9_000)
    });
    let all = gathering.end(Some(90_000), None, Vec::new());
    let mine = all.pecks.iter().find(|peck| peck.id == "mine");
    let state = mine.expect("it was asked").state(NOW);
    assert_eq!(state, PeckState::Unknown, "one of them could be its own");
}

#[test]
fn missing_coverage_is_reported_to_the_second() {
    let gaps = |reach, happening: Option<FeedEvent<'static>>| {
        let mut gathering = ConnectionsBuilder::new(NOW, None);
        happening.iter().for_each(|it| gathering.happened(it));
        gathering.end(reach, None, Vec::new()).gaps
    };
    assert_eq!(gaps(Some(NEWS), None), crate::connections::Gaps::default());
    assert!(gaps(Some(NEWS - 1), None).pecks.is_some());
    assert!(gaps(Some(NEWS - 1), None).pending.is_none());
    assert!(gaps(Some(WINDOW - 1), None).pending.is_some());
    assert!(gaps(None, None).pending.is_some());
    let reach = Some(2 * RECENT);
    for event in [
        EventKind::Requested,
        EventKind::Approved,
        EventKind::Denied,
        EventKind::Expired,
        EventKind::CallbackError,
    ] {
        assert!(gaps(reach, Some(it(event, RECENT - 1))).pecks.is_some());
        assert!(gaps(reach, Some(it(event, RECENT))).pecks.is_none());
    }
    let requested = |ago| gaps(reach, Some(it(EventKind::Requested, ago))).pending;
    assert!(requested(WINDOW - 1).is_some() && requested(WINDOW).is_none());
    for event in [EventKind::Bonded, EventKind::Unpecked, EventKind::Pulse] {
        assert!(gaps(reach, Some(it(event, 9_000))).bonds.is_some());
    }
    let failed = |ago| gaps(reach, Some(it(EventKind::DeliveryFailed, ago))).failures;
    assert!(failed(RECENT - 1).is_some() && failed(RECENT).is_none());
}

#[test]
fn list_times_in_the_future_are_ignored() {
    let row = |seen| ListRow {
        agent: "A1".to_owned(),
        status: "ACTIVE".to_owned(),
        seen: Some(NOW + seen),
        connected: Some(NOW + seen),
        ..ListRow::default()
    };
    let listed = |row: &ListRow| {
        let mut gathering = ConnectionsBuilder::new(NOW, None);
        gathering.listed(row);
        gathering.end(Some(9000), None, Vec::new()).bonds.remove(0)
    };
    assert_eq!(listed(&row(AHEAD)).pulse_age(NOW), Some(0));
    let ahead = listed(&row(AHEAD + 1));
    assert_eq!((ahead.pulse_age(NOW), ahead.since), (None, None));
    let mut gathering = ConnectionsBuilder::new(NOW, None);
    gathering.listed(&ListRow {
        peck: "p1".to_owned(),
        status: "pending".to_owned(),
        created: Some(NOW + AHEAD + 1),
        expires: Some(NOW + 86_400),
        ..ListRow::default()
    });
    let all = gathering.end(Some(9000), None, Vec::new());
    assert_eq!(all.pecks[0].state(NOW), PeckState::Unknown);
}

#[test]
fn of_several_rows_for_one_agent_the_active_connection_counts() {
    let row = |status: &str, connected| ListRow {
        agent: "A1".to_owned(),
        status: status.to_owned(),
        connected: Some(NOW - connected),
        ..ListRow::default()
    };
    let rows = [
        row("DISCONNECTED", 50),
        row("connected", 900),
        row("denied", 20),
    ];
    for turn in 0..rows.len() {
        let mut gathering = ConnectionsBuilder::new(NOW, None);
        let turned = rows.iter().cycle().skip(turn).take(rows.len());
        turned.for_each(|row| gathering.listed(row));
        let all = gathering.end(Some(9000), None, Vec::new());
        let bond = &all.bonds[0];
        assert_eq!(
            (bond.state(), bond.since),
            (BondState::Bonded, Some(NOW - 900))
        );
    }
}

#[test]
fn a_failed_list_leaves_states_unknown() {
    let mut gathering = ConnectionsBuilder::new(NOW, None);
    gathering.happened(&asked("p1", 60));
    gathering.happened(&FeedEvent {
        agent: "A1",
        ..it(EventKind::Pulse, 5)
    });
    let all = gathering.end(Some(9000), Some("a list failed"), Vec::new());
    assert_eq!(all.pecks[0].state(NOW), PeckState::Unknown);
    assert_eq!(all.bonds[0].state(), BondState::Unknown);
}
