//! The body of a request: bounded in bytes and in time, its content encoding undone.

use std::io::Read;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, HeaderValue};
use actix_web::web::{self, Payload};
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use tokio::time::error::Elapsed;

use crate::problem::{Kind, Problem};

/// What undoes the content encodings that are taken, for `Accept-Encoding` (RFC 9110 §12.5.3).
const ENCODINGS: HeaderValue = HeaderValue::from_static("gzip, zstd");
/// zstd reserves a window that the sender chooses; 2^23 is what RFC 9659 allows for HTTP.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;
/// A compressed body beyond this is expanded on another thread than the one that serves requests.
const EXPANDED_IN_PLACE: usize = 16 << 10;
/// The body of a refused request is read to its end if that costs little: the connection stays, and a client that writes
/// all of it before it reads anything sees the answer and not a broken connection.
const WORTH_DRAINING: usize = 4 << 20;
const DRAINING_PATIENCE: Duration = Duration::from_millis(200);

/// How the bytes on the wire stand for the body (RFC 9110 §8.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Identity,
    Gzip,
    Zstd,
}

/// A body as its headers announce it, of which nothing was read yet.
pub(crate) struct Announced {
    encoding: Encoding,
    length: Option<usize>,
    limit: usize,
}

impl Announced {
    /// Reads the headers; a body that is too large by its own account is refused at once.
    pub(crate) fn of(request: &HttpRequest, limit: usize) -> Result<Self, Problem> {
        let encoding = encoding(request)?;
        let length = declared_length(request);
        if length.is_some_and(|length| length > limit) {
            return Err(too_large(limit));
        }
        Ok(Self { encoding, length, limit })
    }

    /// The most bytes that reading it can take.
    pub(crate) fn largest(&self) -> usize {
        match (self.encoding, self.length) {
            (Encoding::Identity, Some(length)) => length,
            (Encoding::Identity, None) => self.limit,
            (_, length) => length.unwrap_or(self.limit) + self.limit,
        }
    }

    /// Reads it to its end, or says why not.
    pub(crate) async fn read(self, payload: Payload, patience: Duration) -> Result<Bytes, Problem> {
        let bytes = within(patience, self.collect(payload)).await.unwrap_or_else(|_| {
            let detail = format!("the body did not arrive within {patience:?}");
            Err(Problem::new(Kind::BodyTooSlow, detail))
        })?;
        let (encoding, limit) = (self.encoding, self.limit);
        match encoding {
            Encoding::Identity => Ok(bytes),
            _ if bytes.len() <= EXPANDED_IN_PLACE => expand(encoding, &bytes, limit),
            _ => web::block(move || expand(encoding, &bytes, limit))
                .await
                .unwrap_or_else(|_| Err(Problem::new(Kind::Unavailable, "the gateway is stopping"))),
        }
    }

    /// All of it, in as much memory as it announced. It is kept for as long as its request waits for Kafka, and the
    /// framework would begin with 32 KiB for each: that was half of what an overload took, and nothing had counted it.
    async fn collect(&self, mut payload: Payload) -> Result<Bytes, Problem> {
        let mut bytes = BytesMut::with_capacity(self.length.unwrap_or_default());
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| {
                tracing::debug!(%error, "a body could not be read");
                Problem::new(Kind::MalformedRequest, "the body could not be read to its end")
            })?;
            if bytes.len() + chunk.len() > self.limit {
                return Err(too_large(self.limit));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }
}

/// What it comes to, if it does so in time. Most bodies are there already: they need no timer.
async fn within<F: Future>(patience: Duration, work: F) -> Result<F::Output, Elapsed> {
    let mut work = pin!(work);
    match futures::poll!(&mut work) {
        Poll::Ready(done) => Ok(done),
        Poll::Pending => tokio::time::timeout(patience, work).await,
    }
}

/// Reads what is left of a refused request's body and keeps nothing of it: a connection is
/// dearer than a few bytes. A body that is large or slow costs the client its connection.
pub(crate) async fn drain(request: &HttpRequest, mut payload: Payload) {
    if declared_length(request).is_none_or(|length| length > WORTH_DRAINING) {
        return;
    }
    let rest = async { while let Some(Ok(_)) = payload.next().await {} };
    // Out of patience: dropping the payload makes the server close the connection.
    drop(tokio::time::timeout(DRAINING_PATIENCE, rest).await);
}

fn declared_length(request: &HttpRequest) -> Option<usize> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn encoding(request: &HttpRequest) -> Result<Encoding, Problem> {
    let mut named = request.headers().get_all(CONTENT_ENCODING);
    let Some(value) = named.next() else { return Ok(Encoding::Identity) };
    let name = value.to_str().unwrap_or_default().trim().to_ascii_lowercase();
    match (name.as_str(), named.next()) {
        ("identity" | "", None) => Ok(Encoding::Identity),
        ("gzip" | "x-gzip", None) => Ok(Encoding::Gzip),
        ("zstd", None) => Ok(Encoding::Zstd),
        _ => Err(Problem::new(Kind::UnsupportedEncoding, "a body may be encoded by gzip or by zstd, once")
            .header(ACCEPT_ENCODING, ENCODINGS)),
    }
}

/// Expands at most `limit` bytes: however well a body was compressed, it takes no more than that.
fn expand(encoding: Encoding, bytes: &[u8], limit: usize) -> Result<Bytes, Problem> {
    let mut out = Vec::new();
    let one_more = limit as u64 + 1;
    let read = match encoding {
        Encoding::Identity => bytes.take(one_more).read_to_end(&mut out),
        Encoding::Gzip => flate2::read::MultiGzDecoder::new(bytes).take(one_more).read_to_end(&mut out),
        Encoding::Zstd => zstd_reader(bytes).and_then(|reader| reader.take(one_more).read_to_end(&mut out)),
    };
    if let Err(error) = read {
        let detail = format!("the body is not what Content-Encoding says: {error}");
        return Err(Problem::new(Kind::MalformedRequest, detail));
    }
    if out.len() > limit {
        return Err(too_large(limit));
    }
    Ok(out.into())
}

fn zstd_reader(bytes: &[u8]) -> std::io::Result<impl Read> {
    let mut reader = zstd::stream::read::Decoder::with_buffer(bytes)?;
    reader.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
    Ok(reader)
}

fn too_large(limit: usize) -> Problem {
    Problem::new(Kind::TooLarge, format!("the body is larger than {limit} bytes"))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const LIMIT: usize = 1 << 20;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn an_encoded_body_is_what_it_was() {
        let body = "{\"a\":1}".repeat(1_000);
        assert_eq!(expand(Encoding::Gzip, &gzip(body.as_bytes()), LIMIT).unwrap(), body);
        let zstd = zstd::encode_all(body.as_bytes(), 3).unwrap();
        assert_eq!(expand(Encoding::Zstd, &zstd, LIMIT).unwrap(), body);
    }

    #[test]
    fn a_bomb_is_too_large_before_it_has_gone_off() {
        let zeros = vec![0; 64 << 20];
        for (encoding, bomb) in
            [(Encoding::Gzip, gzip(&zeros)), (Encoding::Zstd, zstd::encode_all(&zeros[..], 19).unwrap())]
        {
            assert!(bomb.len() < 128 << 10, "{} bytes", bomb.len());
            assert_eq!(expand(encoding, &bomb, LIMIT).unwrap_err().kind, Kind::TooLarge);
        }
    }

    #[test]
    fn a_body_that_is_not_encoded_as_it_says_is_refused() {
        let mut cut = gzip(b"hello");
        cut.truncate(12);
        for (encoding, bytes) in [(Encoding::Gzip, &cut[..]), (Encoding::Zstd, b"hello")] {
            assert_eq!(expand(encoding, bytes, LIMIT).unwrap_err().kind, Kind::MalformedRequest);
        }
    }
}
