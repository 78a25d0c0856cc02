//! What is sent: a payload as the stack makes it, or a recorded one byte for byte.

use serde_json::json;

/// An event of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A bond came into force; the one event that carries a Beak Key.
    Bonded,
    /// An agent gave a sign of life.
    Pulse,
    /// A bond was ended.
    Unpecked,
}

impl Event {
    /// Every event.
    pub const ALL: [Event; 3] = [Event::Bonded, Event::Pulse, Event::Unpecked];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Event::Bonded => "duck.bonded",
            Event::Pulse => "duck.pulse",
            Event::Unpecked => "duck.unpecked",
        }
    }

    /// The event of a name, also without its `duck.`.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.strip_prefix("duck.").unwrap_or(name);
        Self::ALL
            .into_iter()
            .find(|event| event.name().strip_prefix("duck.") == Some(name))
    }
}

/// A body, and the event that it is sent as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// The name of the event.
    pub event: &'static str,
    /// The id that the receiver's log can be searched for.
    pub delivery: String,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

impl Payload {
    /// One as the stack would make it. `at` is RFC 3339 in UTC. The ids and the key are
    /// examples, and say so.
    pub fn made(event: Event, delivery: &str, at: &str) -> Self {
        let mut body = json!({
            "event": event.name(),
            "timestamp": at,
            "delivery_id": delivery,
            "spaceduck_id": "EEEE000000000001",
            "duckling_id": "EEEE000000000002",
            "test": true,
        });
        match event {
            Event::Bonded => {
                body["peck_id"] = "peck_example".into();
                body["beak_key"] = "bk_EXAMPLE_not_a_key".into();
            }
            Event::Pulse => {
                body["status"] = "ACTIVE".into();
                body["health"] = "ALIVE".into();
            }
            Event::Unpecked => body["status"] = "UNPECKED".into(),
        }
        Self {
            event: event.name(),
            delivery: delivery.to_owned(),
            body: body.to_string().into_bytes(),
        }
    }

    /// One that was recorded.
    pub fn recorded(event: Event, delivery: &str, body: Vec<u8>) -> Self {
        Self {
            event: event.name(),
            delivery: delivery.to_owned(),
            body,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_known_by_its_name_and_its_payload_names_it() {
        for event in Event::ALL {
            assert_eq!(Event::named(event.name()), Some(event));
            let payload = Payload::made(event, "01A", "2026-03-22T03:12:09Z");
            let body: serde_json::Value = serde_json::from_slice(&payload.body).expect("JSON");
            assert_eq!(body["event"], event.name());
            assert_eq!(body["test"], true);
            assert_eq!(body["beak_key"].is_string(), event == Event::Bonded);
        }
        assert_eq!(Event::named("bonded"), Some(Event::Bonded));
        for none in [
            "",
            "duck.",
            "duck.hatched",
            "DUCK.BONDED",
            "duck.duck.bonded",
        ] {
            assert_eq!(Event::named(none), None, "{none}");
        }
    }
}
