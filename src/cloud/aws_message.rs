//! What the message of an AWS error says beyond its code: AWS has one code for many causes.

use super::advice::LOG_IN_AGAIN;
use crate::observation::UnavailableReason;

/// What helps against a refusal of the whole account.
const ACCOUNT: &str = "Ask AWS Support about the account; a permission does not help";
/// What helps where the next page cannot be asked for.
pub(super) const PAGE: &str =
    "Run duckops again: the next page that AWS offered is no longer valid";

/// The reason and what helps where the message alone says it: AWS has one code for many of these.
pub(super) fn of_message(message: &str) -> Option<(UnavailableReason, &'static str)> {
    use UnavailableReason::{Denied, Expired, HttpStatus, NoCredentials};
    let lower = message.to_lowercase();
    let known = [
        (
            "multifactorauthentication failed",
            Denied,
            "Log in with a one-time code (MFA) first, then run duckops again",
        ),
        (
            "requested durationseconds exceeds",
            HttpStatus,
            "Set duration_seconds of the profile to no more than the role allows",
        ),
        (
            "assumed by root accounts",
            Denied,
            "Use an identity that is not the root of the account",
        ),
        (
            "user: anonymous is not authorized",
            NoCredentials,
            "Log in to AWS, then run duckops again: the request came without a signature",
        ),
        (
            "token included in the request is expired",
            Expired,
            LOG_IN_AGAIN,
        ),
        (
            "token included in the request has expired",
            Expired,
            LOG_IN_AGAIN,
        ),
        ("invalid token: ", HttpStatus, PAGE),
        ("nexttoken is", HttpStatus, PAGE),
        ("starting key is invalid", HttpStatus, PAGE),
    ];
    let found = known.into_iter().find(|(part, ..)| lower.contains(part));
    let account = || is_about_account(&lower).then_some((Denied, ACCOUNT));
    found.map(|(_, why, fix)| (why, fix)).or_else(account)
}

/// Whether it is about a key of KMS: Lambda, Step Functions and DynamoDB pass on what KMS said of a key of
/// theirs.
pub(super) fn is_about_key(code: &str, message: &str) -> bool {
    let names_key = || {
        let lower = message.to_lowercase();
        let names = lower.contains("kms key") || lower.contains("customer master key");
        names && !lower.contains("not authorized to perform")
    };
    let is_of_kms = code.to_ascii_lowercase().starts_with("kms") && !code.contains("Throttl");
    is_of_kms
        || code.starts_with("InaccessibleEncryption")
        || (code.contains("AccessDenied") && names_key())
}

/// `Your account is suspended`, `This account has not been verified yet`.
fn is_about_account(lower: &str) -> bool {
    let Some((_, said)) = lower.split_once("account ") else {
        return false;
    };
    let state = said.split(['.', ',', ':', ';']).next().unwrap_or_default();
    let state = state.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
    let states = [
        "blocked",
        "suspended",
        "closed",
        "verif",
        "on hold",
        "terminated",
    ];
    ["is ", "has ", "was "]
        .iter()
        .any(|verb| state.starts_with(verb))
        && states.iter().any(|word| state.contains(word))
}

/// Whether AWS refuses the request for its time. A signature that does not match is the key's
/// fault unless the message names a time.
pub(super) fn is_clock(code: &str, message: &str) -> bool {
    matches!(
        code,
        "RequestExpired" | "RequestTimeTooSkewed" | "RequestInTheFuture"
    ) || [
        "Signature expired",
        "Signature not yet current",
        "Date in Credential scope does not match",
        "is now earlier than",
        "is still later than",
        "difference between the request time and the",
    ]
    .iter()
    .any(|part| message.contains(part))
}
