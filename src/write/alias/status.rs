//! Reads the status API once after a move: 200 with a status, and the versions that it names.

use crate::cloud::{Http, innermost, is_encoded, stale};
use crate::probe::{ClaimedHealth, StatusObject, server_time};
use crate::stack::Stack;
use futures_util::StreamExt;
use std::time::Duration;

/// The path, as the runbooks name it.
const PATH: &str = "/beak/system/status";
/// The longest that one reading may take.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// The largest body of a status, in bytes.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// The result of one reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StatusReading {
    /// 200 with a status object, and every version that it names.
    Answered(Vec<String>),
    /// Anything else, in words.
    Failed(String),
}

pub(super) async fn read_status(stack: &Stack, http: &Http) -> StatusReading {
    match tokio::time::timeout(READ_TIMEOUT, ask(stack, http)).await {
        Ok(read_status) => read_status,
        Err(_) => StatusReading::Failed(format!("no answer in {} s", READ_TIMEOUT.as_secs())),
    }
}

async fn ask(stack: &Stack, http: &Http) -> StatusReading {
    let url = stack.endpoint(PATH);
    let client = match http.client(&url) {
        Ok(client) => client,
        Err(unavailable) => return StatusReading::Failed(unavailable.detail.to_string()),
    };
    let request = client
        .get(&url)
        .header(reqwest::header::ACCEPT, "application/json")
        .header(reqwest::header::ACCEPT_ENCODING, "identity");
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return StatusReading::Failed(innermost(&error.without_url()).to_string()),
    };
    let status = response.status().as_u16();
    if status != 200 {
        return StatusReading::Failed(format!("HTTP {status}"));
    }
    if let Some(why) = stale(response.headers()) {
        return StatusReading::Failed(why);
    }
    if is_encoded(response.headers()) {
        return StatusReading::Failed("200 with an unexpected content-encoding".to_owned());
    }
    let now = server_time(response.headers()).map(|now| now.unix_timestamp());
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        match chunk {
            Ok(chunk) if body.len() + chunk.len() <= MAX_BODY => body.extend_from_slice(&chunk),
            Ok(_) => return StatusReading::Failed("more than a status can be".to_owned()),
            Err(_) => return StatusReading::Failed("200 that broke off".to_owned()),
        }
    }
    read(&body, now)
}

/// Reads a body that came at `now` by the server's clock.
fn read(body: &[u8], now: Option<i64>) -> StatusReading {
    let status = match StatusObject::parse(body) {
        Err(unavailable) => return StatusReading::Failed(unavailable.detail.to_string()),
        Ok(status) => status,
    };
    match now.and_then(|now| status.own_age(now)) {
        Some(why) => StatusReading::Failed(why),
        None => match status.claim() {
            ClaimedHealth::Outage | ClaimedHealth::Degraded => StatusReading::Failed(format!(
                "200, and its status says {}",
                status.claim().word()
            )),
            ClaimedHealth::Good | ClaimedHealth::Other => {
                StatusReading::Answered(status.versions())
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_status_object_is_a_good_answer() {
        let all = r#"{"lambda_version":"v41","lambda_alias_version":"41","lambda":{"version":41}}"#;
        let well = |versions: &[&str]| {
            StatusReading::Answered(versions.iter().map(|v| (*v).to_owned()).collect())
        };
        assert_eq!(read(all.as_bytes(), None), well(&["41", "41", "41"]));
        assert_eq!(read(br#"{"status":"ok","database":{}}"#, None), well(&[]));
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
            assert!(
                matches!(read(bad.as_bytes(), None), StatusReading::Failed(_)),
                "{bad}"
            );
        }
    }
}
