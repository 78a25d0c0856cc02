//! `duckops triage RUNBOOK --guide`: step by step through a runbook, on a terminal.
//!
//! Nothing is changed from here: a command that changes something runs as one of its own, with its
//! own plan and its own question.

use super::screen::{DrawnPage, KeyInput, TerminalScreen, is_there};
use crate::cli::fail::Failure;
use crate::cli::format::Format;
use crate::cli::{Context, args, now, progress, triage};
use crate::engine::guide::GuideSession;
use crate::engine::run::Run;
use crate::exit;
use crate::report::model::{StepReport, Verdict};
use crate::report::suggested::command_words;
use crate::report::words::{cut, wrap, wrap_at, wrap_in};
use crate::text::words_of;
use crossterm::event::KeyCode;
use crossterm::style::Stylize;
use std::time::Duration;
use tokio::process::Command;
use tokio::signal::unix::{Signal, SignalKind, signal};

const KEYS: [&str; 10] = [
    "a read again",
    "v evidence",
    "c copy command",
    "r run command",
    "e escalate",
    "w record",
    "n next",
    "b back",
    "q quit",
    "up and down scroll",
];

/// What is still awaited is drawn anew so often.
const TICK: Duration = Duration::from_millis(500);

/// Between two keys.
const GAP: &str = "   ";

/// How a walk ends before its end.
enum WalkEnd {
    /// By a signal, or Ctrl-C.
    By(u8),
    Failed(Failure),
    /// By `q` while answers were on their way.
    Quit,
}

impl From<std::io::Error> for WalkEnd {
    fn from(error: std::io::Error) -> Self {
        WalkEnd::Failed(Failure::own(format!(
            "the terminal is lost: {}",
            words_of(&error)
        )))
    }
}

impl From<Failure> for WalkEnd {
    fn from(failure: Failure) -> Self {
        WalkEnd::Failed(failure)
    }
}

struct GuideWalk<'a> {
    context: &'a Context,
    args: &'a args::TriageArgs,
    session: GuideSession,
    screen: Option<TerminalScreen>,
    terminated: Signal,
    interrupted: Signal,
    at: usize,
    scrolled: usize,
    /// Whether the evidence is shown in place of the finding.
    is_evidence: bool,
    /// What came of the last key.
    said: Vec<String>,
}

pub(in crate::cli) async fn main(
    context: &Context,
    args: &args::TriageArgs,
) -> Result<u8, Failure> {
    if !is_there(context.env.get("TERM")) {
        return Err(Failure::usage(
            "--guide needs a terminal, for the keys and for the screen\nwithout one: duckops triage RUNBOOK --explain",
        ));
    }
    if context.out.format != Format::Table {
        return Err(Failure::usage(
            "--guide draws on the terminal\nuse it without another --output than table",
        ));
    }
    let Some(id) = &args.runbook else {
        return Err(Failure::usage(
            "--guide goes through one runbook, and none is named\nname it: duckops triage inc-004 --guide",
        ));
    };
    let session = GuideSession::load(&context.library, id)?;
    let signals = |kind| signal(kind).map_err(|error| Failure::own(format!("no signals: {error}")));
    let mut walk = GuideWalk {
        context,
        args,
        session,
        screen: None,
        terminated: signals(SignalKind::terminate())?,
        interrupted: signals(SignalKind::interrupt())?,
        at: 0,
        scrolled: 0,
        is_evidence: false,
        said: Vec::new(),
    };
    let ended = walk.go().await;
    // The terminal is given back before anything is printed on it.
    walk.screen = None;
    match ended {
        Ok(()) | Err(WalkEnd::Quit) => {
            let summary = in_lines(&walk.session.summary());
            let code = walk.session.exit_code();
            Ok(context
                .out
                .print(&format!("{}\n", summary.join("\n")), code))
        }
        Err(WalkEnd::By(code)) => Ok(code),
        Err(WalkEnd::Failed(failure)) => Err(failure),
    }
}

/// A summary with each of its parts on a line of its own.
fn in_lines(summary: &str) -> Vec<String> {
    let parts = summary.split("; ").enumerate();
    let parts = parts.map(|(at, part)| match at {
        0 => part.to_owned(),
        _ => format!("{:7}{part}", ""),
    });
    parts.collect()
}

impl GuideWalk<'_> {
    async fn go(&mut self) -> Result<(), WalkEnd> {
        self.screen = Some(TerminalScreen::enter()?);
        self.ask(None).await?;
        loop {
            let last = self.draw()?;
            let KeyCode::Char(key) = self.key().await? else {
                continue;
            };
            self.said.clear();
            match key {
                'q' => return Ok(()),
                'a' => self.ask(Some(self.at)).await?,
                'n' | ' ' => self.turn_to(self.at + 1),
                'b' => self.turn_to(self.at.saturating_sub(1)),
                'v' => (self.is_evidence, self.scrolled) = (!self.is_evidence, 0),
                'c' => self.copy()?,
                'r' => self.run_suggested().await?,
                'e' => {
                    self.run(&format!("duckops escalate {}", self.session.id()))
                        .await?
                }
                'w' => {
                    let note = self.session.summary().replace('\'', " ");
                    let command = format!("duckops record {} --note '{note}'", self.session.id());
                    self.run(&command).await?;
                }
                'j' => self.scrolled = (self.scrolled + 1).min(last),
                'k' => self.scrolled = self.scrolled.saturating_sub(1),
                other => self.said = vec![format!("no key {}", other.escape_default())],
            }
        }
    }

    /// To a step, or to the page after the last one, which sums up.
    fn turn_to(&mut self, at: usize) {
        self.at = at.min(self.session.len());
        (self.scrolled, self.is_evidence) = (0, false);
    }

    fn page(&self) -> DrawnPage {
        let screen = self.screen.as_ref();
        let width = screen.map_or(80, |screen| screen.size().0);
        let style = crate::report::palette::Style {
            width,
            ..self.context.out.style
        };
        let name = self.session.id().to_uppercase();
        let (title, body) = match self.session.step(self.at) {
            None if self.session.step(0).is_none() => (name, Vec::new()),
            None => (format!("{name}  end of {} steps", self.session.len()), {
                let mut lines = in_lines(&self.session.summary());
                lines.extend([
                    String::new(),
                    format!(
                        "w records this with the numbers: duckops record {}",
                        self.session.id()
                    ),
                ]);
                lines
            }),
            Some(step) => {
                let (number, of) = (step.number, self.session.len());
                // The incident comes first: a step that is ok does not end it.
                let steps = (0..of).filter_map(|at| self.session.step(at));
                let worst = Verdict::worst(steps.map(StepReport::verdict));
                let own = match step.verdict() == worst {
                    true => String::new(),
                    false => format!(" ({})", step.verdict().word()),
                };
                let title = format!(
                    "{}  {name} step {number} of {of}: {}{own}",
                    worst.word().to_uppercase(),
                    step.title
                );
                let body = match self.is_evidence {
                    true => self.session.evidence(self.at, style),
                    false => self.session.page(self.at, style),
                };
                (title, body)
            }
        };
        let now = now(&self.context.env);
        let body = body.join("\n");
        let body = self.context.out.in_zone(&body, now);
        let title = wrap_in(&title, width)
            .into_iter()
            .map(|title| match style.color {
                true => title.bold().to_string(),
                false => title,
            });
        let overview = [self.session.overview(self.at), String::new()];
        let said = self.said.iter();
        let mut foot: Vec<_> = said.flat_map(|said| wrap(said, width)).collect();
        foot.extend(wrap_at(&KEYS.join(GAP), GAP, width));
        DrawnPage {
            head: title.chain(overview).collect(),
            body: body.lines().map(str::to_owned).collect(),
            foot,
        }
    }

    fn draw(&self) -> Result<usize, WalkEnd> {
        match &self.screen {
            Some(screen) => Ok(screen.draw(&self.page(), self.scrolled)?),
            None => Ok(0),
        }
    }

    /// The next key; what a terminal does beside is done here.
    async fn key(&mut self) -> Result<KeyCode, WalkEnd> {
        loop {
            let Some(screen) = &self.screen else {
                return Err(WalkEnd::By(exit::INTERRUPTED));
            };
            let input = tokio::select! {
                input = screen.input() => input?,
                _ = self.terminated.recv() => return Err(WalkEnd::By(exit::TERMINATED)),
                _ = self.interrupted.recv() => return Err(WalkEnd::By(exit::INTERRUPTED)),
            };
            match input {
                KeyInput::Interrupt => return Err(WalkEnd::By(exit::INTERRUPTED)),
                KeyInput::Resized => drop(self.draw()?),
                KeyInput::Key(code) => {
                    return Ok(match code {
                        KeyCode::Enter | KeyCode::Right => KeyCode::Char('n'),
                        KeyCode::Left => KeyCode::Char('b'),
                        KeyCode::Down => KeyCode::Char('j'),
                        KeyCode::Up => KeyCode::Char('k'),
                        KeyCode::Esc => KeyCode::Char('q'),
                        KeyCode::Char(c) => KeyCode::Char(c.to_ascii_lowercase()),
                        other => other,
                    });
                }
            }
        }
    }

    async fn fresh_run(&self) -> Result<Run, Failure> {
        let mut run = triage::run(self.context, self.args).await?;
        run.waited = Some(self.session.seen());
        Ok(run)
    }

    /// Asks the step with this index, or all, and says what changed.
    async fn ask(&mut self, index: Option<usize>) -> Result<(), WalkEnd> {
        let index = index.filter(|index| *index < self.session.len());
        let run = self.fresh_run().await?;
        let mut page = self.page();
        let what = index.map_or("all steps".to_owned(), |index| {
            format!("step {}", index + 1)
        });
        page.foot.insert(0, format!("reading {what} …"));
        if let Some(screen) = &self.screen {
            screen.draw(&page, self.scrolled)?;
        }
        let is_first = self.session.step(0).is_none();
        let (context, scrolled) = (self.context, self.scrolled);
        let (session, screen) = (&mut self.session, &self.screen);
        let asking = async {
            match index {
                Some(index) => session.ask_step(index, run).await,
                None => session.ask_all(run).await,
            }
        };
        let stopped = async {
            let Some(screen) = screen else {
                return std::future::pending().await;
            };
            loop {
                let Ok(input) = tokio::time::timeout(TICK, screen.input()).await else {
                    if let Some(awaited) = progress::awaited(&context.waiting) {
                        page.foot[0] = awaited;
                    }
                    if let Err(error) = screen.draw(&page, scrolled) {
                        return error.into();
                    }
                    continue;
                };
                match input {
                    Ok(KeyInput::Interrupt) => return WalkEnd::By(exit::INTERRUPTED),
                    Ok(KeyInput::Key(KeyCode::Char('q'))) => return WalkEnd::Quit,
                    Ok(_) => {}
                    Err(error) => return error.into(),
                }
            }
        };
        tokio::select! {
            () = asking => {}
            ended = stopped => return Err(ended),
            _ = self.terminated.recv() => return Err(WalkEnd::By(exit::TERMINATED)),
            _ = self.interrupted.recv() => return Err(WalkEnd::By(exit::INTERRUPTED)),
        }
        if !is_first {
            let changes = self.session.changes();
            self.said.push(match changes.is_empty() {
                true => format!("read {what} again: no verdict changed"),
                false => format!("changed: {}", changes.join(", ")),
            });
        }
        Ok(())
    }

    fn copy(&mut self) -> Result<(), WalkEnd> {
        let command = self.session.command(self.at).map(ToString::to_string);
        self.said = vec![match (&command, &self.screen) {
            (Some(command), Some(screen)) => {
                screen.copy(command)?;
                format!("copied, where the terminal allows it: {command}")
            }
            _ => "there is no command to copy here".to_owned(),
        }];
        Ok(())
    }

    async fn run_suggested(&mut self) -> Result<(), WalkEnd> {
        let command = self.session.command(self.at).map(ToString::to_string);
        match command {
            Some(command) if command.starts_with("duckops ") => self.run(&command).await,
            Some(command) => {
                self.said = vec![format!("c copies it, for a shell of yours: {command}")];
                Ok(())
            }
            None => {
                self.said = vec!["there is no command to run here".to_owned()];
                Ok(())
            }
        }
    }

    /// Hands the terminal over to a command, then asks everything again.
    async fn run(&mut self, command: &str) -> Result<(), WalkEnd> {
        // Given back before the child draws on it, and taken over after it has ended.
        self.screen = None;
        let mut out = format!("$ {command}\n");
        self.context.out.print(&out, exit::OK);
        let program = std::env::current_exe()?;
        let words = command_words(command);
        let given = self.context.flags.arguments();
        let missing = given.into_iter().filter(|[flag, _]| !words.contains(flag));
        let mut child = Command::new(program)
            .args(words.iter().skip(1))
            .args(missing.flatten())
            .spawn()?;
        // Ctrl-C and its like reach the child by themselves, and it knows what to do then.
        let status = child.wait().await?;
        self.session.acted(command, status.code());
        let ended = match status.code() {
            Some(code) => format!("exit {code}"),
            None => "ended by a signal".to_owned(),
        };
        out = format!("\n{}: {ended}; any key goes on", cut(command, 50));
        self.context.out.print(&out, exit::OK);
        while tokio::time::timeout(Duration::ZERO, self.interrupted.recv())
            .await
            .is_ok()
        {}
        self.screen = Some(TerminalScreen::enter_waiting().await?);
        self.ask(None).await
    }
}
