//! The request that a policy is evaluated for: what API Gateway sends when it invokes the alias.

use crate::stack::Stack;
use url::Host;

/// The route whose answer says whether the API is up.
const ROUTE: &str = "GET/beak/system/status";

/// A request of API Gateway for the alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GatewayRequest {
    /// The alias.
    pub(super) alias_arn: String,
    pub(super) partition: &'static str,
    pub(super) account: String,
    pub(super) region: String,
    /// The id of the API; `None` where the address does not name it.
    pub(super) api_id: Option<String>,
    /// The deployed stage; `None` where the address does not name it.
    pub(super) stage: Option<String>,
    /// When it is sent, in seconds since 1970.
    pub(super) at: i64,
}

impl GatewayRequest {
    /// The request behind a read of the status of a stack at an instant.
    pub(crate) fn of(stack: &Stack, at: i64) -> Self {
        let (account, region) = (&stack.account.value, &stack.region.value);
        let partition = match region.get(..3) {
            Some("cn-") => "aws-cn",
            _ if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        let url = &stack.api_url.value;
        let path_stage = || {
            let first = url.path_segments()?.find(|part| !part.is_empty())?;
            Some(first.to_owned())
        };
        let host = match url.host() {
            Some(Host::Domain(name)) => name,
            _ => "",
        };
        let mut labels = host.split('.');
        let id = labels.next().unwrap_or_default();
        let (api_id, api_region, stage) = match (labels.next(), labels.next()) {
            (Some("execute-api"), Some(of)) => {
                (Some(id.to_owned()), Some(of.to_owned()), path_stage())
            }
            // An emulator on this machine keeps the stage in its path; behind a custom domain
            // the path is a mapping that may have any name.
            _ if stack.is_on_loopback() => (None, None, path_stage()),
            _ => (None, None, None),
        };
        // The setting may be an ARN or hold the account: the name stands last.
        let function = stack.function.value.rsplit(':').next().unwrap_or_default();
        let alias = &stack.alias.value;
        Self {
            alias_arn: format!(
                "arn:{partition}:lambda:{region}:{account}:function:{function}:{alias}"
            ),
            partition,
            account: account.clone(),
            region: api_region.unwrap_or_else(|| region.clone()),
            api_id,
            stage,
            at,
        }
    }

    /// The ARN that API Gateway names as the source, with these in place of an id or a stage that
    /// is not known.
    pub(super) fn source_arn(&self, id: char, stage: char) -> String {
        let (partition, region, account) = (self.partition, &self.region, &self.account);
        let id = self.api_id.clone().unwrap_or_else(|| id.to_string());
        let stage = self.stage.clone().unwrap_or_else(|| stage.to_string());
        format!("arn:{partition}:execute-api:{region}:{account}:{id}/{stage}/{ROUTE}")
    }
}
