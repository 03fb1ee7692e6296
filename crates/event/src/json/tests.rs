use bytes::Bytes;
use proptest::prelude::*;

use super::JsonText;
use crate::refusal::{Class, Place, Refusal};

fn parse(text: &str) -> Result<JsonText, Refusal> {
    JsonText::parse(Bytes::copy_from_slice(text.as_bytes()))
}

fn canonical(text: &str) -> String {
    String::from_utf8(parse(text).unwrap().canonical().to_vec()).unwrap()
}

fn refused(text: &str) -> (Class, String) {
    let refusal = parse(text).unwrap_err();
    match refusal.place {
        Place::Data(pointer) => (refusal.class, pointer),
        place => panic!("the place of a refused value is in data, not {place:?}"),
    }
}

#[test]
fn equal_values_have_one_canonical_form() {
    for same in [
        [r#"{"b":1,"a":2}"#, r#" { "a" : 2.0 , "b" : 10e-1 } "#],
        [r#""\u00e9\/""#, r#""é/""#],
        ["[1e3, -0, 0.50]", "[1000,0,5E-1]"],
    ] {
        assert_eq!(canonical(same[0]), canonical(same[1]), "{same:?}");
    }
}

#[test]
fn a_canonical_form_has_members_in_order_shortest_numbers_and_few_escapes() {
    for (written, canonical_form) in [
        (r#"{"b":[1, {"z":null,"y":true}],"a":20}"#, r#"{"a":2e1,"b":[1,{"y":true,"z":null}]}"#),
        (r#"{"a":"x","b":-1,"c":[]}"#, r#"{"a":"x","b":-1,"c":[]}"#),
        (r#"{"a":{ }, "b":[ ] }"#, r#"{"a":{},"b":[]}"#),
        (r#"{"\u0062":1,"a":2,"\u00e4\"":3}"#, r#"{"a":2,"b":1,"ä\"":3}"#),
        (
            r#"{"name_of_one":1,"name_of_all":2,"name_of":3}"#,
            r#"{"name_of":3,"name_of_all":2,"name_of_one":1}"#,
        ),
        (r#"[1,"\u002f",2]"#, r#"[1,"/",2]"#),
        (r#"[[1 ],["a","\n"],[{"b":1,"a":0}]]"#, r#"[[1],["a","\n"],[{"a":0,"b":1}]]"#),
        (" 1 ", "1"),
        ("-0", "0"),
        ("100", "1e2"),
        (r#"{"":0}"#, r#"{"":0}"#),
    ] {
        assert_eq!(canonical(written), canonical_form, "{written}");
    }
}

#[test]
fn values_that_differ_only_beyond_a_double_stay_different() {
    assert_ne!(canonical("9007199254740993"), canonical("9007199254740992"));
    assert_ne!(canonical("0.1"), canonical("0.10000000000000001"));
}

#[test]
fn the_text_is_kept_as_it_came() {
    let text = r#"{ "n": 1.000000000000000000001e0 }"#;
    assert_eq!(parse(text).unwrap().text().as_ref(), text.as_bytes());
}

#[test]
fn a_member_named_twice_is_refused_where_it_is() {
    assert_eq!(refused(r#"{"a":[{"x":1,"x":2}]}"#), (Class::Unstorable, "/a/0/x".to_owned()));
}

#[test]
fn what_postgresql_cannot_hold_is_unstorable() {
    let deep = format!("{}1{}", "[".repeat(129), "]".repeat(129));
    let wide = format!("[{}]", "9".repeat(1_001));
    for (text, pointer) in [
        (r#"{"a":"\u0000"}"#, "/a"),
        (r#"{"\u0000":1}"#, ""),
        (r#"["\ud800"]"#, "/0"),
        (r#"["\uDfff"]"#, "/0"),
        (r#"["\ud800\u0041"]"#, "/0"),
        (r#"["\ud800 and more"]"#, "/0"),
        (r#"["\ud800\n"]"#, "/0"),
        (r#"["\udc00\ud800"]"#, "/0"),
        (r#"{"a":{"\ud800":1}}"#, "/a"),
        (r#"{"a\u0000b":1}"#, ""),
        ("[-1e1000]", "/0"),
        ("[1e-2147483649]", "/0"),
        ("[1e1000]", "/0"),
        ("[1e-1000]", "/0"),
        ("[1e99999999999]", "/0"),
        ("[0e5000]", "/0"),
        (wide.as_str(), "/0"),
    ] {
        assert_eq!(refused(text), (Class::Unstorable, pointer.to_owned()), "{text}");
    }
    assert_eq!(refused(&deep).0, Class::Unstorable);
}

#[test]
fn numbers_up_to_the_limit_are_taken() {
    assert!(parse(&"9".repeat(1_000)).is_ok());
    assert!(parse("1e999").is_ok());
    assert!(parse(r#""\ud83d\ude00""#).is_ok());
    assert!(parse("1.5e-998").is_ok());
}

#[test]
fn text_that_is_not_json_is_malformed() {
    for text in [
        "",
        "{",
        "[1,]",
        "nul",
        "01",
        "+1",
        "NaN",
        "Infinity",
        "1 2",
        "'a'",
        "\"\u{1}\"",
        "{1:2}",
        r#""\u12""#,
        r#""\ud800\uzzzz""#,
        r#""\\ud800" x"#,
        r#"["\\ud800", x]"#,
        "-",
        "-Infinity",
        "1.",
        ".5",
        "1e",
        "1e+",
        "0x1",
        "\u{feff}1",
        "{\"a\" 1}",
        "\"a",
    ] {
        assert_eq!(refused(text).0, Class::Malformed, "{text:?}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_malformed() {
    let refusal = JsonText::parse(Bytes::from_static(b"\"\xff\"")).unwrap_err();
    assert_eq!(refusal.class, Class::Malformed);
}

#[test]
fn a_pointer_escapes_names_and_stays_short() {
    assert_eq!(refused(r#"{"a/b~c":"\u0000"}"#).1, "/a~1b~0c");
    let long = "k".repeat(5_000);
    assert!(refused(&format!(r#"{{"{long}":"\u0000"}}"#)).1.len() <= 256);
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        "[^\0]{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map("[^\0]{0,6}", inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

/// `value` as some producer might write it: with white space, members from last to first, characters as escapes. `choices`
/// decides, a bit at a time.
fn spelled(value: &serde_json::Value, choices: &mut impl Iterator<Item = bool>) -> String {
    let text = match value {
        serde_json::Value::String(text) => spelled_string(text, choices),
        serde_json::Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| spelled(item, choices)).collect();
            format!("[{}]", items.join(","))
        }
        serde_json::Value::Object(members) => {
            let mut members: Vec<String> = members
                .iter()
                .map(|(name, value)| {
                    let space = if choices.next().unwrap() { " " } else { "" };
                    format!("{}{space}:{}", spelled_string(name, choices), spelled(value, choices))
                })
                .collect();
            if choices.next().unwrap() {
                members.reverse();
            }
            format!("{{{}}}", members.join(","))
        }
        other => other.to_string(),
    };
    match choices.next().unwrap() {
        true => format!("\t{text} "),
        false => text,
    }
}

fn spelled_string(text: &str, choices: &mut impl Iterator<Item = bool>) -> String {
    match choices.next().unwrap() {
        true => {
            format!("\"{}\"", text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>())
        }
        false => serde_json::Value::from(text).to_string(),
    }
}

proptest! {
    #[test]
    fn canonical_form_depends_on_the_value_alone(value in any_json()) {
        let compact = parse(&value.to_string()).unwrap();
        let pretty = parse(&serde_json::to_string_pretty(&value).unwrap()).unwrap();
        prop_assert_eq!(compact.canonical(), pretty.canonical());
        let reread = parse(std::str::from_utf8(compact.canonical()).unwrap()).unwrap();
        prop_assert_eq!(compact.canonical(), reread.canonical());
    }

    #[test]
    fn canonical_form_does_not_depend_on_the_spelling(value in any_json(), choices in prop::collection::vec(any::<bool>(), 1..64)) {
        let spelled = spelled(&value, &mut choices.into_iter().cycle());
        let (spelled, plain) = (parse(&spelled).unwrap(), parse(&value.to_string()).unwrap());
        prop_assert_eq!(spelled.canonical(), plain.canonical());
    }

    #[test]
    fn any_bytes_are_answered_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let ours = JsonText::parse(Bytes::copy_from_slice(&bytes)).is_ok();
        // Where we take a text, the reference parser does too.
        prop_assert!(!ours || serde_json::from_slice::<serde_json::Value>(&bytes).is_ok());
    }
}
