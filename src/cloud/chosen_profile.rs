//! What the files of AWS say of the profile that was chosen, for the advice where it gives no keys.

use crate::observation::{Unavailable, UnavailableReason};
use crate::text::Untrusted;
use aws_config::profile::{Profile, ProfileSet};
use aws_types::os_shim_internal::{Env, Fs};

/// What a profile of IAM Identity Center needs, beside the sign-in itself.
const ROLE: [&str; 2] = ["sso_account_id", "sso_role_name"];
/// What signs in: in a section of its own, or in the profile.
const SIGN_IN: [&str; 2] = ["sso_start_url", "sso_region"];
/// From where a role takes its keys.
const KEYS_OF_ROLE: [&str; 3] = [
    "source_profile",
    "credential_source",
    "web_identity_token_file",
];
/// So many profiles may name each other.
const LONGEST_CHAIN: usize = 8;

/// What the files say.
#[derive(Clone, Debug, Default)]
pub(super) struct ChosenProfile {
    /// It is named, and no file defines it.
    pub(super) is_missing: bool,
    /// What keeps it from giving keys, whoever asks for them.
    pub(super) fault: Option<ProfileFault>,
    /// Its role is assumed with a one-time code.
    pub(super) wants_mfa: bool,
    /// Its keys come from `aws login`.
    pub(super) logs_in: bool,
    /// It, or the one whose keys assume its role, has a `credential_process`.
    pub(super) has_process: bool,
    /// The profile whose keys assume its role.
    pub(super) source: Option<String>,
    /// From where its role takes its keys, where no profile has them: `Environment`,
    /// `Ec2InstanceMetadata` or `EcsContainer`.
    pub(super) credential_source: Option<String>,
}

/// A fault in the files, of a profile or of one that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ProfileFault {
    /// A profile lacks a setting.
    Lacks {
        profile: String,
        setting: &'static str,
    },
    /// A profile names a section that is not there.
    NoSection { profile: String, section: String },
}

impl ChosenProfile {
    /// Reads the files; `name` is the profile that was chosen, if one was.
    pub(super) async fn read(name: Option<&str>) -> Self {
        let (fs, env) = (Fs::real(), Env::real());
        let defined = aws_config::profile::load(&fs, &env, &Default::default(), None).await;
        let Ok(defined) = defined else {
            return Self::default();
        };
        let selected = name.unwrap_or_else(|| defined.selected_profile());
        let Some(chosen) = defined.get_profile(selected) else {
            return Self {
                is_missing: name.is_some(),
                ..Self::default()
            };
        };
        let text = |key| chosen.get(key).map(printable);
        let source = chosen.get("source_profile");
        let source = source.and_then(|source| defined.get_profile(source));
        Self {
            is_missing: false,
            fault: fault(&defined, selected),
            wants_mfa: chosen.get("mfa_serial").is_some(),
            logs_in: chosen.get("login_session").is_some(),
            has_process: [Some(chosen), source]
                .into_iter()
                .flatten()
                .any(|profile| profile.get("credential_process").is_some()),
            source: text("source_profile"),
            credential_source: text("credential_source"),
        }
    }
}

impl ProfileFault {
    /// Why there are no credentials.
    pub(super) fn unavailable(&self) -> Unavailable {
        let (what, fix, command) = match self {
            Self::Lacks { profile, setting } => (
                format!("profile {profile} has no {setting}"),
                format!("Add {setting} to profile {profile} in ~/.aws/config"),
                match setting.starts_with("sso_") {
                    true => format!("aws configure sso --profile {profile}"),
                    false => format!("aws configure list --profile {profile}"),
                },
            ),
            Self::NoSection { profile, section } => (
                format!("profile {profile} names {section}, which ~/.aws/config does not have"),
                format!("Define {section} in ~/.aws/config, or name another in profile {profile}"),
                match section.starts_with("sso-session") {
                    true => format!("aws configure sso --profile {profile}"),
                    false => "aws configure list-profiles".to_owned(),
                },
            ),
        };
        Unavailable::new(
            UnavailableReason::NoCredentials,
            format!("no AWS credentials: {what}"),
        )
        .fix(fix)
        .command(command)
    }
}

fn printable(name: &str) -> String {
    Untrusted::new(name).printable(60).to_string()
}

/// The first fault of a profile and of those that it names.
fn fault(defined: &ProfileSet, selected: &str) -> Option<ProfileFault> {
    let mut name = selected;
    for _ in 0..LONGEST_CHAIN {
        let profile = defined.get_profile(name)?;
        if let Some(fault) = own_fault(defined, profile) {
            return Some(fault);
        }
        let source = profile
            .get("source_profile")
            .filter(|source| *source != name)?;
        if defined.get_profile(source).is_none() {
            return Some(ProfileFault::NoSection {
                profile: printable(name),
                section: format!("profile {}", printable(source)),
            });
        }
        name = source;
    }
    None
}

fn own_fault(defined: &ProfileSet, profile: &Profile) -> Option<ProfileFault> {
    let name = || printable(profile.name());
    let lacks = |setting| {
        let profile = name();
        ProfileFault::Lacks { profile, setting }
    };
    let has = |key: &str| {
        profile
            .get(key)
            .is_some_and(|value| !value.trim().is_empty())
    };
    if has("role_arn") {
        let is_sourced = KEYS_OF_ROLE.into_iter().any(has);
        return (!is_sourced).then(|| lacks("source_profile"));
    }
    if let Some(session) = profile.get("sso_session") {
        let Some(section) = defined.sso_session(session) else {
            let section = format!("sso-session {}", printable(session));
            let profile = name();
            return Some(ProfileFault::NoSection { profile, section });
        };
        let mut of_section = SIGN_IN.into_iter();
        let unset = of_section.find(|key| section.get(key).is_none() && !has(key));
        return unset
            .or_else(|| ROLE.into_iter().find(|key| !has(key)))
            .map(lacks);
    }
    if ROLE.into_iter().chain(SIGN_IN).any(has) {
        let unset = SIGN_IN.into_iter().chain(ROLE).find(|key| !has(key));
        return unset.map(lacks);
    }
    let is_half = has("aws_access_key_id") && !has("aws_secret_access_key");
    is_half.then(|| lacks("aws_secret_access_key"))
}
