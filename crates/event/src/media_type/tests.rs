use super::MediaType;
use crate::refusal::Class;

fn parse(text: &str) -> MediaType {
    text.parse().unwrap_or_else(|refusal| panic!("{text}: {refusal}"))
}

#[test]
fn the_grammar_of_media_types_is_kept() {
    for text in [
        "text/plain",
        "application/json;charset=utf-8",
        "application/json ; charset=utf-8",
        "text/plain; charset=utf-8 ; format=flowed",
        r#"multipart/mixed; boundary="a;b=\"c\""; x=y"#,
        r#"text/plain; title="""#,
        "text/plain;",
        "text/plain; ;a=b;",
        "application/vnd.acme.flight-v1+json",
    ] {
        assert_eq!(parse(text).as_str(), text);
    }
    for text in [
        "xyz",
        "/json",
        "text/",
        "text/pl ain",
        "text/plain, text/html",
        "text/plain; charset",
        "text/plain; =utf-8",
        "text/plain; charset=",
        "text/plain; charset=a b",
        r#"text/plain; charset="utf-8"#,
        r#"text/plain; charset="utf-8"x"#,
        r#"text/plain; charset="utf-8\""#,
        "text/pläin",
        "a/b/c",
    ] {
        assert_eq!(text.parse::<MediaType>().unwrap_err().class, Class::Malformed, "{text}");
    }
}

#[test]
fn json_is_told_by_the_whole_subtype_or_its_suffix() {
    for text in [
        "application/json",
        "Application/JSON",
        "text/json",
        "application/geo+json",
        "application/a+b+JSON; charset=utf-8",
        "application/json ;profile=\"x\"",
    ] {
        assert!(parse(text).is_json(), "{text}");
    }
    for text in [
        "application/json+xml",
        "application/json-seq",
        "application/xjson",
        "json/plain",
        "text/plain; x=\"a/json\"",
        "text/plain;application=+json",
    ] {
        assert!(!parse(text).is_json(), "{text}");
    }
}

#[test]
fn text_is_taken_where_its_utf8_bytes_are_what_the_charset_means() {
    for (text, ascii, beyond) in [
        ("text/plain", true, true),
        ("text/plain; charset=UTF-8", true, true),
        (r#"text/plain; format=flowed; CHARSET="utf-8""#, true, true),
        ("text/plain; charset=us-ascii", true, false),
        ("text/plain; charset=ISO-8859-1", true, false),
        ("text/plain; charset=windows-1252", true, false),
        ("text/plain; charset=utf-16", false, false),
    ] {
        let media_type = parse(text);
        assert_eq!((media_type.is_true_of("cafe"), media_type.is_true_of("café")), (ascii, beyond), "{text}");
    }
}

#[test]
fn data_that_is_itself_an_event_cannot_be_told_apart_in_a_record() {
    for text in ["application/cloudevents+json", "Application/CloudEvents-Batch+JSON; charset=utf-8"] {
        assert_eq!(text.parse::<MediaType>().unwrap_err().class, Class::Unstorable, "{text}");
    }
    assert!(parse("application/x-cloudevents").as_str().contains("cloudevents"));
}
