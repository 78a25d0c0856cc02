//! DEPLOY-LOG.md, read loosely: which version did its newest entry deploy?
//!
//! The format is nobody's promise. An entry is a line or a heading with a date; the version
//! is a number that says so (`v61`, `version 61`, `61 ->` is none). Two candidates, or none,
//! is an answer too: then nothing is guessed.

use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime, macros::format_description};

/// Why the log names no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoVersion {
    /// No line has a date.
    #[error("no entry in it has a date such as 2026-03-22")]
    NoDate,
    /// The newest entry names no version.
    #[error("its newest entry names no version such as v61")]
    None,
    /// The newest entry names several versions.
    #[error("its newest entry names more than one version")]
    Several,
}

/// The version that the newest entry names.
///
/// # Errors
/// That there is none, or more than one.
pub fn newest_version(text: &str) -> Result<String, NoVersion> {
    let mut newest: Option<(i64, Vec<&str>)> = None;
    for line in text.lines() {
        match (date(line), newest.as_mut()) {
            // The first of several entries of one moment stays: logs grow at either end, and
            // what is ambiguous must not be decided by that.
            (Some(at), Some((known, lines))) if at == *known => lines.push(line),
            (Some(at), Some((known, _))) if at < *known => {
                // Lines below belong to an older entry.
                if let Some((_, lines)) = newest.as_mut() {
                    lines.push("");
                }
            }
            (Some(at), _) => newest = Some((at, vec![line])),
            (None, Some((_, lines))) if lines.last().is_some_and(|last| !last.is_empty()) => {
                lines.push(line);
            }
            (None, _) => {}
        }
    }
    let (_, lines) = newest.ok_or(NoVersion::NoDate)?;
    let mut versions: Vec<String> = lines.iter().flat_map(|line| versions(line)).collect();
    versions.sort();
    versions.dedup();
    match versions.as_slice() {
        [] => Err(NoVersion::None),
        [only] => Ok(only.clone()),
        _ => Err(NoVersion::Several),
    }
}

/// Every entry with a date and the versions that it names, newest first.
pub fn deployments(text: &str) -> Vec<(i64, Vec<String>)> {
    let mut entries: Vec<(i64, Vec<String>)> = Vec::new();
    for line in text.lines() {
        if let Some(at) = date(line) {
            entries.push((at, Vec::new()));
        }
        if let Some((_, named)) = entries.last_mut() {
            named.extend(versions(line));
        }
    }
    entries.retain(|(_, named)| !named.is_empty());
    entries.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    entries
}

/// Each line with a date, in seconds since 1970, with the lines below it up to the next one.
pub fn log_blocks(text: &str) -> Vec<(i64, String)> {
    let mut blocks: Vec<(i64, String)> = Vec::new();
    for line in text.lines() {
        match (date(line), blocks.last_mut()) {
            (Some(at), _) => blocks.push((at, line.to_owned())),
            (None, Some((_, block))) => {
                block.push('\n');
                block.push_str(line);
            }
            (None, None) => {}
        }
    }
    blocks
}

/// The first date of a line, in seconds since 1970; a time beside it counts too.
fn date(line: &str) -> Option<i64> {
    let words = || {
        line.split(|c: char| {
            c.is_whitespace() || matches!(c, '|' | '[' | ']' | '(' | ')' | '*' | ',')
        })
    };
    let instant = |word: &str| OffsetDateTime::parse(word, &Rfc3339).ok();
    let day = |word: &str| Date::parse(word, format_description!("[year]-[month]-[day]")).ok();
    words()
        .find_map(instant)
        .or_else(|| words().find_map(day).map(|day| day.midnight().assume_utc()))
        .map(OffsetDateTime::unix_timestamp)
}

/// Every number of a line that says that it is a version.
fn versions(line: &str) -> Vec<String> {
    let words: Vec<&str> = line
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let number = |word: &str| {
        let fits = (1..=6).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| word.to_owned())
    };
    let named = words
        .iter()
        .filter_map(|word| number(word.strip_prefix(['v', 'V'])?));
    let said = words.windows(2).filter_map(|pair| {
        let before = pair[0].to_ascii_lowercase();
        matches!(before.as_str(), "version" | "functionversion").then(|| number(pair[1]))?
    });
    named.chain(said).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_deploy_log_entry_is_found_at_either_end() {
        let rising = "# Deploys\n2026-03-20 v59 by ops\n2026-03-22 v61 by ops\n";
        let falling = "## 2026-03-22T10:00:00Z\nversion 61, tested\n## 2026-03-20\nversion 59\n";
        let table = "| date | version |\n|---|---|\n| 2026-03-22 | v61 |\n| 2026-03-21 | v60 |\n";
        for log in [rising, falling, table] {
            assert_eq!(newest_version(log).as_deref(), Ok("61"), "{log}");
        }
    }

    #[test]
    fn an_ambiguous_deploy_log_names_no_version() {
        let table = [
            ("", NoVersion::NoDate),
            ("v61 is live", NoVersion::NoDate),
            ("2026-03-22 deployed by ops", NoVersion::None),
            ("2026-03-22 from v60 to v61", NoVersion::Several),
            ("2026-03-22 v60\n2026-03-22 v61", NoVersion::Several),
            ("2026-03-22 61 tests passed", NoVersion::None),
        ];
        for (log, why) in table {
            assert_eq!(newest_version(log), Err(why), "{log}");
        }
    }
}
