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
    /// Show one as a document
    Show {
        /// Such as inc-004
        runbook: String,
    },
    /// Check them all, or one: every complaint with its file and line
    Lint {
        /// Such as inc-004
        runbook: Option<String>,
    },
    /// Judge the cases of them all, or of one
    Test {
        /// Such as inc-004
        runbook: Option<String>,
    },
    /// Print a recording of triage --save as a case, to be pasted into a runbook
    Case {
        /// The recording; - is standard input
        file: PathBuf,
        /// Such as inc-004; without it, what was asked for when it was made
        runbook: Option<String>,
    },
    /// Begin a new one in the folder named by --runbooks
    New {
        /// Such as inc-006
        runbook: String,
    },
}
