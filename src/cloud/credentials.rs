//! Finds the credentials of a run, and says what is wrong where there are none. They are kept
//! until they are about to expire, then looked for again: a run that waits for minutes outlives
//! its first keys.
//!
//! Sources are asked in the order of the AWS SDKs. The first that has something to say decides,
//! also when that is an error: the advice depends on which source failed and how.

use super::aws_files::UnusableFile;
use super::chosen_profile::ChosenProfile;
use super::credential_process::CredentialProcess;
use super::credential_search::{CredentialSearch, Source};
use super::error::NotRenewed;
use super::key_characters::unusable_part;
use super::renewal::Renewal;
use crate::observation::Unavailable;
use crate::redact;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_async::time::{SystemTimeSource, TimeSource};
use aws_types::os_shim_internal::Env;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

/// Keys that expire within this time are replaced: a request signed with them could arrive late.
const BEFORE_EXPIRY: Duration = Duration::from_secs(10);

/// Variables, and those without which they count for nothing.
const BELONG_TOGETHER: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"),
];

/// The credentials of a run: those that were found so far, and where more are looked for.
#[derive(Clone, Debug)]
pub(super) struct RunCredentials(Arc<CredentialSources>);

#[derive(Debug)]
struct CredentialSources {
    search: CredentialSearch,
    providers: Vec<(Source, Provider)>,
    /// Everything that was found, oldest first: all of it stays secret to the end of the run.
    found: Mutex<Vec<Found>>,
}

/// Made when it is asked: most runs find their keys in the first place, and some of the others
/// build an AWS client of their own.
type Provider =
    LazyLock<SharedCredentialsProvider, Box<dyn FnOnce() -> SharedCredentialsProvider + Send>>;

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

    /// What brings new keys in place of those in use; `None` where none are.
    pub(super) async fn renewal(&self) -> Option<Renewal> {
        let newest = self.newest()?;
        let is_lasting = newest.credentials.session_token().is_none();
        let profile = self.0.search.profile.as_deref();
        Some(Renewal::of(newest.source, profile, is_lasting).await)
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

impl CredentialSources {
    /// Asks the sources one after the other.
    async fn find(&self) -> Result<Found, Unavailable> {
        let unusable = CredentialSearch::unusable_file();
        if let Some(file) = unusable.filter(UnusableFile::is_endless) {
            return Err(file.unavailable());
        }
        let asked = AtomicUsize::new(0);
        let search = async {
            for (at, (source, provider)) in self.providers.iter().enumerate() {
                asked.store(at, Ordering::Relaxed);
                match provider.provide_credentials().await {
                    Ok(credentials) => {
                        if let Some((part, is_empty)) = unusable_part(&credentials) {
                            return Err(self.search.unusable(*source, part, is_empty));
                        }
                        return Ok(Found {
                            source: *source,
                            credentials,
                        });
                    }
                    Err(CredentialsError::CredentialsNotLoaded(_)) => {}
                    Err(error) => {
                        let name = self.search.profile.as_deref();
                        let profile = ChosenProfile::read(name).await;
                        let mut failed = self.search.failed(*source, &error, &profile);
                        if Renewal::is_wanted(&failed) {
                            let renewal = Renewal::of(*source, name, false).await;
                            renewal.advise(&mut failed);
                        }
                        return Err(failed);
                    }
                }
            }
            let chosen = ChosenProfile::read(self.search.profile.as_deref()).await;
            Err(self.search.nowhere(&chosen, CredentialSearch::half_set()))
        };
        if let Ok(found) = tokio::time::timeout(self.search.limit, search).await {
            return found;
        }
        let slow = self.providers.get(asked.load(Ordering::Relaxed));
        let slow = slow.map_or(Source::Profile, |(source, _)| *source);
        let chosen = ChosenProfile::read(self.search.profile.as_deref()).await;
        Err(self.search.too_slow(slow, &chosen))
    }
}

impl CredentialSearch {
    fn sources(&self, config: &ProviderConfig) -> Vec<(Source, Provider)> {
        fn provider<P: ProvideCredentials + 'static>(
            config: &ProviderConfig,
            build: impl FnOnce(&ProviderConfig) -> P + Send + 'static,
        ) -> Provider {
            let config = config.clone();
            LazyLock::new(Box::new(move || {
                SharedCredentialsProvider::new(build(&config))
            }))
        }
        let mut sources = Vec::new();
        if !self.profile_first {
            let environment =
                |_: &_| aws_config::environment::EnvironmentVariableCredentialsProvider::new();
            sources.push((Source::Environment, provider(config, environment)));
        }
        let profile = self.profile.clone();
        let process = |_: &_| CredentialProcess { profile };
        sources.push((Source::Profile, provider(config, process)));
        let profile = self.profile.clone();
        let profile = |config: &_| {
            let builder = aws_config::profile::ProfileFileCredentialsProvider::builder();
            let builder = builder.configure(config);
            match profile {
                Some(name) => builder.profile_name(name).build(),
                None => builder.build(),
            }
        };
        sources.push((Source::Profile, provider(config, profile)));
        let token = |config: &_| {
            let builder =
                aws_config::web_identity_token::WebIdentityTokenCredentialsProvider::builder();
            builder.configure(config).build()
        };
        sources.push((Source::WebIdentity, provider(config, token)));
        let container = |config: &_| {
            let builder = aws_config::ecs::EcsCredentialsProvider::builder();
            builder.configure(config).build()
        };
        sources.push((Source::Container, provider(config, container)));
        if self.instance_metadata {
            let instance = |config: &_| {
                let builder = aws_config::imds::credentials::ImdsCredentialsProvider::builder();
                builder.configure(config).build()
            };
            sources.push((Source::InstanceMetadata, provider(config, instance)));
        }
        sources
    }

    /// A variable that is set, and the one that it needs and that is not.
    fn half_set() -> Option<(&'static str, &'static str)> {
        let env = Env::real();
        let is_set = |name: &str| env.get(name).is_ok_and(|value| !value.is_empty());
        let mut pairs = BELONG_TOGETHER.into_iter();
        pairs.find(|(set, unset)| is_set(set) && !is_set(unset))
    }
}
