//! The terminal of the person who runs a command that sends something: the question, the words
//! that answer it, and the printed report.

use super::fail::Failure;
use super::format::Format;
use super::{Context, out, progress};
use crate::exit;
use crate::report::json::DocumentKind;
use crate::report::model::StackIdentity;
use crate::report::suggested::with_arguments;
use crate::text::quoted;
use crate::write::Clock;
use crate::write::consent::Reply;
use crate::write::guarded::Operator;
use crate::write::report::WriteReport;
use std::future::Future;
use std::io::IsTerminal;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// So much of what was typed before a question is looked at.
const MOST_TYPED: usize = 4096;

/// The operator at this terminal, if there is one.
pub(super) struct Terminal<'a>(pub(super) &'a Context);

impl Operator for Terminal<'_> {
    fn ask<'a>(
        &'a self,
        report: &'a WriteReport,
        typed: &'a str,
    ) -> Pin<Box<dyn Future<Output = Reply> + Send + 'a>> {
        Box::pin(async move {
            if !can_ask() {
                return Reply::Nothing;
            }
            report
                .question_lines()
                .iter()
                .for_each(|line| out::warn(line));
            ask(typed).await
        })
    }

    fn typed(&self) -> Option<String> {
        let mut words = std::env::args_os().skip(1);
        let mut command = "duckops".to_owned();
        while let Some(word) = words.next() {
            let word = word.into_string().ok()?;
            match word.as_str() {
                "--confirm" => drop(words.next()),
                word if word.starts_with("--confirm=") => {}
                word => command.push_str(&format!(" {}", quoted(word))),
            }
        }
        Some(command)
    }

    fn warn(&self, line: &str) {
        out::warn(line);
    }

    fn progress(&self, line: &str) {
        progress::say(line);
    }

    fn count_down(&self, line: &str, left: Duration) {
        progress::count_down(line, left);
    }

    fn sending(&self, finds_out: &str) {
        let sending = &self.0.sending;
        sending.begun.store(true, Ordering::SeqCst);
        let stack = &self.0.settings.stack;
        let finds_out = with_arguments(finds_out, &stack.arguments);
        let _ = sending.tells.set(finds_out);
        // A terminal that goes away must not take the answer with it.
        use tokio::signal::unix::{SignalKind, signal};
        let _ = signal(SignalKind::hangup());
    }

    fn not_sent(&self) {
        self.0.sending.begun.store(false, Ordering::SeqCst);
    }

    fn wants_to_end(&self) -> bool {
        self.0.sending.ending.load(Ordering::SeqCst)
    }
}

/// Whether a person can be asked: both input and output are a terminal.
pub(super) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for the words that consent to what was just shown. A text that was typed before is no reply,
/// nor is a line that ends with end-of-file, since it may be incomplete.
pub(super) async fn ask(words: &str) -> Reply {
    progress::done();
    // Before the question shows: who answers at once is not to wait for ever.
    let is_answered = is_answered_already();
    out::warn("");
    out::warn(&format!("To go ahead, type: {words}"));
    out::ask("> ");
    if is_answered {
        out::warn("\nWhat was typed before this question is no answer to it");
        return Reply::Nothing;
    }
    match read_line().await {
        Some(line) => Reply::Typed(line),
        None => Reply::Nothing,
    }
}

/// Discards what was typed so far; whether a line with words in it was among that.
fn is_answered_already() -> bool {
    let stdin = std::io::stdin();
    let waiting = rustix::io::ioctl_fionread(&stdin).unwrap_or(0);
    let mut typed = vec![0; usize::try_from(waiting).unwrap_or(0).min(MOST_TYPED)];
    let read = match typed.is_empty() {
        true => 0,
        false => rustix::io::read(&stdin, &mut typed).unwrap_or(0),
    };
    let _ = rustix::termios::tcflush(&stdin, rustix::termios::QueueSelector::IFlush);
    let words = typed.iter().take(read);
    words.copied().any(|byte| !byte.is_ascii_whitespace())
}

/// A whole line that is typed; none where the input ends before its end.
pub(super) async fn read_line() -> Option<String> {
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = line.await.ok()?.ok()?;
    line.ends_with('\n').then_some(line)
}

/// Prints the report of a write; yields the exit code. A report of success that could not be
/// delivered is none.
pub(super) fn print(
    context: &Context,
    kind: DocumentKind,
    report: &WriteReport,
    clock: Option<Clock>,
) -> u8 {
    let stack = &context.settings.stack;
    let contact = &stack.escalation.value;
    let report = &report.clone().with_arguments(&stack.arguments);
    let text = match context.out.format {
        Format::Json => report.document(kind, &StackIdentity::of(stack), contact, clock),
        Format::Short => format!("{}\n", report.headline()),
        _ => {
            let (name, account) = (&stack.name.value, &stack.account.value);
            let place = format!("{name} {account} {}", stack.region.value);
            report.text(contact, &place)
        }
    };
    match context.out.print(&text, report.code) {
        exit::UNKNOWN if report.code == exit::OK => exit::CRITICAL,
        code => code,
    }
}

/// A duration such as `5m`, of the option `flag`.
pub(super) fn duration(flag: &str, text: &str) -> Result<std::time::Duration, Failure> {
    crate::fact::parse_duration(text)
        .and_then(|seconds| u64::try_from(seconds).ok())
        .map(std::time::Duration::from_secs)
        .ok_or_else(|| Failure::unusable(flag, text, "a duration such as 5m"))
}
