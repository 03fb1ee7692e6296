//! A connection that ends when a request takes too long: from its first byte to the first of
//! its answer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// A stream with a bound on the time between what is read and what is written.
pub(super) struct BoundedStream<S> {
    stream: S,
    bound: Option<Duration>,
    /// Until when something must be written; `None` while the other side owes the next move.
    deadline: Option<Instant>,
    /// Made when a connection is first waited for, then used again.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<S> BoundedStream<S> {
    pub(super) fn new(stream: S, bound: Duration) -> Self {
        Self { stream, bound: Some(bound), deadline: None, timer: None }
    }

    pub(super) fn unbounded(stream: S) -> Self {
        Self { stream, bound: None, deadline: None, timer: None }
    }

    /// Whether the deadline has passed; if not, the task is woken when it does.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(deadline) = self.deadline else { return false };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(cx).is_ready()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for BoundedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if read.is_pending() && self.is_late(cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if buf.filled().len() > before && self.deadline.is_none() {
            self.deadline = self.bound.map(|bound| Instant::now() + bound);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for BoundedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        if matches!(written, Poll::Ready(Ok(_))) {
            self.deadline = None;
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    const BOUND: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_request_that_never_ends_is_given_up() {
        let (mut client, server) = duplex(64);
        let mut server = BoundedStream::new(server, BOUND);
        client.write_all(b"G").await.unwrap();
        assert_eq!(server.read_u8().await.unwrap(), b'G');
        let began = Instant::now();
        assert_eq!(server.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed(), BOUND);
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_answered_may_be_idle() {
        let (mut client, server) = duplex(64);
        let mut server = BoundedStream::new(server, BOUND);
        for _ in 0..2 {
            client.write_all(b"G").await.unwrap();
            server.read_u8().await.unwrap();
            server.write_all(b"2").await.unwrap();
            assert!(
                tokio::time::timeout(BOUND * 100, server.read_u8()).await.is_err(),
                "only we stop waiting"
            );
        }
    }
}
