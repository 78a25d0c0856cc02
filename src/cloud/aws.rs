//! The AWS configuration of one run: credentials, region, endpoint and the shared HTTP stack.

use super::credential_search::CredentialSearch;
use super::credentials::RunCredentials;
use super::renewal::Renewal;
use super::{CONNECT, Http};
use crate::observation::Unavailable;
use crate::stack::{Origin, Stack};
use aws_config::provider_config::ProviderConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use std::time::Duration;
use time::OffsetDateTime;
use tokio::sync::OnceCell;

/// The longest one AWS request may take.
const ATTEMPT: Duration = Duration::from_secs(8);
/// The longest one request that changes something may take.
const WRITE: Duration = Duration::from_secs(15);

/// AWS as one run sees it: the configuration, resolved once, with credentials that are renewed
/// when they expire.
#[derive(Debug)]
pub struct Aws {
    http: Http,
    profile: Option<String>,
    region: String,
    credentials: RunCredentials,
    practice: Option<String>,
    config: OnceCell<Result<SdkConfig, Unavailable>>,
}

impl Aws {
    /// Resolves nothing yet.
    pub fn new(stack: &Stack, http: Http) -> Self {
        let profile = stack.profile.as_ref();
        let region = stack.region.value.clone();
        let search = CredentialSearch {
            profile: profile.map(|profile| profile.value.clone()),
            profile_first: profile.is_some_and(|profile| matches!(profile.origin, Origin::Flag(_))),
            instance_metadata: stack.instance_metadata,
            limit: stack.credentials_timeout,
        };
        let provider = ProviderConfig::without_region()
            .with_region(Some(Region::new(region.clone())))
            .with_http_client(http.clone());
        Self {
            http,
            profile: search.profile.clone(),
            region,
            credentials: RunCredentials::new(search, &provider),
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

    /// The secrets that this run has signed with so far.
    pub fn secrets(&self) -> Vec<String> {
        let found = self.credentials.found().into_iter();
        let secrets = found.flat_map(|credentials| {
            let token = credentials.session_token().map(str::to_owned);
            std::iter::once(credentials.secret_access_key().to_owned()).chain(token)
        });
        secrets.collect()
    }

    /// Says of answers that refused the keys in use what renews those: it depends on their source.
    pub async fn advise(&self, unavailable: impl Iterator<Item = &mut Unavailable>) {
        let refused: Vec<_> = unavailable.filter(|one| Renewal::is_wanted(one)).collect();
        if !refused.is_empty()
            && let Some(renewal) = self.credentials.renewal().await
        {
            refused.into_iter().for_each(|one| renewal.advise(one));
        }
    }

    /// Why the credentials may not last until then, where nothing renews them.
    pub fn may_expire_by(&self, until: OffsetDateTime) -> Option<String> {
        self.credentials.is_fixed_session().then(|| {
            format!(
                "the AWS session keys of the environment are not renewed, and may expire before {}",
                crate::fact::utc(until)
            )
        })
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
                .stalled_stream_protection(whole_requests())
                .build());
        }
        // The first keys are looked for here, where it can be said why there are none.
        self.credentials.current().await?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(region)
            .http_client(self.http.clone())
            .credentials_provider(self.credentials.clone())
            .retry_config(retries)
            .timeout_config(timeouts)
            .stalled_stream_protection(whole_requests());
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        let config = loader.load().await;
        let services = SetServices(config.clone());
        Ok(config.to_builder().service_config(services).build())
    }
}

/// What environment and profile say of single services, where it says something: at an empty
/// `AWS_ENDPOINT_URL_LAMBDA`, as files of settings leave one, the SDK panics.
#[derive(Debug)]
struct SetServices(SdkConfig);

impl LoadServiceConfig for SetServices {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let said = self.0.service_config()?.load_config(key);
        said.filter(|value| !value.is_empty())
    }
}

/// Requests have a body of some bytes, which is handed over whole: while AWS thinks, nothing flows,
/// and the SDK would give up after five seconds of that. Each has a limit of its own.
fn whole_requests() -> StalledStreamProtectionConfig {
    StalledStreamProtectionConfig::disabled()
}
