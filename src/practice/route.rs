//! From a request to the operation that it asks for, and from there to an answer. A
//! request that this stack does not expect is refused in the protocol it was made in.

use super::wire::{Answer, Ask, Protocol, Refusal, Reply, RequestContext};
use super::{
    Effect, FakeStack, Fault, Operation, alias, beak, bond, cloudwatch, lambda, logs, people, ses,
    sfn, sts,
};
use hyper::{Method, StatusCode};
use time::OffsetDateTime;

/// Which of the two listeners was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
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
    pub(super) answer: Answer,
    /// What changes in the world.
    pub(super) effect: Option<Effect>,
}

/// Answers a request from the world as it is at `now`.
pub(super) fn route(world: &FakeStack, now: OffsetDateTime, door: Door, ask: &Ask) -> Routed {
    let (protocol, named) = match door {
        Door::Api => (Protocol::Gateway, api(ask)),
        Door::Aws => aws(ask),
    };
    let operation = named.as_ref().ok().copied();
    let reply = match named {
        Err(asked) => {
            let refusal = nobody_answers(door, &asked);
            Reply::new(asked, Err(refusal))
        }
        Ok(operation) => match credential_scope(world, operation, ask) {
            Err(refusal) => Reply::new(operation.to_string(), Err(refusal)),
            Ok(()) => perform(
                operation,
                &RequestContext {
                    world,
                    now,
                    ask,
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

fn perform(operation: Operation, scenery: &RequestContext<'_>) -> Reply {
    match operation {
        Operation::Status => beak::status(scenery),
        Operation::Audit => beak::audit(scenery),
        Operation::Spaceducks => people::spaceducks(scenery),
        Operation::PeckList => people::peck_list(scenery),
        Operation::Pulse => bond::pulse(scenery),
        Operation::Rotate => bond::rotate(scenery),
        Operation::Unpeck => bond::unpeck(scenery),
        Operation::GetCallerIdentity => sts::get_caller_identity(scenery),
        Operation::ListExecutions => sfn::list_executions(scenery),
        Operation::GetAccount => ses::get_account(scenery),
        Operation::GetMetricData => cloudwatch::get_metric_data(scenery),
        Operation::GetMetricStatistics => cloudwatch::get_metric_statistics(scenery),
        Operation::GetAlias => lambda::get_alias(scenery),
        Operation::ListVersionsByFunction => lambda::list_versions(scenery),
        Operation::GetFunctionConfiguration => lambda::get_configuration(scenery),
        Operation::GetPolicy => lambda::get_policy(scenery),
        Operation::GetProvisionedConcurrencyConfig => lambda::get_provisioned(scenery),
        Operation::GetFunctionConcurrency => lambda::get_concurrency(scenery),
        Operation::Invoke => alias::invoke(scenery),
        Operation::UpdateAlias => alias::update_alias(scenery),
        Operation::FilterLogEvents => logs::filter_log_events(scenery),
    }
}

fn api(ask: &Ask) -> Result<Operation, String> {
    let path = ask.path.strip_prefix("/prod").unwrap_or(&ask.path);
    match (&ask.method, path) {
        (&Method::GET, "/beak/system/status") => Ok(Operation::Status),
        (&Method::POST, "/beak/audit") => Ok(Operation::Audit),
        (&Method::GET | &Method::POST, "/beak/spaceducks") => Ok(Operation::Spaceducks),
        (&Method::POST, "/beak/peck/list") => Ok(Operation::PeckList),
        (&Method::POST, "/beak/pulse") => Ok(Operation::Pulse),
        (&Method::POST, "/beak/rotate") => Ok(Operation::Rotate),
        (&Method::POST, "/beak/unpeck") => Ok(Operation::Unpeck),
        (method, _) => Err(format!("{method} {}", ask.path)),
    }
}

fn aws(ask: &Ask) -> (Protocol, Result<Operation, String>) {
    if let Some(target) = ask.header("x-amz-target") {
        return by_target(target);
    }
    if let Some(rest) = ask
        .path
        .strip_prefix("/service/GraniteServiceVersion20100801/operation/")
    {
        return (Protocol::Cbor, one_of(rest, &METRICS));
    }
    if ask.path == "/" {
        let action = ask.field("Action").unwrap_or("no Action");
        return (
            Protocol::Query,
            one_of(action, &[Operation::GetCallerIdentity]),
        );
    }
    let operation = match (&ask.method, ask.path.as_str()) {
        (&Method::GET, "/v2/email/account") => Some(Operation::GetAccount),
        (method, path) => lambda::asked_by(method, path),
    };
    let asked = || format!("{} {}", ask.method, ask.path);
    (Protocol::Rest, operation.ok_or_else(asked))
}

const METRICS: [Operation; 2] = [Operation::GetMetricData, Operation::GetMetricStatistics];

fn by_target(target: &str) -> (Protocol, Result<Operation, String>) {
    let (service, name) = target.split_once('.').unwrap_or((target, ""));
    match service {
        "AWSStepFunctions" => (
            Protocol::Json("1.0"),
            one_of(name, &[Operation::ListExecutions]),
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

fn nobody_answers(door: Door, asked: &str) -> Refusal {
    match door {
        Door::Api => Refusal::unexpected(
            403,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        ),
        Door::Aws => Refusal::unexpected(
            501,
            "UnknownOperationException",
            format!("the practice stack does not play {asked}"),
        ),
    }
}

/// AWS answers a signed request only where its signature was meant for.
fn credential_scope(world: &FakeStack, operation: Operation, ask: &Ask) -> Result<(), Refusal> {
    let Some(service) = operation.service() else {
        return Ok(());
    };
    let Some(scope) = ask
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
