//! What a failure says to people: the driver's own text tells only which step failed.

use std::error::Error;

use tls::Advice;

use crate::{CA_FILE, URL};

/// The driver's text for a failed handshake; it shows no kind.
const HANDSHAKE: &str = "error performing TLS handshake";
const ADVICE: Advice =
    Advice { address: URL, ca_file: CA_FILE, without: "sslmode=disable in FAROL_DATABASE_URL" };

/// What RDS says to a token that it does not take.
const PAM: &str = "PAM authentication failed";
const IAM: &str = "RDS does not take this role's token: its policy must allow rds-db:connect for this user, the user \
                   must have the role rds_iam, AWS_REGION must be the database's, FAROL_DATABASE_URL its own endpoint \
                   (an alias is not signed for), and this machine's clock right";

/// An error with everything under it; where security is the matter, with what to look at.
pub fn cause(error: &(dyn Error + 'static)) -> String {
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(inner) = source {
        let text = inner.to_string();
        // Some layers repeat what they hold.
        if !texts.last().is_some_and(|last| last.ends_with(&text)) {
            texts.push(text);
        }
        source = inner.source();
    }
    let text = texts.join(": ");
    if text.contains(HANDSHAKE) {
        format!("{text}; {}", ADVICE.about(&text))
    } else if text.contains(PAM) {
        format!("{text}; {IAM}")
    } else {
        text
    }
}
