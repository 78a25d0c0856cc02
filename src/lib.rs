//! The rooms of `duckops`, from the outside world up to the verdict.
pub mod drill;
pub mod exit;
pub mod fact;
pub mod history;
pub mod text;
