//! One kept-alive HTTP/1.1 connection of the load generator: bytes out, status in. Two system calls a request and no
//! allocation, because what it uses is taken from the same processors as what is measured.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const MAX_HEADERS: usize = 32;
const MAX_ANSWER_BYTES: usize = 4 << 20;
const CHUNK_BYTES: usize = 8 << 10;

/// A connection and what has come over it.
pub(crate) struct Wire {
    address: SocketAddr,
    stream: TcpStream,
    answer: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    whole_bytes: usize,
    is_last: bool,
}

impl Wire {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { address, stream: connect(address).await?, answer: Vec::with_capacity(CHUNK_BYTES) })
    }

    /// Sends the bytes of one request and returns the status of its answer, which has been read to its end.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        loop {
            self.more().await?;
            let Some(head) = head(&self.answer)? else { continue };
            while self.answer.len() < head.whole_bytes {
                self.more().await?;
            }
            if head.is_last {
                self.stream = connect(self.address).await?;
            }
            return Ok(head.status);
        }
    }

    async fn more(&mut self) -> io::Result<()> {
        if self.answer.len() > MAX_ANSWER_BYTES {
            return Err(invalid("the answer is too long"));
        }
        match self.stream.read_buf(&mut self.answer).await? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "closed without an answer")),
            _ => Ok(()),
        }
    }

    /// The last answer as it came, for a message.
    pub(crate) fn last_answer(&self) -> String {
        String::from_utf8_lossy(&self.answer).chars().take(500).collect()
    }
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The head of an answer, once it is there.
fn head(bytes: &[u8]) -> io::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(body_at) = response.parse(bytes).map_err(invalid)? else {
        return Ok(None);
    };
    let value = |name: &str| {
        let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(header.value).ok()
    };
    let body_bytes: Option<usize> = value("content-length").and_then(|length| length.trim().parse().ok());
    Ok(Some(Head {
        status: response.code.unwrap_or_default(),
        whole_bytes: body_at + body_bytes.ok_or_else(|| invalid("the answer has no Content-Length"))?,
        is_last: value("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")),
    }))
}

fn invalid(what: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_string())
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_complete() {
        let text = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
        assert_eq!(head(&text[..40]).unwrap(), None);
        let expected = Head { status: 202, whole_bytes: text.len(), is_last: true };
        assert_eq!(head(text).unwrap(), Some(expected));
        assert!(head(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }

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
