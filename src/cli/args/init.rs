//! The arguments of `duckops init`.

use clap::Args;

#[derive(Debug, Args)]
pub(in crate::cli) struct InitArgs {
    /// slack:FILE or webhook:FILE (with the URL), pagerduty:FILE (with the key), command:PROGRAM or none
    #[arg(long, value_name = "KIND:FILE")]
    pub(in crate::cli) channel: Option<String>,
    /// The GOVERNANCE-LOG.md of `duckops record`, an absolute path; or none
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) governance_log: Option<String>,
}
