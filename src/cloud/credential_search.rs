//! What credentials are looked for, and what is wrong where there are none: the advice depends on which source
//! failed and how.

use super::advice::LOG_IN_AGAIN;
use super::chosen_profile::ChosenProfile;
use super::error::{chain, innermost};
use super::{is_tls, issuer_error};
use crate::observation::{Unavailable, UnavailableReason};
use crate::text::Untrusted;
use aws_credential_types::provider::error::CredentialsError;
use std::time::Duration;

/// Where credentials come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Environment,
    Profile,
    WebIdentity,
    Container,
    InstanceMetadata,
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

impl CredentialSearch {
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

    /// What is said where no source has keys; `half_set` is a variable that is set, and the one
    /// that it needs and that is not.
    pub(super) fn nowhere(
        &self,
        chosen: &ChosenProfile,
        half_set: Option<(&str, &str)>,
    ) -> Unavailable {
        let profile = self.profile_name();
        if chosen.is_missing {
            return no_such_profile(&profile);
        }
        if let Some(file) = Self::unusable_file() {
            return file.unavailable();
        }
        if let Some(fault) = &chosen.fault {
            return fault.unavailable();
        }
        if let Some((set, unset)) = half_set {
            return Unavailable::new(
                UnavailableReason::NoCredentials,
                format!("no AWS credentials: {set} is set, and {unset} is not"),
            )
            .fix(format!("Set {unset} too, or unset {set}"))
            .command("duckops doctor");
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

    fn place(&self, source: Source) -> String {
        match source {
            Source::Environment => "the environment".to_owned(),
            Source::Profile => format!("profile `{}`", self.profile_name()),
            Source::WebIdentity => "the web identity token".to_owned(),
            Source::Container => "the container".to_owned(),
            Source::InstanceMetadata => "the instance metadata service".to_owned(),
        }
    }

    pub(super) fn unusable(&self, source: Source, part: &str, is_empty: bool) -> Unavailable {
        let place = self.place(source);
        let (why, cause) = match is_empty {
            true => ("is empty", ""),
            false => (
                "holds a line break, a blank, a quote or another character that no key has",
                ": files with the line ends of Windows leave one behind",
            ),
        };
        Unavailable::new(
            UnavailableReason::NoCredentials,
            format!("AWS credentials of {place} cannot be used: the {part} {why}"),
        )
        .fix(format!("Set the {part} again{cause}"))
        .command("duckops doctor")
    }

    pub(super) fn failed(
        &self,
        source: Source,
        error: &CredentialsError,
        chosen: &ChosenProfile,
    ) -> Unavailable {
        let profile = self.profile_name();
        let texts = chain(error).to_lowercase();
        let text = innermost(error);
        let unreadable = "ProfileFile provider could not be built: ";
        let text = text
            .as_str()
            .strip_prefix(unreadable)
            .unwrap_or(text.as_str());
        if source == Source::Profile {
            if let Some(fault) = &chosen.fault {
                return fault.unavailable();
            }
            if chosen.is_missing || texts.contains("was not defined") {
                return no_such_profile(&profile);
            }
        }
        let place = self.place(source);
        if let Some(said) = issuer_error::of(error) {
            return self.refused(source, said, chosen);
        }
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
            return self.needs_code(unavailable(UnavailableReason::NoCredentials));
        }
        if texts.contains("expired") {
            return unavailable(UnavailableReason::Expired)
                .fix(LOG_IN_AGAIN)
                .command(self.log_in(chosen));
        }
        if let (Source::Profile, Some(elsewhere)) = (source, &chosen.credential_source) {
            let from = format!(
                "Profile {profile} takes its keys from `{elsewhere}` (credential_source): "
            );
            let fix = match elsewhere.as_str() {
                "Environment" => "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
                "Ec2InstanceMetadata" => {
                    "run duckops on an instance with a role, and leave AWS_EC2_METADATA_DISABLED unset"
                }
                "EcsContainer" => "run duckops in a task with a role",
                _ => "it must be Environment, Ec2InstanceMetadata or EcsContainer",
            };
            return unavailable(UnavailableReason::NoCredentials)
                .fix(format!("{from}{fix}"))
                .command(format!("aws configure list --profile {profile}"));
        }
        // The SDK's words where the settings of a profile do not fit together.
        let is_unreadable = texts.contains("could not be built");
        if let Some(file) = Self::unusable_file().filter(|_| is_unreadable) {
            return file.unavailable();
        }
        let is_of_process = chosen.has_process;
        let fix = match source {
            Source::WebIdentity => {
                "Check that the file that AWS_WEB_IDENTITY_TOKEN_FILE names exists and can be read (on EKS: the projected token of the service account), and AWS_ROLE_ARN".to_owned()
            }
            Source::Container => "Check AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI and the role of the task".to_owned(),
            Source::InstanceMetadata => "Check the role of the instance".to_owned(),
            Source::Environment => {
                "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or unset them".to_owned()
            }
            Source::Profile if is_unreadable => {
                format!("Check profile {profile} in ~/.aws/config and ~/.aws/credentials")
            }
            Source::Profile if is_of_process => {
                format!("Run the credential_process of profile {profile} and read its error")
            }
            Source::Profile if chosen.logs_in || texts.contains("sso") || texts.contains("token") => {
                LOG_IN_AGAIN.to_owned()
            }
            Source::Profile => format!("Check profile {profile} in ~/.aws/config and ~/.aws/credentials, or log in again"),
        };
        let command = match source {
            Source::Profile if is_unreadable => format!("aws configure list --profile {profile}"),
            Source::Profile if is_of_process => see_process(&profile),
            Source::Profile => self.log_in(chosen),
            _ => "duckops doctor".to_owned(),
        };
        unavailable(UnavailableReason::NoCredentials)
            .fix(fix)
            .command(command)
    }

    /// What AWS said to the request for keys, of the source that asked.
    fn refused(&self, source: Source, said: Unavailable, chosen: &ChosenProfile) -> Unavailable {
        let profile = self.profile_name();
        let detail = format!(
            "AWS credentials of {} cannot be used: {}",
            self.place(source),
            said.detail
        );
        let mut unavailable = Unavailable {
            detail: detail.into(),
            ..said
        };
        let has_code = unavailable.why == UnavailableReason::Denied && chosen.wants_mfa;
        match (source, &chosen.source, unavailable.why) {
            (Source::Profile, _, _) if has_code => return self.needs_code(unavailable),
            (Source::Profile, Some(keyed), UnavailableReason::Denied) => {
                unavailable =
                    unavailable.command(format!("aws sts get-caller-identity --profile {keyed}"));
            }
            (Source::Profile, None, UnavailableReason::NotFound) => {
                unavailable = unavailable
                    .fix(format!(
                        "Check sso_account_id and sso_role_name of profile {profile}"
                    ))
                    .command(format!("aws configure sso --profile {profile}"));
            }
            (Source::Profile, Some(_), UnavailableReason::HttpStatus)
                if unavailable.fix.is_none() =>
            {
                unavailable = unavailable
                    .fix(format!(
                        "Check role_arn, role_session_name and external_id of profile {profile}"
                    ))
                    .command(format!("aws configure list --profile {profile}"));
            }
            _ => {}
        }
        if unavailable.command.is_none() {
            unavailable = unavailable.command("duckops doctor");
        }
        unavailable
    }

    fn needs_code(&self, unavailable: Unavailable) -> Unavailable {
        let profile = self.profile_name();
        unavailable
            .fix(format!("Profile {profile} needs a one-time code (mfa_serial), which duckops does not ask for: take the keys from the AWS CLI"))
            .command(format!("eval \"$(aws configure export-credentials --profile {profile} --format env)\""))
    }

    /// What is said where `source` did not answer in time.
    pub(super) fn too_slow(&self, source: Source, chosen: &ChosenProfile) -> Unavailable {
        let profile = self.profile_name();
        let seconds = self.limit.as_secs();
        if source != Source::Profile || !chosen.has_process {
            let place = self.place(source);
            let asked = match source {
                Source::Environment | Source::Profile | Source::WebIdentity => "STS or the sign-in",
                Source::Container => "the endpoint of the task",
                Source::InstanceMetadata => "the metadata service",
            };
            return Unavailable::new(
                UnavailableReason::TimedOut,
                format!("no AWS credentials within {seconds} s: {asked} does not answer ({place})"),
            )
            .fix("Check the network and the proxy of this machine, then run duckops again")
            .command("duckops doctor");
        }
        Unavailable::new(
            UnavailableReason::NoCredentials,
            format!(
                "no AWS credentials within {seconds} s: the credential_process of profile `{profile}` is too slow"
            ),
        )
        .fix(format!(
            "Run the credential_process of profile {profile} and see what it waits for; credentials_timeout in config.toml gives it longer"
        ))
        .command(see_process(&profile))
    }
}

fn see_process(profile: &str) -> String {
    format!("aws configure get credential_process --profile {profile}")
}

fn no_such_profile(profile: &str) -> Unavailable {
    Unavailable::new(
        UnavailableReason::NoCredentials,
        format!("no such AWS profile: {profile} is not in ~/.aws/config or ~/.aws/credentials"),
    )
    .fix("Choose a profile that exists, with --profile or AWS_PROFILE")
    .command("aws configure list-profiles")
}
