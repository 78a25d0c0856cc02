//! Claims about `duckops`, shown through the built binary: one file for each.

mod evidence;
mod feed;
mod hostile;
mod ignorance;
mod lint;
mod structure;
mod support;
mod transport;
mod thresholds;
mod triage;
mod usage;
