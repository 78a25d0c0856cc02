//! Codes and messages of AWS, each with its reason and what helps.

use super::*;

#[test]
fn an_ambiguous_aws_code_is_resolved_by_its_message() {
    let table = [
        (
            "SignatureDoesNotMatch",
            "Signature expired: 20260322T010000Z is now earlier than 20260322T030709Z",
            UnavailableReason::ClockOff,
            "clock",
        ),
        (
            "InvalidSignatureException",
            "Signature not yet current: 20260322T050000Z is still later than 20260322T031709Z",
            UnavailableReason::ClockOff,
            "clock",
        ),
        (
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided",
            UnavailableReason::NoCredentials,
            "Log in",
        ),
        (
            "AccessDeniedException",
            "User: x is not authorized to perform: lambda:GetAlias on resource: y with an explicit deny in a service control policy",
            UnavailableReason::Denied,
            "organisation",
        ),
        (
            "AccessDenied",
            "with an explicit deny in a resource control policy",
            UnavailableReason::Denied,
            "organisation",
        ),
        (
            "AccessDeniedException",
            "because no permissions boundary allows the lambda:GetAlias action",
            UnavailableReason::Denied,
            "permissions boundary",
        ),
        (
            "AccessDeniedException",
            "with an explicit deny in an identity-based policy",
            UnavailableReason::Denied,
            "remove the deny",
        ),
        (
            "AccessDeniedException",
            "because no identity-based policy allows the lambda:GetAlias action",
            UnavailableReason::Denied,
            "Allow lambda:GetAlias for this identity",
        ),
        (
            "com.amazonaws.states#StateMachineDoesNotExist",
            "State Machine Does Not Exist",
            UnavailableReason::NotFound,
            "region",
        ),
        (
            "StateMachineTypeNotSupported",
            "This operation is not supported by this type of state machine",
            UnavailableReason::Unsupported,
            "state_machine",
        ),
        (
            "ServiceUnavailableException",
            "",
            UnavailableReason::HttpStatus,
            "Health",
        ),
    ];
    for (code, message, why, fix) in table {
        let found = said(code, message, 503, "lambda:GetAlias");
        assert_eq!(found.why, why, "{code}: {message}");
        let fixed = found.fix.unwrap_or_default();
        assert!(fixed.as_str().contains(fix), "{code}: {message}: {fixed}");
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorCase {
    /// Where it was met.
    #[serde(default, rename = "source")]
    _source: Option<String>,
    code: String,
    message: String,
    status: u16,
    reason: String,
    fix_says: String,
    fix_not: Vec<String>,
}

#[test]
fn every_case_of_the_corpus_has_its_reason_and_its_fix() {
    let cases = crate::cloud::corpus_tests::cases::<ErrorCase>("aws-errors");
    println!("AWS error corpus: {} cases", cases.len());
    let mut wrong = Vec::new();
    for (name, case) in cases {
        let found = said(
            &case.code,
            &case.message,
            case.status,
            "states:ListExecutions",
        );
        let (why, fix) = (found.why.code(), found.fix.unwrap_or_default());
        let says = |word: &String| fix.as_str().contains(word.as_str());
        if why != case.reason || !says(&case.fix_says) || case.fix_not.iter().any(says) {
            wrong.push(format!("{name}: {why}, {fix}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
