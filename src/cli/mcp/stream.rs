//! The two ends of the protocol's stream, and whether either of them broke.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The first error of the transport, reported by either end.
#[derive(Clone, Debug, Default)]
pub(super) struct Health(Arc<Mutex<Option<String>>>);

impl Health {
    fn note(&self, why: impl FnOnce() -> String) {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert_with(why);
    }

    /// Why the stream is no longer whole; nothing while it is.
    pub(super) fn broken(&self) -> Option<String> {
        let first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        first.clone()
    }
}

type Wake = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An input that ends only after every call was answered: a client may write its calls, close
/// its end and then read.
pub(super) struct Input<R> {
    inner: R,
    health: Health,
    /// Whether the last byte so far ended a message.
    is_between: bool,
    idle: Wake,
    has_ended: bool,
}

impl<R> Input<R> {
    pub(super) fn new(
        inner: R,
        health: Health,
        idle: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        let idle = async move {
            // A call that was read just now has a task of its own, which must have begun.
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            idle.await;
        };
        Self {
            inner,
            health,
            is_between: true,
            idle: Box::pin(idle),
            has_ended: false,
        }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Input<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let input = self.get_mut();
        if !input.has_ended {
            let before = into.filled().len();
            match Pin::new(&mut input.inner).poll_read(task, into) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(error)) => input.health.note(|| format!("input: {error}")),
                Poll::Ready(Ok(())) => match into.filled()[before..].last() {
                    Some(last) => {
                        input.is_between = *last == b'\n';
                        return Poll::Ready(Ok(()));
                    }
                    None if !input.is_between => input
                        .health
                        .note(|| "the input ended in the middle of a message".to_owned()),
                    None => {}
                },
            }
            input.has_ended = true;
        }
        input.idle.as_mut().poll(task).map(Ok)
    }
}

/// An output that remembers that something could not be written.
pub(super) struct Output<W> {
    inner: W,
    health: Health,
}

impl<W> Output<W> {
    pub(super) fn new(inner: W, health: Health) -> Self {
        Self { inner, health }
    }

    fn watched<T>(&self, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Poll::Ready(Err(error)) = &done {
            self.health.note(|| format!("output: {error}"));
        }
        done
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Output<W> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.inner).poll_write(task, bytes);
        self.watched(done)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.inner).poll_flush(task);
        self.watched(done)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.inner).poll_shutdown(task);
        self.watched(done)
    }
}
