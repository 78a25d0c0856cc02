//! The arguments of `duckops record`.

use super::output_file;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(in crate::cli) struct RecordArgs {
    /// Such as inc-004
    #[arg(required_unless_present = "deploy_log")]
    pub(in crate::cli) runbook: Option<String>,
    /// Append the last move of the alias to this DEPLOY-LOG.md instead
    #[arg(long, value_name = "FILE", value_parser = output_file(), conflicts_with_all = ["log", "from", "note", "operator"])]
    pub(in crate::cli) deploy_log: Option<PathBuf>,
    /// The log to append to [default: governance_log of the stack]
    #[arg(long, value_name = "FILE", value_parser = output_file())]
    pub(in crate::cli) log: Option<PathBuf>,
    /// Who records it [default: the name of the login]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) operator: Option<String>,
    /// A note to record with the numbers
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) note: Option<String>,
    /// Record a recording of triage --save (no network); - is standard input
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) from: Option<PathBuf>,
    /// Show the entry; write nothing
    #[arg(long, short = 'n')]
    pub(in crate::cli) dry_run: bool,
}
