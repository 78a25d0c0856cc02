//! The heartbeat URL, called after each complete check: the monitor behind it alerts when the calls
//! stop.

use super::address;
use super::answer::AnswerOf;
use super::payload::ChannelPayload;
use super::post::post;
use crate::cloud::Http;
use crate::stack::{Environment, SecretSource};
use crate::text::Printable;
use std::time::Duration;
use time::OffsetDateTime;

/// The limit of one call.
const LIMIT: Duration = Duration::from_secs(5);

/// Calls the address once; `now` is the wall clock.
///
/// # Errors
/// Why it was not called, or did not accept it. The address stands in none of it.
pub async fn beat(
    http: &Http,
    url: &SecretSource,
    env: &Environment,
    now: OffsetDateTime,
) -> Result<(), Printable> {
    let url = address::read(url, env).map_err(|error| Printable::from(error.to_string()))?;
    let calling = post(
        http,
        &url,
        ChannelPayload::empty(),
        AnswerOf::Heartbeat,
        now,
    );
    match tokio::time::timeout(LIMIT, calling).await {
        Ok(called) => called.map_err(|error| error.why),
        Err(_) => Err(format!("no answer within {} s", LIMIT.as_secs()).into()),
    }
}
