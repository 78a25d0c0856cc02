//! The questions that the practice stack answers, and the names that each goes by: in a
//! signature, in a permission, in a request header.

use std::fmt;

/// An AWS service, by the names it has in different places.
pub(super) struct Service {
    /// In the credential scope of a signature.
    pub(super) signing: &'static str,
    /// Before the colon of a permission.
    pub(super) permission: &'static str,
}

macro_rules! operations {
    ($($name:ident $service:expr, $about:literal;)*) => {
        /// One question to the stack.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operation {
            $(#[doc = $about] $name,)*
        }

        impl Operation {
            /// Every operation.
            pub const ALL: [Operation; [$($about),*].len()] = [$(Operation::$name),*];

            /// The service that it belongs to; none for the stack's own API.
            pub(super) fn service(self) -> Option<Service> {
                let names: Option<(&str, &str)> = match self {
                    $(Operation::$name => $service,)*
                };
                let (signing, permission) = names?;
                Some(Service {
                    signing,
                    permission,
                })
            }
        }
    };
}

// Name, service in a signature and in a permission, meaning.
operations! {
    Status None, "`GET /beak/system/status`";
    Audit None, "`POST /beak/audit`";
    Spaceducks None, "`GET` and `POST /beak/spaceducks`: the agents and connections of a duckling.";
    PeckList None, "`POST /beak/peck/list`: the requests of an agent.";
    Pulse None, "`POST /beak/pulse`: a sign of life in an agent's name.";
    Rotate None, "`POST /beak/rotate`: a new key for an agent.";
    Unpeck None, "`POST /beak/unpeck`: the end of a bond.";
    GetCallerIdentity Some(("sts", "sts")), "STS: which account and role is this?";
    ListExecutions Some(("states", "states")), "Step Functions: the executions of a state machine.";
    DescribeExecution Some(("states", "states")), "Step Functions: how one execution ended.";
    GetAccount Some(("ses", "ses")), "SES: quota and enforcement.";
    ListSuppressedDestinations Some(("ses", "ses")), "SES: addresses that bounced or complained.";
    ListEmailIdentities Some(("ses", "ses")), "SES: the verified senders and recipients.";
    GetMetricData Some(("monitoring", "cloudwatch")), "CloudWatch: several metrics at once.";
    GetMetricStatistics Some(("monitoring", "cloudwatch")), "CloudWatch: one metric.";
    GetAlias Some(("lambda", "lambda")), "Lambda: where an alias points.";
    ListVersionsByFunction Some(("lambda", "lambda")), "Lambda: the published versions.";
    GetFunctionConfiguration Some(("lambda", "lambda")), "Lambda: the settings of one version.";
    GetPolicy Some(("lambda", "lambda")), "Lambda: who may invoke the alias.";
    GetProvisionedConcurrencyConfig Some(("lambda", "lambda")),
        "Lambda: what is kept warm for the alias.";
    GetFunctionConcurrency Some(("lambda", "lambda")), "Lambda: what is reserved for the function.";
    Invoke Some(("lambda", "lambda")), "Lambda: one call of one version.";
    UpdateAlias Some(("lambda", "lambda")), "Lambda: where an alias shall point.";
    FilterLogEvents Some(("logs", "logs")), "Logs: the lines that match a pattern.";
    LookupEvents Some(("cloudtrail", "cloudtrail")), "CloudTrail: who changed what.";
}

impl Operation {
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
