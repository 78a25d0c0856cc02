//! The arguments of the commands about bonds.

use crate::engine::credentials::CredentialPaths;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub(in crate::cli) struct BondArgs {
    #[command(subcommand)]
    pub(in crate::cli) action: BondAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BondAction {
    /// Show every bond, worst first
    List(Watched),
    /// Show one bond and what to do about it
    Show {
        /// The agent's id
        #[arg(value_name = "SPACEDUCK_ID")]
        id: String,
        #[command(flatten)]
        watched: Watched,
    },
    /// Check a new bond against its checklist
    Verify {
        /// The agent's id
        #[arg(value_name = "SPACEDUCK_ID")]
        id: String,
        #[command(flatten)]
        lists: Lists,
    },
    /// Show what to do at a stage of a bond (no network)
    Guide {
        /// bond, pulse, rotate, disconnect or webhook; without it, all of them
        stage: Option<String>,
    },
    /// Send one pulse in the agent's name
    Pulse {
        /// The agent's id
        #[arg(value_name = "SPACEDUCK_ID")]
        id: String,
        #[command(flatten)]
        guard: BondGuard,
    },
    /// Issue a new Beak Key; the old one stops working at once
    Rotate(Rotate),
    /// Unpeck a bond permanently
    Disconnect {
        /// The agent's id
        #[arg(value_name = "SPACEDUCK_ID")]
        id: String,
        #[command(flatten)]
        guard: BondGuard,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Rotate {
    /// The agent's id
    #[arg(value_name = "SPACEDUCK_ID")]
    pub(in crate::cli) id: String,
    #[command(flatten)]
    pub(in crate::cli) guard: BondGuard,
    /// Wait for the first pulse with the new key
    #[arg(long)]
    pub(in crate::cli) verify: bool,
    /// How long to wait for it
    #[arg(long, value_name = "DUR", default_value = "10m")]
    pub(in crate::cli) wait: String,
    /// Find out the outcome of an unfinished rotation; sends nothing
    #[arg(long, conflicts_with_all = ["verify", "supersede", "force_stale_pulse", "confirm", "dry_run"])]
    pub(in crate::cli) recover: bool,
    /// Rotate again, although this rotation may have issued a key
    #[arg(long, value_name = "INTENT")]
    pub(in crate::cli) supersede: Option<String>,
    /// Rotate although the agent does not pulse, for this reason
    #[arg(long, value_name = "REASON")]
    pub(in crate::cli) force_stale_pulse: Option<String>,
}

/// What every write to a bond takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct BondGuard {
    /// Consent without a terminal: repeat the agent's id
    #[arg(long, value_name = "SPACEDUCK_ID")]
    pub(in crate::cli) confirm: Option<String>,
    /// Run every check and show the plan; change nothing
    #[arg(long, short = 'n')]
    pub(in crate::cli) dry_run: bool,
    /// Send it to an address that is not the stack's configured one
    #[arg(long)]
    pub(in crate::cli) endpoint_override: bool,
    #[command(flatten)]
    pub(in crate::cli) credentials: CredentialFiles,
}

/// With what the lists are asked.
#[derive(Debug, Args)]
pub(in crate::cli) struct Lists {
    #[command(flatten)]
    pub(in crate::cli) credentials: CredentialFiles,
    /// The duckling whose agents the lists hold
    #[arg(long, value_name = "DUCKLING_ID")]
    pub(in crate::cli) duckling: Option<String>,
    /// The agent of the Beak Key, if not the one that is shown
    #[arg(long, value_name = "SPACEDUCK_ID")]
    pub(in crate::cli) spaceduck: Option<String>,
}

/// With what the lists are asked, and how often everything is.
#[derive(Debug, Args)]
pub(in crate::cli) struct Watched {
    #[command(flatten)]
    pub(in crate::cli) lists: Lists,
    /// Repeat at this interval, such as 30s, until interrupted
    #[arg(long, value_name = "DUR")]
    pub(in crate::cli) watch: Option<String>,
}

/// Where credentials of the API are kept.
#[derive(Debug, Args)]
pub(in crate::cli) struct CredentialFiles {
    /// File with the agent's Beak Key [env: DUCKOPS_BEAK_KEY_FILE]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) beak_key_file: Option<PathBuf>,
    /// File with the operator's token [env: DUCKOPS_TOKEN_FILE]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) token_file: Option<PathBuf>,
}

impl CredentialFiles {
    pub(in crate::cli) fn paths(&self, deadline: Duration) -> CredentialPaths<'_> {
        CredentialPaths {
            token: self.token_file.as_deref(),
            beak_key: self.beak_key_file.as_deref(),
            wait: Some(deadline),
        }
    }
}
