//! Claim: an endpoint that the AWS configuration file sets counts as overridden everywhere, as one
//! from the environment does.

use crate::support::receiver::{Receiver, configured};
use crate::support::{Stage, step, world};
use std::process::{Command, Output};

/// The binary with its AWS endpoint from the configuration file alone.
fn by_file(stage: &Stage, arguments: &[&str]) -> Output {
    let config = stage.home().join("aws-config");
    let url = stage.practice.aws_url();
    let text = format!(
        "[profile oncall]\nservices = here\n[services here]\nlambda =\n  endpoint_url = {url}\nsts =\n  endpoint_url = {url}\ndynamodb =\n  endpoint_url = {url}\n[default]\nendpoint_url = {url}\n"
    );
    std::fs::write(&config, text).expect("written");
    let command = stage.duckops(arguments);
    // Checked to go nowhere but loopback; the file names loopback too.
    let mut command: Command = command.env("AWS_CONFIG_FILE", config.as_os_str()).command();
    command.env_remove("AWS_ENDPOINT_URL");
    command.output().expect("the binary runs")
}

#[test]
fn an_endpoint_of_the_aws_configuration_is_named_in_the_notes_of_a_run() {
    let stage = Stage::of(world("healthy"));
    let output = by_file(&stage, &["triage", "-o", "json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a document");
    let notes = document["notes"].to_string();
    let words = "(endpoint_url of profile default in ";
    assert!(notes.contains(words), "{notes}");
}

#[test]
fn an_escalation_on_an_endpoint_of_the_aws_configuration_needs_the_flag() {
    let stage = Stage::of(world("inc-004"));
    let receiver = Receiver::well();
    configured(&stage, &[("hook", "webhook", &receiver.url())]);
    // The API is the configured one, so that only the file speaks against it.
    let config = stage.home().join(".config/duckops/config.toml");
    let text = std::fs::read_to_string(&config).expect("the configuration");
    let api = stage.practice.api_url();
    std::fs::write(
        &config,
        format!("{text}[stack.prod]\napi_url = \"{api}\"\n"),
    )
    .expect("written");
    let output = by_file(&stage, &["escalate", "inc-004", "--confirm", "inc-004"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(said.contains("REFUSED"), "{said}");
    assert_eq!(receiver.raw.connections(), 0);
}

#[test]
fn a_table_is_not_made_at_an_endpoint_of_the_aws_configuration() {
    let stage = Stage::of(world("healthy"));
    let output = by_file(
        &stage,
        &["history", "init", "--history", "dynamodb:duckops"],
    );
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        said.contains("overridden by endpoint_url of profile default"),
        "{said}"
    );
}

#[test]
fn an_empty_endpoint_of_a_service_counts_as_none() {
    let stage = Stage::of(world("healthy"));
    let call = stage
        .duckops(&["triage", "inc-001", "alias"])
        .env("AWS_ENDPOINT_URL_LAMBDA", "")
        .env("AWS_ENDPOINT_URL_STS", "");
    let (_, document) = call.json();
    let alias = step(&document, "inc-001", "alias");
    assert_eq!(alias["verdict"], "ok", "{alias:#}");
}
