//! The facts of the alias probe.

use super::super::{Declared, FactType, steady as fact};

pub(super) const FACTS: &[Declared] = &[
    fact(
        "alias.pinned",
        FactType::Text,
        "",
        "the version that the caller expects",
    ),
    fact(
        "alias.version",
        FactType::Text,
        "",
        "the version that the alias points to",
    ),
    fact(
        "alias.number",
        FactType::Int,
        "version",
        "the same as a number; none for $LATEST",
    ),
    fact(
        "alias.revision",
        FactType::Text,
        "",
        "the revision that an update must name",
    ),
    fact(
        "alias.latest",
        FactType::Bool,
        "",
        "whether the alias points to $LATEST",
    ),
    fact(
        "alias.weighted",
        FactType::Bool,
        "",
        "whether a part of the traffic goes to another version",
    ),
    fact(
        "alias.split",
        FactType::Text,
        "",
        "how the traffic is split between versions",
    ),
    fact(
        "alias.timeout",
        FactType::Duration,
        "seconds",
        "the time limit of the function",
    ),
    fact(
        "alias.published",
        FactType::Instant,
        "utc",
        "when the version behind the alias was published",
    ),
    fact(
        "alias.function_state",
        FactType::Text,
        "",
        "state and last update of the version behind the alias",
    ),
    fact(
        "alias.versions",
        FactType::List,
        "",
        "the numbers of all published versions, newest first",
    ),
    fact(
        "alias.newest_versions",
        FactType::List,
        "",
        "the 5 newest published versions with their dates",
    ),
];
