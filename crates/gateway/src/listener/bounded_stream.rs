//! A connection that ends when a request takes too long: its head, and all of it until the first
//! byte of its answer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::head_end::HeadEnd;

/// How long what may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// From a request's first byte to the end of its head.
    pub(super) head: Duration,
    /// From a request's first byte to the first of its answer.
    pub(super) request: Duration,
}

/// A stream with bounds on the time between what is read and what is written.
pub(super) struct BoundedStream<S> {
    stream: S,
    bounds: Option<Bounds>,
    /// The request that waits for its answer; `None` while the other side owes the next one.
    request: Option<Request>,
    /// Made when a connection is first waited for, then used again.
    timer: Option<Pin<Box<Sleep>>>,
}

struct Request {
    began: Instant,
    head: HeadEnd,
}

impl<S> BoundedStream<S> {
    pub(super) fn new(stream: S, bounds: Bounds) -> Self {
        Self { stream, bounds: Some(bounds), request: None, timer: None }
    }

    pub(super) fn unbounded(stream: S) -> Self {
        Self { stream, bounds: None, request: None, timer: None }
    }

    fn deadline(&self) -> Option<Instant> {
        let (bounds, request) = (self.bounds?, self.request.as_ref()?);
        Some(request.began + if request.head.is_seen() { bounds.request } else { bounds.head })
    }

    /// Whether the deadline has passed; if not, the task is woken when it does.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(deadline) = self.deadline() else { return false };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(cx).is_ready()
    }

    fn has_read(&mut self, bytes: &[u8]) {
        if self.bounds.is_none() || bytes.is_empty() {
            return;
        }
        let start = || Request { began: Instant::now(), head: HeadEnd::default() };
        self.request.get_or_insert_with(start).head.look(bytes);
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
        self.has_read(&buf.filled()[before..]);
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for BoundedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        if matches!(written, Poll::Ready(Ok(_))) {
            self.request = None;
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

    const BOUNDS: Bounds = Bounds { head: Duration::from_secs(10), request: Duration::from_secs(30) };
    const HEAD: &[u8] = b"GET / HTTP/1.1\r\n\r\n";

    async fn given_up_after(sent: &[u8]) -> Duration {
        let (mut client, server) = duplex(64);
        let mut server = BoundedStream::new(server, BOUNDS);
        client.write_all(sent).await.unwrap();
        let began = Instant::now();
        let mut read = Vec::new();
        assert_eq!(server.read_to_end(&mut read).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(read, sent);
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_never_ends_is_given_up() {
        assert_eq!(given_up_after(b"GET / HTTP/1.1\r\n").await, BOUNDS.head);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_given_up() {
        assert_eq!(given_up_after(HEAD).await, BOUNDS.request);
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_answered_may_be_idle_and_then_has_the_same_time_again() {
        let (mut client, server) = duplex(64);
        let mut server = BoundedStream::new(server, BOUNDS);
        for _ in 0..2 {
            client.write_all(HEAD).await.unwrap();
            server.read_exact(&mut [0; HEAD.len()]).await.unwrap();
            server.write_all(b"2").await.unwrap();
            let idle = tokio::time::timeout(BOUNDS.request * 100, server.read_u8()).await;
            assert!(idle.is_err(), "only we stop waiting");
        }
        client.write_all(b"G").await.unwrap();
        assert_eq!(server.read_u8().await.unwrap(), b'G');
        let began = Instant::now();
        assert_eq!(server.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed(), BOUNDS.head);
    }
}
