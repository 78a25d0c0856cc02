//! Standard output and standard error: format, colours, and what happens when the reader is gone.

use super::fail::Failure;
use super::format::Format;
use super::kept::Kept;
use super::progress;
use crate::exit;
use crate::redact;
use crate::report::columns::Screen;
use crate::report::document::Document;
use crate::report::model::{NextAction, Report, Verdict};
use crate::report::palette::Style;
use crate::report::{json, junit, links, local_time, markdown, nagios, prometheus, short, table};
use crate::stack::Environment;
use crate::stack::Setting;
use crate::text::{Printable, words_of};
use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use supports_hyperlinks::Stream;
use time::{OffsetDateTime, UtcOffset};

/// Where and how to print.
#[derive(Clone, Debug)]
pub(super) struct Out {
    pub(super) format: Format,
    pub(super) style: Style,
    pub(super) screen: Screen,
    quiet: bool,
    pub(super) explains: bool,
    /// Whether times are those of this machine's zone.
    is_local: bool,
    /// Whether a warning is a failure in JUnit XML.
    is_strict: bool,
    /// Takes what would stand on standard output, where that carries something else.
    kept: Option<Kept>,
    /// Whether the terminal opens addresses behind words.
    has_links: bool,
    /// Whether the locale that is set writes no UTF-8.
    is_ascii: bool,
}

impl Out {
    /// JSON that is kept and not written to standard output.
    pub(super) fn json_kept_in(kept: &Kept) -> Self {
        Self {
            kept: Some(kept.clone()),
            ..Self::plain(Format::Json)
        }
    }

    /// For no terminal.
    fn plain(format: Format) -> Self {
        Self {
            format,
            style: Style {
                color: false,
                width: 80,
            },
            screen: Screen {
                columns: None,
                unicode: false,
            },
            quiet: false,
            explains: false,
            is_local: false,
            has_links: false,
            is_ascii: false,
            is_strict: false,
            kept: None,
        }
    }

    /// The output settings, as far as they are known before the command line is parsed.
    pub(super) fn foreseen(arguments: &[OsString], env: &Environment) -> Self {
        let texts: Vec<_> = arguments
            .iter()
            .map(|argument| argument.to_string_lossy())
            .collect();
        let mut named = None;
        for (at, text) in texts.iter().enumerate() {
            let value = match text.as_ref() {
                "--output" => Some(""),
                other => other
                    .strip_prefix("--output=")
                    .or_else(|| in_cluster(other)),
            };
            let value = match value {
                Some("") => texts.get(at + 1).map(AsRef::as_ref),
                given => given,
            };
            named = value.and_then(Format::named).or(named);
        }
        let format = named
            .or_else(|| Format::named(env.get("DUCKOPS_OUTPUT")?))
            .unwrap_or(Format::Table);
        Self::plain(format)
    }

    /// With everything known.
    pub(super) fn settled(
        format: Format,
        color: &Setting<String>,
        env: &Environment,
        (quiet, explains): (bool, bool),
    ) -> Result<Self, Failure> {
        let terminal = std::io::stdout().is_terminal();
        // A terminal that does not know its size says 0.
        let columns = terminal_size::terminal_size_of(std::io::stdout())
            .map(|(terminal_size::Width(columns), _)| usize::from(columns))
            .filter(|columns| *columns > 0);
        let colour = colored(color, env, terminal)?;
        // Table cells look at NO_COLOR themselves; the decision is made here.
        crossterm::style::force_color_output(colour);
        let style = Style {
            color: colour,
            width: columns.unwrap_or(80),
        };
        // The first of these that is set decides, as everywhere.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .find_map(|name| env.get(*name).filter(|value| !value.is_empty()));
        let unicode = locale.is_some_and(|locale| {
            let locale = locale.to_ascii_uppercase();
            locale.contains("UTF-8") || locale.contains("UTF8")
        });
        Ok(Self {
            format,
            style,
            screen: Screen { columns, unicode },
            quiet,
            explains,
            is_local: false,
            is_strict: false,
            kept: None,
            // Without colour no other escape sequence is written either.
            has_links: terminal && colour && supports_hyperlinks::on(Stream::Stdout),
            is_ascii: locale.is_some() && !unicode,
        })
    }

    /// The same, with warnings as failures where `--strict` asks for that.
    pub(super) fn counting_warnings(&self, is_strict: bool) -> Result<Self, Failure> {
        if is_strict && self.format != Format::Junit {
            return Err(Failure::usage(
                "--strict: only JUnit XML has failures\nuse it with -o junit",
            ));
        }
        Ok(Self {
            is_strict,
            ..self.clone()
        })
    }

    /// The same, with times of this machine's zone where `--local` asks for them.
    pub(super) fn with_times(&self, is_local: bool) -> Result<Self, Failure> {
        if is_local && self.format != Format::Table {
            return Err(Failure::usage(
                "--local: only tables have local times, other formats are in UTC\nuse it with -o table",
            ));
        }
        Ok(Self {
            is_local,
            ..self.clone()
        })
    }

    /// Whether only what is not well is printed.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Prints a report; yields the exit code.
    pub(super) fn report(&self, report: &Report) -> u8 {
        self.report_ended(report, report.exit_code())
    }

    /// Prints a report where the process ends with this code, whatever the verdict is.
    pub(super) fn report_ended(&self, report: &Report, code: u8) -> u8 {
        if self.quiet && report.verdict == Verdict::Ok && code == exit::OK {
            return code;
        }
        self.print(&self.rendered_ended(report, code), code)
    }

    /// Prints a report of a series; yields whether anybody still reads.
    pub(super) fn again(&self, report: &Report) -> bool {
        if self.quiet && report.verdict == Verdict::Ok {
            return true;
        }
        self.next(&match self.format {
            Format::Json => json::render(report, false),
            _ => self.rendered(report),
        })
    }

    /// Prints the next of a series; yields whether anybody still reads.
    pub(super) fn next(&self, text: &str) -> bool {
        let _aside = progress::aside();
        let mut stdout = std::io::stdout().lock();
        let text = redact::known::hide(text);
        let text = self.in_zone(&text, OffsetDateTime::now_utc());
        let text = self.in_locale(&text);
        let written = stdout.write_all(text.as_bytes());
        written.and_then(|()| stdout.flush()).is_ok()
    }

    pub(super) fn rendered(&self, report: &Report) -> String {
        self.rendered_ended(report, report.exit_code())
    }

    /// A report of a process that ends with this code.
    pub(super) fn rendered_ended(&self, report: &Report, code: u8) -> String {
        match self.format {
            Format::Table => {
                let text = match self.explains {
                    true => table::explain(report, self.style),
                    false => table::render(report, self.style),
                };
                let text = self.in_zone(&text, report.started_at);
                match self.has_links {
                    true => links::linked(&text, report),
                    false => text.into_owned(),
                }
            }
            Format::Short => short::render(report),
            Format::Json => json::render_ended(report, code, true),
            Format::Nagios => nagios::render(report),
            Format::Prometheus => prometheus::render(report),
            Format::Markdown => markdown::render(report),
            Format::Junit => junit::render(report, self.is_strict),
        }
    }

    /// Prints a document that is no report; yields its exit code.
    pub(super) fn document(&self, document: &Document) -> u8 {
        let code = document.heading.exit_code;
        match self.format {
            Format::Json => self.print(&document.json(true), code),
            _ => self.print(&document.text, code),
        }
    }

    /// Says why there is no result; yields the exit code.
    pub(super) fn fail(&self, failure: &Failure) -> u8 {
        let code = failure.exit_code(self.format == Format::Nagios);
        for (at, line) in failure.lines.iter().enumerate() {
            warn(&if at == 0 {
                format!("duckops: {line}")
            } else {
                line.to_string()
            });
        }
        let all: Vec<_> = failure.lines.iter().map(Printable::as_str).collect();
        let summary = Printable::from(all.join("; "));
        match self.format {
            Format::Json => {
                let next = NextAction {
                    text: "Read the message, then: duckops --help".into(),
                    command: None,
                };
                let mut heading = json::Heading::new(Verdict::Unknown, summary);
                heading.exit_code = code;
                heading.next_action = (code == exit::USAGE).then_some(next);
                // On one line: it may end a series of such lines.
                self.print(&json::failure(&heading, false), code)
            }
            Format::Nagios => self.print(&nagios::failure(&summary), code),
            Format::Junit => self.print(&junit::failure(&summary), code),
            _ => code,
        }
    }

    /// A table with the times that `--local` asks for; `now` is when it was made.
    pub(super) fn in_zone<'a>(&self, text: &'a str, now: OffsetDateTime) -> Cow<'a, str> {
        match self.is_local {
            true => local_time::rewritten(text, now, |at| {
                UtcOffset::local_offset_at(at).unwrap_or(UtcOffset::UTC)
            })
            .into(),
            false => text.into(),
        }
    }

    /// A table with what the locale can show between its parts.
    fn in_locale<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.is_ascii && self.format == Format::Table {
            true => text.replace('\u{b7}', "-").into(),
            false => text.into(),
        }
    }

    /// Writes to standard output. A reader that closed the pipe changes nothing; any other write
    /// error turns ok into a failure, because the verdict could not be read.
    pub(super) fn print(&self, text: &str, code: u8) -> u8 {
        let _aside = progress::aside();
        // What came from outside was searched before it was cut; this is for what did not.
        let text = redact::known::hide(text);
        if let Some(kept) = &self.kept {
            kept.add(&text);
            return code;
        }
        let text = self.in_zone(&text, OffsetDateTime::now_utc());
        let text = self.in_locale(&text);
        let mut stdout = std::io::stdout().lock();
        let written = stdout.write_all(text.as_bytes());
        match written.and_then(|()| stdout.flush()) {
            Ok(()) => code,
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => code,
            Err(error) => {
                // What fails once fails for every line after it: one complaint is enough.
                if !OUTPUT_LOST.swap(true, Ordering::Relaxed) {
                    let why = Printable::from(words_of(&error));
                    warn_beside(&format!("duckops: cannot write output: {why}"));
                }
                with_lost_output(code)
            }
        }
    }
}

/// Whether output could not be written in this process.
static OUTPUT_LOST: AtomicBool = AtomicBool::new(false);

/// Whether output could not be written: what is said of it would only be a second complaint.
pub(super) fn is_output_lost() -> bool {
    OUTPUT_LOST.load(Ordering::Relaxed)
}

/// The exit code of a run, which is not ok where output was lost.
pub(super) fn with_lost_output(code: u8) -> u8 {
    match is_output_lost() {
        true if code == exit::OK => exit::UNKNOWN,
        _ => code,
    }
}

/// What follows the `o` in a cluster of short flags, such as `-ojson` or `-qo`.
fn in_cluster(argument: &str) -> Option<&str> {
    let (flags, value) = argument.strip_prefix('-')?.split_once('o')?;
    let all_short = flags.chars().all(|flag| "qvhV".contains(flag));
    all_short.then(|| value.trim_start_matches('='))
}

/// The order of the conventions; an empty variable counts as unset.
fn colored(setting: &Setting<String>, env: &Environment, terminal: bool) -> Result<bool, Failure> {
    let is = |name: &str| {
        env.get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    };
    match setting.value.as_str() {
        "always" => Ok(true),
        "never" => Ok(false),
        "auto" if is("NO_COLOR").is_some() => Ok(false),
        "auto" if is("CLICOLOR_FORCE").is_some_and(|value| value != "0") => Ok(true),
        "auto" if is("CLICOLOR") == Some("0") || is("TERM") == Some("dumb") => Ok(false),
        "auto" => Ok(terminal),
        _ => {
            let known = ["auto", "always", "never"];
            Err(Failure::not_one_of(&setting.origin, &setting.value, &known))
        }
    }
}

/// One line on standard error; nothing more can be done when that fails.
pub(super) fn warn(line: &str) {
    let _aside = progress::aside();
    warn_beside(line);
}

/// The same where no line of progress can be in the way.
fn warn_beside(line: &str) {
    let line = redact::known::hide(line);
    let _ = writeln!(std::io::stderr(), "{}", Printable::from(&*line));
}

/// A question on standard error; the answer is typed beside it.
pub(super) fn ask(question: &str) {
    progress::done();
    let _ = write!(std::io::stderr(), "{question}");
}
