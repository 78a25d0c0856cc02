//! The exit codes of `duckops`, as the README promises them. Nothing else in the
//! tree writes one of these numbers.

/// Everything that was judged is ok; for a write, done and read back.
pub const OK: u8 = 0;
/// The worst verdict is a warning; for a write, proven not to have been applied: refused
/// with nothing sent, or sent and read back unchanged.
pub const WARNING: u8 = 1;
/// Something is critical; for a write, applied but not verified or not recorded.
pub const CRITICAL: u8 = 2;
/// The verdict is unknown, or duckops itself failed, a panic included. For a write: it may have
/// been applied and must not be repeated.
pub const UNKNOWN: u8 = 3;
/// A write lost the race: another writer changed it first, and nothing of ours was applied.
pub const CONFLICT: u8 = 4;
/// A write without consent: nothing was sent.
pub const NO_CONSENT: u8 = 5;
/// The command line or the configuration cannot be used; nothing was asked.
pub const USAGE: u8 = 64;
/// Interrupted from the keyboard.
pub const INTERRUPTED: u8 = 130;
/// Asked to end by another process.
pub const TERMINATED: u8 = 143;
