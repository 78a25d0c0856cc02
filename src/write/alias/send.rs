//! The one request that moves the alias, and what it came to.
//!
//! It is sent once and never again, whatever comes back: with a revision in it a second try
//! would turn our own success into somebody else's change. No answer is believed either;
//! what the alias is afterwards, as read back, decides.

pub use super::outcome::Outcome;
use super::outcome::{Sent, blind, decide};
use super::plan::{Plan, shares};
use crate::cloud::{Aws, classify};
use crate::fact;
use crate::lambda::endpoint_probe::EndpointProbe;
use crate::lambda::reader::{AliasTarget, FunctionReader, QUESTION};
use crate::observation::Unavailable;
use crate::stack::Stack;
use crate::state_dir::journal::{Entry, Journal, Stage};
use crate::state_dir::private_file::StateDirError;
use crate::write::Clock;
use crate::write::consent::Consent;
use aws_sdk_lambda::types::AliasRoutingConfiguration;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long reads may go on showing the alias as it was: Lambda's reads lag behind.
const SETTLES: Duration = Duration::from_secs(5);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(250);

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum NotBegun {
    /// The consent is to another plan.
    #[error("the consent is to another plan")]
    OtherPlan,
    /// The journal cannot be written, and nothing is changed without it.
    #[error("the journal cannot be kept, and nothing is changed without it: {0}")]
    Journal(#[from] StateDirError),
    /// There are no credentials.
    #[error("{}", .0.detail)]
    Credentials(Unavailable),
}

/// What was carried out.
#[derive(Debug)]
pub struct Carried {
    /// What it came to.
    pub outcome: Outcome,
    /// Whether that stands in the journal.
    pub recorded: Result<(), StateDirError>,
    /// From sending to the last read.
    pub took: Duration,
}

/// Where and with what a plan is carried out.
#[derive(Debug)]
pub struct Hands<'a> {
    /// Which stack.
    pub stack: &'a Stack,
    /// The clients' configuration.
    pub aws: &'a Aws,
    /// The journal.
    pub journal: &'a Journal,
    /// The time.
    pub clock: Clock,
}

impl Hands<'_> {
    /// An entry of the journal about a plan.
    pub fn entry(&self, plan: &Plan, stage: Stage, detail: Value) -> Entry {
        Entry {
            id: plan.id.clone(),
            at: fact::instant(self.clock.at().unix_timestamp()),
            action: plan.purpose.command().to_owned(),
            stage,
            stack: self.stack.key(),
            detail,
        }
    }

    /// Carries out a plan that was consented to. From the moment that `sending` is called
    /// the request may be on its way: whoever is interrupted later waits for the truth.
    ///
    /// # Errors
    /// [`NotBegun`]: nothing was sent.
    pub async fn carry_out(
        &self,
        consent: Consent,
        plan: &Plan,
        sending: impl FnOnce(),
    ) -> Result<Carried, NotBegun> {
        if !consent.covers(&plan.terms()) {
            return Err(NotBegun::OtherPlan);
        }
        let config = self.aws.writing().await.map_err(NotBegun::Credentials)?;
        let lambda = aws_sdk_lambda::Client::new(&config);
        let agreed = json!({"how": consent.how(), "plan": plan.terms().plan()});
        sending();
        self.journal.append(&[
            self.entry(plan, Stage::Plan, plan.json()),
            self.entry(plan, Stage::Consent, agreed),
            self.entry(plan, Stage::Sending, json!({})),
        ])?;
        let began = Instant::now();
        let sent = send(&lambda, plan).await;
        let outcome = self.read_back(plan, &sent).await;
        let entry = self.entry(plan, Stage::Outcome, outcome.json());
        Ok(Carried {
            recorded: self.journal.append(&[entry]),
            outcome,
            took: began.elapsed(),
        })
    }

    /// Reads the alias until it tells what came of the request, or goes on telling nothing.
    async fn read_back(&self, plan: &Plan, sent: &Sent) -> Outcome {
        let began = Instant::now();
        let mut unreadable;
        loop {
            let is_last = began.elapsed() >= SETTLES;
            match self.alias().await {
                Ok(alias) => {
                    unreadable = None;
                    if let Some(outcome) = decide(plan, sent, &alias, is_last) {
                        return outcome;
                    }
                }
                Err(unavailable) => unreadable = Some(unavailable),
            }
            if is_last && let Some(unavailable) = unreadable {
                return blind(sent, &unavailable);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The alias at this moment.
    ///
    /// # Errors
    /// Why it is not known.
    pub async fn alias(&self) -> Result<AliasTarget, Unavailable> {
        let lambda = aws_sdk_lambda::Client::new(self.aws.config().await?);
        let deadline = Instant::now() + QUESTION;
        let asking = FunctionReader::new(self.stack, self.aws, self.clock.now, deadline);
        asking.pointing(&lambda).await.0
    }
}

async fn send(lambda: &aws_sdk_lambda::Client, plan: &Plan) -> Sent {
    let routing = AliasRoutingConfiguration::builder()
        .set_additional_version_weights(Some(shares(&plan.weights).into_iter().collect()))
        .build();
    let once = Once::to(&plan.host);
    let request = lambda
        .update_alias()
        .function_name(&plan.function)
        .name(&plan.alias)
        .function_version(&plan.version)
        .revision_id(&plan.from.revision)
        .routing_config(routing)
        .customize()
        .interceptor(once.clone());
    let error = match request.send().await {
        Ok(_) => return Sent::Accepted,
        Err(error) => error,
    };
    let words = classify(&error, "lambda:UpdateAlias").detail.to_string();
    if once.sent.load(Ordering::SeqCst) == 0 || never_connected(&error) {
        return Sent::Never(words);
    }
    let status = match &error {
        SdkError::ServiceError(service) => service.raw().status().as_u16(),
        _ => 0,
    };
    match (&error, status) {
        (SdkError::ServiceError(service), 412)
            if service.err().is_precondition_failed_exception() =>
        {
            Sent::Outdated
        }
        // 408 is a proxy's: nobody knows how far the request got.
        (_, 400..=407 | 409..=499) => Sent::Refused(words),
        _ => Sent::Lost(words),
    }
}

/// Whether no connection was ever made.
fn never_connected<E: std::error::Error + 'static>(error: &SdkError<E, HttpResponse>) -> bool {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        let connect = error.downcast_ref::<reqwest::Error>();
        if connect.is_some_and(reqwest::Error::is_connect) {
            return true;
        }
        next = error.source();
    }
    false
}

/// Lets one request pass, and only to the host of the plan.
#[derive(Clone, Debug)]
struct Once {
    host: String,
    place: EndpointProbe,
    sent: Arc<AtomicUsize>,
}

impl Once {
    fn to(host: &str) -> Self {
        Self {
            host: host.to_owned(),
            place: EndpointProbe::default(),
            sent: Arc::default(),
        }
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Once {
    fn name(&self) -> &'static str {
        "duckops::Once"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.place.read_before_transmit(context, components, bag)?;
        if self.place.host().as_ref() != Some(&self.host) {
            return Err("the request would go to another host than the plan's".into());
        }
        if self.sent.fetch_add(1, Ordering::SeqCst) > 0 {
            return Err("the request would be sent a second time".into());
        }
        Ok(())
    }
}
