//! Claims: a rotation that is killed anywhere loses no key without saying so.
