//! One kept-alive HTTP/1.1 connection to a gateway: bytes of a request out, its answer in. It is
//! that small because a load generator must cost less than what it measures.

use std::{io, net::SocketAddr};

use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::http_stream::{connect, read_answer};

/// A connection that opens itself again when the server has closed it.
pub(crate) struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

/// What the gateway said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { address, stream: Some(connect(address).await?), buffer: Vec::new() })
    }

    /// Sends the bytes of one request and reads its answer. Dropped in between, it starts the
    /// next exchange on a new connection.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) if is_open(&stream) => stream,
            _ => connect(self.address).await?,
        };
        stream.write_all(request).await?;
        let head = read_answer(&mut stream, &mut self.buffer).await?;
        if !head.is_last {
            self.stream = Some(stream);
        }
        let body = self.buffer[head.body].to_vec();
        Ok(Answer { status: head.status, retry_after: head.retry_after, body })
    }
}

/// Whether the server has not closed it while it was idle, which it may after its keep-alive time.
fn is_open(stream: &TcpStream) -> bool {
    let nothing_yet = stream.try_read(&mut [0]);
    nothing_yet.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[tokio::test]
    async fn a_connection_that_was_closed_while_idle_is_opened_again() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            for _ in 0..2 {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.read_exact(&mut [0; 4]).await.unwrap();
                stream.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            }
        });
        let mut connection = Connection::open(address).await.unwrap();
        assert_eq!(connection.exchange(b"1st\n").await.unwrap().status, 202);
        let idle = connection.stream.as_ref().unwrap();
        idle.readable().await.unwrap();
        assert_eq!(connection.exchange(b"2nd\n").await.unwrap().status, 202);
        serving.await.unwrap();
    }
}
