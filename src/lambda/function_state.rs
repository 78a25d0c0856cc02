//! The state of the alias and of the versions around it, by Lambda and STS. Each answer stands
//! on its own: one that is denied leaves the others standing.

use super::alias_target::{AliasTarget, pointing};
use super::answer_owner::check_alias;
use super::endpoint_probe::EndpointProbe;
use super::policy::{GatewayAccess, GatewayRequest, gateway_access};
use super::reader::FunctionReader;
use super::smoke;
use super::version_config::{self, VersionConfig};
use super::version_list::{LIST_VERSIONS, VersionPages};
use super::version_metrics::{self, VersionMetrics};
use crate::observation::{Unavailable, UnavailableReason};
use aws_config::SdkConfig;

/// Who asks, as STS says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: String,
    /// The role or user, as an ARN.
    pub arn: String,
    /// The host that said so.
    pub host: String,
}

/// Everything that was learned about the alias and one version that it might point to.
#[derive(Clone, Debug)]
pub struct FunctionState {
    /// Who asks.
    pub caller: Result<Caller, Unavailable>,
    /// Where the alias points.
    pub alias: Result<AliasTarget, Unavailable>,
    /// The host that Lambda's answers come from.
    pub host: Option<String>,
    /// The numbers of all published versions, newest first.
    pub versions: Result<Vec<i64>, Unavailable>,
    /// The version that serves.
    pub current: Result<VersionConfig, Unavailable>,
    /// The policy of the alias; none when it has none.
    pub policy: Result<Option<String>, Unavailable>,
    /// The status of what is kept warm; none when nothing is.
    pub provisioned: Result<Option<String>, Unavailable>,
    /// What is reserved for the function; none when nothing is.
    pub reserved: Result<Option<i64>, Unavailable>,
}

impl FunctionReader<'_> {
    /// Everything about the alias, at the same time where no answer needs another's.
    pub async fn everything(&self) -> FunctionState {
        let config = match self.aws.config().await {
            Ok(config) => config,
            Err(unavailable) => return all_unavailable(&unavailable),
        };
        let lambda = aws_sdk_lambda::Client::new(config);
        let (caller, (alias, host), versions, policy, provisioned, reserved) = tokio::join!(
            self.caller(config),
            self.pointing(&lambda),
            self.versions(&lambda),
            self.policy(&lambda),
            self.provisioned(&lambda),
            self.reserved(&lambda),
        );
        let number = alias.as_ref().map(|alias| alias.version.clone());
        let number = number.map_err(Clone::clone);
        let current = async {
            let number = number?;
            version_config::read_version_config(self, &lambda, &number).await
        };
        let current = current.await;
        FunctionState {
            caller,
            alias,
            host,
            versions,
            current,
            policy,
            provisioned,
            reserved,
        }
    }

    /// The configuration of one version, of which no value of the environment is kept.
    ///
    /// # Errors
    /// Why it is not known; [`UnavailableReason::NotFound`] when there is no such version.
    pub async fn version_config(&self, number: &str) -> Result<VersionConfig, Unavailable> {
        let lambda = aws_sdk_lambda::Client::new(self.aws.config().await?);
        version_config::read_version_config(self, &lambda, number).await
    }

    /// What the newest of these versions did behind the alias, newest first.
    ///
    /// # Errors
    /// Why it is not known.
    pub async fn version_metrics(
        &self,
        versions: &[i64],
    ) -> Result<Vec<VersionMetrics>, Unavailable> {
        version_metrics::read_version_metrics(self, self.aws.config().await?, versions).await
    }

    /// Where the alias points at this moment.
    ///
    /// # Errors
    /// Why it is not known.
    pub async fn alias_now(&self) -> Result<AliasTarget, Unavailable> {
        let lambda = aws_sdk_lambda::Client::new(self.aws.config().await?);
        self.pointing(&lambda).await.0
    }

    /// Runs a version once, alone, with a read of the status: what it answers, or how it fails.
    ///
    /// # Errors
    /// How it fails, in words.
    pub async fn run_alone(&self, number: &str) -> Result<String, String> {
        let config = self.aws.writing().await;
        let config = config.map_err(|unavailable| unavailable.detail.to_string())?;
        smoke::invoke_for_status(self, &aws_sdk_lambda::Client::new(&config), number).await
    }

    /// Where the alias points, and which host says so.
    pub(crate) async fn pointing(
        &self,
        lambda: &aws_sdk_lambda::Client,
    ) -> (Result<AliasTarget, Unavailable>, Option<String>) {
        let place = EndpointProbe::default();
        let request = lambda
            .get_alias()
            .function_name(self.function())
            .name(self.alias())
            .customize()
            .interceptor(place.clone());
        let question = format!("GetAlias {}", self.alias());
        let answer = self
            .question(question, "lambda:GetAlias", request.send())
            .await;
        let pointing = answer.and_then(|answer| {
            check_alias(self.stack, self.alias(), answer.alias_arn(), answer.name())?;
            let weights = answer
                .routing_config()
                .and_then(|routing| routing.additional_version_weights());
            pointing(
                answer.function_version(),
                answer.revision_id(),
                weights.into_iter().flatten(),
            )
        });
        (pointing, place.host())
    }

    async fn caller(&self, config: &SdkConfig) -> Result<Caller, Unavailable> {
        let place = EndpointProbe::default();
        let request = aws_sdk_sts::Client::new(config)
            .get_caller_identity()
            .customize()
            .interceptor(place.clone());
        let question = "GetCallerIdentity".to_owned();
        let answer = self
            .question(question, "sts:GetCallerIdentity", request.send())
            .await?;
        let missing = |name| {
            Unavailable::new(
                UnavailableReason::Missing,
                format!("the caller identity has no {name}"),
            )
        };
        let word = |text: Option<&str>, name| {
            let text = text.filter(|text| !text.is_empty());
            text.map(str::to_owned).ok_or_else(|| missing(name))
        };
        Ok(Caller {
            account: word(answer.account(), "account")?,
            arn: word(answer.arn(), "ARN")?,
            host: place.host().unwrap_or_default(),
        })
    }

    async fn versions(&self, lambda: &aws_sdk_lambda::Client) -> Result<Vec<i64>, Unavailable> {
        let mut pages = VersionPages::default();
        loop {
            let (question, request) = pages.request(lambda, self.function());
            let answer = self.question(question, LIST_VERSIONS, request.send());
            if !pages.add(self.stack, answer.await?)? {
                let versions = pages.newest_first().into_iter();
                return Ok(versions.map(|(number, _)| number).collect());
            }
        }
    }

    /// Whether the policy of the alias lets API Gateway in.
    ///
    /// # Errors
    /// Why it is not known.
    pub(crate) async fn gateway_access(&self) -> Result<GatewayAccess, Unavailable> {
        let lambda = aws_sdk_lambda::Client::new(self.aws.config().await?);
        let request = GatewayRequest::of(self.stack, self.now.unix_timestamp());
        match self.policy(&lambda).await? {
            None => Ok(GatewayAccess::Refused("there is no policy".to_owned())),
            Some(policy) => gateway_access(&policy, &request).map_err(|why| {
                let why = format!("the policy of the alias cannot be understood: {why}");
                Unavailable::new(UnavailableReason::Mistyped, why)
            }),
        }
    }

    async fn policy(&self, lambda: &aws_sdk_lambda::Client) -> Result<Option<String>, Unavailable> {
        let request = lambda
            .get_policy()
            .function_name(self.function())
            .qualifier(self.alias());
        let question = format!("GetPolicy {}", self.alias());
        let answer = self.question(question, "lambda:GetPolicy", request.send());
        none_if_not_found(answer.await.map(|answer| answer.policy))
    }

    async fn provisioned(
        &self,
        lambda: &aws_sdk_lambda::Client,
    ) -> Result<Option<String>, Unavailable> {
        let request = lambda
            .get_provisioned_concurrency_config()
            .function_name(self.function())
            .qualifier(self.alias());
        let question = format!("GetProvisionedConcurrencyConfig {}", self.alias());
        let action = "lambda:GetProvisionedConcurrencyConfig";
        let answer = self.question(question, action, request.send()).await;
        let status = answer.map(|answer| {
            let status = answer.status().map(|status| status.as_str().to_owned());
            Some(status.unwrap_or_else(|| "no status".to_owned()))
        });
        none_if_not_found(status)
    }

    async fn reserved(&self, lambda: &aws_sdk_lambda::Client) -> Result<Option<i64>, Unavailable> {
        let request = lambda
            .get_function_concurrency()
            .function_name(self.function());
        let question = "GetFunctionConcurrency".to_owned();
        let action = "lambda:GetFunctionConcurrency";
        let answer = self.question(question, action, request.send()).await?;
        Ok(answer.reserved_concurrent_executions().map(i64::from))
    }
}

/// "Not found" is an answer where having none is normal.
fn none_if_not_found<T>(answer: Result<Option<T>, Unavailable>) -> Result<Option<T>, Unavailable> {
    match answer {
        Err(unavailable) if unavailable.why == UnavailableReason::NotFound => Ok(None),
        other => other,
    }
}

fn all_unavailable(unavailable: &Unavailable) -> FunctionState {
    FunctionState {
        caller: Err(unavailable.clone()),
        alias: Err(unavailable.clone()),
        host: None,
        versions: Err(unavailable.clone()),
        current: Err(unavailable.clone()),
        policy: Err(unavailable.clone()),
        provisioned: Err(unavailable.clone()),
        reserved: Err(unavailable.clone()),
    }
}
