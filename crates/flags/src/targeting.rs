//! Targeting: the part of flagd's JsonLogic that chooses a variant by who asks. Rules are read once, into a form that
//! holds nothing unknown, so that a slip is refused when the file is read and not met when a rule is asked.

use std::collections::BTreeMap;

use open_feature::EvaluationContext;
use serde_json::Value;

use crate::fractional;

type Variants = BTreeMap<String, Value>;

/// What rules may look at.
const FIELDS: [&str; 4] = [TARGETING_KEY, FLAG_KEY, "service", "version"];
const TARGETING_KEY: &str = "targetingKey";
const FLAG_KEY: &str = "$flagd.flagKey";

/// What chooses a variant.
#[derive(Debug)]
pub(crate) enum Rule {
    Variant(String),
    /// The default variant.
    Default,
    If(Vec<(Condition, Rule)>, Box<Rule>),
    /// A value, and the variants it is spread over.
    Fractional(Vec<Operand>, Vec<(String, u32)>),
}

#[derive(Debug)]
pub(crate) enum Condition {
    Constant(bool),
    Equal(Operand, Operand),
    OneOf(Operand, Vec<String>),
    StartsWith(Operand, Operand),
    EndsWith(Operand, Operand),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
}

#[derive(Debug)]
pub(crate) enum Operand {
    Text(String),
    Field(&'static str),
}

impl Rule {
    /// Reads a rule; `None` where it says nothing.
    pub(crate) fn read(rule: &Value, variants: &Variants) -> Result<Option<Self>, String> {
        match rule {
            Value::Null => Ok(None),
            Value::Object(object) if object.is_empty() => Ok(None),
            rule => Self::outcome(rule, variants).map(Some),
        }
    }

    fn outcome(rule: &Value, variants: &Variants) -> Result<Self, String> {
        match rule {
            Value::Null => return Ok(Self::Default),
            Value::String(variant) => return known(variant, variants).map(Self::Variant),
            _ => {}
        }
        match operation(rule)? {
            ("if", arguments) => Self::branches(arguments, variants),
            ("fractional", arguments) => Self::spread(arguments, variants),
            (other, _) => Err(format!("targeting: {other:?} chooses no variant; `if` and `fractional` do")),
        }
    }

    fn branches(arguments: &[Value], variants: &Variants) -> Result<Self, String> {
        let (pairs, rest) = arguments.as_chunks::<2>();
        if pairs.is_empty() {
            return Err("targeting: `if` needs a condition and what follows from it".to_owned());
        }
        let read = |[condition, then]: &[Value; 2]| {
            Ok((Condition::read(condition)?, Self::outcome(then, variants)?))
        };
        let pairs = pairs.iter().map(read).collect::<Result<_, String>>()?;
        let otherwise = rest.first().map_or(Ok(Self::Default), |rule| Self::outcome(rule, variants))?;
        Ok(Self::If(pairs, Box::new(otherwise)))
    }

    fn spread(arguments: &[Value], variants: &Variants) -> Result<Self, String> {
        let (by, shares) = match arguments.split_first() {
            Some((first, shares)) if !first.is_array() => (by(first)?, shares),
            _ => (vec![Operand::Field(FLAG_KEY), Operand::Field(TARGETING_KEY)], arguments),
        };
        let shares: Vec<_> =
            shares.iter().map(|share| weighted(share, variants)).collect::<Result<_, _>>()?;
        if shares.iter().all(|(_, weight)| *weight == 0) {
            return Err("targeting: `fractional` gives no variant any weight".to_owned());
        }
        Ok(Self::Fractional(by, shares))
    }

    /// The variant, or `None` for the default one.
    pub(crate) fn choose(&self, key: &str, context: &EvaluationContext) -> Option<String> {
        match self {
            Self::Variant(variant) => Some(variant.clone()),
            Self::Default => None,
            Self::If(branches, otherwise) => {
                let met = branches.iter().find(|(condition, _)| condition.holds(key, context));
                met.map_or(&**otherwise, |(_, then)| then).choose(key, context)
            }
            Self::Fractional(by, shares) => {
                let value: String = by.iter().map(|operand| operand.text(key, context)).collect();
                fractional::choose(&value, shares).map(str::to_owned)
            }
        }
    }
}

impl Condition {
    fn read(condition: &Value) -> Result<Self, String> {
        if let Value::Bool(constant) = condition {
            return Ok(Self::Constant(*constant));
        }
        let all = |conditions: &[Value]| conditions.iter().map(Self::read).collect::<Result<Vec<_>, _>>();
        match operation(condition)? {
            ("==" | "===", [one, other]) => Ok(Self::Equal(Operand::read(one)?, Operand::read(other)?)),
            ("!=" | "!==", [one, other]) => {
                Ok(Self::Not(Box::new(Self::Equal(Operand::read(one)?, Operand::read(other)?))))
            }
            ("in", [one, Value::Array(list)]) => Ok(Self::OneOf(Operand::read(one)?, texts(list)?)),
            ("starts_with", [one, prefix]) => {
                Ok(Self::StartsWith(Operand::read(one)?, Operand::read(prefix)?))
            }
            ("ends_with", [one, suffix]) => Ok(Self::EndsWith(Operand::read(one)?, Operand::read(suffix)?)),
            ("and", conditions) => all(conditions).map(Self::All),
            ("or", conditions) => all(conditions).map(Self::Any),
            ("!", [condition]) => Ok(Self::Not(Box::new(Self::read(condition)?))),
            (other, _) => Err(format!(
                "targeting: {other:?} with these arguments is no condition that is understood; there are ==, !=, in, \
                 starts_with, ends_with, and, or, !"
            )),
        }
    }

    fn holds(&self, key: &str, context: &EvaluationContext) -> bool {
        let text = |operand: &Operand| operand.text(key, context);
        match self {
            Self::Constant(constant) => *constant,
            Self::Equal(one, other) => text(one) == text(other),
            Self::OneOf(one, list) => list.contains(&text(one)),
            Self::StartsWith(one, prefix) => text(one).starts_with(&text(prefix)),
            Self::EndsWith(one, suffix) => text(one).ends_with(&text(suffix)),
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(key, context)),
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(key, context)),
            Self::Not(condition) => !condition.holds(key, context),
        }
    }
}

impl Operand {
    fn read(operand: &Value) -> Result<Self, String> {
        if let Value::String(text) = operand {
            return Ok(Self::Text(text.clone()));
        }
        match operation(operand)? {
            ("var", [Value::String(name)]) => {
                let field = FIELDS.iter().copied().find(|field| *field == name.as_str());
                field.map(Self::Field).ok_or_else(|| {
                    format!("targeting: there is no field {name:?}; there are {}", FIELDS.join(", "))
                })
            }
            (other, _) => Err(format!("targeting: {other:?} is no value; a text and `var` are")),
        }
    }

    fn text(&self, key: &str, context: &EvaluationContext) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Field(TARGETING_KEY) => context.targeting_key.clone().unwrap_or_default(),
            Self::Field(FLAG_KEY) => key.to_owned(),
            Self::Field(name) => {
                let field = context.custom_fields.get(*name).and_then(|field| field.as_str());
                field.unwrap_or_default().to_owned()
            }
        }
    }
}

/// `{"name": [arguments]}`, or `{"name": argument}` for short.
fn operation(value: &Value) -> Result<(&str, &[Value]), String> {
    let mut entries = value.as_object().into_iter().flatten();
    match (entries.next(), entries.next()) {
        (Some((name, Value::Array(arguments))), None) => Ok((name.as_str(), arguments.as_slice())),
        (Some((name, argument)), None) => Ok((name.as_str(), std::slice::from_ref(argument))),
        _ => Err(format!("targeting: {value} is not understood")),
    }
}

fn known(variant: &str, variants: &Variants) -> Result<String, String> {
    match variants.contains_key(variant) {
        true => Ok(variant.to_owned()),
        false => Err(format!("targeting: {variant:?} is none of its variants")),
    }
}

/// What decides: one value, or several put together by `cat`.
fn by(value: &Value) -> Result<Vec<Operand>, String> {
    match value.as_object().and_then(|object| object.get("cat")) {
        Some(_) => operation(value)?.1.iter().map(Operand::read).collect(),
        None => Operand::read(value).map(|operand| vec![operand]),
    }
}

/// `["variant", weight]`; without a weight it is 1.
fn weighted(share: &Value, variants: &Variants) -> Result<(String, u32), String> {
    let wrong = || format!("targeting: {share} in `fractional` is not of the form [variant, weight]");
    let (variant, weight) = match share.as_array().map(Vec::as_slice) {
        Some([Value::String(variant)]) => (variant, Some(1)),
        Some([Value::String(variant), weight]) => (variant, weight.as_u64()),
        _ => return Err(wrong()),
    };
    let weight = weight.and_then(|weight| u32::try_from(weight).ok()).ok_or_else(wrong)?;
    Ok((known(variant, variants)?, weight))
}

fn texts(list: &[Value]) -> Result<Vec<String>, String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    list.iter()
        .map(|value| text(value).ok_or_else(|| format!("targeting: {value} in a list is no text")))
        .collect()
}

#[cfg(test)]
mod tests;
