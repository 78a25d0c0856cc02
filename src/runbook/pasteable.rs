//! Whether the command of a rule can be pasted as it stands.

/// Words in capitals that stand for something the reader would have to fill in.
const PLACEHOLDERS: [&str; 14] = [
    "ARN", "DIR", "DUR", "EVENT", "FACT", "FILE", "ID", "NAME", "RUNBOOK", "SECRET", "TIME",
    "TOKEN", "URL", "VERSION",
];

/// What is wrong with a command of a runbook, if anything. Facts and names in braces are filled
/// in before it is shown.
pub(super) fn complaint(command: &str, runbook: &str) -> Option<String> {
    let words = || command.split_ascii_whitespace();
    if let Some(word) = words().find(|word| is_placeholder(word)) {
        return Some(format!(
            "`{word}` is a placeholder: the command must be one that can be pasted"
        ));
    }
    let own: Vec<&str> = words().collect();
    match own.as_slice() {
        ["duckops", "triage", id, rest @ ..] if *id == runbook && !rest.contains(&"--wait") => {
            Some(format!(
                "the command is the runbook's own: whoever reads it has just run `duckops triage {id}`"
            ))
        }
        _ => None,
    }
}

fn is_placeholder(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| "'\"[](),".contains(c));
    let is_angled = bare.len() > 2 && bare.starts_with('<') && bare.ends_with('>');
    let is_capital = bare.len() > 1
        && bare
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && (PLACEHOLDERS.contains(&bare)
            || PLACEHOLDERS
                .iter()
                .any(|end| bare.ends_with(&format!("_{end}"))));
    is_angled || is_capital || bare.contains('\u{2026}') || bare.ends_with("...")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_and_the_own_runbook_are_complained_of() {
        for wrong in [
            "duckops bond show SPACEDUCK_ID",
            "curl -s URL/beak",
            "duckops peck show <peck_id>",
            "aws lambda get-alias --name [NAME]",
            "duckops alias promote --to VERSION",
            "duckops record inc-004 ...",
            "duckops triage inc-004",
            "duckops triage inc-004 executions",
        ] {
            // `URL/beak` holds a path behind the placeholder.
            let found = complaint(&wrong.replace("URL/beak", "URL /beak"), "inc-004");
            assert!(found.is_some(), "{wrong}");
        }
        for right in [
            "aws stepfunctions list-executions --status-filter FAILED",
            "aws sesv2 list-suppressed-destinations --reasons BOUNCE",
            "duckops bond show {bonds.worst_id}",
            "duckops triage inc-004 --wait 5m",
            "duckops triage inc-003",
            "duckops triage",
            "aws logs filter-log-events --filter-pattern '?ERROR ?\"Task timed out\"'",
        ] {
            assert_eq!(complaint(right, "inc-004"), None, "{right}");
        }
    }
}
