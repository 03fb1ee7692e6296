//! What to do about a handshake that failed: OpenSSL's words say what, and no more.

/// The settings of one connection, by which advice is given.
#[derive(Debug, Clone, Copy)]
pub struct Advice {
    /// The setting that names the host.
    pub address: &'static str,
    /// The setting that names the file of authorities.
    pub ca_file: &'static str,
    /// How to go without TLS.
    pub without: &'static str,
}

impl Advice {
    /// One sentence for what a TLS library said.
    pub fn about(&self, said: &str) -> String {
        let Self { address, ca_file, without } = self;
        let said = said.to_ascii_lowercase();
        let any = |words: &[&str]| words.iter().any(|word| said.contains(word));
        if any(&["hostname mismatch", "ip address mismatch", "hostname doesn't match"]) {
            format!(
                "the certificate is for another host: {address} must name the host as the certificate does"
            )
        } else if any(&["expired", "not yet valid"]) {
            "the server's certificate, or this machine's clock, is out of date".to_owned()
        } else if any(&["certificate verify failed", "self-signed", "self signed", "local issuer"]) {
            format!(
                "the certificate is from an authority nobody here trusts: {ca_file} must name a PEM file with it"
            )
        } else if any(&[
            "does not support tls",
            "wrong version number",
            "plaintext",
            "unexpected eof",
            "packet length",
            "closed by peer",
        ]) {
            format!("the server speaks no TLS there: switch it on, or go without by {without}")
        } else {
            format!("{address} and {ca_file} decide how this connection is secured")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Advice;

    const ADVICE: Advice = Advice { address: "ADDRESS", ca_file: "CA_FILE", without: "PLAIN=1" };

    #[test]
    fn each_kind_of_failure_names_the_setting_that_mends_it() {
        for (said, named) in [
            ("certificate verify failed (hostname mismatch)", "ADDRESS"),
            ("certificate verify failed (IP address mismatch)", "ADDRESS"),
            ("certificate verify failed (unable to get local issuer certificate)", "CA_FILE"),
            ("certificate verify failed (certificate has expired)", "clock"),
            ("server does not support TLS", "PLAIN=1"),
            ("tls_get_more_records:packet length too long", "PLAIN=1"),
            ("SSL handshake failed: SSL connection closed by peer", "PLAIN=1"),
            ("internal error", "ADDRESS and CA_FILE"),
        ] {
            assert!(ADVICE.about(said).contains(named), "{said}: {}", ADVICE.about(said));
        }
    }
}
