//! The facts of the alias probe.

use super::super::{Declared, FactType, steady};

pub(super) const FACTS: &[Declared] = facts! { steady:
    "alias.pinned" Text "" "the version that the caller expects";
    "alias.version" Text "" "the version that the alias points to";
    "alias.number" Int "version" "the same as a number; none for $LATEST";
    "alias.revision" Text "" "the revision that an update must name";
    "alias.latest" Bool "" "whether the alias points to $LATEST";
    "alias.weighted" Bool "" "whether a part of the traffic goes to another version";
    "alias.split" Text "" "how the traffic is split between versions";
    "alias.timeout" Duration "seconds" "the time limit of the function";
    "alias.published" Instant "utc" "when the version behind the alias was published";
    "alias.function_state" Text ""
        "state and last update of the version behind the alias, with the reasons that Lambda gives";
    "alias.function_obstacle" Text ""
        "the same where it keeps the version from serving, or may";
    "alias.standing" Text ""
        "whether that version can serve: ready, inactive, pending, coming or failed";
    "alias.gateway" Text ""
        "whether the policy of the alias allows API Gateway: allowed, refused or undecided; asked while the API fails";
    "alias.gateway_reason" Text ""
        "which statement of the policy decides that, or what of it cannot be evaluated";
    "alias.versions" List "" "the numbers of all published versions, newest first";
    "alias.newest_versions" List "" "the 5 newest published versions with their dates";
};
