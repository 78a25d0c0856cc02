//! What brings new AWS keys in place of those that are over or refused: it depends on where they
//! came from. `aws sso login` renews only what IAM Identity Center gave.

use super::advice::{LOG_IN_AGAIN, OTHER_KEYS};
use super::credential_search::Source;
use crate::observation::{Unavailable, UnavailableReason};
use crate::text::{Printable, Untrusted};
use aws_config::profile::Profile;
use aws_types::os_shim_internal::{Env, Fs};

/// Where the keys of a profile come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ProfileKeys {
    /// IAM Identity Center, or nothing that is known.
    #[default]
    Sso,
    /// `aws login`.
    Login,
    /// What its `credential_process` prints.
    Process,
    /// The file itself.
    File,
    /// The environment, by `credential_source`.
    Environment,
    /// The instance or the task, by `credential_source`.
    Machine,
    /// A role, for a web identity token that it names.
    WebIdentity,
}

/// What brings new keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Renewal {
    /// In words.
    pub(super) fix: String,
    /// As a command that can be pasted.
    pub(super) command: String,
    /// Whether the keys in use never expire.
    pub(super) is_lasting: bool,
}

impl Renewal {
    /// Whether AWS refused the keys in use, and the advice does not say yet what renews them.
    pub(super) fn is_wanted(unavailable: &Unavailable) -> bool {
        let fix = unavailable.fix.as_ref().map(Printable::as_str);
        fix.is_some_and(|fix| [LOG_IN_AGAIN, OTHER_KEYS].contains(&fix))
    }

    /// Puts this in place of the general advice.
    pub(super) fn advise(&self, unavailable: &mut Unavailable) {
        let is_expired = unavailable.why == UnavailableReason::Expired;
        if Self::is_wanted(unavailable) && !(is_expired && self.is_lasting) {
            let clock = match is_expired {
                true => "",
                false => "; a wrong clock does this too",
            };
            unavailable.fix = Some(format!("{}{clock}", self.fix).into());
            unavailable.command = Some(self.command.as_str().into());
        }
    }
}

impl Renewal {
    /// What brings new keys from this source.
    pub(super) async fn of(source: Source, name: Option<&str>, is_lasting: bool) -> Self {
        let (profile, keys) = keyed_profile(name).await;
        let (fix, command) = match (source, keys) {
            (Source::Environment, _) | (Source::Profile, ProfileKeys::Environment) => (
                "Export new keys, or unset these to use a profile: keys of the environment are not renewed".to_owned(),
                "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN".to_owned(),
            ),
            (Source::WebIdentity, _) => (
                "Have the web identity token renewed: the file that AWS_WEB_IDENTITY_TOKEN_FILE names".to_owned(),
                "duckops doctor".to_owned(),
            ),
            (Source::Container | Source::InstanceMetadata, _)
            | (Source::Profile, ProfileKeys::Machine) => (
                "Run duckops again in a minute: AWS renews the keys of the task or of the instance".to_owned(),
                "duckops doctor".to_owned(),
            ),
            (Source::Profile, ProfileKeys::WebIdentity) => (
                format!("Have the web identity token renewed: the file that web_identity_token_file of profile {profile} names"),
                format!("aws configure get web_identity_token_file --profile {profile}"),
            ),
            (Source::Profile, ProfileKeys::Process) => (
                format!("Run the credential_process of profile {profile} and read what it prints"),
                format!("aws configure get credential_process --profile {profile}"),
            ),
            (Source::Profile, ProfileKeys::File) => (
                format!("Put new keys for profile {profile} into ~/.aws/credentials: nothing renews those"),
                format!("aws configure list --profile {profile}"),
            ),
            (Source::Profile, ProfileKeys::Login) => (
                LOG_IN_AGAIN.to_owned(),
                format!("aws login --profile {profile}"),
            ),
            (Source::Profile, ProfileKeys::Sso) => (
                LOG_IN_AGAIN.to_owned(),
                format!("aws sso login --profile {profile}"),
            ),
        };
        Renewal {
            fix,
            command,
            is_lasting,
        }
    }
}

/// The profile whose keys are in use, by its own or its source's, and where they come from.
async fn keyed_profile(name: Option<&str>) -> (String, ProfileKeys) {
    let shown = |name: &str| Untrusted::new(name).printable(60).to_string();
    let (fs, env) = (Fs::real(), Env::real());
    let defined = aws_config::profile::load(&fs, &env, &Default::default(), None).await;
    let Ok(defined) = defined else {
        return (shown(name.unwrap_or("default")), ProfileKeys::Sso);
    };
    let name = name.unwrap_or_else(|| defined.selected_profile());
    let chosen = defined.get_profile(name);
    let source = chosen.and_then(|chosen| chosen.get("source_profile"));
    let keyed = source.and_then(|source| defined.get_profile(source));
    let keys = keyed.or(chosen).map(keys_of).unwrap_or_default();
    (shown(source.unwrap_or(name)), keys)
}

fn keys_of(profile: &Profile) -> ProfileKeys {
    let has = |key| profile.get(key).is_some();
    match () {
        () if has("login_session") => ProfileKeys::Login,
        () if has("sso_session") || has("sso_account_id") => ProfileKeys::Sso,
        () if has("credential_process") => ProfileKeys::Process,
        () if has("web_identity_token_file") => ProfileKeys::WebIdentity,
        () if profile.get("credential_source") == Some("Environment") => ProfileKeys::Environment,
        () if has("credential_source") => ProfileKeys::Machine,
        () if has("aws_access_key_id") => ProfileKeys::File,
        () => ProfileKeys::Sso,
    }
}
