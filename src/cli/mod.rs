//! The command line: arguments in, one call, one print, one exit code.
//!
//! The only room that reads arguments, the environment, the clock and the terminal. It
//! hands them down and knows how nothing below is done.

mod alias;
mod args;
mod audit;
mod bond;
mod check;
mod command_line;
mod complete;
mod connections;

mod diff;
mod doctor;
mod drill;
mod escalate;
mod facts;
mod fail;
mod format;
mod guide;
mod help;
mod history;
mod init;
mod interruption;
mod journal;
mod kept;
mod mcp;
mod named_file;
mod out;
mod own_texts;
mod packaging;
mod peck;
mod progress;
mod prompt;
mod record;
mod recording;
mod report;
mod runbook;
mod state_guide;
mod timeline;
mod triage;
mod usage_error;
mod webhook;

use crate::cloud::{Exchange, Http, Observer, TrustedRoots};
use crate::engine::run::Run;
use crate::engine::waiting::Waiting;
use crate::exit;
use crate::redact;
use crate::runbook::Library;
use crate::stack::{Environment, Flags, Origin, ProxyExceptions, Settings, known_secrets};
use crate::text::Printable;
use args::{Cli, Command};
use clap::Parser;
use clap::error::ErrorKind;
use fail::Failure;
use format::Format;
use interruption::{Sending, ended, interrupted, outlive_file_limits};
use out::Out;
use std::ffi::OsString;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use time::OffsetDateTime;

/// Everything a command works with.
#[derive(Clone)]
struct Context {
    settings: Settings,
    library: Library,
    out: Out,
    env: Environment,
    /// The flags that the settings come from.
    flags: Flags,
    verbose: bool,
    /// How far a command is that changes something.
    sending: Sending,
    /// What its runs wait for.
    waiting: Waiting,
}

impl Context {
    /// The run that the settings ask for, by the wall clock of now.
    fn run(&self) -> Result<Run, Failure> {
        Ok(Run {
            waiting: self.waiting.clone(),
            ..Run::new(&self.settings, &self.env, self.http(), now(&self.env))?
        })
    }

    /// The HTTP stack by the proxies and the roots of the environment.
    fn http(&self) -> Http {
        Http::new(observer(self.verbose))
            .excepting(ProxyExceptions::read(&self.env))
            .trusting(TrustedRoots::named(&|name| self.env.get(name).cloned()))
    }
}

/// Prints each exchange on standard error.
fn observer(verbose: bool) -> Option<Observer> {
    verbose.then(|| -> Observer {
        Arc::new(|exchange: &Exchange| {
            let Exchange {
                what,
                outcome,
                took,
                bytes,
            } = exchange;
            out::warn(&format!(
                "{:>7.1} ms {bytes:>9} B  {what} -> {outcome}",
                took.as_secs_f64() * 1e3
            ));
        })
    })
}

/// Runs the program and yields its exit code. A panic anywhere becomes [`exit::UNKNOWN`].
pub fn main() -> u8 {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let env: Environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    // Before anything can fail, know in which format to say so.
    let out = Out::foreseen(&arguments, &env);
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(|at| format!(" at {}:{}", at.file(), at.line()))
            .unwrap_or_default();
        out::warn(&format!(
            "internal error{place} in duckops {}",
            env!("CARGO_PKG_VERSION")
        ));
    }));
    if let Some(shell) = env.get(complete::VARIABLE) {
        return complete::main(shell, &arguments, &env);
    }
    let ended = std::panic::catch_unwind(AssertUnwindSafe(|| {
        // A setting that cannot be read must not count as unset: the next one down is production.
        match std::env::vars_os().find_map(unreadable_setting) {
            Some(name) => Err(Failure::usage(format!(
                "{name} is not UTF-8\nunset it, or set it again"
            ))),
            None => start(&arguments, env, &out),
        }
    }));
    match ended {
        Ok(Ok(code)) => out::with_lost_output(code),
        Ok(Err(failure)) => out.fail(&failure),
        Err(_) => out.fail(&Failure::internal()),
    }
}

/// The name of a variable that duckops reads and whose value is not UTF-8.
fn unreadable_setting((name, value): (OsString, OsString)) -> Option<String> {
    const FAMILIES: [&str; 4] = ["DUCKOPS_", "AWS_", "XDG_", "SSL_CERT_"];
    const OTHERS: [&str; 9] = [
        "HOME",
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
    ];
    let name = name.into_string().ok()?;
    let is_read =
        OTHERS.contains(&name.as_str()) || FAMILIES.iter().any(|family| name.starts_with(family));
    (is_read && value.into_string().is_err()).then_some(name)
}

fn start(arguments: &[OsString], env: Environment, foreseen: &Out) -> Result<u8, Failure> {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) if error.kind() == ErrorKind::DisplayVersion => {
            return Ok(usage_error::as_asked(&error, foreseen));
        }
        Err(error_before) => {
            // What clap repeats of an argument must not look like lines of its own.
            let inert: Vec<_> = arguments
                .iter()
                .map(|argument| Printable::from(argument.to_string_lossy().as_ref()).to_string())
                .collect();
            let mut command = command_line::command();
            let error = command.try_get_matches_from_mut(&inert).err();
            let error = error.unwrap_or(error_before);
            return usage_error::from_clap(&error, foreseen, (&command, &inert));
        }
    };
    let mut settings = Settings::resolve(&cli.flags(), &|name| env.get(name).cloned())?;
    if matches!(cli.command, Command::Check(_)) && settings.output.origin == Origin::BuiltIn {
        settings.output.value = "short".to_owned();
    }
    // A secret source prints where the secret is, never the secret.
    redact::known::arm(format!("{settings:?}"), own_texts::all);
    known_secrets::remember(&settings, &env);
    let default = Format::of(&settings.output)?;
    let settled = Out::settled(default, &settings.color, &env, (cli.quiet, cli.explain))?;
    // From here on the format is known, also where only the configuration file names it.
    let ended = settled.with_times(cli.local).and_then(|out| {
        cli.command.check_format(out.format, &settings.output)?;
        run(cli, settings, out, env)
    });
    Ok(ended.unwrap_or_else(|failure| settled.fail(&failure)))
}

fn run(cli: Cli, settings: Settings, out: Out, env: Environment) -> Result<u8, Failure> {
    let folder = settings.runbooks.as_ref();
    let folder = folder.map(|folder| folder.value.as_path());
    // The command that makes the folder needs none yet.
    let library =
        Library::open(folder.filter(|folder| folder.exists() || !cli.command.makes_runbooks()))?;
    let context = Context {
        settings,
        library,
        out,
        env,
        flags: cli.flags(),
        verbose: cli.verbose,
        sending: Sending::default(),
        waiting: Waiting::default(),
    };
    progress::start(&context.waiting, context.out.is_quiet(), &context.env);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::own(format!("the runtime could not start: {error}")))?;
    // Serving ends no other way.
    let (serving, ends_itself) = (cli.command.serves(), cli.command.ends_itself());
    let code = runtime.block_on(async {
        outlive_file_limits();
        tokio::select! {
            // Signals are listened for before the command does anything that is seen outside.
            biased;
            _ = interrupted(), if serving => Ok(exit::OK),
            code = ended(&context.sending), if !serving && !ends_itself => {
                Err(Failure::interrupted(code))
            }
            done = dispatch(&context, cli.command) => done,
        }
    });
    progress::done();
    // A parser that still waits for the rest of a feed must not hold up the answer.
    runtime.shutdown_background();
    code
}

/// Runs one command. Each in a box, because the largest would else be moved for all of them.
async fn dispatch(context: &Context, command: Command) -> Result<u8, Failure> {
    match command {
        Command::Triage(args) if args.guide => Box::pin(guide::main(context, &args)).await,
        Command::Triage(args) => Box::pin(triage::main(context, &args)).await,
        Command::Check(args) => Box::pin(check::main(context, &args)).await,
        Command::Facts(args) => Box::pin(facts::main(context, &args)).await,
        Command::Runbook(args) => Box::pin(runbook::main(context, &args)).await,
        Command::Drill(args) => Box::pin(drill::main(context, &args)).await,
        Command::Audit(args) => Box::pin(audit::main(context, &args)).await,
        Command::Init(args) => Box::pin(init::main(context, &args)).await,
        Command::Doctor(args) => Box::pin(doctor::main(context, &args)).await,
        Command::History(args) => Box::pin(history::main(context, args.0)).await,
        Command::Rules(args) => packaging::rules(context, &args),
        Command::Alias(args) => Box::pin(alias::main(context, &args.action)).await,
        Command::Peck(args) => Box::pin(peck::main(context, &args.action)).await,
        Command::Bond(args) => Box::pin(bond::main(context, &args.action)).await,
        Command::Webhook(args) => Box::pin(webhook::main(context, &args.action)).await,
        Command::Timeline(args) => Box::pin(timeline::main(context, &args)).await,
        Command::Report(args) => Box::pin(report::main(context, &args)).await,
        Command::Record(args) => Box::pin(record::main(context, &args)).await,
        Command::Escalate(args) => Box::pin(escalate::main(context, &args)).await,
        Command::Diff(args) => Box::pin(diff::main(context, &args)).await,
        Command::Journal(args) => journal::main(context, &args),
        Command::Mcp => Box::pin(mcp::main(context)).await,
        Command::Schema { config, runbook } => Ok(packaging::schema(context, config, runbook)),
        Command::Help { topic } => help::main(context, &topic),
        Command::Completions { shell } => packaging::completions(context, shell),
        Command::Man { topic, out } => packaging::man(context, &topic, out.as_deref()),
    }
}

/// The wall clock; a debug build lets the tests set it. One set to what is no time must not
/// be taken for the true one: that is a panic, and shows what the program makes of one.
fn now(env: &Environment) -> OffsetDateTime {
    #[cfg(debug_assertions)]
    if let Some(text) = env.get("DUCKOPS_TEST_NOW") {
        let fixed = crate::fact::parse_instant(text)
            .and_then(|fixed| OffsetDateTime::from_unix_timestamp(fixed).ok());
        assert!(fixed.is_some(), "DUCKOPS_TEST_NOW is no time");
        return fixed.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    }
    let _ = env;
    OffsetDateTime::now_utc()
}
