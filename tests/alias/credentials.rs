//! Claim: a canary that errs is taken back also when the keys that the run began with have
//! expired meanwhile, and a run whose keys cannot be renewed says so before it begins.

use super::canary::{APPROVED, ready, serve};
use super::{alias, json, puts};
use crate::support::{Stage, front, http};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long each key counts, in seconds.
const LIFE_S: u64 = 4;

/// Prints a key whose name says when it expires.
const PROCESS: &str = r#"#!/bin/sh
expiry=$(( $(date +%s) + LIFE ))
at=$(date -u -d "@$expiry" +%Y-%m-%dT%H:%M:%SZ)
printf '{"Version":1,"AccessKeyId":"ASIA%s","SecretAccessKey":"s","SessionToken":"t","Expiration":"%s"}' "$expiry" "$at"
"#;

/// Stands before the practice stack and refuses keys that have expired, as AWS does.
fn refusing_expired_keys(practice: String) -> String {
    front::before(practice, |request| {
        let expiry = request
            .key()
            .and_then(|key| key.strip_prefix("ASIA")?.parse::<u64>().ok());
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let is_over = expiry.is_none_or(|expiry| now.is_ok_and(|now| now.as_secs() > expiry));
        let name = ("x-amzn-errortype", "ExpiredTokenException");
        let body = br#"{"message":"The security token included in the request is expired"}"#;
        is_over.then(|| http("403 Forbidden", &[name], body))
    })
}

#[test]
fn a_canary_that_fails_is_taken_back_after_the_first_keys_have_expired() {
    let stage = Stage::of(ready(0.0, 0.0));
    let process = stage.home().join("process");
    let script = PROCESS.replace("LIFE", &LIFE_S.to_string());
    std::fs::write(&process, script).expect("written");
    let mode = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(&process, mode).expect("set");
    let config = stage.home().join("aws-config");
    let profile = format!("[default]\ncredential_process = {}\n", process.display());
    std::fs::write(&config, profile).expect("written");
    let mut arguments = vec!["promote", "--to", "62", "--confirm", "prod@61->62"];
    arguments.extend(APPROVED);
    arguments.extend(["--canary", "10", "--bake", "30s", "--output", "json"]);
    let mut command = alias(&stage, &arguments)
        .env(
            "AWS_ENDPOINT_URL",
            refusing_expired_keys(stage.practice.aws_url()),
        )
        .env("AWS_CONFIG_FILE", config.as_os_str())
        .command();
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    let output = std::thread::scope(|scope| {
        scope.spawn(|| {
            let began = Instant::now();
            while puts(&stage).is_empty() && began.elapsed() < Duration::from_secs(60) {
                std::thread::sleep(Duration::from_millis(20));
            }
            // The keys that the first move was signed with are over by then.
            std::thread::sleep(Duration::from_secs(LIFE_S + 2));
            serve(&mut stage.practice.world(), 40.0, 20.0);
        });
        command.output().expect("the binary runs")
    });
    let document: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    assert_eq!(
        (output.status.code(), &document["outcome"]),
        (Some(2), &json!("returned")),
        "{document:#}"
    );
    let end = stage.practice.world().alias_target.clone();
    assert_eq!((end.version.as_str(), end.weights.len()), ("61", 0));
    assert_eq!(puts(&stage).len(), 2);
}

#[test]
fn a_canary_with_session_keys_of_the_environment_says_that_they_may_expire() {
    for (token, says) in [(Some("t"), true), (None, false)] {
        let stage = Stage::of(ready(0.0, 0.0));
        let mut arguments = vec!["promote", "--to", "62", "--dry-run"];
        arguments.extend(APPROVED);
        arguments.extend(["--canary", "10", "--bake", "30m"]);
        let mut call = alias(&stage, &arguments);
        if let Some(token) = token {
            call = call.env("AWS_SESSION_TOKEN", token);
        }
        let (code, document) = call.json();
        assert_eq!(code, 0, "{document:#}");
        let cautions = document["cautions"].to_string();
        assert_eq!(cautions.contains("not be taken back"), says, "{cautions}");
    }
}
