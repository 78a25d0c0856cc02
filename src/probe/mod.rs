//! The probes: one module for each source. Each declares the facts it yields, does the counting
//! and windowing, and gives a reason for each fact it cannot yield. No probe knows a rule.

mod alias;
mod audit;
mod aws;
mod connections;
mod document;
mod email;
mod executions;
mod function_configuration;
mod identity;
mod json_node;
pub(crate) mod lambda;
mod logs;
mod meaning;
mod metric_data;
mod metrics;
mod own_age;
mod pages;
mod status;

pub use audit::{FeedItem, SharedFeed, listen};
pub use connections::{Access, bond_facts, callback_facts};
pub use function_configuration::SharedConfiguration;
pub(crate) use status::{ClaimedHealth, StatusObject, server_time};

use crate::cloud::{Aws, Exchange, Http};
use crate::connections::Only;
use crate::fact::Probe;
use crate::lambda::version_lookup::VersionContext;
use crate::observation::{Observation, RequestLog};
use crate::redact::{self, Secrets};
use crate::stack::Stack;
use crate::text::Printable;
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// What every probe is given.
#[derive(Debug)]
pub struct ProbeContext {
    /// Whom to ask.
    pub stack: Stack,
    /// The HTTP stack.
    pub http: Http,
    /// The AWS clients' configuration.
    pub aws: Aws,
    /// The wall clock when the run began.
    pub now: OffsetDateTime,
    /// The steady clock at the same moment.
    pub began: Instant,
    /// When every answer must be in.
    pub deadline: Instant,
    /// The version that the alias is expected to have, where the caller names one: by flag,
    /// by configuration, or as the newest entry of a deploy log, in this order. Without it
    /// the version that the status API reports counts.
    pub expected_version: Option<String>,
    /// What is known of versions before anybody is asked.
    pub versions: VersionContext,
    /// The one request or bond that the run is confined to.
    pub only: Option<Only>,
    /// With what the lists are asked.
    pub access: Access,
    /// The configuration of the function behind the alias, asked once a run.
    pub configuration: SharedConfiguration,
    /// The audit feed, requested once a run.
    pub feed: SharedFeed,
}

impl ProbeContext {
    /// The wall clock at this moment.
    fn clock(&self) -> OffsetDateTime {
        self.now + self.began.elapsed()
    }

    /// Shows a request that ended to whoever watches, and makes its entry in the log. `words` are what
    /// came of it, as a failure where there is no usable answer.
    fn log_request(
        &self,
        question: Printable,
        took: Duration,
        bytes: u64,
        words: Result<Printable, Printable>,
    ) -> RequestLog {
        let (outcome, failure) = match words {
            Ok(words) => (words, None),
            Err(words) => (words.clone(), Some(words)),
        };
        self.http.saw(&Exchange {
            what: question.clone(),
            outcome,
            took,
            bytes,
        });
        RequestLog {
            question,
            took,
            bytes: Some(bytes),
            failure,
        }
    }

    /// Everything secret that this run works with or knows of.
    pub async fn secrets(&self) -> Secrets {
        let access = [&self.access.token, &self.access.key].into_iter().flatten();
        let access = access.map(|secret| secret.expose().to_owned());
        let known = redact::known::remembered();
        Secrets::new(access.chain(self.aws.secrets()).chain(known))
    }
}

/// The AWS actions that a probe needs.
pub fn permissions(probe: Probe) -> &'static [&'static str] {
    match probe {
        Probe::Executions => &[executions::ACTION],
        Probe::Email => &["ses:GetAccount"],
        Probe::Metrics | Probe::Lambda => &["cloudwatch:GetMetricData"],
        Probe::Logs => &["logs:FilterLogEvents", "lambda:GetFunctionConfiguration"],
        Probe::Alias => &[
            "lambda:GetAlias",
            "lambda:GetFunctionConfiguration",
            "lambda:ListVersionsByFunction",
        ],
        Probe::Identity => &["sts:GetCallerIdentity"],
        Probe::Status | Probe::Audit | Probe::Connections | Probe::History => &[],
    }
}

/// Asks one probe. The joined facts of history are not asked for but made, by [`join`]. Each in a
/// box, because the task of each would else be as large as the largest.
pub async fn observe(probe: Probe, context: &ProbeContext) -> Observation {
    match probe {
        Probe::Status => Box::pin(status::observe(context)).await,
        Probe::Audit => Box::pin(audit::observe(context)).await,
        Probe::Executions => Box::pin(executions::observe(context)).await,
        Probe::Email => Box::pin(email::observe(context)).await,
        Probe::Metrics => Box::pin(metrics::observe(context)).await,
        Probe::Logs => Box::pin(logs::observe(context)).await,
        Probe::Alias => Box::pin(alias::observe(context)).await,
        Probe::Lambda => Box::pin(lambda::observe(context)).await,
        Probe::Identity => Box::pin(identity::observe(context)).await,
        Probe::Connections => Box::pin(connections::observe(context)).await,
        Probe::History => Observation::new(Probe::History),
    }
}
