//! Every setting in force for one run, and the order in which sources win.

use super::base_url::{base_url, is_loopback, without_secrets};
use super::channels::{self, Channel};
use super::config;
use super::flags::Flags;
use super::retention;
use super::secret::SecretSource;
use super::{Origin, Setting, SettingError, Stack};
use crate::fact::parse_duration;
use std::path::PathBuf;
use std::time::Duration;

/// The settings of one run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The system under triage.
    pub stack: Stack,
    /// The output format, by name.
    pub output: Setting<String>,
    /// `auto`, `always` or `never`.
    pub color: Setting<String>,
    /// The limit of the whole run.
    pub deadline: Setting<Duration>,
    /// A folder of runbooks over the built-in ones.
    pub runbooks: Option<Setting<PathBuf>>,
    /// Where history is kept, as written; `None` is SQLite in the state folder.
    pub history: Option<Setting<String>>,
    /// The state folder; `None` when there is no home to put it in.
    pub state_dir: Option<Setting<PathBuf>>,
    /// The channels that messages may be sent to.
    pub channels: Vec<Channel>,
    /// The heartbeat that is called after each complete check; its URL is a secret.
    pub heartbeat: Option<SecretSource>,
    /// Where the document of a runbook is, with `{runbook}` for its id.
    pub runbook_url: Option<String>,
    /// For how long history keeps every reading, and then one an hour, in seconds.
    pub retention: (i64, i64),
}

/// The API of the stack that is built in.
pub const API_URL: &str = "https://czt9d57q83.execute-api.us-east-1.amazonaws.com/prod";
/// The stack that is meant where none is named.
pub const DEFAULT_STACK: &str = "prod";
/// Variables that say which stack is meant. A script that never set one may pass it on empty, which must not
/// stand for production.
const NAMING: [&str; 2] = ["DUCKOPS_STACK", "DUCKOPS_API_URL"];
/// The stack that `drill serve` plays.
const PRACTICE: &str = "practice";

type EnvLookup<'a> = &'a dyn Fn(&str) -> Option<String>;
type Raw = Option<Setting<String>>;

impl Settings {
    /// Resolves every value. An empty variable counts as unset, unless it says which stack is meant.
    ///
    /// # Errors
    /// The first value that cannot be used, with where it came from.
    pub fn resolve(flags: &Flags, env: EnvLookup<'_>) -> Result<Self, SettingError> {
        let env =
            |name: &str| env(name).filter(|value| !value.is_empty() || NAMING.contains(&name));
        let file = config::ConfigFile::read(config_path(&env).as_deref())?;
        let sources = SettingSources {
            env: &env,
            file: &file,
        };
        let config = &file.config;
        let name = sources.or(
            "--stack",
            &flags.stack,
            "DUCKOPS_STACK",
            None,
            DEFAULT_STACK,
        );
        let name = checked(name, "the name of a stack, such as prod", |text| {
            (!text.is_empty()).then(|| text.to_owned())
        })?;
        let section = config.stack.get(&name.value);
        // The practice stack needs no section: every address of it is on this machine.
        let is_practice = section.is_none() && name.value == PRACTICE;
        if section.is_none() && name.value != DEFAULT_STACK && !is_practice {
            let known: Vec<_> = config.stack.keys().map(String::as_str).collect();
            let known = match known.is_empty() {
                true => "add it to the file; a first one is made by duckops init".to_owned(),
                false => format!("stacks: {}", known.join(", ")),
            };
            return Err(SettingError::NoStack {
                origin: name.origin,
                name: name.value.into(),
                known: known.into(),
            });
        }
        let default_section = config::Section {
            practice: is_practice.then_some(true),
            ..config::Section::default()
        };
        let stack = stack(flags, &sources, name, section.unwrap_or(&default_section))?;
        let deadline = sources.or(
            "--deadline",
            &flags.deadline,
            "DUCKOPS_DEADLINE",
            config.deadline.as_ref(),
            "20s",
        );
        let state_dir = sources
            .pick(
                "--state-dir",
                &flags.state_dir,
                "DUCKOPS_STATE_DIR",
                config.state_dir.as_ref(),
            )
            .map(|setting| checked(setting, "an absolute path", absolute))
            .transpose()?
            .or_else(|| default_state_dir(&env));
        Ok(Self {
            stack,
            output: sources.or(
                "--output",
                &flags.output,
                "DUCKOPS_OUTPUT",
                config.output.as_ref(),
                "table",
            ),
            color: sources.or(
                "--color",
                &flags.color,
                "DUCKOPS_COLOR",
                config.color.as_ref(),
                "auto",
            ),
            deadline: checked(
                deadline,
                "a duration such as 20s, of at least 1s and at most 1h",
                |text| {
                    let seconds =
                        parse_duration(text).filter(|seconds| (1..=3_600).contains(seconds))?;
                    Some(Duration::from_secs(seconds.unsigned_abs()))
                },
            )?,
            runbooks: sources
                .pick(
                    "--runbooks",
                    &flags.runbooks,
                    "DUCKOPS_RUNBOOKS",
                    config.runbooks.as_ref(),
                )
                .map(|setting| Setting {
                    value: PathBuf::from(setting.value),
                    origin: setting.origin,
                }),
            history: sources.pick(
                "--history",
                &flags.history,
                "DUCKOPS_HISTORY",
                config.history.as_ref(),
            ),
            state_dir,
            channels: channels::read(&file)?,
            heartbeat: channels::heartbeat(&file)?,
            runbook_url: channels::runbook_url(&file)?,
            retention: retention::read(&file)?,
        })
    }
}

fn stack(
    flags: &Flags,
    sources: &SettingSources<'_>,
    name: Setting<String>,
    section: &config::Section,
) -> Result<Stack, SettingError> {
    let api_url = sources.or(
        "--api-url",
        &flags.api_url,
        "DUCKOPS_API_URL",
        section.api_url.as_ref(),
        API_URL,
    );
    let account = sources.or(
        "--account",
        &flags.account,
        "DUCKOPS_ACCOUNT",
        section.account.as_ref(),
        "121546003735",
    );
    let region = sources.or(
        "--region",
        &flags.region,
        "",
        section.region.as_ref(),
        "us-east-1",
    );
    let named = |value: &Option<toml::Spanned<String>>, default: &str| {
        sources.or("", &None, "", value.as_ref(), default)
    };
    let other_region = ["AWS_REGION", "AWS_DEFAULT_REGION"]
        .into_iter()
        .find_map(|name| {
            (sources.env)(name).map(|value| Setting {
                value,
                origin: Origin::Environment(name),
            })
        })
        .filter(|other| {
            other.value.trim() != region.value && !matches!(region.origin, Origin::Flag(_))
        });
    let function = named(&section.function, "mission-control-api");
    let log_group = named(
        &section.log_group,
        &format!("/aws/lambda/{}", function.value),
    );
    let credentials_timeout = checked(
        named(&section.credentials_timeout, "6s"),
        "a duration from 1s to 5m, such as 30s",
        |text| {
            let seconds = parse_duration(text).filter(|seconds| (1..=300).contains(seconds))?;
            Some(Duration::from_secs(seconds.unsigned_abs()))
        },
    )?;
    let is_practice = section.practice.unwrap_or(false);
    let api_url = checked(
        api_url,
        "an http or https URL with a host and without user, query or fragment",
        base_url,
    )
    .map_err(without_secrets)?;
    if is_practice && !is_loopback(&api_url.value) {
        return Err(without_secrets(SettingError::Value {
            origin: api_url.origin,
            value: api_url.value.as_str().into(),
            wanted: "an address of this machine, which is where a stack with practice = true is",
        }));
    }
    Ok(Stack {
        name,
        api_url,
        region: checked(region, "an AWS region such as us-east-1", |text| {
            let fits = text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            (fits && text.contains('-')).then(|| text.to_owned())
        })?,
        account: checked(account, "an AWS account number of 12 digits", |text| {
            (text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.to_owned())
        })?,
        state_machine: named(&section.state_machine, "peck-approval-workflow"),
        function,
        alias: named(&section.alias, "prod"),
        expected_version: sources.pick("", &None, "", section.expected_version.as_ref()),
        log_group,
        escalation: named(&section.escalation, "T-JOSH"),
        governance_log: sources.pick(
            "",
            &None,
            "DUCKOPS_GOVERNANCE_LOG",
            section.governance_log.as_ref(),
        ),
        other_region,
        profile: sources.pick(
            "--profile",
            &flags.profile,
            "AWS_PROFILE",
            section.profile.as_ref(),
        ),
        instance_metadata: section.instance_metadata.unwrap_or(false),
        credentials_timeout: credentials_timeout.value,
        arguments: flags.naming(),
        is_practice,
    })
}

fn absolute(text: &str) -> Option<PathBuf> {
    let path = PathBuf::from(text);
    path.is_absolute().then_some(path)
}

/// Where the configuration file is, by the XDG convention; none without a home.
pub fn config_path(env: EnvLookup<'_>) -> Option<PathBuf> {
    folder(env, "XDG_CONFIG_HOME", ".config").map(|(folder, _)| folder.join("duckops/config.toml"))
}

fn default_state_dir(env: EnvLookup<'_>) -> Option<Setting<PathBuf>> {
    let (folder, variable) = folder(env, "XDG_STATE_HOME", ".local/state")?;
    Some(Setting {
        value: folder.join("duckops"),
        origin: Origin::Environment(variable),
    })
}

/// A folder of the XDG convention; a relative path counts as unset, as the convention says.
fn folder(
    env: EnvLookup<'_>,
    variable: &'static str,
    under_home: &str,
) -> Option<(PathBuf, &'static str)> {
    let named = env(variable)
        .and_then(|text| absolute(&text))
        .map(|path| (path, variable));
    named.or_else(|| {
        env("HOME")
            .and_then(|text| absolute(&text))
            .map(|home| (home.join(under_home), "HOME"))
    })
}

/// Parses a setting; the error says what was expected.
fn checked<T>(
    setting: Setting<String>,
    wanted: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Setting<T>, SettingError> {
    match read(&setting.value) {
        Some(value) => Ok(Setting {
            value,
            origin: setting.origin,
        }),
        None => Err(SettingError::Value {
            origin: setting.origin,
            value: setting.value.into(),
            wanted,
        }),
    }
}

struct SettingSources<'a> {
    env: EnvLookup<'a>,
    file: &'a config::ConfigFile,
}

impl SettingSources<'_> {
    fn pick(
        &self,
        flag: &'static str,
        given: &Option<String>,
        variable: &'static str,
        configured: Option<&toml::Spanned<String>>,
    ) -> Raw {
        if let Some(value) = given {
            return Some(Setting {
                value: value.clone(),
                origin: Origin::Flag(flag),
            });
        }
        if let Some(value) = (!variable.is_empty())
            .then(|| (self.env)(variable))
            .flatten()
        {
            return Some(Setting {
                value,
                origin: Origin::Environment(variable),
            });
        }
        configured.map(|value| Setting {
            value: value.get_ref().clone(),
            origin: Origin::File(self.file.place(value)),
        })
    }

    fn or(
        &self,
        flag: &'static str,
        given: &Option<String>,
        variable: &'static str,
        configured: Option<&toml::Spanned<String>>,
        built_in: &str,
    ) -> Setting<String> {
        self.pick(flag, given, variable, configured)
            .unwrap_or_else(|| Setting {
                value: built_in.to_owned(),
                origin: Origin::BuiltIn,
            })
    }
}

#[cfg(test)]
mod tests;
