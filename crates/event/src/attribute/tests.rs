use super::{EventId, EventType, ExtensionName, SchemaUri, Source, Subject, Time};
use crate::refusal::{Class, Place};

fn instant(text: &str) -> String {
    let time: Time = text.parse().unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
    assert_eq!(time.as_str(), text, "the text is kept");
    time.instant().to_string()
}

#[test]
fn times_are_those_of_rfc_3339() {
    for (text, utc) in [
        ("2013-01-01T05:17:00-05:00", "2013-01-01 10:17:00.0 +00:00:00"),
        ("2013-01-01t05:17:00z", "2013-01-01 5:17:00.0 +00:00:00"),
        ("2013-01-01T05:17:00-00:00", "2013-01-01 5:17:00.0 +00:00:00"),
        ("2013-01-01T05:17:00.12345678987654321Z", "2013-01-01 5:17:00.123456789 +00:00:00"),
        ("2016-12-31T23:59:60Z", "2016-12-31 23:59:59.999999999 +00:00:00"),
        ("2016-12-31T18:59:60.5-05:00", "2016-12-31 23:59:59.999999999 +00:00:00"),
        ("0000-01-01T00:00:00Z", "0000-01-01 0:00:00.0 +00:00:00"),
        ("0000-01-01T00:00:00+23:59", "-0001-12-31 0:01:00.0 +00:00:00"),
        ("9999-12-31T23:59:59.999999999Z", "9999-12-31 23:59:59.999999999 +00:00:00"),
    ] {
        assert_eq!(instant(text), utc);
    }
}

#[test]
fn other_spellings_of_time_are_malformed() {
    for text in [
        "",
        "lunchtime",
        "2013-01-01",
        "2013-01-01 05:17:00Z",
        "2013-01-01x05:17:00Z",
        "2013-01-01T05:17Z",
        "2013-01-01T05:17:00",
        "2013-01-01T05:17:00X",
        "2013-01-01T05:17:00.Z",
        "2013-01-01T05:17:00,5Z",
        "2013-01-01T05:17:00+05",
        "2013-01-01T05:17:00+0500",
        "2013-01-01T05:17:00+24:00",
        "2013-01-01T05:17:00+05:60",
        "2013-01-01T05:17:60Z",
        "2013-01-01T24:00:00Z",
        "2013-02-29T00:00:00Z",
        "2013-13-01T00:00:00Z",
        "-2013-01-01T00:00:00Z",
        "12013-01-01T00:00:00Z",
        "２013-01-01T00:00:00Z",
    ] {
        let refusal = text.parse::<Time>().unwrap_err();
        assert_eq!(
            (refusal.class, refusal.place),
            (Class::Malformed, Place::Attribute("time".into())),
            "{text}"
        );
    }
}

#[test]
fn times_that_no_calendar_of_four_digits_holds_are_unstorable() {
    let digits = "0".repeat(5_000);
    for text in ["9999-12-31T23:59:59-00:01", &format!("2013-01-01T05:17:00.{digits}Z")] {
        assert_eq!(text.parse::<Time>().unwrap_err().class, Class::Unstorable, "{text}");
    }
}

#[test]
fn text_has_no_control_characters_and_no_noncharacters() {
    for text in ["a\tb", "a\nb", "\u{1f}", "\u{7f}", "\u{85}", "\u{9f}", "\u{fdd0}", "\u{fffe}", "\u{10ffff}"]
    {
        assert_eq!(text.parse::<Subject>().unwrap_err().class, Class::Malformed, "{text:?}");
    }
    assert_eq!("a\0".parse::<Subject>().unwrap_err().class, Class::Unstorable);
    for text in [" ", "~", "\u{a0}", "\u{fdcf}", "\u{fdf0}", "\u{fffd}", "\u{feff}", "\u{10fffd}", "100%25"] {
        assert_eq!(text.parse::<Subject>().unwrap().as_str(), text);
    }
}

#[test]
fn a_source_is_a_uri_reference_and_a_schema_an_absolute_uri() {
    for text in ["/a", "#fragment", "//authority/path", "urn:uuid:6e8bc430", "https://[::1]/?q=%20", "a"] {
        assert!(text.parse::<Source>().is_ok(), "{text}");
    }
    for text in ["", "a b", "/caf\u{e9}", "/%zz", "http://[::1", "\\"] {
        assert_eq!(text.parse::<Source>().unwrap_err().class, Class::Malformed, "{text}");
    }
    assert!("https://example.com/schema.json#/definitions/a".parse::<SchemaUri>().is_ok());
    for text in ["", "/schema", "//authority/schema", "#a"] {
        assert_eq!(text.parse::<SchemaUri>().unwrap_err().class, Class::Malformed, "{text}");
    }
}

#[test]
fn values_have_limits_that_are_told_as_unstorable() {
    assert!("x".repeat(512).parse::<EventId>().is_ok());
    assert!(format!("/{}", "x".repeat(1_023)).parse::<Source>().is_ok());
    assert_eq!("é".repeat(257).parse::<EventId>().unwrap_err().class, Class::Unstorable);
    assert_eq!("x".repeat(1_025).parse::<Source>().unwrap_err().class, Class::Unstorable);
    assert_eq!("x".repeat(4_097).parse::<EventType>().unwrap_err().class, Class::Unstorable);
}

#[test]
fn a_name_that_is_none_is_refused_under_itself() {
    let long = "x".repeat(5_000);
    for (name, class) in [
        ("", Class::Malformed),
        ("myExtension", Class::Malformed),
        ("my.extension", Class::Malformed),
        ("my_extension", Class::Malformed),
        ("ë", Class::Malformed),
        ("a\0", Class::Malformed),
        ("data", Class::Malformed),
        (long.as_str(), Class::Unstorable),
    ] {
        let refusal = name.parse::<ExtensionName>().unwrap_err();
        let shown = name[..name.len().min(256)].to_owned();
        assert_eq!((refusal.class, refusal.place), (class, Place::Attribute(shown)), "{name}");
    }
    assert!("7seas".parse::<ExtensionName>().is_ok());
}
