//! The level of a line of text, by where loggers write it.

use super::level::Level;
use super::nothing::is_nothing;

/// Tokens of a line of text among which a level may stand.
const HEAD: usize = 8;

/// The level of a line of text: among its first tokens, behind nothing but what loggers write
/// before it, such as times, ids, threads and names of loggers.
pub(super) fn level_of_text(text: &str) -> Option<Level> {
    let first = text.lines().next().unwrap_or_default();
    let own_forms = [
        level_of_logfmt,
        level_of_glog,
        level_of_ruby,
        level_of_logrus,
        level_of_monolog,
        level_of_swift,
        level_of_node,
        level_of_console,
    ];
    if let Some(level) = own_forms.iter().find_map(|level| level(first)) {
        return Some(level);
    }
    if is_platforms(first) {
        return None;
    }
    let mut ordinary = 0;
    let mut behind_separator = true;
    for (index, token) in tokens(first).take(HEAD).enumerate() {
        let LineToken { word, mark } = token;
        if word.is_empty() {
            behind_separator = true;
            continue;
        }
        let level = match mark {
            Mark::Bracketed => level_in_brackets(word),
            _ => Level::of_word(word),
        };
        if let Some(level) = level.filter(|_| !names_nothing(first, word)) {
            let upper = word.bytes().all(|byte| !byte.is_ascii_lowercase());
            let set_off = matches!(mark, Mark::Bracketed | Mark::Field)
                || (behind_separator && matches!(mark, Mark::Separated));
            let is_first = index == 0 && matches!(mark, Mark::Colon) && !is_error_name(word);
            if set_off || is_first || (upper && ordinary == 0) {
                return Some(level);
            }
        }
        behind_separator = matches!(mark, Mark::Separated);
        if matches!(mark, Mark::Plain | Mark::Colon) && !is_prefix(word) {
            ordinary += 1;
            if ordinary > 1 {
                return None;
            }
        }
    }
    None
}

/// Whether a text is nothing but what loggers write before a message, and ends with a level.
pub(super) fn ends_with_level(text: &str) -> bool {
    let bare = |word: &str| word.trim_matches(['[', ']', ':', '|']).to_owned();
    let mut words: Vec<String> = text.split_whitespace().map(bare).collect();
    let last = words.pop().and_then(|word| Level::of_word(&word));
    last.is_some() && words.iter().all(|word| is_prefix(word))
}

/// `error`, and the last word behind a time or the name of a module: `03:10:00 ERR`,
/// `proxy:error`.
fn level_in_brackets(text: &str) -> Option<Level> {
    let behind_time = || {
        let (head, last) = text.rsplit_once(' ')?;
        head.split(' ')
            .all(is_prefix)
            .then(|| Level::of_word(last))?
    };
    let behind_module = || {
        let (module, last) = text.split_once(':')?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        module.chars().all(plain).then(|| Level::of_word(last))?
    };
    Level::of_word(text)
        .or_else(behind_time)
        .or_else(behind_module)
}

/// Whether the word is a name with a value that says that there is none: `ERROR: 0`,
/// `ERROR count: 0`.
fn names_nothing(line: &str, word: &str) -> bool {
    let Some((_, rest)) = line.split_once(word) else {
        return false;
    };
    let noun = rest
        .trim_start()
        .split([':', '=', ' '])
        .next()
        .unwrap_or_default();
    let rest = match noun.to_ascii_lowercase().as_str() {
        "count" | "counts" | "total" | "rate" => {
            rest.trim_start().get(noun.len()..).unwrap_or_default()
        }
        _ => rest,
    };
    let Some(value) = rest.strip_prefix([':', '=']) else {
        return false;
    };
    value.split_whitespace().next().is_some_and(is_nothing)
}

/// `Error:` at the start of a line is the name of an exception, which is judged as one.
fn is_error_name(word: &str) -> bool {
    word == "Error"
}

/// How a token stands in its line.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mark {
    /// In brackets of any kind.
    Bracketed,
    /// Between tabs or pipes.
    Field,
    /// Before a dash that stands alone.
    Separated,
    /// Before a colon.
    Colon,
    Plain,
}

struct LineToken<'a> {
    word: &'a str,
    mark: Mark,
}

/// The tokens of a line, each with how it stands there.
fn tokens(line: &str) -> impl Iterator<Item = LineToken<'_>> {
    let fields = line.split(['\t', '|']);
    let single = line.contains(['\t', '|']);
    fields.flat_map(move |field| {
        let words = words(field);
        let alone = single && words.len() == 1;
        let count = words.len();
        (0..count)
            .map(|at| token(&words, at, alone))
            .collect::<Vec<_>>()
    })
}

/// Words between blanks; what stands in square brackets is one.
fn words(mut field: &str) -> Vec<&str> {
    let mut words = Vec::new();
    loop {
        field = field.trim_start_matches(' ');
        let close = field
            .find(']')
            .filter(|_| field.starts_with('['))
            .map_or(0, |at| at + 1);
        let behind = field.get(close..).unwrap_or_default();
        // `[0.5s][info]` are two.
        let end = match close > 0 && behind.starts_with('[') {
            true => close,
            false => close + behind.find(' ').unwrap_or(behind.len()),
        };
        let (word, rest) = field.split_at(end);
        if word.is_empty() {
            return words;
        }
        words.push(word);
        field = rest;
    }
}

fn token<'a>(words: &[&'a str], at: usize, alone: bool) -> LineToken<'a> {
    let word = words.get(at).copied().unwrap_or_default();
    if matches!(word, "-" | "--" | ":") {
        return LineToken {
            word: "",
            mark: Mark::Separated,
        };
    }
    let bracketed = word
        .strip_prefix(['[', '<', '('])
        .map(|inner| inner.trim_end_matches([']', '>', ')', ':']));
    let dash_follows = words
        .get(at + 1)
        .is_some_and(|next| matches!(*next, "-" | "--" | ":"));
    match bracketed {
        Some(inner) => LineToken {
            word: inner.trim(),
            mark: Mark::Bracketed,
        },
        None if alone => LineToken {
            word: word.trim_end_matches(':'),
            mark: Mark::Field,
        },
        None if dash_follows => LineToken {
            word: word.trim_end_matches(':'),
            mark: Mark::Separated,
        },
        None => match word.split_once(':') {
            // `ERROR:root:message` and `fail: Category[0]`; a time is no word before a colon.
            Some((head, _))
                if !head.is_empty() && head.bytes().all(|b| b.is_ascii_alphabetic()) =>
            {
                LineToken {
                    word: head,
                    mark: Mark::Colon,
                }
            }
            _ => LineToken {
                word: word.trim_end_matches([',', ';', ']']),
                mark: Mark::Plain,
            },
        },
    }
}

/// What loggers write before the level: times, ids, numbers, names with dots, thread names.
fn is_prefix(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    digits >= 2
        || word
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'#')
        || word.contains('.')
        || (word.contains('-') && word.len() >= 8)
        || matches!(
            word,
            "root" | "main" | "undefined" | "UTC" | "Z" | "AM" | "PM"
        )
}

/// `level=error` of logfmt, also quoted; only where the line is logfmt from its start.
fn level_of_logfmt(line: &str) -> Option<Level> {
    let first = line.split_whitespace().next()?;
    let (name, _) = first.split_once('=')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.@".contains(c);
    if name.is_empty() || !name.chars().all(plain) {
        return None;
    }
    line.split_whitespace().find_map(|part| {
        let (name, value) = part.split_once('=')?;
        ["level", "lvl", "severity", "log.level", "loglevel"]
            .contains(&name)
            .then(|| Level::of_word(value.trim_matches('"')))?
    })
}

/// `E0322 03:10:00.123456       1 store.go:12] message`
fn level_of_glog(line: &str) -> Option<Level> {
    let (head, rest) = line.split_at_checked(5)?;
    let level = match head.as_bytes().first()? {
        b'E' | b'F' => Level::Fault,
        b'W' => Level::Warning,
        b'I' => Level::Fine,
        _ => return None,
    };
    let date = head.bytes().skip(1).all(|byte| byte.is_ascii_digit());
    (date && rest.starts_with(' ') && rest.contains("] ")).then_some(level)
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

/// `ERRO[0007] message`
fn level_of_logrus(line: &str) -> Option<Level> {
    let (level, rest) = line.split_once('[')?;
    let (seconds, _) = rest.split_once("] ")?;
    let form = level.len() == 4 && seconds.bytes().all(|byte| byte.is_ascii_digit());
    form.then(|| Level::of_word(level))?
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

/// Lines that the platform writes in the text format have no level.
fn is_platforms(line: &str) -> bool {
    [
        "START RequestId",
        "END RequestId",
        "REPORT RequestId",
        "INIT_START",
        "INIT_REPORT",
        "RESTORE_",
        "EXTENSION\t",
        "LOGS\t",
        "TELEMETRY\t",
        "XRAY TraceId",
    ]
    .iter()
    .any(|start| line.starts_with(start))
}
