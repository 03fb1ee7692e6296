//! TLS in front of a server that has none: as a load balancer would do it.

use std::net::SocketAddr;

use native_tls::Identity;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_native_tls::TlsAcceptor;

use crate::Certificate;

/// Takes TLS on a port of its own until the process ends, and passes on what was in it.
pub struct TlsFront {
    addr: SocketAddr,
}

impl TlsFront {
    /// Starts one in front of `server`, such as `127.0.0.1:4318`.
    pub fn start(server: &str, certificate: &Certificate) -> Self {
        let (pem, key) = (std::fs::read(&certificate.certificate), std::fs::read(&certificate.key));
        let identity = Identity::from_pkcs8(&pem.unwrap(), &key.unwrap()).unwrap();
        let acceptor = TlsAcceptor::from(native_tls::TlsAcceptor::new(identity).unwrap());
        let server = server.to_owned();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let addr = listener.local_addr().unwrap();
        // A thread and runtime of its own: it must outlive the test that started it.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(serve(listener, acceptor, server));
        });
        Self { addr }
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.addr.port()
    }
}

async fn serve(listener: std::net::TcpListener, acceptor: TlsAcceptor, server: String) {
    let listener = TcpListener::from_std(listener).unwrap();
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let (acceptor, server) = (acceptor.clone(), server.clone());
        tokio::spawn(async move {
            // Clients that do not trust it break off here, as they should.
            let Ok(mut client) = acceptor.accept(client).await else { return };
            let Ok(mut server) = TcpStream::connect(server).await else { return };
            drop(copy_bidirectional(&mut client, &mut server).await);
        });
    }
}
