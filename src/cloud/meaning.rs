//! What AWS means by an error: the service's own code, told apart from an answer that is no
//! AWS answer and from none at all.

use super::innermost;
use crate::observation::{Unavailable, UnavailableReason};
use crate::text::Untrusted;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// What an error of an AWS client says, as the reason why nothing was learned. `action` is
/// the permission that the request needs.
pub fn meaning<E>(error: &SdkError<E, HttpResponse>, action: &str) -> Unavailable
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error {
        SdkError::ServiceError(service) => match (service.err().code(), service.err().message()) {
            // An error page, such as a gateway's: nothing in it is an AWS error.
            (None, None) => no_answer(service.raw(), action),
            (code, message) => {
                let status = service.raw().status().as_u16();
                said(
                    code.unwrap_or("no code"),
                    message.unwrap_or(""),
                    status,
                    action,
                )
            }
        },
        SdkError::ResponseError(answer) => no_answer(answer.raw(), action),
        SdkError::TimeoutError(_) => Unavailable::new(
            UnavailableReason::TimedOut,
            format!("{action} did not answer in time"),
        ),
        SdkError::DispatchFailure(failure) => {
            let why = match failure.as_connector_error() {
                Some(connector) if connector.is_timeout() => UnavailableReason::TimedOut,
                _ => UnavailableReason::Unreachable,
            };
            let text = failure
                .as_connector_error()
                .map_or_else(|| innermost(error), |e| innermost(e));
            Unavailable::new(why, format!("{action} could not be asked: {text}"))
        }
        other => Unavailable::new(
            UnavailableReason::NoCredentials,
            format!("{action}: {}", innermost(other)),
        ),
    }
}

fn no_answer(response: &HttpResponse, action: &str) -> Unavailable {
    let status = response.status().as_u16();
    let body = response.body().bytes().unwrap_or_default();
    let head = Untrusted::from_bytes(body.get(..80).unwrap_or(body)).printable(80);
    Unavailable::new(
        UnavailableReason::NotJson,
        format!("{action}: HTTP {status} that is no AWS answer: `{head}`"),
    )
}

fn said(code: &str, message: &str, status: u16, action: &str) -> Unavailable {
    let words = Untrusted::new(message).printable(200);
    let named = Untrusted::new(code).printable(60);
    let unavailable = |why, text: String| Unavailable::new(why, text);
    match code {
        _ if code.starts_with("AccessDenied") || code == "UnauthorizedOperation" => unavailable(
            UnavailableReason::Denied,
            format!("{action} is denied: {words}"),
        )
        .fix(format!("Allow {action} for this identity")),
        _ if code.contains("Throttl")
            || code.starts_with("TooManyRequests")
            || code == "LimitExceededException" =>
        {
            unavailable(
                UnavailableReason::Throttled,
                format!("{action} is throttled: {words}"),
            )
            .fix("Wait a minute and ask again")
        }
        "ExpiredToken" | "ExpiredTokenException" => unavailable(
            UnavailableReason::Expired,
            format!("the AWS credentials have expired ({action}): {words}"),
        )
        .fix("Log in again: aws sso login"),
        "RequestExpired" | "RequestTimeTooSkewed" => unavailable(
            UnavailableReason::ClockOff,
            format!("AWS refuses the time of this machine's clock ({named}): {words}"),
        )
        .fix("Set the clock"),
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "MissingAuthenticationToken" => unavailable(
            UnavailableReason::NoCredentials,
            format!("AWS does not accept the credentials ({named}): {words}"),
        )
        .fix("Log in again, or choose another AWS_PROFILE; a wrong clock does this too"),
        _ if code.contains("NotFound") || code.contains("DoesNotExist") => unavailable(
            UnavailableReason::NotFound,
            format!("{action}: there is no such resource ({named}): {words}"),
        )
        .fix("Check the names, the account and the region of this stack"),
        _ if code.contains("NotSupported") => unavailable(
            UnavailableReason::Unsupported,
            format!("{action}: {named}: {words}"),
        ),
        _ => unavailable(
            UnavailableReason::HttpStatus,
            format!("{action}: HTTP {status} {named}: {words}"),
        ),
    }
}
