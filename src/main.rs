//! `duckops`: what is wrong with the Space Duck stack, and what to do next.
//!
//! Ground rules. It never says ok without evidence. It says what it asked and what it
//! could not learn. It asks each question once, all at the same time, under one deadline.
//! It reads no clock, no environment and no arguments below `cli`. Whatever happens, the
//! exit code is one of those in `exit`, and it is the same in every output format.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(duckops::cli::main())
}
