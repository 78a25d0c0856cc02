//! The rooms of `duckops`, from the outside world up to the verdict.
// Guarded writes nest generic async functions deeper than the default of 128 allows.
#![recursion_limit = "256"]

#[macro_use]
mod named;

pub mod alerting;
pub mod cli;
pub mod cloud;
pub mod connections;
pub mod drill;
pub mod engine;
pub mod evidence;
pub mod exit;
pub mod fact;
pub mod history;
pub mod judge;
pub mod lambda;
pub mod observation;
pub mod practice;
pub mod probe;
pub mod recording;
pub mod redact;
pub mod report;
pub mod runbook;
pub mod stack;
pub mod state_dir;
pub mod text;
pub mod timeline;
pub mod webhook;
pub mod write;
