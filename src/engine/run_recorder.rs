//! Where the snapshot of a run is recorded.

use crate::history::{History, Pending, Queue, Snapshot};

/// Where a snapshot goes: history where it could be opened, else the queue.
#[derive(Default)]
pub struct RunRecorder {
    /// History, where it could be opened.
    pub history: Option<Box<dyn History>>,
    queue: Option<Queue>,
}

impl RunRecorder {
    pub(super) fn new(history: Option<Box<dyn History>>, queue: Option<Queue>) -> Self {
        let history = match (history, &queue) {
            (Some(history), Some(queue)) => {
                Some(Box::new(Pending::new(history, queue.clone())) as Box<dyn History>)
            }
            (history, _) => history,
        };
        Self { history, queue }
    }

    pub(super) fn record(&mut self, snapshot: &Snapshot) -> Result<(), String> {
        match &mut self.history {
            Some(history) => history.record(snapshot).map_err(|error| error.to_string()),
            None => self.enqueue(snapshot),
        }
    }

    /// Puts the snapshot where a later run finds it, because history could not be opened. The
    /// report has a note of that already.
    ///
    /// # Errors
    /// The text of what the file system said.
    pub fn enqueue(&self, snapshot: &Snapshot) -> Result<(), String> {
        match &self.queue {
            Some(queue) => queue.wait(snapshot).map_err(|error| error.to_string()),
            None => Ok(()),
        }
    }
}
