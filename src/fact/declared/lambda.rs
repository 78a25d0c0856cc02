//! The facts of the lambda probe.

use super::super::{Declared, FactType};

pub(super) const FACTS: &[Declared] = &[
    fact(
        "lambda.invocations_by_minute",
        FactType::Series,
        "invocations of the function",
    ),
    fact(
        "lambda.errors_by_minute",
        FactType::Series,
        "errors of the function",
    ),
    fact(
        "lambda.throttles_by_minute",
        FactType::Series,
        "throttled requests to the function",
    ),
    fact(
        "lambda.alias_invocations_by_minute",
        FactType::Series,
        "invocations through the alias",
    ),
    fact(
        "lambda.alias_errors_by_minute",
        FactType::Series,
        "errors through the alias",
    ),
    fact(
        "lambda.alias_throttles_by_minute",
        FactType::Series,
        "throttled requests through the alias",
    ),
    fact(
        "lambda.version_invocations_by_minute",
        FactType::Groups,
        "invocations through the alias, for each version that was executed",
    ),
    fact(
        "lambda.version_errors_by_minute",
        FactType::Groups,
        "errors through the alias, for each version that was executed",
    ),
];

const fn fact(path: &'static str, ty: FactType, about: &'static str) -> Declared {
    Declared {
        path,
        ty,
        unit: "count",
        clocked: true,
        about,
    }
}
