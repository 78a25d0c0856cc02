//! Rows of tables, in pipes or separated by commas, semicolons or tabs, and what their columns hold.

use super::words::words;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Date,
    /// When it was done, or whether.
    Done,
    Version,
    /// The version before.
    Previous,
    Environment,
    /// Which alias.
    Alias,
    Status,
    /// Whether it went well: yes or no.
    Success,
    ExitCode,
    Function,
    /// Whether it was approved.
    Approval,
    /// The part of the traffic.
    Share,
    Other,
}

impl Column {
    pub(super) fn of(header: &str) -> Self {
        let words = words(header);
        let has = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
        // The word is nearly the same in many languages.
        let begins = |name: &str| words.iter().any(|word| word.starts_with(name));
        match () {
            () if has(&["from", "previous", "prev", "old", "before", "replaced"]) => Self::Previous,
            () if has(&["ver", "functionversion", "v"]) || begins("vers") => Self::Version,
            () if has(&[
                "date",
                "when",
                "time",
                "timestamp",
                "day",
                "utc",
                "datum",
                "deployed-at",
            ]) =>
            {
                Self::Date
            }
            () if words.len() == 1 && has(&["prod", "production", "prd", "done"]) => Self::Done,
            () if has(&["deployed", "released", "live"]) && !has(&["by", "until", "to"]) => {
                Self::Done
            }
            () if has(&["env", "environment", "stage", "target"]) => Self::Environment,
            () if has(&["alias"]) => Self::Alias,
            () if has(&["exit_code", "exit-code", "exitcode", "rc"])
                || words == ["exit", "code"] =>
            {
                Self::ExitCode
            }
            () if words.len() == 1
                && has(&["success", "successful", "succeeded", "ok", "passed"]) =>
            {
                Self::Success
            }
            () if has(&["machine", "static", "statistics", "stats", "statement"]) => Self::Other,
            () if has(&[
                "state",
                "result",
                "results",
                "outcome",
                "conclusion",
                "verdict",
                "estado",
            ]) || begins("stat") =>
            {
                Self::Status
            }
            () if has(&["function", "lambda", "service", "component", "app"]) => Self::Function,
            () if has(&["approved", "approval"]) && !has(&["by"]) => Self::Approval,
            () if has(&["traffic", "weight", "share", "percent"]) => Self::Share,
            () => Self::Other,
        }
    }
}

/// What separates the values of a line without pipes: the first of these that it holds.
pub(super) const SEPARATORS: [char; 3] = ['\t', ';', ','];

/// The cells of a row in pipes, or of a line of separated values where such are expected; `None`
/// for any other line.
pub(super) fn cells(line: &str, separated: bool) -> Option<Vec<String>> {
    let line = line.trim();
    if line.contains('|') {
        let inside = line.strip_prefix('|').unwrap_or(line);
        let inside = inside.strip_suffix('|').unwrap_or(inside);
        return Some(
            inside
                .split('|')
                .map(|cell| cell.trim().to_owned())
                .collect(),
        );
    }
    let separator = SEPARATORS.into_iter().find(|c| line.contains(*c));
    let separator = separator.filter(|_| separated)?;
    let mut cells = vec![String::new()];
    let mut is_quoted = false;
    for c in line.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            c if c == separator && !is_quoted => cells.push(String::new()),
            c => {
                if let Some(cell) = cells.last_mut() {
                    cell.push(c);
                }
            }
        }
    }
    Some(
        cells
            .into_iter()
            .map(|cell| cell.trim().to_owned())
            .collect(),
    )
}

/// Whether a row only separates a header from what follows.
pub(super) fn is_rule(cells: &[String]) -> bool {
    let is_rule = |cell: &String| !cell.is_empty() && cell.chars().all(|c| "-: ".contains(c));
    cells.iter().all(is_rule)
}

/// The columns of a header; `None` for a row that is none. One with a version, and a date or a rule below it,
/// is.
pub(super) fn header(cells: &[String], is_ruled: bool) -> Option<Vec<Column>> {
    let mut columns: Vec<_> = cells.iter().map(|cell| Column::of(cell)).collect();
    // `From | To`
    if columns.contains(&Column::Previous) && !columns.contains(&Column::Version) {
        let is_target =
            |cell: &String| matches!(cell.to_lowercase().as_str(), "to" | "new" | "after");
        if let Some(at) = cells.iter().position(is_target) {
            columns[at] = Column::Version;
        }
    }
    let has = |wanted| columns.contains(&wanted);
    let is_short = cells
        .iter()
        .all(|cell| cell.split_whitespace().count() <= 4);
    let is_dated = has(Column::Date) || has(Column::Done) || (is_ruled && has(Column::Version));
    (is_short && is_dated && (has(Column::Version) || has(Column::Function))).then_some(columns)
}
