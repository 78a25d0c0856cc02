//! The checks in their order: which claim each makes, what it does to a write, and how a
//! person would ask the same.

use super::result::CheckResult;
use super::{PreflightInput, promotion, record, runtimes, target};
use crate::fact::Probe;

/// What a check does to a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// Bad or unknown, it stands in the way.
    Shut,
    /// Only bad, it stands in the way.
    Bad,
    /// Bad, it stands in the way of a promotion, and speaks loudly against a rollback.
    Advice,
    /// It is shown.
    Open,
}

pub(super) type Made = fn(&PreflightInput<'_>) -> CheckResult;

/// Number, id, claim, what it does to a write, whose answer it stands on, and how it is made.
pub(super) const CHECKS: [(&str, &str, Gate, Probe, Made); 27] = [
    (
        "account",
        "The account and the region are the stack's",
        Gate::Shut,
        Probe::Identity,
        target::account,
    ),
    (
        "clock",
        "This machine's clock is right",
        Gate::Bad,
        Probe::Status,
        target::clock,
    ),
    (
        "alias",
        "The alias exists, and its revision is known",
        Gate::Shut,
        Probe::Alias,
        target::alias,
    ),
    (
        "weights",
        "All traffic goes to one version",
        Gate::Shut,
        Probe::Alias,
        target::weights,
    ),
    (
        "deployment",
        "No deployment of others is at it",
        Gate::Open,
        Probe::Alias,
        target::deployment,
    ),
    (
        "target",
        "The version is published, and another than the one that serves",
        Gate::Shut,
        Probe::Alias,
        target::exists,
    ),
    (
        "state",
        "The version is ready to serve",
        Gate::Shut,
        Probe::Alias,
        target::state,
    ),
    (
        "code",
        "The version differs from the one that serves, in code or configuration",
        Gate::Bad,
        Probe::Alias,
        target::code,
    ),
    (
        "configuration",
        "The version is configured like the one that serves",
        Gate::Open,
        Probe::Alias,
        target::configuration,
    ),
    (
        "runtime",
        "The runtime is supported",
        Gate::Open,
        Probe::Alias,
        runtimes::runtime,
    ),
    (
        "provisioned",
        "What is kept warm for the alias is ready",
        Gate::Open,
        Probe::Alias,
        target::provisioned,
    ),
    (
        "concurrency",
        "The function has room to run, and nothing is throttled",
        Gate::Advice,
        Probe::Lambda,
        record::concurrency,
    ),
    (
        "permission",
        "API Gateway may invoke the alias",
        Gate::Advice,
        Probe::Alias,
        record::permission,
    ),
    (
        "series",
        "CloudWatch counts what the alias serves, by version",
        Gate::Open,
        Probe::Lambda,
        record::series,
    ),
    (
        "current",
        "The version that serves does so without errors",
        Gate::Open,
        Probe::Lambda,
        record::current,
    ),
    (
        "record",
        "Nothing speaks against the version from when it served",
        Gate::Bad,
        Probe::Lambda,
        record::target,
    ),
    (
        "onset",
        "The errors, if there are any, came with the version that serves",
        Gate::Advice,
        Probe::Lambda,
        record::onset,
    ),
    (
        "smoke",
        "The version answers when it is run alone",
        Gate::Bad,
        Probe::Alias,
        record::smoke,
    ),
    (
        "drift",
        "The API says that the version behind the alias runs",
        Gate::Open,
        Probe::Status,
        record::drift,
    ),
    (
        "deploy-log",
        "DEPLOY-LOG.md knows the version",
        Gate::Open,
        Probe::Alias,
        promotion::deploy_log,
    ),
    (
        "governance",
        "The rules of the house are known",
        Gate::Open,
        Probe::Alias,
        promotion::governance,
    ),
    (
        "alone",
        "Nobody else on this machine is at the alias",
        Gate::Open,
        Probe::Alias,
        promotion::alone,
    ),
    (
        "status",
        "The status carries version, database and agents",
        Gate::Bad,
        Probe::Status,
        promotion::status,
    ),
    (
        "fleet",
        "The fleet is not all dead",
        Gate::Bad,
        Probe::Status,
        promotion::fleet,
    ),
    (
        "audit",
        "The audit feed is calm",
        Gate::Bad,
        Probe::Audit,
        promotion::audit,
    ),
    (
        "mail",
        "Mail is under 160 of 200",
        Gate::Bad,
        Probe::Email,
        promotion::mail,
    ),
    (
        "freeze",
        "There is no change freeze",
        Gate::Open,
        Probe::Alias,
        promotion::freeze,
    ),
];

/// Only before a promotion: the public checklist.
pub(super) const CHECKLIST: [&str; 5] = ["status", "fleet", "audit", "mail", "freeze"];

/// The same question as a command for a person, where there is one.
pub(super) fn manual(input: &PreflightInput<'_>, id: &str) -> String {
    let stack = input.stack;
    let (function, alias) = (&stack.function.value, &stack.alias.value);
    let aws = |rest: String| format!("aws {rest} --region {}", stack.region.value);
    let of = |number: &str| {
        let plain = number.bytes().all(|b| b.is_ascii_digit());
        let number = if plain { number } else { "VERSION" };
        aws(format!(
            "lambda get-function-configuration --function-name {function} --qualifier {number} --query '[Version,State,LastUpdateStatus,CodeSha256,LastModified]'"
        ))
    };
    match id {
        "account" => "aws sts get-caller-identity".to_owned(),
        "alias" | "weights" => aws(format!(
            "lambda get-alias --function-name {function} --name {alias}"
        )),
        "target" | "state" | "code" | "runtime" => of(input.target),
        "provisioned" => aws(format!(
            "lambda get-provisioned-concurrency-config --function-name {function} --qualifier {alias}"
        )),
        "concurrency" => aws(format!(
            "lambda get-function-concurrency --function-name {function}"
        )),
        "permission" => aws(format!(
            "lambda get-policy --function-name {function} --qualifier {alias}"
        )),
        "drift" | "status" | "fleet" => {
            format!("curl -s {}", stack.endpoint("/beak/system/status"))
        }
        "mail" => aws("sesv2 get-account".to_owned()),
        _ => String::new(),
    }
}
