//! Claims about `duckops`, shown through the built binary: one file for each.

mod support;
mod transport;
mod triage;
