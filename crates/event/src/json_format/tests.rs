use bytes::Bytes;

use super::{BatchRefusal, read, read_batch, write};
use crate::data::Data;
use crate::refusal::{Class, Place, Refusal};
use crate::{Event, JsonText};

const REQUIRED: &str = r#""specversion":"1.0","id":"1","source":"/nyc","type":"t""#;

fn event(members: &str) -> Result<Event, Refusal> {
    read(&Bytes::from(format!("{{{REQUIRED}{members}}}")))
}

/// Class and place of what is wrong with an event that has these members too.
fn refused(members: &str) -> (Class, Place) {
    let refusal = event(members).expect_err(members);
    (refusal.class, refusal.place)
}

fn attribute(name: &str) -> Place {
    Place::Attribute(name.to_owned())
}

fn data(pointer: &str) -> Place {
    Place::Data(pointer.to_owned())
}

#[test]
fn a_member_of_the_envelope_named_twice_is_malformed() {
    for (members, name) in [
        (r#","id":"1""#, "id"),
        (r#","leg":1,"leg":1"#, "leg"),
        (r#","leg":null,"leg":1"#, "leg"),
        (r#","leg":1,"leg":null"#, "leg"),
        (r#","leg":null,"leg":null"#, "leg"),
        (r#","type":null"#, "type"),
        (r#","subject":"a","\u0073ubject":"a""#, "subject"),
        (r#","data":1,"data":1"#, "data"),
        (r#","data_base64":null,"data_base64":"""#, "data_base64"),
        (r#","data":1,"data_base64":"""#, "data_base64"),
        (r#","data_base64":"","data":1"#, "data_base64"),
    ] {
        assert_eq!(refused(members), (Class::Malformed, attribute(name)), "{members}");
    }
}

#[test]
fn null_means_that_a_member_is_not_set_except_for_data() {
    let bare = event("").unwrap();
    assert_eq!(event(r#","subject":null,"time":null,"leg":null,"data_base64":null"#).unwrap(), bare);
    for members in [r#","data":null,"data_base64":null"#, r#","data_base64":null,"data":null"#] {
        let Data::Json(json) = event(members).unwrap().data else { panic!("{members}") };
        assert_eq!(json.as_str(), "null");
    }
    assert_eq!(
        read(&Bytes::from(format!("{{{REQUIRED}}}").replace("\"1\"", "null"))).unwrap_err().place,
        attribute("id")
    );
}

#[test]
fn what_is_wrong_inside_data_is_told_where_it_is() {
    let deep = format!(r#","data":{{"a":{}1{}}}"#, "[".repeat(300), "]".repeat(300));
    for (members, class, pointer) in [
        (r#","data":{"a":["x","\ud800"]}"#, Class::Unstorable, "/a/1"),
        (r#","data":{"a":{"b":"\u0000"}}"#, Class::Unstorable, "/a/b"),
        (r#","data":{"a":{"b":1,"\u0062":2}}"#, Class::Unstorable, "/a/b"),
        (r#","data":{"a":[1e1000]}"#, Class::Unstorable, "/a/0"),
        (r#","data":{"a/b":[01]}"#, Class::Malformed, "/a~1b/0"),
        (r#","data":{"a":"\x"}"#, Class::Malformed, "/a"),
        (r#","data":{"a":"\\ud800" 1}"#, Class::Malformed, ""),
        (r#","datacontenttype":"text/plain","data":"\udc00""#, Class::Unstorable, ""),
        (r#","datacontenttype":"text/plain","data":7"#, Class::Malformed, ""),
        (r#","datacontenttype":"text/plain","data":null"#, Class::Malformed, ""),
    ] {
        assert_eq!(refused(members), (class, data(pointer)), "{members}");
    }
    let (class, Place::Data(pointer)) = refused(&deep) else { panic!("{deep}") };
    assert!(class == Class::Unstorable && pointer.starts_with("/a/0/0/0/0"), "{pointer}");
}

#[test]
fn what_is_wrong_inside_data_base64_is_told_of_the_member() {
    for (members, class) in [
        (r#","datacontenttype":"a/json","data_base64":"WwA""#, Class::Malformed),
        (r#","datacontenttype":"a/json","data_base64":"Ww==""#, Class::Malformed),
        (r#","datacontenttype":"a/json","data_base64":"""#, Class::Malformed),
        (r#","datacontenttype":"a/json","data_base64":"WyJcdTAwMDAiXQ==""#, Class::Unstorable),
        (r#","data_base64":"AA=""#, Class::Malformed),
        (r#","data_base64":"_-8=""#, Class::Malformed),
        (r#","data_base64":"\ud800""#, Class::Malformed),
        (r#","data_base64":[]"#, Class::Malformed),
    ] {
        assert_eq!(refused(members), (class, attribute("data_base64")), "{members}");
    }
}

#[test]
fn attributes_that_no_database_holds_are_unstorable_and_named() {
    for (members, name) in [
        (r#","subject":"\ud800""#, "subject"),
        (r#","subject":"\udfff\ud83d""#, "subject"),
        (r#","leg":"a\u0000b""#, "leg"),
    ] {
        assert_eq!(refused(members), (Class::Unstorable, attribute(name)), "{members}");
    }
    let extensions: String = (0..65).map(|n| format!(r#","x{n}":1"#)).collect();
    assert_eq!(refused(&extensions), (Class::Unstorable, Place::Message));
    assert_eq!(refused(&extensions.replace(":1", ":null")), (Class::Unstorable, Place::Message));
}

#[test]
fn names_are_lower_case_letters_and_digits() {
    for (members, place) in [
        (r#","Leg":1"#, attribute("Leg")),
        (r#","my.leg":1.5"#, attribute("my.leg")),
        (r#","":1"#, attribute("")),
        (r#","a\u0000":1"#, attribute("a\0")),
        (r#","\ud800":1"#, Place::Message),
    ] {
        assert_eq!(refused(members), (Class::Malformed, place), "{members}");
    }
}

#[test]
fn integers_and_booleans_become_their_canonical_strings() {
    for (json, canonical) in [
        ("0", "0"),
        ("-0", "0"),
        ("-2147483648", "-2147483648"),
        ("2147483647", "2147483647"),
        ("true", "true"),
        ("\"\"", ""),
    ] {
        let event = event(&format!(r#","leg":{json}"#)).unwrap();
        assert_eq!(event.attributes.extension("leg"), Some(canonical), "{json}");
    }
    for json in ["1.0", "1e2", "-2147483649", "2147483648", "01", "+1", "-", "NaN", "tru", "[]"] {
        assert_eq!(refused(&format!(r#","leg":{json}"#)), (Class::Malformed, attribute("leg")), "{json}");
    }
}

#[test]
fn text_is_refused_where_its_bytes_would_not_be_what_its_charset_says() {
    let latin1 = |text: &str| {
        event(&format!(r#","datacontenttype":"text/plain; charset=iso-8859-1","data":"{text}""#))
    };
    assert_eq!(latin1("cafe").unwrap().data, Data::Bytes(Bytes::from_static(b"cafe")));
    let refusal = latin1("café").unwrap_err();
    assert_eq!((refusal.class, refusal.place), (Class::Malformed, data("")));
    let bytes = event(r#","datacontenttype":"text/plain; charset=iso-8859-1","data_base64":"6Q==""#).unwrap();
    assert_eq!(bytes.data, Data::Bytes(Bytes::from_static(b"\xe9")));
}

#[test]
fn text_may_hold_what_json_data_may_not() {
    let event = event(r#","datacontenttype":"text/plain","data":"a\u0000b""#).unwrap();
    assert_eq!(event.data, Data::Bytes(Bytes::from_static(b"a\0b")));
}

#[test]
fn no_data_null_and_empty_data_are_three_things() {
    let events = ["", r#","data":null"#, r#","data":"""#, r#","data_base64":"""#]
        .map(|members| event(members).unwrap());
    for (index, event) in events.iter().enumerate() {
        assert_eq!(&read(&write(event).into()).unwrap(), event);
        assert!(events[..index].iter().all(|other| other.digest() != event.digest()));
    }
}

#[test]
fn a_bad_event_does_not_hide_the_others_of_its_batch() {
    let good = format!("{{{REQUIRED}}}");
    let deep = format!(r#"{{{REQUIRED},"data":{}{}}}"#, "[".repeat(5_000), "]".repeat(5_000));
    for (item, class, place) in [
        ("1", Class::Malformed, Place::Message),
        ("{}", Class::Malformed, attribute("specversion")),
        (r#"{"id":"\ud800"}"#, Class::Unstorable, attribute("id")),
        (&format!(r#"{{{REQUIRED},"data":["\ud800"]}}"#), Class::Unstorable, data("/0")),
        (&format!(r#"{{{REQUIRED},"data":[1e4000]}}"#), Class::Unstorable, data("/0")),
    ] {
        let batch = read_batch(&Bytes::from(format!(" [{good}, {item} ,{good}]\n")), 3).unwrap();
        let refusal = batch[1].as_ref().expect_err(item);
        assert_eq!((refusal.class, &refusal.place), (class, &place), "{item}");
        assert!(batch.len() == 3 && batch[0].is_ok() && batch[2].is_ok(), "{item}");
    }
    let batch = read_batch(&Bytes::from(format!("[{deep},{good}]")), 2).unwrap();
    assert_eq!(batch[0].as_ref().unwrap_err().class, Class::Unstorable);
    assert!(batch[1].is_ok());
}

#[test]
fn a_body_that_is_no_array_of_json_is_no_batch() {
    for body in ["", "{}", "null", "[", "[1", "[1,]", "[1 2]", "[{\"a\":}]", "[] []", "[\"\u{1}\"]"] {
        let refusal = read_batch(&Bytes::from(body), 9).expect_err(body);
        assert!(
            matches!(&refusal, BatchRefusal::Malformed(r) if r.place == Place::Message),
            "{body}: {refusal}"
        );
    }
    assert!(read_batch(&Bytes::from_static(b"[\"\xff\"]"), 9).is_err());
    assert_eq!(read_batch(&Bytes::from(" [ ] "), 0).unwrap(), []);
    assert_eq!(read_batch(&Bytes::from("[1,2,3]"), 2), Err(BatchRefusal::TooMany { limit: 2 }));
}

#[test]
fn data_is_kept_as_the_text_it_came_with() {
    let event = event(r#","data": { "n" : 1.50e0 } "#).unwrap();
    assert_eq!(event.data, Data::Json(JsonText::parse(Bytes::from(r#"{ "n" : 1.50e0 }"#)).unwrap()));
}
