//! Columns of text, as wide as the screen allows.

use super::words;
use crate::text::Printable;

/// The least that the last column is given beside the others.
const MIN_LAST: usize = 22;
/// How far all columns but the first are set in where they stand below it.
const INDENT: usize = 4;

/// What the reader's terminal can show.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// How many columns it has; `None` where standard output is no terminal.
    pub columns: Option<usize>,
    /// Whether the reader's locale shows more than ASCII.
    pub unicode: bool,
}

impl Screen {
    /// The glyphs of a sparkline, lowest first.
    pub fn glyphs(self) -> &'static [char] {
        match self.unicode {
            true => &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
            false => &['_', '.', '-', '=', '#'],
        }
    }

    /// Columns as wide as they need to be; the last one runs on. On a terminal it is broken
    /// into lines that fit; where too little room is left, all but the first go below.
    pub fn table<const N: usize>(
        self,
        head: [&str; N],
        rows: impl Iterator<Item = [Printable; N]>,
    ) -> String {
        let rows: Vec<[Printable; N]> = std::iter::once(head.map(Printable::from))
            .chain(rows)
            .collect();
        let wide = |column: usize| {
            rows.iter()
                .map(move |row| words::width(row[column].as_str()))
        };
        let widths: [usize; N] = std::array::from_fn(|column| wide(column).max().unwrap_or(0));
        let beside: usize = widths.iter().take(N - 1).map(|width| width + 2).sum();
        let columns = self.columns.unwrap_or(usize::MAX);
        let is_narrow = columns < beside + MIN_LAST.min(widths[N - 1]);
        let margin = if is_narrow { INDENT } else { beside };
        let mut text = String::new();
        for row in &rows {
            let (line, last) = if is_narrow {
                let cells = row[1..].iter().map(Printable::as_str);
                let cells: Vec<_> = cells.filter(|cell| !cell.is_empty()).collect();
                (format!("{}\n{:INDENT$}", row[0], ""), cells.join("  "))
            } else {
                let mut line = String::new();
                for (cell, width) in row.iter().zip(widths).take(N - 1) {
                    line.push_str(cell.as_str());
                    let room = width.saturating_sub(words::width(cell.as_str()));
                    line.push_str(&" ".repeat(room + 2));
                }
                (line, row[N - 1].to_string())
            };
            let room = columns.saturating_sub(margin);
            // What fits stays as it is: a drawing lives by its blanks.
            let parts = match words::width(&last) > room {
                true => words::wrap(&last, room),
                false => vec![last],
            };
            let parts = parts.join(&format!("\n{:margin$}", ""));
            text.push_str(format!("{line}{parts}").trim_end());
            text.push('\n');
        }
        text
    }

    /// A name and a sentence each, the sentence below its name, at most 80 columns wide where
    /// standard output is no terminal.
    pub fn sentences(self, rows: impl Iterator<Item = (Printable, Printable)>) -> String {
        let room = self.columns.unwrap_or(80).saturating_sub(INDENT);
        let mut text = String::new();
        for (name, sentence) in rows {
            text.push_str(&format!("{name}\n"));
            for line in words::wrap(sentence.as_str(), room) {
                text.push_str(&format!("{:INDENT$}{line}\n", ""));
            }
        }
        text
    }
}
