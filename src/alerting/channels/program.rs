//! A channel that is a program: arguments as they are, the message on its standard input.

use super::payload;
use super::send_error::SendError;
use crate::alerting::Message;
use crate::text::Untrusted;
use rustix::process::{Pid, Signal, kill_process_group};
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Kills a program and everything that it started, unless it is told not to: a program that hangs
/// often waits for one of its children, which would go on without it.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It may be over.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Runs a program once. Its output goes nowhere, so that it can fill nothing.
pub(super) async fn run(
    line: &[String],
    env: &[(String, String)],
    message: &Message,
) -> Result<(), SendError> {
    let Some((program, arguments)) = line.split_first() else {
        return Err(SendError::passing("no program is named"));
    };
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            SendError::passing(format!("the program could not be started: {error}"))
        })?;
    let id = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
    let mut group = Group(id);
    if let Some(mut input) = child.stdin.take() {
        // A program that does not read to the end may still do its work.
        let _ = input.write_all(payload::text(message).as_bytes()).await;
    }
    let status = child
        .wait()
        .await
        .map_err(|error| SendError::passing(format!("the program was lost: {error}")))?;
    if status.success() {
        // What it left running on purpose goes on.
        group.0 = None;
        return Ok(());
    }
    let how = Untrusted::new(status.to_string()).printable(60);
    Err(SendError::passing(format!("the program ended with {how}")))
}
