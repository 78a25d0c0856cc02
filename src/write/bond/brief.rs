//! A pulse and the end of a bond: one request each, whose answer holds nothing to keep.
//! What it came to is read back by whoever asked for it.

use super::hands::{Hands, NotBegun};
use super::plan::{Action, Plan};
use super::post::{Credentials, Request, Sent, post};
use crate::write::consent::Consent;
use serde_json::json;

/// No such answer is read further.
const LARGEST: u64 = 64 * 1024;

/// What came back of a request, which is not yet what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// The server says that it is done.
    Accepted,
    /// The server says no.
    Refused(u16),
    /// The server says that somebody else was first.
    Conflict(u16),
    /// No answer, or none that settles anything.
    Lost(String),
    /// It never left.
    Never(String),
}

impl Hands<'_> {
    /// Sends a pulse or the end of a bond, once. From the moment that `sending` is called the
    /// request may be on its way.
    ///
    /// # Errors
    /// [`NotBegun`]: nothing was sent.
    pub async fn send(
        &self,
        consent: Consent,
        plan: &Plan,
        credentials: &Credentials,
        sending: impl FnOnce(),
    ) -> Result<Posted, NotBegun> {
        self.covers(&consent, plan)?;
        let mut body = json!({"spaceduck_id": plan.bond.as_str()});
        if plan.action == Action::Pulse {
            body["status"] = "ACTIVE".into();
            body["timestamp"] = self.clock.at().unix_timestamp().into();
            body["beak_key"] = credentials.key.as_ref().map(|key| key.expose()).into();
        }
        sending();
        self.announce(&consent, plan)?;
        let request = Request {
            url: self.stack.endpoint(plan.action.path()),
            path: plan.action.path(),
            credentials,
            key_in_header: plan.action != Action::Pulse,
            id: &plan.id,
            body: &body,
        };
        Ok(match post(self.http, &request, LARGEST, |_| {}).await {
            Sent::Never(why) => Posted::Never(why),
            Sent::Lost(why) => Posted::Lost(why),
            Sent::Whole(status) | Sent::Cut(status, _) if Sent::is_conflict(status) => {
                Posted::Conflict(status)
            }
            Sent::Whole(status) | Sent::Cut(status, _) if Sent::is_refusal(status) => {
                Posted::Refused(status)
            }
            Sent::Whole(200..300) => Posted::Accepted,
            Sent::Whole(status) => Posted::Lost(format!("HTTP {status}")),
            Sent::Cut(status, why) => Posted::Lost(format!("HTTP {status}, {why}")),
        })
    }
}
