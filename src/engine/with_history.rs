//! Working with history alone, without asking any probe.

use super::history_open::open;
use super::run::Run;
use crate::history::{self, History, HistoryError, Location, StackKey};

/// Opens the history of a run and works with it on a thread of its own.
///
/// # Errors
/// Those of `work`, or that history cannot be opened.
pub async fn with_history<T, E>(
    run: Run,
    work: impl FnOnce(&mut dyn History, &StackKey) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<HistoryError> + Send + 'static,
{
    let budget = match run.history {
        // Of a file only the waiting is bounded, of a table the whole answer.
        Location::DynamoDb(_) => run.deadline,
        _ => history::BUSY_BUDGET,
    };
    let opened = open(&run.history, &run.stack, &run.aws, run.retention, budget).await;
    let mut history = opened?;
    let stack = StackKey(run.stack.key());
    let done = tokio::task::spawn_blocking(move || work(history.as_mut(), &stack)).await;
    done.unwrap_or_else(|_| {
        Err(E::from(HistoryError::NoAnswer {
            place: run.history.to_string().into(),
            why: "reading it failed inside duckops".into(),
        }))
    })
}
