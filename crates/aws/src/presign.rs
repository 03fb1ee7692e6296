//! Signature Version 4 in the query of a URL: what AWS takes for a token.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;

/// A request that is signed and never sent.
pub(crate) struct Request<'r> {
    pub(crate) service: &'r str,
    pub(crate) region: &'r str,
    /// `host[:port]`
    pub(crate) authority: &'r str,
    /// Names and values, encoded.
    pub(crate) query: &'r str,
}

/// The URL without its scheme, good for `life` from `now` on.
pub(crate) fn presign(
    request: &Request<'_>,
    credentials: &Credentials,
    now: SystemTime,
    life: Duration,
) -> Result<String, String> {
    let Request { service, region, authority, query } = request;
    let unsigned = format!("{authority}/?{query}");
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(life);
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(now)
        .settings(settings)
        .build()
        .map_err(|error| error.to_string())?
        .into();
    let url = format!("https://{unsigned}");
    let signable = SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(&[]))
        .map_err(|error| error.to_string())?;
    let (instructions, _) = sign(signable, &params).map_err(|error| error.to_string())?.into_parts();
    Ok(instructions
        .params()
        .iter()
        .fold(unsigned, |url, (name, value)| format!("{url}&{name}={}", encoded(value))))
}

/// As the signature has it: all but RFC 3986's unreserved characters by their numbers.
pub(crate) fn encoded(value: &str) -> String {
    value.bytes().fold(String::with_capacity(value.len()), |mut text, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(byte))
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
        text
    })
}
