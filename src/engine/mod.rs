//! A run: which probes to ask, asking them at once, evaluating and recording the result.
//!
//! Everything that several commands share and that needs more than one of the rooms below.

mod actions;
pub mod alias;
pub mod audit;
pub mod check;
pub mod collect;
pub mod completion;
pub mod connections;
pub mod credentials;
pub mod diff;
pub mod doctor;
pub mod escalation;
pub mod guide;
pub mod history_init;
pub mod history_open;
pub mod init;
pub mod installation;
pub mod journal;
pub mod operator;
mod paged;
pub mod record;
mod report_origin;
pub mod run;
mod run_recorder;
pub mod runbook_checks;
pub mod runbooks;
pub mod save_recording;
pub mod timeline;
mod timeline_screen;
pub mod trend;
mod unfinished_rotations;
mod versions;
pub mod wait;
pub mod waiting;
pub mod watch;
pub mod with_history;
