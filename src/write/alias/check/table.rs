//! The checks in their order: which claim each makes, what it does to a write, and how a
//! person would ask the same.

use super::result::CheckResult;
use super::{PreflightInput, drift, onset, promotion, record, runtimes, target};
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

/// Number, id, title, what it does to a write, whose answer it stands on, and how it is made.
pub(super) const CHECKS: [(&str, &str, Gate, Probe, Made); 27] = [
    (
        "account",
        "Account and region",
        Gate::Shut,
        Probe::Identity,
        target::account,
    ),
    ("clock", "Clock", Gate::Bad, Probe::Status, target::clock),
    ("alias", "Alias", Gate::Shut, Probe::Alias, target::alias),
    (
        "weights",
        "Weights",
        Gate::Shut,
        Probe::Alias,
        target::weights,
    ),
    (
        "deployment",
        "Deployments of others",
        Gate::Open,
        Probe::Alias,
        target::deployment,
    ),
    (
        "target",
        "Target version",
        Gate::Shut,
        Probe::Alias,
        target::exists,
    ),
    (
        "state",
        "State of the version",
        Gate::Shut,
        Probe::Alias,
        target::state,
    ),
    ("code", "Code", Gate::Bad, Probe::Alias, target::code),
    (
        "configuration",
        "Configuration",
        Gate::Open,
        Probe::Alias,
        target::configuration,
    ),
    (
        "runtime",
        "Runtime",
        Gate::Open,
        Probe::Alias,
        runtimes::runtime,
    ),
    (
        "provisioned",
        "Provisioned concurrency",
        Gate::Open,
        Probe::Alias,
        target::provisioned,
    ),
    (
        "concurrency",
        "Concurrency and throttling",
        Gate::Advice,
        Probe::Lambda,
        record::concurrency,
    ),
    (
        "permission",
        "Permission of API Gateway",
        Gate::Advice,
        Probe::Alias,
        record::permission,
    ),
    (
        "series",
        "Metrics by version",
        Gate::Open,
        Probe::Lambda,
        record::series,
    ),
    (
        "current",
        "Version that serves now",
        Gate::Open,
        Probe::Lambda,
        record::current,
    ),
    (
        "record",
        "Record of the version",
        Gate::Bad,
        Probe::Lambda,
        record::target,
    ),
    (
        "onset",
        "Onset of the errors",
        Gate::Advice,
        Probe::Lambda,
        onset::onset,
    ),
    (
        "smoke",
        "Smoke test",
        Gate::Bad,
        Probe::Alias,
        record::smoke,
    ),
    (
        "drift",
        "Version drift",
        Gate::Open,
        Probe::Status,
        drift::drift,
    ),
    (
        "deploy-log",
        "DEPLOY-LOG.md",
        Gate::Open,
        Probe::Alias,
        promotion::deploy_log,
    ),
    (
        "governance",
        "GOVERNANCE-LOG.md",
        Gate::Open,
        Probe::Alias,
        promotion::governance,
    ),
    (
        "alone",
        "Other runs on this machine",
        Gate::Open,
        Probe::Alias,
        promotion::alone,
    ),
    (
        "status",
        "Status API",
        Gate::Bad,
        Probe::Status,
        promotion::status,
    ),
    ("fleet", "Fleet", Gate::Bad, Probe::Status, promotion::fleet),
    (
        "audit",
        "Audit feed",
        Gate::Bad,
        Probe::Audit,
        promotion::audit,
    ),
    (
        "mail",
        "Mail quota",
        Gate::Bad,
        Probe::Email,
        promotion::mail,
    ),
    (
        "freeze",
        "Change freeze",
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
