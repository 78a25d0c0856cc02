//! What helps against a request that AWS denied, by the words of its message.

/// What helps against a denial: the policy that denies decides who can change it. The words are
/// those of the AWS "troubleshoot access denied" reference.
pub(super) fn permission_fix(message: &str, action: &str) -> String {
    let lower = message.to_lowercase();
    let action = denied_action(message).unwrap_or(action);
    let about = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if about(&[
        "service control policy",
        "resource control policy",
        "declarative policy",
    ]) {
        return format!(
            "Have the administrators of the AWS organisation allow {action}; a permission on this identity does not help"
        );
    }
    let explicit = about(&["explicit deny"]);
    for (words, name) in [
        (
            "permissions boundary",
            "the permissions boundary of this identity",
        ),
        ("session policy", "the session policy of this login"),
        ("vpc endpoint policy", "the policy of the VPC endpoint"),
        ("resource-based policy", "the policy of the resource"),
    ] {
        if lower.contains(words) && (explicit || !lower.contains("no identity-based policy")) {
            let verb = if explicit {
                "Remove the deny of"
            } else {
                "Allow"
            };
            return if explicit {
                format!("{verb} {action} from {name}")
            } else {
                format!("{verb} {action} in {name}")
            };
        }
    }
    if explicit {
        return format!("Find the policy that denies {action} explicitly, and remove the deny");
    }
    if action.starts_with("sts:AssumeRole") {
        return format!("Allow {action} for this identity, and in the trust policy of the role");
    }
    format!("Allow {action} for this identity")
}

/// The action that AWS names as denied; it need not be the one that was asked for.
fn denied_action(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("ot authorized to perform")?;
    let named = rest
        .trim_start_matches([':', ' '])
        .split([' ', ','])
        .next()?;
    let named = named.trim_end_matches('.');
    let plain = |c: char| c.is_ascii_alphanumeric() || c == ':';
    (named.contains(':') && named.chars().all(plain)).then_some(named)
}
