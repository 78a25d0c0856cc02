//! History blocks: it is used on a thread of its own.

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
