//! The terminal of the guide and of a watch: taken over, drawn on, and given back in any case.

use crate::cli::progress;
use crate::redact;
use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::style::Print;
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode, size,
};
use crossterm::{execute, queue};
use std::io::{IsTerminal, Write};
use std::time::Duration;
use unicode_width::UnicodeWidthChar;

/// How long a key may lie there before it is seen.
const TICK: Duration = Duration::from_millis(30);

/// A terminal that is ours until this is dropped.
pub(in crate::cli) struct TerminalScreen(());

/// What is drawn: lines from the top, of which those that do not fit can be scrolled to, and lines
/// at the bottom.
pub(in crate::cli) struct DrawnPage {
    pub(in crate::cli) head: Vec<String>,
    pub(in crate::cli) body: Vec<String>,
    pub(in crate::cli) foot: Vec<String>,
}

/// What a person did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum KeyInput {
    Key(KeyCode),
    /// Ctrl-C.
    Interrupt,
    /// The terminal has another size.
    Resized,
}

/// Whether input and output are a terminal that can be drawn on.
pub(in crate::cli) fn is_there(term: Option<&String>) -> bool {
    let is_dumb = term.is_none_or(|name| name.is_empty() || name == "dumb");
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && !is_dumb
}

impl TerminalScreen {
    /// Takes the terminal over.
    pub(in crate::cli) fn enter() -> std::io::Result<Self> {
        progress::hold(true);
        let screen = Self(());
        enable_raw_mode()?;
        execute!(std::io::stdout(), EnterAlternateScreen, Hide)?;
        Ok(screen)
    }

    /// Takes the terminal over after a key was pressed: what stands on it can be read until then.
    pub(in crate::cli) async fn enter_waiting() -> std::io::Result<Self> {
        progress::hold(true);
        let screen = Self(());
        enable_raw_mode()?;
        while screen.input().await? == KeyInput::Resized {}
        // What comes after the alternate screen begins on a line of its own.
        execute!(std::io::stdout(), Print("\r\n"), EnterAlternateScreen, Hide)?;
        Ok(screen)
    }

    /// Columns and rows.
    pub(in crate::cli) fn size(&self) -> (usize, usize) {
        let (columns, rows) = size().unwrap_or((80, 24));
        (usize::from(columns.max(20)), usize::from(rows.max(6)))
    }

    /// Draws a page from a line of its body on; yields the last line that can be scrolled to.
    pub(in crate::cli) fn draw(&self, page: &DrawnPage, from: usize) -> std::io::Result<usize> {
        let (columns, rows) = self.size();
        let fold = |lines: &[String]| -> Vec<String> {
            let hidden = lines.iter().map(|line| redact::known::hide(line));
            hidden.flat_map(|line| folded(&line, columns)).collect()
        };
        let (head, body, foot) = (fold(&page.head), fold(&page.body), fold(&page.foot));
        let room = rows.saturating_sub(head.len() + foot.len()).max(1);
        let last = body.len().saturating_sub(room);
        let from = from.min(last);
        let mut shown: Vec<_> = head
            .into_iter()
            .chain(body.into_iter().skip(from).take(room))
            .collect();
        shown.resize(rows.saturating_sub(foot.len()), String::new());
        shown.extend(foot);
        let mut out = std::io::stdout().lock();
        for (row, line) in (0_u16..).zip(shown.iter().take(rows)) {
            queue!(
                out,
                MoveTo(0, row),
                Clear(ClearType::CurrentLine),
                Print(line)
            )?;
        }
        out.flush()?;
        Ok(last)
    }

    /// Puts a text into the clipboard of the terminal.
    pub(in crate::cli) fn copy(&self, text: &str) -> std::io::Result<()> {
        execute!(std::io::stdout(), CopyCommand(text))
    }

    /// The next input; ends only with one.
    pub(in crate::cli) async fn input(&self) -> std::io::Result<KeyInput> {
        loop {
            while event::poll(Duration::ZERO)? {
                match event::read()? {
                    Event::Key(key) if key.kind != KeyEventKind::Release => {
                        return Ok(pressed(key));
                    }
                    Event::Resize(..) => return Ok(KeyInput::Resized),
                    _ => {}
                }
            }
            tokio::time::sleep(TICK).await;
        }
    }
}

impl Drop for TerminalScreen {
    fn drop(&mut self) {
        let _ = execute!(std::io::stdout(), Show, LeaveAlternateScreen);
        let _ = disable_raw_mode();
        progress::hold(false);
    }
}

/// OSC 52, which reaches the clipboard of the person's own machine over ssh too.
struct CopyCommand<'a>(&'a str);

impl crossterm::Command for CopyCommand<'_> {
    fn write_ansi(&self, out: &mut impl std::fmt::Write) -> std::fmt::Result {
        use base64::prelude::{BASE64_STANDARD, Engine};
        write!(out, "\x1b]52;c;{}\x1b\\", BASE64_STANDARD.encode(self.0))
    }
}

fn pressed(key: KeyEvent) -> KeyInput {
    match key.code {
        KeyCode::Char('c' | 'C') if key.modifiers.contains(KeyModifiers::CONTROL) => {
            KeyInput::Interrupt
        }
        code => KeyInput::Key(code),
    }
}

/// A line in pieces that fit; colours in it take no room.
fn folded(line: &str, columns: usize) -> Vec<String> {
    let (mut pieces, mut width, mut is_escape) = (vec![String::new()], 0, false);
    for c in line.chars() {
        is_escape |= c == '\x1b';
        let wide = if is_escape { 0 } else { c.width().unwrap_or(0) };
        if is_escape && c.is_ascii_alphabetic() {
            is_escape = false;
        }
        if width + wide > columns {
            pieces.push(String::new());
            width = 0;
        }
        width += wide;
        if let Some(last) = pieces.last_mut() {
            last.push(c);
        }
    }
    pieces
}
