//! A run: what to ask, asking all at once, and what the answers mean together.

pub mod collect;
