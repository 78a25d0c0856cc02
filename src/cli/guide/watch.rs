//! `--watch` on a terminal: redrawn in place, with the trend of the deciding fact and the time
//! left before an escalation is due. It ends with a one-line summary.

use super::screen::{DrawnPage, KeyInput, TerminalScreen, is_there};
use crate::cli::fail::Failure;
use crate::cli::format::Format;
use crate::cli::{Context, now, progress};
use crate::engine::watch::WatchLog;
use crate::exit;
use crate::fact::duration;
use crate::report::model::Report;
use crate::text::words_of;
use crossterm::event::KeyCode;
use std::time::{Duration, Instant};

/// The countdown is drawn anew so often.
const TICK: Duration = Duration::from_secs(1);

/// One round: what it was judged by, and what is shown where that is more than the report.
pub(in crate::cli) struct WatchRound {
    pub(in crate::cli) report: Report,
    pub(in crate::cli) text: Option<String>,
}

/// Whether a watch is drawn in place: a table, on a terminal.
pub(in crate::cli) fn is_drawn(context: &Context) -> bool {
    context.out.format == Format::Table
        && !context.out.is_quiet()
        && is_there(context.env.get("TERM"))
}

/// A round as wide as the terminal is now.
fn rendered(context: &Context, round: &WatchRound) -> Vec<String> {
    let mut out = context.out.clone();
    if let Ok((columns, _)) = crossterm::terminal::size() {
        out.style.width = usize::from(columns);
    }
    let text = match &round.text {
        Some(text) => out.in_zone(text, round.report.started_at).into_owned(),
        None => out.rendered(&round.report),
    };
    text.lines().map(str::to_owned).collect()
}

/// Repeats the run until q or Ctrl-C is pressed; returns the exit code.
pub(in crate::cli) async fn main(
    context: &Context,
    every: Duration,
    mut round: impl AsyncFnMut() -> Result<WatchRound, Failure>,
) -> Result<u8, Failure> {
    let lost =
        |error: std::io::Error| Failure::own(format!("the terminal is lost: {}", words_of(&error)));
    let screen = TerminalScreen::enter().map_err(lost)?;
    let mut log = WatchLog::default();
    let mut page = DrawnPage {
        head: Vec::new(),
        body: vec!["reading …".to_owned()],
        foot: Vec::new(),
    };
    let (mut scrolled, mut code) = (0, exit::UNKNOWN);
    let is_interrupted = 'watch: loop {
        let began = Instant::now();
        screen.draw(&page, scrolled).map_err(lost)?;
        let asked = round();
        let mut asked = std::pin::pin!(asked);
        // Keys count while the answers are on their way, too.
        let seen = loop {
            tokio::select! {
                seen = &mut asked => break seen?,
                input = screen.input() => match input.map_err(lost)? {
                    KeyInput::Interrupt => break 'watch true,
                    KeyInput::Key(KeyCode::Char('q') | KeyCode::Esc) => break 'watch false,
                    _ => drop(screen.draw(&page, scrolled).map_err(lost)?),
                },
                () = tokio::time::sleep(TICK) => {
                    if let Some(awaited) = progress::awaited(&context.waiting) {
                        page.foot = vec![awaited];
                        screen.draw(&page, scrolled).map_err(lost)?;
                    }
                }
            }
        };
        log.note(&seen.report);
        code = seen.report.exit_code();
        loop {
            page.body = rendered(context, &seen);
            let left = every.saturating_sub(began.elapsed());
            page.head = head(context, &log, left);
            page.foot = vec!["a read now   up and down scroll   q quit".to_owned()];
            let last = screen.draw(&page, scrolled).map_err(lost)?;
            if left.is_zero() {
                break;
            }
            let input = tokio::time::timeout(TICK.min(left), screen.input()).await;
            // None where none came in time.
            match input.ok().transpose().map_err(lost)? {
                Some(KeyInput::Interrupt) => break 'watch true,
                Some(KeyInput::Key(KeyCode::Char('q') | KeyCode::Esc)) => break 'watch false,
                Some(KeyInput::Key(KeyCode::Char('a'))) => break,
                Some(KeyInput::Key(KeyCode::Down | KeyCode::Char('j'))) => {
                    scrolled = (scrolled + 1).min(last)
                }
                Some(KeyInput::Key(KeyCode::Up | KeyCode::Char('k'))) => {
                    scrolled = scrolled.saturating_sub(1)
                }
                _ => {}
            }
        }
    };
    drop(screen);
    let code = match is_interrupted {
        true => exit::INTERRUPTED,
        false => code,
    };
    Ok(context.out.print(&format!("{}\n", log.summary()), code))
}

fn head(context: &Context, log: &WatchLog, left: Duration) -> Vec<String> {
    let seconds = duration(i64::try_from(left.as_secs()).unwrap_or(i64::MAX));
    let mut lines = vec![format!("round {}, next in {seconds}", log.rounds())];
    lines.extend(log.trend(context.out.screen.glyphs()));
    lines.extend(log.countdown(now(&context.env)));
    lines.push(String::new());
    lines
}
