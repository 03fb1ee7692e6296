use service::{Environment, Mistakes};

use super::*;

fn read(settings: &[(&str, &str)]) -> Result<Cluster, Mistakes> {
    let mut env = Environment::new(|name| {
        settings.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
    });
    let cluster = Cluster::read(&mut env);
    env.finish(cluster)
}

fn protocol(settings: &[(&str, &str)]) -> String {
    read(settings).unwrap().client_config().get("security.protocol").unwrap().to_owned()
}

const LOGIN: [(&str, &str); 2] =
    [("FAROL_KAFKA_SASL_USERNAME", "farol"), ("FAROL_KAFKA_SASL_PASSWORD", "hidden")];

#[test]
fn without_a_word_about_it_only_this_machine_goes_without_tls() {
    assert_eq!(protocol(&[(BROKERS, "127.0.0.1:9092,localhost:9093,[::1]:9094")]), "plaintext");
    assert_eq!(protocol(&[(BROKERS, "127.0.0.1:9092,kafka:9092")]), "ssl");
    assert_eq!(protocol(&[(BROKERS, "kafka:9092"), LOGIN[0], LOGIN[1]]), "sasl_ssl");
    assert_eq!(protocol(&[(BROKERS, "kafka:9092"), (PROTOCOL, "PLAINTEXT")]), "plaintext");
}

#[test]
fn tls_always_checks_the_certificate_and_the_host() {
    let client = read(&[(BROKERS, "kafka:9092")]).unwrap().client_config();
    assert_eq!(client.get("enable.ssl.certificate.verification"), Some("true"));
    assert_eq!(client.get("ssl.endpoint.identification.algorithm"), Some("https"));
    assert_eq!(client.get("ssl.ca.location"), Some("probe"));
}

#[test]
fn a_login_is_scram_unless_another_mechanism_is_named() {
    let client = read(&[(BROKERS, "kafka:9092"), LOGIN[0], LOGIN[1]]).unwrap().client_config();
    assert_eq!(client.get("sasl.mechanism"), Some("SCRAM-SHA-512"));
    assert_eq!((client.get("sasl.username"), client.get("sasl.password")), (Some("farol"), Some("hidden")));
}

#[test]
fn iam_logs_in_by_tokens_over_tls_and_needs_no_name_and_password() {
    let iam = ("FAROL_KAFKA_SASL_MECHANISM", "AWS_MSK_IAM");
    let cluster = read(&[(BROKERS, "kafka:9098"), iam, ("AWS_REGION", "us-east-2")]).unwrap();
    let client = cluster.client_config();
    assert_eq!(client.get("security.protocol"), Some("sasl_ssl"));
    assert_eq!(client.get("sasl.mechanism"), Some("OAUTHBEARER"));
    assert_eq!((client.get("sasl.username"), client.get("sasl.password")), (None, None));
}

#[test]
fn settings_that_contradict_each_other_are_refused_by_name() {
    let here = (BROKERS, "127.0.0.1:9092");
    let file = ("FAROL_KAFKA_CLIENT_CERTIFICATE_FILE", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    let key = ("FAROL_KAFKA_CLIENT_KEY_FILE", file.1);
    let (iam, region) = (("FAROL_KAFKA_SASL_MECHANISM", "AWS_MSK_IAM"), ("AWS_REGION", "us-east-2"));
    for (settings, named) in [
        (vec![here, (PROTOCOL, "tls")], PROTOCOL),
        (vec![here, (PROTOCOL, "sasl_ssl")], "FAROL_KAFKA_SASL_USERNAME"),
        (vec![here, (PROTOCOL, "ssl"), LOGIN[0], LOGIN[1]], "FAROL_KAFKA_SASL_*"),
        (vec![here, (PROTOCOL, "plaintext"), file, key], PROTOCOL),
        (vec![here, file], "FAROL_KAFKA_CLIENT_KEY_FILE"),
        (vec![here, ("FAROL_KAFKA_CA_FILE", file.1)], "FAROL_KAFKA_CA_FILE"),
        (vec![here, ("FAROL_KAFKA_CLIENT_KEY_FILE", "/nonexistent")], "FAROL_KAFKA_CLIENT_KEY_FILE names"),
        (vec![("FAROL_KAFKA_BROKERS", "kafka:9098"), iam], "AWS_REGION"),
        (vec![here, iam, region], "the token in plain text"),
        (
            vec![("FAROL_KAFKA_BROKERS", "kafka:9098"), iam, region, LOGIN[0], LOGIN[1]],
            "drop FAROL_KAFKA_SASL",
        ),
        (vec![here, LOGIN[0]], "FAROL_KAFKA_SASL_PASSWORD"),
        (vec![here, LOGIN[1]], "FAROL_KAFKA_SASL_USERNAME"),
        (vec![here, LOGIN[0], LOGIN[1], ("FAROL_KAFKA_SASL_MECHANISM", "PLAIN")], "PLAIN"),
        (
            vec![here, LOGIN[0], LOGIN[1], ("FAROL_KAFKA_SASL_MECHANISM", "GSSAPI")],
            "FAROL_KAFKA_SASL_MECHANISM",
        ),
    ] {
        let mistakes = read(&settings).unwrap_err().to_string();
        assert!(mistakes.contains(named) && !mistakes.contains("hidden"), "{settings:?}: {mistakes}");
    }
}

#[test]
fn a_printed_cluster_and_its_properties_hold_no_secret() {
    let cluster = read(&[(BROKERS, "kafka:9092"), LOGIN[0], LOGIN[1]]).unwrap();
    assert!(!format!("{cluster:?} {:?}", cluster.client_config()).contains("hidden"));
}
