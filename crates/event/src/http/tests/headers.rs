//! How headers of the binary mode become attributes.

use super::*;

#[test]
fn header_values_are_percent_decoded_and_unquoted() {
    let event =
        binary(&[("ce-subject", "Euro%20%E2%82%AC%20%F0%9F%98%80"), ("ce-note", r#""a \"b\"""#)], b"")
            .unwrap();
    assert_eq!(event.attributes.subject.as_ref().unwrap().as_str(), "Euro € 😀");
    assert_eq!(event.attributes.extension("note"), Some(r#"a "b""#));
}

#[test]
fn a_header_value_that_cannot_be_decoded_names_its_attribute() {
    for value in ["%", "%2", "%zz", "%ff", "\"open", "\"a\"b\""] {
        assert_eq!(attribute_of(binary(&[("ce-note", value)], b"").unwrap_err()), "note", "{value}");
    }
}

#[test]
fn what_is_needlessly_encoded_or_sent_raw_is_taken_and_decoded_once() {
    for (raw, value) in [
        ("%41%62c", "Abc"),
        ("%e2%82%AC", "€"),
        ("caf\u{e9}", "café"),
        ("100%2525", "100%25"),
        (r#""a\\b%20c""#, r"a\b c"),
        (r#"a"b"#, r#"a"b"#),
        ("%22a%22", "\"a\""),
        ("a, b (c)", "a, b (c)"),
    ] {
        let event = binary(&[("ce-subject", raw)], b"").unwrap();
        assert_eq!(event.attributes.subject.unwrap().as_str(), value, "{raw}");
    }
    assert_eq!(binary(&[("ce-note", "")], b"").unwrap().attributes.extension("note"), Some(""));
    assert_eq!(binary(&[("ce-note", "\"\"")], b"").unwrap().attributes.extension("note"), Some(""));
}

#[test]
fn bytes_that_are_no_utf8_are_refused_encoded_or_raw() {
    // Overlong forms, a surrogate, beyond U+10FFFF, cut off, a continuation alone, Latin-1.
    for value in ["%C0%A0", "%E0%80%AF", "%ED%A0%80", "%F4%90%80%80", "%E2%82", "%80"] {
        let refusal = binary(&[("ce-note", value)], b"").unwrap_err();
        assert_eq!((refusal.class, attribute_of(refusal)), (Class::Malformed, "note".to_owned()), "{value}");
    }
    let headers = REQUIRED.iter().map(|(n, v)| (*n, v.as_bytes())).chain([("ce-note", &b"caf\xe9"[..])]);
    assert_eq!(attribute_of(read(ContentMode::Binary, headers, Bytes::new()).unwrap_err()), "note");
}

#[test]
fn a_header_given_twice_is_malformed_whatever_its_case() {
    for (first, second, name) in [
        ("ce-note", "ce-note", "note"),
        ("ce-note", "CE-Note", "note"),
        ("content-type", "Content-Type", "datacontenttype"),
    ] {
        let refusal = binary(&[(first, "a/b"), (second, "a/b")], b"").unwrap_err();
        assert_eq!((refusal.class, attribute_of(refusal)), (Class::Malformed, name.to_owned()));
    }
}

#[test]
fn a_content_type_is_taken_as_it_is() {
    let event = binary(&[("content-type", "text/plain; charset=\"iso-8859-1\"; a=%20")], b"\xe9").unwrap();
    assert_eq!(
        event.attributes.datacontenttype.unwrap().as_str(),
        "text/plain; charset=\"iso-8859-1\"; a=%20"
    );
    assert_eq!(event.data, Data::Bytes(Bytes::from_static(b"\xe9")));
    assert_eq!(attribute_of(binary(&[("content-type", "")], b"").unwrap_err()), "datacontenttype");
}
