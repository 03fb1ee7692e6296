//! The services' only way to the collector: a TCP link whose far end can be whole, absent, frozen,
//! refusing or slow. It knows as much of HTTP as a refusal needs.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpSocket, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::sleep,
};

const CHUNK_BYTES: usize = 64 << 10;
const BACKLOG: u32 = 64;
/// Below the exporter's own timeout of 10 s, so that slow exports succeed, one at a time.
const SLOW_BY: Duration = Duration::from_secs(4);
const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";

/// What the collector looks like from the services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Collector {
    Whole,
    /// Nothing listens.
    Absent,
    /// It takes connections and says nothing.
    Frozen,
    /// It answers 503.
    Refusing,
    /// It answers late.
    Slow,
}

/// A link to one collector.
pub(crate) struct CollectorLink {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    collector: watch::Sender<Collector>,
    reached: Arc<AtomicU64>,
    serving: JoinHandle<io::Result<()>>,
}

struct Far {
    address: SocketAddr,
    /// Bytes that reached the real collector.
    reached: Arc<AtomicU64>,
}

impl CollectorLink {
    /// Listens on loopback and connects each client to the collector at `far`.
    pub(crate) fn to(far: SocketAddr) -> io::Result<Self> {
        let listener = bound(SocketAddr::from(([127, 0, 0, 1], 0)))?.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        let (collector, state) = watch::channel(Collector::Whole);
        let reached = Arc::new(AtomicU64::new(0));
        let far = Far { address: far, reached: Arc::clone(&reached) };
        let serving = tokio::spawn(serve(listener, Arc::new(far), state));
        Ok(Self { address, collector, reached, serving })
    }

    /// From now on the collector looks like this; connections from before are closed.
    pub(crate) fn set(&self, collector: Collector) -> io::Result<()> {
        if self.serving.is_finished() {
            return Err(io::Error::other("the link to the collector could not listen again"));
        }
        self.collector.send_replace(collector);
        Ok(())
    }

    /// Bytes that reached the collector so far.
    pub(crate) fn reached(&self) -> u64 {
        self.reached.load(Ordering::Relaxed)
    }
}

impl Drop for CollectorLink {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A socket that keeps its port; without `listen`, connections to it are refused.
fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn serve(
    listener: TcpListener,
    far: Arc<Far>,
    mut state: watch::Receiver<Collector>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let mut first = Some(listener);
    loop {
        let collector = *state.borrow_and_update();
        let first = first.take();
        // connections live in the future that is dropped when the state changes
        let serving = async {
            match (collector, first) {
                (Collector::Absent, listener) => refuse_connections(listener, address).await,
                (_, Some(listener)) => accept(listener, collector, &far).await,
                (_, None) => accept(bound(address)?.listen(BACKLOG)?, collector, &far).await,
            }
        };
        tokio::select! {
            failed = serving => failed?,
            changed = state.changed() => if changed.is_err() { return Ok(()) },
        }
    }
}

/// Keeps the port from anybody else, and lets nobody in.
async fn refuse_connections(listener: Option<TcpListener>, address: SocketAddr) -> io::Result<()> {
    drop(listener);
    let _held = bound(address)?;
    std::future::pending().await
}

async fn accept(listener: TcpListener, collector: Collector, far: &Arc<Far>) -> io::Result<()> {
    let mut connections = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await?;
        let far = Arc::clone(far);
        connections.spawn(async move {
            // one end is gone: the other is closed, and the exporter connects anew
            drop(talk(client, collector, &far).await);
        });
    }
}

async fn talk(client: TcpStream, collector: Collector, far: &Far) -> io::Result<()> {
    match collector {
        Collector::Whole => carry(client, far, Duration::ZERO).await,
        Collector::Slow => carry(client, far, SLOW_BY).await,
        Collector::Refusing => refuse(client).await,
        Collector::Frozen | Collector::Absent => {
            let _held = client;
            std::future::pending().await
        }
    }
}

async fn carry(client: TcpStream, far: &Far, delay: Duration) -> io::Result<()> {
    let collector = TcpStream::connect(far.address).await?;
    let ((from_client, to_client), (from_collector, to_collector)) =
        (client.into_split(), collector.into_split());
    tokio::select! {
        ended = forward(from_client, to_collector, |bytes| { far.reached.fetch_add(bytes, Ordering::Relaxed); }, Duration::ZERO) => ended,
        ended = forward(from_collector, to_client, |_| (), delay) => ended,
    }
}

async fn forward(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    count: impl Fn(u64),
    delay: Duration,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let bytes = from.read(&mut chunk).await?;
        if bytes == 0 {
            return Ok(());
        }
        sleep(delay).await;
        to.write_all(&chunk[..bytes]).await?;
        count(bytes as u64);
    }
}

/// Reads each request to its end, as the exporter expects, and refuses it.
async fn refuse(client: TcpStream) -> io::Result<()> {
    let (from, mut to) = client.into_split();
    let mut from = BufReader::new(from);
    loop {
        let mut body_bytes = 0;
        loop {
            let mut line = String::new();
            if from.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            if line.trim_end().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                body_bytes = value.trim().parse().map_err(|_| io::ErrorKind::InvalidData)?;
            }
        }
        tokio::io::copy(&mut (&mut from).take(body_bytes), &mut tokio::io::sink()).await?;
        to.write_all(REFUSAL).await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A collector that answers whatever it gets with two letters.
    async fn collector() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut chunk = [0; 16];
                while stream.read(&mut chunk).await.is_ok_and(|bytes| bytes > 0) {
                    stream.write_all(b"ok").await.unwrap();
                }
            }
        });
        address
    }

    async fn ask(link: &CollectorLink, request: &[u8]) -> io::Result<Vec<u8>> {
        let mut client = TcpStream::connect(link.address).await?;
        client.write_all(request).await?;
        let mut answer = vec![0; 12];
        let bytes = client.read(&mut answer).await?;
        answer.truncate(bytes);
        Ok(answer)
    }

    #[tokio::test]
    async fn a_whole_collector_gets_every_byte_and_its_answer_comes_back() {
        let link = CollectorLink::to(collector().await).unwrap();
        assert_eq!(ask(&link, b"hello").await.unwrap(), b"ok");
        assert_eq!(link.reached(), 5);
    }

    #[tokio::test]
    async fn an_absent_collector_refuses_the_connection_and_comes_back_on_the_same_port() {
        let link = CollectorLink::to(collector().await).unwrap();
        assert_eq!(ask(&link, b"hello").await.unwrap(), b"ok");
        link.set(Collector::Absent).unwrap();
        while ask(&link, b"hello").await.is_ok() {
            tokio::task::yield_now().await;
        }
        link.set(Collector::Whole).unwrap();
        while ask(&link, b"hello").await.is_err() {
            tokio::task::yield_now().await;
        }
        assert_eq!(ask(&link, b"hello").await.unwrap(), b"ok");
    }

    #[tokio::test]
    async fn a_refusing_collector_answers_503_to_each_whole_request_and_passes_nothing_on() {
        let link = CollectorLink::to(collector().await).unwrap();
        link.set(Collector::Refusing).unwrap();
        let request = b"POST /v1/traces HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc";
        loop {
            // the change of state closes what was accepted before it
            match ask(&link, request).await {
                Ok(answer) if answer == b"HTTP/1.1 503" => break,
                _ => tokio::task::yield_now().await,
            }
        }
        let before = link.reached();
        assert_eq!(ask(&link, request).await.unwrap(), b"HTTP/1.1 503");
        assert_eq!(link.reached(), before);
    }
}
