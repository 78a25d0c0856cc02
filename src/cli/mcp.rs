//! `duckops mcp`: the commands that only read, for programs that speak the Model Context
//! Protocol on standard input and output.

mod answer;
mod stream;
mod tools;

use super::fail::Failure;
use super::{Context, out};
use crate::exit;
use answer::Answers;
use rmcp::ServiceExt;
use rmcp::service::{QuitReason, ServerInitializeError};
use std::io::IsTerminal;
use stream::{Health, Input, Output};
use tools::Tools;

/// Serves until the input ends. Standard output carries the protocol and nothing else; failures go
/// to standard error and the exit code.
pub(super) async fn main(context: &Context) -> Result<u8, Failure> {
    if std::io::stdin().is_terminal() {
        out::warn(
            "duckops mcp is for programs: it speaks the Model Context Protocol on standard input and output",
        );
    }
    let health = Health::default();
    let answers = Answers::new(context);
    let input = Input::new(tokio::io::stdin(), health.clone(), answers.idle());
    let output = Output::new(tokio::io::stdout(), health.clone());
    let ended = match Tools::new(answers).serve((input, output)).await {
        Ok(serving) => serving.waiting().await.map_err(|error| error.to_string()),
        // A client that closes without sending anything is not an error.
        Err(ServerInitializeError::ConnectionClosed(_)) => Ok(QuitReason::Closed),
        Err(error) => Err(error.to_string()),
    };
    let broken = health.broken().or(match ended {
        Ok(QuitReason::Closed | QuitReason::Cancelled) => None,
        Ok(QuitReason::JoinError(error)) => Some(error.to_string()),
        Ok(_) => Some("the server ended by itself".to_owned()),
        Err(why) => Some(why),
    });
    Ok(match broken {
        None => exit::OK,
        Some(why) => {
            out::warn(&format!("duckops: the protocol's stream broke: {why}"));
            exit::UNKNOWN
        }
    })
}
