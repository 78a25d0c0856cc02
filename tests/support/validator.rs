//! JSON Schema as others understand it: Python's `jsonschema`, from the environment that
//! the emulators run in.

use super::emulator::environment;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

/// Each document's complaints, after the schema itself was found to be one.
const JUDGE: &str = r#"
import json, sys
from jsonschema import Draft202012Validator
asked = json.load(sys.stdin)
Draft202012Validator.check_schema(asked["schema"])
judge = Draft202012Validator(asked["schema"])
told = [[f"{e.json_path}: {e.message[:300]}" for e in judge.iter_errors(d)] for d in asked["documents"]]
json.dump(told, sys.stdout)
"#;

/// What of each document does not fit the schema.
pub(crate) fn complaints(schema: &Value, documents: &[Value]) -> Vec<Vec<String>> {
    let mut child = Command::new(environment().join("bin/python"))
        .args(["-I", "-c", JUDGE])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the environment's python");
    let mut input = child.stdin.take().expect("a pipe");
    let asked = json!({"schema": schema, "documents": documents}).to_string();
    // It reads everything before it writes anything.
    input.write_all(asked.as_bytes()).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the validator failed: {said}");
    let told: Vec<Vec<String>> = serde_json::from_slice(&output.stdout).expect("its answer");
    assert_eq!(told.len(), documents.len(), "one answer for each document");
    told
}
