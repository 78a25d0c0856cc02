//! From a request to the operation that it asks for, and from there to an answer. A
//! request that this stack does not expect is refused in the protocol it was made in.

use super::wire::{
    IncomingRequest, OperationResult, Protocol, Refusal, RequestContext, WireResponse,
};
use super::{
    Effect, FakeStack, Fault, Operation, alias, beak, bond, cloudtrail, cloudwatch, lambda, logs,
    people, ses, sfn, sts,
};
use hyper::{Method, StatusCode};
use time::OffsetDateTime;

/// Which of the two listeners was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listener {
    /// The status and audit API.
    Api,
    /// AWS.
    Aws,
}

/// What a request came to.
pub(super) struct Routed {
    pub(super) operation: Option<Operation>,
    pub(super) question: String,
    pub(super) unexpected: bool,
    pub(super) answer: WireResponse,
    /// What changes in the world.
    pub(super) effect: Option<Effect>,
}

/// Answers a request from the world as it is at `now`.
pub(super) fn route(
    world: &FakeStack,
    now: OffsetDateTime,
    listener: Listener,
    request: &IncomingRequest,
) -> Routed {
    let (protocol, named) = match listener {
        Listener::Api => (Protocol::Gateway, api(request)),
        Listener::Aws => aws(request),
    };
    let operation = named.as_ref().ok().copied();
    let reply = match named {
        Err(asked) => {
            let refusal = nobody_answers(listener, &asked);
            OperationResult::new(asked, Err(refusal))
        }
        Ok(operation) => match credential_scope(world, operation, request) {
            Err(refusal) => OperationResult::new(operation.to_string(), Err(refusal)),
            Ok(()) => perform(
                operation,
                &RequestContext {
                    world,
                    now,
                    request,
                    protocol,
                },
            ),
        },
    };
    let unexpected = matches!(&reply.outcome, Err(refusal) if refusal.unexpected);
    let honest = match reply.outcome {
        Ok(payload) => protocol.speak(StatusCode::OK, payload),
        Err(refusal) => protocol.refuse(&refusal),
    };
    let fault = operation
        .filter(|_| !unexpected)
        .and_then(|o| Some((o, world.faults.get(&o)?)));
    // A write that fails changes nothing, unless the fault says that it was done.
    let effect = reply
        .effect
        .filter(|_| matches!(fault, None | Some((_, Fault::Done(_) | Fault::Delay(_)))));
    let answer = match fault {
        Some((operation, fault)) => fault.bend(operation, protocol, world, honest),
        None => honest,
    };
    Routed {
        operation,
        question: reply.question,
        unexpected,
        answer,
        effect,
    }
}

fn perform(operation: Operation, context: &RequestContext<'_>) -> OperationResult {
    match operation {
        Operation::Status => beak::status(context),
        Operation::Audit => beak::audit(context),
        Operation::Spaceducks => people::spaceducks(context),
        Operation::PeckList => people::peck_list(context),
        Operation::Pulse => bond::pulse(context),
        Operation::Rotate => bond::rotate(context),
        Operation::Unpeck => bond::unpeck(context),
        Operation::GetCallerIdentity => sts::get_caller_identity(context),
        Operation::ListExecutions => sfn::list_executions(context),
        Operation::DescribeExecution => sfn::describe_execution(context),
        Operation::GetAccount => ses::get_account(context),
        Operation::ListSuppressedDestinations => ses::list_suppressed(context),
        Operation::ListEmailIdentities => ses::list_identities(context),
        Operation::GetMetricData => cloudwatch::get_metric_data(context),
        Operation::GetMetricStatistics => cloudwatch::get_metric_statistics(context),
        Operation::GetAlias => lambda::get_alias(context),
        Operation::ListVersionsByFunction => lambda::list_versions(context),
        Operation::GetFunctionConfiguration => lambda::get_configuration(context),
        Operation::GetPolicy => lambda::get_policy(context),
        Operation::GetProvisionedConcurrencyConfig => lambda::get_provisioned(context),
        Operation::GetFunctionConcurrency => lambda::get_concurrency(context),
        Operation::Invoke => alias::invoke(context),
        Operation::UpdateAlias => alias::update_alias(context),
        Operation::FilterLogEvents => logs::filter_log_events(context),
        Operation::LookupEvents => cloudtrail::lookup_events(context),
    }
}

fn api(request: &IncomingRequest) -> Result<Operation, String> {
    let path = request.path.strip_prefix("/prod").unwrap_or(&request.path);
    match (&request.method, path) {
        (&Method::GET, "/beak/system/status") => Ok(Operation::Status),
        (&Method::POST, "/beak/audit") => Ok(Operation::Audit),
        (&Method::GET | &Method::POST, "/beak/spaceducks") => Ok(Operation::Spaceducks),
        (&Method::POST, "/beak/peck/list") => Ok(Operation::PeckList),
        (&Method::POST, "/beak/pulse") => Ok(Operation::Pulse),
        (&Method::POST, "/beak/rotate") => Ok(Operation::Rotate),
        (&Method::POST, "/beak/unpeck") => Ok(Operation::Unpeck),
        (method, _) => Err(format!("{method} {}", request.path)),
    }
}

fn aws(request: &IncomingRequest) -> (Protocol, Result<Operation, String>) {
    if let Some(target) = request.header("x-amz-target") {
        return by_target(target);
    }
    if let Some(rest) = request
        .path
        .strip_prefix("/service/GraniteServiceVersion20100801/operation/")
    {
        return (Protocol::Cbor, one_of(rest, &METRICS));
    }
    if request.path == "/" {
        let action = request.field("Action").unwrap_or("no Action");
        return (
            Protocol::Query,
            one_of(action, &[Operation::GetCallerIdentity]),
        );
    }
    let operation = match (&request.method, request.path.as_str()) {
        (&Method::GET, "/v2/email/account") => Some(Operation::GetAccount),
        (&Method::GET, "/v2/email/identities") => Some(Operation::ListEmailIdentities),
        (&Method::GET, "/v2/email/suppression/addresses") => {
            Some(Operation::ListSuppressedDestinations)
        }
        (method, path) => lambda::asked_by(method, path),
    };
    let asked = || format!("{} {}", request.method, request.path);
    (Protocol::Rest, operation.ok_or_else(asked))
}

const METRICS: [Operation; 2] = [Operation::GetMetricData, Operation::GetMetricStatistics];

fn by_target(target: &str) -> (Protocol, Result<Operation, String>) {
    let (service, name) = target.rsplit_once('.').unwrap_or((target, ""));
    match service {
        "AWSStepFunctions" => (
            Protocol::Json("1.0"),
            one_of(
                name,
                &[Operation::ListExecutions, Operation::DescribeExecution],
            ),
        ),
        "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101" => (
            Protocol::Json("1.1"),
            one_of(name, &[Operation::LookupEvents]),
        ),
        "GraniteServiceVersion20100801" => (Protocol::Json("1.0"), one_of(name, &METRICS)),
        "Logs_20140328" => (
            Protocol::Json("1.1"),
            one_of(name, &[Operation::FilterLogEvents]),
        ),
        _ => (Protocol::Json("1.0"), Err(target.to_owned())),
    }
}

fn one_of(name: &str, known: &[Operation]) -> Result<Operation, String> {
    Operation::named(name)
        .filter(|operation| known.contains(operation))
        .ok_or_else(|| name.to_owned())
}

fn nobody_answers(listener: Listener, asked: &str) -> Refusal {
    match listener {
        Listener::Api => Refusal::unexpected(
            403,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        ),
        Listener::Aws => Refusal::unexpected(
            501,
            "UnknownOperationException",
            format!("the practice stack does not play {asked}"),
        ),
    }
}

/// AWS answers a signed request only where its signature was meant for.
fn credential_scope(
    world: &FakeStack,
    operation: Operation,
    request: &IncomingRequest,
) -> Result<(), Refusal> {
    let Some(service) = operation.service() else {
        return Ok(());
    };
    let Some(scope) = request
        .header("authorization")
        .and_then(|a| a.split_once("Credential="))
    else {
        return Err(Refusal::unexpected(
            403,
            "MissingAuthenticationTokenException",
            format!("{operation} was asked without a signature"),
        ));
    };
    let scope: Vec<_> = scope
        .1
        .split([',', ' '])
        .next()
        .unwrap_or("")
        .split('/')
        .collect();
    match scope.as_slice() {
        [.., region, signed_for, "aws4_request"]
            if *region == world.region && *signed_for == service.signing =>
        {
            Ok(())
        }
        _ => Err(Refusal::unexpected(
            403,
            "SignatureDoesNotMatch",
            format!(
                "Credential should be scoped to {}/{}, not to {}",
                world.region,
                service.signing,
                scope.get(2..).unwrap_or(&[]).join("/")
            ),
        )),
    }
}
