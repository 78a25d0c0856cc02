//! What the fleet as a whole says about bonds: agents that only the status API counts, and a fleet
//! in which no agent has pulsed yet.

use crate::fact::{Fact, FactValue};
use crate::observation::{FactState, Observations};
use time::OffsetDateTime;

/// Joins the counts of the status API and the state of the fleet into the facts about bonds, where
/// those were asked for of everybody.
pub fn join_population(observations: &mut Observations, now: OffsetDateTime) {
    let single = observations.get("connections.single");
    if !matches!(
        single,
        FactState::Known(Fact {
            value: FactValue::Bool(false),
            ..
        })
    ) {
        return;
    }
    let fresh = matches!(
        observations.get("fleet.state"),
        FactState::Known(Fact { value: FactValue::Text(state), .. }) if state.is("never-pulsed")
    );
    observations.set("bonds.unpulsed_expected", FactValue::Bool(fresh), now);
    match untraced(observations) {
        Ok(count) => {
            let died = observations.int("fleet.died_24h").unwrap_or(0);
            observations.set("bonds.untraced", FactValue::Int(count), now);
            observations.set("bonds.untraced_24h", FactValue::Int(count.min(died)), now);
        }
        Err(path) => {
            observations.copy_reason("bonds.untraced", path);
            observations.copy_reason("bonds.untraced_24h", path);
        }
    }
}

/// How many of the bonded agents that the status API counts nothing else shows. An agent that it
/// counts as alive is none of them: a feed of the newest entries need not show everybody.
fn untraced(observations: &Observations) -> Result<i64, &'static str> {
    let count = |path: &'static str| observations.int(path).ok_or(path);
    let total = count("status.agents.total_bonded")?;
    let alive = count("status.agents.alive")?;
    let bonds = observations
        .connections()
        .into_iter()
        .flat_map(|all| &all.bonds);
    let bonded = bonds.filter(|bond| bond.state() == crate::connections::BondState::Bonded);
    let shown = bonded.count() as i64;
    Ok((total - shown).min(total - alive).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connections::{Bond, Connections};
    use crate::fact::{self, Probe};
    use crate::observation::{Observation, Unavailable, UnavailableReason};

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn joined(single: bool, agents: Option<(i64, i64)>, shown: usize) -> Observations {
        let mut status = Observation::silent(
            Probe::Status,
            Unavailable::new(UnavailableReason::TimedOut, "no answer"),
        );
        if let Some((total, alive)) = agents {
            status.set("status.agents.total_bonded", FactValue::Int(total), NOW);
            status.set("status.agents.alive", FactValue::Int(alive), NOW);
        }
        let mut probe = Observation::new(Probe::Connections);
        probe.set("connections.single", FactValue::Bool(single), NOW);
        probe.set("bonds.untraced", FactValue::Int(0), NOW);
        probe.set("bonds.unpulsed_expected", FactValue::Bool(false), NOW);
        let bond = |n| {
            let mut bond = Bond::default();
            bond.id = format!("agent-{n}");
            bond.since = Some(0);
            bond
        };
        probe.connections = Some(Connections {
            bonds: (0..shown).map(bond).collect(),
            ..Connections::default()
        });
        let mut observations = Observations::default();
        for observation in [status, probe] {
            observations.add(fact::declared(observation.probe), observation);
        }
        join_population(&mut observations, NOW);
        observations
    }

    #[test]
    fn agents_the_status_counts_as_dead_and_nothing_shows_are_untraced() {
        for (single, agents, shown, due) in [
            (false, Some((3, 3)), 3, Some(0)),
            (false, Some((3, 3)), 1, Some(0)),
            (false, Some((3, 1)), 1, Some(2)),
            (false, Some((3, 1)), 2, Some(1)),
            (false, Some((3, 0)), 5, Some(0)),
            (false, None, 3, None),
            (true, Some((3, 0)), 1, Some(0)),
        ] {
            let found = joined(single, agents, shown).int("bonds.untraced");
            assert_eq!(found, due, "{single} {agents:?} {shown}");
        }
    }
}
