//! Agents that earlier runs saw OFFLINE, by their last pulse: a feed of the newest entries shows a
//! silent agent for an hour or two only, and the status API counts it without saying who it is.

use super::{DEAD, RecordedSamples};
use crate::connections::{BondState, Class, Connections, Only, class};
use crate::fact::{FactValue, Probe};
use crate::observation::{Observation, Observations, Unavailable};
use crate::probe;
use std::cmp::Reverse;
use time::OffsetDateTime;

/// History keeps an agent's last pulse under this and its id, in seconds since 1970; 0 once it is not
/// OFFLINE any more.
pub(super) const RECORD: &str = "bonds.offline_pulse.";
/// More agents than these are no fleet with a few that died.
const MAX_RECORDED: usize = 50;
const MAX_ID: usize = 64;

/// Whether history keeps an agent under this name, and no fact.
pub fn is_offline_agent(name: &str) -> bool {
    name.starts_with(RECORD)
}

/// Adds the agents that earlier runs saw OFFLINE and the feed has no entry of any more, where the
/// status API counts as many that nothing else shows.
pub fn recall_offline_agents(
    answers: &mut [Observation],
    past: &Result<RecordedSamples, Unavailable>,
    now: OffsetDateTime,
) {
    let Ok(past) = past else {
        return;
    };
    let count = |path: &str| {
        let mut status = (answers.iter()).filter(|answer| answer.probe == Probe::Status);
        status.find_map(|status| match status.outcome(path).ok()?.value {
            FactValue::Int(count) => Some(count),
            _ => None,
        })
    };
    let (bonded, dead) = (count("status.agents.total_bonded"), count(DEAD));
    let (Some(bonded), Some(dead)) = (bonded, dead) else {
        return;
    };
    for answer in answers {
        let Some(mut connections) = answer.connections.take() else {
            continue;
        };
        let recalled = recalled(&connections, past, (bonded, dead));
        // Where a list failed, nothing is said of bonds.
        if !recalled.is_empty() && answer.outcome("connections.single").is_ok() {
            for (id, pulse) in recalled {
                connections.recall(id, *pulse);
            }
            probe::bond_facts(answer, &connections, now);
        }
        answer.connections = Some(connections);
    }
}

/// Those that are missing in the feed, unless they are more than the status API calls dead.
fn recalled<'a>(
    connections: &Connections,
    past: &'a RecordedSamples,
    (bonded, dead): (i64, i64),
) -> Vec<&'a (String, i64)> {
    let is_shown = |id: &String| connections.bonds.iter().any(|bond| bond.id == *id);
    let is_asked = |id: &String| match &connections.only {
        None => true,
        Some(Only::Bond(only)) => only == id,
        Some(Only::Peck(_)) => false,
    };
    let candidates = past.offline.iter();
    let candidates: Vec<_> = candidates
        .filter(|(id, pulse)| {
            let is_offline = class(connections.now - pulse) == Class::Offline;
            is_offline && is_asked(id) && !is_shown(id)
        })
        .collect();
    let shown = connections.bonds.iter();
    let shown = shown.filter(|bond| bond.state() == BondState::Bonded);
    let missing = match connections.only {
        Some(_) => dead,
        None => dead.min(bonded - shown.count() as i64),
    };
    match i64::try_from(candidates.len()).is_ok_and(|many| many <= missing) {
        true => candidates,
        false => Vec::new(),
    }
}

/// What a run records for the later ones: who is OFFLINE, and who was and is not any more.
pub fn offline_agents(
    observations: &Observations,
    past: &Result<RecordedSamples, Unavailable>,
) -> Vec<(String, i64)> {
    let Some(connections) = observations.connections() else {
        return Vec::new();
    };
    let recorded = past.as_ref().map_or(&[][..], |past| &past.offline);
    let mut offline: Vec<_> = (connections.bonds.iter())
        .filter(|bond| bond.class(connections.now) == Class::Offline && is_id(&bond.id))
        .filter_map(|bond| Some((&bond.id, bond.seen?)))
        .collect();
    offline.sort_by_key(|(id, pulse)| (Reverse(*pulse), *id));
    offline.truncate(MAX_RECORDED);
    let is_over = |id: &String| {
        let mut bonds = connections.bonds.iter();
        let bond = bonds.find(|bond| bond.id == *id);
        bond.is_some_and(|bond| bond.class(connections.now) != Class::Offline)
    };
    let over = recorded.iter().map(|(id, _)| id).filter(|id| is_over(id));
    let all = offline.into_iter().chain(over.map(|id| (id, 0)));
    all.map(|(id, pulse)| (format!("{RECORD}{id}"), pulse))
        .collect()
}

/// Ids come from outside, and a hidden secret in one is not to become a name.
fn is_id(id: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    (1..=MAX_ID).contains(&id.len()) && id.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connections::EventKind::{Pulse, Unpecked};
    use crate::connections::{ConnectionsBuilder, EventKind, FeedEvent};
    use crate::fact;

    const NOW: i64 = 1_774_137_600;
    const LATE: i64 = NOW - 7_200;

    type Entries<'a> = &'a [(&'a str, EventKind, i64)];

    fn past(offline: &[(&str, i64)]) -> Result<RecordedSamples, Unavailable> {
        let offline = offline.iter();
        Ok(RecordedSamples {
            offline: offline.map(|(id, at)| ((*id).to_owned(), *at)).collect(),
            ..RecordedSamples::default()
        })
    }

    fn connections(feed: Entries<'_>, only: Option<Only>) -> Observation {
        let mut builder = ConnectionsBuilder::new(NOW, only);
        for (agent, event, ago) in feed {
            builder.happened(&FeedEvent {
                event: *event,
                kind: "",
                at: NOW - ago,
                peck: "",
                agent,
                name: "",
                duckling: "",
                requester: "",
                requester_name: "",
                target: "",
                purpose: "",
            });
        }
        let mut probe = Observation::new(Probe::Connections);
        probe.set("connections.single", FactValue::Bool(false), instant());
        probe.connections = Some(builder.end(Some(3_600), None, Vec::new()));
        probe
    }

    fn instant() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(NOW).expect("an instant")
    }

    /// Who is OFFLINE, by the run and by what it records.
    fn offline(
        agents: Option<(i64, i64)>,
        feed: Entries<'_>,
        recorded: &[(&str, i64)],
        only: Option<Only>,
    ) -> (String, Vec<(String, i64)>) {
        let mut status = Observation::new(Probe::Status);
        if let Some((bonded, dead)) = agents {
            let bonded = FactValue::Int(bonded);
            status.set("status.agents.total_bonded", bonded, instant());
            status.set(DEAD, FactValue::Int(dead), instant());
        }
        let mut answers = [status, connections(feed, only)];
        let past = past(recorded);
        recall_offline_agents(&mut answers, &past, instant());
        let mut observations = Observations::default();
        for answer in answers {
            observations.add(fact::declared(answer.probe), answer);
        }
        let named = super::super::text_fact(&observations, "bonds.offline_names");
        let records = offline_agents(&observations, &past).into_iter();
        let records = records.map(|(name, pulse)| (name[RECORD.len()..].to_owned(), pulse));
        (named.unwrap_or_default(), records.collect())
    }

    const FEED: Entries<'_> = &[("a", Pulse, 60), ("b", Pulse, 120)];

    #[test]
    fn an_agent_whose_last_pulse_has_left_the_feed_is_named_by_what_was_recorded() {
        let found = offline(Some((3, 1)), FEED, &[("c", LATE)], None);
        assert_eq!(
            found,
            ("c for 2 h".to_owned(), vec![("c".to_owned(), LATE)])
        );
        let one = Some(Only::Bond("c".to_owned()));
        let (named, _) = offline(Some((3, 1)), &[], &[("c", LATE), ("d", LATE)], one);
        assert_eq!(named, "c for 2 h");
    }

    #[test]
    fn nobody_is_named_whom_the_status_api_does_not_miss() {
        let nobody = String::new();
        for (agents, recorded) in [
            // Nobody is dead, or nobody says so, or all are shown.
            (Some((3, 0)), &[("c", LATE)][..]),
            (None, &[("c", LATE)]),
            (Some((2, 1)), &[("c", LATE)]),
            // Either of the two could be the one.
            (Some((3, 1)), &[("c", LATE), ("d", LATE)]),
            // One that is not OFFLINE by its last pulse.
            (Some((3, 1)), &[("c", NOW - 1_799)]),
        ] {
            let found = offline(agents, FEED, recorded, None);
            assert_eq!(found.0, nobody, "{agents:?} {recorded:?}");
        }
        let other = Some(Only::Bond("d".to_owned()));
        assert_eq!(offline(Some((3, 1)), &[], &[("c", LATE)], other).0, nobody);
    }

    #[test]
    fn an_agent_that_is_back_or_gone_is_recorded_as_not_offline() {
        for event in [Pulse, Unpecked] {
            let feed = [FEED, &[("c", event, 60)]].concat();
            let (named, records) = offline(Some((3, 1)), &feed, &[("c", LATE)], None);
            assert_eq!((named.as_str(), records), ("", vec![("c".to_owned(), 0)]));
        }
    }

    #[test]
    fn the_newest_fifty_with_plain_ids_are_recorded() {
        let ids: Vec<String> = (0..60).map(|n| format!("agent-{n:02}")).collect();
        let entries = ids.iter().zip(4_000..);
        let mut feed: Vec<_> = entries.map(|(id, ago)| (id.as_str(), Pulse, ago)).collect();
        let long = "x".repeat(65);
        feed.extend(["[hidden]", "a b", &long].map(|id| (id, Pulse, 3_000)));
        let (_, records) = offline(Some((63, 63)), &feed, &[], None);
        let due = ids.iter().zip(4_000..).take(50);
        let due: Vec<_> = due.map(|(id, ago)| (id.clone(), NOW - ago)).collect();
        assert_eq!(records, due);
    }
}
