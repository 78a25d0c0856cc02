//! One request to a channel that speaks HTTP.

use super::answer::{self, AnswerOf, ChannelAnswer, LARGEST_ANSWER};
use super::payload::ChannelPayload;
use super::send_error::SendError;
use crate::cloud::Http;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::timeout;
use url::Url;

/// How long the body of a refusal is waited for.
const REST_OF_REFUSAL: Duration = Duration::from_secs(1);

/// One request, never repeated and never redirected.
pub(super) async fn post(
    http: &Http,
    url: &Url,
    payload: ChannelPayload,
    of: AnswerOf,
    now: OffsetDateTime,
) -> Result<(), SendError> {
    let client = http
        .client(url.as_str())
        .map_err(|unavailable| SendError::passing(unavailable.detail))?;
    let mut request = client
        .post(url.clone())
        .header("content-type", "application/json");
    for (name, value) in &payload.headers {
        request = request.header(*name, value);
    }
    // The address is a secret and stands in the error.
    let lost = |error: reqwest::Error| {
        let error = error.without_url();
        SendError::passing(crate::cloud::innermost(&error))
    };
    let mut response = request.body(payload.body).send().await.map_err(lost)?;
    let status = response.status();
    let (mut body, mut is_cut) = (Vec::new(), false);
    let reading = async {
        while let Some(part) = response.chunk().await? {
            let room = LARGEST_ANSWER - body.len();
            body.extend_from_slice(&part[..part.len().min(room)]);
            if part.len() > room {
                is_cut = true;
                break;
            }
        }
        Ok(())
    };
    if status.is_success() {
        // Only the whole of it says whether the message was accepted.
        reading.await.map_err(lost)?;
    } else {
        // The status alone says that it was not, also where the rest never comes.
        let _: Result<Result<(), reqwest::Error>, _> = timeout(REST_OF_REFUSAL, reading).await;
    }
    let answer = ChannelAnswer {
        status: status.as_u16(),
        headers: response.headers(),
        body: &body,
        is_cut,
    };
    answer::judge(of, &answer, now)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // A broken test may say so loudly.

    use super::*;
    use crate::alerting::outbox::DeliveryOutcome;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// What comes of a request that is answered with this, after which nothing comes any more.
    async fn outcome(answer: &'static str, closes: bool) -> DeliveryOutcome {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            if !closes {
                std::future::pending::<()>().await;
            }
        });
        let url = format!("http://{address}/").parse().unwrap();
        let (http, of) = (Http::direct(None), AnswerOf::Webhook);
        let payload = ChannelPayload::empty();
        let sent = post(&http, &url, payload, of, OffsetDateTime::UNIX_EPOCH);
        let sent = timeout(Duration::from_secs(4), sent).await;
        server.abort();
        sent.unwrap().unwrap_err().outcome
    }

    #[tokio::test]
    async fn a_refusal_is_one_also_where_its_body_never_ends() {
        for closes in [true, false] {
            for (answer, due) in [
                (
                    "HTTP/1.1 400 Bad\r\ncontent-length: 99\r\n\r\n{\"er",
                    DeliveryOutcome::Refused,
                ),
                (
                    "HTTP/1.1 403 No\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
                    DeliveryOutcome::Unusable,
                ),
            ] {
                assert_eq!(outcome(answer, closes).await, due, "{answer} {closes}");
            }
        }
    }

    #[tokio::test]
    async fn an_acceptance_whose_body_is_torn_is_none() {
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"ok\"";
        let due = DeliveryOutcome::Failed { pause: None };
        assert_eq!(outcome(answer, true).await, due);
    }
}
