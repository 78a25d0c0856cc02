//! The checks of `doctor` on one screen: grouped, what needs attention first, one row for all
//! permissions.

use super::checklist::ChecklistItem;
use super::model::{NextAction, Verdict};
use super::palette::Style;
use super::table;
use super::words::count;

/// Groups with the checks that belong to each, in the order of the screen.
const GROUPS: [(&str, &[&str]); 6] = [
    (
        "settings",
        &["stack", "region", "profile", "deadline", "output"],
    ),
    ("API", &["api url", "status api", "audit api", "clock"]),
    ("identity", &["identity", "account"]),
    ("history", &["history", "retention"]),
    ("runbooks", &["runbooks"]),
    ("keys", &["beak key", "token"]),
];

/// Lines that fit a terminal of 24 rows together with the prompt.
const SCREEN: usize = 22;

/// A row: its verdict, its name, its lines.
type NamedRow = (Verdict, String, Vec<String>);

/// The checks as a screen of this style.
pub fn page(checks: &[ChecklistItem], style: Style) -> String {
    let verdict = Verdict::worst(checks.iter().map(|check| check.verdict));
    let bad: Vec<_> = checks.iter().filter(|check| is_bad(check)).collect();
    let first = bad
        .iter()
        .min_by_key(|check| (std::cmp::Reverse(check.verdict), is_practice(check)));
    let all = count(checks.len(), "check", "checks");
    let headline = match first {
        None => format!("{all} ok"),
        Some(first) => {
            let needs = if bad.len() == 1 { "needs" } else { "need" };
            format!(
                "{} of {all} {needs} attention: {}",
                bad.len(),
                finding(first)
            )
        }
    };
    let next = first.and_then(|first| Some(NextAction::of_fix(first.fix.as_ref()?)));
    let mut rows = rows(checks);
    rows.sort_by_key(|(verdict, ..)| std::cmp::Reverse(*verdict));
    let code = verdict.exit_code();
    let below = [format!(
        "exit {code} \u{b7} every check with its value and origin: duckops doctor --explain"
    )];
    let page =
        |rows: &[NamedRow]| table::page((verdict, &headline), next.as_ref(), rows, &below, style);
    let whole = page(&rows);
    if whole.lines().count() <= SCREEN {
        return whole;
    }
    // What is well is named only, where not all of it fits.
    let (ok, mut rest): (Vec<_>, Vec<_>) = rows
        .into_iter()
        .partition(|(verdict, ..)| *verdict <= Verdict::Ok);
    let names: Vec<_> = ok.iter().map(|(_, name, _)| name.as_str()).collect();
    rest.push((Verdict::Ok, "others".to_owned(), vec![names.join(", ")]));
    page(&rest)
}

fn is_bad(check: &ChecklistItem) -> bool {
    !matches!(check.verdict, Verdict::Ok | Verdict::Skipped)
}

/// A practice run says so itself; what else is odd comes first.
fn is_practice(check: &ChecklistItem) -> bool {
    check
        .found
        .as_str()
        .starts_with("this is the practice stack")
}

/// A permission is named after its service and action.
fn is_permission(check: &ChecklistItem) -> bool {
    check.name.contains(':')
}

/// What is wrong with a check, with its name where that is not plain.
fn finding(check: &ChecklistItem) -> String {
    match check.name.as_str() {
        "note" => check.found.to_string(),
        _ if check.found.as_str().starts_with("this machine") => check.found.to_string(),
        name if is_permission(check) && !check.found.as_str().contains(name) => {
            format!("{name} {}", check.found)
        }
        _ if is_permission(check) => check.found.to_string(),
        name if check.found.as_str().to_lowercase().starts_with(name) => check.found.to_string(),
        name => format!("{name} {}", check.found),
    }
}

fn rows(checks: &[ChecklistItem]) -> Vec<NamedRow> {
    let mut rows = Vec::new();
    for (group, names) in GROUPS {
        rows.extend(row(group, &named(checks, names)));
        if group == "identity" {
            rows.extend(permissions(checks));
        }
    }
    let is_grouped = |check: &&ChecklistItem| {
        let mut names = GROUPS.iter().flat_map(|(_, names)| names.iter());
        let is_folded = check.name == "state machine" && !is_bad(check);
        is_permission(check) || is_folded || names.any(|name| check.name == **name)
    };
    for check in checks.iter().filter(|check| !is_grouped(check)) {
        let (name, found) = match check.found.as_str().strip_prefix("endpoint ") {
            Some(endpoint) if check.name == "note" => ("endpoint", endpoint),
            _ => (check.name.as_str(), check.found.as_str()),
        };
        rows.push((check.verdict, name.to_owned(), vec![found.to_owned()]));
    }
    rows
}

/// The checks of these names, in the order of the names.
fn named<'a>(checks: &'a [ChecklistItem], names: &[&str]) -> Vec<&'a ChecklistItem> {
    let mut named = Vec::new();
    for name in names {
        named.extend(checks.iter().filter(|check| check.name == *name));
    }
    named
}

/// The checks of one group as one row; a bad one stands on a line of its own.
fn row(group: &str, checks: &[&ChecklistItem]) -> Option<NamedRow> {
    let verdict = Verdict::worst_or_skipped(checks.iter().map(|check| check.verdict));
    let mut lines: Vec<String> = Vec::new();
    let mut before: Option<&str> = None;
    for check in checks {
        let found = shortened(check);
        let text = match check.name.as_str() {
            "history" | "retention" | "identity" | "runbooks" | "region" => found,
            "api url" => found,
            _ if is_bad(check) && matches!(check.name.as_str(), "status api" | "audit api") => {
                found
            }
            "status api" => format!("status {found}"),
            "audit api" => format!("audit {found}"),
            name => format!("{name} {found}"),
        };
        // The same obstacle is said once.
        if before == Some(check.found.as_str()) {
            continue;
        }
        before = Some(check.found.as_str());
        lines.push(text);
    }
    (!lines.is_empty()).then(|| (verdict, group.to_owned(), joined(lines)))
}

/// What was found, without what `--explain` has besides: where a setting came from, the account in
/// the name of an identity, the path of a file.
fn shortened(check: &ChecklistItem) -> String {
    let found = check.found.as_str();
    let shown = match check.name.as_str() {
        "identity" if !is_bad(check) => found.rsplit(':').next().unwrap_or(found),
        "history" => found.split(": ").next().unwrap_or(found),
        "beak key" | "token" if check.verdict == Verdict::Ok => {
            if found.starts_with("none") {
                "none"
            } else {
                "readable"
            }
        }
        "api url" => found,
        _ => found.split(" (").next().unwrap_or(found),
    };
    shown.to_owned()
}

/// Short texts share a line.
fn joined(texts: Vec<String>) -> Vec<String> {
    const LINE: usize = 60;
    let mut lines: Vec<String> = Vec::new();
    for text in texts {
        match lines.last_mut() {
            Some(line) if line.len() + text.len() + 2 <= LINE => {
                line.push_str(", ");
                line.push_str(&text);
            }
            _ => lines.push(text),
        }
    }
    lines
}

/// All permissions in one row, with those that lack.
fn permissions(checks: &[ChecklistItem]) -> Option<NamedRow> {
    let all: Vec<_> = checks.iter().filter(|check| is_permission(check)).collect();
    let lacking: Vec<_> = all.iter().filter(|check| is_bad(check)).collect();
    let verdict = Verdict::worst_or_skipped(all.iter().map(|check| check.verdict));
    let lines = match lacking.as_slice() {
        [] => vec![format!("{0} of {0} granted", all.len())],
        [first, others @ ..]
            if lacking.len() == all.len()
                && others.iter().all(|other| other.found == first.found) =>
        {
            vec![first.found.to_string()]
        }
        some => {
            let granted = all.len() - some.len();
            let mut lines = vec![format!("{granted} of {} granted", all.len())];
            lines.extend(some.iter().map(|check| finding(check)));
            lines.dedup();
            lines
        }
    };
    (!all.is_empty()).then(|| (verdict, "permissions".to_owned(), lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_of(checks: &[ChecklistItem]) -> String {
        let style = Style {
            color: false,
            width: 80,
        };
        page(checks, style)
    }

    #[test]
    fn permissions_without_credentials_are_one_row_with_one_fix() {
        let unasked = |name: &str| {
            let found = "not checked: no AWS credentials";
            ChecklistItem::bad(name, Verdict::Unknown, found, "Log in: aws sso login")
        };
        let checks = [
            ChecklistItem::ok("stack", "prod (built in)"),
            unasked("states:ListExecutions"),
            unasked("ses:GetAccount"),
        ];
        let text = page_of(&checks);
        assert_eq!(text.matches("  UNKN ").count(), 1, "{text}");
        assert_eq!(text.matches("aws sso login").count(), 1, "{text}");
        assert!(
            text.starts_with("UNKNOWN   2 of 3 checks need attention"),
            "{text}"
        );
        let denied = ChecklistItem::bad(
            "ses:GetAccount",
            Verdict::Unknown,
            "AWS denied ses:GetAccount",
            "Allow ses:GetAccount",
        );
        let granted = ChecklistItem::ok("states:ListExecutions", "granted, 4 requests");
        let text = page_of(&[granted, denied]);
        assert!(text.contains("1 of 2 granted"), "{text}");
        assert!(text.contains("AWS denied ses:GetAccount"), "{text}");
    }
}
