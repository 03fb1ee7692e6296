//! A Kafka broker of a test's own that speaks TLS: one listener for clients with a certificate
//! or none, one for clients that log in with a password, one for tokens in the form of AWS's MSK.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Authority, Certificate, PATIENCE, closed_port, setting};

/// The account that the broker knows.
const USERNAME: &str = "farol";
const PASSWORD: &str = "farol-test-password";
/// The credentials whose tokens it takes, and the region they must be for.
const IAM: Iam = Iam {
    access_key: "AKIDEXAMPLE",
    secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    region: "us-east-2",
};
const VALIDATOR: &str = include_str!("../java/MskIamValidator.java");

/// What tokens are signed with.
#[derive(Debug, Clone, Copy)]
pub struct Iam {
    /// Names the secret key.
    pub access_key: &'static str,
    /// Signs.
    pub secret_key: &'static str,
    /// Where the cluster would be.
    pub region: &'static str,
}

/// One KRaft node on loopback that ends with its test.
pub struct KafkaBroker {
    ssl: u16,
    sasl_ssl: u16,
    iam: u16,
    folder: PathBuf,
    process: Child,
}

impl KafkaBroker {
    /// Starts one that shows `certificate`, which is for `host`, and waits until it serves.
    pub fn start(host: &str, certificate: &Certificate, authority: &Authority) -> Self {
        let folder = std::env::temp_dir().join(format!("farol-kafka-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("log4j2.xml"), LOGGING).unwrap();
        compile(&folder);
        loop {
            let ports = [closed_port(), closed_port(), closed_port(), closed_port()];
            let [ssl, sasl_ssl, iam, _] = ports;
            let config = folder.join("server.properties");
            let properties = properties(host, ports, &folder, certificate, authority);
            std::fs::write(&config, properties).unwrap();
            if !folder.join("data/meta.properties").exists() {
                format(&folder, &config);
            }
            let mut process = java(&folder).arg("kafka.Kafka").arg(&config).spawn().expect(ON_THE_PATH);
            if serves([ssl, sasl_ssl, iam], &mut process) {
                return Self { ssl, sasl_ssl, iam, folder, process };
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

    /// What `FAROL_KAFKA_BROKERS` would be for clients that log in by AWS_MSK_IAM.
    pub fn iam(&self, host: &str) -> String {
        format!("{host}:{}", self.iam)
    }

    /// What the tokens it takes are signed with.
    pub fn iam_credentials(&self) -> Iam {
        IAM
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
    [ssl, sasl_ssl, iam, controller]: [u16; 4],
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
         listeners=SSL://127.0.0.1:{ssl},SASL_SSL://127.0.0.1:{sasl_ssl},IAM://127.0.0.1:{iam},\
         CONTROLLER://127.0.0.1:{controller}\n\
         advertised.listeners=SSL://{host}:{ssl},SASL_SSL://{host}:{sasl_ssl},IAM://{host}:{iam}\n\
         listener.security.protocol.map=SSL:SSL,SASL_SSL:SASL_SSL,IAM:SASL_SSL,CONTROLLER:PLAINTEXT\n\
         ssl.keystore.type=PEM\n\
         ssl.keystore.location={keystore}\n\
         ssl.truststore.type=PEM\n\
         ssl.truststore.location={truststore}\n\
         ssl.client.auth=requested\n\
         sasl.enabled.mechanisms=SCRAM-SHA-512\n\
         listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=\
         org.apache.kafka.common.security.scram.ScramLoginModule required;\n\
         listener.name.iam.sasl.enabled.mechanisms=OAUTHBEARER\n\
         listener.name.iam.oauthbearer.sasl.jaas.config=\
         org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;\n\
         listener.name.iam.oauthbearer.sasl.server.callback.handler.class=MskIamValidator\n\
         listener.name.iam.oauthbearer.connections.max.reauth.ms=900000\n\
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

/// What it decides about tokens with; a broker has no such validator of its own.
fn compile(folder: &Path) {
    let source = folder.join("MskIamValidator.java");
    std::fs::write(&source, VALIDATOR).unwrap();
    let mut javac = Command::new("javac");
    javac.args(["-proc:none", "-cp", &setting("FAROL_TEST_KAFKA_CLASSPATH"), "-d"]).arg(folder).arg(&source);
    let made = javac.output().expect("javac is on the path");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// A JVM with Kafka's classes, for a life of seconds.
fn java(folder: &Path) -> Command {
    let mut java = Command::new("java");
    java.args(["-XX:-UsePerfData", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m"])
        .arg(format!("-Dlog4j2.configurationFile={}", folder.join("log4j2.xml").display()))
        .args([&format!("-Dtest.region={}", IAM.region), &format!("-Dtest.access.key={}", IAM.access_key)])
        .arg(format!("-Dtest.secret.key={}", IAM.secret_key))
        .args(["-cp", &format!("{}:{}", setting("FAROL_TEST_KAFKA_CLASSPATH"), folder.display())])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    java
}

/// Waits until all listeners take connections; false if it ended instead.
fn serves(ports: [u16; 3], process: &mut Child) -> bool {
    let deadline = Instant::now() + PATIENCE * 2;
    let open = |port| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    while Instant::now() < deadline {
        if process.try_wait().unwrap().is_some() {
            return false;
        }
        if ports.into_iter().all(open) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the broker on ports {ports:?} does not serve");
}
