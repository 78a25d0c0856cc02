//! How each fault turns the honest answer into the one that a client would see. What a service
//! says when it denies or throttles is written down here.

use super::fault::Fault;
use super::wire::{Protocol, Refusal, ResponseBody, Transmission, WireResponse};
use super::{FakeStack, Operation, sts};
use hyper::StatusCode;

impl Fault {
    /// What comes of an honest answer under this fault.
    pub(super) fn bend(
        &self,
        operation: Operation,
        protocol: Protocol,
        world: &FakeStack,
        honest: WireResponse,
    ) -> WireResponse {
        let instead =
            |body: String| protocol.speak(StatusCode::OK, ResponseBody::Bytes(body.into()));
        let refuse = |(status, code, message): (u16, &'static str, &str)| {
            protocol.refuse(&Refusal::known(status, code, message))
        };
        let codes = codes(protocol);
        match self {
            Fault::Deny => {
                let (status, code) = codes.denied;
                refuse((status, code, &denied(operation, world)))
            }
            Fault::Throttle => refuse(codes.throttled),
            Fault::ExpiredToken => refuse(codes.expired),
            Fault::Status(status) => refuse((*status, "InternalFailure", "Internal server error")),
            Fault::Own(status, body) => WireResponse {
                status: StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST),
                ..instead((*body).to_owned())
            },
            Fault::Refuse(status, code) => refuse((*status, code, "Refused on purpose")),
            Fault::Done(after) => after.bend(operation, protocol, world, honest),
            Fault::Hang => WireResponse {
                transmission: Transmission::Hang,
                ..honest
            },
            Fault::Reset => WireResponse {
                transmission: Transmission::Reset,
                ..honest
            },
            Fault::CutBody => WireResponse {
                transmission: Transmission::Cut,
                ..honest
            },
            Fault::ResetAfter(bytes) => WireResponse {
                transmission: Transmission::ResetAfter(*bytes),
                ..honest
            },
            Fault::Trickle => WireResponse {
                transmission: Transmission::Trickle,
                ..honest
            },
            Fault::Rename(from, to) => {
                let text = String::from_utf8_lossy(&honest.body);
                let renamed = text.replace(&format!("\"{from}\":"), &format!("\"{to}\":"));
                WireResponse {
                    body: renamed.into(),
                    ..honest
                }
            }
            Fault::Delay(time) => WireResponse {
                after: *time,
                ..honest
            },
            Fault::Html => WireResponse {
                headers: vec![("content-type", "text/html; charset=utf-8".to_owned())],
                ..instead("<!DOCTYPE html><html><body>Please sign in.</body></html>".to_owned())
            },
            Fault::Empty => instead(String::new()),
            Fault::Body(body) => instead(body.clone()),
            Fault::Redirect(place) => {
                let mut answer = instead(String::new());
                answer.status = StatusCode::FOUND;
                answer.headers.push(("location", place.clone()));
                answer
            }
        }
    }
}

/// How a protocol denies, throttles and ends a session: status, code and, where it is the
/// same for every operation, the message.
struct ErrorCodes {
    denied: (u16, &'static str),
    throttled: (u16, &'static str, &'static str),
    expired: (u16, &'static str, &'static str),
}

fn codes(protocol: Protocol) -> ErrorCodes {
    const RATE: &str = "Rate exceeded";
    const OVER: &str = "The security token included in the request is expired";
    match protocol {
        Protocol::Gateway => ErrorCodes {
            denied: (403, "MissingAuthenticationTokenException"),
            throttled: (429, "TooManyRequestsException", "Too Many Requests"),
            expired: (
                401,
                "UnauthorizedException",
                "The incoming token has expired",
            ),
        },
        Protocol::Query | Protocol::Cbor => ErrorCodes {
            denied: (403, "AccessDenied"),
            throttled: (400, "Throttling", RATE),
            expired: (403, "ExpiredToken", OVER),
        },
        Protocol::Json(_) => ErrorCodes {
            denied: (400, "AccessDeniedException"),
            throttled: (400, "ThrottlingException", RATE),
            expired: (400, "ExpiredTokenException", OVER),
        },
        Protocol::Rest => ErrorCodes {
            denied: (403, "AccessDeniedException"),
            throttled: (429, "TooManyRequestsException", RATE),
            expired: (403, "ExpiredTokenException", OVER),
        },
    }
}

fn denied(operation: Operation, world: &FakeStack) -> String {
    let Some(service) = operation.service() else {
        return "Missing Authentication Token".to_owned();
    };
    let caller = sts::caller(world);
    let action = format!("{}:{operation}", service.permission);
    format!(
        "User: {caller} is not authorized to perform: {action} because no identity-based \
         policy allows the {action} action"
    )
}
