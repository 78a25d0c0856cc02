//! One line on the terminal of standard error that says what is waited for, and for how long. There
//! is none of it where standard error is no terminal, with `--quiet` or on a dumb terminal.

use crate::engine::waiting::Waiting;
use crate::fact::duration;
use crate::stack::Environment;
use crate::text::{Printable, counted};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A run that takes no longer needs no line.
const PATIENCE: Duration = Duration::from_millis(300);
/// The line is drawn anew so often.
const TICK: Duration = Duration::from_millis(100);

static LINE: Mutex<ProgressLine> = Mutex::new(ProgressLine {
    is_on: false,
    is_held: false,
    bar: None,
    task: None,
});

pub(super) struct ProgressLine {
    is_on: bool,
    /// Another owner has the terminal, such as the guide.
    is_held: bool,
    bar: Option<ProgressBar>,
    task: Option<ProgressTask>,
}

/// What is done beside the questions of a run.
struct ProgressTask {
    text: String,
    began: Instant,
    kind: ProgressKind,
}

enum ProgressKind {
    /// For so long already.
    Since,
    /// Until then.
    Until(Instant),
    /// Done, and how many there are.
    Count(u64, u64),
}

fn line() -> MutexGuard<'static, ProgressLine> {
    LINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts drawing the line, if standard error is a terminal.
pub(super) fn start(waiting: &Waiting, is_quiet: bool, env: &Environment) {
    let is_dumb = env.get("TERM").is_none_or(|name| name == "dumb");
    if is_quiet || is_dumb || !std::io::stderr().is_terminal() {
        return;
    }
    line().is_on = true;
    let waiting = waiting.clone();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(TICK);
            line().draw(&waiting);
        }
    });
}

/// What a run waits for, for whoever draws on the terminal themselves.
pub(super) fn awaited(waiting: &Waiting) -> Option<String> {
    waiting.line(PATIENCE)
}

/// Says what is done, and counts up.
pub(super) fn say(text: &str) {
    line().set(text, ProgressKind::Since);
}

/// Says what is waited for, and counts down.
pub(super) fn count_down(text: &str, left: Duration) {
    line().set(text, ProgressKind::Until(Instant::now() + left));
}

/// Shows a bar of what is done of all.
pub(super) fn bar(text: &str, done: u64, of: u64) {
    line().set(text, ProgressKind::Count(done, of));
}

/// Says how many entries were read so far, and for how long.
pub(super) fn count(text: &str, entries: u64) {
    let mut line = line();
    let began = line
        .task
        .as_ref()
        .map_or_else(Instant::now, |task| task.began);
    let text = format!("{text}: {} read", counted(entries, "entry"));
    let kind = ProgressKind::Since;
    line.task = Some(ProgressTask { text, began, kind });
}

/// What was said is over.
pub(super) fn done() {
    let mut line = line();
    line.task = None;
    line.clear();
}

/// Keeps the line away for as long as it lives.
pub(super) struct Aside(
    #[expect(dead_code, reason = "it is held, not read")] MutexGuard<'static, ProgressLine>,
);

/// Takes the line away; it comes back after what is returned was dropped.
pub(super) fn aside() -> Aside {
    let mut line = line();
    line.clear();
    Aside(line)
}

/// Leaves the terminal to another owner, or takes it back.
pub(super) fn hold(is_held: bool) {
    let mut line = line();
    line.is_held = is_held;
    line.clear();
}

impl ProgressLine {
    fn set(&mut self, text: &str, kind: ProgressKind) {
        let text = Printable::from(text).to_string();
        let began = match &self.task {
            Some(task) if task.text == text => task.began,
            _ => Instant::now(),
        };
        self.task = Some(ProgressTask { text, began, kind });
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn draw(&mut self, waiting: &Waiting) {
        if self.is_held {
            return;
        }
        let (text, count) = match (waiting.line(PATIENCE), &self.task) {
            (Some(line), _) => (line, None),
            (None, Some(task)) if task.began.elapsed() >= PATIENCE => task.shown(),
            _ => return self.clear(),
        };
        let bar = self.bar.get_or_insert_with(|| {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
        });
        let template = match count {
            Some((done, of)) => {
                bar.set_length(of);
                bar.set_position(done);
                "duckops: {msg} {bar:24} {pos} of {len}"
            }
            // Never more than one row of the terminal.
            None => "duckops: {wide_msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("##-"));
        }
        bar.set_message(text);
        bar.tick();
    }
}

impl ProgressTask {
    fn shown(&self) -> (String, Option<(u64, u64)>) {
        let seconds = |time: Duration| duration(i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
        let text = &self.text;
        match self.kind {
            ProgressKind::Since => (format!("{text} ({})", seconds(self.began.elapsed())), None),
            ProgressKind::Until(end) => {
                let left = end.saturating_duration_since(Instant::now());
                // The end of a long line is not shown.
                (format!("{} left: {text}", seconds(left)), None)
            }
            ProgressKind::Count(done, of) => (text.clone(), Some((done, of))),
        }
    }
}
