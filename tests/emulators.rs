//! Claim: against AWS as others emulate it, the built binary reads what is there, counts
//! it right and calls nothing ok that it could not read.
//!
//! Each test moves some services to moto or ministack by the variables that the AWS
//! clients read, `AWS_ENDPOINT_URL_SFN` and its kin. The practice stack plays what is not
//! moved: always the status and audit API, because no emulator knows it, and otherwise
//! what an emulator lacks. moto has no SES `GetAccount` and does not speak the encoding of
//! the CloudWatch client; ministack has both. That a moved service really was asked there
//! and not at the practice stack is checked every time.

mod alias;
mod cli;
mod executions;
mod mail;
mod server;

use crate::support::Stage;
use duckops::practice::{FakeStack, Operation};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A service: the variable that moves it, and the operation it is asked.
struct Service(&'static str, Operation);

const SFN: Service = Service("AWS_ENDPOINT_URL_SFN", Operation::ListExecutions);
const SES: Service = Service("AWS_ENDPOINT_URL_SESV2", Operation::GetAccount);
const CLOUDWATCH: Service = Service("AWS_ENDPOINT_URL_CLOUDWATCH", Operation::GetMetricData);
const STS: Service = Service("AWS_ENDPOINT_URL_STS", Operation::GetCallerIdentity);

/// This second: emulators date what happens by the real clock.
fn this_second() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(0).expect("a whole second")
}

/// A healthy stack at this moment, without a past.
fn stage(now: OffsetDateTime) -> Stage {
    let healthy = duckops::practice::find("healthy").expect("the scene");
    Stage::of(FakeStack {
        frozen: true,
        recorded: Vec::new(),
        ..healthy.world(now)
    })
}

/// A triage of one runbook at a moment, with these services moved to these addresses.
fn triage(
    stage: &Stage,
    at: OffsetDateTime,
    runbook: &str,
    moved: &[(Service, String)],
    more: &[(&str, &str)],
) -> Value {
    // The API sends the time too, and must agree with the clock of the binary.
    stage.practice.world().now = at;
    let before = stage.practice.requests().len();
    let mut duckops = stage
        .duckops(&["triage", runbook, "--deadline", "60s"])
        .env("DUCKOPS_TEST_NOW", at.format(&Rfc3339).expect("a time"));
    for (Service(variable, _), url) in moved {
        duckops = duckops.env(variable, url);
    }
    for (name, value) in more {
        duckops = duckops.env(name, *value);
    }
    let (code, document) = duckops.json();
    assert_eq!(document["exit_code"], code, "{document:#}");
    for seen in &stage.practice.requests()[before..] {
        for (Service(variable, operation), _) in moved {
            assert_ne!(seen.operation, Some(*operation), "{variable} moved nothing");
        }
    }
    document
}

/// The value of a fact in a step's evidence.
fn fact<'a>(step: &'a Value, path: &str) -> &'a Value {
    let evidence = step["evidence"].as_array().expect("evidence");
    let found = evidence.iter().find(|e| e["fact"] == path);
    &found.unwrap_or_else(|| panic!("no {path} in {step:#}"))["value"]
}

/// That a step has this verdict; shown whole if not.
fn judged(step: &Value, verdict: &str) {
    assert_eq!(step["verdict"], verdict, "{step:#}");
}
