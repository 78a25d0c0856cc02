//! Files of this machine: private folders and files, append-only logs, the journal.

#![cfg_attr(
    test,
    allow(
        clippy::expect_used,
        clippy::panic,
        reason = "a test ends where an expectation fails"
    )
)]

pub mod append_log;
mod digest;
pub mod journal;
pub mod private_dir;
pub mod private_file;

pub use digest::sha256;
pub use private_file::{StateDirError, lock};
