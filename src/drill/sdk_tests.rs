//! The wire, proven with the real clients.
