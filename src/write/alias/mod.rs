//! The alias: what it is, whether a version is safe to take its traffic, and moving it,
//! exactly once.
//!
//! [`ask`] reads what Lambda and CloudWatch say; [`good`] finds the last known-good version
//! in it; [`check`] judges; [`plan`] says what would change; [`send`] changes it and reads
//! back what it came to; [`verify`] watches the API afterwards. Only [`send`] writes.

pub mod canary_evaluation;
pub mod check;
mod outcome;
pub mod plan;
pub mod send;
mod status;
pub mod verify;

/// The AWS actions that asking needs, beside those of the probes.
pub const READS: &[&str] = &[
    "lambda:GetFunctionConcurrency",
    "lambda:GetPolicy",
    "lambda:GetProvisionedConcurrencyConfig",
];

/// The AWS actions of moving the alias, and of `--smoke`.
pub const WRITES: &[&str] = &["lambda:InvokeFunction", "lambda:UpdateAlias"];
