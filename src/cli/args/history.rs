//! The arguments of `duckops history`.

use super::output_file;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct HistoryArgs {
    #[command(subcommand)]
    pub(in crate::cli) action: Option<HistoryAction>,
    /// Such as peck.callback_errors; without it, every recorded fact
    pub(in crate::cli) fact: Option<String>,
    /// How far back, such as 24h
    #[arg(long, value_name = "DUR", default_value = "24h")]
    pub(in crate::cli) since: String,
    /// Draw the trend of one fact as a picture, with its limits
    #[arg(long, value_name = "FILE", requires = "fact", value_parser = output_file())]
    pub(in crate::cli) svg: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum HistoryAction {
    /// Make the DynamoDB table of --history dynamodb:TABLE
    Init {
        /// Make it although an AWS endpoint is overridden
        #[arg(long)]
        endpoint_override: bool,
    },
    /// Thin out old readings: one an hour after 7 d, one a day after 90 d
    Prune,
    /// Print every reading, for a spreadsheet or a program
    Export(Export),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(in crate::cli) struct Export {
    /// Print CSV, safe to open in a spreadsheet
    #[arg(long)]
    pub(in crate::cli) csv: bool,
    /// Print JSON, one line a reading
    #[arg(long)]
    pub(in crate::cli) jsonl: bool,
}
