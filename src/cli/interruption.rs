//! Signals: what ends a command, and what must be learned before one ends.

use super::out;
use crate::exit;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// The progress of a command that writes, for the handler of an interruption.
#[derive(Clone, Debug, Default)]
pub(super) struct Sending {
    /// A request may be on its way: what came of it must be learned first.
    pub(super) begun: Arc<AtomicBool>,
    /// An interruption asked it to end once the outcome is known.
    pub(super) ending: Arc<AtomicBool>,
    /// The command that shows the outcome later.
    pub(super) tells: Arc<OnceLock<String>>,
}

/// Ignores SIGXFSZ, so that a file-size limit is an I/O error to report and does not end the
/// process.
pub(super) fn outlive_file_limits() {
    const SIGXFSZ: i32 = 25;
    use tokio::signal::unix::{SignalKind, signal};
    let _ = signal(SignalKind::from_raw(SIGXFSZ));
}

/// Ends when the command may be interrupted and was. While a request may be on its way that
/// changes something, the first signal only asks to hurry; the second gives up the truth.
pub(super) async fn ended(sending: &Sending) -> u8 {
    let code = interrupted().await;
    if !sending.begun.load(Ordering::SeqCst) {
        return code;
    }
    sending.ending.store(true, Ordering::SeqCst);
    out::warn("duckops: the request was sent already; waiting for what came of it");
    interrupted().await;
    let tells = sending
        .tells
        .get()
        .map_or("duckops journal", String::as_str);
    out::warn(&format!(
        "duckops: interrupted; it may have been applied: find out with {tells}"
    ));
    exit::UNKNOWN
}

pub(super) async fn interrupted() -> u8 {
    use tokio::signal::unix::{SignalKind, signal};
    let wait = |kind| async move {
        match signal(kind) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = wait(SignalKind::interrupt()) => exit::INTERRUPTED,
        () = wait(SignalKind::terminate()) => exit::TERMINATED,
    }
}
