//! `duckops check`: the evaluation of `triage`, compared with earlier checks.

use super::fail::Failure;
use super::out::{self, Out};
use super::{Context, args};
use crate::alerting::channels::heartbeat;
use crate::alerting::delivery::{Channels, host_name};
use crate::alerting::{Debounce, SUBJECTS, is_subject};
use crate::engine::check::{self, CheckError, CheckOptions, MuteChange, parse_mute_end};
use crate::engine::history_open;
use crate::engine::runbooks::RequestedRunbooks;
use crate::report::clock;
use crate::report::model::Report;
use crate::report::prometheus;
use crate::state_dir::input::{self, Links};
use crate::state_dir::output;
use crate::text::{Printable, words_of};
use std::path::Path;
use time::OffsetDateTime;

/// Help for `--notify` without any channel.
const NO_CHANNEL: &str = "--notify: the configuration file names no channel. Set one up, such as \
     `[notify.chat]` with `kind = \"slack\"` and `url_file = \"/etc/duckops/chat.url\"` (mode 600), in \
     $XDG_CONFIG_HOME/duckops/config.toml; docs/cron-and-alerts.md has every kind";

pub(super) async fn main(context: &Context, args: &args::CheckArgs) -> Result<u8, Failure> {
    let requested = RequestedRunbooks::load_several(&context.library, &args.asked)?;
    let ended = run(context, args, &requested).await;
    if let (Err(_), Some(path)) = (&ended, &args.textfile) {
        // The monitoring must not go on showing the run before.
        let ids: Vec<_> = requested.ids().map(Printable::from).collect();
        let stack = Printable::from(context.settings.stack.name.value.as_str());
        let before = input::read_text(path, Links::Refuse, input::MAX_TEXT).unwrap_or_default();
        let before = prometheus::last_complete(&before);
        let page = prometheus::failure(&stack, &ids, super::now(&context.env), before);
        write_textfile(path, &page);
    }
    ended
}

async fn run(
    context: &Context,
    args: &args::CheckArgs,
    requested: &RequestedRunbooks,
) -> Result<u8, Failure> {
    let out = context.out.counting_warnings(args.strict)?;
    let now = super::now(&context.env);
    let options = options(context, args, now)?;
    let mute = options.mute.as_ref().map(|change| mute_line(change, now));
    let state_dir = context.settings.state_dir.as_ref();
    let state_dir = state_dir.map(|folder| folder.value.as_path());
    let finished = check::run(requested, context.run()?, options, state_dir).await?;
    let code = print(&out, args, &finished.report);
    if let Some(complaint) = &finished.complaint {
        out::warn(&format!("duckops: {complaint}"));
    }
    if let Some(mute) = mute {
        out::warn(&format!("duckops: {mute}"));
    }
    let retention = history_open::retention(&context.settings);
    let mut report = finished.report.clone();
    let notified = finished.notify_and_prune(retention).await;
    for warning in notified.warnings {
        out::warn(&format!("duckops: {warning}"));
    }
    if let (Some(path), true) = (&args.textfile, report.channels != notified.channels) {
        report.channels = notified.channels;
        write_textfile(path, &prometheus::render(&report));
    }
    if let Some(url) = &context.settings.heartbeat {
        let now = super::now(&context.env);
        if let Err(why) = heartbeat::beat(&context.http(), url, &context.env, now).await {
            out::warn(&format!("duckops: the heartbeat was not accepted: {why}"));
        }
    }
    Ok(code)
}

fn options(
    context: &Context,
    args: &args::CheckArgs,
    now: OffsetDateTime,
) -> Result<CheckOptions, Failure> {
    let debounce = match &args.debounce {
        None => Debounce::NONE,
        Some(text) => Debounce::parse(text).ok_or_else(|| {
            let wanted = "bad runs of all runs, such as 3/5, of at most 20";
            Failure::unusable("--for", text, wanted)
        })?,
    };
    let mute = mute_change(context, args, now)?;
    let channels = match (args.notify, context.settings.channels.as_slice()) {
        (true, []) => {
            return Err(Failure::usage(NO_CHANNEL));
        }
        (true, channels) => Channels::open(channels, &context.env),
        (false, _) => Channels::default(),
    };
    Ok(CheckOptions {
        debounce,
        mute,
        channels,
        host: host_name(),
        runbook_url: context.settings.runbook_url.clone(),
    })
}

fn mute_change(
    context: &Context,
    args: &args::CheckArgs,
    now: OffsetDateTime,
) -> Result<Option<MuteChange>, Failure> {
    let known = |id: &String| -> Result<String, Failure> {
        if is_subject(id) {
            return Ok(id.clone());
        }
        if let Some((kind, _)) = id.split_once(':') {
            let kinds = SUBJECTS.join(", ");
            return Err(Failure::usage(format!(
                "`{}` is nothing that can be muted: a runbook, or one subject as KIND:NAME with a kind of {kinds}; `{}` is none or has no name",
                Printable::from(id.as_str()),
                Printable::from(kind)
            )));
        }
        Ok(context.library.get(id).map(|runbook| runbook.id)?)
    };
    Ok(match (&args.mute, &args.unmute) {
        (Some(runbook), _) => {
            let runbook = known(runbook)?;
            let text = args.until.as_deref().unwrap_or_default();
            let until = parse_mute_end(text, now).map_err(|error| {
                Failure::usage(format!("--until: `{}` {error}", Printable::from(text)))
            })?;
            let by = Printable::from(args.by.as_deref().unwrap_or_default()).to_string();
            Some(MuteChange::Begin { runbook, until, by })
        }
        (None, Some(runbook)) => Some(MuteChange::End {
            runbook: known(runbook)?,
        }),
        (None, None) => None,
    })
}

/// What was muted, and how to end it before its time.
fn mute_line(change: &MuteChange, now: OffsetDateTime) -> String {
    match change {
        MuteChange::Begin { runbook, until, by } => {
            let until = clock(*until, now);
            let runbook = Printable::from(runbook.as_str());
            format!(
                "notifications of {runbook} muted until {until} by {by}; end it: duckops check --unmute {runbook}"
            )
        }
        MuteChange::End { runbook } => {
            format!("the mute of {} is over", Printable::from(runbook.as_str()))
        }
    }
}

/// Prints the report, and writes the file for the textfile collector.
fn print(out: &Out, args: &args::CheckArgs, report: &Report) -> u8 {
    if let Some(path) = &args.textfile {
        write_textfile(path, &prometheus::render(report));
    }
    let is_omitted =
        (report.is_silent() && out.is_quiet()) || (args.changes && !report.has_changed());
    match is_omitted {
        true => report.exit_code(),
        false => out.report(report),
    }
}

/// A file that cannot be written changes no verdict.
fn write_textfile(path: &Path, page: &str) {
    if let Err(error) = output::replace(path, page.as_bytes(), output::SHARED) {
        let path = Printable::path(path);
        out::warn(&format!(
            "duckops: {path} was not written: {}",
            words_of(&error)
        ));
    }
}

impl From<CheckError> for Failure {
    fn from(error: CheckError) -> Self {
        Self::own(error.to_string())
    }
}
