//! What is gathered from single happenings.

use super::*;

const NOW: i64 = 1_774_137_600;

fn it(event: Event, ago: i64) -> Happening<'static> {
    Happening {
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

fn all(only: Option<Only>, happenings: &[Happening<'_>]) -> Population {
    let mut gathering = Gathering::new(NOW, only);
    happenings.iter().for_each(|it| gathering.happened(it));
    gathering.end(Some(3 * 86_400), Vec::new())
}

fn asked(peck: &'static str, ago: i64) -> Happening<'static> {
    Happening {
        peck,
        requester: "A1",
        target: "A2",
        ..it(Event::Requested, ago)
    }
}

#[test]
fn ids_that_contain_each_other_are_two() {
    let of = |peck, event| Happening {
        peck,
        ..it(event, 60)
    };
    let all = all(
        None,
        &[
            of("p1", Event::Requested),
            of("p10", Event::Requested),
            of("p10", Event::Denied),
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
fn an_outcome_that_names_no_request_could_be_anybodys_asked_before_it() {
    for (ago, state) in [
        (59, PeckState::Unknown),
        (60, PeckState::Unknown),
        (61, PeckState::Pending),
    ] {
        let all = all(None, &[asked("p1", 60), it(Event::Approved, ago)]);
        assert_eq!(all.pecks[0].state(NOW), state, "{ago}");
    }
    let said = all(
        None,
        &[
            asked("p1", 60),
            Happening {
                peck: "p1",
                ..it(Event::Denied, 50)
            },
            it(Event::Approved, 40),
        ],
    );
    assert_eq!(
        said.pecks[0].state(NOW),
        PeckState::Denied,
        "what is said stays said"
    );
}

#[test]
fn a_bond_without_a_request_belongs_to_the_one_between_the_same_two() {
    let approved = Happening {
        peck: "p1",
        ..it(Event::Approved, 300)
    };
    let bonded = Happening {
        requester: "A2",
        target: "A1",
        ..it(Event::Bonded, 290)
    };
    let joined = all(None, &[asked("p1", 400), approved, bonded]);
    assert_eq!(joined.pecks[0].state(NOW), PeckState::Approved);
    let by_one = Happening {
        agent: "A2",
        ..it(Event::Bonded, 290)
    };
    let joined = all(None, &[asked("p1", 400), approved, by_one]);
    assert_eq!(joined.pecks[0].state(NOW), PeckState::Approved);
    let other = Happening {
        agent: "A3",
        ..it(Event::Bonded, 290)
    };
    let not = all(None, &[asked("p1", 400), approved, other]);
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
    let elsewhere = Happening {
        peck: "p0",
        ..it(Event::Bonded, 90_000)
    };
    let none = all(None, &[elsewhere, asked("p1", 400), approved]);
    assert_eq!(none.pecks[0].state(NOW), PeckState::CallbackError);
}

#[test]
fn two_pending_requests_of_one_pair_are_rivals_whoever_asks() {
    let back = Happening {
        requester: "A2",
        target: "A1",
        ..asked("p2", 30)
    };
    let over = asked("p3", 700);
    let other = Happening {
        target: "A3",
        ..asked("p4", 30)
    };
    let all = all(None, &[asked("p1", 60), back, over, other]);
    let mut rivals: Vec<_> = all
        .pecks
        .iter()
        .map(|p| (p.id.as_str(), p.rivals))
        .collect();
    rivals.sort();
    assert_eq!(rivals, [("p1", 1), ("p2", 1), ("p3", 0), ("p4", 0)]);
}

#[test]
fn what_names_nobody_makes_bonds_uncertain_only_where_it_could_matter() {
    let agent = |event, ago| Happening {
        agent: "A1",
        ..it(event, ago)
    };
    let bond = |more: Happening<'static>| {
        let all = all(
            None,
            &[agent(Event::Bonded, 9000), agent(Event::Pulse, 700), more],
        );
        all.bonds[0].clone()
    };
    assert_eq!(bond(it(Event::Unpecked, 800)).state(), BondState::Bonded);
    assert_eq!(bond(it(Event::Unpecked, 700)).state(), BondState::Unknown);
    assert_eq!(bond(it(Event::Pulse, 800)).unseen, None);
    assert!(bond(it(Event::Pulse, 700)).unseen.is_some());
    assert_eq!(bond(it(Event::Rotated, 9001)).keyless, None);
    assert!(bond(it(Event::Rotated, 9000)).keyless.is_some());
}

#[test]
fn what_is_old_is_counted_only_where_it_is_asked_for() {
    let old = asked("p1", RECENT + WINDOW);
    assert_eq!(all(None, &[old]).pecks.len(), 0);
    let only = Some(Only::Peck("p1".to_owned()));
    assert_eq!(all(only, &[old]).pecks.len(), 1);
}

#[test]
fn lists_and_feed_make_one_record_and_the_newer_sign_of_life_counts() {
    let mut gathering = Gathering::new(NOW, None);
    gathering.happened(&Happening {
        agent: "A1",
        ..it(Event::Pulse, 700)
    });
    gathering.listed(&Row {
        agent: "A1".to_owned(),
        name: "demo".to_owned(),
        status: "ACTIVE".to_owned(),
        seen: Some(NOW - 100),
        ..Row::default()
    });
    let all = gathering.end(Some(9000), Vec::new());
    assert_eq!(all.bonds.len(), 1);
    assert_eq!(all.bonds[0].pulse_age(NOW), Some(100));
    assert_eq!(all.bonds[0].state(), BondState::Bonded);
}
