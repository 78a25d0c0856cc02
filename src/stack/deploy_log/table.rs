//! Rows of tables, in pipes or separated by commas, semicolons or tabs.

use super::header::Column;

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

/// A header of values separated by commas: `date,version,by`.
pub(super) fn is_list_of_names(text: &str) -> bool {
    text.contains(SEPARATORS)
        && cells(text, true).is_some_and(|cells| header(&cells, false).is_some())
}
