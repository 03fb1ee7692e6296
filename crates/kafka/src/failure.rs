//! What to do about an error of librdkafka that comes from how the connection is secured.

use tls::Advice;

use crate::cluster::{BROKERS, CA_FILE};

const TLS: Advice =
    Advice { address: BROKERS, ca_file: CA_FILE, without: "FAROL_KAFKA_SECURITY_PROTOCOL=plaintext" };

/// librdkafka's text for any certificate that it does not take, and OpenSSL's, which it shows as well.
const UNVERIFIED: [&str; 2] = ["certificate could not be verified", "certificate verify failed"];

/// What to look at where a token is not taken.
const IAM: &str = "the brokers do not take this role's token: its policy must allow kafka-cluster:Connect on this \
                   cluster, AWS_REGION must be the cluster's, FAROL_KAFKA_BROKERS its port for IAM (9098), and this \
                   machine's clock right";
const NO_TOKEN: &str = "no token could be signed: see what is said of AWS credentials";

/// Which setting decides, for what librdkafka said; `None` where security is not the matter.
pub(crate) fn advice(said: &str, by_token: bool) -> Option<String> {
    if said.contains("Failed to acquire SASL OAUTHBEARER token") {
        Some(NO_TOKEN.to_owned())
    } else if said.contains("SASL") && by_token {
        Some(IAM.to_owned())
    } else if said.contains("SASL") {
        Some("the brokers do not take FAROL_KAFKA_SASL_USERNAME with this password and mechanism".to_owned())
    } else if UNVERIFIED.iter().any(|text| said.contains(text)) {
        Some(format!(
            "the certificate is for another host, or from an authority nobody here trusts: {BROKERS} must name \
             the host as the certificate does, {CA_FILE} a PEM file with the authority"
        ))
    } else if said.contains("SSL") {
        Some(TLS.about(said))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::advice;

    #[test]
    fn a_certificate_that_is_not_taken_has_one_advice_whoever_says_so() {
        for said in [
            "error:0A000086:SSL routines::certificate verify failed (after 3ms in state SSL_HANDSHAKE)",
            "SSL handshake failed: error:0A000086: broker certificate could not be verified",
        ] {
            let advised = advice(said, false).unwrap();
            assert!(
                advised.contains("FAROL_KAFKA_BROKERS") && advised.contains("FAROL_KAFKA_CA_FILE"),
                "{advised}"
            );
        }
    }

    #[test]
    fn what_is_no_matter_of_security_gets_no_advice() {
        for said in [
            "sasl_ssl://kafka.example:9093/1: Connect to ipv4#10.0.0.1:9093 failed: Connection refused",
            "ssl://kafka.example:9093/bootstrap: Failed to resolve 'kafka.example:9093'",
            "1/1 brokers are down",
        ] {
            assert_eq!(advice(said, false), None, "{said}");
        }
    }
}
