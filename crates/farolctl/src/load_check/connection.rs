//! One kept-alive HTTP/1.1 connection to a gateway: bytes of a request out, its answer in. It is
//! that small because a load generator must cost less than what it measures.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const MAX_HEADERS: usize = 32;
const MAX_ANSWER_BYTES: usize = 16 << 20;

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

#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    retry_after: Option<u64>,
    body_at: usize,
    body_bytes: usize,
    close: bool,
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
        self.buffer.clear();
        let (answer, close) = read(&mut stream, &mut self.buffer).await?;
        if !close {
            self.stream = Some(stream);
        }
        Ok(answer)
    }
}

/// Whether the server has not closed it while it was idle, which it may after its keep-alive time.
fn is_open(stream: &TcpStream) -> bool {
    let nothing_yet = stream.try_read(&mut [0]);
    nothing_yet.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<(Answer, bool)> {
    loop {
        if let Some(head) = head(buffer)? {
            let end = head.body_at + head.body_bytes;
            while buffer.len() < end {
                more(stream, buffer).await?;
            }
            let body = buffer[head.body_at..end].to_vec();
            return Ok((Answer { status: head.status, retry_after: head.retry_after, body }, head.close));
        }
        more(stream, buffer).await?;
    }
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<()> {
    if buffer.len() > MAX_ANSWER_BYTES {
        return Err(invalid("the answer is too long"));
    }
    match stream.read_buf(buffer).await? {
        0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "closed without an answer")),
        _ => Ok(()),
    }
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
        std::str::from_utf8(header.value).ok().map(str::trim)
    };
    let length = value("content-length").and_then(|length| length.parse().ok());
    Ok(Some(Head {
        status: response.code.unwrap_or_default(),
        retry_after: value("retry-after").and_then(|seconds| seconds.parse().ok()),
        body_at,
        body_bytes: length.ok_or_else(|| invalid("the answer has no Content-Length"))?,
        close: value("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")),
    }))
}

fn invalid(what: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_complete() {
        let text = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 7\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
        assert_eq!(head(&text[..40]).unwrap(), None);
        let body_at = text.len() - 2;
        let expected = Head { status: 503, retry_after: Some(7), body_at, body_bytes: 2, close: true };
        assert_eq!(head(text).unwrap(), Some(expected));
    }

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

    #[test]
    fn an_answer_without_a_length_is_none_of_the_gateways() {
        assert!(head(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(head(b"nonsense\r\n\r\n").is_err());
    }
}
