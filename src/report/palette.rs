//! The palette: which tone a word has, and how a tone looks, in table cells and in plain
//! lines alike. Whether there is colour at all is the caller's decision and comes in as a
//! [`Style`]; nothing here looks at the environment or changes a global switch.

use super::model::Verdict;
use colored::Color;
use comfy_table::{Attribute, Cell};

/// How the output of a run should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether colours and weights may be used.
    pub color: bool,
    /// How many columns the terminal has; 80 without a terminal.
    pub width: usize,
}

/// What a word stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// An incident.
    Worst,
    /// Unknown.
    Unsure,
    /// What to look at first.
    Strong,
    /// There if you look for it.
    Faint,
    /// Everything else.
    Plain,
}

impl Tone {
    /// The tone of a verdict.
    pub fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Ok => Tone::Good,
            Verdict::Warning => Tone::Bad,
            Verdict::Critical => Tone::Worst,
            Verdict::Unknown => Tone::Unsure,
            Verdict::Skipped => Tone::Faint,
        }
    }

    /// The colour on a plain line, the same colour in a cell, and the weight.
    fn look(self) -> (Option<(Color, comfy_table::Color)>, Option<Attribute>) {
        use comfy_table::Color as InCell;
        match self {
            Tone::Good => (Some((Color::Green, InCell::DarkGreen)), None),
            Tone::Bad => (Some((Color::Yellow, InCell::DarkYellow)), None),
            Tone::Worst => (Some((Color::Red, InCell::DarkRed)), Some(Attribute::Bold)),
            Tone::Unsure => (
                Some((Color::Magenta, InCell::DarkMagenta)),
                Some(Attribute::Bold),
            ),
            Tone::Strong => (None, Some(Attribute::Bold)),
            Tone::Faint => (None, Some(Attribute::Dim)),
            Tone::Plain => (None, None),
        }
    }
}

impl Style {
    /// A piece of a plain line in a tone.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        let (color, weight) = tone.look();
        let codes: Vec<String> = weight
            .map(|w| if w == Attribute::Bold { "1" } else { "2" }.to_owned())
            .into_iter()
            .chain(color.map(|(line, _)| line.to_fg_str().into_owned()))
            .collect();
        if !self.color || codes.is_empty() || text.is_empty() {
            return text.to_owned();
        }
        format!("\x1b[{}m{text}\x1b[0m", codes.join(";"))
    }

    /// A table cell in a tone; the table decides whether it shows.
    pub fn cell(self, tone: Tone, text: &str) -> Cell {
        let (color, weight) = tone.look();
        let mut cell = Cell::new(text);
        if let Some((_, color)) = color {
            cell = cell.fg(color);
        }
        if let Some(weight) = weight {
            cell = cell.add_attribute(weight);
        }
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_a_tone_adds_no_escape_sequence() {
        let plain = Style {
            color: false,
            width: 80,
        };
        for verdict in [Verdict::Ok, Verdict::Critical, Verdict::Skipped] {
            assert_eq!(plain.paint(Tone::of(verdict), "word"), "word");
        }
    }

    #[test]
    fn with_colour_the_word_is_kept_and_the_tone_is_reset_after_it() {
        let colour = Style {
            color: true,
            width: 80,
        };
        assert_eq!(colour.paint(Tone::Worst, "CRIT"), "\x1b[1;31mCRIT\x1b[0m");
        assert_eq!(colour.paint(Tone::Plain, "text"), "text");
    }
}
