//! The alias: what it is, whether a version is safe to take its traffic, and moving it,
//! exactly once.
//!
//! [`ask`] reads what Lambda and CloudWatch say; [`good`] finds the last known-good version
//! in it; [`check`] judges; [`plan`] says what would change; [`send`] changes it and reads
//! back what it came to; [`verify`] watches the API afterwards. Only [`send`] writes.

pub mod ask;
pub mod bake;
pub mod check;
mod configured;
pub mod good;
mod host;
pub mod line;
mod outcome;
pub mod past;
pub mod plan;
mod pointing;
mod policy;
pub mod send;
mod served;
mod smoke;
mod status;
pub mod verify;

pub use configured::Configured;
pub use good::last_good;
pub use served::Served;

/// The AWS actions that asking needs, beside those of the probes.
pub const READS: &[&str] = &[
    "lambda:GetFunctionConcurrency",
    "lambda:GetPolicy",
    "lambda:GetProvisionedConcurrencyConfig",
];

/// The AWS actions of moving the alias, and of `--smoke`.
pub const WRITES: &[&str] = &["lambda:InvokeFunction", "lambda:UpdateAlias"];
