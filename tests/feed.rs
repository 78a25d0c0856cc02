//! Claim: the audit feed is believed in every form it is known to take, and in no other.

use crate::support::{NOW, Stage, step, verdicts, world};
use serde_json::{Map, Value, json};

/// The entries of a good day, with some members changed in each.
fn entries(change: impl Fn(&mut Map<String, Value>)) -> Vec<Value> {
    let mut entries = world("healthy").audit;
    for entry in &mut entries {
        change(entry.as_object_mut().expect("an entry"));
    }
    entries
}

fn renamed(from: &str, to: &str) -> Value {
    json!({"entries": entries(|entry| {
        let value = entry.remove(from).expect("a member");
        entry.insert(to.to_owned(), value);
    })})
}

fn timed(form: impl Fn(i64) -> Value) -> Value {
    json!({"entries": entries(|entry| {
        let seconds = entry["timestamp"].as_i64().expect("seconds");
        entry["timestamp"] = form(seconds);
    })})
}

fn rfc3339(seconds: i64) -> String {
    let at = time::OffsetDateTime::from_unix_timestamp(seconds).expect("a time");
    at.format(&time::format_description::well_known::Rfc3339)
        .expect("a text")
}

fn rfc2822(seconds: i64) -> String {
    let at = time::OffsetDateTime::from_unix_timestamp(seconds).expect("a time");
    at.format(&time::format_description::well_known::Rfc2822)
        .expect("a text")
}

#[test]
fn every_known_form_of_the_feed_is_read_the_same() {
    let whole = || entries(|_| {});
    let mut shuffled = whole();
    shuffled.reverse();
    let mut forms = vec![
        ("as it is", json!({"entries": whole()})),
        ("oldest first", json!({"entries": shuffled})),
        (
            "with more members",
            json!({"count": 3, "entries": whole(), "next": null}),
        ),
        ("called events", json!({"events": whole()})),
        ("called items", json!({"items": whole()})),
        ("seconds as a text", timed(|s| json!(s.to_string()))),
        ("seconds with a fraction", timed(|s| json!(s as f64 + 0.25))),
        ("RFC 3339", timed(|s| json!(rfc3339(s)))),
        (
            "of a database",
            timed(|s| json!(rfc3339(s).replace('T', " ").replace('Z', " UTC"))),
        ),
        ("of a mail", timed(|s| json!(rfc2822(s)))),
        (
            "RFC 3339 elsewhere",
            timed(|s| json!(rfc3339(s + 7_200).replace('Z', "+02:00"))),
        ),
    ];
    for name in [
        "type",
        "event",
        "action",
        "eventType",
        "event_name",
        "eventName",
    ] {
        forms.push((name, renamed("event_type", name)));
    }
    for name in [
        "created_at",
        "ts",
        "createdAt",
        "time",
        "eventTime",
        "occurred_at",
    ] {
        forms.push((name, renamed("timestamp", name)));
    }
    let stage = Stage::of(world("healthy"));
    let (_, due) = stage.once(&["triage"]).json();
    println!("feed: {} forms that are known", forms.len());
    for (name, form) in forms {
        stage.practice.world().audit_body = Some(form.to_string().into());
        let (_, document) = stage.once(&["triage"]).json();
        assert_eq!(verdicts(&document), verdicts(&due), "{name}");
        let evidence = |document: &Value| step(document, "inc-004", "agents")["evidence"].clone();
        let age = |document: &Value| {
            let all = evidence(document);
            let all = all.as_array().expect("evidence").clone();
            all.into_iter().find(|e| e["fact"] == "audit.pulse_age")
        };
        assert_eq!(age(&document), age(&due), "{name}");
    }
}

/// Bodies that are no feed, or a feed with something in it that could be anything.
fn unreadable() -> Vec<(String, String)> {
    let whole = entries(|_| {});
    let text = json!({"entries": whole}).to_string();
    let mut bodies: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, body: String| bodies.push((name.to_owned(), body));

    add("no list", json!({"count": 0}).to_string());
    add("an empty object", "{}".to_owned());
    add("another name", json!({"records": whole}).to_string());
    add("a bare list", json!(whole).to_string());
    add("null", "null".to_owned());
    add("empty", String::new());
    add("a web page", "<html>sign in</html>".to_owned());
    add(
        "an error",
        json!({"error": "Internal server error"}).to_string(),
    );
    add(
        "an error beside no entries",
        json!({"error": "timeout", "entries": []}).to_string(),
    );
    add(
        "an error beside entries",
        json!({"entries": whole, "error": "timeout"}).to_string(),
    );
    for odd in [
        Value::Null,
        json!({}),
        json!("none"),
        json!(0),
        json!(false),
    ] {
        add(
            &format!("{odd} for a list"),
            json!({"entries": odd}).to_string(),
        );
    }
    add(
        "two lists",
        json!({"entries": whole, "events": []}).to_string(),
    );
    add(
        "two lists, the full one last",
        json!({"items": [], "events": whole}).to_string(),
    );
    add("the list twice", format!("{{\"entries\":[],{}", &text[1..]));
    add("more after the end", format!("{text}{text}"));
    add(
        "a part of the list",
        json!({"entries": whole, "total": whole.len() + 1}).to_string(),
    );
    add(
        "made a day ago",
        json!({"entries": whole, "generated_at": NOW - 86_400}).to_string(),
    );
    for part in [1, 4, 8, 15] {
        let end = text.len() * part / 16;
        add(&format!("torn after {end} bytes"), text[..end].to_owned());
    }
    add(
        "torn before its last brace",
        text[..text.len() - 1].to_owned(),
    );

    let mut one = |name: String, entry: Value| {
        let mut entries = whole.clone();
        entries.insert(3, entry);
        bodies.push((name, json!({"entries": entries}).to_string()));
    };
    for odd in [
        Value::Null,
        json!(3),
        json!("pulse"),
        json!([]),
        json!(true),
        json!({}),
    ] {
        one(format!("an entry that is {odd}"), odd);
    }
    for time in [
        Value::Null,
        json!(""),
        json!("a while ago"),
        json!("2026-03-22T03:10:00"),
        json!("2026-03-22"),
        json!((NOW + 301) * 1_000),
        json!(-NOW),
        json!(0),
        json!(true),
        json!([NOW]),
        json!({"seconds": NOW}),
        json!(1e300),
        json!("NaN"),
        json!(NOW + 301),
        json!("9999-12-31T23:59:59Z"),
    ] {
        one(
            format!("a time of {time}"),
            json!({"event_type": "pulse", "timestamp": time}),
        );
    }
    one("no time".into(), json!({"event_type": "pulse"}));
    one("no type".into(), json!({"timestamp": NOW - 60}));
    for kind in [
        Value::Null,
        json!(""),
        json!(7),
        json!(["pulse"]),
        json!({"name": "pulse"}),
    ] {
        one(
            format!("a type of {kind}"),
            json!({"event_type": kind, "timestamp": NOW - 60}),
        );
    }
    let huge = "x".repeat(2 << 20);
    one(
        "an entry of two MiB".into(),
        json!({"event_type": "pulse", "timestamp": NOW, "detail": huge}),
    );
    let twice = |member: &str| {
        let entry = format!(
            "{{\"event_type\":\"pulse\",\"timestamp\":{},{member}}}",
            NOW - 9
        );
        text.replacen('[', &format!("[{entry},"), 1)
    };
    bodies.push(("a type twice".into(), twice("\"event_type\":\"cert\"")));
    bodies.push(("a time twice".into(), twice("\"timestamp\":1774000000")));
    bodies
}

#[test]
fn a_body_that_is_not_a_feed_proves_nothing() {
    let stage = Stage::of(world("healthy"));
    let (_, due) = stage.once(&["triage"]).json();
    let bodies = unreadable();
    println!("feed: {} forms that are none", bodies.len());
    let mut wrong = Vec::new();
    for (name, body) in bodies {
        stage.practice.world().audit_body = Some(body.into());
        let (_, document) = stage.once(&["triage"]).json();
        for ((runbook, id), before) in verdicts(&due) {
            let stands_on_the_feed = matches!(
                (runbook.as_str(), id.as_str()),
                ("inc-003", "pulses") | ("inc-004", "events" | "agents") | ("bond" | "peck", _)
            );
            let due = if stands_on_the_feed {
                "unknown".to_owned()
            } else {
                before
            };
            let found = &step(&document, &runbook, &id)["verdict"];
            if *found != due.as_str() {
                wrong.push(format!("{name}: {runbook} {id} is {found}, not {due}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_empty_feed_is_quiet_but_shows_no_pulse() {
    let stage = Stage::of(world("healthy"));
    stage.practice.world().audit_body = Some("{\"entries\":[]}".into());
    let (_, document) = stage.once(&["triage", "inc-004"]).json();
    assert_eq!(step(&document, "inc-004", "events")["verdict"], "ok");
    assert_eq!(step(&document, "inc-004", "agents")["verdict"], "unknown");
}

#[test]
fn a_clock_is_trusted_up_to_five_minutes_ahead() {
    let stage = Stage::of(world("healthy"));
    for (ahead, due) in [(299, "ok"), (300, "ok"), (301, "unknown")] {
        let mut entries = entries(|_| {});
        entries.insert(0, json!({"event_type": "pulse", "timestamp": NOW + ahead}));
        stage.practice.world().audit_body = Some(json!({"entries": entries}).to_string().into());
        let (_, document) = stage.once(&["triage", "inc-004"]).json();
        assert_eq!(
            step(&document, "inc-004", "agents")["verdict"],
            due,
            "{ahead} s ahead"
        );
    }
}
