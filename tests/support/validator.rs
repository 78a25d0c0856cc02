//! JSON Schema as others understand it: Python's `jsonschema`, from the environment that
//! the emulators run in.

use serde_json::{Value, json};

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
    let asked = json!({"schema": schema, "documents": documents});
    let told = super::python::answer(JUDGE, &asked);
    let told: Vec<Vec<String>> = serde_json::from_value(told).expect("texts");
    assert_eq!(told.len(), documents.len(), "one answer for each document");
    told
}
