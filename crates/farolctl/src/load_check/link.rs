//! The gateway's only way to Kafka during a load check: a TCP link that can be narrowed to a rate
//! and cut. Kafka's own quota was not taken for this: it averages over ten windows of a second, so
//! that it lets ten seconds' worth through at once and then mutes the connection for seconds,
//! which is a stall and not a rate; it also needs a JVM for each change.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Mutex, watch},
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep_until},
};

/// So little at a time that a narrow link flows instead of coming in gulps.
const CHUNK_BYTES: usize = 16 << 10;
const MAX_FRAME_BYTES: usize = 64 << 20;
/// What an idle link may catch up with.
const CREDIT: Duration = Duration::from_millis(50);

/// A link to one broker.
pub(crate) struct Link {
    /// Where it listens.
    pub(crate) address: String,
    gate: Arc<Gate>,
    serving: JoinHandle<()>,
}

struct Gate {
    /// 0 is as fast as it goes.
    bytes_per_second: AtomicU64,
    carried: AtomicU64,
    /// When the next bytes may pass.
    next: Mutex<Instant>,
    open: watch::Sender<bool>,
}

/// The broker names its own address to clients, and they would go around the link: in what it
/// says, host and port are replaced by the link's port, which changes no length.
#[derive(Clone)]
struct Names {
    broker: Vec<u8>,
    link: Vec<u8>,
}

impl Link {
    /// Listens on the broker's own host, `host:port`, and connects each client to it.
    pub(crate) async fn to(broker: &str) -> io::Result<Self> {
        let wrong = || io::Error::new(io::ErrorKind::InvalidInput, format!("{broker} is not host:port"));
        let (host, port) = broker.rsplit_once(':').ok_or_else(wrong)?;
        let port: u16 = port.parse().map_err(|_| wrong())?;
        let listener = TcpListener::bind((host, 0)).await?;
        let link_port = listener.local_addr()?.port();
        let names = Names { broker: name(host, port), link: name(host, link_port) };
        let gate = Arc::new(Gate {
            bytes_per_second: AtomicU64::new(0),
            carried: AtomicU64::new(0),
            next: Mutex::new(Instant::now()),
            open: watch::Sender::new(true),
        });
        let serving = tokio::spawn(serve(listener, broker.to_owned(), names, Arc::clone(&gate)));
        Ok(Self { address: format!("{host}:{link_port}"), gate, serving })
    }

    /// Lets so many bytes through a second towards the broker; 0 is as many as come.
    pub(crate) fn narrow(&self, bytes_per_second: u64) {
        self.gate.bytes_per_second.store(bytes_per_second, Ordering::Relaxed);
    }

    /// Closed, it carries nothing in either direction: what a frozen broker looks like.
    pub(crate) fn set_open(&self, open: bool) {
        self.gate.open.send_replace(open);
    }

    /// Bytes carried towards the broker so far.
    pub(crate) fn carried(&self) -> u64 {
        self.gate.carried.load(Ordering::Relaxed)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Gate {
    async fn opened(&self) {
        // the sender lives in `self`, so this cannot fail
        drop(self.open.subscribe().wait_for(|open| *open).await);
    }

    /// Returns when `bytes` may go on.
    async fn pass(&self, bytes: usize) {
        let rate = self.bytes_per_second.load(Ordering::Relaxed);
        if rate > 0 {
            let mut next = self.next.lock().await;
            let turn = (*next).max(Instant::now().checked_sub(CREDIT).unwrap_or(*next));
            *next = turn + Duration::from_secs_f64(bytes as f64 / rate as f64);
            sleep_until(*next).await;
        }
        self.opened().await;
        self.carried.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

async fn serve(listener: TcpListener, broker: String, names: Names, gate: Arc<Gate>) {
    // dropped with this task, and every connection with it
    let mut connections = JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        let (broker, names, gate) = (broker.clone(), names.clone(), Arc::clone(&gate));
        connections.spawn(async move {
            // one end is gone: the other is closed, and the client connects anew or fails loudly
            drop(carry(client, &broker, names, &gate).await);
        });
    }
}

async fn carry(client: TcpStream, broker: &str, names: Names, gate: &Gate) -> io::Result<()> {
    let broker = TcpStream::connect(broker).await?;
    client.set_nodelay(true)?;
    broker.set_nodelay(true)?;
    let ((from_client, to_client), (from_broker, to_broker)) = (client.into_split(), broker.into_split());
    tokio::select! {
        ended = forward(from_client, to_broker, gate) => ended,
        ended = back(from_broker, to_client, &names, gate) => ended,
    }
}

async fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, gate: &Gate) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let bytes = from.read(&mut chunk).await?;
        if bytes == 0 {
            return Ok(());
        }
        gate.pass(bytes).await;
        to.write_all(&chunk[..bytes]).await?;
    }
}

/// Answers go back whole, each behind its length in four bytes.
async fn back(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, names: &Names, gate: &Gate) -> io::Result<()> {
    loop {
        let length = from.read_u32().await?;
        let bytes = usize::try_from(length).unwrap_or(usize::MAX);
        if bytes > MAX_FRAME_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut frame = vec![0; bytes];
        from.read_exact(&mut frame).await?;
        names.replace(&mut frame);
        gate.opened().await;
        to.write_u32(length).await?;
        to.write_all(&frame).await?;
    }
}

/// How the Kafka protocol writes a broker's address: the host's text, then the port in four bytes.
fn name(host: &str, port: u16) -> Vec<u8> {
    [host.as_bytes(), &u32::from(port).to_be_bytes()].concat()
}

impl Names {
    fn replace(&self, frame: &mut [u8]) {
        let length = self.broker.len();
        for start in 0..(frame.len() + 1).saturating_sub(length) {
            if frame[start..start + length] == self.broker[..] {
                frame[start..start + length].copy_from_slice(&self.link);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_brokers_address_is_replaced_wherever_it_stands() {
        let names = Names { broker: name("127.0.0.1", 9092), link: name("127.0.0.1", 4000) };
        let mut frame = [b"ab".as_slice(), &name("127.0.0.1", 9092), &name("127.0.0.1", 9093)].concat();
        names.replace(&mut frame);
        assert_eq!(frame, [b"ab".as_slice(), &name("127.0.0.1", 4000), &name("127.0.0.1", 9093)].concat());
        names.replace(&mut [1, 2, 3]);
    }

    /// A server that reads to the end and says how much it was.
    async fn sink() -> (String, JoinHandle<usize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let reading = async move {
            let mut bytes = Vec::new();
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_to_end(&mut bytes).await.unwrap()
        };
        (address, tokio::spawn(reading))
    }

    #[tokio::test]
    async fn a_narrow_link_carries_everything_at_its_rate() {
        let (address, read) = sink().await;
        let link = Link::to(&address).await.unwrap();
        link.narrow(400_000);
        let start = Instant::now();
        let mut client = TcpStream::connect(&link.address).await.unwrap();
        client.write_all(&[0; 200_000]).await.unwrap();
        drop(client);
        assert_eq!(read.await.unwrap(), 200_000);
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(400), "half a second's worth took {took:?}");
        assert_eq!(link.carried(), 200_000);
    }

    #[tokio::test]
    async fn a_closed_link_carries_nothing_until_it_is_opened() {
        let (address, read) = sink().await;
        let link = Link::to(&address).await.unwrap();
        link.set_open(false);
        let mut client = TcpStream::connect(&link.address).await.unwrap();
        client.write_all(b"hello").await.unwrap();
        drop(client);
        assert_eq!(link.carried(), 0);
        link.set_open(true);
        assert_eq!(read.await.unwrap(), 5);
    }
}
