//! Finds the credentials of a run, and says what is wrong where there are none. They are kept
//! until they are about to expire, then looked for again: a run that waits for minutes outlives
//! its first keys.
//!
//! Sources are asked in the order of the AWS SDKs. The first that has something to say decides,
//! also when that is an error: the advice depends on which source failed and how.

use super::credential_process::CredentialProcess;
use super::error::{chain, innermost, is_tls};
use crate::observation::{Unavailable, UnavailableReason};
use crate::redact;
use crate::text::Untrusted;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_async::time::{SystemTimeSource, TimeSource};
use aws_types::os_shim_internal::{Env, Fs};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Keys that expire within this time are replaced: a request signed with them could arrive late.
const BEFORE_EXPIRY: Duration = Duration::from_secs(10);

/// Where credentials come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Environment,
    Profile,
    WebIdentity,
    Container,
    InstanceMetadata,
}

/// What the files of AWS say of the profile that was chosen.
#[derive(Clone, Debug, Default)]
struct ChosenProfile {
    /// It, or the one whose keys assume its role, is named, and no file defines it.
    missing: Option<String>,
    /// Its role is assumed with a one-time code.
    wants_mfa: bool,
    /// Its keys come from `aws login`.
    logs_in: bool,
    /// The profile whose keys assume its role.
    source: Option<String>,
}

/// What the search depends on.
#[derive(Clone, Debug)]
pub(super) struct CredentialSearch {
    /// The profile that was chosen, if one was.
    pub(super) profile: Option<String>,
    /// Whether the profile was named on the command line and beats keys in the environment.
    pub(super) profile_first: bool,
    /// Whether the instance metadata service may be asked.
    pub(super) instance_metadata: bool,
    /// How long the search may take. A `credential_process` that asks a vault takes seconds.
    pub(super) limit: Duration,
}

/// The credentials of a run: those that were found so far, and where more are looked for.
#[derive(Clone, Debug)]
pub(super) struct RunCredentials(Arc<CredentialSources>);

#[derive(Debug)]
struct CredentialSources {
    search: CredentialSearch,
    providers: Vec<(Source, SharedCredentialsProvider)>,
    /// Everything that was found, oldest first: all of it stays secret to the end of the run.
    found: Mutex<Vec<Found>>,
}

#[derive(Clone, Debug)]
struct Found {
    source: Source,
    credentials: Credentials,
}

impl Found {
    /// Whether the keys still count after this time.
    fn lasts(&self, time: Duration) -> bool {
        let expiry = self.credentials.expiry();
        expiry.is_none_or(|expiry| SystemTimeSource::new().now() + time < expiry)
    }
}

impl RunCredentials {
    pub(super) fn new(search: CredentialSearch, config: &ProviderConfig) -> Self {
        Self(Arc::new(CredentialSources {
            providers: search.sources(config),
            search,
            found: Mutex::default(),
        }))
    }

    /// Everything that was found so far.
    pub(super) fn found(&self) -> Vec<Credentials> {
        let found = self.0.found.lock().unwrap_or_else(PoisonError::into_inner);
        found
            .iter()
            .map(|found| found.credentials.clone())
            .collect()
    }

    /// Whether the keys in use are a session's and come from the environment, where nothing
    /// renews them.
    pub(super) fn is_fixed_session(&self) -> bool {
        self.newest().is_some_and(|newest| {
            newest.source == Source::Environment && newest.credentials.session_token().is_some()
        })
    }

    fn newest(&self) -> Option<Found> {
        let found = self.0.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.last().cloned()
    }

    /// The keys to sign with now.
    ///
    /// # Errors
    /// What the first source that failed says, or that no source has any.
    pub(super) async fn current(&self) -> Result<Credentials, Unavailable> {
        let newest = self.newest();
        if let Some(newest) = &newest
            && newest.lasts(BEFORE_EXPIRY)
        {
            return Ok(newest.credentials.clone());
        }
        match (self.0.find().await, newest) {
            (Ok(found), _) => {
                let credentials = found.credentials.clone();
                let mut all = self.0.found.lock().unwrap_or_else(PoisonError::into_inner);
                let keys = &found.credentials;
                redact::known::remember(keys.secret_access_key());
                keys.session_token().map(redact::known::remember);
                all.push(found);
                Ok(credentials)
            }
            // They cannot be renewed yet, and still count.
            (Err(_), Some(newest)) if newest.lasts(Duration::ZERO) => Ok(newest.credentials),
            (Err(unavailable), _) => Err(unavailable),
        }
    }
}

impl ProvideCredentials for RunCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let current = self.current().await;
            current.map_err(|unavailable| CredentialsError::provider_error(NotRenewed(unavailable)))
        })
    }
}

/// Why keys that have expired could not be renewed.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.detail)]
pub(super) struct NotRenewed(pub(super) Unavailable);

impl CredentialSources {
    /// Asks the sources one after the other.
    async fn find(&self) -> Result<Found, Unavailable> {
        let search = async {
            for (source, provider) in &self.providers {
                match provider.provide_credentials().await {
                    Ok(credentials) => {
                        return Ok(Found {
                            source: *source,
                            credentials,
                        });
                    }
                    Err(CredentialsError::CredentialsNotLoaded(_)) => {}
                    Err(error) => {
                        let profile = self.search.chosen_profile().await;
                        return Err(self.search.failed(*source, &error, &profile));
                    }
                }
            }
            Err(self.search.nowhere(&self.search.chosen_profile().await))
        };
        let found = tokio::time::timeout(self.search.limit, search).await;
        found.unwrap_or_else(|_| Err(self.search.too_slow()))
    }
}

impl CredentialSearch {
    fn sources(&self, config: &ProviderConfig) -> Vec<(Source, SharedCredentialsProvider)> {
        let mut profile =
            aws_config::profile::ProfileFileCredentialsProvider::builder().configure(config);
        if let Some(name) = &self.profile {
            profile = profile.profile_name(name);
        }
        let profile = SharedCredentialsProvider::new(profile.build());
        let token = aws_config::web_identity_token::WebIdentityTokenCredentialsProvider::builder()
            .configure(config)
            .build();
        let container = aws_config::ecs::EcsCredentialsProvider::builder()
            .configure(config)
            .build();
        let environment = aws_config::environment::EnvironmentVariableCredentialsProvider::new();
        let mut sources = Vec::new();
        if !self.profile_first {
            let environment = SharedCredentialsProvider::new(environment);
            sources.push((Source::Environment, environment));
        }
        let process = CredentialProcess {
            profile: self.profile.clone(),
        };
        sources.push((Source::Profile, SharedCredentialsProvider::new(process)));
        sources.push((Source::Profile, profile));
        sources.push((Source::WebIdentity, SharedCredentialsProvider::new(token)));
        sources.push((Source::Container, SharedCredentialsProvider::new(container)));
        if self.instance_metadata {
            let instance = aws_config::imds::credentials::ImdsCredentialsProvider::builder()
                .configure(config)
                .build();
            let instance = SharedCredentialsProvider::new(instance);
            sources.push((Source::InstanceMetadata, instance));
        }
        sources
    }

    /// What the files of AWS say of the profile, for the advice after a failure.
    async fn chosen_profile(&self) -> ChosenProfile {
        let (fs, env) = (Fs::real(), Env::real());
        let defined = aws_config::profile::load(&fs, &env, &Default::default(), None).await;
        let Ok(defined) = defined else {
            return ChosenProfile::default();
        };
        let name = self.profile.as_deref();
        let chosen = defined.get_profile(name.unwrap_or_else(|| defined.selected_profile()));
        let has = |key| chosen.is_some_and(|chosen| chosen.get(key).is_some());
        let source = chosen.and_then(|chosen| chosen.get("source_profile"));
        let mut named = name.into_iter().chain(source);
        let missing = named.find(|name| defined.get_profile(name).is_none());
        let printable = |name: &str| Untrusted::new(name).printable(60).to_string();
        ChosenProfile {
            missing: missing.map(printable),
            wants_mfa: has("mfa_serial"),
            logs_in: has("login_session"),
            source: source.map(printable),
        }
    }

    fn profile_name(&self) -> String {
        let name = Untrusted::new(self.profile.as_deref().unwrap_or("default"));
        name.printable(60).to_string()
    }

    /// The command that brings new keys to the profile.
    fn log_in(&self, chosen: &ChosenProfile) -> String {
        let profile = self.profile_name();
        match chosen.logs_in {
            true => format!("aws login --profile {profile}"),
            false => format!("aws sso login --profile {profile}"),
        }
    }

    fn nowhere(&self, chosen: &ChosenProfile) -> Unavailable {
        let profile = self.profile_name();
        if let Some(missing) = &chosen.missing {
            return no_such_profile(missing);
        }
        let metadata = if self.instance_metadata {
            ""
        } else {
            "; not the instance metadata service"
        };
        Unavailable::new(
            UnavailableReason::NoCredentials,
            "no AWS credentials",
        )
        .reply(format!(
            "searched environment, profile {profile}, web identity token, container role{metadata}"
        ))
        .fix("Log in to AWS, or set AWS_PROFILE, then run duckops again")
        .command(self.log_in(chosen))
    }

    fn failed(
        &self,
        source: Source,
        error: &CredentialsError,
        chosen: &ChosenProfile,
    ) -> Unavailable {
        let profile = self.profile_name();
        let texts = chain(error).to_lowercase();
        let text = innermost(error);
        if texts.contains("was not defined") && source == Source::Profile {
            return no_such_profile(chosen.missing.as_ref().unwrap_or(&profile));
        }
        let place = match source {
            Source::Environment => "the environment".to_owned(),
            Source::Profile => format!("profile `{profile}`"),
            Source::WebIdentity => "the web identity token".to_owned(),
            Source::Container => "the container".to_owned(),
            Source::InstanceMetadata => "the instance metadata service".to_owned(),
        };
        let detail = format!("AWS credentials of {place} cannot be used: {text}");
        let unavailable = |why| Unavailable::new(why, detail.as_str());
        if is_tls(error) {
            return unavailable(UnavailableReason::Tls)
                .fix("Check the trusted certificates and the proxy of this machine");
        }
        if texts.contains("timed out") || texts.contains("timeout") {
            return unavailable(UnavailableReason::TimedOut)
                .fix("Check the network and the proxy of this machine, then run duckops again");
        }
        if ["refused", "dns error", "dispatch failure", "unreachable"]
            .iter()
            .any(|word| texts.contains(word))
        {
            return unavailable(UnavailableReason::Unreachable)
                .fix("Check the network and the proxy of this machine, then run duckops again");
        }
        if source == Source::Profile && chosen.wants_mfa {
            return unavailable(UnavailableReason::NoCredentials)
                .fix(format!("Profile {profile} needs a one-time code (mfa_serial), which duckops does not ask for: take the keys from the AWS CLI"))
                .command(format!("eval \"$(aws configure export-credentials --profile {profile} --format env)\""));
        }
        if texts.contains("expired") {
            return unavailable(UnavailableReason::Expired)
                .fix("Log in to AWS again, then run duckops again")
                .command(self.log_in(chosen));
        }
        if let (Some(source_profile), true) = (&chosen.source, texts.contains("assumerole")) {
            return unavailable(UnavailableReason::Denied)
                .fix(format!("Allow the identity of profile {source_profile} to assume the role of profile {profile}: both the role's trust policy and sts:AssumeRole"))
                .command(format!("aws sts get-caller-identity --profile {source_profile}"));
        }
        let fix = match source {
            Source::WebIdentity => {
                "Check that the file that AWS_WEB_IDENTITY_TOKEN_FILE names exists and can be read (on EKS: the projected token of the service account), and AWS_ROLE_ARN".to_owned()
            }
            Source::Container => "Check AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI and the role of the task".to_owned(),
            Source::InstanceMetadata => "Check the role of the instance".to_owned(),
            Source::Environment => {
                "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or unset them".to_owned()
            }
            Source::Profile if texts.contains("process") => {
                format!("Run the credential_process of profile {profile} and read its error")
            }
            Source::Profile if chosen.logs_in || texts.contains("sso") || texts.contains("token") => {
                "Log in to AWS again, then run duckops again".to_owned()
            }
            Source::Profile => format!("Check profile {profile} in ~/.aws/config and ~/.aws/credentials, or log in again"),
        };
        let command = match source {
            Source::Profile => self.log_in(chosen),
            _ => "duckops doctor".to_owned(),
        };
        unavailable(UnavailableReason::NoCredentials)
            .fix(fix)
            .command(command)
    }

    fn too_slow(&self) -> Unavailable {
        let profile = self.profile_name();
        Unavailable::new(
            UnavailableReason::NoCredentials,
            format!(
                "no AWS credentials within {} s: a source such as the credential_process of profile `{profile}` is too slow",
                self.limit.as_secs()
            ),
        )
        .fix(format!(
            "Run the credential_process of profile {profile} and see what it waits for; credentials_timeout in config.toml gives it longer"
        ))
        .command(format!("aws configure get credential_process --profile {profile}"))
    }
}

fn no_such_profile(profile: &str) -> Unavailable {
    Unavailable::new(
        UnavailableReason::NoCredentials,
        format!("no such AWS profile: {profile} is not in ~/.aws/config or ~/.aws/credentials"),
    )
    .fix("Choose a profile that exists, with --profile or AWS_PROFILE")
    .command("aws configure list-profiles")
}
