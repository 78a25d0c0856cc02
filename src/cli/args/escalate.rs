//! The arguments of `duckops escalate`.

use clap::Args;

#[derive(Debug, Args)]
pub(in crate::cli) struct EscalateArgs {
    /// Such as inc-004
    pub(in crate::cli) runbook: String,
    /// Consent without a terminal: the id of the runbook once more
    #[arg(long, value_name = "RUNBOOK")]
    pub(in crate::cli) confirm: Option<String>,
    /// Call through this [notify.NAME] only; may be repeated [default: all]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) channel: Vec<String>,
    /// Who calls [default: the name of the login]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) operator: Option<String>,
    /// What is to be said beside what was found
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) note: Option<String>,
    /// Call although somebody did already
    #[arg(long)]
    pub(in crate::cli) again: bool,
    /// Show the message and call nobody
    #[arg(long, short = 'n')]
    pub(in crate::cli) dry_run: bool,
    /// Call although the verdict comes from an address that is not the stack's
    #[arg(long)]
    pub(in crate::cli) endpoint_override: bool,
}
