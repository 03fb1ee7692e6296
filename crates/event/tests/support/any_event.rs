//! Events with any content that is allowed, and JSON in any spelling, for property tests.

use bytes::Bytes;
use event::{Attributes, Data, Event, JsonText, MediaType, Time};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

const JSON_TYPES: [&str; 4] = [
    "application/json",
    "text/json; charset=utf-8",
    "application/vnd.a.b+JSON",
    "application/json ; q=\"a;b\"",
];
const OTHER_TYPES: [&str; 4] =
    ["text/plain", "application/octet-stream", "text/plain;charset=\"iso-8859-1\"", "application/json+xml"];
const CORE: [&str; 9] =
    ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema", "data"];

/// Any event.
pub(crate) fn any_event() -> impl Strategy<Value = Event> {
    let attributes =
        (text(1), source(), text(1), option::of(text(1)), option::of(time()), option::of(schema()));
    let extensions = btree_map("[a-z0-9]{1,20}", text(0), 0..5);
    (attributes, extensions, content()).prop_map(|(attributes, extensions, (datacontenttype, data))| {
        let (id, source, event_type, subject, time, dataschema) = attributes;
        let extensions = extensions.into_iter().filter(|(name, _)| !CORE.contains(&name.as_str()));
        let attributes = Attributes {
            id: id.parse().unwrap(),
            source: source.parse().unwrap(),
            event_type: event_type.parse().unwrap(),
            subject: subject.map(|subject| subject.parse().unwrap()),
            time,
            datacontenttype,
            dataschema: dataschema.map(|schema| schema.parse().unwrap()),
            extensions: extensions.map(|(name, value)| (name.parse().unwrap(), value)).collect(),
        };
        Event { attributes, data }
    })
}

/// Data and the type that goes with it.
fn content() -> impl Strategy<Value = (Option<MediaType>, Data)> {
    let of =
        |types: &'static [&'static str]| prop::sample::select(types).prop_map(|text| text.parse().unwrap());
    let json = any_json().prop_map(|text| Data::Json(JsonText::parse(Bytes::from(text)).unwrap()));
    let bytes = vec(any::<u8>(), 0..80).prop_map(|bytes| Data::Bytes(bytes.into()));
    prop_oneof![
        4 => (of(&JSON_TYPES).prop_map(Some), json),
        3 => (option::of(of(&OTHER_TYPES)), bytes),
        1 => (option::of(of(&JSON_TYPES)), Just(Data::Absent)),
    ]
}

/// Text that CloudEvents and PostgreSQL allow, of at least so many characters.
fn text(least: usize) -> impl Strategy<Value = String> {
    let plain = "[ -~]".prop_map(|one| one.chars().next().unwrap());
    let nasty = prop::sample::select(
        &['%', '"', '\\', ' ', '+', ';', ',', '\u{a0}', '\u{feff}', '€', '😀', '\u{301}'][..],
    );
    let allowed = |c: &char| {
        let code = u32::from(*c);
        !c.is_control() && code & 0xfffe != 0xfffe && !(0xfdd0..=0xfdef).contains(&code)
    };
    let one = prop_oneof![4 => plain, 2 => nasty, 2 => any::<char>().prop_filter("not allowed", allowed)];
    vec(one, least..24).prop_map(String::from_iter)
}

fn source() -> impl Strategy<Value = String> {
    prop_oneof![
        "/[a-zA-Z0-9._~-]{1,9}(/[a-z0-9:@!$&'()*+,;=-]{0,9}){0,3}(%[0-9A-F]{2})?(\\?[a-z0-9=&/?]{0,9})?(#[a-z]{0,5})?",
        "urn:[a-z]{2,9}:[a-z0-9:]{1,20}",
        "https://[a-z]{1,9}\\.example(:[0-9]{1,4})?(/[a-z0-9]{0,9}){0,3}",
        "//[a-z]{1,9}/[a-z]{0,9}",
    ]
}

fn schema() -> impl Strategy<Value = String> {
    prop_oneof![
        "https://[a-z]{1,9}\\.example/[a-z0-9/]{0,9}\\.json(#/[a-z]{1,9})?",
        "urn:[a-z]{2,9}:[a-z0-9]{1,9}"
    ]
}

/// A time of any year of four digits, in any spelling of RFC 3339.
fn time() -> impl Strategy<Value = Time> {
    let date = (0..=9999u16, 1..=12u8, 1..=28u8).prop_map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}"));
    let time = (0..24u8, 0..60u8, 0..60u8).prop_map(|(h, m, s)| format!("{h:02}:{m:02}:{s:02}"));
    let offset = prop_oneof!["[Zz]", "[+-](0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]"];
    (date, "[Tt]", time, "(\\.[0-9]{1,15})?", offset)
        .prop_map(|(date, t, time, fraction, offset)| format!("{date}{t}{time}{fraction}{offset}"))
        .prop_filter_map("beyond the year 9999 in UTC", |text| text.parse().ok())
}

/// JSON text with numbers beyond any double, strings in any spelling, and white space.
pub(crate) fn any_json() -> impl Strategy<Value = String> {
    one_value_twice().prop_map(|(text, _)| text)
}

/// One JSON value in two spellings.
pub(crate) fn one_value_twice() -> impl Strategy<Value = (String, String)> {
    let word = prop::sample::select(&["null", "true", "false", "\"\"", "[]", "{}"][..]);
    let leaf = prop_oneof![
        1 => word.prop_map(|word| (word.to_owned(), format!(" {word}\n"))),
        4 => number_twice(),
        4 => (json_text(), any::<bool>()).prop_map(|(text, escaped)| (spelled(&text, escaped), spelled(&text, !escaped))),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        let array = (vec(inner.clone(), 0..6), space()).prop_map(|(items, space)| {
            let (one, other): (Vec<_>, Vec<_>) = items.into_iter().unzip();
            (format!("[{space}{}]", one.join(&format!("{space},"))), format!("[{}{space}]", other.join(",")))
        });
        let object =
            (btree_map(json_text(), (inner, any::<bool>()), 0..6), space()).prop_map(|(members, space)| {
                let mut spellings = (Vec::new(), Vec::new());
                for (name, ((one, other), escaped)) in members {
                    spellings.0.push(format!("{space}{}{space}:{one}", spelled(&name, escaped)));
                    spellings.1.insert(0, format!("{}:{space}{other}", spelled(&name, !escaped)));
                }
                (format!("{{{}}}", spellings.0.join(",")), format!("{{{}{space}}}", spellings.1.join(",")))
            });
        prop_oneof![array, object]
    })
}

/// A number as it may come, and as a whole number with an exponent.
fn number_twice() -> impl Strategy<Value = (String, String)> {
    let exponent = prop_oneof![4 => Just(0), 3 => -30..30i64, 1 => -480..480i64];
    let digits = prop_oneof![4 => "0|[1-9][0-9]{0,60}", 1 => "[1-9][0-9]{400}"];
    ("-?", digits, "([0-9]{1,60})?", exponent, any::<bool>()).prop_map(
        |(sign, whole, fraction, exponent, upper)| {
            let point = if fraction.is_empty() { "" } else { "." };
            let power = match (exponent, upper) {
                (0, true) => String::new(),
                (_, true) => format!("E{exponent:+}"),
                (_, false) => format!("e{exponent}"),
            };
            let digits = format!("{whole}{fraction}");
            let shifted = exponent - i64::try_from(fraction.len()).unwrap();
            let other = match digits.trim_start_matches('0') {
                "" => "0".to_owned(),
                significant => format!("{sign}{significant}e{shifted}"),
            };
            (format!("{sign}{whole}{point}{fraction}{power}"), other)
        },
    )
}

fn space() -> impl Strategy<Value = String> {
    prop_oneof![3 => Just(String::new()), 1 => "[ \t\r\n]{1,3}"]
}

/// Any characters but U+0000.
fn json_text() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,9}", "[^\0]{0,12}", "[\u{1}-\u{1f}\u{7f}\"\\\\/\u{fffe}\u{10ffff}]{0,5}"]
}

/// A JSON string with as few escapes as it needs, or with nothing but escapes.
fn spelled(text: &str, escaped: bool) -> String {
    match escaped {
        true => {
            format!("\"{}\"", text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>())
        }
        false => serde_json::Value::from(text).to_string(),
    }
}
