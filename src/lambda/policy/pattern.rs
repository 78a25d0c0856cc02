//! Wildcards of policies: `*` for any characters, `?` for one; and texts of which a part is not known.

/// Stands in a text for a part that is not known: characters of a name, at least one.
pub(super) const UNKNOWN: char = '\u{f0000}';
/// Stands in a text for a part that no pattern names: only `*` covers it.
pub(super) const UNNAMED: char = '\u{f0001}';

/// Whether a pattern covers a whole text, or may cover it where a part of it is not known.
pub(super) fn wildcard_match(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    // Which beginnings of the text the pattern up to here covers.
    let text: Vec<char> = text.chars().collect();
    let mut covered = vec![false; text.len() + 1];
    covered[0] = true;
    for of in pattern {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            let before = at.checked_sub(1).map(|before| (before, text[before]));
            next[at] = match (of, before) {
                ('*', None) => covered[at],
                ('*', Some((before, _))) => covered[at] || next[before],
                (_, None) => false,
                // One more character of the part, or its first.
                (of, Some((before, UNKNOWN))) => {
                    !matches!(of, '/' | ':') && (covered[at] || covered[before])
                }
                (_, Some((_, UNNAMED))) => false,
                (of, Some((before, c))) => (of == '?' || of == c) && covered[before],
            };
        }
        covered = next;
    }
    covered[text.len()]
}

/// Whether two texts are equal, or may be where a part of the second is not known.
pub(super) fn literal_match(text: &str, actual: &str) -> bool {
    text == actual || (!text.contains(['*', '?']) && wildcard_match(text, actual))
}

/// Whether a pattern covers an ARN: each of the six parts on its own, so that a `*` does not reach
/// across a colon (IAM user guide, ARN condition operators).
pub(super) fn arn_match(pattern: &str, arn: &str) -> bool {
    let pattern: Vec<&str> = pattern.splitn(6, ':').collect();
    let arn: Vec<&str> = arn.splitn(6, ':').collect();
    pattern.len() == 6
        && arn.len() == 6
        && pattern
            .iter()
            .zip(arn)
            .all(|(pattern, part)| wildcard_match(pattern, part))
}
