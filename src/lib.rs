//! The rooms of `duckops`, from the outside world up to the verdict.
pub mod act;
pub mod cli;
pub mod cloud;
pub mod drill;
pub mod exit;
pub mod fact;
pub mod history;
pub mod judge;
pub mod notify;
pub mod probe;
pub mod reading;
pub mod report;
pub mod runbook;
pub mod stack;
pub mod standing;
pub mod text;
pub mod triage;
