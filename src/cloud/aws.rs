//! The AWS configuration of one run: credentials, region, endpoint and the shared HTTP stack.

use super::credentials::CredentialSearch;
use super::{CONNECT, Http};
use crate::observation::Unavailable;
use crate::stack::{Origin, Stack};
use aws_config::provider_config::ProviderConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use std::time::Duration;
use tokio::sync::OnceCell;

/// The longest one AWS request may take.
const ATTEMPT: Duration = Duration::from_secs(8);
/// The longest one request that changes something may take.
const WRITE: Duration = Duration::from_secs(15);

/// AWS as one run sees it: the configuration with credentials, resolved once.
#[derive(Debug)]
pub struct Aws {
    http: Http,
    profile: Option<String>,
    /// Whether the profile was named on the command line and beats keys in the environment.
    profile_first: bool,
    region: String,
    instance_metadata: bool,
    practice: Option<String>,
    config: OnceCell<Result<SdkConfig, Unavailable>>,
}

impl Aws {
    /// Resolves nothing yet.
    pub fn new(stack: &Stack, http: Http) -> Self {
        Self {
            http,
            profile: stack.profile.as_ref().map(|profile| profile.value.clone()),
            profile_first: stack
                .profile
                .as_ref()
                .is_some_and(|profile| matches!(profile.origin, Origin::Flag(_))),
            region: stack.region.value.clone(),
            instance_metadata: stack.instance_metadata,
            practice: None,
            config: OnceCell::new(),
        }
    }

    /// The practice stack at this endpoint: no credentials are looked for, and no
    /// environment or profile can send a request elsewhere.
    pub fn practice(stack: &Stack, http: Http, endpoint: &str) -> Self {
        Self {
            practice: Some(endpoint.to_owned()),
            ..Self::new(stack, http)
        }
    }

    /// The shared configuration of every client. The first caller resolves it, all others wait.
    ///
    /// # Errors
    /// That there are no credentials, and where they were looked for.
    pub async fn config(&self) -> Result<&SdkConfig, Unavailable> {
        self.config
            .get_or_init(|| self.resolve())
            .await
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The secrets that this run signs with, as far as they were needed by now.
    pub async fn secrets(&self) -> Vec<String> {
        let config = match (self.practice.is_some(), self.config.get()) {
            (false, Some(Ok(config))) => config,
            _ => return Vec::new(),
        };
        let Some(provider) = config.credentials_provider() else {
            return Vec::new();
        };
        // They were resolved when the first question was signed: nothing is asked again.
        let Ok(credentials) = provider.provide_credentials().await else {
            return Vec::new();
        };
        let token = credentials.session_token().map(str::to_owned);
        std::iter::once(credentials.secret_access_key().to_owned())
            .chain(token)
            .collect()
    }

    /// The configuration of a client that writes: one try, whatever comes back, on a
    /// connection of its own, with a time-out that nothing lengthens.
    ///
    /// # Errors
    /// As for [`Self::config`].
    pub async fn writing(&self) -> Result<SdkConfig, Unavailable> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(WRITE)
            .operation_timeout(WRITE)
            .build();
        let config = self.config().await?.to_builder();
        Ok(config
            .http_client(self.http.unpooled())
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .build())
    }

    async fn resolve(&self) -> Result<SdkConfig, Unavailable> {
        let region = Region::new(self.region.clone());
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(ATTEMPT)
            .build();
        let retries = RetryConfig::standard()
            .with_max_attempts(3)
            .with_initial_backoff(Duration::from_millis(100));
        if let Some(endpoint) = &self.practice {
            let credentials = Credentials::new("practice", "practice", None, None, "practice");
            return Ok(SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(region)
                .endpoint_url(endpoint)
                .http_client(self.http.clone())
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
                .time_source(SharedTimeSource::new(SystemTimeSource::new()))
                .retry_config(retries)
                .timeout_config(timeouts)
                .build());
        }
        let provider = ProviderConfig::without_region()
            .with_region(Some(region.clone()))
            .with_http_client(self.http.clone());
        let search = CredentialSearch {
            profile: self.profile.as_deref(),
            profile_first: self.profile_first,
            instance_metadata: self.instance_metadata,
        };
        let credentials = search.find(&provider).await?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(region)
            .http_client(self.http.clone())
            .credentials_provider(credentials)
            .retry_config(retries)
            .timeout_config(timeouts);
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        Ok(loader.load().await)
    }
}
