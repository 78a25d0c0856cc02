//! The practice stack.
