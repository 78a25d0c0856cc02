//! Classifies errors of AWS clients by code and message, apart from an answer that is not from AWS
//! and from no answer, and gives the fix for each.

use super::advice::{LOG_IN_AGAIN, OTHER_KEYS};
use super::aws_message::{PAGE, is_about_key, is_clock, of_message};
use super::error::NotRenewed;
use super::http::network_refusal;
use super::permission::permission_fix;
use super::{innermost, is_tls};
use crate::observation::{Blocker, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// What helps when AWS cannot be reached.
const NETWORK: &str = "Check the network, the proxy and the AWS endpoint of this machine";

/// Stands for the code of an error that has none.
const NO_CODE: &str = "no code";

/// The reason that an error of an AWS client gives, and what helps. `action` is the permission
/// that the request needs.
pub fn classify<E>(error: &SdkError<E, HttpResponse>, action: &str) -> Unavailable
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    if let Some(unavailable) = not_renewed(error) {
        return unavailable;
    }
    match error {
        SdkError::ServiceError(service) => match (service.err().code(), service.err().message()) {
            // An error page, such as a gateway's: nothing in it is an AWS error.
            (None, None) => no_answer(service.raw(), action),
            (code, message) => {
                let status = service.raw().status().as_u16();
                said(
                    code.unwrap_or(NO_CODE),
                    message.unwrap_or(""),
                    status,
                    action,
                )
            }
        },
        SdkError::ResponseError(answer) => no_answer(answer.raw(), action),
        SdkError::TimeoutError(_) => {
            Unavailable::new(UnavailableReason::TimedOut, format!("{action} timed out"))
                .fix(NETWORK)
        }
        SdkError::DispatchFailure(failure) => {
            let connector = failure.as_connector_error();
            let text = connector.map_or_else(|| innermost(error), |e| innermost(e));
            let detail = format!("{action} not reached: {text}");
            match connector {
                Some(connector) if is_tls(connector) => Unavailable::new(
                    UnavailableReason::Tls,
                    detail,
                )
                .fix(
                    "Check the trusted certificates of this machine (SSL_CERT_FILE) and the proxy",
                ),
                Some(connector) if connector.is_timeout() => {
                    Unavailable::new(UnavailableReason::TimedOut, detail).fix(NETWORK)
                }
                _ => Unavailable::new(UnavailableReason::Unreachable, detail).fix(NETWORK),
            }
        }
        other => Unavailable::new(
            UnavailableReason::NoCredentials,
            format!("{action}: {}", innermost(other)),
        ),
    }
}

/// Why there was nothing to sign with, where keys have expired since the run began.
fn not_renewed(error: &(dyn std::error::Error + 'static)) -> Option<Unavailable> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(NotRenewed(unavailable)) = error.downcast_ref() {
            return Some(unavailable.clone());
        }
        next = error.source();
    }
    None
}

fn no_answer(response: &HttpResponse, action: &str) -> Unavailable {
    let status = response.status().as_u16();
    let body = response.body().bytes().unwrap_or_default();
    let head = Untrusted::head_of(body).printable(80);
    let said = match head.is_empty() {
        true => "its body is empty".to_owned(),
        false => format!("`{head}`"),
    };
    Unavailable::new(
        UnavailableReason::NotJson,
        format!("{action}: HTTP {status} that is no AWS answer: {said}"),
    )
    .fix(NETWORK)
    .command("duckops doctor")
}

/// What an error that the service itself named says.
fn said(code: &str, message: &str, status: u16, action: &str) -> Unavailable {
    // Namespaces such as `com.amazon.coral.service#` are no part of the code.
    let code = code.rsplit('#').next().unwrap_or(code);
    let code = code.split(':').next().unwrap_or(code);
    let words = Untrusted::new(message).printable(240);
    let named = Untrusted::new(code).printable(60);
    let unavailable = |why, text: String| Unavailable::new(why, text);
    if is_clock(code, message) {
        return unavailable(
            UnavailableReason::ClockOff,
            format!("AWS rejected the clock of this machine ({named})"),
        )
        .reply(words)
        .fix("Set the clock of this machine");
    }
    // The signature is for another region or service than the one that was asked.
    if message.contains("Credential should be scoped to") {
        return unavailable(
            UnavailableReason::NoCredentials,
            format!("AWS rejected the region of the request ({named})"),
        )
        .reply(words)
        .fix("Check the region of this stack and the AWS endpoint of this machine");
    }
    if let Some((why, fix)) = of_message(message) {
        return unavailable(why, format!("AWS refused {action} ({named})"))
            .reply(words)
            .fix(fix);
    }
    if let Some(refusal) = network_refusal(status) {
        return unavailable(
            UnavailableReason::Unreachable,
            format!("{action}: {refusal}"),
        )
        .fix("Sign in to the network or its proxy, then run duckops again");
    }
    if code.contains("NextToken") {
        return unavailable(
            UnavailableReason::HttpStatus,
            format!("AWS refused {action} ({named})"),
        )
        .reply(words)
        .fix(PAGE);
    }
    if is_about_key(code, message) {
        let why = match code {
            _ if code.contains("AccessDenied") => UnavailableReason::Denied,
            _ if code.contains("NotFound") => UnavailableReason::NotFound,
            _ => UnavailableReason::HttpStatus,
        };
        return unavailable(why, format!("{action}: {named}: {words}")).fix(
            "Check the KMS key of the function and of the workflow: its state and its policy",
        );
    }
    match code {
        _ if code.contains("AccessDenied")
            || matches!(
                code,
                "UnauthorizedOperation" | "AuthorizationError" | "NotAuthorized"
            )
            // What is no service of AWS, but answers for one, has no codes.
            || (code == NO_CODE && matches!(status, 401 | 403)) =>
        {
            unavailable(UnavailableReason::Denied, format!("AWS denied {action}"))
                .reply(words)
                .fix(permission_fix(message, action))
                .blocker(Blocker::DeniedAction(action.into()))
        }
        // What single sign-on says of a role that is not, or no longer, assigned.
        "ForbiddenException" => unavailable(
            UnavailableReason::Denied,
            format!("AWS gave no role to this login ({action})"),
        )
        .reply(words)
        .fix("Have the role assigned to this login, or choose another AWS_PROFILE"),
        _ if code.contains("Throttl")
            || code.contains("ThroughputExceeded")
            || code.starts_with("TooManyRequests")
            || code.starts_with("SlowDown")
            || matches!(
                code,
                "RequestLimitExceeded"
                    | "BandwidthLimitExceeded"
                    | "PriorRequestNotComplete"
                    | "LimitExceededException"
            )
            || status == 429
            || message.contains("reduce your request rate")
            || message.starts_with("Rate exceeded") =>
        {
            unavailable(
                UnavailableReason::Throttled,
                format!("AWS throttled {action}"),
            )
            .reply(words)
            .fix("Wait a minute, then run duckops again")
        }
        // The last two are those of single sign-on.
        "ExpiredToken"
        | "ExpiredTokenException"
        | "TokenRefreshRequired"
        | "UnauthorizedException"
        | "InvalidGrantException" => unavailable(
            UnavailableReason::Expired,
            format!("AWS session expired ({action})"),
        )
        .reply(words)
        .fix(LOG_IN_AGAIN),
        "InvalidIdentityToken" | "IDPRejectedClaim" | "IDPCommunicationError" => unavailable(
            UnavailableReason::NoCredentials,
            format!("AWS rejected the web identity ({named})"),
        )
        .reply(words)
        .fix("Check the identity provider of the account and the trust policy of the role"),
        "UnrecognizedClientException"
        | "InvalidToken"
        | "InvalidClientException"
        | "UnauthorizedClientException"
        | "Unauthorized"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "AuthFailure" => unavailable(
            UnavailableReason::NoCredentials,
            format!("AWS rejected the credentials ({named})"),
        )
        .reply(words)
        .fix(OTHER_KEYS),
        "OptInRequired" | "SubscriptionRequiredException" | "RegionDisabledException" => {
            unavailable(
                UnavailableReason::Denied,
                format!("{action}: service or region not enabled in this account ({named})"),
            )
            .reply(words)
            .fix("Check the account and the region of this stack")
        }
        _ if code.contains("NotFound")
            || code.contains("DoesNotExist")
            || code.contains("NoSuch") =>
        {
            unavailable(
                UnavailableReason::NotFound,
                format!("{action}: there is no such resource ({named}): {words}"),
            )
            .fix("Check the names, the account and the region of this stack")
        }
        "StateMachineTypeNotSupported" => unavailable(
            UnavailableReason::Unsupported,
            format!("{action}: an express workflow keeps no list of executions"),
        )
        .reply(words)
        .fix("Set state_machine to the standard workflow in the configuration"),
        // An emulator or a gateway in the place of AWS answers so.
        _ if status == 501 || matches!(code, "UnknownOperationException" | "InvalidAction") => {
            unavailable(
                UnavailableReason::Unsupported,
                format!("{action} is not known where it was asked ({named})"),
            )
            .reply(words)
            .fix("Check the AWS endpoint of this machine: what answers there is not all of AWS")
        }
        _ if code.contains("NotSupported")
            || message.contains("does not support this operation") =>
        {
            unavailable(
                UnavailableReason::Unsupported,
                format!("{action}: {named}: {words}"),
            )
        }
        "ResourceConflictException"
        | "ResourceInUseException"
        | "ConflictException"
        | "OperationAbortedException" => unavailable(
            UnavailableReason::HttpStatus,
            format!("{action}: {named}: {words}"),
        )
        .fix("Run duckops again in a minute: AWS is changing the resource"),
        _ if status >= 500
            || code.starts_with("RequestTimeout")
            || code.starts_with("Internal") =>
        {
            unavailable(
                UnavailableReason::HttpStatus,
                format!("{action}: HTTP {status} {named}: {words}"),
            )
            .fix("Run duckops again in a minute; see the AWS Health Dashboard")
        }
        _ => {
            let unavailable = unavailable(
                UnavailableReason::HttpStatus,
                format!("{action}: HTTP {status} {named}: {words}"),
            );
            match code.starts_with("Invalid") || code == "ValidationException" {
                true => {
                    unavailable.fix("Check the names, the account and the region of this stack")
                }
                false => unavailable,
            }
        }
    }
}

#[cfg(test)]
mod tests;
