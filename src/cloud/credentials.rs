//! Finds the credentials of a run, and says what is wrong where there are none.
//!
//! Sources are asked in the order of the AWS SDKs. The first that has something to say decides,
//! also when that is an error: the advice depends on which source failed and how.

use super::error::{chain, innermost, is_tls};
use crate::observation::{Unavailable, UnavailableReason};
use crate::text::Untrusted;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use std::time::Duration;

/// The longest search for credentials. A `credential_process` that asks a vault takes seconds.
const LONGEST: Duration = Duration::from_secs(6);

/// Where credentials come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Environment,
    Profile,
    WebIdentity,
    Container,
    InstanceMetadata,
}

/// What the search depends on.
pub(super) struct CredentialSearch<'a> {
    /// The profile that was chosen, if one was.
    pub(super) profile: Option<&'a str>,
    /// Whether the profile was named on the command line and beats keys in the environment.
    pub(super) profile_first: bool,
    /// Whether the instance metadata service may be asked.
    pub(super) instance_metadata: bool,
}

impl CredentialSearch<'_> {
    /// Asks the sources one after the other.
    ///
    /// # Errors
    /// What the first source that failed says, or that no source has any.
    pub(super) async fn find(&self, config: &ProviderConfig) -> Result<Credentials, Unavailable> {
        let search = async {
            let mut missing_profile = false;
            for (source, provider) in self.sources(config) {
                match provider.provide_credentials().await {
                    Ok(credentials) => return Ok(credentials),
                    Err(error @ CredentialsError::CredentialsNotLoaded(_)) => {
                        missing_profile |= source == Source::Profile
                            && chain(&error).contains("No profiles were defined");
                    }
                    Err(error) => return Err(self.failed(source, &error)),
                }
            }
            Err(self.nowhere(missing_profile))
        };
        let found = tokio::time::timeout(LONGEST, search).await;
        found.unwrap_or_else(|_| Err(self.too_slow()))
    }

    fn sources(&self, config: &ProviderConfig) -> Vec<(Source, SharedCredentialsProvider)> {
        let mut profile =
            aws_config::profile::ProfileFileCredentialsProvider::builder().configure(config);
        if let Some(name) = self.profile {
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

    fn profile_name(&self) -> String {
        let name = Untrusted::new(self.profile.unwrap_or("default"));
        name.printable(60).to_string()
    }

    fn nowhere(&self, missing_profile: bool) -> Unavailable {
        let profile = self.profile_name();
        if missing_profile && self.profile.is_some() {
            return no_such_profile(&profile);
        }
        let metadata = if self.instance_metadata {
            ""
        } else {
            " (the instance metadata service is not asked)"
        };
        Unavailable::new(
            UnavailableReason::NoCredentials,
            format!(
                "no AWS credentials: looked in the environment, profile `{profile}`, a web identity token and the container{metadata}"
            ),
        )
        .fix(format!("Log in: aws sso login --profile {profile}, or set AWS_PROFILE"))
    }

    fn failed(&self, source: Source, error: &CredentialsError) -> Unavailable {
        let profile = self.profile_name();
        let texts = chain(error).to_lowercase();
        let text = innermost(error);
        if texts.contains("was not defined") && source == Source::Profile {
            return no_such_profile(&profile);
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
                .fix("Check the network and the proxy of this machine, then ask again");
        }
        if ["refused", "dns error", "dispatch failure", "unreachable"]
            .iter()
            .any(|word| texts.contains(word))
        {
            return unavailable(UnavailableReason::Unreachable)
                .fix("Check the network and the proxy of this machine, then ask again");
        }
        if texts.contains("expired") {
            return unavailable(UnavailableReason::Expired)
                .fix(format!("Log in again: aws sso login --profile {profile}"));
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
                format!("Run the credential_process of profile {profile} by hand and read its error")
            }
            Source::Profile if texts.contains("sso") || texts.contains("token") => {
                format!("Log in again: aws sso login --profile {profile}")
            }
            Source::Profile => format!("Check profile {profile} in ~/.aws/config and ~/.aws/credentials, or log in again: aws sso login --profile {profile}"),
        };
        unavailable(UnavailableReason::NoCredentials).fix(fix)
    }

    fn too_slow(&self) -> Unavailable {
        let profile = self.profile_name();
        Unavailable::new(
            UnavailableReason::NoCredentials,
            format!(
                "no AWS credentials within {} s: a source such as the credential_process of profile `{profile}` is too slow",
                LONGEST.as_secs()
            ),
        )
        .fix(format!(
            "Run the credential_process of profile {profile} by hand and see what it waits for"
        ))
    }
}

fn no_such_profile(profile: &str) -> Unavailable {
    Unavailable::new(
        UnavailableReason::NoCredentials,
        format!(
            "no such AWS profile: `{profile}` is not defined in ~/.aws/config or ~/.aws/credentials"
        ),
    )
    .fix("Choose a profile that exists (aws configure list-profiles) with --profile or AWS_PROFILE")
}
