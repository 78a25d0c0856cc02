//! The blocks of the log: what belongs to one date.

use super::date::{self, FoundDate};
use super::header::{self, Column};
use super::marks::{
    Marked, bracketed_version, is_deployment, is_rule_line, is_section, is_underline, level_below,
    marked,
};
use super::record::{self, RecordField};
use super::table;
use super::words::{announces_version, whole_version, words};

const DAY: i64 = 86_400;

/// The form of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Heading,
    Item,
    Row,
    Prose,
}

/// A date and what stands with it.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// `None` for a row whose date cannot be read.
    pub(super) date: Option<FoundDate>,
    pub(super) shape: Shape,
    /// Its text without the date.
    pub(super) text: String,
    /// The first line as it stands.
    pub(super) line: String,
    /// Its cells with what they hold, where it is a row of a table with a header.
    pub(super) cells: Vec<(Column, String)>,
    /// The headings above it.
    pub(super) context: String,
    /// Whether it is an open item of a task list.
    pub(super) is_open_task: bool,
    level: usize,
    indent: usize,
    /// Whether it goes on after a blank line.
    is_sticky: bool,
}

/// Everything with a date, in the order of the text.
pub(super) fn blocks(content: &str) -> Vec<Block> {
    let mut reader = Reader::default();
    let lines: Vec<&str> = content.split('\n').collect();
    let mut cells = String::new();
    let mut taken = 0;
    for (at, line) in lines.iter().enumerate() {
        if at < taken {
            continue;
        }
        if reader.columns.is_none()
            && !reader.open.as_ref().is_some_and(|open| open.is_sticky)
            && let Some((records, length)) = record::records(&lines[at..])
        {
            let Marked {
                indent, is_item, ..
            } = marked(line, "");
            records
                .iter()
                .for_each(|fields| reader.record(fields, indent, is_item));
            taken = at + length;
            continue;
        }
        let next = lines.get(at + 1).copied().unwrap_or_default();
        // A quoted cell of separated values may hold line breaks (RFC 4180).
        if reader.columns.is_some() && !line.contains('|') {
            cells.push_str(line);
            if cells.matches('"').count() % 2 == 1 && at + 1 < lines.len() {
                cells.push(' ');
                continue;
            }
            reader.line(&std::mem::take(&mut cells), next);
        } else {
            reader.line(line, next);
        }
    }
    reader.close();
    reader.done
}

#[derive(Default)]
struct Reader {
    done: Vec<Block>,
    open: Option<Block>,
    /// The undated headings above, by level.
    context: Vec<(usize, String)>,
    columns: Option<Vec<Column>>,
    /// The items and names without a date above, in which the one that is read lies, by level.
    parents: Vec<(usize, String)>,
    /// Whether the line above is blank.
    is_after_blank: bool,
    /// A line without a date that names a version, directly above the one that is read.
    above: Option<String>,
}

impl Reader {
    fn close(&mut self) {
        // A heading or a line whose date never came is about something else, unless it seems to have one
        // that cannot be read.
        self.done.extend(self.open.take().filter(|open| {
            open.date.is_some() || open.shape == Shape::Row || date::seems_dated(&open.line)
        }));
    }

    fn line(&mut self, line: &str, next: &str) {
        if line.trim().is_empty() {
            self.columns = None;
            self.above = None;
            self.is_after_blank = true;
            if !self.open.as_ref().is_some_and(|open| open.is_sticky) {
                self.close();
            }
            return;
        }
        let Marked {
            text,
            level,
            indent,
            is_item,
            is_open_task,
        } = marked(line, next);
        if is_underline(line) {
            return;
        }
        if level > 0 {
            return self.heading(text, level);
        }
        let found = date::find(text);
        let is_section = !is_item && is_section(text);
        self.leave(indent, is_item, is_section);
        if (is_item || is_section) && found.is_none() && !has_version(text) {
            let level = level_below(indent) - usize::from(is_section);
            self.parents.push((level, text.to_owned()));
        }
        if is_open_task
            && is_deployment(text)
            && let Some(open) = self.open.as_mut()
            && (open.is_sticky || indent > open.indent)
        {
            open.is_open_task = true;
        }
        let is_row = self.columns.is_some() || table::is_list_of_names(text);
        if let Some(cells) = table::cells(text, is_row)
            && cells.len() > 1
            && self.row(text, cells, found, is_rule_line(next))
        {
            return;
        }
        let block = |found: Option<FoundDate>| Block {
            date: found,
            shape: if is_item { Shape::Item } else { Shape::Prose },
            text: found.map_or_else(|| text.to_owned(), |found| without(text, found)),
            line: text.to_owned(),
            cells: Vec::new(),
            context: String::new(),
            is_open_task,
            level: 0,
            indent,
            is_sticky: false,
        };
        match (found, self.open.as_mut()) {
            (Some(found), Some(open)) if open.is_sticky => {
                let rest = without(text, found);
                let is_its_day = open
                    .date
                    .is_none_or(|own| own.at.div_euclid(DAY) == found.at.div_euclid(DAY));
                if !is_its_day || (has_version(&rest) && open.date.is_some()) {
                    return self.begin(block(Some(found)));
                }
                open.date.get_or_insert(found);
                open.add(&rest);
            }
            (Some(found), _) => {
                let mut block = block(Some(found));
                if let Some(above) = self.above.take().filter(|_| !has_version(&block.text)) {
                    block.add(&above);
                }
                let rest = words(&block.text);
                let has_number = rest.iter().any(|word| whole_version(word, true).is_some());
                block.is_sticky = rest.len() <= 2 && !has_number;
                self.begin(block);
            }
            (None, Some(open)) if open.is_sticky || !is_item || indent > open.indent => {
                self.above = None;
                open.add(text);
            }
            (None, _) => {
                self.close();
                // `20 marca 2026: wersja 61` names one in words that are not known.
                let numbers = words(text)
                    .into_iter()
                    .filter(|word| whole_version(word, true).is_some());
                match has_version(text) {
                    true => self.above = Some(text.to_owned()),
                    false if numbers.count() > 2 => {}
                    false => return,
                }
                self.begin(block(None));
            }
        }
    }

    /// Leaves what a line does not stand in. Behind a blank line only items and what is indented go on with a name.
    fn leave(&mut self, indent: usize, is_item: bool, is_section: bool) {
        let is_out = is_section || (self.is_after_blank && !is_item);
        let level = level_below(indent) - usize::from(is_out);
        self.parents.retain(|(above, _)| *above < level);
        self.is_after_blank = false;
    }

    fn begin(&mut self, mut block: Block) {
        self.close();
        block.context = self
            .context
            .iter()
            .chain(
                self.parents
                    .iter()
                    .filter(|(level, _)| *level < level_below(block.indent)),
            )
            .map(|(_, text)| format!("{text} "))
            .collect();
        self.open = Some(block);
    }

    fn heading(&mut self, text: &str, level: usize) {
        self.columns = None;
        self.parents.clear();
        let found = date::find(text);
        if let (None, Some(open)) = (found, self.open.as_mut())
            && open.is_sticky
            && open.level > 0
            && level > open.level
        {
            return open.add(text);
        }
        self.close();
        self.context.retain(|(above, _)| *above < level);
        if found.is_none() && !has_version(text) && !date::is_day(text) {
            return self.context.push((level, text.to_owned()));
        }
        self.begin(Block {
            date: found,
            shape: Shape::Heading,
            text: bracketed_version(
                found.map_or_else(|| text.to_owned(), |found| without(text, found)),
            ),
            line: text.to_owned(),
            cells: Vec::new(),
            context: String::new(),
            is_open_task: false,
            level,
            indent: 0,
            is_sticky: true,
        });
    }

    /// A record is a row whose labels are its header.
    fn record(&mut self, fields: &[RecordField], indent: usize, is_item: bool) {
        let dated = record::dated(fields);
        let found = dated.and_then(|at| date::find(&fields[at].1));
        let is_said = |value: &str| !matches!(value, "" | "false" | "null");
        let said = fields
            .iter()
            .enumerate()
            .filter(|(at, (_, value))| Some(*at) != dated && is_said(value));
        let text: String = said
            .map(|(_, (label, value))| format!("{label}: {value}\n"))
            .collect();
        self.leave(indent, is_item, false);
        let around = self.parents.len();
        self.parents.extend(
            fields
                .iter()
                .filter(|(label, _)| label == record::ABOVE)
                .map(|(_, name)| (level_below(indent) - 1, name.clone())),
        );
        self.begin(Block {
            date: found,
            shape: Shape::Row,
            line: text.replace('\n', " "),
            text,
            cells: fields
                .iter()
                .map(|(label, value)| (Column::of(label), value.clone()))
                .collect(),
            context: String::new(),
            is_open_task: false,
            level: 0,
            indent,
            is_sticky: false,
        });
        self.parents.truncate(around);
        self.close();
    }

    /// Whether the row was taken.
    fn row(
        &mut self,
        text: &str,
        cells: Vec<String>,
        found: Option<FoundDate>,
        is_ruled: bool,
    ) -> bool {
        if table::is_rule(&cells) {
            return true;
        }
        if found.is_none()
            && let Some(columns) = table::header(&cells, is_ruled)
        {
            self.columns = Some(columns);
            return true;
        }
        let inside = self.open.as_ref().is_some_and(|open| open.is_sticky);
        let columns = self.columns.as_deref().unwrap_or_default();
        let dated = cells
            .iter()
            .zip(columns)
            .find(|(_, column)| **column == Column::Date);
        let has_odd_date = dated.is_some_and(|(cell, _)| {
            cell.contains(|c: char| c.is_ascii_digit()) || date::seems_dated(cell)
        });
        if found.is_none() && (inside || !has_odd_date) {
            return columns.iter().len() > 0 && !inside;
        }
        let columns = columns
            .iter()
            .copied()
            .chain(std::iter::repeat(Column::Other));
        let cells = match self.columns {
            Some(_) => columns.zip(cells).collect(),
            None => Vec::new(),
        };
        self.begin(Block {
            date: found,
            shape: Shape::Row,
            text: found.map_or_else(|| text.to_owned(), |found| without(text, found)),
            line: text.to_owned(),
            cells,
            context: String::new(),
            is_open_task: false,
            level: 0,
            indent: 0,
            is_sticky: false,
        });
        self.close();
        true
    }
}

impl Block {
    fn add(&mut self, text: &str) {
        self.text.push('\n');
        self.text.push_str(text);
    }
}

fn without(text: &str, found: FoundDate) -> String {
    let (before, after) = (text.get(..found.start), text.get(found.end..));
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    // `Prod: 2026-03-20` says that it was.
    let label = before.trim_end_matches([' ', '*', '_', '"']);
    let is_value = label.ends_with(':') && !after.contains(char::is_alphanumeric);
    match is_value && header::is_event(label) {
        true => format!("{before} yes {after}"),
        false => format!("{before} {after}"),
    }
}

fn has_version(text: &str) -> bool {
    let words = words(text);
    let said = words
        .windows(2)
        .any(|pair| announces_version(&pair[0]) && whole_version(&pair[1], true).is_some());
    said || words
        .iter()
        .any(|word| whole_version(word, false).is_some())
}
