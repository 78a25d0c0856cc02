//! The first lines of a page, and pages that are no report.

use super::rows::{self, Row, RowStyle};
use crate::report::model::{NextAction, Verdict};
use crate::report::palette::{Style, Tone};
use crate::report::words::{self, wrap};

/// Where the text of a labelled line begins.
pub(super) const MARGIN: usize = 10;

/// A page that is no report: what is wrong, what to do, a row for each thing, and lines below.
pub(in crate::report) fn page(
    answer: (Verdict, &str),
    next: Option<&NextAction>,
    named: &[(Verdict, String, Vec<String>)],
    below: &[String],
    style: Style,
) -> String {
    let mut out = AnswerBlock {
        style,
        out: String::new(),
    };
    out.finding(answer.0, answer.1);
    if let Some(next) = next {
        out.next(answer.0, next.text.as_str());
        if let Some(command) = &next.command {
            out.command(command.as_str());
        }
    }
    let mut out = out.out;
    out.push('\n');
    let rows = named.iter().map(|(verdict, name, lines)| {
        let mut row = Row::named(*verdict, name, Vec::new());
        for line in lines {
            // A command is pasted, so it stands whole on a line of its own.
            let fix = NextAction::of_fix(&line.as_str().into());
            row.lines.push(match &fix.command {
                Some(command) if command.as_str() != line => fix.text.to_string(),
                _ => line.clone(),
            });
            let command = fix.command.filter(|command| command.as_str() != line);
            row.commands
                .extend(command.map(|command| command.to_string()));
        }
        row
    });
    let rows: Vec<_> = rows.collect();
    let how = RowStyle {
        style,
        shortens: false,
        is_whole: true,
        keeps_words: true,
    };
    let rows = rows::table(rows, &how).into_iter();
    let below = below.iter().flat_map(|line| wrap(line, style.width));
    for line in rows.chain(std::iter::once(String::new())).chain(below) {
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// The first lines of a page.
pub(super) struct AnswerBlock {
    pub(super) style: Style,
    pub(super) out: String,
}

impl AnswerBlock {
    pub(super) fn finding(&mut self, verdict: Verdict, headline: &str) {
        let word = verdict.word().to_ascii_uppercase();
        self.labelled(&word, Tone::of(verdict), headline, Tone::Strong);
    }

    pub(super) fn next(&mut self, verdict: Verdict, text: &str) {
        let label = match verdict {
            Verdict::Critical | Verdict::Unknown => "DO NOW",
            _ => "NEXT",
        };
        self.labelled(label, Tone::Strong, text, Tone::Plain);
    }

    /// A command stands alone on its line and is never broken, so that it can be pasted.
    pub(super) fn command(&mut self, command: &str) {
        let command = self.style.paint(Tone::Strong, command);
        self.out.push_str(&format!("{:MARGIN$}{command}\n", ""));
    }

    pub(super) fn labelled(&mut self, label: &str, label_tone: Tone, text: &str, tone: Tone) {
        let style = self.style;
        for (at, text) in wrap(text, style.width - MARGIN).iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            let gap = " ".repeat(MARGIN.saturating_sub(words::width(label)));
            let line = format!(
                "{}{gap}{}",
                style.paint(label_tone, label),
                style.paint(tone, text)
            );
            self.out.push_str(line.trim_end());
            self.out.push('\n');
        }
    }
}
