//! What is drawn on a terminal: the walk through a runbook (`--guide`), and the watch.

mod screen;
mod walk;
pub(super) mod watch;

pub(super) use walk::main;
