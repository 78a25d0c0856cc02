//! Which agents are blamed for failed callbacks.

use super::*;
use crate::connections::Bond;

const NOW: i64 = 1_774_149_129;
const DAY: i64 = 86_400;

fn told(errors: &[(&str, &str)], pulses: &[(&str, i64)], reach: i64) -> Observation {
    told_with(errors, pulses, reach, 0)
}

fn told_with(
    errors: &[(&str, &str)],
    pulses: &[(&str, i64)],
    reach: i64,
    dead: i64,
) -> Observation {
    let error = |(n, (peck, agent)): (i64, &(&str, &str))| CallbackError {
        at: NOW - 60 * n,
        peck: (*peck).to_owned(),
        agent: (*agent).to_owned(),
    };
    let mut all = Connections {
        now: NOW,
        reach: Some(reach),
        callback_errors: (1..).zip(errors).map(error).collect(),
        ..Connections::default()
    };
    for (id, ago) in pulses {
        let mut bond = Bond::default();
        bond.id = (*id).to_owned();
        bond.seen = (*ago < i64::MAX).then(|| NOW - ago);
        bond.since = Some(NOW - DAY);
        all.bonds.push(bond);
    }
    let mut observation = Observation::new(crate::fact::Probe::Connections);
    facts(&mut observation, &all, dead, OffsetDateTime::UNIX_EPOCH);
    observation
}

fn shown_of(observation: &Observation, path: &str) -> String {
    let fact = observation.outcome(path);
    fact.map_or_else(
        |_| "silent".to_owned(),
        |fact| fact.value.shown().to_string(),
    )
}

#[test]
fn a_dead_target_is_named_with_its_share_of_the_errors() {
    let errors = [("p4", "D3"), ("p3", "D3"), ("p2", "D1"), ("p1", "")];
    let all = told(&errors, &[("D1", 60), ("D3", 18_000)], DAY);
    for (path, due) in [
        ("callbacks.failing", "2"),
        ("callbacks.failing_offline", "1"),
        ("callbacks.errors_of_offline", "2"),
        ("callbacks.worst_id", "D3"),
        (
            "callbacks.worst",
            "D3: 2 of 4 callback errors in 24 h; OFFLINE, last pulse 5 h ago",
        ),
        ("callbacks.newest_names", "p4 at D3, p3 at D3, p2 at D1"),
    ] {
        assert_eq!(shown_of(&all, path), due, "{path}");
    }
    for (agent, due) in [("D3", "p4, p3 at D3"), ("", "p4, p3 (agent not named)")] {
        let all = told(&[("p4", agent), ("p3", agent)], &[], DAY);
        assert_eq!(shown_of(&all, "callbacks.newest_names"), due);
    }
    let nameless = told(&[("", ""), ("p3", "")], &[], DAY);
    assert_eq!(
        shown_of(&nameless, "callbacks.newest_names"),
        "a request without id at an unnamed agent, p3 at an unnamed agent",
    );
}

#[test]
fn an_agent_that_was_unpecked_is_not_offline() {
    let shown = |is_over: bool| {
        let mut bond = Bond::default();
        bond.id = "D3".to_owned();
        bond.seen = Some(NOW - 18_000);
        bond.since = Some(NOW - DAY);
        bond.over = is_over.then_some(NOW - 17_000);
        let error = CallbackError {
            at: NOW - 60,
            peck: "p1".to_owned(),
            agent: "D3".to_owned(),
        };
        let all = Connections {
            now: NOW,
            reach: Some(DAY),
            callback_errors: vec![error],
            bonds: vec![bond],
            ..Connections::default()
        };
        let mut observation = Observation::new(crate::fact::Probe::Connections);
        facts(&mut observation, &all, 0, OffsetDateTime::UNIX_EPOCH);
        ["callbacks.failing_offline", "callbacks.worst"].map(|path| shown_of(&observation, path))
    };
    let line = "D3: 1 of 1 callback errors in 24 h";
    assert_eq!(
        shown(false),
        [
            "1".to_owned(),
            format!("{line}; OFFLINE, last pulse 5 h ago")
        ]
    );
    assert_eq!(shown(true), ["0".to_owned(), format!("{line}; unpecked")]);
}

#[test]
fn a_listed_callback_error_is_as_old_as_its_request_at_most() {
    let listed = |begun: Option<i64>| {
        let mut peck = Peck::default();
        peck.id = "p7".to_owned();
        peck.listed = Some(PeckState::CallbackError);
        peck.first = begun.map(|ago| NOW - ago);
        peck
    };
    for (begun, recent) in [
        (Some(NEWS), "1"),
        (Some(NEWS + 1), "0"),
        // Nothing says that it is over.
        (None, "1"),
    ] {
        let all = Connections {
            now: NOW,
            pecks: vec![listed(begun)],
            ..Connections::default()
        };
        let mut observation = Observation::new(crate::fact::Probe::Connections);
        request_errors(&mut observation, &all, OffsetDateTime::UNIX_EPOCH);
        let shown = |path| shown_of(&observation, path);
        assert_eq!(shown("pecks.callback_errors_recent"), recent, "{begun:?}");
        assert_eq!(shown("pecks.unbonded"), "0", "{begun:?}");
    }
}

/// The last pulse of the dead one and its bond have left a short feed.
#[test]
fn the_only_dead_agent_is_the_one_that_fails_without_a_pulse() {
    let again = [("p1", "D3"), ("p2", "D3")];
    let alive = [("D1", 60)];
    for (errors, pulses, reach, dead, offline, silent) in [
        (&again[..], &alive[..], 5_000, 1, "1", "D3"),
        // Its pulse would not show, it failed once, or no agent is dead.
        (&again, &alive, 1_799, 1, "0", "silent"),
        (&again[..1], &alive, 5_000, 1, "0", "D3"),
        (&again, &alive, 5_000, 0, "0", "D3"),
        // The dead one is another, which the feed shows.
        (&again, &[("D1", 1_800)], 5_000, 1, "0", "D3"),
        (&again, &[("D1", 1_800)], 5_000, 2, "1", "D3"),
        // It pulses, or did.
        (&again, &[("D3", 60)], 5_000, 1, "0", "silent"),
    ] {
        let all = told_with(errors, pulses, reach, dead);
        for (path, due) in [
            ("callbacks.failing_offline", offline),
            ("callbacks.silent_id", silent),
        ] {
            let shown = shown_of(&all, path);
            assert_eq!(shown, due, "{path} {errors:?} {pulses:?} {reach} {dead}");
        }
    }
}

#[test]
fn an_agent_is_offline_from_thirty_minutes_on_or_without_any_pulse() {
    for (pulses, reach, offline) in [
        (&[("D1", 1_799)][..], DAY, "0"),
        (&[("D1", 1_800)], DAY, "1"),
        // Not known to be bonded: no pulse is due.
        (&[], DAY, "0"),
    ] {
        let all = told(&[("p1", "D1")], pulses, reach);
        assert_eq!(shown_of(&all, "callbacks.failing_offline"), offline);
    }
    // One that is bonded and has never pulsed is missed where a pulse would show.
    for (reach, offline) in [(1_800, "1"), (1_799, "0")] {
        let all = told(&[("p1", "D1")], &[("D1", i64::MAX)], reach);
        assert_eq!(shown_of(&all, "callbacks.failing_offline"), offline);
    }
    let none = told(&[], &[("D1", 60)], DAY);
    assert_eq!(shown_of(&none, "callbacks.failing_offline"), "0");
    assert_eq!(shown_of(&none, "callbacks.worst"), "silent");
}
