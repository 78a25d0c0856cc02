//! The endpoint that requests are really sent to, taken from the request itself: environment variables
//! and profiles can redirect a client in more ways than can be checked beforehand.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use std::sync::{Arc, Mutex};

/// Keeps where the last request went.
#[derive(Clone, Debug, Default)]
pub(crate) struct EndpointProbe(Arc<Mutex<Option<String>>>);

impl EndpointProbe {
    /// Scheme, host and port.
    pub(crate) fn host(&self) -> Option<String> {
        self.0.lock().ok()?.clone()
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for EndpointProbe {
    fn name(&self) -> &'static str {
        "duckops::EndpointProbe"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let (Ok(url), Ok(mut place)) = (url::Url::parse(context.request().uri()), self.0.lock())
        {
            *place = Some(url.origin().ascii_serialization());
        }
        Ok(())
    }
}

/// Whether a host is the service's own in this region.
pub(crate) fn is_aws(host: &str, service: &str, region: &str) -> bool {
    let Some(name) = host.strip_prefix("https://") else {
        return false;
    };
    let own = |name: &str| {
        let rest = name.strip_prefix(service)?;
        let rest = rest.strip_prefix("-fips").unwrap_or(rest);
        let rest = rest.strip_prefix('.')?.strip_prefix(region)?;
        Some(matches!(
            rest,
            ".amazonaws.com" | ".amazonaws.com.cn" | ".api.aws"
        ))
    };
    own(name).unwrap_or(false) || (service == "sts" && name == "sts.amazonaws.com")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_services_own_hosts_are_aws() {
        let table = [
            ("https://lambda.us-east-1.amazonaws.com", true),
            ("https://lambda-fips.us-east-1.amazonaws.com", true),
            ("https://lambda.us-east-1.api.aws", true),
            ("http://lambda.us-east-1.amazonaws.com", false),
            ("https://lambda.eu-west-1.amazonaws.com", false),
            ("https://lambda.us-east-1.amazonaws.com:8443", false),
            ("https://lambda.us-east-1.amazonaws.com.example.com", false),
            ("https://sts.us-east-1.amazonaws.com", false),
            ("http://127.0.0.1:4566", false),
            ("", false),
        ];
        for (host, own) in table {
            assert_eq!(is_aws(host, "lambda", "us-east-1"), own, "{host}");
        }
    }
}
