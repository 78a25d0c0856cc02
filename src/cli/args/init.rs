//! The arguments of `duckops init`.

use clap::Args;

#[derive(Debug, Args)]
pub(in crate::cli) struct InitArgs {
    /// Notify through slack:FILE, webhook:FILE (its URL), pagerduty:FILE (its key) or command:PROGRAM; or none
    #[arg(long, value_name = "KIND:FILE")]
    pub(in crate::cli) channel: Option<String>,
    /// The GOVERNANCE-LOG.md that record appends to, as a path from the root on; or none
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) governance_log: Option<String>,
}
