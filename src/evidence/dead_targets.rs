//! The targets of failed callbacks, by the feed and by how many agents the status API calls dead.

use crate::fact::{FactValue, Probe};
use crate::observation::Observation;
use crate::probe;
use time::OffsetDateTime;

/// Says again which targets are OFFLINE, now that it is known how many agents are dead.
pub fn check_dead_targets(answers: &mut [Observation], now: OffsetDateTime) {
    let mut status = (answers.iter()).filter(|answer| answer.probe == Probe::Status);
    let dead = status.find_map(
        |status| match status.outcome("status.agents.dead").ok()?.value {
            FactValue::Int(dead) => Some(dead),
            _ => None,
        },
    );
    let Some(dead) = dead.filter(|dead| *dead > 0) else {
        return;
    };
    for answer in answers {
        if let Some(connections) = answer.connections.take() {
            probe::callback_facts(answer, &connections, dead, now);
            answer.connections = Some(connections);
        }
    }
}
