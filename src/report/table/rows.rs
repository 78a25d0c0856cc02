//! The rows of the table: one a step, or one a runbook where there are several.

use super::lines::fewer_names;
use crate::report::model::{RunbookReport, StepReport, Verdict};
use crate::report::palette::{Style, Tone};
use crate::report::words::{self, count, cut, name};
use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Table, Width, presets};

/// More steps than this are not listed one by one when they are ok or skipped.
pub(super) const LISTED: usize = 8;

/// Lines of a further text of a row, such as the newest error of the log.
const FURTHER: usize = 3;

/// One row: its verdict, its name in one or two columns, and lines of text.
pub(super) struct Row {
    pub(super) verdict: Verdict,
    name: [String; 2],
    pub(super) lines: Vec<String>,
    /// What explains it, a label of ten columns and a text each, over the whole width.
    pub(super) under: Vec<String>,
    /// Commands under it, each whole on a line of its own.
    pub(super) commands: Vec<String>,
    /// Whether the text is names, none of which may be left out.
    lists: bool,
}

/// How rows are drawn.
pub(super) struct RowStyle {
    pub(super) style: Style,
    /// Whether a text is cut to two lines.
    pub(super) shortens: bool,
    /// Whether further texts of a row are shown to their end.
    pub(super) is_whole: bool,
    /// Whether texts stand below their names where a path or an ARN does not fit beside them.
    pub(super) keeps_words: bool,
}

impl Row {
    pub(super) fn of_step(step: &StepReport, further: usize) -> Self {
        let number = match step.number {
            0 => String::new(),
            number => number.to_string(),
        };
        let also = step.also.iter().take(further).map(ToString::to_string);
        Self {
            verdict: step.verdict(),
            name: [number, step.id.to_string()],
            lines: std::iter::once(step.summary.to_string())
                .chain(also)
                .collect(),
            under: Vec::new(),
            commands: Vec::new(),
            lists: false,
        }
    }

    /// Steps of one verdict in one row, by their ids.
    pub(super) fn joined_steps(
        steps: &[&StepReport],
        verdict: Verdict,
        is_check: bool,
    ) -> Option<Self> {
        let joined: Vec<_> = steps
            .iter()
            .filter(|step| step.verdict() == verdict)
            .collect();
        match joined.as_slice() {
            [] => return None,
            [only] if !is_check => return Some(Self::of_step(only, 0)),
            _ => {}
        }
        let ids: Vec<_> = joined.iter().map(|step| step.id.as_str()).collect();
        let noun = match is_check {
            true => count(ids.len(), "check", "checks"),
            false => count(ids.len(), "step", "steps"),
        };
        let (number, noun) = noun.split_once(' ').unwrap_or((&noun, ""));
        Some(Self {
            verdict,
            name: [number.to_owned(), noun.to_owned()],
            lines: vec![ids.join(" ")],
            under: Vec::new(),
            commands: Vec::new(),
            lists: true,
        })
    }

    /// A row with a name of one column.
    pub(super) fn named(verdict: Verdict, name: &str, lines: Vec<String>) -> Self {
        Self {
            verdict,
            name: [String::new(), name.to_owned()],
            lines,
            under: Vec::new(),
            commands: Vec::new(),
            lists: false,
        }
    }

    /// Runbooks of one verdict in one row, by their names.
    pub(super) fn joined_runbooks(runbooks: &[&RunbookReport]) -> Self {
        let names: Vec<_> = runbooks.iter().map(|runbook| name(&runbook.id)).collect();
        Self {
            verdict: runbooks.first().map_or(Verdict::Ok, |first| first.verdict),
            name: [runbooks.len().to_string(), "runbooks".to_owned()],
            lines: vec![names.join(", ")],
            under: Vec::new(),
            commands: Vec::new(),
            lists: false,
        }
    }

    pub(super) fn of_runbook(runbook: &RunbookReport) -> Self {
        Self {
            verdict: runbook.verdict,
            name: [name(&runbook.id), runbook.short.to_string()],
            lines: vec![state(runbook)],
            under: Vec::new(),
            commands: Vec::new(),
            lists: false,
        }
    }
}

/// How a runbook stands, in one line.
fn state(runbook: &RunbookReport) -> String {
    let of = |verdict: Verdict| {
        let steps = runbook.steps.iter();
        steps
            .filter(|step| step.verdict() == verdict)
            .collect::<Vec<_>>()
    };
    let first = |verdict| of(verdict).first().map(|step| step.summary.to_string());
    let total = runbook.steps.len();
    if let Some(parent) = &runbook.blocked_by {
        return match runbook.verdict {
            Verdict::Unknown => format!("not judged: {} is critical", name(parent)),
            // The step says by which incident it is caused.
            verdict => first(verdict).unwrap_or_default(),
        };
    }
    let waiting: Vec<_> = runbook
        .steps
        .iter()
        .filter(|step| step.warming_up.is_some())
        .map(|step| step.id.as_str())
        .collect();
    if runbook.verdict == Verdict::Ok && !waiting.is_empty() {
        let (ok, ids) = (of(Verdict::Ok).len(), waiting.join(", "));
        return format!("{ok} ok; {} warming up: {ids}", waiting.len());
    }
    match runbook.verdict {
        Verdict::Critical => {
            let mut parts = vec![format!(
                "{} of {total} steps critical",
                of(Verdict::Critical).len()
            )];
            parts.extend(match of(Verdict::Warning).len() {
                0 => None,
                warnings => Some(count(warnings, "warning", "warnings")),
            });
            parts.extend(match of(Verdict::Unknown).len() {
                0 => None,
                unknown => Some(format!("{unknown} not judged")),
            });
            parts.join(", ")
        }
        Verdict::Unknown => {
            let ids = |verdict| -> String {
                let ids: Vec<_> = of(verdict).iter().map(|step| step.id.as_str()).collect();
                ids.join(", ")
            };
            let unknown = of(Verdict::Unknown).len();
            match (unknown == total, of(Verdict::Ok).len()) {
                (true, _) => format!("not judged: all {total} steps"),
                (false, 0) => format!("not judged: {}", ids(Verdict::Unknown)),
                (false, _) => format!(
                    "{} ok; not judged: {}",
                    ids(Verdict::Ok),
                    ids(Verdict::Unknown)
                ),
            }
        }
        Verdict::Warning => {
            let more = match of(Verdict::Warning).len() {
                0 | 1 => String::new(),
                warnings => format!("; {}", count(warnings - 1, "more warning", "more warnings")),
            };
            format!("{}{more}", first(Verdict::Warning).unwrap_or_default())
        }
        Verdict::Skipped => first(Verdict::Skipped).unwrap_or_default(),
        Verdict::Ok => match &runbook.overview {
            Some(overview) => overview.to_string(),
            None => format!("{total} of {total} steps ok"),
        },
    }
}

/// Left of the verdict.
const INDENT: usize = 2;
/// A verdict and a blank.
const WORD: usize = 5;
/// The label of an explanation.
const LABEL: usize = 10;

/// The widths of the columns, the same in every row.
struct RowLayout {
    style: Style,
    columns: Vec<usize>,
    /// On a narrow terminal the text stands below the name.
    is_narrow: bool,
    shortens: bool,
    further: usize,
}

impl RowLayout {
    fn of(rows: &[Row], how: &RowStyle) -> Self {
        let width = how.style.width;
        let widest = |at: usize| {
            let widths = rows.iter().map(|row| words::width(&row.name[at]));
            widths.max().unwrap_or(0)
        };
        // Rows of one name have no first column.
        let first = match widest(0) {
            0 => 0,
            widest => widest + 1,
        };
        let second = widest(1) + 2;
        let used = INDENT + WORD + first + second;
        let lines = || rows.iter().flat_map(|row| &row.lines);
        let mut words = lines().flat_map(|line| line.split(' '));
        let is_cut = how.keeps_words && words.any(|word| words::width(word) + used > width);
        let is_narrow = width < used + 20 || is_cut;
        let columns = match is_narrow {
            true => vec![INDENT, WORD, width.saturating_sub(INDENT + WORD).max(10)],
            // A column of no width would still take one.
            false if first == 0 => vec![INDENT, WORD, second, width - used],
            false => vec![INDENT, WORD, first, second, width - used],
        };
        Self {
            style: how.style,
            columns,
            is_narrow,
            shortens: how.shortens,
            further: match how.is_whole {
                true => usize::MAX,
                false => FURTHER,
            },
        }
    }

    fn room(&self) -> usize {
        self.columns.last().copied().unwrap_or(10)
    }

    fn lines(&self, row: &Row) -> Vec<String> {
        let (style, room) = (self.style, self.room());
        let most = |at: usize| if at == 0 { usize::MAX } else { self.further };
        let shortens = self.shortens && !row.lists;
        let shorter = |line: &String| match shortens {
            true => fewer_names(line, |line| words::wrap(line, room).len() <= 2),
            false => line.clone(),
        };
        let texts: Vec<String> = row.lines.iter().map(shorter).collect();
        let wrapped = texts.iter().enumerate();
        let wrapped =
            wrapped.flat_map(|(at, line)| at_most(words::wrap(line, room), most(at), room));
        let mut texts: Vec<String> = wrapped.collect();
        if self.shortens && !row.lists {
            texts = at_most(texts, 2, room);
        }
        let tone = match row.verdict {
            Verdict::Skipped => Tone::Faint,
            _ => Tone::Plain,
        };
        let [first, second] = &row.name;
        let mut table = self.table();
        let mut texts = texts.iter();
        if self.is_narrow {
            let name = format!("{first} {second}");
            let name = style.cell(tone, &cut(name.trim(), room));
            table.add_row(vec!["".into(), self.word(row.verdict), name]);
        } else {
            let text = texts.next().map_or("", String::as_str);
            let mut cells = vec!["".into(), self.word(row.verdict)];
            if self.columns.len() == 5 {
                cells.push(style.cell(tone, first));
            }
            cells.extend([style.cell(tone, second), style.cell(tone, text)]);
            table.add_row(cells);
        }
        for text in texts {
            let mut cells = vec!["".into(); self.columns.len() - 1];
            cells.push(style.cell(tone, text));
            table.add_row(cells);
        }
        for (column, width) in table.column_iter_mut().zip(&self.columns) {
            column.set_padding((0, 0));
            let width = u16::try_from(*width).unwrap_or(u16::MAX);
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
        }
        let lines = table.lines().map(|line| line.trim_end().to_owned());
        let under = row.under.iter();
        let under = under.flat_map(|line| labelled(line, self.style.width));
        let commands = row.commands.iter();
        let commands = commands.map(|command| format!("{:1$}{command}", "", INDENT + WORD));
        lines.chain(under).chain(commands).collect()
    }

    fn word(&self, verdict: Verdict) -> Cell {
        let word = match verdict {
            Verdict::Ok => "ok",
            Verdict::Skipped => "skip",
            other => other.short(),
        };
        self.style.cell(Tone::of(verdict), word)
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(self.style.width).unwrap_or(u16::MAX))
            .force_no_tty();
        table.style_text_only();
        if self.style.color {
            table.enforce_styling();
        }
        table
    }
}

/// No more lines than these; where some are left out, the last one says so.
fn at_most(mut lines: Vec<String>, most: usize, room: usize) -> Vec<String> {
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = cut(&format!("{last} \u{2026}"), room);
        }
    }
    lines
}

/// Of unknown rows with one reason that takes more than a line, the later ones refer to the first.
fn say_once(rows: &mut [Row], room: usize) {
    let mut said: Vec<(String, String)> = Vec::new();
    for row in rows.iter_mut().filter(|r| r.verdict == Verdict::Unknown) {
        let Some(reason) = row.lines.first_mut() else {
            continue;
        };
        match said.iter().find(|(before, _)| before == reason) {
            Some((_, first)) => *reason = format!("not judged, as {first}"),
            None if reason.chars().count() > room => {
                said.push((reason.clone(), row.name.join(" ").trim().to_owned()));
            }
            None => {}
        }
    }
}

/// A line of an explanation, whose further lines begin below its text.
fn labelled(line: &str, width: usize) -> Vec<String> {
    let indent = INDENT + WORD;
    let (label, text) = match line.char_indices().nth(LABEL) {
        Some((at, _)) if line[..at].ends_with(' ') => line.split_at(at),
        _ => return words::wrap_from(line, indent, indent, width),
    };
    let text = words::wrap_from(text, 0, 0, width.saturating_sub(indent + LABEL));
    let lines = text.iter().enumerate().map(|(at, text)| {
        let label = if at == 0 { label } else { "" };
        format!("{:indent$}{label:LABEL$}{text}", "")
    });
    lines.collect()
}

/// The rows as lines.
pub(super) fn table(mut rows: Vec<Row>, how: &RowStyle) -> Vec<String> {
    let layout = RowLayout::of(&rows, how);
    if !how.is_whole {
        say_once(&mut rows, layout.room());
    }
    rows.iter().flat_map(|row| layout.lines(row)).collect()
}
