//! The arguments of `duckops drill`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct DrillArgs {
    #[command(subcommand)]
    pub(in crate::cli) action: Option<DrillAction>,
    /// Practise this incident, such as inc-004; without it, every scene
    pub(in crate::cli) runbook: Option<String>,
    /// The scene to play instead of the incident's own
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) scene: Option<String>,
    /// A recording of triage --save to play instead of a scene
    #[arg(long, value_name = "FILE", conflicts_with = "scene")]
    pub(in crate::cli) from: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DrillAction {
    /// Keep a practice stack up, and print the variables that lead to it
    Serve {
        /// The scene to play
        #[arg(long, value_name = "NAME", default_value = "healthy")]
        scene: String,
        /// A recording of triage --save to serve instead of a scene
        #[arg(long, value_name = "FILE", conflicts_with = "scene")]
        from: Option<PathBuf>,
        /// Port of the API on 127.0.0.1; AWS takes the next one; 0 is any
        #[arg(long, value_name = "N", default_value_t = 0)]
        port: u16,
        /// Milliseconds before each answer [default: as the scene has it]
        #[arg(long, value_name = "MS")]
        latency: Option<u64>,
        /// Entries in the audit feed, one a second [default: as the scene has it]
        #[arg(long, value_name = "N")]
        feed: Option<u64>,
    },
    /// List the scenes
    Scenes,
}
