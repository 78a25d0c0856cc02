//! The corpus of log lines, and generated ones: no fault is missed, nothing healthy is counted.

use super::certificate::CertificateLine;
use super::fault_kind::LogFault;
use super::filter::{CERTIFICATE_TERMS, FAULT_TERMS};
use super::line::LogLine;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogCase {
    /// What the case shows.
    #[serde(rename = "why")]
    _why: String,
    /// Where such a line was met.
    #[serde(default, rename = "source")]
    _source: Option<String>,
    line: String,
    fault: String,
    certificate: String,
}

fn fault(line: &str) -> &'static str {
    match LogFault::of(&LogLine::parse(line)).map(|(fault, _)| fault) {
        None => "none",
        Some(LogFault::Timeout) => "timeout",
        Some(LogFault::Exit) => "exit",
        Some(LogFault::Import) => "import",
        Some(LogFault::Other) => "other",
    }
}

fn certificate(line: &str) -> &'static str {
    match CertificateLine::of(&LogLine::parse(line)) {
        None => "none",
        Some(CertificateLine::Issued) => "issued",
        Some(CertificateLine::Failed) => "failed",
        Some(CertificateLine::MailFailed) => "mail-failed",
        Some(CertificateLine::Mentioned) => "mentioned",
    }
}

fn passes(terms: &[&str], line: &str) -> bool {
    terms.iter().any(|term| line.contains(term))
}

#[test]
fn every_case_of_the_corpus_has_its_right_value() {
    let cases = crate::cloud::corpus_tests::cases::<LogCase>("logs");
    let (mut faults, mut healthy, mut wrong) = (0, 0, Vec::new());
    for (name, case) in &cases {
        let found = (fault(&case.line), certificate(&case.line));
        match case.fault == "none" && !case.certificate.ends_with("failed") {
            true => healthy += 1,
            false => faults += 1,
        }
        if found != (case.fault.as_str(), case.certificate.as_str()) {
            wrong.push(format!(
                "{name}: {found:?}, not {} and {}",
                case.fault, case.certificate
            ));
        }
        let sent = (found.0 == "none" || passes(FAULT_TERMS, &case.line))
            && (found.1 == "none" || passes(CERTIFICATE_TERMS, &case.line));
        if !sent {
            wrong.push(format!("{name}: the server-side filter would lose it"));
        }
    }
    println!("log corpus: {faults} faults and {healthy} healthy lines");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A sequence that is the same in every run.
struct Sequence(u64);

impl Sequence {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % below
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.next(list.len())]
    }
}

const PLAIN: &[&str] = &[
    "peck", "duckling", "stored", "pond", "callback", "42", "feed", "sent", "quack",
];
const SCARY: &[&str] = &[
    "ERRORS=0",
    "failed=0",
    "errors: 0",
    "ERROR_QUEUE",
    "NONFATAL",
    "error_rate",
    "duck.ErrorHandler",
    "no errors",
    "RetryException",
    "onError",
    "fail-over",
    "panic_button",
    "FATALITY",
    "timeout=30s",
    "exit_code=0",
    "stack",
    "Traceback-off",
    "errorMessage=null",
    "criticality",
    "ALERTS=0",
];

fn sentence(random: &mut Sequence) -> String {
    let words: Vec<_> = (0..2 + random.next(6))
        .map(|_| match random.next(3) {
            0 => random.of(SCARY),
            _ => random.of(PLAIN),
        })
        .collect();
    words.join(" ")
}

/// A level in colour, as loggers write it for a terminal.
fn coloured(level: &str) -> String {
    format!("\x1b[31m\x1b[1m{level}\x1b[0m")
}

/// What the console of Node.js writes before a message.
const CONSOLE: &str = "2026-03-22T03:10:00.000Z\t0f1e2d3c-0000";

/// A request of OpenTelemetry with one record.
fn otlp(level: &str, number: u8, text: &str) -> String {
    let record = serde_json::json!({
        "severityText": level, "severityNumber": number, "body": {"stringValue": text},
    });
    serde_json::json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).to_string()
}

fn healthy_line(random: &mut Sequence) -> String {
    let text = sentence(random);
    let first = random.of(PLAIN);
    let any = random.of(&["INFO", "ERROR", "WARN"]);
    let level = random.of(&["INFO", "DEBUG", "WARN", "TRACE"]);
    let number = random.of(&["10", "20", "30", "40"]);
    match random.next(35) {
        32 => format!("<Mar 22, 2026 3:10:00 AM UTC> <Notice> <Duck> <BEA-000365> <{any} {text}>"),
        33 => otlp("INFO", 9, &text),
        34 => format!(
            "<record>\n  <level>{level}</level>\n  <message>SEVERE: {text}</message>\n</record>"
        ),
        24 => format!("[I 260322 03:10:00 duck:12] {text}"),
        25 => format!("INFO [03-22|03:10:00.123] {text}"),
        26 => format!(
            "<{}>1 2026-03-22T03:10:00Z host duck 8 - - {any}: {text}",
            12 + random.next(4)
        ),
        27 => format!("%{}|1774149000.123|FAIL|duck| {text}", 4 + random.next(4)),
        28 => format!(
            "2026-03-22 03:10:00 [duck] {}: {text}",
            level.to_lowercase()
        ),
        29 => format!("2026-03-22T03:10:00Z pid=4711 tid=oxk {level}: {text}"),
        30 => format!(
            "[03:10:00 {}] {any}: {text}",
            random.of(&["VRB", "DBG", "INF", "WRN"])
        ),
        31 => format!("service={first} n=7 msg=\"{first}\" error=none {text}"),
        9 => format!(
            "2026-03-22T03:10:00Z {} duck::store: {text}",
            coloured(level)
        ),
        10 => format!("2026-03-22 03:10:00 [{:<9}] {text}", level.to_lowercase()),
        11 => format!("time=2026-03-22T03:10:00Z level=INFO+2 msg=\"{text}\" err=<nil>"),
        12 => {
            let own = serde_json::json!({"level": level, "message": text, "error": {"code": 0}});
            format!("{CONSOLE}\t{any}\t{own}")
        }
        13 => format!("{CONSOLE}\t{any}\t(node:8) [DEP0040] DeprecationWarning: {text}"),
        14 => format!("[2026-03-22T03:10:00+00:00] duck.{level}: {text} []"),
        15 => format!(
            "2026-03-22T03:10:00+0000 {} duck : {text}",
            level.to_lowercase()
        ),
        16 => format!("[duck agent] 2026/03/22 03:10:00 {level} {text}"),
        18 => format!("[2026-03-22T03:10:00Z {level} duck::{first}] {text}"),
        19 => format!(
            "{CONSOLE}\t{any}\t{{ level: '{}', message: '{text}' }}",
            level.to_lowercase()
        ),
        20 => format!("event='{text}' level='{}' error=None", level.to_lowercase()),
        21 => format!("Mar 22 03:10:00 host duck[8]: {level} {text}"),
        22 => format!(
            "2026-03-22T03:10:00Z {}! [duck] {text}",
            random.of(&["I", "D", "W"])
        ),
        23 => format!("{{'message': '{text}', 'error': None, 'errors': []}}"),
        17 => format!("Loaded System.Runtime.{first} and Duck.Extension.{first}"),
        0 => format!("[{level}]\t2026-03-22T03:10:00.000Z\t0f1e2d3c-0000\t{text}"),
        1 => format!("2026-03-22T03:10:00.000Z\t0f1e2d3c-0000\t{level}\t{text}"),
        2 => format!("2026-03-22 03:10:00,123 - duck.store - {level} - {text}"),
        3 => serde_json::json!({"level": level, "message": text, "error": null}).to_string(),
        4 => format!(r#"{{"level":{number},"msg":"{text}","errorMessage":null}}"#),
        5 => format!("level={} msg=\"{text}\"", level.to_lowercase()),
        6 => format!(
            "{}: Duck.Store[0] {text}",
            random.of(&["info", "dbug", "warn", "trce"])
        ),
        7 => {
            serde_json::json!({"message": format!("{first} {text}"), "errors": 0, "failed": false})
                .to_string()
        }
        _ => format!("{first} {text}"),
    }
}

fn fault_line(random: &mut Sequence) -> String {
    let text = sentence(random);
    let level = random.of(&["ERROR", "CRITICAL", "FATAL"]);
    let number = random.of(&["50", "60"]);
    let name = random.of(&["Store", "Peck", "Handler"]);
    match random.next(53) {
        49 => format!("<Mar 22, 2026 3:10:00 AM UTC> <Error> <Duck> <BEA-101020> <{text}>"),
        50 => otlp("ERROR", 17, &text),
        51 => format!("<record>\n  <level>SEVERE</level>\n  <message>{text}</message>\n</record>"),
        52 => format!(r#"{{"level":{number},"time":1774149000000,"err":{{"message":"{text}"#),
        39 => format!("[E 260322 03:10:00 duck:12] {text}"),
        40 => format!(
            "{} [03-22|03:10:00.123] {text}",
            random.of(&["ERROR", "EROR", "CRIT"])
        ),
        41 => format!(
            "<{}>1 2026-03-22T03:10:00Z host duck 8 - - {text}",
            128 + random.next(4)
        ),
        42 => format!("%3|1774149000.123|FAIL|duck| {text}"),
        43 => format!(
            "2026-03-22 03:10:00 [duck] {}: quack {text}",
            level.to_lowercase()
        ),
        44 => format!("2026-03-22T03:10:00Z pid=4711 tid=oxk {level}: quack {text}"),
        45 => format!("2026-03-22T03:10:00+0000 [duck.{name}#critical] {text}"),
        46 => format!("[03:10:00] [duck] › ✖  error     {text}"),
        47 => format!("service=duck n=7 error='{name}Error {text}'"),
        48 => format!("fatal runtime error: {text}"),
        31 => format!("[2026-03-22T03:10:00Z {level} duck::{name}] {text}"),
        32 => format!(
            "{CONSOLE}\tINFO\t{{ level: '{}', message: '{text}' }}",
            level.to_lowercase()
        ),
        33 => format!("event='{text}' level='{}' n=7", level.to_lowercase()),
        34 => format!("Mar 22 03:10:00 host duck[8]: {level} {text}"),
        35 => format!("2026-03-22T03:10:00Z E! [duck] {text}"),
        36 => format!("[2026-03-22 03:10:00,123: {level}/MainProcess] {text}"),
        37 => format!("2026-03-22T03:10:00.123Z duckhost {level} [duck.core:12] - {text}"),
        38 => format!("=ERROR REPORT==== 22-Mar-2026::03:10:00 ===\n{text}"),
        18 => format!(
            "2026-03-22T03:10:00Z {} duck::store: {text}",
            coloured(level)
        ),
        19 => format!("2026-03-22 03:10:00 [{:<9}] {text}", level.to_lowercase()),
        20 => format!("time=2026-03-22T03:10:00Z level=ERROR+4 msg=\"{text}\""),
        21 => {
            let own = serde_json::json!({"level": level, "message": text});
            format!("{CONSOLE}\tINFO\t{own}")
        }
        22 => format!("{CONSOLE}\tERROR\t(node:8) UnhandledPromiseRejectionWarning: {text}"),
        23 => format!("[2026-03-22T03:10:00+00:00] duck.{level}: {text} []"),
        24 => format!("2026-03-22T03:10:00+0000 error duck : {text}"),
        25 => format!("[duck agent] 2026/03/22 03:10:00 {level} {text}"),
        26 => format!("thread 'main' panicked at src/{name}.rs:12:5:\n{text}"),
        27 => format!("PHP Fatal error:  Uncaught {name}Error: {text}"),
        28 => format!("Fatal Python error: {text}"),
        29 => format!("{} {text}", random.of(&["ERRO[0007]", "FATA[0000]"])),
        30 => format!(
            "/var/task/bootstrap: /lib64/libc.so.6: version `GLIBC_2.{}' not found (required by {name})",
            30 + random.next(9)
        ),
        0 => format!("[{level}]\t2026-03-22T03:10:00.000Z\t0f1e2d3c-0000\t{text}"),
        1 => format!("2026-03-22T03:10:00.000Z\t0f1e2d3c-0000\t{level}\t{text}"),
        2 => format!("2026-03-22 03:10:00,123 - duck.store - {level} - {text}"),
        3 => {
            let level = random.of(&["Error", "error", "ERR", "Fatal", "crit", "emerg"]);
            serde_json::json!({"level": level, "message": text}).to_string()
        }
        4 => format!(r#"{{"level":{number},"time":1774149000000,"msg":"{text}"}}"#),
        5 => format!("level={} msg=\"{text}\"", level.to_lowercase()),
        6 => format!("{}: Duck.{name}[0] {text}", random.of(&["fail", "crit"])),
        7 => format!(
            "Traceback (most recent call last):\n  File \"/var/task/a.py\", line 3, in h\n{name}Error: {text}"
        ),
        8 => format!("java.lang.{name}Exception: {text}\n\tat duck.{name}.run({name}.java:21)"),
        9 => format!("{name}Error: {text}\n    at run (/var/task/index.js:3:9)"),
        10 => format!("panic: {text}\n\ngoroutine 1 [running]:"),
        11 => format!("/var/task/a.rb:9:in `run': {text} ({name}Error)"),
        12 => {
            format!("System.{name}Exception: {text}\n   at Duck.{name}.Run() in /src/a.cs:line 9")
        }
        13 => {
            "2026-03-22T03:10:00.000Z 0f1e2d3c-0000 Task timed out after 30.03 seconds".to_owned()
        }
        14 => format!(
            "RequestId: 0f1e2d3c-0000 Error: Runtime exited with error: exit status {}",
            1 + random.next(9)
        ),
        15 => {
            let status = random.of(&["timeout", "error", "failure"]);
            let kind = random.of(&[
                "platform.report",
                "platform.runtimeDone",
                "platform.initReport",
            ]);
            serde_json::json!({"time": "t", "type": kind, "record": {"status": status}}).to_string()
        }
        16 => format!(
            "EXTENSION\tName: {name}\tState: LaunchError\tEvents: []\tError Type: PermissionDenied"
        ),
        _ => format!("Class not found: duck.{name}"),
    }
}

#[test]
fn generated_lines_give_no_false_alarm_and_no_miss() {
    const EACH: usize = 5_000;
    let mut random = Sequence(2_026);
    let (mut alarms, mut misses, mut lost) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..EACH {
        let healthy = healthy_line(&mut random);
        if fault(&healthy) != "none" {
            alarms.push(healthy);
        }
        let faulty = fault_line(&mut random);
        if fault(&faulty) == "none" {
            misses.push(faulty.clone());
        }
        if !passes(FAULT_TERMS, &faulty) {
            lost.push(faulty);
        }
    }
    println!(
        "{EACH} healthy lines, {} false alarms; {EACH} faults, {} missed, {} lost by the filter",
        alarms.len(),
        misses.len(),
        lost.len()
    );
    assert!(
        alarms.is_empty(),
        "false alarms: {:#?}",
        alarms.get(..5.min(alarms.len()))
    );
    assert!(
        misses.is_empty(),
        "missed: {:#?}",
        misses.get(..5.min(misses.len()))
    );
    assert!(
        lost.is_empty(),
        "lost: {:#?}",
        lost.get(..5.min(lost.len()))
    );
}
