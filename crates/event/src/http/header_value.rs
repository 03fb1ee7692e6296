//! The text of a `ce-` header: quoted-string and percent-encoding undone (HTTP binding §3.1.3.2).

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// The attribute value that a header value stands for; `Err` says what is wrong with it.
pub(super) fn decode(raw: &[u8]) -> Result<String, &'static str> {
    let unquoted = unquote(raw)?;
    refuse_broken_escape(&unquoted)?;
    let decoded: Vec<u8> = percent_decode(&unquoted).collect();
    String::from_utf8(decoded).map_err(|_| "is not UTF-8 once percent-decoded")
}

/// Removes the quotes and backslashes of an RFC 9110 quoted-string; other text stays as it is.
fn unquote(raw: &[u8]) -> Result<Cow<'_, [u8]>, &'static str> {
    let Some(inner) = raw.strip_prefix(b"\"") else {
        return Ok(Cow::Borrowed(raw));
    };
    let inner = inner.strip_suffix(b"\"").ok_or("opens a quote that it does not close")?;
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => out.push(bytes.next().ok_or("ends inside an escape")?),
            b'"' => return Err("holds a quote that is not escaped"),
            _ => out.push(byte),
        }
    }
    Ok(Cow::Owned(out))
}

/// `percent_decode` lets a lone `%` through; a sender that means one writes `%25`.
fn refuse_broken_escape(text: &[u8]) -> Result<(), &'static str> {
    for (index, _) in text.iter().enumerate().filter(|(_, byte)| **byte == b'%') {
        let digits = text.get(index + 1..index + 3).unwrap_or_default();
        if digits.len() != 2 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err("holds a % that starts no percent-encoding");
        }
    }
    Ok(())
}
