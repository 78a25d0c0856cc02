//! One look at the status API after a move: 200 with an object, and which version says so.

use crate::cloud::{Http, innermost, is_encoded, stale};
use crate::probe::{Claim, StatusObject};
use crate::stack::Stack;
use futures_util::StreamExt;
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
    if let Some(why) = stale(response.headers()) {
        return Look::Not(why);
    }
    if is_encoded(response.headers()) {
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
    match StatusObject::parse(body) {
        Err(unavailable) => Look::Not(unavailable.detail.to_string()),
        Ok(status) => match status.claim() {
            Claim::Outage | Claim::Degraded => Look::Not(format!(
                "200, and its status says {}",
                status.claim().word()
            )),
            Claim::Good | Claim::Other => Look::Well(status.versions()),
        },
    }
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
        assert_eq!(read(br#"{"status":"ok","database":{}}"#), well(&[]));
        for bad in [
            "",
            "[]",
            "{}",
            "null",
            "<html>",
            r#"{"error":"x"}"#,
            r#"{"status":"ok"}"#,
            r#"{"message":"Internal server error"}"#,
            r#"{"status":"outage","database":{}}"#,
            r#"{"a":1"#,
        ] {
            assert!(matches!(read(bad.as_bytes()), Look::Not(_)), "{bad}");
        }
    }
}
