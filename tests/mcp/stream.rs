//! The stream itself, written and read by hand: what stands on it, and how the server ends.

use super::text;
use crate::support::{Duckops, Stage, world};
use duckops::practice::{Fault, Operation};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};
use std::time::Duration;

const HELLO: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"by-hand","version":"0"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
"#;

fn call(id: u32, tool: &str, arguments: &Value) -> String {
    let params = json!({"name": tool, "arguments": arguments});
    let call = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params});
    format!("{call}\n")
}

fn start(server: Duckops) -> Child {
    let mut command = server.command();
    assert!(!text(command.get_program()).is_empty());
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs")
}

/// The output of a server after all this input and the end of it.
struct Said {
    code: Option<i32>,
    messages: Vec<Value>,
    stderr: String,
}

fn said(server: Duckops, told: &str) -> Said {
    let mut server = start(server);
    let mut input = server.stdin.take().expect("a pipe");
    input.write_all(told.as_bytes()).expect("it reads");
    drop(input);
    let output = server.wait_with_output().expect("it ends");
    let stdout = String::from_utf8(output.stdout).expect("UTF-8");
    let message = |line: &str| -> Value {
        let message: Value = serde_json::from_str(line)
            .unwrap_or_else(|error| panic!("no message ({error}): {line}"));
        assert_eq!(message["jsonrpc"], "2.0", "{line}");
        message
    };
    Said {
        code: output.status.code(),
        messages: stdout.lines().map(message).collect(),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

#[test]
fn standard_output_carries_nothing_but_the_protocol_whatever_the_settings_are() {
    let stage = Stage::of(world("inc-001"));
    for format in ["table", "json", "nagios", "prometheus"] {
        let server = stage
            .once(&["mcp", "--verbose", "--explain", "--color", "always"])
            .env("DUCKOPS_OUTPUT", format);
        let told = [
            HELLO,
            &call(1, "triage", &json!({})),
            &call(2, "runbook", &json!({"runbook": "nothing"})),
            "not a message at all\n",
            "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"ping\"}\n",
        ];
        let said = said(server, &told.concat());
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        let mut ids: Vec<_> = said.messages.iter().map(|m| m["id"].as_i64()).collect();
        ids.sort_unstable();
        assert_eq!(ids, [0, 1, 2, 3].map(Some), "{:#?}", said.messages);
        // Questions to the stack are reported, only elsewhere.
        assert!(
            said.stderr.contains("/beak/system/status"),
            "{}",
            said.stderr
        );
    }
}

#[test]
fn a_client_that_closes_its_end_early_still_gets_every_answer() {
    // Slower than the five seconds that the library waits by itself.
    let mut world = world("healthy");
    world.faults.insert(Operation::Status, Fault::Hang);
    let stage = Stage::of(world);
    let step = json!({"runbook": "inc-001", "step": "1"});
    let told = [HELLO, &call(1, "step", &step), &call(2, "step", &step)].concat();
    let said = said(stage.once(&["mcp", "--deadline", "7s"]), &told);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let answered: Vec<_> = said.messages.iter().map(|m| m["id"].as_i64()).collect();
    assert_eq!(answered.len(), 3, "{answered:?}");
    for message in &said.messages[1..] {
        let document = message["result"]["content"][0]["text"].as_str();
        let document: Value = serde_json::from_str(document.expect("a text")).expect("a document");
        let took = document["duration_ms"].as_u64();
        assert!(took > Some(6_500), "{document:#}");
    }
}

#[test]
fn the_end_of_the_input_is_success_and_half_a_message_is_not() {
    let stage = Stage::of(world("healthy"));
    let (whole, half) = HELLO.split_at(HELLO.len() - 20);
    assert!(!half.is_empty());
    for (told, code) in [("", 0), (HELLO, 0), (whole, 3), ("{", 3)] {
        let said = said(stage.once(&["mcp"]), told);
        assert_eq!(said.code, Some(code), "{told:?}: {}", said.stderr);
        assert_eq!(said.stderr.contains("broke"), code != 0, "{}", said.stderr);
    }
}

#[test]
fn a_client_that_no_longer_reads_is_a_broken_stream() {
    let stage = Stage::of(world("healthy"));
    let mut server = start(stage.once(&["mcp"]));
    let mut input = server.stdin.take().expect("a pipe");
    let mut output = BufReader::new(server.stdout.take().expect("a pipe"));
    input.write_all(HELLO.as_bytes()).expect("it reads");
    let mut hello = String::new();
    output.read_line(&mut hello).expect("its answer");
    drop(output);
    // Several, because a process that another test is starting just now may hold a copy of the pipe
    // for a moment; and before the input ends too, or it would be that what ends it.
    for id in 1..=10 {
        let journal = call(id, "journal", &json!({}));
        if input.write_all(journal.as_bytes()).is_err() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(input);
    let mut stderr = String::new();
    let mut told = server.stderr.take().expect("a pipe");
    told.read_to_string(&mut stderr).expect("UTF-8");
    let code = server.wait().expect("it ends").code();
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.contains("output: "), "{stderr}");
}

#[test]
fn a_signal_ends_it_as_the_end_of_the_input_does() {
    let stage = Stage::of(world("healthy"));
    let mut server = start(stage.once(&["mcp"]));
    let mut input = server.stdin.take().expect("a pipe");
    let mut output = BufReader::new(server.stdout.take().expect("a pipe"));
    input.write_all(HELLO.as_bytes()).expect("it reads");
    let mut hello = String::new();
    output.read_line(&mut hello).expect("its answer");
    let pid = rustix::process::Pid::from_child(&server);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("sent");
    assert_eq!(server.wait().expect("it ends").code(), Some(0));
    drop(input);
}
