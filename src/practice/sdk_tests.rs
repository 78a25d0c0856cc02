//! The wire, proven with the clients that production uses: the AWS SDKs and reqwest. What
//! they cannot read, or read differently from what the world holds, is a fault in this room.

mod api;
mod aws;
mod bare;
mod faults;

use super::{FakeStack, Practice, find};
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use time::OffsetDateTime;

/// Lets an AWS client speak through reqwest.
#[derive(Debug, Clone)]
struct Connector(reqwest::Client);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(
            async move { send(client, request).await.map_err(ConnectorError::io) },
        )
    }
}

async fn send(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, Error> {
    let request = request
        .try_into_http1x()?
        .map(|body| body.bytes().unwrap_or_default().to_vec());
    let mut response = client.execute(request.try_into()?).await?;
    let mut head = hyper::Response::new(());
    *head.status_mut() = response.status();
    *head.headers_mut() = std::mem::take(response.headers_mut());
    let body = response.bytes().await?;
    Ok(head.map(|()| SdkBody::from(body)).try_into()?)
}

type Error = Box<dyn std::error::Error + Send + Sync>;

/// A client that follows no redirect, as the clients of the stack should.
fn http() -> reqwest::Client {
    // Nothing here is encrypted, but reqwest wants to know how it would be.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("a plain client")
}

fn sdk_http() -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Connector(http()));
    http_client_fn(move |_, _| connector.clone())
}

fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "secret", None, None, "practice")
}

/// Sets up a client of any service for a practice stack, in a region.
macro_rules! client {
    ($sdk:ident, $practice:expr, $region:expr) => {{
        let config = $sdk::Config::builder()
            .behavior_version($sdk::config::BehaviorVersion::latest())
            .region($sdk::config::Region::new($region))
            .endpoint_url($practice.aws_url())
            .credentials_provider(super::credentials())
            .http_client(super::sdk_http())
            .retry_config($sdk::config::retry::RetryConfig::disabled())
            .build();
        $sdk::Client::from_conf(config)
    }};
    ($sdk:ident, $practice:expr) => {
        client!($sdk, $practice, "us-east-1")
    };
}
use client;

/// A moment that all these tests share.
fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_774_148_400).expect("March 2026")
}

/// The world of a scene, its clock stopped.
fn world(scene: &str) -> FakeStack {
    let mut world = find(scene).expect("a scene").world(now());
    world.frozen = true;
    world
}

async fn practice(world: FakeStack) -> Practice {
    Practice::start(world, 0)
        .await
        .expect("two ports on loopback")
}
