//! The arguments of `duckops runbook`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(in crate::cli) struct RunbookArgs {
    #[command(subcommand)]
    pub(in crate::cli) action: RunbookAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RunbookAction {
    /// List the runbooks
    List,
    /// Show a runbook as a document
    Show {
        /// Such as inc-004
        runbook: String,
    },
    /// Check runbooks, and print each complaint with file and line
    Lint {
        /// Such as inc-004
        runbook: Option<String>,
    },
    /// Judge the cases of runbooks, and compare the verdicts
    Test {
        /// Such as inc-004
        runbook: Option<String>,
    },
    /// Print a recording of triage --save as a case for a runbook
    Case {
        /// The recording; - is standard input
        file: PathBuf,
        /// Such as inc-004; without it, the runbooks of the recording
        runbook: Option<String>,
    },
    /// Start a new runbook in the folder of --runbooks
    New {
        /// Such as inc-006
        runbook: String,
    },
}
