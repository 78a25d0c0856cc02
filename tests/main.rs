//! Claims about `duckops`, shown through the built binary: one file for each.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a claim ends where it fails, and prints its figures"
)]

mod evidence;
mod feed;
mod hostile;
mod ignorance;
mod lint;
mod structure;
mod support;
mod thresholds;
mod triage;
mod usage;
