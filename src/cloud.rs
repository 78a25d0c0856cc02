//! The clients: one HTTP stack under the API probes and under every AWS client.
//!
//! Nothing is built before it is needed: the client that speaks TLS, and with it the
//! trusted roots, only when some URL is https. Redirects are never followed; there is no
//! time-out missing anywhere; the instance metadata service is not asked unless the
//! configuration says so.

use crate::reading::{Silence, Why};
use crate::stack::{Origin, Stack};
use crate::text::{Printable, Untrusted};
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::provider_config::ProviderConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{
    ProvideCredentials, SharedCredentialsProvider, error::CredentialsError,
};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt, Limited};
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// The longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(3);
/// The longest one AWS request may take.
const ATTEMPT: Duration = Duration::from_secs(8);
/// The longest search for credentials.
const CREDENTIALS: Duration = Duration::from_millis(2_500);
/// An AWS answer larger than this is not one.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;

/// One exchange over HTTP, for `--verbose`.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Method, address and, for AWS, the operation.
    pub what: Printable,
    /// The status, or why there was none.
    pub outcome: Printable,
    /// Until the answer was whole.
    pub took: Duration,
    /// Bytes of the answer.
    pub bytes: u64,
}

/// Is told of every exchange.
pub type Observer = Arc<dyn Fn(&Exchange) + Send + Sync>;

/// The one HTTP stack.
#[derive(Clone)]
pub struct Http {
    clients: Arc<Clients>,
    observer: Option<Observer>,
    /// Whether proxies of the environment are passed by.
    direct: bool,
}

#[derive(Default)]
struct Clients {
    plain: OnceLock<Result<reqwest::Client, String>>,
    secure: OnceLock<Result<reqwest::Client, String>>,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http")
    }
}

impl Http {
    /// A stack that has built nothing yet.
    pub fn new(observer: Option<Observer>) -> Self {
        Self {
            clients: Arc::default(),
            observer,
            direct: false,
        }
    }

    /// A stack that goes straight to this machine's own loopback, whatever proxy is set.
    pub fn direct(observer: Option<Observer>) -> Self {
        Self {
            direct: true,
            ..Self::new(observer)
        }
    }

    /// The client for a URL; the one that speaks TLS is built only for https.
    ///
    /// # Errors
    /// Why it could not be built, such as trusted roots that cannot be read.
    pub fn client(&self, url: &str) -> Result<&reqwest::Client, Silence> {
        let secure = url
            .get(..6)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"));
        let cell = if secure {
            &self.clients.secure
        } else {
            &self.clients.plain
        };
        cell.get_or_init(|| build(secure, self.direct))
            .as_ref()
            .map_err(|why| {
                Silence::new(
                    Why::Tls,
                    format!("the HTTPS client could not be built: {why}"),
                )
                .fix("Check the trusted certificates of this machine (SSL_CERT_FILE)")
            })
    }

    /// Tells the observer, if there is one.
    pub fn saw(&self, exchange: &Exchange) {
        if let Some(observer) = &self.observer {
            observer(exchange);
        }
    }
}

fn build(secure: bool, direct: bool) -> Result<reqwest::Client, String> {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("duckops/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT);
    // The answer that there is a provider already is the one that is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // The plain client never meets TLS, and loading the trusted roots takes milliseconds.
    let builder = if secure {
        builder
    } else {
        builder.tls_certs_only([])
    };
    let builder = if direct { builder.no_proxy() } else { builder };
    builder
        .build()
        .map_err(|error| error.without_url().to_string())
}

/// Gives the AWS clients the same HTTP stack.
impl HttpClient for Http {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Http {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let http = self.clone();
        HttpConnectorFuture::new(async move {
            let began = Instant::now();
            let what = describe(&request);
            let sent = http.exchange(request).await;
            let (outcome, bytes) = match &sent {
                Ok((response, bytes)) => (response.status().as_u16().to_string().into(), *bytes),
                Err(error) => (innermost(error), 0),
            };
            http.saw(&Exchange {
                what,
                outcome,
                took: began.elapsed(),
                bytes,
            });
            sent.map(|(response, _)| response)
        })
    }
}

impl Http {
    async fn exchange(&self, request: HttpRequest) -> Result<(HttpResponse, u64), ConnectorError> {
        let client = self
            .client(request.uri())
            .map_err(|why| ConnectorError::user(why.detail.to_string().into()))?;
        let request = request
            .try_into_http1x()
            .map_err(|error| ConnectorError::user(error.into()))?
            .map(|body| reqwest::Body::from(body.bytes().map(<[u8]>::to_vec).unwrap_or_default()));
        let request = reqwest::Request::try_from(request)
            .map_err(|error| ConnectorError::user(error.without_url().into()))?;
        let response = client.execute(request).await.map_err(connector_error)?;
        let (parts, body) = http::Response::from(response).into_parts();
        let body = Limited::new(body, LARGEST_ANSWER)
            .collect()
            .await
            .map_err(ConnectorError::io)?
            .to_bytes();
        let size = body.len() as u64;
        let response = http::Response::from_parts(parts, SdkBody::from(body));
        let response = HttpResponse::try_from(response)
            .map_err(|error| ConnectorError::other(error.into(), None))?;
        Ok((response, size))
    }
}

fn connector_error(error: reqwest::Error) -> ConnectorError {
    let error = error.without_url();
    let timeout = error.is_timeout();
    let connecting = error.is_connect();
    let error = if timeout {
        ConnectorError::timeout(error.into())
    } else {
        ConnectorError::io(error.into())
    };
    if connecting {
        error.never_connected()
    } else {
        error
    }
}

/// `POST host AWSStepFunctions.ListExecutions`, without query: it may hold what is nobody's business.
fn describe(request: &HttpRequest) -> Printable {
    let uri = request.uri().split('?').next().unwrap_or_default();
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    Untrusted::new(format!("{} {uri} {target}", request.method()).trim_end()).printable(200)
}

/// An error with all its causes, one after the other: what is searched, not what is shown.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

/// The innermost cause of an error, which says what happened; those around it only say where.
pub fn innermost(error: &(dyn std::error::Error + 'static)) -> Printable {
    let mut inner = error;
    while let Some(next) = inner.source() {
        inner = next;
    }
    Untrusted::new(inner.to_string()).printable(160)
}

/// Whether TLS is what failed, at whatever depth.
pub fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        // An I/O error hides what it wraps from its own sources.
        let wrapped = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        if error.is::<rustls::Error>() || wrapped.is_some_and(|inner| is_tls(inner)) {
            return true;
        }
        next = error.source();
    }
    false
}

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
    config: OnceCell<Result<SdkConfig, Silence>>,
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
    pub async fn config(&self) -> Result<&SdkConfig, Silence> {
        self.config
            .get_or_init(|| self.resolve())
            .await
            .as_ref()
            .map_err(Clone::clone)
    }

    async fn resolve(&self) -> Result<SdkConfig, Silence> {
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
        let found =
            tokio::time::timeout(CREDENTIALS, self.chain(&provider).provide_credentials()).await;
        let credentials = match found {
            Ok(Ok(credentials)) => credentials,
            Ok(Err(error)) => return Err(self.no_credentials(&error)),
            Err(_) => {
                return Err(Silence::new(
                    Why::NoCredentials,
                    format!(
                        "AWS credentials were not found within {} s",
                        CREDENTIALS.as_secs_f32()
                    ),
                )
                .fix("Log in, or check the credential process of the profile"));
            }
        };
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

    fn chain(&self, provider: &ProviderConfig) -> CredentialsProviderChain {
        let mut profile =
            aws_config::profile::ProfileFileCredentialsProvider::builder().configure(provider);
        if let Some(name) = &self.profile {
            profile = profile.profile_name(name);
        }
        let environment = aws_config::environment::EnvironmentVariableCredentialsProvider::new();
        let token = aws_config::web_identity_token::WebIdentityTokenCredentialsProvider::builder()
            .configure(provider)
            .build();
        let container = aws_config::ecs::EcsCredentialsProvider::builder()
            .configure(provider)
            .build();
        let chain = if self.profile_first {
            CredentialsProviderChain::first_try("profile", profile.build())
        } else {
            CredentialsProviderChain::first_try("environment", environment)
                .or_else("profile", profile.build())
        };
        let chain = chain
            .or_else("web identity", token)
            .or_else("container", container);
        if !self.instance_metadata {
            return chain;
        }
        let instance = aws_config::imds::credentials::ImdsCredentialsProvider::builder()
            .configure(provider)
            .build();
        chain.or_else("instance metadata", instance)
    }

    fn no_credentials(&self, error: &CredentialsError) -> Silence {
        let profile = self.profile.as_deref().unwrap_or("default");
        if matches!(error, CredentialsError::CredentialsNotLoaded(_)) {
            let metadata = if self.instance_metadata {
                ""
            } else {
                " (the instance metadata service is not asked)"
            };
            return Silence::new(
                Why::NoCredentials,
                format!(
                    "no AWS credentials: looked in the environment, profile `{profile}`, a web identity token and the container{metadata}"
                ),
            )
            .fix(format!("Log in: aws sso login --profile {profile}, or set AWS_PROFILE"));
        }
        let text = innermost(error);
        let expired = chain(error).to_lowercase().contains("expired");
        let why = if expired {
            Why::Expired
        } else {
            Why::NoCredentials
        };
        Silence::new(
            why,
            format!("AWS credentials of profile `{profile}` cannot be used: {text}"),
        )
        .fix(format!("Log in again: aws sso login --profile {profile}"))
    }
}
