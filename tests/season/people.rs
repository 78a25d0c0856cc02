//! People who register, and the certificates that they get.

use super::platform::{Event, Issuing, MINUTE, Platform};
use duckops::practice::FakeStack;
use serde_json::json;

impl Platform {
    pub(super) fn sign_up(&mut self, world: &mut FakeStack) {
        let wait = self.dice.wait(self.profile.sign_up);
        self.plan(wait, Event::SignUp);
        self.register(world);
    }

    /// One duckling: registered and hatched, with a mail to verify its address.
    pub(super) fn register(&mut self, world: &mut FakeStack) {
        if !self.function.call(&mut self.dice) {
            return;
        }
        let duckling = self.dice.id();
        self.ducklings += 1;
        self.tell(
            world,
            "duckling.registered",
            json!({"duckling_id": duckling}),
        );
        self.tell(world, "duck.hatched", json!({"duckling_id": duckling}));
        self.mail(world);
        let wait = self.dice.between(20, 5 * MINUTE);
        self.plan(wait, Event::Certificate(duckling));
    }

    pub(super) fn certify(&mut self, duckling: String, world: &mut FakeStack) {
        let fails = match self.issuing {
            Issuing::Well => false,
            Issuing::Stalled => true,
            Issuing::HalfFailing => self.dice.happens(0.65),
        };
        if fails || !self.function.call(&mut self.dice) {
            if self.issuing == Issuing::HalfFailing {
                let line = format!(
                    "[ERROR] birth certificate for {duckling} not written: \
                     ConditionalCheckFailedException"
                );
                self.log(world, line);
            }
            return self.uncertified.push_back(duckling);
        }
        self.certificates += 1;
        self.last_certificate = self.now;
        let line = format!("duck.cert_issued duckling={duckling}");
        self.log(world, line);
        self.tell(world, "duck.cert_issued", json!({"duckling_id": duckling}));
        self.mail(world);
    }

    /// Those waiting get their certificates, one every few seconds.
    pub(super) fn certify_the_waiting(&mut self) {
        self.issuing = Issuing::Well;
        for nth in 1.. {
            let Some(duckling) = self.uncertified.pop_front() else {
                break;
            };
            self.plan(nth * 7, Event::Certificate(duckling));
        }
    }
}
