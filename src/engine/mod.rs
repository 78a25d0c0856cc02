//! A run: which probes to ask, asking them at once, evaluating and recording the result.
//!
//! Everything that several commands share and that needs more than one of the rooms below.

pub mod alias;
pub mod check;
pub mod collect;
pub mod credentials;
pub mod doctor;
pub mod escalation;
pub mod history_open;
pub mod journal;
pub mod operator;
pub mod run;
pub mod runbooks;
pub mod save_recording;
pub mod timeline;
pub mod trend;
mod versions;
pub mod with_history;
