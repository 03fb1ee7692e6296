//! A Kafka broker of a test's own that speaks TLS: one listener for clients with a certificate
//! or none, one for clients that log in.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Authority, Certificate, PATIENCE, closed_port, setting};

/// The account that the broker knows.
const USERNAME: &str = "farol";
const PASSWORD: &str = "farol-test-password";

/// One KRaft node on loopback that ends with its test.
pub struct KafkaBroker {
    ssl: u16,
    sasl_ssl: u16,
    folder: PathBuf,
    process: Child,
}

impl KafkaBroker {
    /// Starts one that shows `certificate`, which is for `host`, and waits until it serves.
    pub fn start(host: &str, certificate: &Certificate, authority: &Authority) -> Self {
        let folder = std::env::temp_dir().join(format!("farol-kafka-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("log4j2.xml"), LOGGING).unwrap();
        loop {
            let [ssl, sasl_ssl, controller] = [closed_port(), closed_port(), closed_port()];
            let config = folder.join("server.properties");
            let properties = properties(host, [ssl, sasl_ssl, controller], &folder, certificate, authority);
            std::fs::write(&config, properties).unwrap();
            if !folder.join("data/meta.properties").exists() {
                format(&folder, &config);
            }
            let mut process = java(&folder).arg("kafka.Kafka").arg(&config).spawn().expect(ON_THE_PATH);
            if serves(ssl, sasl_ssl, &mut process) {
                return Self { ssl, sasl_ssl, folder, process };
            }
        }
    }

    /// What `FAROL_KAFKA_BROKERS` would be for clients without a login.
    pub fn ssl(&self, host: &str) -> String {
        format!("{host}:{}", self.ssl)
    }

    /// What `FAROL_KAFKA_BROKERS` would be for clients that log in by SCRAM-SHA-512.
    pub fn sasl_ssl(&self, host: &str) -> String {
        format!("{host}:{}", self.sasl_ssl)
    }

    /// The name and password it knows.
    pub fn login(&self) -> (&'static str, &'static str) {
        (USERNAME, PASSWORD)
    }
}

impl Drop for KafkaBroker {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

const ON_THE_PATH: &str = "java is on the path";
const LOGGING: &str = r#"<Configuration><Loggers><Root level="OFF"/></Loggers></Configuration>"#;

fn properties(
    host: &str,
    [ssl, sasl_ssl, controller]: [u16; 3],
    folder: &Path,
    certificate: &Certificate,
    authority: &Authority,
) -> String {
    format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         controller.quorum.voters=1@127.0.0.1:{controller}\n\
         controller.listener.names=CONTROLLER\n\
         inter.broker.listener.name=SSL\n\
         listeners=SSL://127.0.0.1:{ssl},SASL_SSL://127.0.0.1:{sasl_ssl},CONTROLLER://127.0.0.1:{controller}\n\
         advertised.listeners=SSL://{host}:{ssl},SASL_SSL://{host}:{sasl_ssl}\n\
         listener.security.protocol.map=SSL:SSL,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT\n\
         ssl.keystore.type=PEM\n\
         ssl.keystore.location={keystore}\n\
         ssl.truststore.type=PEM\n\
         ssl.truststore.location={truststore}\n\
         ssl.client.auth=requested\n\
         sasl.enabled.mechanisms=SCRAM-SHA-512\n\
         listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=\
         org.apache.kafka.common.security.scram.ScramLoginModule required;\n\
         log.dirs={data}\n\
         offsets.topic.replication.factor=1\n\
         group.initial.rebalance.delay.ms=0\n\
         num.network.threads=1\n\
         num.io.threads=2\n",
        keystore = certificate.both.display(),
        truststore = authority.file().display(),
        data = folder.join("data").display(),
    )
}

fn format(folder: &Path, config: &Path) {
    let account = format!("SCRAM-SHA-512=[name={USERNAME},password={PASSWORD}]");
    let mut format = java(folder);
    format
        .args(["kafka.tools.StorageTool", "format", "--cluster-id=ZmFyb2wtdGVzdC1jbHVzdA", "--config"])
        .arg(config)
        .args(["--add-scram", &account])
        .stderr(Stdio::piped())
        .stdout(Stdio::piped());
    let made = format.output().expect(ON_THE_PATH);
    assert!(made.status.success(), "{made:?}");
}

/// A JVM with Kafka's classes, for a life of seconds.
fn java(folder: &Path) -> Command {
    let mut java = Command::new("java");
    java.args(["-XX:-UsePerfData", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m"])
        .arg(format!("-Dlog4j2.configurationFile={}", folder.join("log4j2.xml").display()))
        .args(["-cp", &setting("FAROL_TEST_KAFKA_CLASSPATH")])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    java
}

/// Waits until both listeners take connections; false if it ended instead.
fn serves(ssl: u16, sasl_ssl: u16, process: &mut Child) -> bool {
    let deadline = Instant::now() + PATIENCE * 2;
    let open = |port| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    while Instant::now() < deadline {
        if process.try_wait().unwrap().is_some() {
            return false;
        }
        if open(ssl) && open(sasl_ssl) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the broker on ports {ssl} and {sasl_ssl} does not serve");
}
