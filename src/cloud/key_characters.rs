//! The characters of keys. A request carries two of them in headers, where the SDK panics at a line break.

use aws_credential_types::Credentials;

/// The part of the keys that is empty, or holds a character that no key has, such as the line break that a
/// shell read with it from a file; and whether it is empty.
pub(super) fn unusable_part(keys: &Credentials) -> Option<(&'static str, bool)> {
    let token = keys.session_token().filter(|token| !token.is_empty());
    let parts = [
        (keys.access_key_id(), "access key id"),
        (keys.secret_access_key(), "secret access key"),
        (token.unwrap_or("none"), "session token"),
    ];
    let is_unusable = |part: &str| {
        let mut bytes = part.bytes();
        part.is_empty()
            || bytes.any(|byte| !byte.is_ascii_graphic() || [b'"', b'\''].contains(&byte))
    };
    let found = parts.into_iter().find(|(part, _)| is_unusable(part));
    found.map(|(part, name)| (name, part.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_key_and_a_line_break_in_one_are_named() {
        for (id, secret, token, part) in [
            ("AKIA", "a/+=", Some("b=="), None),
            ("AKIA", "a", None, None),
            ("AKIA\r", "a", None, Some("access key id")),
            ("AKIA", "a\n", None, Some("secret access key")),
            ("AKIA", "a", Some("b b"), Some("session token")),
            ("\"AKIA\"", "a", None, Some("access key id")),
            ("AKIA", "a", Some("\u{feff}b"), Some("session token")),
        ] {
            let keys = Credentials::new(id, secret, token.map(str::to_owned), None, "test");
            let due = part.map(|part| (part, false));
            assert_eq!(unusable_part(&keys), due, "{id:?} {secret:?} {token:?}");
        }
        for (id, secret, part) in [("", "a", "access key id"), ("a", "", "secret access key")] {
            let keys = Credentials::new(id, secret, None, None, "test");
            assert_eq!(unusable_part(&keys), Some((part, true)));
        }
    }
}
