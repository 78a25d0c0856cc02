//! The questions that the practice stack answers, and the names that each goes by: in a
//! signature, in a permission, in a request header.

use std::fmt;

/// One question to the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// `GET /beak/system/status`
    Status,
    /// `POST /beak/audit`
    Audit,
    /// `GET` and `POST /beak/spaceducks`: the agents and connections of a duckling.
    Spaceducks,
    /// `POST /beak/peck/list`: the requests of an agent.
    PeckList,
    /// `POST /beak/pulse`: a sign of life in an agent's name.
    Pulse,
    /// `POST /beak/rotate`: a new key for an agent.
    Rotate,
    /// `POST /beak/unpeck`: the end of a bond.
    Unpeck,
    /// STS: which account and role is this?
    GetCallerIdentity,
    /// Step Functions: the executions of a state machine.
    ListExecutions,
    /// SES: quota and enforcement.
    GetAccount,
    /// CloudWatch: several metrics at once.
    GetMetricData,
    /// CloudWatch: one metric.
    GetMetricStatistics,
    /// Lambda: where an alias points.
    GetAlias,
    /// Lambda: the published versions.
    ListVersionsByFunction,
    /// Lambda: the settings of one version.
    GetFunctionConfiguration,
    /// Lambda: who may invoke the alias.
    GetPolicy,
    /// Lambda: what is kept warm for the alias.
    GetProvisionedConcurrencyConfig,
    /// Lambda: what is reserved for the function.
    GetFunctionConcurrency,
    /// Lambda: one call of one version.
    Invoke,
    /// Lambda: where an alias shall point.
    UpdateAlias,
    /// Logs: the lines that match a pattern.
    FilterLogEvents,
}

/// An AWS service, by the names it has in different places.
pub(super) struct Service {
    /// In the credential scope of a signature.
    pub(super) signing: &'static str,
    /// Before the colon of a permission.
    pub(super) permission: &'static str,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Operation; 21] = [
        Operation::Status,
        Operation::Audit,
        Operation::Spaceducks,
        Operation::PeckList,
        Operation::Pulse,
        Operation::Rotate,
        Operation::Unpeck,
        Operation::GetCallerIdentity,
        Operation::ListExecutions,
        Operation::GetAccount,
        Operation::GetMetricData,
        Operation::GetMetricStatistics,
        Operation::GetAlias,
        Operation::ListVersionsByFunction,
        Operation::GetFunctionConfiguration,
        Operation::GetPolicy,
        Operation::GetProvisionedConcurrencyConfig,
        Operation::GetFunctionConcurrency,
        Operation::Invoke,
        Operation::UpdateAlias,
        Operation::FilterLogEvents,
    ];

    /// The service that it belongs to; none for the stack's own API.
    pub(super) fn service(self) -> Option<Service> {
        let (signing, permission) = match self {
            Operation::Status
            | Operation::Audit
            | Operation::Spaceducks
            | Operation::PeckList
            | Operation::Pulse
            | Operation::Rotate
            | Operation::Unpeck => return None,
            Operation::GetCallerIdentity => ("sts", "sts"),
            Operation::ListExecutions => ("states", "states"),
            Operation::GetAccount => ("ses", "ses"),
            Operation::GetMetricData | Operation::GetMetricStatistics => {
                ("monitoring", "cloudwatch")
            }
            Operation::GetAlias
            | Operation::ListVersionsByFunction
            | Operation::GetFunctionConfiguration
            | Operation::GetPolicy
            | Operation::GetProvisionedConcurrencyConfig
            | Operation::GetFunctionConcurrency
            | Operation::Invoke
            | Operation::UpdateAlias => ("lambda", "lambda"),
            Operation::FilterLogEvents => ("logs", "logs"),
        };
        Some(Service {
            signing,
            permission,
        })
    }

    /// The operation of this name, such as `ListExecutions`.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.to_string() == name)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
