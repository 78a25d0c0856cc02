//! The arguments of the commands about the alias, and what guards every write.

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(in crate::cli) struct AliasArgs {
    #[command(subcommand)]
    pub(in crate::cli) action: AliasAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AliasAction {
    /// Where it points, how it came there, and the versions around it
    Show(AliasRead),
    /// Is a version safe to take its traffic? Ends 0 safe, 1 with caution, 2 not, 3 cannot tell
    Check {
        /// The version; without it, the one that serves
        #[arg(long, value_name = "VERSION")]
        to: Option<String>,
        #[command(flatten)]
        read: AliasRead,
    },
    /// Go back to a version that served well; INC-001 step 4
    Rollback {
        #[command(flatten)]
        read: AliasRead,
        #[command(flatten)]
        guard: Guard,
        /// The version; without it, the last known-good by evidence
        #[arg(long, value_name = "VERSION")]
        to: Option<String>,
    },
    /// Let a version take the traffic, with approval
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
        /// What they said, or where it is written
        #[arg(long, value_name = "TEXT")]
        approval_note: Option<String>,
        /// First give it only this share of the traffic, in percent
        #[arg(long, value_name = "PERCENT", requires = "bake", value_parser = clap::value_parser!(u32).range(1..=50))]
        canary: Option<u32>,
        /// For so long, such as 10m, before the rest follows
        #[arg(long, value_name = "DUR", requires = "canary")]
        bake: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AliasRead {
    /// A DEPLOY-LOG.md to compare with
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) deploy_log: Option<std::path::PathBuf>,
    /// Run the version once alone, with a read of the status
    #[arg(long)]
    pub(in crate::cli) smoke: bool,
}

/// What every command takes that changes something.
#[derive(Debug, Args)]
pub(in crate::cli) struct Guard {
    /// Consent where nobody can type it, such as 'prod@42->41': alias, version there, version wanted
    #[arg(long, value_name = "WORDS")]
    pub(in crate::cli) confirm: Option<String>,
    /// Ask and check everything, show the plan, and change nothing
    #[arg(long, short = 'n')]
    pub(in crate::cli) dry_run: bool,
    /// How long to watch afterwards whether it works
    #[arg(long, value_name = "DUR", default_value = "5m")]
    pub(in crate::cli) wait: String,
    /// Send it to an endpoint that is not AWS's own
    #[arg(long)]
    pub(in crate::cli) endpoint_override: bool,
}
