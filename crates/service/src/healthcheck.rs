//! What a container engine asks through a service's own program: is the service beside me ready? So an image needs no
//! shell and no HTTP client. Knows one path, and only enough HTTP/1.1 to read its answer.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use crate::say;

/// The longest wait for a connection, and then for bytes of the answer; below the timeout of the images' health checks.
const PATIENCE: Duration = Duration::from_secs(2);
/// More than `/ready` ever says.
const LONGEST_ANSWER: u64 = 8 << 10;

/// Asks `/ready` of the service that listens at `addr`: success if it answers 200, else it says why not and fails.
pub fn healthcheck(program: &str, addr: SocketAddr) -> ExitCode {
    match ask(addr) {
        Ok(()) => say("ready"),
        Err(reason) => {
            eprintln!("{program} is not ready: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn ask(listens: SocketAddr) -> Result<(), String> {
    let addr = SocketAddr::new(reachable(listens.ip()), listens.port());
    let answer = get(addr).map_err(|error| format!("http://{addr}/ready does not answer: {error}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    match head.strip_prefix("HTTP/1.1 ").and_then(|line| line.get(..3)) {
        Some("200") => Ok(()),
        Some(status) => Err(format!("http://{addr}/ready answers {status} {}", body.trim())),
        None => Err(format!("what listens on {addr} does not speak HTTP/1.1")),
    }
}

/// Who listens on every address is asked on loopback.
fn reachable(listens: IpAddr) -> IpAddr {
    match listens {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    }
}

fn get(addr: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&addr, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let request = format!("GET /ready HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(LONGEST_ANSWER).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Asks a server that says `answer` to whoever comes, at `host` and a port of its own, by the address `asked`.
    fn asked_of(answer: &'static str, host: &str, asked: &str) -> Result<(), String> {
        let listener = TcpListener::bind((host, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.extend(byte);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8(request).unwrap()
        });
        let result = ask(SocketAddr::new(asked.parse().unwrap(), port));
        let request = server.join().unwrap();
        assert!(request.starts_with("GET /ready HTTP/1.1\r\n"), "{request}");
        result
    }

    #[test]
    fn only_200_is_ready_and_the_reason_is_said() {
        assert_eq!(asked_of("HTTP/1.1 200 OK\r\n\r\n{}", "127.0.0.1", "127.0.0.1"), Ok(()));
        let draining = "HTTP/1.1 503 Service Unavailable\r\n\r\n{\"reason\":\"draining\"}";
        let reason = asked_of(draining, "127.0.0.1", "127.0.0.1").unwrap_err();
        assert!(reason.ends_with("/ready answers 503 {\"reason\":\"draining\"}"), "{reason}");
        let reason = asked_of("220 mail", "127.0.0.1", "127.0.0.1").unwrap_err();
        assert!(reason.ends_with("does not speak HTTP/1.1"), "{reason}");
    }

    #[test]
    fn who_listens_on_every_address_is_asked_on_loopback() {
        assert_eq!(asked_of("HTTP/1.1 200 OK\r\n\r\n", "127.0.0.1", "0.0.0.0"), Ok(()));
        assert_eq!(reachable(Ipv6Addr::UNSPECIFIED.into()), IpAddr::from(Ipv6Addr::LOCALHOST));
    }

    #[test]
    fn a_port_where_nobody_listens_is_named() {
        let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let reason = ask(addr).unwrap_err();
        assert!(reason.starts_with(&format!("http://{addr}/ready does not answer: ")), "{reason}");
        assert_eq!(format!("{:?}", healthcheck("farol-test", addr)), format!("{:?}", ExitCode::FAILURE));
    }
}
