//! Output that is kept and not written.

use std::sync::{Arc, Mutex, PoisonError};

/// What was printed, kept in memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept(Arc<Mutex<String>>);

impl Kept {
    pub(super) fn add(&self, text: &str) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_str(text);
    }

    /// Everything so far, which is then forgotten here.
    pub(super) fn take(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
