//! The configuration of one version, as far as two versions are compared by it.
//!
//! Values of the environment may be secrets, so only their digests are kept.

use super::answer_owner::check_function_arn;
use super::reader::FunctionReader;
use super::version_state::{VersionStanding, VersionState};
use crate::fact;
use crate::observation::{Unavailable, UnavailableReason};
use crate::state_dir::sha256;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// One version, as Lambda describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionConfig {
    /// Its number, or `$LATEST`.
    pub number: String,
    /// Its state, as Lambda reports it.
    pub state: VersionState,
    /// SHA-256 of its code, as Lambda writes it.
    pub code: Option<String>,
    /// When it was published, in seconds since 1970.
    pub published: Option<i64>,
    /// Its runtime; `None` for a container image.
    pub runtime: Option<String>,
    /// The time limit of one invocation, in seconds.
    pub timeout: Option<i64>,
    /// Other settings by name, as they are shown.
    settings: BTreeMap<&'static str, String>,
    /// The names of the environment variables, each with a digest of its value.
    environment: BTreeMap<String, String>,
}

/// Reads the configuration of a version by its number.
pub(crate) async fn read_version_config(
    reader: &FunctionReader<'_>,
    lambda: &aws_sdk_lambda::Client,
    number: &str,
) -> Result<VersionConfig, Unavailable> {
    let request = lambda
        .get_function_configuration()
        .function_name(&reader.stack.function.value)
        .qualifier(number);
    let question = format!("GetFunctionConfiguration {number}");
    let action = "lambda:GetFunctionConfiguration";
    let answer = reader.question(question, action, request.send()).await?;
    if answer.version() != Some(number) {
        let why = "Lambda described another version than the one asked for";
        return Err(Unavailable::new(UnavailableReason::Contradictory, why));
    }
    check_function_arn(reader.stack, answer.function_arn(), &[number])?;
    Ok(version_config(number, &answer))
}

fn version_config(number: &str, answer: &GetFunctionConfigurationOutput) -> VersionConfig {
    let mut settings = BTreeMap::new();
    let mut set = |name, value: Option<String>| {
        settings.insert(name, value.unwrap_or_else(|| "none".to_owned()));
    };
    set("role", answer.role().map(str::to_owned));
    set("handler", answer.handler().map(str::to_owned));
    set("runtime", answer.runtime().map(|r| r.as_str().to_owned()));
    set("memory", answer.memory_size().map(|n| format!("{n} MB")));
    set("timeout", answer.timeout().map(|n| format!("{n} s")));
    let queue = answer.dead_letter_config().and_then(|d| d.target_arn());
    set("dead letter queue", queue.map(str::to_owned));
    let layers = answer.layers().iter().filter_map(|layer| layer.arn());
    set("layers", Some(layers.collect::<Vec<_>>().join(", ")));
    let vpc = answer.vpc_config().map(|vpc| {
        let mut parts = vpc.subnet_ids().to_vec();
        parts.extend(vpc.security_group_ids().iter().cloned());
        parts.sort();
        parts.join(", ")
    });
    set("VPC", vpc.filter(|vpc| !vpc.is_empty()));
    let kinds = answer.architectures().iter().map(|kind| kind.as_str());
    set("architecture", Some(kinds.collect::<Vec<_>>().join(", ")));
    let variables = answer.environment().and_then(|e| e.variables());
    VersionConfig {
        number: number.to_owned(),
        state: VersionState::of(answer),
        code: answer.code_sha256().map(str::to_owned),
        published: answer.last_modified().and_then(parse_last_modified),
        runtime: answer.runtime().map(|runtime| runtime.as_str().to_owned()),
        timeout: answer.timeout().map(i64::from),
        settings,
        environment: variables
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), sha256(value.as_bytes())))
            .collect(),
    }
}

impl VersionConfig {
    /// Whether it can take traffic at once.
    pub fn is_ready(&self) -> bool {
        self.state.standing() == Ok(VersionStanding::Ready)
    }

    /// What is different in another version: settings with their values, the environment by
    /// name only.
    pub fn differences(&self, other: &VersionConfig) -> Vec<String> {
        let mut found = Vec::new();
        for (name, before) in &self.settings {
            let after = other.settings.get(name).map_or("none", String::as_str);
            if before != after {
                found.push(format!("{name}: {before} -> {after}"));
            }
        }
        for (name, before) in &self.environment {
            match other.environment.get(name) {
                None => found.push(format!("environment {name}: goes away")),
                Some(after) if after != before => {
                    found.push(format!("environment {name}: another value"));
                }
                Some(_) => {}
            }
        }
        let added = other.environment.keys();
        let added = added.filter(|name| !self.environment.contains_key(*name));
        found.extend(added.map(|name| format!("environment {name}: comes in")));
        found
    }

    /// Changes one setting.
    #[cfg(test)]
    pub(crate) fn set_for_test(&mut self, name: &'static str, value: &str) {
        self.settings.insert(name, value.to_owned());
    }

    /// A version for tests of what is concluded from versions.
    #[cfg(test)]
    pub(crate) fn sample(number: &str, code: &str, state: &str) -> Self {
        Self {
            number: number.to_owned(),
            state: VersionState {
                state: Some(state.to_owned()),
                update: Some("Successful".to_owned()),
                ..VersionState::default()
            },
            code: Some(code.to_owned()),
            published: Some(0),
            runtime: Some("python3.12".to_owned()),
            timeout: Some(30),
            settings: BTreeMap::from([("memory", "128 MB".to_owned())]),
            environment: BTreeMap::new(),
        }
    }
}

/// Seconds since 1970 of `LastModified`, whose form is RFC 3339 but for a zone without a colon.
pub(crate) fn parse_last_modified(text: &str) -> Option<i64> {
    const FORM: &[BorrowedFormatItem<'_>] = format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond][offset_hour sign:mandatory][offset_minute]"
    );
    OffsetDateTime::parse(text, FORM)
        .ok()
        .map(OffsetDateTime::unix_timestamp)
        .or_else(|| fact::parse_instant(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_lambda::types::EnvironmentResponse;

    #[test]
    fn both_time_formats_are_read() {
        for text in [
            "2026-03-22T03:12:09.000+0000",
            "2026-03-22T05:12:09.123+0200",
            "2026-03-22T03:12:09Z",
        ] {
            assert_eq!(parse_last_modified(text), Some(1_774_149_129), "{text}");
        }
        assert_eq!(parse_last_modified("yesterday"), None);
    }

    #[test]
    fn differences_name_the_environment_and_never_show_a_value() {
        let with = |variables: &[(&str, &str)], memory| {
            let environment = variables
                .iter()
                .fold(EnvironmentResponse::builder(), |e, (k, v)| {
                    e.variables(*k, *v)
                });
            let answer = GetFunctionConfigurationOutput::builder()
                .memory_size(memory)
                .environment(environment.build())
                .build();
            version_config("1", &answer)
        };
        let before = with(
            &[
                ("GONE", "canary-1"),
                ("SAME", "canary-2"),
                ("KEY", "canary-3"),
            ],
            128,
        );
        let after = with(
            &[
                ("SAME", "canary-2"),
                ("KEY", "canary-4"),
                ("NEW", "canary-5"),
            ],
            256,
        );
        let differences = before.differences(&after);
        assert_eq!(
            differences,
            [
                "memory: 128 MB -> 256 MB",
                "environment GONE: goes away",
                "environment KEY: another value",
                "environment NEW: comes in",
            ]
        );
        assert!(!format!("{before:?}{after:?}").contains("canary"));
        assert!(before.differences(&before).is_empty());
    }
}
