//! What helps against keys that AWS does not accept, where their source is not known.

/// Against keys that have expired.
pub(super) const LOG_IN_AGAIN: &str = "Log in to AWS again, then run duckops again";

/// Against keys that AWS does not know.
pub(super) const OTHER_KEYS: &str =
    "Log in to AWS again or choose another AWS_PROFILE; a wrong clock does this too";
