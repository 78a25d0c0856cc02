//! What the type of an entry means. Types are matched by meaning, never by a closed list:
//! several spellings are known and more must be expected.

/// What a type speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) pulse: bool,
    pub(super) peck: bool,
    pub(super) cert: bool,
    /// A certificate was issued, and not that it failed to be.
    pub(super) cert_issued: bool,
    /// An agent became known to the platform.
    pub(super) registration: bool,
    /// A callback failed, in any spelling.
    pub(super) callback_error: bool,
}

impl Meaning {
    /// The meaning of a type.
    pub(super) fn of(kind: &str) -> Self {
        let kind = normal(kind);
        let about = |word: &str| kind.contains(word);
        let denied = ["fail", "error", "not_", "unissued", "revoke"];
        Self {
            pulse: about("pulse"),
            peck: about("peck"),
            cert: about("cert"),
            cert_issued: about("cert") && about("issued") && !denied.iter().any(|word| about(word)),
            registration: (about("regist") || about("bonded")) && !about("unbonded"),
            callback_error: says_callback_error(&kind),
        }
    }
}

/// Whether a text of any kind tells of a callback that failed.
pub(super) fn mentions_callback_error(text: &str) -> bool {
    says_callback_error(&normal(text))
}

fn says_callback_error(text: &str) -> bool {
    text.contains("callback") && (text.contains("error") || text.contains("fail"))
}

/// Lower case, with `-`, `.` and blanks as `_`.
pub(super) fn normal(text: &str) -> String {
    let one = |c| match c {
        '-' | '.' | ' ' => '_',
        other => other.to_ascii_lowercase(),
    };
    text.chars().map(one).collect()
}

/// The meanings of the types met so far: a feed has many entries and few types.
#[derive(Debug, Default)]
pub(super) struct Meanings(Vec<(String, Meaning)>);

impl Meanings {
    /// So many types are remembered; a feed with more is read all the same.
    const MOST: usize = 64;

    pub(super) fn of(&mut self, kind: &str) -> Meaning {
        if let Some((_, meaning)) = self.0.iter().find(|(known, _)| known == kind) {
            return *meaning;
        }
        let meaning = Meaning::of(kind);
        if self.0.len() < Self::MOST {
            self.0.push((kind.to_owned(), meaning));
        }
        meaning
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_callback_error_are_one() {
        for kind in [
            "callback_error",
            "peck.callback-error",
            "CALLBACK_ERROR",
            "peck callback failed",
        ] {
            assert!(Meaning::of(kind).callback_error, "{kind}");
        }
        assert!(!Meaning::of("peck.callback").callback_error);
    }

    #[test]
    fn failed_and_revoked_certificates_are_not_issued() {
        assert!(Meaning::of("duck.cert_issued").cert_issued);
        for kind in [
            "cert.issue_failed",
            "cert.not_issued",
            "cert.verified",
            "cert_revoked_issued",
        ] {
            let meaning = Meaning::of(kind);
            assert!(meaning.cert && !meaning.cert_issued, "{kind}");
        }
    }

    #[test]
    fn types_beyond_the_cache_are_still_classified() {
        let mut meanings = Meanings::default();
        for n in 0..2 * Meanings::MOST {
            assert!(!meanings.of(&format!("other{n}")).pulse);
        }
        assert!(meanings.of("duck.pulse").pulse && meanings.of("duck.pulse").pulse);
        assert_eq!(meanings.0.len(), Meanings::MOST);
    }
}
