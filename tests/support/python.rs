//! Scripts of Python, in the environment that the emulators run in.

use super::emulator::environment;
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Stdio};

/// What a script answers, as JSON both ways. It must read everything before it writes anything.
pub(crate) fn answer(script: &str, asked: &Value) -> Value {
    let mut child = Command::new(environment().join("bin/python"))
        .args(["-I", "-c", script])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the environment's python");
    let mut input = child.stdin.take().expect("a pipe");
    input
        .write_all(asked.to_string().as_bytes())
        .expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the script failed: {said}");
    serde_json::from_slice(&output.stdout).expect("its answer")
}
