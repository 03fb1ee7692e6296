//! One client that is as slow as it can be, and how the gateway ends it.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout},
};

use super::requests::Requests;

const TICK: Duration = Duration::from_secs(1);

/// What it is slow at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slowness {
    /// A head at once, then a byte of the body a second.
    Body,
    /// A byte of the head a second.
    Head,
    /// One request as others send it, then a byte of the next head a second.
    NextHead,
    /// Nothing at all.
    Silent,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended {
    /// From its first slow moment until it was answered or closed; `None` if it never was.
    pub(crate) after: Option<Duration>,
    /// The status of the answer, if there was one.
    pub(crate) status: Option<u16>,
}

/// Is slow until the gateway ends it, at most for `patience`.
pub(crate) async fn run(
    slowness: Slowness,
    address: SocketAddr,
    requests: &Requests,
    number: u64,
    patience: Duration,
) -> io::Result<Ended> {
    let mut stream = TcpStream::connect(address).await?;
    let whole = requests.render(number);
    let mut bytes = match slowness {
        Slowness::Silent => Vec::new(),
        Slowness::Head => whole,
        Slowness::Body => {
            let body_at = whole.windows(4).position(|window| window == b"\r\n\r\n").map_or(0, |at| at + 4);
            stream.write_all(&whole[..body_at]).await?;
            whole[body_at..].to_vec()
        }
        Slowness::NextHead => {
            stream.write_all(&whole).await?;
            let mut answer = vec![0; 8 << 10];
            // an answer is one small write
            let read = stream.read(&mut answer).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            whole
        }
    };
    bytes.reverse();
    Ok(drip(&mut stream, bytes, patience).await)
}

/// Writes a byte a second, last one first, until something comes back.
async fn drip(stream: &mut TcpStream, mut bytes: Vec<u8>, patience: Duration) -> Ended {
    let start = Instant::now();
    let mut answer = vec![0; 8 << 10];
    while start.elapsed() < patience {
        if let Some(byte) = bytes.pop()
            && stream.write_all(&[byte]).await.is_err()
        {
            return Ended { after: Some(start.elapsed()), status: None };
        }
        match timeout(TICK, stream.read(&mut answer)).await {
            Err(_) => {}
            Ok(Ok(read)) if read > 0 => {
                return Ended { after: Some(start.elapsed()), status: status(&answer[..read]) };
            }
            Ok(_) => return Ended { after: Some(start.elapsed()), status: None },
        }
    }
    Ended { after: None, status: None }
}

fn status(answer: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(answer.get(..12)?).ok()?;
    line.strip_prefix("HTTP/1.1 ")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::status;

    #[test]
    fn the_status_is_in_the_first_line() {
        assert_eq!(status(b"HTTP/1.1 408 Request Timeout\r\n"), Some(408));
        assert_eq!(status(b"nonsense that is long"), None);
        assert_eq!(status(b""), None);
    }
}
