//! What a figure has to be read with: the machine, the versions of everything that took part, and how the measurement
//! was set.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use serde_json::{Value, json};

use super::ground::Size;

/// Whose versions are asked for.
pub(crate) struct Parts<'a> {
    pub(crate) bin_dir: &'a Path,
    pub(crate) kafka_classpath: Option<&'a str>,
}

/// The machine, the versions and the settings; what cannot be found out is said to be unknown.
pub(crate) fn conditions(size: &Size, parts: &Parts<'_>) -> BTreeMap<String, Value> {
    let mut all = machine();
    all.extend(versions(parts));
    all.extend(settings(size));
    all
}

fn machine() -> BTreeMap<String, Value> {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let release =
        read("/etc/os-release").lines().find_map(|line| line.strip_prefix("PRETTY_NAME=").map(str::to_owned));
    named([
        ("machine: processor", json!(field(&read("/proc/cpuinfo"), "model name"))),
        ("machine: cores", json!(cores)),
        ("machine: memory", json!(field(&read("/proc/meminfo"), "MemTotal"))),
        ("machine: kernel", json!(read("/proc/sys/kernel/osrelease").trim())),
        ("machine: system", json!(release.unwrap_or_else(unknown).trim_matches('"'))),
        ("machine: load average before", json!(read("/proc/loadavg").split(' ').next().unwrap_or_default())),
        ("measured at", json!(now())),
    ])
}

fn versions(parts: &Parts<'_>) -> BTreeMap<String, Value> {
    let kafka = parts.kafka_classpath.map_or_else(unknown, kafka_version);
    named([
        ("version: farol", json!(env!("CARGO_PKG_VERSION"))),
        ("version: programs", json!(digests(parts.bin_dir))),
        ("version: build", json!(build(cfg!(debug_assertions), option_env!("FAROL_PROFILE_DATA")))),
        ("version: Kafka", json!(kafka)),
        ("version: Java", json!(said("java", &["-version"]))),
        ("version: Redis", json!(said("redis-server", &["--version"]))),
    ])
}

/// How farolctl was built, and what is built with it.
fn build(debug: bool, profile_data: Option<&str>) -> String {
    match (debug, profile_data) {
        (true, _) => "debug: figures of nobody".to_owned(),
        (false, Some(digits)) => format!("release, thin LTO, profile data {digits}"),
        (false, None) => "release, thin LTO".to_owned(),
    }
}

fn settings(size: &Size) -> BTreeMap<String, Value> {
    named([
        ("set: connections", json!(size.connections)),
        ("set: rounds of each side", json!(size.rounds)),
        ("set: seconds of a round", json!(size.round.as_secs_f64())),
        ("set: partitions", json!(size.partitions)),
        (
            "set: producer",
            json!("acks=all, enable.idempotence=true on every side; one broker, replication 1"),
        ),
        ("set: gateway", json!("keys, Redis, metrics, 1 % of traces to a collector, log level info")),
        ("set: load generator", json!("one thread, kept-alive HTTP/1.1; on the same machine as all servers")),
    ])
}

fn named<const N: usize>(pairs: [(&str, Value); N]) -> BTreeMap<String, Value> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The first `name : value` of a /proc file.
fn field(text: &str, name: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'));
    line.map_or_else(unknown, |value| value.trim().to_owned())
}

fn unknown() -> String {
    "unknown".to_owned()
}

fn now() -> String {
    let now = time::OffsetDateTime::now_utc();
    now.format(&time::format_description::well_known::Rfc3339).unwrap_or_else(|_| unknown())
}

/// The first line of what a program says of itself.
fn said(program: &str, words: &[&str]) -> String {
    let Ok(output) = Command::new(program).args(words).output() else { return unknown() };
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&text).lines().next().map_or_else(unknown, str::to_owned)
}

/// Of the jar `kafka-clients-4.1.1.jar` in the folder of a class path such as `/libs/*`.
fn kafka_version(classpath: &str) -> String {
    let folder = classpath.trim_end_matches("/*");
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    let version = |name: String| Some(name.strip_prefix("kafka-clients-")?.strip_suffix(".jar")?.to_owned());
    names.filter_map(version).next().unwrap_or_else(unknown)
}

/// What tells two builds of one version apart.
fn digests(bin_dir: &Path) -> String {
    use sha2::{Digest as _, Sha256};
    let digest = |name: &str| {
        let bytes = fs::read(bin_dir.join(name)).ok()?;
        Some(format!("{name} {}", &hex::encode(Sha256::digest(bytes))[..12]))
    };
    let programs = ["farol-gateway", "farol-worker"].into_iter().filter_map(digest);
    programs.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_read_from_its_line_and_a_missing_one_is_unknown() {
        let text = "vendor_id\t: x\nmodel name\t: A Processor @ 2 GHz\nmodel name\t: other\n";
        assert_eq!(field(text, "model name"), "A Processor @ 2 GHz");
        assert_eq!(field("MemTotal:       24 kB\n", "MemTotal"), "24 kB");
        assert_eq!(field("", "model name"), "unknown");
    }

    #[test]
    fn a_build_says_which_profile_data_it_was_optimised_with() {
        assert_eq!(build(false, Some("0123456789ab")), "release, thin LTO, profile data 0123456789ab");
        assert_eq!(build(false, None), "release, thin LTO");
        assert!(build(true, Some("0123456789ab")).starts_with("debug"));
    }

    #[test]
    fn this_machine_has_a_kernel_and_cores() {
        let machine = machine();
        assert_ne!(machine["machine: kernel"], json!(""));
        assert!(machine["machine: cores"].as_u64().is_some_and(|cores| cores > 0));
    }
}
