//! The arguments of the commands about requests.

use super::Watched;
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(in crate::cli) struct PeckArgs {
    #[command(subcommand)]
    pub(in crate::cli) action: PeckAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PeckAction {
    /// Show the requests of the last 24 h, most urgent first
    List(Watched),
    /// Show one request and what to do about it
    Show {
        /// The id of the request
        #[arg(value_name = "PECK_ID")]
        id: String,
        /// Print only the text for the hand-off to support
        #[arg(long)]
        handoff: bool,
        #[command(flatten)]
        watched: Watched,
    },
    /// Show what to do in a state of a request (no network)
    Guide {
        /// pending, approved, denied, expired or callback-error; without it, all of them
        state: Option<String>,
    },
}
