//! The payload of a test delivery: an example of an event, or a recorded body byte for byte.

use serde_json::{Value, json};

/// The Beak Key of an example.
const EXAMPLE_KEY: &str = "bk_EXAMPLE_not_a_key";

/// An event of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookEvent {
    /// A bond came into force; the one event that carries a Beak Key.
    Bonded,
    /// An agent sent its pulse.
    Pulse,
    /// A bond was ended.
    Unpecked,
}

impl WebhookEvent {
    /// Every event.
    pub const ALL: [WebhookEvent; 3] = [
        WebhookEvent::Bonded,
        WebhookEvent::Pulse,
        WebhookEvent::Unpecked,
    ];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            WebhookEvent::Bonded => "duck.bonded",
            WebhookEvent::Pulse => "duck.pulse",
            WebhookEvent::Unpecked => "duck.unpecked",
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

/// The body of a test delivery with the event and the id of its headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestPayload {
    /// The name of the event.
    pub event: &'static str,
    /// The id that the receiver's log can be searched for.
    pub delivery: String,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

impl TestPayload {
    /// An example as the stack would send it. `at` is RFC 3339 in UTC. The ids and the key are
    /// examples, and say so.
    pub fn example(event: WebhookEvent, delivery: &str, at: &str) -> Self {
        let mut body = json!({
            "event": event.name(),
            "timestamp": at,
            "delivery_id": delivery,
            "spaceduck_id": "EEEE000000000001",
            "duckling_id": "EEEE000000000002",
            "test": true,
        });
        match event {
            WebhookEvent::Bonded => {
                body["peck_id"] = "peck_example".into();
                body["beak_key"] = EXAMPLE_KEY.into();
            }
            WebhookEvent::Pulse => {
                body["status"] = "ACTIVE".into();
                body["health"] = "ALIVE".into();
            }
            WebhookEvent::Unpecked => body["status"] = "UNPECKED".into(),
        }
        Self {
            event: event.name(),
            delivery: delivery.to_owned(),
            body: body.to_string().into_bytes(),
        }
    }

    /// One that was recorded.
    pub fn recorded(event: WebhookEvent, delivery: &str, body: Vec<u8>) -> Self {
        Self {
            event: event.name(),
            delivery: delivery.to_owned(),
            body,
        }
    }

    /// Appends the warnings to a text for people.
    pub(super) fn append_warnings(&self, text: &mut String) -> Vec<&'static str> {
        let warnings = self.warnings();
        for warning in &warnings {
            text.push_str(&format!("caution: {warning}\n"));
        }
        warnings
    }

    /// Warnings to show before the body is sent or handed to another person.
    pub fn warnings(&self) -> Vec<&'static str> {
        let Ok(body) = serde_json::from_slice::<Value>(&self.body) else {
            return vec!["the body is no JSON, and is declared to be"];
        };
        let other = body.get("event").is_some_and(|event| *event != self.event);
        let key = body
            .get("beak_key")
            .is_some_and(|key| *key != Value::Null && *key != EXAMPLE_KEY);
        let cautions = [
            (other, "the body names another event than its header"),
            (
                key,
                "the body holds a Beak Key as it was recorded: who gets the body has the key",
            ),
        ];
        cautions
            .iter()
            .filter_map(|(is_so, caution)| is_so.then_some(*caution))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_known_by_its_name_and_its_payload_names_it() {
        for event in WebhookEvent::ALL {
            assert_eq!(WebhookEvent::named(event.name()), Some(event));
            let payload = TestPayload::example(event, "01A", "2026-03-22T03:12:09Z");
            let body: serde_json::Value = serde_json::from_slice(&payload.body).expect("JSON");
            assert_eq!(body["event"], event.name());
            assert_eq!(body["test"], true);
            assert_eq!(body["beak_key"].is_string(), event == WebhookEvent::Bonded);
            assert_eq!(payload.warnings(), Vec::<&str>::new());
        }
        assert_eq!(WebhookEvent::named("bonded"), Some(WebhookEvent::Bonded));
        for none in [
            "",
            "duck.",
            "duck.hatched",
            "DUCK.BONDED",
            "duck.duck.bonded",
        ] {
            assert_eq!(WebhookEvent::named(none), None, "{none}");
        }
    }

    #[test]
    fn a_recorded_body_is_checked_for_warnings() {
        let cautions = |body: &str| {
            TestPayload::recorded(WebhookEvent::Bonded, "01A", body.as_bytes().to_vec()).warnings()
        };
        assert_eq!(cautions("{\"event\":\"duck.bonded\"}"), Vec::<&str>::new());
        for (body, word) in [
            ("{\"event\":\"duck.pulse\"}", "another event"),
            ("{\"beak_key\":\"bk_live_1\"}", "holds a Beak Key"),
            ("{", "no JSON"),
        ] {
            let told = cautions(body);
            assert!(told.len() == 1 && told[0].contains(word), "{told:?}");
            assert!(!told[0].contains("bk_live_1"));
        }
    }
}
