//! The arguments of `duckops triage`, and of what compares its recordings.

use super::output_file;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Default, Args)]
pub(in crate::cli) struct TriageArgs {
    /// Such as inc-004; without it, all seven runbooks
    pub(in crate::cli) runbook: Option<String>,
    /// One step of it, by number or id
    pub(in crate::cli) step: Option<String>,
    /// Go through a runbook step by step, on a terminal
    #[arg(long, short, requires = "runbook", conflicts_with_all = ["save", "from", "wait", "watch", "step"])]
    pub(in crate::cli) guide: bool,
    /// The version that prod is expected to be on
    #[arg(long, value_name = "VERSION")]
    pub(in crate::cli) expect: Option<String>,
    /// A DEPLOY-LOG.md, whose newest entry names that version
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) deploy_log: Option<PathBuf>,
    /// Save a recording of this run to a new file, without secrets
    #[arg(long, value_name = "FILE", conflicts_with = "watch", value_parser = output_file())]
    pub(in crate::cli) save: Option<PathBuf>,
    /// Hide the AWS account number in that file, too
    #[arg(long, requires = "save")]
    pub(in crate::cli) hide_account: bool,
    /// Judge a recording (no network); - is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["save", "expect", "deploy_log", "wait", "watch"])]
    pub(in crate::cli) from: Option<PathBuf>,
    /// Repeat until it is ok, for at most this long, such as 5m
    #[arg(long, value_name = "DUR", conflicts_with = "watch")]
    pub(in crate::cli) wait: Option<String>,
    /// Repeat at this interval, such as 30s, until interrupted
    #[arg(long, value_name = "DUR")]
    pub(in crate::cli) watch: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct DiffArgs {
    /// The recording that was made first
    pub(in crate::cli) before: PathBuf,
    /// The other; - in place of one of them is standard input
    pub(in crate::cli) after: PathBuf,
    /// Judge both by this runbook [default: that of the second recording]
    pub(in crate::cli) runbook: Option<String>,
}
