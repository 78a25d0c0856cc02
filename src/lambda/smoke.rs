//! A smoke test: one version is invoked directly with the event that API Gateway would send for
//! `GET /beak/system/status`.
//!
//! It moves no traffic, but it may run code that never ran before, so it is done only on request.

use super::reader::FunctionReader;
use aws_smithy_types::Blob;
use serde_json::{Value, json};

/// The event of `GET /beak/system/status`.
fn event() -> Value {
    json!({
        "resource": "/{proxy+}",
        "path": "/beak/system/status",
        "httpMethod": "GET",
        "headers": {"Accept": "application/json"},
        "queryStringParameters": null,
        "requestContext": {"resourcePath": "/{proxy+}", "httpMethod": "GET", "stage": "prod"},
        "body": null,
        "isBase64Encoded": false,
    })
}

/// Invokes a version and describes its answer, or how it failed.
pub(crate) async fn invoke_for_status(
    reader: &FunctionReader<'_>,
    lambda: &aws_sdk_lambda::Client,
    number: &str,
) -> Result<String, String> {
    let request = lambda
        .invoke()
        .function_name(&reader.stack.function.value)
        .qualifier(number)
        .payload(Blob::new(event().to_string()));
    let question = format!("Invoke {number}");
    let answer = reader
        .question(question, "lambda:InvokeFunction", request.send())
        .await
        .map_err(|unavailable| unavailable.detail.to_string())?;
    if let Some(error) = answer.function_error() {
        return Err(format!("the function failed: {error}"));
    }
    if let Some(executed) = answer.executed_version().filter(|ran| *ran != number) {
        return Err(format!("version {executed} ran instead"));
    }
    let payload = answer
        .payload()
        .map(|blob| blob.as_ref())
        .unwrap_or_default();
    check_answer(payload)
}

fn check_answer(payload: &[u8]) -> Result<String, String> {
    let answer: Value =
        serde_json::from_slice(payload).map_err(|_| "its answer is no JSON".to_owned())?;
    if let Some(error) = answer.get("errorType").and_then(Value::as_str) {
        return Err(error.to_owned());
    }
    match answer.get("statusCode").and_then(Value::as_i64) {
        Some(200) => {}
        Some(status) => return Err(format!("HTTP {status}")),
        None => return Err("its answer has no status code".to_owned()),
    }
    let body = answer
        .get("body")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match serde_json::from_str::<Value>(body) {
        Ok(Value::Object(status)) if !status.is_empty() => {
            Ok("200 with a status object".to_owned())
        }
        _ => Err("200 without a status object".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_200_with_a_status_object_passes() {
        assert!(check_answer(br#"{"statusCode":200,"body":"{\"status\":\"ok\"}"}"#).is_ok());
        for bad in [
            "",
            "null",
            "{}",
            r#"{"statusCode":500,"body":"{}"}"#,
            r#"{"statusCode":200}"#,
            r#"{"statusCode":200,"body":"{}"}"#,
            r#"{"statusCode":200,"body":"<html>"}"#,
            r#"{"errorType":"Runtime.ImportModuleError","statusCode":200,"body":"{\"a\":1}"}"#,
        ] {
            assert!(check_answer(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
