//! The arguments of the commands about the alias, and what guards every write.

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(in crate::cli) struct AliasArgs {
    #[command(subcommand)]
    pub(in crate::cli) action: AliasAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AliasAction {
    /// Show where prod points, since when, and the versions around it
    Show(AliasRead),
    /// Check whether a version is safe to serve prod
    Check {
        /// The version; without it, the one that serves
        #[arg(long, value_name = "VERSION")]
        to: Option<String>,
        #[command(flatten)]
        read: AliasRead,
        /// With -o junit, count a warning as a failure
        #[arg(long)]
        strict: bool,
    },
    /// Move prod back to the last known-good version
    Rollback {
        #[command(flatten)]
        read: AliasRead,
        #[command(flatten)]
        guard: Guard,
        /// The version; without it, the last known-good by evidence
        #[arg(long, value_name = "VERSION")]
        to: Option<String>,
    },
    /// Move prod to a version, with approval; canary optional
    Promote {
        #[command(flatten)]
        read: AliasRead,
        #[command(flatten)]
        guard: Guard,
        /// The version
        #[arg(long, value_name = "VERSION")]
        to: String,
        /// Who approved it
        #[arg(long, value_name = "NAME")]
        approved_by: Option<String>,
        /// The words of the approval, or where they are written
        #[arg(long, value_name = "TEXT")]
        approval_note: Option<String>,
        /// Start with this share of the traffic, in percent
        #[arg(long, value_name = "PERCENT", requires = "bake", value_parser = clap::value_parser!(u32).range(1..=50))]
        canary: Option<u32>,
        /// How long the canary runs, such as 10m, before the rest follows
        #[arg(long, value_name = "DUR", requires = "canary")]
        bake: Option<String>,
    },
}

#[derive(Debug, Default, Args)]
pub(in crate::cli) struct AliasRead {
    /// A DEPLOY-LOG.md to compare with
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) deploy_log: Option<std::path::PathBuf>,
    /// Invoke the version once, with a status request
    #[arg(long)]
    pub(in crate::cli) smoke: bool,
}

/// What every command takes that changes something.
#[derive(Debug, Args)]
pub(in crate::cli) struct Guard {
    /// Consent without a terminal, such as 'prod@42->41': alias, version now, version wanted
    #[arg(long, value_name = "WORDS")]
    pub(in crate::cli) confirm: Option<String>,
    /// Run every check and show the plan; change nothing
    #[arg(long, short = 'n')]
    pub(in crate::cli) dry_run: bool,
    /// How long to verify afterwards
    #[arg(long, value_name = "DUR", default_value = "5m")]
    pub(in crate::cli) wait: String,
    /// Send it to an endpoint that is not AWS's own
    #[arg(long)]
    pub(in crate::cli) endpoint_override: bool,
}
