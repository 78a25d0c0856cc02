//! The characters of keys. A request carries two of them in headers, where the SDK panics at a line break.

use aws_credential_types::Credentials;

/// The part of the keys that holds a character that no key has, such as the line break that a shell read
/// with it from a file.
pub(super) fn unusable_part(keys: &Credentials) -> Option<&'static str> {
    let parts = [
        (Some(keys.access_key_id()), "access key id"),
        (Some(keys.secret_access_key()), "secret access key"),
        (keys.session_token(), "session token"),
    ];
    let is_unusable = |part: Option<&str>| {
        part.is_some_and(|part| {
            let mut bytes = part.bytes();
            bytes.any(|byte| !byte.is_ascii_graphic() || [b'"', b'\''].contains(&byte))
        })
    };
    let found = parts.into_iter().find(|(part, _)| is_unusable(*part));
    found.map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_in_a_key_is_named() {
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
            assert_eq!(unusable_part(&keys), part, "{id:?} {secret:?} {token:?}");
        }
    }
}
