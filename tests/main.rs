//! Claims about `duckops`, shown through the built binary: one file for each.

mod emulators;
mod support;
mod triage;
