//! Texts that are no secret although a secret may share a part with them: settings and our own.

use std::sync::OnceLock;

static OWN_TEXTS: OnceLock<OwnTexts> = OnceLock::new();

struct OwnTexts {
    settings: String,
    /// Ours, made only when they are needed.
    ours: OnceLock<String>,
    make: fn() -> String,
}

/// `settings` are those that are no secret, `make` yields our texts. Only the first call counts.
pub(super) fn set(settings: String, make: fn() -> String) {
    let own = OwnTexts {
        settings,
        ours: OnceLock::new(),
        make,
    };
    let _ = OWN_TEXTS.set(own);
}

/// Whether this part of a secret also stands in a setting or in a text of ours.
pub(super) fn hold(part: &[u8]) -> bool {
    let Some(own) = OWN_TEXTS.get() else {
        return false;
    };
    let Ok(part) = std::str::from_utf8(part) else {
        return false;
    };
    own.settings.contains(part) || own.ours.get_or_init(own.make).contains(part)
}
