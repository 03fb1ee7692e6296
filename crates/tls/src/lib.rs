//! Whom a program trusts when it connects to others, and what to do when a handshake fails. Knows
//! no protocol above TLS.

mod advice;
mod trust;

use std::net::IpAddr;

pub use advice::Advice;
pub use trust::{Trust, TrustError};

/// Whether what is sent to `host` stays on this machine, where nobody on a network can listen in.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_this_machine_is_loopback() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["", "postgres", "localhost.example", "127.0.0.1.example", "10.0.0.1", "::ffff:127.0.0.1"]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
