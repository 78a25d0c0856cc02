//! Agents and the hosts that they run on: each pulses about every ten minutes from its own start.

use super::platform::{DAY, Event, MINUTE, Platform};
use duckops::practice::FakeStack;
use serde_json::json;

/// One agent of the fleet.
#[derive(Clone, Debug)]
pub(super) struct Agent {
    pub(super) id: String,
    pub(super) host: usize,
    pub(super) last_pulse: Option<i64>,
    pub(super) is_bonded: bool,
    /// Whether its process runs and reaches the API.
    pub(super) is_up: bool,
    /// Counts its starts: a pulse that an earlier process planned is never sent.
    starts: u32,
}

/// Agents of one host.
const PER_HOST: usize = 6;

impl Platform {
    /// Adds this many agents that have been pulsing for long.
    pub(super) fn hire(&mut self, count: usize, world: &mut FakeStack) {
        for nth in 0..count {
            let id = self.dice.id();
            let age = self.dice.between(0, 580);
            self.agents.push(Agent {
                id: id.clone(),
                host: nth / PER_HOST,
                last_pulse: Some(self.now - age),
                is_bonded: true,
                is_up: true,
                starts: 0,
            });
            self.plan(600 - age, Event::Pulse(nth, 0));
        }
        // What the feed shows of the days before.
        let now = self.now;
        let mut past = Vec::new();
        for agent in &self.agents {
            let mut at = agent.last_pulse.expect("a pulse");
            let reach = (self.profile.feed as i64 * 600 / count as i64).min(7 * DAY);
            while at > now - reach {
                past.push((at, agent.id.clone()));
                at -= 600;
            }
        }
        past.sort();
        for (at, id) in past {
            self.now = at;
            self.tell(
                world,
                "pulse",
                json!({"spaceduck_id": id, "detail": "ACTIVE"}),
            );
        }
        self.now = now;
    }

    /// Those that count as bonded.
    pub(super) fn bonded(&self) -> impl Iterator<Item = &Agent> {
        self.agents.iter().filter(|agent| agent.is_bonded)
    }

    pub(super) fn pulse(&mut self, nth: usize, start: u32, world: &mut FakeStack) {
        let agent = &self.agents[nth];
        if !agent.is_up || !agent.is_bonded || agent.starts != start {
            return;
        }
        // A timer of ten minutes, and what the call and the machine add.
        let wait = 600 + self.dice.between(-8, 25);
        self.plan(wait, Event::Pulse(nth, start));
        if !self.function.call(&mut self.dice) {
            return;
        }
        let agent = &mut self.agents[nth];
        agent.last_pulse = Some(self.now);
        let id = agent.id.clone();
        self.tell(
            world,
            "pulse",
            json!({"spaceduck_id": id, "detail": "ACTIVE"}),
        );
    }

    /// The processes of these agents end, or lose their network.
    pub(super) fn stop(&mut self, stops: impl Fn(usize, &Agent) -> bool) {
        for (nth, agent) in self.agents.iter_mut().enumerate() {
            if agent.is_bonded && stops(nth, agent) {
                agent.is_up = false;
                agent.starts += 1;
            }
        }
    }

    /// A host restarts: its agents are back within three minutes.
    pub(super) fn reboot(&mut self, host: usize) {
        self.stop(|_, agent| agent.host == host);
        let wait = self.dice.between(60, 170);
        self.plan(wait, Event::HostUp(host));
    }

    pub(super) fn start_host(&mut self, host: usize) {
        self.restart(|agent| agent.host == host);
    }

    /// These agents start again, and pulse as soon as they have.
    pub(super) fn restart(&mut self, starts: impl Fn(&Agent) -> bool) {
        for nth in 0..self.agents.len() {
            let agent = &mut self.agents[nth];
            if agent.is_bonded && !agent.is_up && starts(agent) {
                agent.is_up = true;
                let start = agent.starts;
                let wait = self.dice.between(5, 90);
                self.plan(wait, Event::Pulse(nth, start));
            }
        }
    }

    /// A new agent: registered, bonded, and its first pulse within a minute or two.
    pub(super) fn join(&mut self, world: &mut FakeStack) {
        let wait = self.dice.wait(9 * DAY);
        self.plan(wait, Event::Join);
        if !self.function.call(&mut self.dice) {
            return;
        }
        let id = self.dice.id();
        let nth = self.agents.len();
        self.tell(world, "agent.registered", json!({"spaceduck_id": id}));
        self.tell(world, "duck.bonded", json!({"spaceduck_id": id}));
        self.agents.push(Agent {
            id,
            host: nth / PER_HOST,
            last_pulse: None,
            is_bonded: true,
            is_up: true,
            starts: 0,
        });
        let wait = self.dice.between(20, 2 * MINUTE);
        self.plan(wait, Event::Pulse(nth, 0));
    }

    /// An owner ends a bond.
    pub(super) fn leave(&mut self, world: &mut FakeStack) {
        let wait = self.dice.wait(12 * DAY);
        self.plan(wait, Event::Leave);
        let still: Vec<_> = (0..self.agents.len())
            .filter(|nth| self.agents[*nth].is_bonded && self.agents[*nth].is_up)
            .collect();
        if still.len() <= 3 || !self.function.call(&mut self.dice) {
            return;
        }
        let nth = still[self.dice.index(still.len())];
        if self.popular == Some(nth) {
            return;
        }
        self.agents[nth].is_bonded = false;
        let id = self.agents[nth].id.clone();
        self.tell(world, "duck.unpecked", json!({"spaceduck_id": id}));
    }
}
