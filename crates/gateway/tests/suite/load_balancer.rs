//! A load balancer as small as one can be: it asks each backend's `/ready`, and hands each new connection to the
//! next backend that is ready. What is on a connection it does not look at, so a connection stays where it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// How often a backend is asked, and how long it may take to answer.
const ASKS_EVERY: Duration = Duration::from_millis(50);
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// A load balancer that serves until it is dropped.
pub(crate) struct LoadBalancer {
    pub(crate) address: String,
    backends: Arc<[Backend]>,
    _serving: JoinSet<()>,
}

struct Backend {
    port: u16,
    ready: AtomicBool,
    connections: AtomicUsize,
}

impl LoadBalancer {
    pub(crate) async fn before(ports: &[u16]) -> Self {
        let backend = |port: &u16| Backend {
            port: *port,
            ready: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
        };
        let backends: Arc<[Backend]> = ports.iter().map(backend).collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut serving = JoinSet::new();
        serving.spawn(ask(Arc::clone(&backends)));
        serving.spawn(serve(listener, Arc::clone(&backends)));
        Self { address, backends, _serving: serving }
    }

    /// Whether it gives connections to this backend.
    pub(crate) fn uses(&self, backend: usize) -> bool {
        self.backends[backend].ready.load(Ordering::Relaxed)
    }

    /// How many connections a backend was given.
    pub(crate) fn connections(&self, backend: usize) -> usize {
        self.backends[backend].connections.load(Ordering::Relaxed)
    }
}

/// Asks for ever; each time on a new connection, since a kept one would keep the backend from ending.
async fn ask(backends: Arc<[Backend]>) {
    let client =
        reqwest::Client::builder().pool_max_idle_per_host(0).timeout(ANSWERS_WITHIN).build().unwrap();
    loop {
        for backend in backends.iter() {
            let answer = client.get(format!("http://127.0.0.1:{}/ready", backend.port)).send().await;
            backend.ready.store(answer.is_ok_and(|answer| answer.status() == 200), Ordering::Relaxed);
        }
        tokio::time::sleep(ASKS_EVERY).await;
    }
}

async fn serve(listener: TcpListener, backends: Arc<[Backend]>) {
    // Dropped with this task, and every connection with it.
    let mut carrying = JoinSet::new();
    for turn in 0.. {
        let (mut client, _) = listener.accept().await.unwrap();
        let ready: Vec<_> = backends.iter().filter(|backend| backend.ready.load(Ordering::Relaxed)).collect();
        // Nobody is ready: the connection is closed, which its client counts as a failure.
        let Some(backend) = ready.get(turn % ready.len().max(1)) else { continue };
        backend.connections.fetch_add(1, Ordering::Relaxed);
        let port = backend.port;
        carrying.spawn(async move {
            if let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await {
                // Whichever end breaks, the client sees its connection end.
                drop(copy_bidirectional(&mut client, &mut server).await);
            }
        });
    }
}
