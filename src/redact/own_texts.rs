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
    let settings = OWN_TEXTS.get().map(|own| own.settings.as_str());
    let part_text = std::str::from_utf8(part).ok();
    let in_settings = settings.zip(part_text);
    in_settings.is_some_and(|(settings, part)| settings.contains(part)) || are_words(part)
}

/// Whether these are words of our own texts. A whole secret that is such a word is still one.
pub(super) fn are_words(part: &[u8]) -> bool {
    let ours = OWN_TEXTS.get().map(|own| own.ours.get_or_init(own.make));
    let ours = ours.zip(std::str::from_utf8(part).ok());
    ours.is_some_and(|(ours, part)| ours.contains(part))
}
