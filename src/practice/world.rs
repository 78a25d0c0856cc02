//! Everything the practice stack would answer, as plain data that a scene fills and a test
//! may change while it is being served. It knows the names and shapes of the stack, not
//! how they are sent and not what they mean to anyone.

use super::{FakeBond, Fault, Issued, Operation};
use hyper::body::Bytes;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use tokio::sync::Barrier;

/// A whole stack. Its clock runs from [`FakeStack::now`], and the HTTP `Date` shows it:
/// executions, metric points and log lines of a later time come to light when it gets there,
/// and what was going on goes on ([`FakeStack::advance`]).
#[derive(Clone, Debug)]
pub struct FakeStack {
    /// The moment the scene starts; from there the stack's clock runs.
    pub now: OffsetDateTime,
    /// Up to when everything that goes on has happened.
    pub lived_until: OffsetDateTime,
    /// Whether the clock stands still at [`FakeStack::now`].
    pub frozen: bool,
    /// The AWS account that answers.
    pub account: String,
    /// The only region that answers.
    pub region: String,
    /// The name of the approval workflow's state machine.
    pub state_machine: String,
    /// The Lambda function behind the API.
    pub function: String,
    /// The alias that serves production.
    pub alias: String,
    /// The function's log group.
    pub log_group: String,
    /// The body of `GET /beak/system/status`.
    pub status: Value,
    /// The audit feed, newest first.
    pub audit: Vec<Value>,
    /// What `POST /beak/audit` sends instead of [`FakeStack::audit`].
    pub audit_body: Option<Bytes>,
    /// Executions of the state machine, in any order.
    pub executions: Vec<FakeExecution>,
    /// Whether the state machine is of the express type, which cannot be listed.
    pub express: bool,
    /// The SES account.
    pub mail: Mail,
    /// CloudWatch metrics.
    pub metrics: Vec<FakeMetric>,
    /// The published versions of the function, oldest first.
    pub versions: Vec<Version>,
    /// Where the alias points.
    pub alias_target: FakeAlias,
    /// Where it pointed before its last move, for readers that are shown the past, and since when.
    pub alias_before: Option<(FakeAlias, Instant)>,
    /// Who moved the alias, and when, oldest first: what CloudTrail has of it.
    pub alias_moves: Vec<TrailEvent>,
    /// For how long after a move readers are shown where the alias pointed before.
    pub stale_for: Duration,
    /// Members of a version's configuration that are not as usual, such as its `State`.
    pub configured: BTreeMap<String, Value>,
    /// Who may invoke the alias; none when it has no policy.
    pub policy: Option<String>,
    /// What is kept warm for the alias, as Lambda describes it.
    pub provisioned: Option<Value>,
    /// How many concurrent executions are reserved for the function.
    pub reserved: Option<i64>,
    /// The version whose fault it is that the API fails: with another one it answers.
    pub culprit: Option<String>,
    /// Writes wait here for each other, so that all of them were planned on the same alias.
    pub together: Option<Arc<Barrier>>,
    /// What the function logged, in any order.
    pub log_events: Vec<LogEvent>,
    /// How many pages without events, but with a token, come before the first log event.
    pub empty_log_pages: usize,
    /// What earlier runs would have recorded, oldest first. It is not served: a player of the scene
    /// writes it into a history.
    pub recorded: Vec<EarlierRun>,
    /// How operations fail.
    pub faults: BTreeMap<Operation, Fault>,
    /// Waited before every answer.
    pub latency: Duration,
    /// The most items on a page of any paged operation.
    pub page_size: Option<usize>,
    /// The bonds that can be written to, by the agent's id.
    pub bonds: BTreeMap<String, FakeBond>,
    /// The rows of the list of agents and connections.
    pub agents: Vec<Value>,
    /// The rows of the list of requests.
    pub requests: Vec<Value>,
    /// The operator's token that those writes want, unless the bond's own key comes with them.
    pub token: String,
    /// Every key that was issued, in order. It is never shortened.
    pub issued: Vec<Issued>,
    /// Whether connections to the API are refused while AWS still answers. Read at the start.
    pub api_gone: bool,
}

/// One execution of the approval workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FakeExecution {
    /// Its name.
    pub name: String,
    /// `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub status: String,
    /// When it started.
    pub start: OffsetDateTime,
    /// When it stopped; often not in the answer.
    pub stop: Option<OffsetDateTime>,
}

/// The SES account's sending state.
#[derive(Clone, Debug, PartialEq)]
pub struct Mail {
    /// Whether the account may send at all.
    pub sending_enabled: bool,
    /// `HEALTHY`, `PROBATION` or `SHUTDOWN`.
    pub enforcement: String,
    /// Whether the account has left the sandbox.
    pub production_access: bool,
    /// Recipients allowed in 24 hours; −1 is unlimited.
    pub max_24h: f64,
    /// Recipients of the last 24 hours.
    pub sent_24h: f64,
    /// Recipients allowed in a second.
    pub max_rate: f64,
    /// What became of a request for production access.
    pub review: Option<Review>,
}

/// The review of a request for production access.
#[derive(Clone, Debug, PartialEq)]
pub struct Review {
    /// `PENDING`, `FAILED`, `GRANTED` or `DENIED`.
    pub status: String,
    /// The number of its support case; none where it is empty.
    pub case: String,
}

/// One CloudWatch metric.
#[derive(Clone, Debug, PartialEq)]
pub struct FakeMetric {
    /// Such as `AWS/SES`.
    pub namespace: String,
    /// Such as `Send`.
    pub name: String,
    /// Names and values; all of them must be asked for, and no other.
    pub dimensions: Vec<(String, String)>,
    /// What was reported, in any order.
    pub points: Vec<(OffsetDateTime, f64)>,
}

/// A published version of the function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its number, such as `61`.
    pub number: String,
    /// When it was published.
    pub modified: OffsetDateTime,
    /// Which code it runs; two versions may share it.
    pub code_sha256: String,
}

/// Where the alias points.
#[derive(Clone, Debug, PartialEq)]
pub struct FakeAlias {
    /// The version that takes the traffic the weights leave.
    pub version: String,
    /// Other versions and their share of the traffic.
    pub weights: Vec<(String, f64)>,
    /// The revision that an update must name.
    pub revision: String,
}

/// One move of the alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailEvent {
    /// When.
    pub at: OffsetDateTime,
    /// The name of the session that moved it.
    pub by: String,
    /// The version that it came to.
    pub to: String,
}

/// One line of the function's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEvent {
    /// When it was logged.
    pub at: OffsetDateTime,
    /// The stream it belongs to.
    pub stream: String,
    /// The line.
    pub message: String,
}

impl LogEvent {
    /// The version that logged it, where the stream names one.
    pub(super) fn version(&self) -> Option<&str> {
        let (version, _) = self.stream.strip_prefix('[')?.split_once(']')?;
        Some(version)
    }

    /// The same line, logged by another version.
    pub(super) fn logged_by(&mut self, version: &str) {
        let Some(before) = self.version().map(str::to_owned) else {
            return;
        };
        self.stream = self.stream.replacen(&before, version, 1);
        let said = |version: &str| format!(" Version: {version}");
        self.message = self.message.replace(&said(&before), &said(version));
    }
}

/// What one earlier run would have recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierRun {
    /// How long before the scene's start.
    pub ago: Duration,
    /// Names and values, such as `peck.callback_errors`.
    pub facts: Vec<(&'static str, i64)>,
}

impl FakeStack {
    /// A stack without agents: the right names, a status document, and nothing else.
    pub fn empty(now: OffsetDateTime) -> Self {
        Self {
            now,
            lived_until: now,
            frozen: false,
            account: "121546003735".into(),
            region: "us-east-1".into(),
            state_machine: "peck-approval-workflow".into(),
            function: "mission-control-api".into(),
            alias: "prod".into(),
            log_group: "/aws/lambda/mission-control-api".into(),
            status: status(),
            audit: Vec::new(),
            audit_body: None,
            executions: Vec::new(),
            express: false,
            mail: Mail {
                sending_enabled: true,
                enforcement: "HEALTHY".into(),
                production_access: false,
                max_24h: 200.0,
                sent_24h: 0.0,
                max_rate: 1.0,
                review: None,
            },
            metrics: Vec::new(),
            versions: Vec::new(),
            alias_target: FakeAlias {
                version: "61".into(),
                weights: Vec::new(),
                revision: "5e1f7a52-0000-4000-8000-000000000061".into(),
            },
            alias_before: None,
            alias_moves: Vec::new(),
            stale_for: Duration::ZERO,
            configured: BTreeMap::new(),
            policy: Some(gateway_policy()),
            provisioned: None,
            reserved: None,
            culprit: None,
            together: None,
            log_events: Vec::new(),
            empty_log_pages: 0,
            recorded: Vec::new(),
            faults: BTreeMap::new(),
            latency: Duration::ZERO,
            page_size: None,
            bonds: BTreeMap::new(),
            agents: Vec::new(),
            requests: Vec::new(),
            token: "practice-token".into(),
            issued: Vec::new(),
            api_gone: false,
        }
    }

    /// A release moved the alias so long before the scene starts: CloudTrail has it on record, and
    /// another version logs since then.
    pub(super) fn deployed(&mut self, to: &str, ago: Duration) {
        let at = self.now - ago;
        self.alias_moves.push(TrailEvent {
            at,
            by: "release-pipeline".to_owned(),
            to: to.to_owned(),
        });
        let lines = self.log_events.iter_mut().filter(|line| line.at >= at);
        lines.for_each(|line| line.logged_by(to));
    }

    /// The alias moved: the status document follows it, and where a version was what made the
    /// API fail, another one makes it answer.
    pub fn moved_to(&mut self, target: FakeAlias) {
        let version = target.version.clone();
        let before = std::mem::replace(&mut self.alias_target, target);
        self.alias_before = Some((before, Instant::now()));
        self.status["lambda_version"] = format!("v{version}").into();
        self.status["lambda_alias_version"] = version.as_str().into();
        self.status["lambda"]["version"] = version.as_str().into();
        if self
            .culprit
            .as_ref()
            .is_some_and(|culprit| *culprit != version)
        {
            self.faults.remove(&Operation::Status);
            self.faults.remove(&Operation::Audit);
        }
    }

    /// The ARN of the state machine.
    pub fn state_machine_arn(&self) -> String {
        let Self {
            region,
            account,
            state_machine,
            ..
        } = self;
        format!("arn:aws:states:{region}:{account}:stateMachine:{state_machine}")
    }

    /// The ARN of the function, without a qualifier.
    pub fn function_arn(&self) -> String {
        let Self {
            region,
            account,
            function,
            ..
        } = self;
        format!("arn:aws:lambda:{region}:{account}:function:{function}")
    }
}

/// API Gateway may invoke the alias.
fn gateway_policy() -> String {
    json!({"Version": "2012-10-17", "Id": "default", "Statement": [{
        "Sid": "gateway", "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": "arn:aws:lambda:us-east-1:121546003735:function:mission-control-api:prod",
        "Condition": {"ArnLike": {"AWS:SourceArn":
            "arn:aws:execute-api:us-east-1:121546003735:czt9d57q83/*/*"}},
    }]})
    .to_string()
}

/// Every field of the status document that has a name, for a stack without agents.
fn status() -> Value {
    json!({
        "status": "ok",
        "version": "Galaxy 1.1 Beta",
        "lambda_version": "v61",
        "lambda_alias_version": "61",
        "lambda": {"version": "61", "alias": "prod", "memory": 128, "runtime": "python3.12", "timeout": 30},
        "auth": {
            "cognito_pool": "us-east-1_EXAMPLE", "ses_sender": "noreply@example.com",
            "signout": true, "signup": true, "verify": true, "phone_verify": true, "forgot_reset": true,
        },
        "ses": {"sandbox": true, "daily_quota": 200, "sent_last_24h": 0},
        "sns": {"sandbox": true, "monthly_spend_limit": 1.0},
        "database": {
            "eggs": 0, "ducklings": 0, "birth_certificates": 0,
            "connections": 0, "spaceducks": 0, "audit_log": 0,
        },
        "database_billing": {"eggs": "PAY_PER_REQUEST", "ducklings": "PAY_PER_REQUEST"},
        "agents": {"alive": 0, "slow": 0, "dead": 0, "total_bonded": 0},
        "peck_protocol": {
            "running": 0, "succeeded": 0, "failed": 0,
            "failure_breakdown": {"callback_error": 0, "denied": 0, "expired": 0},
        },
    })
}
