//! `duckops init`: asks for what a new installation needs, writes the configuration, and says what
//! is still missing.

use super::args::InitArgs;
use super::fail::Failure;
use super::prompt::{can_ask, read_line};
use super::{Context, out};
use crate::engine::doctor;
use crate::engine::init::{self, InitAnswers, WrittenConfiguration, parse_channel, parse_log};
use crate::stack::{Flags, Origin, Settings, config_path};
use crate::state_dir::output;

/// Every question: the flag that answers it.
const FLAGS: [&str; 4] = ["--profile", "--api-url", "--channel", "--governance-log"];

pub(super) async fn main(context: &Context, args: &InitArgs) -> Result<u8, Failure> {
    let env = |name: &str| context.env.get(name).cloned();
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    let path = config_path(&set).ok_or_else(|| {
        Failure::usage("there is no home to put the configuration in\nset HOME or XDG_CONFIG_HOME")
    })?;
    let stack = &context.settings.stack;
    let flag = |origin: &Origin, value: &str| match origin {
        Origin::Flag(_) => Some(value.to_owned()),
        _ => None,
    };
    let profile = stack.profile.as_ref();
    let url = stack.endpoint("").to_string();
    let given = [
        profile.and_then(|profile| flag(&profile.origin, &profile.value)),
        flag(&stack.api_url.origin, &url),
        args.channel.clone(),
        args.governance_log.clone(),
    ];
    let missing: Vec<_> = FLAGS
        .iter()
        .zip(&given)
        .filter(|(_, given)| given.is_none())
        .collect();
    // What exists is not overwritten, so nothing is asked that would not be written.
    if output::is_taken(&path) && !missing.is_empty() {
        return Ok(context.out.document(&init::exists(&path)));
    }
    if !missing.is_empty() && !can_ask() {
        let flags: Vec<_> = missing.iter().map(|(flag, _)| **flag).collect();
        return Err(Failure::usage(format!(
            "init asks at a terminal, and there is none\nuse {}\neach may be none, but --api-url",
            flags.join(", ")
        )));
    }
    let [profile_given, url_given, channel, log] = given;
    let proposed = profile.map_or("none", |profile| profile.value.as_str());
    let anything = |text: &str| match text.contains(char::is_control) {
        true => Err("a name without control characters".to_owned()),
        false => Ok((text != "none").then(|| text.to_owned())),
    };
    let base_url = |text: &str| {
        let flags = Flags {
            api_url: Some(text.to_owned()),
            ..Flags::default()
        };
        let resolved = Settings::resolve(&flags, &|_| None);
        let resolved = resolved.map(|settings| settings.stack.endpoint("").to_string());
        resolved.map_err(|error| error.to_string())
    };
    let answers = InitAnswers {
        stack: stack.name.value.clone(),
        profile: answer(FLAGS[0], profile_given, "AWS profile", proposed, anything).await?,
        api_url: answer(FLAGS[1], url_given, "Base URL of the API", &url, base_url).await?,
        channel: answer(
            FLAGS[2],
            channel,
            "Channel, such as slack:/etc/duckops/chat.url",
            "none",
            parse_channel,
        )
        .await?,
        governance_log: answer(
            FLAGS[3],
            log,
            "GOVERNANCE-LOG.md, from the root on",
            "none",
            parse_log,
        )
        .await?,
    };
    let written = init::write(&path, &answers.configuration());
    let written = written.map_err(|error| Failure::not_written(&path, &error))?;
    if let WrittenConfiguration::Exists(difference) = written {
        return Ok(context.out.document(&init::refused(&path, &difference)));
    }
    // What the file says is in force from now on; flags and environment are over it.
    let flags = Flags {
        stack: Some(answers.stack.clone()),
        ..Flags::default()
    };
    let settings = Settings::resolve(&flags, &env)?;
    let after = Context {
        settings,
        ..context.clone()
    };
    let run = after.run()?;
    let checks = doctor::checks(&after.settings, &after.env, &after.library, run).await;
    Ok(context
        .out
        .document(&init::written(&path, &answers, &checks)))
}

/// An answer by flag, or what is typed; an empty line is what was proposed. What is wrong by flag is
/// an error, what is wrong by hand is asked again.
async fn answer<T>(
    flag: &str,
    given: Option<String>,
    question: &str,
    proposed: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<T, Failure> {
    if let Some(given) = given {
        return parse(&given).map_err(|wanted| Failure::unusable(flag, &given, wanted));
    }
    loop {
        out::ask(&format!("{question} [{proposed}]: "));
        let line = read_line().await.ok_or_else(|| {
            Failure::usage("the input ended before the last answer; nothing was written\nrun it again: duckops init")
        })?;
        let text = match line.trim() {
            "" => proposed,
            typed => typed,
        };
        match parse(text) {
            Ok(answer) => return Ok(answer),
            // An error of the settings says in its second line what is right.
            Err(wanted) if wanted.contains('\n') => wanted.lines().for_each(out::warn),
            Err(wanted) => out::warn(&format!("not usable; use {wanted}")),
        }
    }
}
