//! Claims about `duckops`, shown through the built binary: one file for each.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test ends where it learns something, and says what"
)]

mod alias;
mod approval;
mod aws_credentials;
mod aws_files;
mod bond;
mod check;
mod clock;
mod completion;
mod contrib;
mod delivery;
mod docs;
mod doubts;
mod editors;
mod emulators;
mod errors;
mod escalate;
mod evidence;
mod evidence_fields;
mod evidence_functions;
mod feed;
mod files;
mod formats;
mod guide;
mod help;
mod histories;
mod history;
mod hostile;
mod ignorance;
mod init;
mod journal;
mod junit;
mod last_known_good;
mod ledger;
mod lint;
mod mcp;
mod metrics;
mod notify;
mod packaging;
mod page;
mod pairs;
mod people;
mod plain;
mod practice;
mod progress;

mod recording;
mod recovery;
mod rules;
mod schema;
mod screens;
mod season;
mod secrets;
mod sequence;
mod short_feed;
mod situations;
mod structure;
mod suggested;
mod support;
mod terminal;
mod thresholds;
mod thresholds_functions;
mod transport;
mod triage;
mod upgrade;
mod usage;
mod webhook;
