//! A channel that is a program: arguments as they are, the message on its standard input.

use super::payload;
use super::send_error::SendError;
use crate::alerting::Message;
use crate::cloud::ProcessGroup;
use crate::text::{Untrusted, words_of};
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Runs a program once. Its output goes nowhere, so that it can fill nothing.
pub(super) async fn run(
    line: &[String],
    env: &[(String, String)],
    message: &Message,
) -> Result<(), SendError> {
    let Some((program, arguments)) = line.split_first() else {
        return Err(SendError::passing("no program is named"));
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut running = ProcessGroup::spawn(&mut command).map_err(|error| {
        SendError::passing(format!(
            "the program could not be started: {}",
            words_of(&error)
        ))
    })?;
    if let Some(mut input) = running.input() {
        // A program that does not read to the end may still do its work.
        let _ = input.write_all(payload::text(message).as_bytes()).await;
    }
    let status = running
        .wait()
        .await
        .map_err(|error| SendError::passing(format!("the program was lost: {error}")))?;
    if status.success() {
        running.release();
        return Ok(());
    }
    let how = Untrusted::new(status.to_string()).printable(60);
    Err(SendError::passing(format!("the program ended with {how}")))
}
