//! The secrets that this process has read so far, and what of them is hidden in every text that
//! comes from outside or goes out.
//!
//! A secret is remembered where it is read, so that no command can forget to hand it on. Nothing
//! is remembered before [`arm`] was called: tests of single parts share one process.

use super::own_texts;
use super::secrets::Secrets;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

#[derive(Default)]
struct Registry {
    texts: BTreeSet<String>,
    /// Made from the texts when it is first needed.
    secrets: Option<Arc<Secrets>>,
}

static REGISTRY: RwLock<Option<Registry>> = RwLock::new(None);
/// Begins to remember secrets. `settings` are those that are no secret, `make` yields our texts.
pub fn arm(settings: String, make: fn() -> String) {
    own_texts::set(settings, make);
    let mut registry = REGISTRY.write().unwrap_or_else(PoisonError::into_inner);
    registry.get_or_insert_default();
}

/// Registers a secret. In a URL only the parts that grant access are secrets.
pub fn remember(secret: &str) {
    let mut registry = REGISTRY.write().unwrap_or_else(PoisonError::into_inner);
    let Some(registry) = registry.as_mut() else {
        return;
    };
    let parts = parts(secret).into_iter().map(str::to_owned);
    let before = registry.texts.len();
    registry.texts.extend(parts);
    if registry.texts.len() != before {
        registry.secrets = None;
    }
}

/// The registered secrets, to be searched for in files.
pub fn remembered() -> Vec<String> {
    let read = REGISTRY.read().unwrap_or_else(PoisonError::into_inner);
    let registry = read.as_ref();
    registry.map_or_else(Vec::new, |registry| {
        registry.texts.iter().cloned().collect()
    })
}

/// The text without what is known to be secret.
pub fn hide(text: &str) -> Cow<'_, str> {
    secrets().map_or(Cow::Borrowed(text), |secrets| secrets.without_known(text))
}

fn secrets() -> Option<Arc<Secrets>> {
    let read = REGISTRY.read().unwrap_or_else(PoisonError::into_inner);
    let registry = read.as_ref()?;
    if registry.texts.is_empty() {
        return None;
    }
    if let Some(secrets) = &registry.secrets {
        return Some(Arc::clone(secrets));
    }
    drop(read);
    let mut registry = REGISTRY.write().unwrap_or_else(PoisonError::into_inner);
    let registry = registry.as_mut()?;
    let texts = &registry.texts;
    let made = registry
        .secrets
        .get_or_insert_with(|| Arc::new(Secrets::new(texts.iter().cloned())));
    Some(Arc::clone(made))
}

/// The secret parts of a URL: user and password, and parts of path and query that are long enough
/// to be a key. Of anything else all of it. Quotes and a name before the value are mistakes in the
/// file, and occur in our own texts.
pub(super) fn parts(secret: &str) -> Vec<&str> {
    const KEY_LEAST: usize = 16;
    let is_around = |c: char| c.is_whitespace() || "\"'`".contains(c);
    let bare = secret.trim_matches(is_around);
    if bare.is_empty() {
        return vec![secret];
    }
    let Some((scheme, rest)) = bare.split_once("://") else {
        return vec![bare];
    };
    let named = scheme.rsplit_once('=').filter(|(name, _)| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_ ".contains(c);
        name.chars().all(plain)
    });
    let scheme = named.map_or(scheme, |(_, scheme)| scheme.trim_start_matches(is_around));
    if !["http", "https"].contains(&scheme.to_ascii_lowercase().as_str()) {
        return vec![bare];
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (place, rest) = rest.split_at(end);
    let user = place.rsplit_once('@').map(|(user, _)| user);
    let user = user.into_iter().flat_map(|user| user.split(':'));
    let keys = rest.split(['/', '?', '#', '&', '=', ';']);
    let keys = keys.filter(|key| key.len() >= KEY_LEAST);
    user.chain(keys).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_url_only_what_lets_somebody_in_is_secret() {
        let short = "https://hooks.example.com/services/T0/B0";
        for (url, due) in [
            ("q1w2e3r4t5", vec!["q1w2e3r4t5"]),
            (" \"q1w2e3r4t5' ", vec!["q1w2e3r4t5"]),
            ("ftp://q1w2e3r4t5", vec!["ftp://q1w2e3r4t5"]),
            (
                "export URL = \"https://hooks.example.com/abcdefghijklmnop\"",
                vec!["abcdefghijklmnop"],
            ),
            (
                "kX/9=https://hooks.example.com/abcdefghijklmnop",
                vec!["kX/9=https://hooks.example.com/abcdefghijklmnop"],
            ),
            (short, vec![]),
            (
                "https://hooks.example.com/services/T0/abcdefghijklmnop",
                vec!["abcdefghijklmnop"],
            ),
            (
                "HTTP://ada:secret@hooks.example.com?key=0123456789abcdef&x=1",
                vec!["ada", "secret", "0123456789abcdef"],
            ),
        ] {
            assert_eq!(parts(url), due, "{url}");
        }
    }

    #[test]
    fn nothing_is_remembered_before_it_is_wanted() {
        remember("q1w2e3r4t5y6u7i8o9p0");
        assert_eq!(hide("q1w2e3r4t5y6u7i8o9p0"), "q1w2e3r4t5y6u7i8o9p0");
    }
}
