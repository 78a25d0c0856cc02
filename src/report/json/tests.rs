//! What the room promises, as claims.

use super::*;
use crate::report::sample;
use crate::text::Untrusted;
use serde_json::{Value, json};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

/// The keys of the outermost object in the order they stand in the text.
fn keys(text: &str) -> Vec<String> {
    let lines = text.lines();
    let top = lines.filter_map(|l| l.strip_prefix("  \"")?.split_once("\":"));
    top.map(|(key, _)| key.to_owned()).collect()
}

fn broken() -> Heading {
    Heading {
        exit_code: 64,
        ..Heading::new(model::Verdict::Unknown, "no such runbook")
    }
}

const KEYS: [&str; 16] = [
    "format_version",
    "duckops_version",
    "stack",
    "started_at",
    "duration_ms",
    "verdict",
    "exit_code",
    "root_cause",
    "further",
    "summary",
    "next_action",
    "escalation",
    "runbooks",
    "notes",
    "channels",
    "complete",
];

#[test]
fn complete_is_the_last_key() {
    let others = [
        failure(&broken(), true),
        document(
            DocumentKind::Help,
            &broken(),
            &json!({"a": 1, "complete": false, "z": 2}),
            true,
        ),
        document(DocumentKind::Help, &broken(), &json!([1, 2]), true),
    ];
    let reports = sample::all().map(|(_, report)| render(&report, true));
    for text in reports.iter().chain(&others) {
        assert!(text.ends_with("\n  \"complete\": true\n}\n"), "{text}");
    }
}

#[test]
fn every_key_of_version_1_is_there_in_its_order() {
    for (name, report) in sample::all() {
        assert_eq!(keys(&render(&report, true)), KEYS, "{name}");
    }
    assert_eq!(keys(&failure(&broken(), true)), KEYS);
}

#[test]
fn truncated_json_never_parses() {
    for pretty in [true, false] {
        let text = render(&sample::one_bad_runbook(), pretty);
        let whole = text.trim_end();
        assert_eq!(parsed(whole)["complete"], json!(true));
        for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
            assert!(
                serde_json::from_str::<Value>(&whole[..end]).is_err(),
                "the first {end} bytes parse"
            );
        }
    }
}

#[test]
fn the_json_document_matches_the_contract() {
    let value = parsed(&render(&sample::critical(), false));
    assert_eq!(value["stack"]["account"], "111122223333");
    assert_eq!(value["started_at"], "2026-03-22T03:12:09Z");
    assert_eq!(value["duration_ms"], 184);
    assert_eq!(value["verdict"], "critical");
    assert_eq!(value["exit_code"], 2);
    assert_eq!(value["root_cause"], "inc-004");
    assert_eq!(value["next_action"]["command"], "duckops record inc-004");
    assert_eq!(value["escalation"]["due"], "2026-03-22T03:17:09Z");
    let step = &value["runbooks"][0]["steps"][0];
    assert_eq!(step["number"], 1);
    assert_eq!(step["id"], "callback-errors");
    assert_eq!(step["reason_code"], "over-limit");
    assert_eq!(
        step["evidence"][1],
        json!({"fact": "peck.callback_errors_24h_min", "value": 14, "unit": "count",
            "source": "history", "at": "2026-03-22T03:12:09Z"})
    );
    assert_eq!(
        step["asked"][0],
        json!({"probe": "status", "question": "GET /beak/system/status", "took_ms": 41,
            "failure": null})
    );
}

#[test]
fn absent_values_are_null_and_never_omitted() {
    let value = parsed(&render(&sample::critical(), false));
    let step = &value["runbooks"][0]["steps"][1];
    for key in ["next_action", "escalation"] {
        assert_eq!(step.get(key), Some(&Value::Null), "{key}");
    }
    assert_eq!(value["runbooks"][0].get("blocked_by"), Some(&Value::Null));
    let unknown = &value["runbooks"][0]["steps"][4]["evidence"][0];
    assert_eq!(unknown.get("value"), Some(&Value::Null));
    assert_eq!(unknown.get("at"), Some(&Value::Null));
    let value = parsed(&failure(&broken(), false));
    assert_eq!(value["exit_code"], 64);
    assert_eq!(value["verdict"], "unknown");
    assert_eq!(value.get("started_at"), Some(&Value::Null));
    assert_eq!(value["stack"].get("name"), Some(&Value::Null));
    assert_eq!(value["runbooks"], json!([]));
}

#[test]
fn values_have_the_type_of_the_fact() {
    let table = [
        (FactValue::Bool(false), json!(false)),
        (FactValue::Int(0), json!(0)),
        (FactValue::Float(95.5), json!(95.5)),
        (FactValue::Text(Untrusted::new("a\u{1b}")), json!("a\\x1b")),
        (FactValue::List(vec![]), json!([])),
        (FactValue::List(vec![Untrusted::new("b")]), json!(["b"])),
        (FactValue::Duration(90), json!(90)),
        (
            FactValue::Instant(1_774_149_129),
            json!("2026-03-22T03:12:09Z"),
        ),
    ];
    for (fact, shown) in table {
        assert_eq!(value(Some(&fact)), shown);
    }
    assert_eq!(value(None), Value::Null);
    let unit = |fact| JsonEvidence::of(&sample::known("a.b", fact, "")).unit;
    assert_eq!(unit(FactValue::Duration(1)), Some("seconds"));
    assert_eq!(unit(FactValue::Instant(1)), Some("utc"));
    assert_eq!(unit(FactValue::Bool(true)), None);
}

#[test]
fn json_strings_hold_no_control_or_invisible_character() {
    let raw = sample::evil();
    let text = document(
        DocumentKind::Help,
        &broken(),
        &json!({"raw": raw, "k\u{9b}": 1}),
        false,
    );
    assert_eq!(
        parsed(&text)["raw"].as_str(),
        Some(raw.as_str()),
        "nothing is lost"
    );
    assert!(
        text.contains("\\u007f") && text.contains("\\u009b"),
        "{text}"
    );
    assert!(text.contains("\\udb40\\udc41"), "{text}");
    let reports = sample::all().map(|(_, report)| render(&report, false));
    for text in reports.iter().chain([&text]) {
        let line = text.trim_end_matches('\n');
        assert_eq!(Printable::from(line).as_str(), line);
    }
}

#[test]
fn watched_json_is_one_line_with_one_newline() {
    for (name, report) in sample::all() {
        let text = render(&report, false);
        assert_eq!(text.matches('\n').count(), 1, "{name}");
        assert_eq!(parsed(&text), parsed(&render(&report, true)), "{name}");
    }
}

#[test]
fn a_heading_cannot_be_overridden() {
    let extra = json!({"verdict": "ok", "exit_code": 0, "facts": []});
    let text = document(DocumentKind::Help, &broken(), &extra, false);
    assert_eq!(text.matches("\"verdict\"").count(), 1, "{text}");
    assert_eq!(parsed(&text)["exit_code"], 64);
    assert_eq!(parsed(&text)["facts"], json!([]));
}
