//! The ways in which an operation of the practice stack fails.

use std::time::Duration;

/// One way for an operation to fail. Requests that the stack does not expect are refused
/// as ever, whatever the fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The caller may not ask this.
    Deny,
    /// Too many requests.
    Throttle,
    /// The caller's session is over.
    ExpiredToken,
    /// The request is read and never answered.
    Hang,
    /// The honest answer, later.
    Delay(Duration),
    /// The request is read and the connection torn.
    Reset,
    /// The connection ends after half of the promised body.
    CutBody,
    /// This status with the protocol's error body.
    Status(u16),
    /// This status with this body and no mark of the gateway, as from the function itself.
    Own(u16, &'static str),
    /// This status and error code, as from a conflict.
    Refuse(u16, &'static str),
    /// What was asked takes effect all the same, and the answer fails in this way. Under
    /// every other fault a write changes nothing.
    Done(Box<Fault>),
    /// The connection is reset after this many bytes of the body.
    ResetAfter(usize),
    /// The honest answer, a byte at a time.
    Trickle,
    /// A member of the honest answer goes by another name.
    Rename(&'static str, &'static str),
    /// 200 with a web page, as from a captive portal.
    Html,
    /// 200 with nothing.
    Empty,
    /// 302 to this place.
    Redirect(String),
    /// 200 with this body under the protocol's content type.
    Body(String),
}
