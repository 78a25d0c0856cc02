//! Claim: an endpoint that the AWS configuration file sets counts as overridden everywhere, as one
//! from the environment does; and a file of AWS that never ends, or is no text, is named and ends no run.

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

#[test]
fn a_file_of_aws_that_never_ends_or_is_no_text_is_named_within_the_deadline() {
    let stage = Stage::of(world("healthy"));
    let path = |name: &str| stage.home().join(name).display().to_string();
    let pipe = path("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    let utf16 = "[default]\naws_access_key_id = practice\naws_secret_access_key = practice\n";
    let utf16: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(utf16.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    std::fs::write(path("utf-16"), utf16).expect("written");
    std::fs::create_dir(path("folder")).expect("a folder");
    for (variable, file, has_keys, why) in [
        ("AWS_CONFIG_FILE", pipe.clone(), true, "it is a pipe"),
        (
            "AWS_SHARED_CREDENTIALS_FILE",
            pipe.clone(),
            false,
            "it is a pipe",
        ),
        (
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            pipe.clone(),
            false,
            "it is a pipe",
        ),
        (
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            pipe.clone(),
            false,
            "it is a pipe",
        ),
        (
            "AWS_CONFIG_FILE",
            "/dev/zero".to_owned(),
            true,
            "it is a device",
        ),
        (
            "AWS_SHARED_CREDENTIALS_FILE",
            path("utf-16"),
            false,
            "it is UTF-16",
        ),
        (
            "AWS_SHARED_CREDENTIALS_FILE",
            path("folder"),
            false,
            "it is a folder",
        ),
    ] {
        let mut call = stage.once(&["triage", "inc-005", "quota", "--deadline", "10s"]);
        if !has_keys {
            call = call
                .without("AWS_ACCESS_KEY_ID")
                .without("AWS_SECRET_ACCESS_KEY");
        }
        let began = std::time::Instant::now();
        let (code, document) = call.env(variable, &file).json();
        let took = began.elapsed();
        let text = document.to_string();
        assert_eq!(code, 3, "{variable} {file}: {document:#}");
        assert!(
            text.contains(&format!("{file} ({variable}) cannot be used: {why}")),
            "{document:#}"
        );
        assert!(
            took < std::time::Duration::from_secs(60),
            "{variable} {file}: {took:?}"
        );
    }
    for (file, code) in [("/dev/null".to_owned(), 0), (path("utf-16"), 0)] {
        // Keys of the environment need none of it.
        let call = stage.once(&["triage", "inc-005", "quota"]);
        let (ended, document) = call.env("AWS_CONFIG_FILE", &file).json();
        assert_eq!(ended, code, "{file}: {document:#}");
    }
}
