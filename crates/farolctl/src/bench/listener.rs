//! Which process of this machine listens on a port: for the CPU time of servers that the bench
//! did not start.

use std::{collections::HashSet, fs, path::Path};

use super::cpu;

/// A server that may run on this machine.
pub(crate) struct Server {
    pid: Option<u32>,
}

impl Server {
    /// The listener behind `address` (`host:port`), if the host is this machine.
    pub(crate) fn at(address: &str) -> Self {
        let local = address.rsplit_once(':').filter(|(host, _)| is_loopback(host));
        let port = local.and_then(|(_, port)| port.parse().ok());
        Self { pid: port.and_then(listener) }
    }

    /// CPU seconds of its processes; `None` if it is elsewhere or may not be looked at.
    pub(crate) fn cpu_seconds(&self) -> Option<f64> {
        cpu::tree_seconds(self.pid?).ok()
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

fn listener(port: u16) -> Option<u32> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].into_iter();
    let tables = tables.filter_map(|table| fs::read_to_string(table).ok());
    let sockets: HashSet<String> = tables.flat_map(|table| listening_sockets(&table, port)).collect();
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let mut pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.find(|pid| holds_one_of(*pid, &sockets))
}

/// The links `socket:[inode]` of a /proc/net/tcp table that listen (state 0A) on `port`.
fn listening_sockets(table: &str, port: u16) -> Vec<String> {
    let wanted = format!(":{port:04X}");
    let socket = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let listens = fields.get(1)?.ends_with(&wanted) && *fields.get(3)? == "0A";
        listens.then(|| fields.get(9).map(|inode| format!("socket:[{inode}]")))?
    };
    table.lines().skip(1).filter_map(socket).collect()
}

fn holds_one_of(pid: u32, sockets: &HashSet<String>) -> bool {
    // a process of another user, or one that has ended, is not looked into
    let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    let targets = files.flatten().filter_map(|file| fs::read_link(file.path()).ok());
    targets.into_iter().any(|target: std::path::PathBuf| is_one_of(&target, sockets))
}

fn is_one_of(target: &Path, sockets: &HashSet<String>) -> bool {
    target.to_str().is_some_and(|target| sockets.contains(target))
}

#[cfg(test)]
mod tests {
    use super::{Server, is_loopback, listening_sockets};

    #[test]
    fn the_process_behind_a_port_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server::at(&listener.local_addr().unwrap().to_string());
        assert_eq!(server.pid, Some(std::process::id()));
    }

    #[test]
    fn only_listeners_on_the_port_count() {
        let table = "header\n\
            0: 0100007F:5F32 00000000:0000 0A 0:0 00:0 0 0 0 262781 2\n\
            1: 0100007F:5F32 0100007F:1234 01 0:0 00:0 0 0 0 262782 2\n\
            2: 0100007F:5F33 00000000:0000 0A 0:0 00:0 0 0 0 262783 2";
        assert_eq!(listening_sockets(table, 0x5F32), ["socket:[262781]"]);
    }

    #[test]
    fn other_machines_are_not_looked_for_here() {
        assert!(is_loopback("127.0.0.1") && is_loopback("localhost") && is_loopback("[::1]"));
        assert!(!is_loopback("kafka.example") && !is_loopback("10.0.0.1"));
        assert!(Server::at("kafka.example:9092").pid.is_none());
    }
}
