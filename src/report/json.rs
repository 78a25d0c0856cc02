//! The report for programs: one JSON document, version 1.0, frozen.
//!
//! The types here are the public form and nothing else: the model may change, these may
//! only grow. Every key is always there, what is absent is null, and `complete` stands
//! last, so that a document that was cut off cannot pass for a whole one. Whatever text
//! comes in, the bytes that go out hold no control character and nothing invisible.

use super::model;
use super::words::{millis, utc};
use crate::fact::FactValue;
use crate::text::Printable;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use std::time::Duration;
use time::OffsetDateTime;

/// The version of the format. A new minor version only adds.
pub const FORMAT_VERSION: &str = "1.0";
/// How many characters of one text from outside are told.
const TEXT: usize = 2000;

/// The whole report: indented for a person, or on one line for `--watch`.
pub fn render(report: &model::Report, pretty: bool) -> String {
    text(
        &Run {
            format_version: FORMAT_VERSION,
            duckops_version: env!("CARGO_PKG_VERSION"),
            stack: Stack::of(Some(&report.stack)),
            started_at: Some(utc(report.started_at)),
            duration_ms: Some(millis(report.took)),
            verdict: report.verdict.word(),
            exit_code: report.exit_code(),
            root_cause: report.root_cause.as_ref().map(Printable::as_str),
            summary: report.summary.as_str(),
            next_action: report.next_action.as_ref().map(Action::of),
            escalation: report.escalation.as_ref().map(Escalation::of),
            runbooks: report.runbooks.iter().map(Runbook::of).collect(),
            notes: report.notes.iter().map(Printable::as_str).collect(),
            complete: true,
        },
        pretty,
    )
}

/// What every document says of itself, whichever command made it.
#[derive(Clone, Debug)]
pub struct Heading<'a> {
    /// Which system, where that is known.
    pub stack: Option<&'a model::Stack>,
    /// When it began, where that is known.
    pub started_at: Option<OffsetDateTime>,
    /// How long it took, where that is known.
    pub took: Option<Duration>,
    /// The verdict; for a failure, unknown.
    pub verdict: model::Verdict,
    /// The exit code of the process.
    pub exit_code: u8,
    /// What happened, in one sentence.
    pub summary: &'a Printable,
    /// What to do, where there is something to do.
    pub next_action: Option<&'a model::NextAction>,
}

/// The same document for a run that never came to a report: a usage error, a bad
/// configuration, a panic. All keys are there; those of the report are null or empty.
pub fn failure(heading: &Heading<'_>, pretty: bool) -> String {
    text(
        &Run {
            format_version: FORMAT_VERSION,
            duckops_version: env!("CARGO_PKG_VERSION"),
            stack: Stack::of(heading.stack),
            started_at: heading.started_at.map(utc),
            duration_ms: heading.took.map(millis),
            verdict: heading.verdict.word(),
            exit_code: heading.exit_code,
            root_cause: None,
            summary: heading.summary.as_str(),
            next_action: heading.next_action.map(Action::of),
            escalation: None,
            runbooks: vec![],
            notes: vec![],
            complete: true,
        },
        pretty,
    )
}

/// The document of a command that judges no runbook, such as `facts`: the heading, then
/// the keys of `extra`, then `complete`. An `extra` that is no object stands under
/// `result`; a key that the heading has is the heading's.
pub fn document(heading: &Heading<'_>, extra: &serde_json::Value, pretty: bool) -> String {
    text(&Document(heading, extra), pretty)
}

struct Document<'a>(&'a Heading<'a>, &'a serde_json::Value);

/// The keys of a heading, and the one that ends a document.
const HEADING: [&str; 9] = [
    "format_version",
    "duckops_version",
    "stack",
    "started_at",
    "duration_ms",
    "verdict",
    "exit_code",
    "summary",
    "next_action",
];
const END: &str = "complete";

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Document(heading, extra) = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("format_version", FORMAT_VERSION)?;
        map.serialize_entry("duckops_version", env!("CARGO_PKG_VERSION"))?;
        map.serialize_entry("stack", &Stack::of(heading.stack))?;
        map.serialize_entry("started_at", &heading.started_at.map(utc))?;
        map.serialize_entry("duration_ms", &heading.took.map(millis))?;
        map.serialize_entry("verdict", heading.verdict.word())?;
        map.serialize_entry("exit_code", &heading.exit_code)?;
        map.serialize_entry("summary", heading.summary.as_str())?;
        map.serialize_entry("next_action", &heading.next_action.map(Action::of))?;
        match extra {
            serde_json::Value::Object(keys) => {
                for (key, value) in keys {
                    if !HEADING.contains(&key.as_str()) && key != END {
                        map.serialize_entry(key, value)?;
                    }
                }
            }
            other => map.serialize_entry("result", other)?,
        }
        map.serialize_entry(END, &true)?;
        map.end()
    }
}

/// The text of a document, with a newline at its end and nothing in it that a terminal
/// would act upon or hide.
fn text(document: &impl Serialize, pretty: bool) -> String {
    let json = if pretty {
        serde_json::to_string_pretty(document)
    } else {
        serde_json::to_string(document)
    };
    // Only a map whose keys are no text could fail, and there is none.
    let json = json.unwrap_or_else(|_| "null".to_owned());
    let mut out = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        // Beyond ASCII a character can only stand inside a string.
        let mut buffer = [0; 4];
        let bare: &str = c.encode_utf8(&mut buffer);
        if c < '\x7f' || Printable::from(bare).as_str() == bare {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out.push('\n');
    out
}

#[derive(Serialize)]
struct Run<'a> {
    format_version: &'static str,
    duckops_version: &'static str,
    stack: Stack<'a>,
    started_at: Option<String>,
    duration_ms: Option<u64>,
    verdict: &'static str,
    exit_code: u8,
    root_cause: Option<&'a str>,
    summary: &'a str,
    next_action: Option<Action<'a>>,
    escalation: Option<Escalation<'a>>,
    runbooks: Vec<Runbook<'a>>,
    notes: Vec<&'a str>,
    complete: bool,
}

#[derive(Serialize)]
struct Stack<'a> {
    name: Option<&'a str>,
    api_url: Option<&'a str>,
    region: Option<&'a str>,
    account: Option<&'a str>,
}

impl<'a> Stack<'a> {
    fn of(stack: Option<&'a model::Stack>) -> Self {
        Self {
            name: stack.map(|s| s.name.as_str()),
            api_url: stack.map(|s| s.api_url.as_str()),
            region: stack.map(|s| s.region.as_str()),
            account: stack.map(|s| s.account.as_str()),
        }
    }
}

#[derive(Serialize)]
struct Action<'a> {
    text: &'a str,
    command: Option<&'a str>,
}

impl<'a> Action<'a> {
    fn of(action: &'a model::NextAction) -> Self {
        Self {
            text: action.text.as_str(),
            command: action.command.as_ref().map(Printable::as_str),
        }
    }
}

#[derive(Serialize)]
struct Escalation<'a> {
    to: &'a str,
    priority: &'a str,
    due: Option<String>,
    reason: &'a str,
}

impl<'a> Escalation<'a> {
    fn of(escalation: &'a model::Escalation) -> Self {
        Self {
            to: escalation.to.as_str(),
            priority: escalation.priority.as_str(),
            due: escalation.due.map(utc),
            reason: escalation.reason.as_str(),
        }
    }
}

#[derive(Serialize)]
struct Runbook<'a> {
    id: &'a str,
    title: &'a str,
    severity: &'a str,
    verdict: &'static str,
    summary: &'a str,
    blocked_by: Option<&'a str>,
    next_action: Option<Action<'a>>,
    escalation: Option<Escalation<'a>>,
    steps: Vec<Step<'a>>,
}

impl<'a> Runbook<'a> {
    fn of(runbook: &'a model::Runbook) -> Self {
        Self {
            id: runbook.id.as_str(),
            title: runbook.title.as_str(),
            severity: runbook.severity.as_str(),
            verdict: runbook.verdict.word(),
            summary: runbook.summary.as_str(),
            blocked_by: runbook.blocked_by.as_ref().map(Printable::as_str),
            next_action: runbook.next_action.as_ref().map(Action::of),
            escalation: runbook.escalation.as_ref().map(Escalation::of),
            steps: runbook.steps.iter().map(Step::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct Step<'a> {
    number: usize,
    id: &'a str,
    title: &'a str,
    verdict: &'static str,
    reason_code: &'a str,
    summary: &'a str,
    next_action: Option<Action<'a>>,
    escalation: Option<Escalation<'a>>,
    evidence: Vec<Evidence>,
    asked: Vec<Asked<'a>>,
    manual: Option<&'a str>,
}

impl<'a> Step<'a> {
    fn of(step: &'a model::Step) -> Self {
        let evidence = step.finding.evidence();
        let asked = step.asked.iter().map(|(probe, asked)| Asked {
            probe: probe.name(),
            question: asked.question.as_str(),
            took_ms: millis(asked.took),
            failure: asked.failure.as_ref().map(Printable::as_str),
        });
        Self {
            number: step.number,
            id: step.id.as_str(),
            title: step.title.as_str(),
            verdict: step.verdict().word(),
            reason_code: step.reason_code.as_str(),
            summary: step.summary.as_str(),
            next_action: step.next_action.as_ref().map(Action::of),
            escalation: step.escalation.as_ref().map(Escalation::of),
            evidence: evidence.iter().map(Evidence::of).collect(),
            asked: asked.collect(),
            manual: Some(step.manual.as_str()).filter(|manual| !manual.is_empty()),
        }
    }
}

#[derive(Serialize)]
struct Evidence {
    fact: &'static str,
    value: serde_json::Value,
    unit: Option<&'static str>,
    source: &'static str,
    at: Option<String>,
}

impl Evidence {
    fn of(evidence: &model::Evidence) -> Self {
        let unit = match &evidence.value {
            Some(FactValue::Duration(_)) => "seconds",
            Some(FactValue::Instant(_)) => "utc",
            _ => evidence.unit,
        };
        Self {
            fact: evidence.fact,
            value: value(evidence.value.as_ref()),
            unit: Some(unit).filter(|unit| !unit.is_empty()),
            source: evidence.source.name(),
            at: evidence.at.map(utc),
        }
    }
}

/// A typed value; null when it is not known.
pub fn value(value: Option<&FactValue>) -> serde_json::Value {
    let text = |t: &crate::text::Untrusted| t.printable(TEXT).to_string();
    match value {
        None => serde_json::Value::Null,
        Some(FactValue::Bool(yes)) => (*yes).into(),
        Some(FactValue::Int(n) | FactValue::Duration(n)) => (*n).into(),
        Some(FactValue::Float(x)) => (*x).into(),
        Some(FactValue::Text(t)) => text(t).into(),
        Some(FactValue::List(entries)) => entries.iter().map(text).collect::<Vec<_>>().into(),
        Some(FactValue::Instant(seconds)) => crate::fact::instant(*seconds).into(),
    }
}

#[derive(Serialize)]
struct Asked<'a> {
    probe: &'static str,
    question: &'a str,
    took_ms: u64,
    failure: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
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

    fn broken<'a>(summary: &'a Printable) -> Heading<'a> {
        Heading {
            stack: None,
            started_at: None,
            took: None,
            verdict: model::Verdict::Unknown,
            exit_code: 64,
            summary,
            next_action: None,
        }
    }

    const KEYS: [&str; 14] = [
        "format_version",
        "duckops_version",
        "stack",
        "started_at",
        "duration_ms",
        "verdict",
        "exit_code",
        "root_cause",
        "summary",
        "next_action",
        "escalation",
        "runbooks",
        "notes",
        "complete",
    ];

    #[test]
    fn complete_is_the_last_key() {
        let summary = "no such runbook".into();
        let others = [
            failure(&broken(&summary), true),
            document(
                &broken(&summary),
                &json!({"a": 1, "complete": false, "z": 2}),
                true,
            ),
            document(&broken(&summary), &json!([1, 2]), true),
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
        let summary = "no such runbook".into();
        assert_eq!(keys(&failure(&broken(&summary), true)), KEYS);
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
    fn the_document_says_what_the_contract_shows() {
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
    fn absent_is_null_and_never_left_out() {
        let value = parsed(&render(&sample::critical(), false));
        let step = &value["runbooks"][0]["steps"][1];
        for key in ["next_action", "escalation"] {
            assert_eq!(step.get(key), Some(&Value::Null), "{key}");
        }
        assert_eq!(value["runbooks"][0].get("blocked_by"), Some(&Value::Null));
        let unknown = &value["runbooks"][0]["steps"][4]["evidence"][0];
        assert_eq!(unknown.get("value"), Some(&Value::Null));
        assert_eq!(unknown.get("at"), Some(&Value::Null));
        let summary = "no such runbook".into();
        let value = parsed(&failure(&broken(&summary), false));
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
        let unit = |fact| Evidence::of(&sample::known("a.b", fact, "")).unit;
        assert_eq!(unit(FactValue::Duration(1)), Some("seconds"));
        assert_eq!(unit(FactValue::Instant(1)), Some("utc"));
        assert_eq!(unit(FactValue::Bool(true)), None);
    }

    #[test]
    fn no_control_byte_and_nothing_invisible_leaves_in_any_string() {
        let raw = sample::evil();
        let summary = "text".into();
        let text = document(&broken(&summary), &json!({"raw": raw, "k\u{9b}": 1}), false);
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
    fn one_line_for_watching_and_one_newline_at_the_end() {
        for (name, report) in sample::all() {
            let text = render(&report, false);
            assert_eq!(text.matches('\n').count(), 1, "{name}");
            assert_eq!(parsed(&text), parsed(&render(&report, true)), "{name}");
        }
    }

    #[test]
    fn a_heading_cannot_be_overridden() {
        let summary = "text".into();
        let extra = json!({"verdict": "ok", "exit_code": 0, "facts": []});
        let text = document(&broken(&summary), &extra, false);
        assert_eq!(text.matches("\"verdict\"").count(), 1, "{text}");
        assert_eq!(parsed(&text)["exit_code"], 64);
        assert_eq!(parsed(&text)["facts"], json!([]));
    }
}
