//! One step in the table: its row, and under what is not ok everything that helps.

use super::{Detail, ENTRIES, MARGIN, Page, spoken};
use crate::fact::FactValue;
use crate::report::model::{Step, Verdict};
use crate::report::palette::Tone;
use crate::report::words::{self, cut};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};

impl Page {
    /// What a step is, and as much under what is not ok as is wanted.
    pub(super) fn step(&mut self, step: &Step, detail: Detail) {
        let verdict = step.verdict();
        let bad = verdict >= Verdict::Warning;
        let room = self.style.width - MARGIN;
        let summary = step.summary.as_str();
        let told = if !summary.is_empty() && !self.repeats(summary) {
            summary.to_owned()
        } else {
            words::claim(step)
        };
        let tone = if verdict == Verdict::Skipped {
            Tone::Faint
        } else {
            Tone::Plain
        };
        if !bad {
            let fits = words::width(&told) <= room;
            let line = if fits { &told } else { step.title.as_str() };
            return self.rows(step, tone, vec![(cut(line, room), tone)]);
        }
        self.said.push(told.clone());
        let mut line = told.clone();
        if verdict == Verdict::Unknown && !step.reason_code.is_empty() {
            line.push_str(&format!(" [{}]", step.reason_code));
        }
        if detail == Detail::Line {
            line = cut(&line, room);
        }
        let mut texts = vec![(line, tone)];
        if detail != Detail::All {
            return self.rows(step, tone, texts);
        }
        let evidence = evidence(step, room);
        if self.fresh(&evidence.join("\n")) {
            texts.extend(evidence.into_iter().map(|l| (l, Tone::Faint)));
        }
        if let Some(escalation) = step.escalation.as_ref().filter(|e| !self.called(e)) {
            let whom = self.whom(escalation);
            texts.push((format!("escalate: {whom}"), Tone::Plain));
        }
        let next = step
            .next_action
            .as_ref()
            .filter(|next| self.fresh(&spoken(next)));
        if let Some(next) = next.filter(|next| !next.text.is_empty()) {
            texts.push((format!("next: {}", next.text), Tone::Plain));
        }
        self.rows(step, tone, texts);
        if let Some(command) = next.and_then(|next| next.command.as_ref()) {
            self.command("", command.as_str());
        }
        if !step.manual.is_empty() {
            self.command("ask by hand: ", step.manual.as_str());
        }
    }

    /// The step's row, and what belongs under it as rows of the same table.
    fn rows(&mut self, step: &Step, tone: Tone, texts: Vec<(String, Tone)>) {
        let style = self.style;
        let verdict = step.verdict();
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(style.width).unwrap_or(u16::MAX))
            .force_no_tty();
        table.style_text_only();
        if style.color {
            table.enforce_styling();
        }
        for (line, (text, text_tone)) in texts.iter().enumerate() {
            let text = style.cell(*text_tone, text);
            table.add_row(match line {
                0 => vec![
                    style.cell(tone, &format!("{:>3}", step.number)),
                    style.cell(Tone::of(verdict), verdict.short()),
                    text,
                ],
                _ => vec!["".into(), "".into(), text],
            });
        }
        let text = u16::try_from(style.width - MARGIN).unwrap_or(u16::MAX);
        for (column, width) in table.column_iter_mut().zip([4, 6, text]) {
            column.set_padding((0, 0));
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
        }
        for line in table.lines() {
            self.line(line.trim_end());
        }
    }
}

/// What a step stands on, in one paragraph that begins with what was told and ends with
/// what was not; then some entries of each list.
fn evidence(step: &Step, room: usize) -> Vec<String> {
    let mut told = Vec::new();
    let mut silent = Vec::new();
    let mut lists = Vec::new();
    for evidence in step.finding.evidence() {
        match &evidence.value {
            None => silent.push(evidence.fact),
            Some(FactValue::List(entries)) if !entries.is_empty() => {
                lists.push((evidence.fact, entries));
            }
            Some(_) => told.push(format!("{}={}", evidence.fact, words::value(evidence))),
        }
    }
    let mut parts = vec![told.join(", ")];
    if !silent.is_empty() {
        parts.push(format!("not known: {}", silent.join(", ")));
    }
    // An unknown step has said why; a bad one may stand on part of an answer.
    let failed = step
        .asked
        .iter()
        .find_map(|(_, asked)| asked.failure.as_ref());
    if let Some(failure) = failed.filter(|_| step.verdict() != Verdict::Unknown) {
        parts.push(failure.to_string());
    }
    let mut entries = Vec::new();
    for (fact, list) in lists {
        parts.push(match list.len() {
            all if all > ENTRIES => format!("{fact}, {ENTRIES} of {all}:"),
            _ => format!("{fact}:"),
        });
        let shown = list.iter().take(ENTRIES);
        entries.extend(shown.map(|entry| cut(&format!("- {}", entry.printable(400)), room)));
    }
    parts.retain(|part| !part.is_empty());
    let mut lines = vec![parts.join("; ")];
    lines.append(&mut entries);
    lines.retain(|line| !line.is_empty());
    lines
}
