//! A connection string taken apart: the driver reads all of it but `sslmode`, of which it knows
//! only half the values.

use tokio_postgres::Config;
use tokio_postgres::config::Host;

use crate::CA_FILE;
use crate::auth::AUTH;
use crate::ssl_mode::SslMode;

/// Why a connection string is of no use. Never quotes it: it holds a password. Its text goes on
/// from the name of the setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The driver does not understand it.
    #[error("is not a PostgreSQL connection string such as postgres://user:password@host:port/database")]
    Malformed,
    /// An unknown mode, or one that falls back to plain text.
    #[error(
        "has an sslmode that is not verify-full, verify-ca, require or disable \
         (prefer and allow would go on in plain text without a word)"
    )]
    SslMode,
    /// libpq's way to name the authorities.
    #[error("has sslrootcert: name that file by {CA_FILE} instead")]
    RootCert,
    /// A file of authorities that nothing would use.
    #[error("says sslmode=disable while {CA_FILE} is set: drop one of them")]
    UnusedAuthorities,
    /// Tokens are for one host and one user, and nobody but that host may see them.
    #[error("{0}, as {AUTH}=aws_rds_iam demands")]
    NotForTokens(&'static str),
    /// TLS cannot be set up on this machine at all.
    #[error("asks for TLS, which cannot be set up: {0}")]
    Tls(String),
}

/// The driver's settings, and the mode where the string names one. The last one counts.
pub(crate) fn parse(text: &str) -> Result<(Config, Option<SslMode>), AddressError> {
    let (rest, modes) = take_modes(text)?;
    let config = rest.parse().map_err(|_| AddressError::Malformed)?;
    let mode = modes.last().map(|mode| SslMode::named(mode).ok_or(AddressError::SslMode)).transpose()?;
    Ok((config, mode))
}

/// Whether every host it names is this machine.
pub(crate) fn stays_here(config: &Config) -> bool {
    let here = |host: &Host| match host {
        Host::Tcp(name) => tls::is_loopback(name),
        Host::Unix(_) => true,
    };
    config.get_hosts().iter().all(here) && config.get_hostaddrs().iter().all(|ip| ip.is_loopback())
}

/// The string without its `sslmode`s, and these.
fn take_modes(text: &str) -> Result<(String, Vec<String>), AddressError> {
    let is_url = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
    let (before, words, separator) = match is_url {
        true => {
            // As the driver has it: what is before the first @ is user and password.
            let credentials = text.find('@').unwrap_or_default();
            let query = text[credentials..].find('?').map_or(text.len(), |at| credentials + at);
            let words = text.get(query + 1..).unwrap_or_default();
            (format!("{}?", &text[..query]), words.split('&').collect(), "&")
        }
        false => (String::new(), words(text), " "),
    };
    let mut rest = Vec::new();
    let mut modes = Vec::new();
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match name.trim() {
            "sslmode" => modes.push(value.trim().trim_matches('\'').to_owned()),
            "sslrootcert" => return Err(AddressError::RootCert),
            _ => rest.push(word),
        }
    }
    let rest = format!("{before}{}", rest.join(separator));
    Ok((rest.trim_end_matches('?').to_owned(), modes))
}

/// `key = value` pairs, where a value may be quoted and a backslash takes the next character's meaning.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = value_end(rest);
        words.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    words
}

/// Where the first pair of `text` ends.
fn value_end(text: &str) -> usize {
    let Some((name, value)) = text.split_once('=') else { return text.len() };
    let padding = value.len() - value.trim_start().len();
    let begin = name.len() + 1 + padding;
    let value = &text[begin..];
    let quoted = value.starts_with('\'');
    let mut escaped = false;
    for (at, character) in value.char_indices().skip(usize::from(quoted)) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' if quoted => return begin + at + 1,
            space if space.is_whitespace() && !quoted => return begin + at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(text: &str) -> Option<SslMode> {
        parse(text).unwrap().1
    }

    #[test]
    fn every_mode_is_understood_in_both_forms_of_the_string() {
        for (name, expected) in [
            ("disable", SslMode::Disable),
            ("require", SslMode::Require),
            ("verify-ca", SslMode::VerifyCa),
            ("verify-full", SslMode::VerifyFull),
        ] {
            for text in [
                format!("postgres://u:p@db.example/farol?sslmode={name}"),
                format!(
                    "postgresql://u:p@db.example/farol?connect_timeout=3&sslmode={name}&application_name=a"
                ),
                format!("host=db.example sslmode={name} user=u"),
                format!("host=db.example sslmode = '{name}' user=u"),
            ] {
                assert_eq!(mode(&text), Some(expected), "{text}");
            }
        }
        assert_eq!(mode("postgres://u:p@db.example/farol"), None);
    }

    #[test]
    fn all_the_rest_of_the_string_reaches_the_driver() {
        let (config, _) =
            parse(r"host=db.example password='a sslmode=\'disable\' b' sslmode=require user=u\ v").unwrap();
        assert_eq!(config.get_password(), Some(&b"a sslmode='disable' b"[..]));
        assert_eq!(config.get_user(), Some("u v"));
        let (config, mode) = parse("postgres://u:a?sslmode=disable&b@h/d").unwrap();
        assert_eq!((config.get_password(), mode), (Some(&b"a?sslmode=disable&b"[..]), None));
        let (config, mode) = parse("postgres://u:p@h/d?sslmode=require&application_name=sslmode").unwrap();
        assert_eq!((config.get_application_name(), mode), (Some("sslmode"), Some(SslMode::Require)));
    }

    #[test]
    fn modes_that_may_end_in_plain_text_are_refused() {
        for name in ["prefer", "allow", "verify", "VERIFY-FULL", ""] {
            let refused = parse(&format!("postgres://u:p@h/d?sslmode={name}")).unwrap_err();
            assert_eq!(refused, AddressError::SslMode, "{name}");
        }
        // The last one counts, as in libpq.
        assert_eq!(mode("postgres://u:p@h/d?sslmode=prefer&sslmode=verify-ca"), Some(SslMode::VerifyCa));
    }

    #[test]
    fn no_part_of_a_malformed_string_is_in_the_error() {
        for text in
            ["hidden", "postgres://u:p@h/d?hidden", "host=h password='hidden", "postgres://u:p@h:hidden/d"]
        {
            let said = parse(text).unwrap_err().to_string();
            assert!(!said.contains("hid") && !said.contains("den"), "{text}: {said}");
        }
    }

    #[test]
    fn only_this_machine_and_its_sockets_are_here() {
        let here = |text: &str| stays_here(&parse(text).unwrap().0);
        assert!(
            here("postgres://u@127.0.0.1/d") && here("host=/run/postgresql") && here("host=localhost,::1")
        );
        assert!(!here("postgres://u@db.example/d") && !here("host=localhost,db.example"));
        assert!(!here("host=localhost hostaddr=10.0.0.1"));
    }
}
