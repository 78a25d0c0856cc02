//! Local files: the only code that opens any.
//!
//! Reading is bounded and never blocks ([`input`]); writing is private, atomic and never follows a
//! link ([`output`]). Below that: the files of the state folder, locks, append-only
//! logs and the journal. (SQLite opens its database itself, at a path that was checked here.)

#![cfg_attr(
    test,
    allow(
        clippy::expect_used,
        clippy::panic,
        reason = "a test ends where an expectation fails"
    )
)]

pub mod append_log;
mod chain;
mod digest;
pub mod input;
pub mod journal;
mod journal_index;
pub mod lock;
pub mod output;
pub mod private_dir;
pub mod private_file;

pub use digest::sha256;
pub use private_file::StateDirError;
