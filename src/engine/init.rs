//! A first configuration: its text from a few answers, written once and never over another one.

use crate::exit;
use crate::report::checklist::ChecklistItem;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::report::model::{NextAction, Verdict};
use crate::report::wrap;
use crate::state_dir::input::{self, Links};
use crate::state_dir::output;
use crate::text::Printable;
use serde_json::{Value, json};
use std::io;
use std::path::Path;

/// The line for a crontab.
pub const CRONTAB: &str = "*/5 * * * * duckops check --changes --notify";
/// The same where there is no channel to notify.
pub const CRONTAB_ALONE: &str = "*/5 * * * * duckops check --changes";
/// The timer of systemd, and its service.
const TIMER: &str = include_str!("../../contrib/duckops-check.timer");
const SERVICE: &str = include_str!("../../contrib/duckops-check.service");

/// The answers that a configuration is made from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InitAnswers {
    /// The name of the stack.
    pub stack: String,
    /// The AWS profile; none is the default chain.
    pub profile: Option<String>,
    /// The base URL of the API.
    pub api_url: String,
    /// The kind of a channel, and its file or program.
    pub channel: Option<(String, String)>,
    /// The log that incidents are recorded in.
    pub governance_log: Option<String>,
}

/// The kind and the file of a channel as it is written on the command line.
///
/// # Errors
/// What it should be.
pub fn parse_channel(text: &str) -> Result<Option<(String, String)>, String> {
    if text == "none" {
        return Ok(None);
    }
    let wanted = "slack:FILE, webhook:FILE, pagerduty:FILE, command:PROGRAM or none, with a path from the root on";
    let is_known = |kind: &str| ["slack", "webhook", "pagerduty", "command"].contains(&kind);
    match text.split_once(':') {
        Some((kind, file)) if is_known(kind) && file.starts_with('/') => {
            Ok(Some((kind.to_owned(), file.to_owned())))
        }
        _ => Err(wanted.to_owned()),
    }
}

/// The path of a log as it is written on the command line.
///
/// # Errors
/// What it should be.
pub fn parse_log(text: &str) -> Result<Option<String>, String> {
    match text {
        "none" => Ok(None),
        path if path.starts_with('/') => Ok(Some(path.to_owned())),
        _ => Err("a path from the root on, or none".to_owned()),
    }
}

impl InitAnswers {
    /// The configuration file.
    pub fn configuration(&self) -> String {
        // What JSON writes for a text is a text of TOML too.
        let quoted = |text: &str| Value::from(text).to_string();
        let mut text = format!(
            "# Made by `duckops init`; `duckops schema --config` lists every key.\n\n[stack.{}]\n",
            quoted(&self.stack)
        );
        text.push_str(&format!("api_url = {}\n", quoted(&self.api_url)));
        let optional = [
            ("profile", &self.profile),
            ("governance_log", &self.governance_log),
        ];
        for (key, value) in optional {
            if let Some(value) = value {
                text.push_str(&format!("{key} = {}\n", quoted(value)));
            }
        }
        if let Some((kind, file)) = &self.channel {
            let (key, value) = match kind.as_str() {
                "pagerduty" => ("secret_file", quoted(file)),
                "command" => ("command", format!("[{}]", quoted(file))),
                _ => ("url_file", quoted(file)),
            };
            text.push_str(&format!(
                "\n[notify.{kind}]\nkind = {}\n{key} = {value}\n",
                quoted(kind)
            ));
        }
        text
    }

    fn crontab(&self) -> &'static str {
        match self.channel {
            Some(_) => CRONTAB,
            None => CRONTAB_ALONE,
        }
    }
}

/// What came of an attempt to write a configuration.
#[derive(Debug, PartialEq, Eq)]
pub enum WrittenConfiguration {
    /// It is there now.
    New,
    /// Another one is there, or the same: what would have changed, a line each.
    Exists(Vec<String>),
}

/// Writes a configuration for the caller alone, unless one is there.
///
/// # Errors
/// What the file system says.
pub fn write(path: &Path, text: &str) -> io::Result<WrittenConfiguration> {
    if output::is_taken(path) {
        let old = input::read_text(path, Links::Follow, input::MAX_TEXT);
        let old = old.map_err(|error| io::Error::other(error.to_string()))?;
        return Ok(WrittenConfiguration::Exists(difference(&old, text)));
    }
    output::create_folders(output::folder_of(path))?;
    output::create(path, text.as_bytes(), output::PRIVATE)?;
    Ok(WrittenConfiguration::New)
}

/// The lines that only one of two texts has.
fn difference(old: &str, new: &str) -> Vec<String> {
    let only = |mark: char, of: &str, other: &str| -> Vec<_> {
        let lines = of.lines().filter(|line| !line.trim().is_empty());
        let own = lines.filter(|line| !other.lines().any(|known| known == *line));
        own.map(|line| format!("{mark} {}", Printable::from(line)))
            .collect()
    };
    [only('-', old, new), only('+', new, old)].concat()
}

/// How each kind of channel is written in a configuration.
const CHANNELS: &str = "\
to add a channel, append one of these to the file:
  [notify.slack]
  kind = \"slack\"                        # or \"webhook\"
  url_file = \"/etc/duckops/chat.url\"    # a file with the URL, mode 0600
  [notify.pagerduty]
  kind = \"pagerduty\"
  secret_file = \"/etc/duckops/page.key\" # a file with the key, mode 0600
  [notify.command]
  kind = \"command\"
  command = [\"/usr/local/bin/page\"]
";

/// The document of a configuration that exists, before anything is asked: what can be added to it.
pub fn exists(path: &Path) -> Document {
    let path = Printable::path(path);
    let summary = format!("{path} exists; nothing was written");
    let text = format!(
        "NOT WRITTEN  the configuration exists; nothing was written\nfile         {path}\n\n{CHANNELS}\nNEXT         Edit the file, then check it\n             duckops doctor\n"
    );
    let extra = json!({"file": path.as_str(), "written": false, "difference": []});
    let kind = DocumentKind::Init;
    Document::new(kind, Verdict::Warning, summary, text, extra).with_exit_code(exit::WARNING)
}

/// The document of a configuration that exists.
pub fn refused(path: &Path, difference: &[String]) -> Document {
    let path = Printable::path(path);
    let summary = match difference.is_empty() {
        true => format!("{path} exists and says the same; nothing was written"),
        false => format!("{path} exists; nothing was written"),
    };
    let found = summary.split_once(" exists").map_or("", |(_, found)| found);
    let mut text = format!("NOT WRITTEN  the configuration exists{found}\nfile         {path}\n");
    if !difference.is_empty() {
        text.push_str("difference   - as it is, + as it would be\n");
    }
    for line in difference {
        text.push_str(&format!("  {line}\n"));
    }
    text.push_str("NEXT         Edit the file, then check it\n             duckops doctor\n");
    let extra = json!({"file": path.as_str(), "written": false, "difference": difference});
    let kind = DocumentKind::Init;
    Document::new(kind, Verdict::Warning, summary, text, extra).with_exit_code(exit::WARNING)
}

/// What is missing, a paragraph for each cause: what one fix mends is said once.
fn causes(missing: &[&ChecklistItem]) -> String {
    let mut causes: Vec<Vec<&ChecklistItem>> = Vec::new();
    for check in missing {
        match causes.iter_mut().find(|cause| cause[0].fix == check.fix) {
            Some(cause) => cause.push(check),
            None => causes.push(vec![check]),
        }
    }
    let mut text = String::new();
    for cause in causes {
        let names = match cause.as_slice() {
            [one] => one.name.clone(),
            [first, others @ ..] => format!("{} and {} more", first.name, others.len()),
            [] => continue,
        };
        let fix = cause[0].fix.as_ref().map(NextAction::of_fix);
        let mut label = "MISSING";
        let found = format!("{names}: {}", cause[0].found);
        for part in std::iter::once(found.as_str()).chain(fix.iter().map(|fix| fix.text.as_str())) {
            for line in wrap(part, 80 - 9) {
                text.push_str(&format!("{label:<9}{line}\n"));
                label = "";
            }
        }
        if let Some(command) = fix.and_then(|fix| fix.command) {
            text.push_str(&format!("{:9}{command}\n", ""));
        }
    }
    text
}

/// The document of a configuration that was written, with what `duckops doctor` found then.
pub fn written(path: &Path, answers: &InitAnswers, checks: &[ChecklistItem]) -> Document {
    let path = Printable::path(path);
    let is_missing =
        |check: &&ChecklistItem| !matches!(check.verdict, Verdict::Ok | Verdict::Skipped);
    let missing: Vec<_> = checks.iter().filter(is_missing).collect();
    let summary = match missing.len() {
        0 => format!("{path} written; every check of doctor is ok"),
        1 => format!("{path} written; 1 check of doctor needs attention"),
        n => format!("{path} written; {n} checks of doctor need attention"),
    };
    // What is to be done stands last: on a terminal the first lines are out of sight by then.
    let mut text = String::from(
        "timer of systemd, in /etc/systemd/system (user and paths are yours to set):\n",
    );
    for (name, unit) in [
        ("duckops-check.timer", TIMER),
        ("duckops-check.service", SERVICE),
    ] {
        // Without a channel a check that is to notify refuses.
        let unit = match answers.channel {
            Some(_) => unit.to_owned(),
            None => unit.replace(" --notify", ""),
        };
        text.push_str(&format!("--- {name} ---\n{unit}"));
    }
    text.push_str(&format!(
        "\nor crontab -e, then add:\n{}\n\n",
        answers.crontab()
    ));
    let found = summary.split_once("; ").map_or("", |(_, found)| found);
    text.push_str(&format!(
        "DONE     configuration written; {found}\nfile     {path}\n"
    ));
    if answers.channel.is_none() {
        text.push_str("MISSING  channel: no notifications; duckops help init has each kind\n");
    }
    if answers.governance_log.is_none() {
        text.push_str("MISSING  governance log: duckops record needs --log FILE\n");
    }
    text.push_str(&causes(&missing));
    text.push_str("NEXT     Look at every check\n         duckops doctor\n");
    let missing: Vec<_> = missing
        .iter()
        .map(|check| {
            let fix = check.fix.as_ref().map(Printable::as_str);
            json!({"check": check.name, "found": check.found.as_str(), "fix": fix})
        })
        .collect();
    let extra = json!({
        "file": path.as_str(),
        "written": true,
        "crontab": answers.crontab(),
        "missing": missing,
    });
    Document::ok(DocumentKind::Init, summary, text, extra)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_holds_the_answers_whatever_is_in_them() {
        let answers = InitAnswers {
            stack: "prod".to_owned(),
            profile: Some("a \"b\" \\ c".to_owned()),
            api_url: "http://127.0.0.1:1/".to_owned(),
            channel: parse_channel("pagerduty:/etc/k").expect("a channel"),
            governance_log: parse_log("/srv/GOVERNANCE-LOG.md").expect("a path"),
        };
        let read: toml::Value = toml::from_str(&answers.configuration()).expect("TOML");
        let prod = &read["stack"]["prod"];
        assert_eq!(prod["profile"].as_str(), answers.profile.as_deref());
        assert_eq!(
            prod["governance_log"].as_str(),
            Some("/srv/GOVERNANCE-LOG.md")
        );
        assert_eq!(
            read["notify"]["pagerduty"]["secret_file"].as_str(),
            Some("/etc/k")
        );
        for wrong in ["slack", "slack:relative", "mail:/x", ""] {
            assert!(parse_channel(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse_channel("none"), Ok(None));
        assert!(parse_log("relative.md").is_err());
    }

    #[test]
    fn the_difference_has_what_only_one_of_them_says() {
        let found = difference("a = 1\n\nb = 2\n", "a = 1\nb = 3\nc = 4\n");
        assert_eq!(found, ["- b = 2", "+ b = 3", "+ c = 4"]);
        assert_eq!(difference("a = 1\n", "a = 1\n"), [""; 0]);
    }
}
