//! The stack and the settings of a run, each value with its origin.
//!
//! A flag wins over the environment, that over the configuration file, that over what
//! is built in. This room reads the configuration file and nothing else; the environment
//! is handed to it.

mod aws_endpoints;
mod base_url;
mod channels;
mod config;
mod credential_text;
mod deploy_log;
pub mod env_overrides;
mod flags;
pub mod known_secrets;
mod proxy_exceptions;
mod retention;
mod secret;
mod settings;

pub use base_url::is_loopback;
pub use channels::{Channel, ChannelKind};
pub use config::schema as config_schema;
pub use config::stack_names;
pub use deploy_log::{
    DeployLogScope, LoggedChange, NoVersion, changes, newest_change, newest_version,
};
pub use flags::Flags;
pub use proxy_exceptions::ProxyExceptions;
pub use secret::{Secret, SecretError, SecretSource};
pub use settings::{API_URL, DEFAULT_STACK, Settings, config_path};

use crate::text::StackNames;
use crate::text::{Printable, words_of};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;
use url::Url;

/// A snapshot of the environment, as far as it is text.
pub type Environment = BTreeMap<String, String>;

/// Where a setting came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A flag of the command line.
    Flag(&'static str),
    /// A variable of the environment.
    Environment(&'static str),
    /// `FILE:LINE` of the configuration file.
    File(String),
    /// Built in.
    BuiltIn,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag(name) | Origin::Environment(name) => f.write_str(name),
            Origin::File(place) => Printable::from(place.as_str()).fmt(f),
            Origin::BuiltIn => f.write_str("built in"),
        }
    }
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Its origin.
    pub origin: Origin,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// The configuration file cannot be read.
    #[error("the configuration file {path} cannot be read: {}{}", words_of(why), fix.as_ref().map(|fix| format!("\n{fix}")).unwrap_or_default())]
    Unreadable {
        /// The file.
        path: Printable,
        /// Why.
        why: Printable,
        /// What to do about it.
        fix: Option<&'static str>,
    },
    /// The configuration file is wrong.
    #[error("{place}: {why}\ncorrect this line; nothing was run")]
    File {
        /// `FILE:LINE`.
        place: Printable,
        /// What is wrong.
        why: Printable,
    },
    /// A value is wrong.
    #[error("{}{wanted}", unusable(origin, value))]
    Value {
        /// Its origin.
        origin: Origin,
        /// The value.
        value: Printable,
        /// What it should be.
        wanted: &'static str,
    },
    /// The stack is not in the configuration file.
    #[error("{origin}: no [stack.{name}] in the configuration file\n{known}")]
    NoStack {
        /// The origin of the name.
        origin: Origin,
        /// The name.
        name: Printable,
        /// The known stacks, or how to add one.
        known: Printable,
    },
}

/// What is wrong with a value, as far as what may stand in its place.
fn unusable(origin: &Origin, value: &Printable) -> String {
    match (origin, value.as_str()) {
        (Origin::Flag(_), "") => format!("{origin} is empty\nuse "),
        (Origin::Environment(_), "") => format!("{origin} is empty\nunset it, or use "),
        (_, value) => format!("{origin}: `{value}` cannot be used\nuse "),
    }
}

/// The production system under triage, or the practice stack in its place.
#[derive(Clone, Debug)]
pub struct Stack {
    /// Its name in the configuration.
    pub name: Setting<String>,
    /// The base URL before `/beak/…`.
    pub api_url: Setting<Url>,
    /// The region it must be in.
    pub region: Setting<String>,
    /// The account it must be in.
    pub account: Setting<String>,
    /// The name of the approval workflow, or its whole ARN.
    pub state_machine: Setting<String>,
    /// The Lambda function behind the API.
    pub function: Setting<String>,
    /// The alias that serves.
    pub alias: Setting<String>,
    /// The version that the alias should have, where it is configured.
    pub expected_version: Option<Setting<String>>,
    /// The log group of the function.
    pub log_group: Setting<String>,
    /// To whom incidents are escalated.
    pub escalation: Setting<String>,
    /// The log that incidents are recorded in, where one is configured.
    pub governance_log: Option<Setting<String>>,
    /// A region that the environment names and that is not the stack's.
    pub other_region: Option<Setting<String>>,
    /// The AWS profile, where one is named.
    pub profile: Option<Setting<String>>,
    /// Whether credentials may come from the instance metadata service.
    pub instance_metadata: bool,
    /// How long the search for AWS credentials may take.
    pub credentials_timeout: Duration,
    /// The flags that named it; see [`Flags::naming`].
    pub arguments: Vec<String>,
    /// Whether it is the practice stack. Its own addresses are all on this machine, and no
    /// other address is its own.
    pub is_practice: bool,
}

impl Stack {
    /// Whether the API's address is on this machine.
    pub fn is_on_loopback(&self) -> bool {
        is_loopback(&self.api_url.value)
    }

    /// The flag or variable that sends questions to the API to another address than the
    /// stack's own; none where the address is the stack's.
    pub fn other_api_address(&self) -> Option<String> {
        let is_own = matches!(self.api_url.origin, Origin::BuiltIn | Origin::File(_));
        (!is_own && !self.is_practice).then(|| self.api_url.origin.to_string())
    }
}

impl Stack {
    /// What a DEPLOY-LOG.md of this stack is about, read at an instant in seconds since 1970.
    pub fn deploy_log_scope(&self, now: i64) -> DeployLogScope<'_> {
        DeployLogScope {
            function: &self.function.value,
            alias: &self.alias.value,
            now,
        }
    }

    /// The ARN of the approval workflow; it follows account and region unless configured whole.
    pub fn state_machine_arn(&self) -> String {
        let name = &self.state_machine.value;
        if name.starts_with("arn:") {
            return name.clone();
        }
        format!(
            "arn:aws:states:{}:{}:stateMachine:{name}",
            self.region.value, self.account.value
        )
    }

    /// The URL of a path of the API.
    pub fn endpoint(&self, path: &str) -> String {
        format!(
            "{}{path}",
            self.api_url.value.as_str().trim_end_matches('/')
        )
    }

    /// The values of the `{stack.…}` placeholders in runbooks.
    pub fn naming(&self) -> StackNames {
        let url = self.endpoint("");
        let arn = self.state_machine_arn();
        // Of its executions, without their names (Step Functions API reference, Execution).
        let execution = arn.replacen(":stateMachine:", ":execution:", 1);
        [
            ("name", &self.name.value),
            ("api_url", &url),
            ("region", &self.region.value),
            ("account", &self.account.value),
            ("state_machine_arn", &arn),
            ("execution_arn", &execution),
            ("function", &self.function.value),
            ("alias", &self.alias.value),
            ("log_group", &self.log_group.value),
            ("escalation", &self.escalation.value),
        ]
        .into_iter()
        .map(|(word, value)| (word, Printable::from(value.as_str())))
        .collect()
    }

    /// The key of this stack's recorded history.
    pub fn key(&self) -> String {
        [
            &self.name.value,
            &self.endpoint(""),
            &self.account.value,
            &self.region.value,
        ]
        .map(String::as_str)
        .join("|")
    }
}
