//! The report and its renderers: one pure function per format, from the same data.
//!
//! A renderer only reads. It asks no clock, no environment and no terminal, and it never
//! prints: it returns text, and the command line decides where that goes. What it says of
//! the outside world has gone through [`crate::text`], so all that is left to do here is
//! what a single format needs on top: its own markup must not be forged either.
pub mod json;
pub mod model;
pub mod palette;
pub mod short;
pub mod table;
mod words;

#[cfg(test)]
mod sample;
