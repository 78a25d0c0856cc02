//! The alias: whether a version is safe to take its traffic, and the guarded writes that move it.
//!
//! [`findings`] is what a command stands on; [`check`] judges it; [`move_alias`] fills in the
//! guarded write: [`plan`], [`update`] as its one request, [`verify`] afterwards, [`canary`] for
//! a promotion in two moves. Only [`update`] writes. [`alias_report`] is what `alias check` and
//! `alias show` say.

pub mod alias_report;
mod canary;
pub mod canary_evaluation;
pub mod check;
pub mod check_report;
mod conclude;
pub mod findings;
pub mod move_alias;
pub mod open_moves;
mod outcome;
pub mod plan;
pub mod request;
mod status;
pub mod update;
pub mod verify;
mod version_table;

/// The AWS actions that the checks need beside those of the probes.
pub const READS: &[&str] = &[
    "lambda:GetFunctionConcurrency",
    "lambda:GetPolicy",
    "lambda:GetProvisionedConcurrencyConfig",
];

/// The AWS actions of moving the alias, and of `--smoke`.
pub const WRITES: &[&str] = &["lambda:InvokeFunction", "lambda:UpdateAlias"];
