//! Untrusted text, and the only way to print it.
//!
//! An [`Untrusted`] has no `Display`, so it cannot reach a terminal, a file or a report by accident.
//! [`Untrusted::printable`] yields text without control characters, bidirectional overrides,
//! invisible characters, line breaks and anything that looks like a secret, limited in length.

use crate::redact;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// The values behind the `{stack.…}` placeholders of runbook texts, by placeholder name.
pub type StackNames = BTreeMap<&'static str, Printable>;

/// Text from outside: an API, a log line, a file or a name. It can be compared
/// and searched, but not printed:
///
/// ```compile_fail
/// let name = duckops::text::Untrusted::new("agent\x1b[2J");
/// println!("{name}");
/// ```
///
/// ```
/// let name = duckops::text::Untrusted::new("agent\x1b[2J");
/// assert_eq!(name.printable(40).to_string(), "agent\\x1b[2J");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Untrusted(String);

impl Untrusted {
    /// Whether a shell takes it as one word as it stands, and not as an option.
    pub fn is_word(&self) -> bool {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/@+=%".contains(&byte);
        !self.0.is_empty() && !self.0.starts_with('-') && self.0.bytes().all(is_plain)
    }

    /// Takes text as it came.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Takes bytes as they came; what is not UTF-8 shows as the replacement character.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(String::from_utf8_lossy(bytes).into_owned())
    }

    /// The beginning of a body, far more than is ever shown of it: what is cut off here can hold
    /// no secret whose rest is shown.
    pub fn head_of(body: &[u8]) -> Self {
        const HEAD: usize = 16 * 1024;
        Self::from_bytes(body.get(..HEAD).unwrap_or(body))
    }

    /// Whether it is exactly `other`, byte for byte.
    pub fn is(&self, other: &str) -> bool {
        self.0 == other
    }

    /// The text as it came, so that secrets can be removed.
    pub fn exposed(&mut self) -> &mut String {
        &mut self.0
    }

    /// A form that is safe on one line of any sink, at most `max` characters of it;
    /// a longer text ends with the number of characters left out.
    pub fn printable(&self, max: usize) -> Printable {
        // Before anything is cut: a cut secret would no longer be recognised.
        let text = redact::known::hide(&self.0);
        let text = redact::looks(&text);
        let mut out = String::with_capacity(text.len().min(max) + 16);
        let mut room = max;
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if room == 0 {
                out.push_str(&format!("…({} more)", 1 + chars.count()));
                break;
            }
            room -= 1;
            push_visible(&mut out, c);
        }
        Printable(out)
    }
}

/// Shows the escaped form, so that a log or a failed test cannot be misled either.
impl fmt::Debug for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Untrusted({:?})", self.printable(200).as_str())
    }
}

/// One line of text that any sink may print. Every way to make one removes what could
/// move a cursor, reorder or forge a line; doing it twice changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Printable(String);

impl Printable {
    /// A path.
    pub fn path(path: &Path) -> Self {
        Self::from(path.to_string_lossy().as_ref())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to print.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text as the content of an element of XML or HTML, and of what reads their entities.
    pub fn escaped(&self) -> String {
        self.0
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    }

    /// The same line with something done to its text.
    pub fn edited(&mut self, edit: impl FnOnce(&mut String)) {
        edit(&mut self.0);
        *self = Self::from(self.0.as_str());
    }
}

impl fmt::Display for Printable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for Printable {
    fn from(text: &str) -> Self {
        let is_plain = |byte: u8| (0x20..0x7f).contains(&byte);
        if text.bytes().all(is_plain) {
            return Self(text.to_owned());
        }
        let mut out = String::with_capacity(text.len());
        text.chars().for_each(|c| push_visible(&mut out, c));
        Self(out)
    }
}

impl From<String> for Printable {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

/// The words of a system's error, without the number that the standard library puts behind them: it
/// says nothing more.
pub fn words_of(error: &(dyn fmt::Display + '_)) -> String {
    let mut words = error.to_string();
    if let Some(end) = words.find(" (os error ") {
        words.truncate(end);
    }
    words
}

/// A text of ours with several lines, each made safe and ended.
pub fn printable_lines(text: &str) -> String {
    let lines = text.lines().map(Printable::from);
    lines.map(|line| format!("{line}\n")).collect()
}

fn push_visible(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if (c as u32) < 0x20 || (0x7f..=0x9f).contains(&(c as u32)) => {
            out.push_str(&format!("\\x{:02x}", c as u32));
        }
        c if is_invisible(c) => out.push_str(&format!("<U+{:04X}>", c as u32)),
        c => out.push(c),
    }
}

/// Characters that reorder, hide or glue what stands around them. Combining marks are
/// among them: a flood of them climbs over the neighbouring lines.
fn is_invisible(c: char) -> bool {
    matches!(c as u32,
        0x00ad | 0x034f | 0x061c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f
        | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfeff | 0xffa0
        | 0xfe00..=0xfe0f | 0xfff0..=0xfffb | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff
        | 0x0300..=0x034e | 0x0350..=0x036f | 0x0483..=0x0489 | 0x1ab0..=0x1aff
        | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f)
}

/// `1 error`, `0 errors`, `2 entries`, of a noun with a regular plural.
pub(crate) fn counted(number: impl TryInto<i64>, noun: &str) -> String {
    let number = number.try_into().unwrap_or(i64::MAX);
    match (number, noun.strip_suffix("ry")) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ries"),
        (_, None) => format!("{number} {noun}s"),
    }
}

/// The one name that begins with what was asked for, or else the last of those that differ from it
/// in one edit: a letter more, less or other, or two letters changed over.
pub fn near<'a>(asked: &str, known: &[&'a str]) -> Option<&'a str> {
    let asked = asked.to_lowercase();
    let mut begins = known.iter().filter(|name| name.starts_with(&asked));
    let only = begins
        .next()
        .filter(|_| !asked.is_empty() && begins.next().is_none());
    let is_close = |name: &&&str| strsim::damerau_levenshtein(&asked, name) <= 1;
    // A fact goes by its last word.
    let ends = |name: &&&str| {
        let last = name.rsplit_once('.').map(|(_, last)| last);
        last.is_some_and(|last| {
            last == asked || asked.len() > 3 && strsim::damerau_levenshtein(&asked, last) <= 1
        })
    };
    only.or_else(|| known.iter().rfind(is_close))
        .or_else(|| known.iter().find(ends))
        .copied()
}

/// One word for a POSIX shell, whatever is in it; as it is where it needs no quotes.
pub(crate) fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._:@/-=".contains(c);
    // Some shells take a word that begins with `=` for a program.
    match !text.is_empty() && !text.starts_with('=') && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => in_quotes(text),
    }
}

/// The same, always in quotes.
pub(crate) fn in_quotes(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_what_a_shell_takes_as_one() {
        for word in ["DECAF00000000001", "peck-0003", "62", "$LATEST"] {
            assert_eq!(
                Untrusted::new(word).is_word(),
                !word.contains('$'),
                "{word}"
            );
        }
        for odd in [
            "", "-rf", "a b", "a;b", "$(b)", "`b`", "a\nb", "'a'", "<b>", "a|b", "é",
        ] {
            assert!(!Untrusted::new(odd).is_word(), "{odd:?}");
        }
    }

    #[test]
    fn no_control_or_invisible_code_point_is_printed() {
        for c in (0..=0x10ffffu32).filter_map(char::from_u32) {
            let shown = Untrusted::new(c.to_string()).printable(10).to_string();
            assert!(
                !shown.chars().any(|c| c.is_control() || is_invisible(c)),
                "{:04x} shows as {shown:?}",
                c as u32
            );
            assert_eq!(
                Printable::from(shown.as_str()).as_str(),
                shown,
                "escaping twice"
            );
        }
    }

    #[test]
    fn a_shortened_text_gives_the_number_of_omitted_characters() {
        let long = Untrusted::new("é".repeat(1000));
        assert_eq!(long.printable(3).as_str(), "ééé…(997 more)");
        assert_eq!(Untrusted::new("abc").printable(3).as_str(), "abc");
    }

    #[test]
    fn a_forged_second_line_stays_on_the_first() {
        let forged = Untrusted::new("CRITICAL\r\nOK   all good");
        assert_eq!(forged.printable(99).as_str(), "CRITICAL\\r\\nOK   all good");
    }
}
