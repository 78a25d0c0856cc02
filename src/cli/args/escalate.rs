//! The arguments of `duckops escalate`.

use clap::Args;

#[derive(Debug, Args)]
pub(in crate::cli) struct EscalateArgs {
    /// Such as inc-004
    pub(in crate::cli) runbook: String,
    /// Consent without a terminal: repeat the id of the runbook
    #[arg(long, value_name = "RUNBOOK")]
    pub(in crate::cli) confirm: Option<String>,
    /// Page through this [notify.NAME] only; may be repeated [default: all]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) channel: Vec<String>,
    /// Who escalates [default: the name of the login]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) operator: Option<String>,
    /// A note to send with the findings
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) note: Option<String>,
    /// Page again after an earlier page
    #[arg(long)]
    pub(in crate::cli) again: bool,
    /// Show the message; send nothing
    #[arg(long, short = 'n')]
    pub(in crate::cli) dry_run: bool,
    /// Page although an endpoint is overridden, as on the practice stack
    #[arg(long)]
    pub(in crate::cli) endpoint_override: bool,
}
