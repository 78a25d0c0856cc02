//! One request to a channel that speaks HTTP.

use super::answer::{self, AnswerOf, ChannelAnswer, LARGEST_ANSWER};
use super::payload::ChannelPayload;
use super::send_error::SendError;
use crate::cloud::Http;
use time::OffsetDateTime;
use url::Url;

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
    let (mut body, mut is_cut) = (Vec::new(), false);
    while let Some(part) = response.chunk().await.map_err(lost)? {
        let room = LARGEST_ANSWER - body.len();
        body.extend_from_slice(&part[..part.len().min(room)]);
        if part.len() > room {
            is_cut = true;
            break;
        }
    }
    let answer = ChannelAnswer {
        status: response.status().as_u16(),
        headers: response.headers(),
        body: &body,
        is_cut,
    };
    answer::judge(of, &answer, now)
}
