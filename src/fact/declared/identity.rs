//! The facts of the identity probe.

use super::super::{Declared, FactType};

pub(super) const FACTS: &[Declared] = &[
    fact("aws.account", "the account that answers"),
    fact("aws.identity", "who asks, as an ARN"),
];

const fn fact(path: &'static str, about: &'static str) -> Declared {
    Declared {
        path,
        ty: FactType::Text,
        unit: "",
        clocked: false,
        about,
    }
}
