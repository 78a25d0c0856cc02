//! The exit codes of `duckops`, as the README promises them. Nothing else in the
//! tree writes one of these numbers.

/// Everything that was judged is ok; for a write, done and read back.
pub const OK: u8 = 0;
/// The worst verdict is a warning; for a write, proven not to have been applied.
pub const WARNING: u8 = 1;
/// Something is critical; for a write, applied but not verified or not recorded.
pub const CRITICAL: u8 = 2;
/// It could not be told, or duckops itself failed, a panic included.
pub const UNKNOWN: u8 = 3;
/// The command line or the configuration cannot be used; nothing was asked.
pub const USAGE: u8 = 64;
/// Interrupted from the keyboard.
pub const INTERRUPTED: u8 = 130;
/// Asked to end by another process.
pub const TERMINATED: u8 = 143;
