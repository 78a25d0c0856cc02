//! What a line of the log says of birth certificates and of their mail.
//!
//! The subject of a line is decided by whole words: `ses` in `addresses`, `cert` in `certainly` and
//! `ssl` in `ClassLoader` are letters.

use super::certificate_words::{
    ACTIONS, CERTIFICATE, MADE, MAIL, MAILS, MAY_BE_ABOUT, OF_OTHERS, OTHER_THINGS, OWN, REFUSALS,
    SENDING, TLS,
};
use super::level::Level;
use super::line::LogLine;
use super::pattern::regex;
use crate::probe::meaning::{OwnField, Prose, Word, is_failure_word};
use regex::Regex;
use std::sync::LazyLock;

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
        if is_event_of_ses(line) || REFUSED_BY_SMTP.is_match(&line.text) {
            return Some(Self::MailFailed);
        }
        let said = line.words();
        if !MAY_BE_ABOUT.is_match(&said) {
            return None;
        }
        let lower = said.to_lowercase();
        let prose = Prose::of(&said);
        let refused = REFUSALS.iter().any(|words| lower.contains(words));
        let cert = is_about_certificates(&prose);
        let about_mail = is_about_mail(&prose);
        let mail_failed = is_mail_failed(&prose, line.level) || is_bounce(&prose, about_mail);
        let mail = refused || mail_failed || about_mail;
        if !mail && !cert {
            return None;
        }
        let own = own_denial(line, &prose);
        let is_issued = is_issued(&prose);
        let issued = cert && own.is_none() && is_issued;
        let is_over = |at: usize| is_issued && prose.is_over(at);
        let fails = |at: usize| prose.fails_at(at) && !is_over(at);
        let failed = refused
            || own.is_some_and(|own| !OwnField::is_open(Some(own)))
            || line.level == Some(Level::Fault)
            || (!(issued && line.level == Some(Level::Fine))
                && ((0..prose.words().len()).any(fails)
                    || is_refused_by_code(&prose)
                    || (!is_issued
                        && line.text.starts_with(['\u{274c}', '\u{2717}', '\u{2718}']))
                    || is_none_issued(&prose)
                    || (!cert && mail_failed)));
        Some(match (failed, mail, cert) {
            (true, true, _) => Self::MailFailed,
            (true, false, _) => Self::Failed,
            (false, _, true) if issued => Self::Issued,
            _ => Self::Mentioned,
        })
    }
}

/// The word by which a field of a JSON line denies what it tells of an issue, in the declared list of fields
/// that entries of the feed have, too.
fn own_denial(line: &LogLine<'_>, prose: &Prose) -> Option<&'static str> {
    let is_action = |word: &str| ACTIONS.contains(&word);
    if !prose.words().iter().any(|word| is_action(&word.word)) {
        return None;
    }
    let fields = line.fields.as_ref()?.iter();
    // `"result": {"ok": false}`
    let inside = |(name, value): (&String, &'_ serde_json::Value)| match value {
        serde_json::Value::Object(inside) if OwnField::is_holder(name) => inside
            .iter()
            .find_map(|(name, value)| OwnField::named(name)?.denial(value.into())),
        value => OwnField::named(name)?.denial(value.into()),
    };
    let mut said = fields.filter_map(inside);
    let first = said.next();
    said.find(|said| !OwnField::is_open(Some(said))).or(first)
}

/// An event of SES about a mail that did not arrive (Amazon SES, contents of event data), as it is, in a text,
/// or in the message of SNS.
fn is_event_of_ses(line: &LogLine<'_>) -> bool {
    let found = EVENT_OF_SES.captures(&line.text);
    let kind = found.and_then(|found| found.get(1));
    // Others reject, too.
    kind.is_some_and(|kind| kind.as_str() != "Reject" || line.text.contains("\"reject"))
}

static EVENT_OF_SES: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?:eventType|notificationType)\\*["'] *: *\\*["'](Bounce|Reject|Rendering Failure)\\*["']"#,
    )
});

/// A reply of SMTP that refuses, with the enhanced status of the same class (RFC 5321, 4.2; RFC 3463):
/// `550 5.1.1 user unknown`, `(450, b'4.2.1 …')`.
static REFUSED_BY_SMTP: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?:^|[^0-9.])(?:4[2357][0-9](?:[ -]|, b['\x22])4|5[0-57][0-9](?:[ -]|, b['\x22])5)\.[0-7]\.[0-9]{1,3}(?:[^0-9.]|$)",
    )
});

/// `cert_issue: status=500`
fn is_refused_by_code(prose: &Prose) -> bool {
    let words = prose.words();
    let is_code = |pair: &[Word]| {
        let code = pair[1].word.parse();
        pair[0].word == "status" && code.is_ok_and(|code: u32| (500..600).contains(&code))
    };
    words
        .iter()
        .any(|word| ACTIONS.contains(&word.word.as_str()))
        && words.windows(2).any(is_code)
}

fn is_about_mail(prose: &Prose) -> bool {
    let pair = |first: &[&str], second: &str| {
        prose.words().windows(2).any(|pair| match pair {
            [one, two] => first.contains(&one.word.as_str()) && two.word == second,
            _ => false,
        })
    };
    prose
        .words()
        .iter()
        .any(|word| MAIL.contains(&word.word.as_str()))
        || pair(&["send", "raw", "bulk", "templated"], "email")
        // `SESv2` at its humps
        || pair(&["se"], "sv2")
        || pair(&CERTIFICATE, "email")
        || pair(&CERTIFICATE, "mail")
}

/// Whether a mail came back: `Bounce event from SES for …`, `SES bounce: Permanent`, `… bounced`; a rate, a
/// metric or a count of none is no bounce.
fn is_bounce(prose: &Prose, about_mail: bool) -> bool {
    let is_mail = |word: &Word| MAILS.contains(&word.word.as_str());
    if !about_mail && !prose.words().iter().any(is_mail) {
        return false;
    }
    let is = |at: usize, words: &[&str]| words.contains(&prose.word(at));
    let is_of_kind = |at: usize| is(at, &["permanent", "transient", "hard", "soft"]);
    (0..prose.words().len()).any(|at| match prose.word(at) {
        "bounced" => {
            is(at + 1, &["", "by", "from", "with", "permanently"]) && !prose.is_none_of(at)
        }
        "bounce" => {
            let before = |back: usize| at.checked_sub(back);
            let is_told =
                before(1).is_some_and(|at| is_of_kind(at) || is(at, &["received", "got"]));
            let is_none = |at: usize| is(at, &["no", "0", "zero", "without", "never"]);
            let is_denied = [before(1), before(2)].into_iter().flatten().any(is_none);
            let is_said = is_told || is_of_kind(at + 1) || is(at + 1, &["for", "from"]);
            is_said && !is_denied && !is(at + 1, &["0"])
        }
        _ => false,
    })
}

/// Whether a clause tells of a mail that is sent, and that it was not: with a failure of its own, or in a line
/// of that level that has no other.
fn is_mail_failed(prose: &Prose, level: Option<Level>) -> bool {
    let is_mail = |word: &Word| MAILS.contains(&word.word.as_str());
    if !prose.words().iter().any(is_mail) {
        return false;
    }
    let fails = |at: usize| {
        let is_bounce = ["bounced", "undeliverable", "disabled"].contains(&prose.word(at));
        prose.fails_at(at) || (is_bounce && !prose.is_none_of(at))
    };
    let has = |clause: &std::ops::Range<usize>, words: &[&str]| {
        clause.clone().any(|at| words.contains(&prose.word(at)))
    };
    let mut is_fault = level == Some(Level::Fault);
    let (mut failed, mut sent, mut from) = (false, false, 0);
    while from < prose.words().len() {
        let clause = prose.clause(from);
        from = clause.end;
        let tells = has(&clause, &MAILS) && has(&clause, &SENDING);
        let fails = clause.clone().any(fails);
        failed |= tells && fails;
        sent |= tells;
        is_fault &= tells || !fails;
    }
    failed || (sent && is_fault)
}

/// Whether it is about a certificate of the platform, by what is done with it; or about any, unless
/// the line is about TLS elsewhere.
fn is_about_certificates(prose: &Prose) -> bool {
    let is = |at: usize, words: &[&str]| words.contains(&prose.word(at));
    // `cert-manager: …` speaks of its own.
    if is(0, &CERTIFICATE) && is(1, &OTHER_THINGS) {
        return false;
    }
    let places: Vec<usize> = (0..prose.words().len())
        .filter(|at| is(*at, &CERTIFICATE) && !is(at + 1, &OTHER_THINGS))
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
        let mut three = prose.words().windows(3);
        three
            .any(|words| words[0].word == "for" && words[1].gap == "." && !words[2].word.is_empty())
    };
    own || (!places.is_empty()
        && !is_of_host()
        && !prose
            .words()
            .iter()
            .any(|word| TLS.contains(&word.word.as_str())))
}

/// The place where it says that one was issued, or might have been.
fn issue(prose: &Prose) -> Option<usize> {
    (0..prose.words().len()).find(|at| ["issued", "reissued"].contains(&prose.word(*at)))
}

fn is_issued(prose: &Prose) -> bool {
    issue(prose).is_some_and(|at| {
        // One name, such as `cert_issued_timeout`, says what became of it.
        let gap = prose.words().get(at).map_or("", |word| word.gap.as_str());
        let next = prose.word(at + 1);
        let undone = ["_", ".", "-"].contains(&gap)
            && (is_failure_word(next) || ["pending", "requested"].contains(&next));
        !prose.is_undone(at) && !undone
    })
}

/// `no birth certificate was issued for …`, `0 of 5 certificates issued`, `no certificates issued, 5 ducklings
/// waiting`: one was due. That there were none in an hour is a count.
fn is_none_issued(prose: &Prose) -> bool {
    let is_of_one = |at: &usize| {
        let before = at.checked_sub(1).map_or("", |before| prose.word(before));
        matches!(before, "was" | "cert" | "certificate")
    };
    let is_due = |at: usize| {
        let word = prose.word(at);
        let is_total = word == "of" && prose.word(at + 1).parse().is_ok_and(|of: u64| of > 0);
        is_total || ["waiting", "wait", "backlog"].contains(&word)
    };
    let made = (0..prose.words().len()).find(|at| MADE.contains(&prose.word(*at)));
    made.is_some_and(|at| {
        prose.is_none_of(at) && (is_of_one(&at) || (0..prose.words().len()).any(is_due))
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
