//! One look at the status API after a move: 200 with an object, and which version says so.

use crate::cloud::{Http, innermost, outdated};
use crate::stack::Stack;
use crate::text::Untrusted;
use futures_util::StreamExt;
use serde_json::Value;
use std::time::Duration;

/// The path, as the runbooks name it.
const PATH: &str = "/beak/system/status";
/// One look may take this long.
const LOOK: Duration = Duration::from_secs(5);
/// A larger body is no status.
const LARGEST: usize = 8 * 1024 * 1024;

/// What one look saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// 200 with a status object, and every version that it names.
    Well(Vec<String>),
    /// Anything else, in words.
    Not(String),
}

pub(super) async fn look(stack: &Stack, http: &Http) -> Look {
    match tokio::time::timeout(LOOK, ask(stack, http)).await {
        Ok(look) => look,
        Err(_) => Look::Not(format!("no answer in {} s", LOOK.as_secs())),
    }
}

async fn ask(stack: &Stack, http: &Http) -> Look {
    let url = stack.endpoint(PATH);
    let client = match http.client(&url) {
        Ok(client) => client,
        Err(unavailable) => return Look::Not(unavailable.detail.to_string()),
    };
    let request = client
        .get(&url)
        .header(reqwest::header::ACCEPT, "application/json")
        .header(reqwest::header::ACCEPT_ENCODING, "identity");
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return Look::Not(innermost(&error.without_url()).to_string()),
    };
    let status = response.status().as_u16();
    if status != 200 {
        return Look::Not(format!("HTTP {status}"));
    }
    if let Some(age) = outdated(response.headers()) {
        return Look::Not(format!("a cached answer, {age} s old"));
    }
    if response
        .headers()
        .contains_key(reqwest::header::CONTENT_ENCODING)
    {
        return Look::Not("200 with an unexpected content-encoding".to_owned());
    }
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        match chunk {
            Ok(chunk) if body.len() + chunk.len() <= LARGEST => body.extend_from_slice(&chunk),
            Ok(_) => return Look::Not("more than a status can be".to_owned()),
            Err(_) => return Look::Not("200 that broke off".to_owned()),
        }
    }
    read(&body)
}

fn read(body: &[u8]) -> Look {
    let Ok(Value::Object(status)) = serde_json::from_slice(body) else {
        return Look::Not("200 without a status object".to_owned());
    };
    if status.is_empty() || status.contains_key("error") {
        return Look::Not("200 without a status object".to_owned());
    }
    let named = [
        status.get("lambda_version"),
        status.get("lambda_alias_version"),
        status
            .get("lambda")
            .and_then(|lambda| lambda.get("version")),
    ];
    let versions = named.into_iter().flatten().filter_map(|value| match value {
        Value::String(text) => Some(Untrusted::new(text.trim_start_matches(['v', 'V']))),
        Value::Number(number) => Some(Untrusted::new(number.to_string())),
        _ => None,
    });
    Look::Well(versions.map(|v| v.printable(20).to_string()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_status_object_is_well() {
        let all = r#"{"lambda_version":"v41","lambda_alias_version":"41","lambda":{"version":41}}"#;
        let well =
            |versions: &[&str]| Look::Well(versions.iter().map(|v| (*v).to_owned()).collect());
        assert_eq!(read(all.as_bytes()), well(&["41", "41", "41"]));
        assert_eq!(read(br#"{"status":"ok"}"#), well(&[]));
        for bad in [
            "",
            "[]",
            "{}",
            "null",
            "<html>",
            r#"{"error":"x"}"#,
            r#"{"a":1"#,
        ] {
            assert!(matches!(read(bad.as_bytes()), Look::Not(_)), "{bad}");
        }
    }
}
