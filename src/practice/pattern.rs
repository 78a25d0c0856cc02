//! Filter patterns of CloudWatch Logs, in the plain-text form: terms that must all occur,
//! `?terms` of which one must, `-terms` that must not, and phrases in double quotes.

/// A pattern, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pattern {
    all: Vec<String>,
    any: Vec<String>,
    none: Vec<String>,
}

impl Pattern {
    /// Takes a pattern apart; says why when it is of a form that is not played here.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut pattern = Self::default();
        let mut rest = text.trim_start();
        if rest.starts_with(['{', '[', '%']) {
            return Err(format!("only plain-text patterns are played, not {text}"));
        }
        while let Some(first) = rest.chars().next() {
            let list = match first {
                '?' => &mut pattern.any,
                '-' => &mut pattern.none,
                _ => &mut pattern.all,
            };
            let term = rest.trim_start_matches(['?', '-']);
            let (term, after) = match term.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').ok_or("a quote is not closed")?,
                None => term.split_once(' ').unwrap_or((term, "")),
            };
            if term.is_empty() {
                return Err(format!("an empty term in {text}"));
            }
            let bare = rest
                .trim_start_matches(['?', '-'])
                .strip_prefix('"')
                .is_none();
            if bare && !term.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err(format!(
                    "{term} holds more than letters, digits and _: quote it"
                ));
            }
            list.push(term.to_owned());
            rest = after.trim_start();
        }
        Ok(pattern)
    }

    /// Whether a line matches; upper and lower case differ.
    pub(super) fn matches(&self, line: &str) -> bool {
        let has = |term: &String| line.contains(term.as_str());
        // Beside terms that must occur, the real service drops the ?terms.
        let any = self.any.is_empty() || !self.all.is_empty() || self.any.iter().any(has);
        any && self.all.iter().all(has) && !self.none.iter().any(has)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, line: &str) -> bool {
        Pattern::parse(pattern)
            .expect("a plain pattern")
            .matches(line)
    }

    #[test]
    fn terms_must_all_occur() {
        assert!(matches("", "anything"));
        assert!(matches("cert issued", "duck.cert_issued"));
        assert!(!matches("cert failed", "duck.cert_issued"));
        assert!(!matches("ERROR", "[error] lower case"));
    }

    /// What a step or a rule tells to paste must be a pattern that CloudWatch takes.
    #[test]
    fn patterns_of_the_runbooks_are_patterns() {
        let mut found = 0;
        for file in
            std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks")).expect("runbooks")
        {
            let text = std::fs::read_to_string(file.expect("a file").path()).expect("a text");
            let text = text.replace("\\\"", "\"");
            for rest in text.split("--filter-pattern '").skip(1) {
                let (pattern, _) = rest.split_once('\'').expect("a closing quote");
                assert!(Pattern::parse(pattern).is_ok(), "{pattern}");
                found += 1;
            }
        }
        assert!(found >= 3, "{found}");
    }

    #[test]
    fn one_matching_optional_term_is_enough() {
        let pattern = "?ERROR ?\"Task timed out\"";
        assert!(matches(pattern, "Task timed out after 30.03 seconds"));
        assert!(matches(pattern, "[ERROR] KeyError"));
        assert!(!matches(pattern, "Task done, nothing timed out"));
    }

    #[test]
    fn excluded_terms_and_phrases_are_honoured() {
        assert!(!matches("ERROR -timeout", "ERROR: timeout"));
        assert!(matches(
            "\"Runtime exited\"",
            "Error: Runtime exited with 1"
        ));
    }

    #[test]
    fn an_unsupported_pattern_is_refused() {
        for pattern in [
            "{ $.level = \"ERROR\" }",
            "[ip, user]",
            "%regex%",
            "\"open",
            "a-b",
            "? x",
        ] {
            assert!(Pattern::parse(pattern).is_err(), "{pattern}");
        }
    }
}
