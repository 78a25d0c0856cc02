//! The level of a line of text, by where loggers write it.

use super::level::Level;
use super::line_prefix::{is_platforms, is_prefix, is_time, names_nothing};
use super::logger_forms::{level_in_xml, level_of_form, level_on_second_line};

/// Tokens of a line of text among which a level may stand.
const HEAD: usize = 8;

/// The level of a line of text: among its first tokens, behind nothing but what loggers write
/// before it, such as times, ids, threads and names of loggers.
pub(super) fn level_of_text(text: &str) -> Option<Level> {
    let first = text.lines().next().unwrap_or_default();
    // The files of WebLogic begin a message so.
    let first = first.trim_start_matches('#');
    let level = level_of_form(first).or_else(|| level_in_xml(text));
    if let Some(level) = level.or_else(|| level_on_second_line(text)) {
        return Some(level);
    }
    if is_platforms(first) {
        return None;
    }
    let mut ordinary = 0;
    let mut behind_separator = true;
    let mut behind_time = false;
    let mut behind_sign = false;
    let mut behind_brackets = true;
    for (index, token) in tokens(first).take(HEAD).enumerate() {
        let LineToken {
            word,
            mark,
            before_bracket,
        } = token;
        if word.is_empty() {
            behind_separator = true;
            continue;
        }
        let level = match mark {
            Mark::Bracketed => level_in_brackets(word),
            _ => Level::of_word(word),
        };
        let letter = || {
            let is_alone = matches!(mark, Mark::Bracketed | Mark::Field)
                || word.ends_with('!')
                || before_bracket;
            (behind_time && ordinary == 0 && is_alone).then(|| Level::of_letter(word))?
        };
        if let Some(level) = level
            .or_else(letter)
            .filter(|_| !names_nothing(first, word))
        {
            let upper = word.bytes().all(|byte| !byte.is_ascii_lowercase());
            let set_off = matches!(mark, Mark::Bracketed | Mark::Field)
                || (behind_separator && matches!(mark, Mark::Separated));
            let is_first = (index == 0 || behind_brackets || (behind_time && ordinary == 0))
                && matches!(mark, Mark::Colon)
                && !(index == 0 && is_error_name(word));
            // `03:10:00 host ERROR [duck.core:12]` and `03:10:00 UTC severe  [Native]`
            let between = behind_time && before_bracket && (ordinary == 0 || upper);
            if set_off || is_first || between || ((upper || behind_sign) && ordinary == 0) {
                return Some(level);
            }
        }
        behind_separator = matches!(mark, Mark::Separated);
        behind_time |= is_time(word);
        behind_brackets &= mark == Mark::Bracketed;
        // `✖  error  message`; a bullet is none.
        behind_sign =
            !word.contains('•') && word.chars().all(|c| !c.is_ascii() && !c.is_alphanumeric());
        if behind_time && word.ends_with("]:") && word.contains('[') {
            // The name and the process of syslog end what stands before a message.
            ordinary = 0;
        } else if matches!(mark, Mark::Plain | Mark::Colon)
            && !is_prefix(word)
            && !(behind_time && word.contains('='))
        {
            ordinary += 1;
            if ordinary > 1 {
                return None;
            }
        }
    }
    None
}

/// `error`, and the first word behind a time or the name of a module: `03:10:00 ERR`,
/// `2026-03-22T03:10:00Z ERROR duck::store`, `03:10:00,123: ERROR/MainProcess`, `proxy:error`,
/// `duck.peck#error`, and a letter before the time, `E 260322 03:10:00 store:12`.
fn level_in_brackets(text: &str) -> Option<Level> {
    let behind_time = || {
        let words = || text.split_whitespace();
        let mut heads = words().filter_map(|word| word.split('/').next());
        let level = heads.find(|head| !is_prefix(head))?;
        words()
            .take_while(|word| is_prefix(word))
            .any(is_time)
            .then(|| Level::of_word(level))?
    };
    let behind_module = || {
        let (module, last) = text.split_once([':', '#'])?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.".contains(c);
        module.chars().all(plain).then(|| Level::of_word(last))?
    };
    let before_time = || {
        let (letter, rest) = text.split_once(' ')?;
        let is_letter = letter.len() == 1 && rest.split(' ').take(2).any(is_time);
        is_letter.then(|| Level::of_letter(letter))?
    };
    // `8:0322/031000.123456:ERROR:gpu_host.cc(991)` of Chromium
    let between = || {
        let mut parts = text.split(':');
        let is_digit = |b: u8| b.is_ascii_digit() || b"/.".contains(&b);
        parts.find(|part| part.contains('/') && part.bytes().all(is_digit))?;
        Level::of_word(parts.next()?)
    };
    // `ERROR duck::store` of env_logger
    let before_module = || {
        let (level, module) = text.split_once(' ')?;
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_:".contains(&b);
        let upper = level.bytes().all(|byte| byte.is_ascii_uppercase());
        (upper && module.trim().bytes().all(plain)).then(|| Level::of_word(level))?
    };
    // `NR_EXT ERROR`
    let behind_name = || {
        let (name, level) = text.split_once(' ')?;
        let upper = level.bytes().all(|byte| byte.is_ascii_uppercase());
        (upper && name.contains('_')).then(|| Level::of_word(level))?
    };
    // `log,error`
    let last_tag = || {
        let tags = text.rsplit_once(',').filter(|_| !text.contains(' '))?;
        Level::of_word(tags.1)
    };
    Level::of_word(text)
        .or_else(last_tag)
        .or_else(behind_time)
        .or_else(behind_module)
        .or_else(before_time)
        .or_else(behind_name)
        .or_else(between)
        .or_else(before_module)
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
    /// What follows stands in square brackets.
    before_bracket: bool,
}

/// The tokens of a line, each with how it stands there.
fn tokens(line: &str) -> impl Iterator<Item = LineToken<'_>> {
    let separated = [',', ';']
        .into_iter()
        .find(|mark| is_separated(line, *mark));
    let marks = separated.map_or(['\t', '|'], |mark| [mark, mark]);
    let fields = line.split(marks);
    let single = line.contains(marks);
    fields.flat_map(move |field| {
        let words = words(field);
        let alone = single && words.len() == 1;
        (0..words.len()).map(move |at| token(&words, at, alone))
    })
}

/// Whether a line is of separated values: a time, and one word behind the first mark.
fn is_separated(line: &str, mark: char) -> bool {
    let mut fields = line.splitn(3, mark);
    let (first, second) = (fields.next(), fields.next());
    fields.next().is_some()
        && first.is_some_and(|time| time.split(' ').all(is_prefix) && time.split(' ').any(is_time))
        && second.is_some_and(|word| Level::of_word(word).is_some())
}

/// The first words between blanks, as many as are looked at; what stands in square brackets is one.
fn words(mut field: &str) -> Vec<&str> {
    let mut words = Vec::new();
    while words.len() <= HEAD {
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
            break;
        }
        words.push(word);
        field = rest;
    }
    words
}

fn token<'a>(words: &[&'a str], at: usize, alone: bool) -> LineToken<'a> {
    let whole = words.get(at).copied().unwrap_or_default();
    let next = words.get(at + 1).copied().unwrap_or_default();
    // `|-ERROR in …` of Logback's own status
    let status = whole.strip_prefix('-').filter(|word| word.len() > 1);
    let whole = status
        .filter(|word| !word.starts_with('-'))
        .unwrap_or(whole);
    let bracketed = whole
        .strip_prefix(['[', '<', '('])
        .map(|inner| inner.trim_end_matches([']', '>', ')', ':']));
    let (word, mark) = match bracketed {
        _ if matches!(whole, "-" | "--" | ":") => ("", Mark::Separated),
        Some(inner) => (inner.trim(), Mark::Bracketed),
        None if alone => (whole.trim_end_matches(':'), Mark::Field),
        None if matches!(next, "-" | "--" | ":") => (whole.trim_end_matches(':'), Mark::Separated),
        None => match whole.split_once(':') {
            // `ERROR:root:message` and `fail: Category[0]`; a time is no word before a colon.
            Some((head, _))
                if !head.is_empty() && head.bytes().all(|b| b.is_ascii_alphabetic()) =>
            {
                (head, Mark::Colon)
            }
            _ if whole.ends_with("]:") => (whole, Mark::Plain),
            _ => (whole.trim_end_matches([',', ';', ']']), Mark::Plain),
        },
    };
    LineToken {
        word,
        mark,
        before_bracket: next.starts_with('['),
    }
}
