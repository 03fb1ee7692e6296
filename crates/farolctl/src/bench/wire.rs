//! One kept-alive HTTP/1.1 connection of the load generator: bytes out, status in. Two system calls a request and no
//! allocation, because what it uses is taken from the same processors as what is measured.

use std::{io, net::SocketAddr};

use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::http_stream::{connect, read_answer};

/// A connection and what has come over it.
pub(crate) struct Wire {
    address: SocketAddr,
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Wire {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { address, stream: connect(address).await?, answer: Vec::new() })
    }

    /// Sends the bytes of one request and returns the status of its answer, which has been read to its end.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request).await?;
        let head = read_answer(&mut self.stream, &mut self.answer).await?;
        if head.is_last {
            self.stream = connect(self.address).await?;
        }
        Ok(head.status)
    }

    /// The last answer as it came, for a message.
    pub(crate) fn last_answer(&self) -> String {
        String::from_utf8_lossy(&self.answer).chars().take(500).collect()
    }
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncReadExt as _, net::TcpListener};

    use super::*;

    #[tokio::test]
    async fn an_answer_in_pieces_is_read_to_its_end_before_the_next_request() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            for piece in ["HTTP/1.1 202 Acc", "epted\r\ncontent-length: 4\r\n\r\nab", "cd"] {
                stream.write_all(piece.as_bytes()).await.unwrap();
                tokio::task::yield_now().await;
            }
            let mut request = [0; 8];
            stream.read_exact(&mut request).await.unwrap();
            stream.write_all(b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            request
        });
        let mut wire = Wire::open(address).await.unwrap();
        assert_eq!(wire.exchange(b"1st\n").await.unwrap(), 202);
        assert_eq!(wire.exchange(b"2nd\n").await.unwrap(), 503);
        assert_eq!(&serving.await.unwrap(), b"1st\n2nd\n");
    }
}
