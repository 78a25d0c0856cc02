//! The facts of the identity probe.

use super::super::{Declared, FactType, steady};

pub(super) const FACTS: &[Declared] = facts! { steady:
    "aws.account" Text "" "the account that answers";
    "aws.identity" Text "" "who asks, as an ARN";
};
