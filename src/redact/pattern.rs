//! Recognizes secrets by their form: keys, tokens, webhook addresses.

use super::{Removed, SecretKind};
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// One alternative for each [`SecretKind`], named as [`SecretKind::group`] says; what stands in `keep`
/// stays. Everything is ASCII, as such secrets are: that keeps the pattern small. The marks in
/// angle brackets that stand for a secret match none of them.
const SHAPES: &str = concat!(
    // Keys of agents.
    r"(?P<beak>(?-u:\b)bk_[A-Za-z0-9_\-]{6,}",
    r"|(?-u:\b)[A-Z0-9]{4}(?:-[A-Z0-9]{4}){3}(?-u:\b))",
    // AWS: the id of a key, and what a signed URL carries.
    r"|(?P<aws>(?-u:\b)(?:AKIA|ASIA)[A-Z0-9]{16}(?-u:\b)",
    r"|(?i-u:x-amz-(?:signature|credential|security-token))[=:][ \t]?[!-~&&[^&\x22',;<>]]+)",
    // Tokens by their own form.
    r"|(?P<token>(?-u:\b)eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]+)?",
    r"|(?i-u:(?-u:\b)bearer)[ \t]+[A-Za-z0-9._~+/=\-]{8,})",
    // Addresses that are secrets themselves, and those that hold a password.
    r"|(?P<hook>(?i-u:https?)://(?:hooks\.|[a-z0-9.\-]*discord(?:app)?\.com/api/webhooks",
    r"|[a-z0-9.\-]+\.webhook\.office\.com|chat\.googleapis\.com|api\.telegram\.org/bot)",
    r"[!-~&&[^\x22'<>]]*",
    r"|(?i-u:[a-z][a-z0-9+.\-]*)://[!-~&&[^/@:\x22'<>]]*:[!-~&&[^/@\x22'<>]]+@)",
    // A private key, as far as it goes.
    r"|(?P<pem>-----BEGIN [A-Z ]*PRIVATE KEY-----[\x00-\x7f]*?",
    r"(?:-----END [A-Z ]*PRIVATE KEY-----|$|[^\x00-\x7f]))",
    // Whatever stands behind the name of a secret.
    r"|(?P<keep>(?i-u:secret|token|passw(?:or)?d|api[_\-]?key|beak[_\-]?key|access[_\-]?key",
    r"|authorization|signature)[\x22']?[ \t]{0,3}[:=][ \t]{0,3}[\x22']?(?i-u:basic[ \t]+)?)",
    r"(?P<named>[!-~&&[^\x22',;&<>\[\](){}]]{8,})",
);

/// Compiled when the first text is shown, or by [`prepare`].
static SHAPE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(SHAPES).ok());

/// Compiles the pattern, which takes a millisecond, before a text waits for it.
pub fn prepare() {
    LazyLock::force(&SHAPE);
}

/// The text without what looks like a secret. Doing it twice changes nothing.
pub fn looks(text: &str) -> Cow<'_, str> {
    without(text, &mut Removed::default())
}

/// The same, and counts what was removed.
pub(super) fn without<'a>(text: &'a str, removed: &mut Removed) -> Cow<'a, str> {
    let Some(shape) = SHAPE.as_ref() else {
        // The pattern is ours and is tested; a text that cannot be looked at is not shown.
        return Cow::Borrowed("<not shown>");
    };
    if !shape.is_match(text) {
        return Cow::Borrowed(text);
    }
    let (mut kept, mut from) = (String::with_capacity(text.len()), 0);
    for found in shape.captures_iter(text) {
        let named = SecretKind::ALL
            .into_iter()
            .find_map(|kind| Some((kind, found.name(kind.group()?)?)));
        let Some((kind, secret)) = named else {
            continue;
        };
        kept.push_str(text.get(from..secret.start()).unwrap_or_default());
        kept.push_str(kind.mark());
        removed.count(kind);
        from = secret.end();
    }
    kept.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(kept)
}

/// Mail addresses. They are not secrets: an AWS identity often contains one, and must be shown.
const MAIL: &str = r"(?-u:\b)[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63})+";

static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(MAIL).ok());

/// Takes the addresses of people out of a line that others wrote.
pub fn addresses(line: &mut String, removed: &mut Removed) {
    // Looking for one letter costs nothing, and most lines have none.
    if !line.contains('@') {
        return;
    }
    let Some(address) = ADDRESS.as_ref() else {
        line.clear();
        return;
    };
    let found = address.find_iter(line).count();
    if found > 0 {
        *line = address
            .replace_all(line, SecretKind::Address.mark())
            .into_owned();
        (0..found).for_each(|_| removed.count(SecretKind::Address));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_the_form_of_a_secret_is_hidden_and_its_surroundings_are_kept() {
        for (text, due) in [
            ("key bk_live_a1B2c3D4 seen", "key <beak key> seen"),
            ("bk_OTP_123456", "<beak key>"),
            ("card 1A2B-3C4D-5E6F-7A8B.", "card <beak key>."),
            ("id AKIAIOSFODNN7EXAMPLE!", "id <AWS key>!"),
            ("ASIAIOSFODNN7EXAMPLE", "<AWS key>"),
            ("GET /?X-Amz-Signature=0123abcd&x=1", "GET /?<AWS key>&x=1"),
            (
                "jwt eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl end",
                "jwt <token> end",
            ),
            ("Bearer abcdefgh12345", "<token>"),
            (
                "to https://hooks.example.com/T0/B0/x now",
                "to <hook URL> now",
            ),
            ("https://discord.com/api/webhooks/1/x", "<hook URL>"),
            ("postgres://me:pass@db/x", "<hook URL>db/x"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- x",
                "<private key> x",
            ),
            ("-----BEGIN PRIVATE KEY-----\nMII", "<private key>"),
            (r#"{"api_key":"q1w2e3r4t5"}"#, r#"{"api_key":"<secret>"}"#),
            ("password = hunter22hunter", "password = <secret>"),
            (
                "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7",
                "AWS_SECRET_ACCESS_KEY=<secret>",
            ),
        ] {
            assert_eq!(looks(text), due);
            assert_eq!(looks(due), due, "doing it twice");
        }
    }

    #[test]
    fn ids_and_names_operators_need_are_not_redacted() {
        for text in [
            "5e1f7a52-0000-4000-8000-000000000061",
            "550E8400-E29B-41D4-A716-446655440000",
            "AAAA000000000001 SLOW, 12m",
            "arn:aws:states:us-east-1:121546003735:stateMachine:peck-approval-workflow",
            "https://czt9d57q83.execute-api.us-east-1.amazonaws.com/prod/beak/system/status",
            "ExpiredTokenException: The security token included in the request is expired",
            "2026-03-22T03:12:09Z [ERROR] Task timed out after 30.03 seconds",
            "peck_7f3a callback_error token: none",
            "duckops bond rotate AAAA000000000001 --recover",
        ] {
            assert_eq!(looks(text), text);
        }
    }

    #[test]
    fn a_long_line_is_scanned_in_one_pass() {
        let line = "token=\"bk_".repeat(200_000) + &"A1B2-".repeat(200_000);
        let hidden = looks(&line);
        assert!(hidden.len() <= 2 * line.len());
    }

    #[test]
    fn addresses_are_removed_and_other_texts_with_an_at_sign_are_kept() {
        for (text, due, many) in [
            (
                "to a.b+c@example.com: not verified",
                "to <e-mail>: not verified",
                1,
            ),
            (
                "<x@mail.example.co.uk>,y@example.com",
                "<<e-mail>>,<e-mail>",
                2,
            ),
            ("prod@62->61", "prod@62->61", 0),
            ("@here", "@here", 0),
            ("lambda@edge", "lambda@edge", 0),
        ] {
            let (mut line, mut removed) = (text.to_owned(), Removed::default());
            addresses(&mut line, &mut removed);
            let count: usize = removed.iter().map(|(_, many)| many).sum();
            assert_eq!((line.as_str(), count), (due, many));
        }
    }
}
