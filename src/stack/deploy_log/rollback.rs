//! What a rollback left, and where it went.

use super::outcome_words;
use super::words::{self, whole_version};

/// The versions that a rollback left and where it went. Behind these words a bare number is a version.
pub(super) fn rollback(text: &[String]) -> (Vec<String>, Option<String>) {
    let version = |at: usize| {
        let word = text.get(at)?;
        match words::announces_version(word) {
            true => whole_version(text.get(at + 1)?, true),
            false => whole_version(word, true),
        }
    };
    let (mut left, mut targets) = (Vec::new(), Vec::new());
    for (at, word) in text.iter().enumerate() {
        let before = at.checked_sub(1).map_or("", |at| text[at].as_str());
        let is_left = match word.as_str() {
            "was" | "from" | "reverted" | "revert" | "rollback" => true,
            "back" => before.starts_with("roll"),
            "out" => before == "backed",
            "of" => matches!(before, "rollback" | "roll-back"),
            _ => false,
        };
        match word.as_str() {
            _ if is_left => left.extend(version(at + 1)),
            "to" | "now" | "->" | "restored" => targets.extend(version(at + 1)),
            _ => {}
        }
    }
    // "v62 deployed, rolled back at noon to v61": whatever is named and is not where it went.
    let named: Vec<String> = (0..text.len())
        .filter(|at| {
            whole_version(
                &text[*at],
                at.checked_sub(1)
                    .is_some_and(|at| words::announces_version(&text[at])),
            )
            .is_some()
        })
        .filter_map(|at| whole_version(&text[at], true))
        .collect();
    left.retain(|version| !targets.contains(version));
    let others = named
        .iter()
        .filter(|version| !targets.contains(version) && !left.contains(version));
    let others: Vec<String> = others.cloned().collect();
    match (left.is_empty(), targets.is_empty()) {
        (true, _) => left.extend(others),
        (false, true) => targets.extend(others),
        (false, false) => {}
    }
    left.sort();
    left.dedup();
    targets.sort();
    targets.dedup();
    let target = match targets.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    };
    (left, target)
}

/// What a revert quotes, as `git revert` writes it, and the text without that.
pub(super) fn quoted(text: &str) -> Option<(&str, String)> {
    let lower = text.to_ascii_lowercase();
    let begin = lower.match_indices("revert").find_map(|(at, _)| {
        let rest = lower[at..].trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let inside = rest
            .trim_start_matches([':', ' '])
            .strip_prefix(['"', '\'', '\u{201c}'])?;
        Some((at, text.len() - inside.len()))
    });
    let (at, begin) = begin?;
    let line = text[begin..].lines().next()?;
    let end = line.rfind(['"', '\'', '\u{201d}'])?;
    let rest = format!("{} revert {}", &text[..at], &text[begin + end..]);
    Some((&text[begin..begin + end], rest))
}

/// Whether it was only thought of or practised, failed, or is one of a region or of another thing: `considered a
/// rollback to v60`, `frontend rolled back to v18`.
pub(super) fn is_in_question(text: &[String]) -> bool {
    let is_thought = |word: &String| {
        matches!(
            word.as_str(),
            "considered" | "considering" | "discussed" | "drill" | "rehearsal" | "exercise"
        )
    };
    let is_of_another = |pair: &[String]| {
        words::is_thing_with_versions(&pair[0])
            && matches!(pair[1].as_str(), "rolled" | "reverted" | "rollback")
    };
    let is_denied = |pair: &[String]| {
        matches!(
            (pair[0].as_str(), pair[1].as_str()),
            ("not", "done" | "needed" | "necessary") | ("no" | "without", "rollback")
        )
    };
    // `rollback to v60 failed`
    let fails = |three: &[String]| {
        three[0] == "to"
            && whole_version(&three[1], true).is_some()
            && outcome_words::is_failure(&three[2])
    };
    text.iter()
        .any(|word| words::is_region(word) || is_thought(word))
        || text
            .windows(2)
            .any(|pair| is_denied(pair) || is_of_another(pair))
        || text.windows(3).any(fails)
}
