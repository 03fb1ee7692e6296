//! A way to a server that takes longer: what comes is kept for half of the added round trip, each way.
//! Threads and the system's own clock, since a runtime's timers are too coarse for a millisecond and a bit.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

const CHUNK_BYTES: usize = 64 << 10;
/// How many chunks are on their way at most: far more than the longest delay needs.
const ON_THE_WAY: usize = 4_096;

/// Hands connections on until it is dropped.
pub(crate) struct SlowLink {
    pub(crate) address: SocketAddr,
    closed: Arc<AtomicBool>,
}

impl SlowLink {
    /// A detour to `server` that adds `round_trip`.
    pub(crate) fn to(server: SocketAddr, round_trip: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let closed = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&closed);
        thread::spawn(move || {
            for client in listener.incoming() {
                if until.load(Ordering::Relaxed) {
                    return;
                }
                if let Err(error) = client.and_then(|client| carry(client, server, round_trip / 2)) {
                    eprintln!("farolctl: the slow link to {server}: {error}");
                }
            }
        });
        Ok(Self { address, closed })
    }
}

impl Drop for SlowLink {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        // wakes the listener; where nothing listens any more there is nothing to end
        drop(TcpStream::connect(self.address));
    }
}

fn carry(client: TcpStream, server: SocketAddr, delay: Duration) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    one_way(client.try_clone()?, server.try_clone()?, delay);
    one_way(server, client, delay);
    Ok(())
}

fn one_way(from: TcpStream, to: TcpStream, delay: Duration) {
    let (sender, receiver) = sync_channel(ON_THE_WAY);
    thread::spawn(move || take_in(from, &sender, delay));
    thread::spawn(move || give_out(to, &receiver));
}

/// Ends with the connection, or when nobody takes anything any more.
fn take_in(mut from: TcpStream, sender: &SyncSender<(Instant, Vec<u8>)>, delay: Duration) {
    let mut buffer = vec![0; CHUNK_BYTES];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if sender.send((Instant::now() + delay, buffer[..count].to_vec())).is_err() {
            return;
        }
    }
}

fn give_out(mut to: TcpStream, receiver: &Receiver<(Instant, Vec<u8>)>) {
    for (due, bytes) in receiver {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    // the other end may be closed already
    drop(to.shutdown(Shutdown::Both));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_trip_takes_as_much_longer_as_was_asked_for() {
        let echo = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let link = SlowLink::to(echo.local_addr().unwrap(), Duration::from_millis(40)).unwrap();
        thread::spawn(move || {
            let (mut stream, _) = echo.accept().unwrap();
            let mut byte = [0];
            stream.read_exact(&mut byte).and_then(|()| stream.write_all(&byte)).unwrap();
        });
        let mut stream = TcpStream::connect(link.address).unwrap();
        let start = Instant::now();
        stream.write_all(b"x").unwrap();
        stream.read_exact(&mut [0]).unwrap();
        assert!(start.elapsed() >= Duration::from_millis(40), "{:?}", start.elapsed());
    }
}
