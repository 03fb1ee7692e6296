//! Rules choose as flagd says, and what is not understood is refused.

use serde_json::json;

use super::*;

fn variants() -> Variants {
    [("on".to_owned(), json!(true)), ("off".to_owned(), json!(false))].into()
}

fn read(rule: Value) -> Result<Option<Rule>, String> {
    Rule::read(&rule, &variants())
}

/// What the rule chooses for the gateway of this name.
fn chosen(rule: Value, instance: &str) -> Option<String> {
    let context = EvaluationContext::default()
        .with_targeting_key(instance)
        .with_custom_field("service", "farol-gateway")
        .with_custom_field("version", "0.1.0");
    read(rule).unwrap().unwrap().choose("receipt-cache", &context)
}

#[test]
fn conditions_look_at_who_asks() {
    let service = json!({ "var": "service" });
    for (condition, holds) in [
        (json!({ "==": [service, "farol-gateway"] }), true),
        (json!({ "===": ["farol-worker", service] }), false),
        (json!({ "!=": [service, "farol-worker"] }), true),
        (json!({ "in": [{ "var": ["targetingKey"] }, ["pod-0", "pod-1"]] }), true),
        (json!({ "in": [service, []] }), false),
        (json!({ "starts_with": [{ "var": "version" }, "0.1."] }), true),
        (json!({ "ends_with": [{ "var": "targetingKey" }, "-2"] }), false),
        (json!({ "and": [true, { "!": [{ "==": [service, "x"] }] }] }), true),
        (json!({ "or": [false, { "!": { "==": [service, "x"] } }] }), true),
        (json!({ "and": [true, false] }), false),
    ] {
        let expected = holds.then(|| "off".to_owned());
        assert_eq!(chosen(json!({ "if": [condition, "off"] }), "pod-1"), expected, "{condition}");
    }
}

#[test]
fn the_first_branch_whose_condition_holds_is_taken() {
    let rule = json!({ "if": [false, "on", true, "off", "on"] });
    assert_eq!(chosen(rule, "pod-1").as_deref(), Some("off"));
    assert_eq!(chosen(json!({ "if": [false, "off", "on"] }), "pod-1").as_deref(), Some("on"));
    assert_eq!(chosen(json!({ "if": [true, null, "on"] }), "pod-1"), None);
}

#[test]
fn a_share_of_the_replicas_gets_a_variant_and_keeps_it() {
    let rule = || json!({ "fractional": [["off", 25], ["on", 75]] });
    let off = (0..1_000).filter(|n| chosen(rule(), &format!("farol-gateway-{n}")).unwrap() == "off").count();
    assert!((200..300).contains(&off), "{off}");
    // Without a value of its own, key and targetingKey together decide; the same as saying so.
    let said = json!({ "cat": [{ "var": "$flagd.flagKey" }, { "var": "targetingKey" }] });
    let said = json!({ "fractional": [said, ["off", 25], ["on", 75]] });
    for instance in ["a", "b", "c", "d", "e", "f"] {
        assert_eq!(chosen(rule(), instance), chosen(said.clone(), instance));
    }
}

#[test]
fn what_is_not_understood_is_refused_and_named() {
    for (rule, said) in [
        (json!("maybe"), "\"maybe\" is none of its variants"),
        (json!({ "if": [true, "maybe"] }), "\"maybe\" is none of its variants"),
        (json!({ "if": [true] }), "`if` needs"),
        (json!({ "sem_ver": [{ "var": "version" }, ">=", "1.0.0"] }), "\"sem_ver\" chooses no variant"),
        (json!({ "if": [{ "sem_ver": ["1", ">", "0"] }, "on"] }), "\"sem_ver\" with these arguments"),
        (json!({ "if": [{ "==": [{ "var": "pod" }, "x"] }, "on"] }), "there is no field \"pod\""),
        (json!({ "if": [{ "==": [1, "x"] }, "on"] }), "1 is not understood"),
        (json!({ "if": [{ "in": ["x", [1]] }, "on"] }), "1 in a list is no text"),
        (json!({ "if": [{ "$ref": "shared" }, "on"] }), "\"$ref\" with these arguments"),
        (json!({ "fractional": [["on", 0]] }), "no variant any weight"),
        (json!({ "fractional": [["on", -1]] }), "not of the form"),
        (json!({ "fractional": [["maybe", 1]] }), "\"maybe\" is none of its variants"),
        (json!([1]), "[1] is not understood"),
    ] {
        let error = read(rule).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
}
