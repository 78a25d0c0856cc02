//! Requests between agents, from the question to the bond or to whatever became of it, with the
//! execution of the approval workflow that belongs to each.

use super::platform::{Event, MINUTE, Platform, moment};
use duckops::practice::{FakeExecution, FakeStack};
use serde_json::json;

/// A request that is not decided, or whose answer is on its way.
#[derive(Clone, Debug)]
pub(super) struct Peck {
    requester: usize,
    pub(super) target: usize,
    execution: String,
}

/// The window for an approval.
const WINDOW: i64 = 10 * MINUTE;

impl Platform {
    pub(super) fn request(&mut self, world: &mut FakeStack) {
        let wait = self.dice.wait(self.profile.request);
        self.plan(wait, Event::Request);
        self.ask(world);
    }

    /// One request. The requester takes an agent that it has no open request with.
    pub(super) fn ask(&mut self, world: &mut FakeStack) {
        let bonded: Vec<_> = (0..self.agents.len())
            .filter(|nth| self.agents[*nth].is_bonded)
            .collect();
        let requester = bonded[self.dice.index(bonded.len())];
        let target = match self.popular {
            Some(popular) => popular,
            None => bonded[self.dice.index(bonded.len())],
        };
        let is_open = |peck: &Peck| {
            [(requester, target), (target, requester)].contains(&(peck.requester, peck.target))
        };
        if requester == target || self.pecks.values().any(is_open) {
            return;
        }
        if !self.agents[requester].is_up || !self.function.call(&mut self.dice) {
            return;
        }
        let id = format!("peck_{}", &self.dice.id()[..10].to_lowercase());
        let execution = match self.profile.named_executions {
            true => format!("{id}-{}", &self.dice.id()[..6].to_lowercase()),
            false => self.dice.id().to_lowercase(),
        };
        world.executions.push(FakeExecution {
            name: execution.clone(),
            status: "RUNNING".to_owned(),
            start: moment(self.now),
            stop: None,
        });
        self.pecks.insert(
            id.clone(),
            Peck {
                requester,
                target,
                execution,
            },
        );
        self.count(world, "running", 1);
        self.tell_of(world, "peck.requested", &id);
        let share = self.dice.share();
        match share < 0.85 {
            true => {
                let wait = self.dice.between(30, 9 * MINUTE);
                self.plan(wait, Event::Decide(id));
            }
            false => self.plan(WINDOW, Event::Expire(id)),
        }
        self.mail(world);
    }

    pub(super) fn decide(&mut self, id: &str, world: &mut FakeStack) {
        if !self.pecks.contains_key(id) {
            return;
        }
        // A human whose answer fails tries again, until the window is over.
        if !self.function.call(&mut self.dice) {
            return self.plan(WINDOW / 2, Event::Expire(id.to_owned()));
        }
        if self.dice.happens(0.15) {
            self.tell_of(world, "peck.denied", id);
            return self.end(world, id, "FAILED", Some("denied"));
        }
        self.tell_of(world, "peck.approved", id);
        let wait = self.dice.between(1, 6);
        self.plan(wait, Event::Callback(id.to_owned()));
    }

    pub(super) fn expire(&mut self, id: &str, world: &mut FakeStack) {
        if !self.pecks.contains_key(id) {
            return;
        }
        if self.profile.tells_expiry {
            self.tell_of(world, "peck.expired", id);
        }
        self.end(world, id, "TIMED_OUT", Some("expired"));
    }

    pub(super) fn call_back(&mut self, id: &str, world: &mut FakeStack) {
        let Some(target) = self.pecks.get(id).map(|peck| peck.target) else {
            return;
        };
        let is_lost = self.callbacks_fail || !self.agents[target].is_up || self.function.is_down();
        if is_lost {
            return self.fail_callback(id, world);
        }
        self.tell_of(world, "duck.bonded", id);
        self.end(world, id, "SUCCEEDED", None);
    }

    /// The callback of this request fails, and everything that counts it says so.
    fn fail_callback(&mut self, id: &str, world: &mut FakeStack) {
        self.tell_of(world, "peck.callback_error", id);
        self.callback_errors.push(self.now);
        // Also where its target only reboots: its failed execution may be reported for an hour.
        self.strays.push(self.now);
        self.end(world, id, "FAILED", Some("callback_error"));
    }

    /// A callback that fails though its target is well.
    pub(super) fn stray_callback_error(&mut self, world: &mut FakeStack) {
        let before: Vec<_> = self.pecks.keys().cloned().collect();
        self.ask(world);
        let Some(id) = self.pecks.keys().find(|id| !before.contains(id)).cloned() else {
            return;
        };
        self.tell_of(world, "peck.approved", &id);
        self.fail_callback(&id, world);
    }

    /// The last of a request.
    fn end(&mut self, world: &mut FakeStack, id: &str, status: &str, counter: Option<&str>) {
        let peck = self.pecks.remove(id).expect("an open request");
        let now = moment(self.now);
        let ran = world
            .executions
            .iter_mut()
            .find(|ran| ran.name == peck.execution);
        let ran = ran.expect("its execution");
        ran.status = status.to_owned();
        ran.stop = Some(now);
        self.count(world, "running", -1);
        match counter {
            None => self.count(world, "succeeded", 1),
            Some(counter) => {
                self.count(world, "failed", 1);
                let breakdown = &mut world.status["peck_protocol"]["failure_breakdown"][counter];
                *breakdown = (breakdown.as_i64().unwrap_or_default() + 1).into();
            }
        }
    }

    /// An aborted execution.
    pub(super) fn abort(&mut self, name: &str, world: &mut FakeStack) {
        let now = moment(self.now);
        let mut executions = world.executions.iter_mut();
        let ran = executions.find(|ran| ran.name == name).expect("it runs");
        ran.status = "ABORTED".to_owned();
        ran.stop = Some(now);
        self.count(world, "running", -1);
        self.count(world, "failed", 1);
    }

    /// An execution that no longer belongs to any request, and runs for ever.
    pub(super) fn get_stuck(&mut self, world: &mut FakeStack) -> String {
        let name = format!("stuck-{}", self.dice.id().to_lowercase());
        world.executions.push(FakeExecution {
            name: name.clone(),
            status: "RUNNING".to_owned(),
            start: moment(self.now),
            stop: None,
        });
        self.count(world, "running", 1);
        name
    }

    fn count(&self, world: &mut FakeStack, counter: &str, by: i64) {
        let count = &mut world.status["peck_protocol"][counter];
        *count = (count.as_i64().expect("a counter") + by).into();
    }

    fn tell_of(&mut self, world: &mut FakeStack, event: &str, id: &str) {
        let peck = &self.pecks[id];
        let (requester, target) = (
            self.agents[peck.requester].id.clone(),
            self.agents[peck.target].id.clone(),
        );
        let entry = match event {
            "duck.bonded" => json!({"peck_id": id, "spaceduck_id": target}),
            _ => json!({
                "peck_id": id, "requester_id": requester, "target_spaceduck_id": target,
                "purpose": "collab", "detail": format!("{id}: collab"),
            }),
        };
        self.tell(world, event, entry);
    }
}
