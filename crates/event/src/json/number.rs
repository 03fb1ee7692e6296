//! Numbers as text: one canonical spelling for equal values, and the limits of `numeric`.

/// How many digits a number may have once its exponent is written out.
const MAX_DIGITS: i64 = 1_000;

/// Whether a JSON number is surely in canonical form as it is written: a whole one, as nearly all are, that ends in no zero.
pub(super) fn is_canonical(literal: &[u8]) -> bool {
    const MAX_BYTES: usize = 19;
    let digits = literal.strip_prefix(b"-").unwrap_or(literal);
    let is_zero = literal == b"0";
    literal.len() <= MAX_BYTES
        && digits.iter().all(u8::is_ascii_digit)
        && (is_zero || !digits.ends_with(b"0"))
}

/// Writes the canonical form of a JSON number: `[-]digits[e exponent]`, where digits have
/// neither leading nor trailing zeros; zero, of either sign, is `0`.
pub(super) fn write_canonical(literal: &[u8], out: &mut Vec<u8>) -> Result<(), &'static str> {
    let (negative, unsigned) = match literal.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, literal),
    };
    let (mantissa, exponent) = split_exponent(unsigned)?;
    let (whole, fraction) = split_once(mantissa, |b| b == b'.');
    check_width(exponent, whole.len(), fraction.len())?;
    let fraction = trim_end(fraction);
    let mut scale = exponent - count(fraction.len());
    let mut whole = trim_start(whole);
    if fraction.is_empty() {
        let written = whole.len();
        whole = trim_end(whole);
        scale += count(written - whole.len());
    }
    let fraction = if whole.is_empty() { trim_start(fraction) } else { fraction };
    if whole.is_empty() && fraction.is_empty() {
        out.push(b'0');
        return Ok(());
    }
    if negative {
        out.push(b'-');
    }
    out.extend_from_slice(whole);
    out.extend_from_slice(fraction);
    if scale != 0 {
        out.push(b'e');
        out.extend_from_slice(itoa::Buffer::new().format(scale).as_bytes());
    }
    Ok(())
}

fn trim_start(mut digits: &[u8]) -> &[u8] {
    while let [b'0', rest @ ..] = digits {
        digits = rest;
    }
    digits
}

fn trim_end(mut digits: &[u8]) -> &[u8] {
    while let [rest @ .., b'0'] = digits {
        digits = rest;
    }
    digits
}

/// Refuses a number that PostgreSQL would expand to more digits than we allow.
fn check_width(exponent: i64, whole: usize, fraction: usize) -> Result<(), &'static str> {
    let before_point = (count(whole) + exponent).max(1);
    let after_point = (count(fraction) - exponent).max(0);
    if before_point + after_point > MAX_DIGITS {
        return Err("has more than 1,000 digits when written out");
    }
    Ok(())
}

fn split_exponent(unsigned: &[u8]) -> Result<(&[u8], i64), &'static str> {
    let (mantissa, exponent) = split_once(unsigned, |b| b == b'e' || b == b'E');
    if exponent.is_empty() {
        return Ok((mantissa, 0));
    }
    let text = std::str::from_utf8(exponent).map_err(|_| "is not a number")?;
    // An exponent too long for 32 bits is far beyond numeric, whatever its digits are.
    let exponent: i32 = text.parse().map_err(|_| "has an exponent beyond PostgreSQL's numeric")?;
    Ok((mantissa, i64::from(exponent)))
}

fn split_once(text: &[u8], at: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    match text.iter().position(|b| at(*b)) {
        Some(index) => (&text[..index], &text[index + 1..]),
        None => (text, &[]),
    }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX / 4)
}
