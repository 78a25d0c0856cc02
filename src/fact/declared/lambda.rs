//! The facts of the lambda probe.

use super::super::{Declared, FactType, clocked};

pub(super) const FACTS: &[Declared] = facts! { clocked:
    "lambda.invocations_by_minute" Series "count" "invocations of the function";
    "lambda.errors_by_minute" Series "count" "errors of the function";
    "lambda.throttles_by_minute" Series "count" "throttled requests to the function";
    "lambda.alias_invocations_by_minute" Series "count" "invocations through the alias";
    "lambda.alias_errors_by_minute" Series "count" "errors through the alias";
    "lambda.alias_throttles_by_minute" Series "count" "throttled requests through the alias";
    "lambda.version_invocations_by_minute" Groups "count"
        "invocations through the alias, for each version that was executed";
    "lambda.version_errors_by_minute" Groups "count"
        "errors through the alias, for each version that was executed";
};
