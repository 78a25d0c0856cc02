//! The arguments of `duckops check`.

use super::output_file;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(in crate::cli) struct CheckArgs {
    /// Such as inc-004; without any, all seven runbooks
    #[arg(value_name = "RUNBOOK")]
    pub(in crate::cli) asked: Vec<String>,
    /// Count a verdict only after N bad runs of M, such as 3/5
    #[arg(long = "for", value_name = "N/M")]
    pub(in crate::cli) debounce: Option<String>,
    /// Also write a file for node_exporter's textfile collector
    #[arg(long, value_name = "FILE", value_parser = output_file())]
    pub(in crate::cli) textfile: Option<PathBuf>,
    /// Print only when something changed since the check before
    #[arg(long)]
    pub(in crate::cli) changes: bool,
    /// With -o junit, count a warning as a failure
    #[arg(long)]
    pub(in crate::cli) strict: bool,
    /// Send changes to the channels of the configuration
    #[arg(long)]
    pub(in crate::cli) notify: bool,
    /// Silence this runbook, or one bond:ID, peck:ID or execution:NAME
    #[arg(long, value_name = "WHAT", requires_all = ["until", "by"], conflicts_with = "unmute")]
    pub(in crate::cli) mute: Option<String>,
    /// End of the mute: from now, such as 2h, or 2026-03-22T06:00:00Z
    #[arg(long, value_name = "TIME", requires = "mute")]
    pub(in crate::cli) until: Option<String>,
    /// Who mutes
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) by: Option<String>,
    /// End a mute before its time
    #[arg(long, value_name = "WHAT")]
    pub(in crate::cli) unmute: Option<String>,
}
