//! A run: which probes to ask, asking them at once, evaluating and recording the result.
//!
//! Everything that several commands share and that needs more than one of the rooms below.

pub mod collect;
pub mod credentials;
pub mod history_open;
pub mod run;
pub mod runbooks;
mod versions;

/// Runs blocking work on a thread of its own.
///
/// # Errors
/// Those of `work`, or that it panicked.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => Err("it failed inside duckops".to_owned()),
    }
}
