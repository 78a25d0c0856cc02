//! What the body of a successful answer says to the contrary.
//!
//! A transport's success is no acceptance: a login page or a proxy answers 200, too, and some servers
//! say in the body alone that they did nothing.

use serde_json::Value;

/// What a body is instead of an acceptance; `is_cut` where it had more than these bytes.
pub fn denial(content_type: &str, body: &[u8], is_cut: bool) -> Option<&'static str> {
    let kind = content_type.to_ascii_lowercase();
    let head = body.trim_ascii_start();
    let head = head.get(..head.len().min(64)).unwrap_or_default();
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let is_page = ["<!doctype html", "<html", "<head", "<body"];
    if kind.contains("html") || is_page.iter().any(|tag| head.starts_with(tag)) {
        return Some("a web page, such as that of a login or a proxy");
    }
    if is_cut && (kind.contains("json") || head.starts_with('{')) {
        return Some("a document that is too long for an answer");
    }
    let json = serde_json::from_slice::<Value>(body).ok()?;
    let says_no = |name: &str| {
        let value = json.get(name);
        value.is_some_and(|value| *value == false || *value == "false")
    };
    let is_denied = says_no("ok") || says_no("success") || holds(&json, "error");
    (is_denied || holds(&json, "errors")).then_some("its JSON says that it failed")
}

/// Whether there is something in a member that should be empty.
fn holds(json: &Value, name: &str) -> bool {
    json.get(name).is_some_and(|value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(count) => count.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(all) => !all.is_empty(),
        Value::Bool(true) | Value::Object(_) => true,
    })
}
