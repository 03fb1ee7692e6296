//! HTTP/1.1 over a plain stream, for load generators that must cost less than what they load: a connection without
//! delay, and one answer read to its end. When a connection is opened again is its owner's affair.

use std::{io, net::SocketAddr, ops::Range};

use tokio::{io::AsyncReadExt as _, net::TcpStream};

const MAX_HEADERS: usize = 32;
const MAX_ANSWER_BYTES: usize = 16 << 20;
const CHUNK_BYTES: usize = 8 << 10;

/// What the head of an answer says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    /// In seconds.
    pub(crate) retry_after: Option<u64>,
    /// Where the body stands among the answer's bytes.
    pub(crate) body: Range<usize>,
    /// Whether the server closes the connection behind it.
    pub(crate) is_last: bool,
}

pub(crate) async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Reads one answer to its end into `answer`, in place of what was there.
pub(crate) async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> io::Result<Head> {
    answer.clear();
    loop {
        more(stream, answer).await?;
        let Some(head) = head(answer)? else { continue };
        while answer.len() < head.body.end {
            more(stream, answer).await?;
        }
        return Ok(head);
    }
}

async fn more(stream: &mut TcpStream, answer: &mut Vec<u8>) -> io::Result<()> {
    if answer.len() > MAX_ANSWER_BYTES {
        return Err(invalid("the answer is too long"));
    }
    answer.reserve(CHUNK_BYTES);
    match stream.read_buf(answer).await? {
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
    let body_bytes: Option<usize> = value("content-length").and_then(|length| length.parse().ok());
    let body_bytes = body_bytes.ok_or_else(|| invalid("the answer has no Content-Length"))?;
    Ok(Some(Head {
        status: response.code.unwrap_or_default(),
        retry_after: value("retry-after").and_then(|seconds| seconds.parse().ok()),
        body: body_at..body_at.saturating_add(body_bytes),
        is_last: value("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")),
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
        let text =
            b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 7\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
        assert_eq!(head(&text[..40]).unwrap(), None);
        let body = text.len() - 2..text.len();
        let expected = Head { status: 503, retry_after: Some(7), body, is_last: true };
        assert_eq!(head(text).unwrap(), Some(expected));
    }

    #[test]
    fn an_answer_without_a_length_is_none_of_the_gateways() {
        assert!(head(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(head(b"nonsense\r\n\r\n").is_err());
    }
}
