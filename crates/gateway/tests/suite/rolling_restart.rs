//! Two gateways behind a load balancer are restarted one after the other under load: no request fails, and what was
//! acknowledged is in the topic.

use std::collections::HashSet;
use std::io;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use testkit::{Database, KeysFile, Topic, eventually};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::load_balancer::LoadBalancer;
use crate::process;
use crate::support::{WRITER, uuid};

const CLIENTS: usize = 8;

/// What the gateways share.
struct Ground {
    topic: Topic,
    database: Database,
    keys: KeysFile,
}

impl Ground {
    async fn prepare() -> Self {
        let (topic, database) = tokio::join!(Topic::create(3), Database::create());
        Self { topic, database, keys: KeysFile::with(&[(WRITER, &["*"], &["write"])]) }
    }

    fn gateway(&self, port: u16, wait: &str) -> Child {
        let mut command = process::command(&self.topic, &self.database, &self.keys, port, "");
        command.env("OTEL_SDK_DISABLED", "true").env("FAROL_SHUTDOWN_WAIT", wait).spawn().unwrap()
    }
}

/// What the clients of one load were told.
#[derive(Default)]
struct Told {
    acknowledged: Mutex<Vec<String>>,
    failures: Mutex<Vec<String>>,
    enough: AtomicBool,
}

impl Told {
    fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    /// Waits until so many more are acknowledged.
    async fn more(&self, events: usize) {
        let enough = self.count() + events;
        eventually("more events are acknowledged", || async { (self.count() >= enough).then_some(()) }).await;
    }
}

/// A connection that is kept until the other side says that it will close it. Nothing is ever sent twice.
struct Connection(BufReader<TcpStream>);

impl Connection {
    async fn open(address: &str) -> io::Result<Self> {
        Ok(Self(BufReader::new(TcpStream::connect(address).await?)))
    }

    /// Sends one event; answers with the status, and whether the connection may be used again.
    async fn send(&mut self, id: &str) -> io::Result<(u16, bool)> {
        let request = format!(
            "POST /v1/events HTTP/1.1\r\nHost: farol\r\nAuthorization: Bearer {WRITER}\r\nContent-Length: 2\r\n\
             ce-specversion: 1.0\r\nce-id: {id}\r\nce-source: /rolling\r\nce-type: t\r\n\r\nhi"
        );
        self.0.get_mut().write_all(request.as_bytes()).await?;
        let (mut status, mut length, mut kept) = (0, 0, true);
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end().to_ascii_lowercase();
            match line.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(("connection", value)) => kept = value != "close",
                None if line.is_empty() => break,
                None => status = line.split(' ').nth(1).unwrap().parse().unwrap(),
                Some(_) => {}
            }
        }
        self.0.read_exact(&mut vec![0; length]).await?;
        Ok((status, kept))
    }
}

/// One client: sends the next event when the last one is answered.
async fn send_until_enough(address: String, told: Arc<Told>) {
    let mut connection = None;
    while !told.enough.load(Ordering::Relaxed) {
        let id = uuid();
        match send(&mut connection, &address, &id).await {
            Ok(202) => told.acknowledged.lock().unwrap().push(id),
            other => {
                connection = None;
                told.failures.lock().unwrap().push(format!("{other:?}"));
            }
        }
    }
}

async fn send(kept: &mut Option<Connection>, address: &str, id: &str) -> io::Result<u16> {
    let mut connection = match kept.take() {
        Some(connection) => connection,
        None => Connection::open(address).await?,
    };
    let (status, usable) = connection.send(id).await?;
    *kept = usable.then_some(connection);
    Ok(status)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_under_load_fails_no_request_and_loses_no_event() {
    let ground = Ground::prepare().await;
    let ports = [testkit::closed_port(), testkit::closed_port()];
    let mut gateways = ports.map(|port| Some(ground.gateway(port, "1s")));
    let balancer = LoadBalancer::before(&ports).await;
    let used = async |n| eventually("it is used", || async { balancer.uses(n).then_some(()) }).await;
    used(0).await;
    used(1).await;

    let told = Arc::new(Told::default());
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(send_until_enough(balancer.address.clone(), Arc::clone(&told)));
    }
    told.more(200).await;
    for n in [0, 1] {
        let before = balancer.connections(1 - n);
        process::stop(gateways[n].take().unwrap()).await;
        assert!(balancer.connections(1 - n) > before, "the other one took its clients");
        told.more(200).await;
        gateways[n] = Some(ground.gateway(ports[n], "1s"));
        used(n).await;
    }
    told.more(200).await;
    told.enough.store(true, Ordering::Relaxed);
    clients.join_all().await;
    for gateway in gateways {
        process::stop(gateway.unwrap()).await;
    }

    assert_eq!(*told.failures.lock().unwrap(), Vec::<String>::new());
    let records = ground.topic.records();
    let held: HashSet<_> = records.iter().filter_map(|record| record.header("ce_id")).collect();
    let acknowledged = told.acknowledged.lock().unwrap();
    let lost: Vec<_> = acknowledged.iter().filter(|id| !held.contains(id.as_str())).collect();
    assert!(lost.is_empty(), "{} of {} are not in the topic: {lost:?}", lost.len(), acknowledged.len());
    assert_eq!(records.len(), acknowledged.len(), "each event was sent once");
}

#[tokio::test]
async fn a_connection_that_is_idle_does_not_hold_the_end_up() {
    let ground = Ground::prepare().await;
    let port = testkit::closed_port();
    let gateway = ground.gateway(port, "0s");
    process::ready(port).await;
    let mut used = Connection::open(&format!("127.0.0.1:{port}")).await.unwrap();
    assert_eq!(used.send(&uuid()).await.unwrap(), (202, true));
    let mut silent = TcpStream::connect(("127.0.0.1", port)).await.unwrap();

    let began = Instant::now();
    process::stop(gateway).await;
    // Requests in flight may take 20 s; nobody has one.
    assert!(began.elapsed() < Duration::from_secs(5), "it took {:?}", began.elapsed());
    assert_eq!(used.0.read(&mut [0]).await.unwrap(), 0, "closed in order");
    assert_eq!(silent.read(&mut [0]).await.unwrap(), 0, "closed in order");
}
