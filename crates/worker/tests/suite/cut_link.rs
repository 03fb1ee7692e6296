//! A link to PostgreSQL that can be cut around one COMMIT.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const COMMIT: &[u8] = b"COMMIT\0";

/// What happens to the next COMMIT that passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Cut {
    /// Nothing.
    None,
    /// The server never hears of it.
    Before,
    /// The server does it, and the client never hears of that.
    After,
}

/// Forwards connections to the server of a connection string.
pub(crate) struct CutLink {
    pub(crate) url: String,
    cut: Arc<AtomicU8>,
}

impl CutLink {
    pub(crate) async fn to(database_url: &str) -> Self {
        let at = database_url.find('@').unwrap() + 1;
        let end = at + database_url[at..].find('/').unwrap();
        let server = database_url[at..end].to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap().to_string();
        let cut = Arc::new(AtomicU8::new(Cut::None as u8));
        let url = format!("{}{here}{}", &database_url[..at], &database_url[end..]);
        tokio::spawn({
            let cut = Arc::clone(&cut);
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    let server = TcpStream::connect(&server).await.unwrap();
                    tokio::spawn(forward(client, server, Arc::clone(&cut)));
                }
            }
        });
        Self { url, cut }
    }

    /// Cuts one connection around the next COMMIT.
    pub(crate) fn cut(&self, cut: Cut) {
        self.cut.store(cut as u8, Ordering::SeqCst);
    }

    /// Whether that has happened.
    pub(crate) fn was_cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst) == Cut::None as u8
    }
}

async fn forward(mut client: TcpStream, mut server: TcpStream, cut: Arc<AtomicU8>) {
    let (mut up, mut down) = ([0; 65_536], [0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(read @ 1..) = read else { return };
                let commits = up[..read].windows(COMMIT.len()).any(|window| window == COMMIT);
                if commits && take(&cut, Cut::Before) {
                    return;
                }
                if server.write_all(&up[..read]).await.is_err() {
                    return;
                }
                if commits && take(&cut, Cut::After) {
                    // The answer says that it is done; nobody passes it on.
                    assert!(server.read(&mut down).await.unwrap() > 0);
                    return;
                }
            }
            read = server.read(&mut down) => {
                let Ok(read @ 1..) = read else { return };
                if client.write_all(&down[..read]).await.is_err() {
                    return;
                }
            }
        }
    }
}

fn take(armed: &AtomicU8, cut: Cut) -> bool {
    armed.compare_exchange(cut as u8, Cut::None as u8, Ordering::SeqCst, Ordering::SeqCst).is_ok()
}
