//! What a line of the log says of birth certificates and of their mail.
//!
//! The subject of a line is decided by whole words: `ses` in `addresses`, `cert` in `certainly` and
//! `ssl` in `ClassLoader` are letters.

use super::certificate_words::{CERTIFICATE, MAIL, MAY_BE_ABOUT, OF_OTHERS, OWN, REFUSALS, TLS};
use super::level::Level;
use super::line::LogLine;
use super::nothing::is_nothing;
use crate::probe::meaning::is_failure_word;

/// What a line says of certificates or of mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CertificateLine {
    /// One was issued.
    Issued,
    /// One failed.
    Failed,
    /// SES did not take a mail.
    MailFailed,
    /// Neither good nor bad.
    Mentioned,
}

/// What a fault of the function is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FaultSubject {
    Certificates,
    Mail,
    Other,
}

impl FaultSubject {
    pub(super) fn of(line: &LogLine<'_>) -> Self {
        match CertificateLine::of(line) {
            Some(CertificateLine::Failed) => Self::Certificates,
            Some(CertificateLine::MailFailed) => Self::Mail,
            _ => Self::Other,
        }
    }
}

impl CertificateLine {
    /// What a line is; none when it is about something else.
    pub(super) fn of(line: &LogLine<'_>) -> Option<Self> {
        if line.is_metrics() || line.platform().is_some() {
            return None;
        }
        // Letters of a JSON text can be escaped.
        let is_escaped = line.fields.is_some() && line.text.contains("\\u");
        if !is_escaped && !MAY_BE_ABOUT.is_match(&line.text) {
            return None;
        }
        let said = line.words();
        if !MAY_BE_ABOUT.is_match(&said) {
            return None;
        }
        let lower = said.to_lowercase();
        let tokens = tokens(&said);
        let refused = REFUSALS.iter().any(|words| lower.contains(words));
        let mail = refused || is_about_mail(&tokens);
        let cert = is_about_certificates(&tokens);
        if !mail && !cert {
            return None;
        }
        let issued = cert && is_issued(&tokens);
        let failed = refused
            || line.level == Some(Level::Fault)
            || (!(issued && line.level == Some(Level::Fine)) && is_failed(&tokens));
        Some(match (failed, mail, cert) {
            (true, true, _) => Self::MailFailed,
            (true, false, _) => Self::Failed,
            (false, _, true) if issued => Self::Issued,
            _ => Self::Mentioned,
        })
    }
}

/// A word in lower case, and what stands between it and the next one.
#[derive(Debug)]
struct Word {
    word: String,
    /// The characters behind it.
    gap: String,
}

/// The words of a text: letters and digits, parted at the humps of `camelCase`.
fn tokens(text: &str) -> Vec<Word> {
    let mut tokens: Vec<Word> = Vec::new();
    let mut before: Option<char> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        if !c.is_alphanumeric() {
            if let Some(last) = tokens.last_mut() {
                last.gap.push(c);
            }
            before = None;
            continue;
        }
        // `sendEmail`, and the last capital of `SESError`.
        let hump = c.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || (before.is_uppercase() && next.is_some_and(char::is_lowercase))
            });
        if before.is_none() || hump {
            tokens.push(Word {
                word: String::new(),
                gap: String::new(),
            });
        }
        if let Some(last) = tokens.last_mut() {
            last.word.extend(c.to_lowercase());
        }
        before = Some(c);
    }
    tokens
}

fn is_about_mail(tokens: &[Word]) -> bool {
    let pair = |first: &[&str], second: &str| {
        tokens.windows(2).any(|pair| match pair {
            [one, two] => first.contains(&one.word.as_str()) && two.word == second,
            _ => false,
        })
    };
    tokens
        .iter()
        .any(|token| MAIL.contains(&token.word.as_str()))
        || pair(&["send", "raw", "bulk", "templated"], "email")
        || pair(&CERTIFICATE, "email")
        || pair(&CERTIFICATE, "mail")
}

/// Whether it is about a certificate of the platform, by what is done with it; or about any, unless
/// the line is about TLS elsewhere.
fn is_about_certificates(tokens: &[Word]) -> bool {
    let is = |at: usize, words: &[&str]| {
        tokens
            .get(at)
            .is_some_and(|token| words.contains(&token.word.as_str()))
    };
    let places: Vec<usize> = (0..tokens.len())
        .filter(|at| is(*at, &CERTIFICATE))
        .filter(|at| {
            // The `s` of `host's`.
            let back = 1 + usize::from(at.checked_sub(1).is_some_and(|before| is(before, &["s"])));
            at.checked_sub(back)
                .is_none_or(|before| !is(before, &OF_OTHERS))
        })
        .collect();
    let own = places.iter().any(|at| {
        // `certificate issued by …` is said of an authority.
        let by = is(at + 2, &["by"]);
        !by && (is(at + 1, &OWN)
            || is(at + 2, &OWN)
            || at.checked_sub(1).is_some_and(|before| is(before, &OWN))
            || at.checked_sub(2).is_some_and(|before| is(before, &OWN)))
    });
    // `certificate … for pond.example`
    let is_of_host = || {
        let mut three = tokens.windows(3);
        three
            .any(|words| words[0].word == "for" && words[1].gap == "." && !words[2].word.is_empty())
    };
    own || (!places.is_empty()
        && !is_of_host()
        && !tokens
            .iter()
            .any(|token| TLS.contains(&token.word.as_str())))
}

fn is_issued(tokens: &[Word]) -> bool {
    let at = tokens
        .iter()
        .position(|token| ["issued", "reissued"].contains(&token.word.as_str()));
    at.is_some_and(|at| {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let denied =
            before.is_some_and(|before| ["not", "never", "be"].contains(&before.word.as_str()));
        // One name, such as `cert_issued_timeout`, says what became of it.
        let joined = tokens
            .get(at)
            .is_some_and(|token| ["_", ".", "-"].contains(&token.gap.as_str()));
        let next = tokens.get(at + 1);
        let undone = joined
            && next.is_some_and(|next| {
                is_failure_word(&next.word)
                    || ["pending", "requested"].contains(&next.word.as_str())
            });
        !denied && !undone
    })
}

/// Whether a word of failure is meant: not one that is counted at zero, and not one that is
/// denied.
fn is_failed(tokens: &[Word]) -> bool {
    let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
    (0..tokens.len()).any(|at| {
        let phrase = match (word(at), word(at + 1)) {
            // What is not issued again was issued.
            ("not", "issued" | "written") => word(at + 2) != "again",
            ("not", "yet") => ["issued", "written"].contains(&word(at + 2)),
            // `couldn't`
            (verb, "t") => ["couldn", "can", "wasn", "won", "didn"].contains(&verb),
            ("timed", "out") | ("could", "not") | ("dead", "letter") | ("gave" | "given", "up") => {
                true
            }
            ("not", "sent") => true,
            // "timeout" with a number is a setting.
            ("timeout", next) => !next.starts_with(|c: char| c.is_ascii_digit()),
            ("not", "verified") | ("can", "not") => true,
            _ => is_failure_word(word(at)),
        };
        let is_excused = is_counted_at_zero(tokens, at)
            || is_denied(tokens, at)
            || (is_issued(tokens) && is_over(tokens, at));
        phrase && !is_excused
    })
}

/// `failed=0`, `failed lookups: 0`, `errors: none`, `failed 0, skipped 3`.
fn is_counted_at_zero(tokens: &[Word], at: usize) -> bool {
    let next = tokens.get(at + 1).filter(|next| next.word == "0");
    if next.is_some_and(|next| next.gap.is_empty() || next.gap.starts_with([',', ';', ')', '|'])) {
        return true;
    }
    let value = (at..at + 3).find_map(|place| {
        let token = tokens.get(place)?;
        let gap = token.gap.trim();
        let assigns =
            gap.starts_with([':', '=']) || gap.starts_with("\":") || gap.starts_with("':");
        assigns.then_some((place, gap))
    });
    let Some((place, gap)) = value else {
        return false;
    };
    // An empty value: `error="" `, `error=,`.
    let empty =
        gap.contains("\"\"") || gap.contains("''") || gap.contains("[]") || gap.contains("=,");
    let next = tokens.get(place + 1);
    let alone = next.is_some_and(|next| !next.gap.starts_with('.') || next.word != "0");
    empty || next.is_some_and(|next| alone && is_nothing(&next.word))
}

/// `after 2 failures`, `after an earlier timeout`: what went wrong before it went well.
fn is_over(tokens: &[Word], at: usize) -> bool {
    let before = tokens.get(at.saturating_sub(3)..at).unwrap_or_default();
    before
        .iter()
        .any(|token| ["after", "earlier", "previous", "prior"].contains(&token.word.as_str()))
}

/// `0 failed`, `no errors`, `without an error`, `never failed`.
fn is_denied(tokens: &[Word], at: usize) -> bool {
    (1..=2).any(|back| {
        let before = at.checked_sub(back).and_then(|before| tokens.get(before));
        before.is_some_and(|before| {
            // `0 certificates failed`
            let is_of_many = tokens
                .get(at - 1)
                .is_some_and(|word| word.word.ends_with('s'));
            let close = back == 1 || before.word == "without" || is_of_many;
            close
                && ["0", "no", "zero", "without", "never"].contains(&before.word.as_str())
                && !before.gap.contains([',', ';', '.', ':'])
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issued_failed_and_mail_lines_are_counted_separately() {
        let table = [
            ("duck.cert_issued", Some(CertificateLine::Issued)),
            (
                "birth certificate issued for DECAF01",
                Some(CertificateLine::Issued),
            ),
            (
                "cert write failed: ProvisionedThroughputExceeded",
                Some(CertificateLine::Failed),
            ),
            ("[ERROR] cert not issued", Some(CertificateLine::Failed)),
            (
                "An error occurred (MessageRejected) when calling the SendEmail operation: Email address is not verified",
                Some(CertificateLine::MailFailed),
            ),
            (
                "SES error while sending certificate",
                Some(CertificateLine::MailFailed),
            ),
            (
                "Daily message quota exceeded",
                Some(CertificateLine::MailFailed),
            ),
            ("cert requested", Some(CertificateLine::Mentioned)),
            (
                "SES accepted message 0100",
                Some(CertificateLine::Mentioned),
            ),
            ("PROCESSES error", None),
            ("SSL: CERTIFICATE_VERIFY_FAILED", None),
            ("START RequestId: 0f1e2d3c Version: 61", None),
        ];
        for (line, kind) in table {
            assert_eq!(CertificateLine::of(&LogLine::parse(line)), kind, "{line}");
        }
    }
}
