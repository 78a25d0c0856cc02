//! Forms in which a level stands at a place of its own, each of one logger.

use super::level::Level;
use super::line_prefix::{MONTHS, ends_with_level, is_prefix, is_time, names_nothing};
use super::pattern::regex;
use regex::Regex;
use std::sync::LazyLock;

/// The level of a line in one of these forms.
pub(super) fn level_of_form(line: &str) -> Option<Level> {
    let forms = [
        level_of_priority,
        level_of_logfmt,
        level_of_pairs,
        level_of_letter,
        level_of_tensorflow,
        level_of_ruby,
        level_of_logrus,
        level_of_monolog,
        level_of_swift,
        level_of_node,
        level_of_console,
        level_of_erlang,
        level_of_name,
        level_of_php,
    ];
    forms.iter().find_map(|level| level(line))
}

/// `<11>1 time host …` and `<11>Mar 22 …` of syslog (RFC 5424, 6.2.1; RFC 3164), `<3>message` of systemd and
/// `%3|time|EVENT|…` of librdkafka: the severity is a number, and words behind it are no level.
fn level_of_priority(line: &str) -> Option<Level> {
    let (number, facilities) = match line.strip_prefix('%') {
        Some(rest) => (rest.split_once('|')?.0, 1),
        None => {
            let (number, rest) = line.strip_prefix('<')?.split_once('>')?;
            let is_syslog =
                rest.starts_with("1 ") || rest.get(..3).is_some_and(|word| MONTHS.contains(&word));
            let is_plain = number.len() == 1 && rest.starts_with(|c: char| c.is_alphanumeric());
            ((is_syslog || is_plain).then_some(number)?, 24)
        }
    };
    let number: u8 = number.parse().ok()?;
    (number < 8 * facilities).then(|| Level::of_severity(number % 8))
}

/// Whether a line is logfmt from its start.
fn is_logfmt(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.@".contains(c);
    first
        .trim_start_matches('[')
        .split_once('=')
        .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(plain))
}

/// The names and values of a line of logfmt; a value in quotes of either kind goes on to where they close.
fn logfmt(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = if is_logfmt(line) { line } else { "" };
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start_matches([' ', '\t', '[']);
            let end = rest.find([' ', '\t', '='])?;
            let (name, behind) = rest.split_at(end);
            rest = behind;
            let Some(value) = behind.strip_prefix('=') else {
                continue;
            };
            let quoted = value
                .strip_prefix(['"', '\''])
                .map(|inside| (inside, &value[..1]));
            let (inside, ends) = quoted.unwrap_or((value, " "));
            let is_end = |at: &usize| !inside[..*at].ends_with('\\');
            let mut ends = inside.match_indices(ends).map(|(at, _)| at);
            let end = ends.find(is_end).unwrap_or(inside.len());
            let (value, behind) = inside.split_at(end);
            rest = behind.get(1..).unwrap_or_default();
            return Some((name, value));
        }
    })
}

/// The value of a name in a line of logfmt, without its quotes.
pub(super) fn logfmt_value<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    logfmt(line)
        .find(|(own, _)| *own == name)
        .map(|(_, value)| value)
}

/// `level=error` of logfmt. A `severity` counts only where there is no level, because it may be that of an alert
/// that the line is about; a `loglevel` only before the message, because it is a setting anywhere else.
fn level_of_logfmt(line: &str) -> Option<Level> {
    let level = |(_, value): (&str, &str)| Level::of_word(value.trim_end_matches(']'));
    let named = |names: &[&str]| {
        let mut fields = logfmt(line).filter(|(name, _)| names.contains(name));
        fields.find_map(level)
    };
    let before_message = || {
        let is_message = |name: &str| matches!(name, "msg" | "message");
        let mut fields = logfmt(line).skip_while(|(name, _)| *name != "loglevel");
        let found = fields.next()?;
        fields
            .any(|(name, _)| is_message(name))
            .then(|| level(found))?
    };
    named(&["level", "lvl", "log.level"])
        .or_else(|| named(&["severity"]))
        .or_else(before_message)
}

/// `time: 03:10:00, level: error, msg: …`, a line that begins with a name and has its level between commas.
fn level_of_pairs(line: &str) -> Option<Level> {
    line.contains(", ").then_some(())?;
    let mut pairs = line.split(", ").map_while(|pair| pair.split_once(": "));
    let (_, level) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("level"))?;
    Level::of_word(level)
}

/// `<level>SEVERE</level>` of java.util.logging, and `<log4j:event … level="ERROR">` of log4j.
pub(super) fn level_in_xml(text: &str) -> Option<Level> {
    let found = LEVEL_IN_XML.captures(text.trim_start().starts_with('<').then_some(text)?)?;
    Level::of_word(found.get(1).or(found.get(2))?.as_str())
}

static LEVEL_IN_XML: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?m)^[ \t]*<level>([A-Z]+)</level>|^[ \t]*<(?:log4j:event|Event) [^>]* level="([A-Z]+)""#,
    )
});

/// `Mar 22, 2026 3:10:00 AM duck.Handler handle` and below it `SEVERE: message`, as java.util.logging
/// writes it in the language of its JVM.
pub(super) fn level_on_second_line(text: &str) -> Option<Level> {
    let (first, rest) = text.split_once('\n')?;
    let second = rest.lines().next()?;
    let (word, message) = second.split_once(':')?;
    let is_form = message.starts_with([' ', '\r']) || message.is_empty();
    // Only a time and the place of the call stand above it.
    if !is_form || word.chars().any(char::is_lowercase) || !first.split(' ').any(is_time) {
        return None;
    }
    let translated = || {
        let (_, level) = TRANSLATED.iter().find(|(words, _)| words.contains(&word))?;
        Some(*level)
    };
    let level = Level::of_word(word).or_else(translated)?;
    (!names_nothing(second, word)).then_some(level)
}

/// The levels of java.util.logging in the languages of the JDK.
const TRANSLATED: [(&[&str], Level); 3] = [
    (
        &[
            "SCHWERWIEGEND",
            "GRAVE",
            "ALLVARLIG",
            "\u{91cd}\u{5927}",
            "\u{4e25}\u{91cd}",
            "\u{56b4}\u{91cd}",
            "\u{c2ec}\u{ac01}",
        ],
        Level::Fault,
    ),
    (
        &[
            "WARNUNG",
            "AVERTISSEMENT",
            "ADVERTENCIA",
            "ADVERT\u{ca}NCIA",
            "AVVERTENZA",
            "VARNING",
            "\u{8b66}\u{544a}",
            "\u{acbd}\u{ace0}",
        ],
        Level::Warning,
    ),
    (
        &[
            "INFOS",
            "INFORMACI\u{d3}N",
            "INFORMA\u{c7}\u{d5}ES",
            "INFORMAZIONI",
            "KONFIGURATION",
            "FEIN",
            "FEINER",
            "\u{60c5}\u{5831}",
            "\u{4fe1}\u{606f}",
            "\u{8cc7}\u{8a0a}",
            "\u{c815}\u{bcf4}",
        ],
        Level::Fine,
    ),
];

/// The level that is a letter, in a form that nothing else has: `E0322 03:10:00.123456       1 store.go:12] message`
/// of glog, also with a year; `E 2026-03-22 03:10:00 message`; `E/Store( 12): message` and
/// `8 12 E Store: message` of Android.
fn level_of_letter(line: &str) -> Option<Level> {
    let found = LETTER.captures(line)?;
    let head = line[..found.get(0)?.start()].trim_end();
    let is_head =
        head.trim_end_matches(':').ends_with(']') || head.split_whitespace().all(is_prefix);
    let letter = (1..=4).find_map(|group| found.get(group))?;
    is_head.then(|| Level::of_letter(letter.as_str()))?
}

static LETTER: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r"(?:^|[ \t])(?:([DEFIW])(?:[0-9]{4}){1,2} [0-9:]{8}\.[0-9]+ +[0-9]+ [^ \]]+\]",
        r"|([DEIVW]) [0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ][0-9:]{8}",
        r"|([DEIVW])/[A-Za-z][A-Za-z0-9_.$-]{2,} *(?:\( *[0-9]+\))?: ",
        r"|[0-9]+ +[0-9]+ ([DEIVW]) [A-Za-z][A-Za-z0-9_.$-]{2,} *: )",
    ))
});

/// `2026-03-22 03:10:00.123456: E tensorflow/core/a.cc:12] message`
fn level_of_tensorflow(line: &str) -> Option<Level> {
    let mut words = line.split(' ').skip_while(|word| is_prefix(word));
    let (letter, file) = (words.next()?, words.next()?);
    let form = letter.len() == 1 && file.contains(".cc:") && file.ends_with(']');
    form.then(|| Level::of_letter(letter))?
}

/// `E, [2026-03-22T03:10:00.000000 #8] ERROR -- : message`
fn level_of_ruby(line: &str) -> Option<Level> {
    let (letter, _) = line.split_once(", [")?;
    match letter {
        "E" | "F" => Some(Level::Fault),
        "W" => Some(Level::Warning),
        "I" | "D" | "A" => Some(Level::Fine),
        _ => None,
    }
}

/// `ERRO[0007] message` and `EROR[03-22|03:10:00] message`, and with the whole level
fn level_of_logrus(line: &str) -> Option<Level> {
    let (level, rest) = line.split_once('[')?;
    let (stamp, _) = rest.split_once("] ")?;
    let level = level.trim();
    let upper = level.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_stamp = |byte: u8| byte.is_ascii_digit() || b"-:|.".contains(&byte);
    (upper && stamp.bytes().all(is_stamp)).then(|| Level::of_word(level))?
}

/// `[2026-03-22T03:10:00+00:00] channel.ALERT: message`
fn level_of_monolog(line: &str) -> Option<Level> {
    let (time, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let (channel, level) = rest.split_once(": ")?.0.split_once('.')?;
    let form = is_prefix(time) && !channel.contains(' ');
    form.then(|| Level::of_word(level))?
}

/// `2026-03-22T03:10:00+0000 error label : message`
fn level_of_swift(line: &str) -> Option<Level> {
    let mut words = line.split(' ');
    let (time, level, label) = (words.next()?, words.next()?, words.next()?);
    let (_, zone) = time.rsplit_once(['+', '-'])?;
    let form = time.contains('T') && zone.len() == 4;
    let ends = label.ends_with(':') || words.next() == Some(":");
    (form && ends).then(|| Level::of_word(level))?
}

/// `(node:8) DeprecationWarning: message`, whatever level the console adds to it.
fn level_of_node(line: &str) -> Option<Level> {
    let (head, message) = line.split_once("(node:")?;
    let (_, said) = message.split_once(") ")?;
    if !head.is_empty() && !ends_with_level(head) {
        return None;
    }
    if said.starts_with("UnhandledPromiseRejection") {
        return Some(Level::Fault);
    }
    let name = said.split(": ").next().unwrap_or_default();
    (name.ends_with("Warning") || name == "NOTE").then_some(Level::Warning)
}

/// `TIME\tID\tINFO\tmessage` with a level of its own: the message of a logger that writes all by
/// one method of the console.
fn level_of_console(line: &str) -> Option<Level> {
    let mut fields = line.splitn(4, '\t').skip(2);
    Level::of_word(fields.next()?)?;
    let message = fields.next()?;
    let mut words = message.split(' ');
    let first = words.next()?;
    let level = first.trim_matches(['[', ']', ':']);
    let marked = level.len() < first.len() || words.nth(1) == Some("-");
    let upper = level.bytes().all(|byte| byte.is_ascii_uppercase());
    (marked && upper && !names_nothing(message, level)).then(|| Level::of_word(level))?
}

/// `=ERROR REPORT==== 22-Mar-2026::03:10:00 ===`
fn level_of_erlang(line: &str) -> Option<Level> {
    let (kind, _) = line.strip_prefix('=')?.split_once(" REPORT====")?;
    match kind {
        "ERROR" | "CRASH" => Some(Level::Fault),
        "WARNING" => Some(Level::Warning),
        _ => Some(Level::Fine),
    }
}

/// The facilities of syslog, besides those for local use.
const FACILITIES: [&str; 10] = [
    "kern", "user", "mail", "daemon", "auth", "authpriv", "syslog", "cron", "lpr", "ftp",
];

/// `prisma:error`, `log4j:ERROR` and `SLF4J(E):`, the library that speaks of itself, and the level.
fn level_of_name(line: &str) -> Option<Level> {
    if let Some(own) = line.strip_prefix("SLF4J(") {
        return Level::of_letter(own.split_once("):")?.0);
    }
    let first = line.split_whitespace().next()?;
    // `daemon.err` of syslog
    if let Some((facility, level)) = first.split_once('.')
        && (FACILITIES.contains(&facility) || facility.strip_prefix("local").is_some())
    {
        return Level::of_word(level.trim_end_matches(':'));
    }
    let (name, level) = first.split_once(':')?;
    ["prisma", "log4j"]
        .contains(&name)
        .then(|| Level::of_word(level))?
}

/// `NOTICE: PHP message: PHP Fatal error:  message`: what the process manager passes on, whatever level it
/// gives to that.
fn level_of_php(line: &str) -> Option<Level> {
    let own = line.strip_prefix("NOTICE: PHP message: PHP ")?;
    let is_fault = own.starts_with("Fatal error: ") || own.starts_with("Parse error: ");
    is_fault.then_some(Level::Fault)
}
