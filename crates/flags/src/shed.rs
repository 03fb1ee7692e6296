//! Which events are not taken now: the value of the flag `shed-events`.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

/// Which events are not taken. Where it names types and sources, an event has to have one of both.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Shed {
    /// Exact types.
    types: Vec<String>,
    /// Prefixes of sources, whole path segments.
    sources: Vec<String>,
    /// Which share of those events, by a hash of their identity: an event that is sent again is decided as before.
    share: f64,
    /// When their clients may come again.
    retry_after_seconds: u64,
}

impl Default for Shed {
    fn default() -> Self {
        Self { types: Vec::new(), sources: Vec::new(), share: 1.0, retry_after_seconds: 60 }
    }
}

impl Shed {
    /// Reads a variant, or says what is wrong with it.
    pub(crate) fn read(value: Value) -> Result<Self, String> {
        let shed: Self = serde_json::from_value(value).map_err(|error| error.to_string())?;
        if !(0.0..=1.0).contains(&shed.share) {
            return Err(format!("share is {}; it must be from 0 to 1", shed.share));
        }
        if !(1..=3_600).contains(&shed.retry_after_seconds) {
            return Err(format!(
                "retryAfterSeconds is {}; it must be from 1 to 3600",
                shed.retry_after_seconds
            ));
        }
        if shed.types.iter().chain(&shed.sources).any(String::is_empty) {
            return Err("a type or a source is empty".to_owned());
        }
        Ok(shed)
    }

    /// Whether there is any event that it could be about.
    pub(crate) fn is_in_force(&self) -> bool {
        self.share > 0.0 && !(self.types.is_empty() && self.sources.is_empty())
    }

    /// Whether an event is not taken; `identity` is its key's bytes, which are spread evenly.
    pub(crate) fn covers(&self, r#type: &str, source: &str, identity: [u8; 16]) -> bool {
        let of_type = self.types.is_empty() || self.types.iter().any(|shed| shed == r#type);
        let of_source = self.sources.is_empty() || self.sources.iter().any(|shed| has_prefix(source, shed));
        of_type && of_source && self.is_in_share(identity)
    }

    pub(crate) fn retry_after(&self) -> Duration {
        Duration::from_secs(self.retry_after_seconds)
    }

    fn is_in_share(&self, identity: [u8; 16]) -> bool {
        let [a, b, c, d, ..] = identity;
        f64::from(u32::from_be_bytes([a, b, c, d])) < self.share * (f64::from(u32::MAX) + 1.0)
    }
}

/// `/nyc` covers `/nyc` and `/nyc/JFK`, not `/nycx`.
fn has_prefix(source: &str, prefix: &str) -> bool {
    match source.strip_prefix(prefix.trim_end_matches('/')) {
        Some(rest) => rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shed(value: Value) -> Shed {
        Shed::read(value).unwrap()
    }

    #[test]
    fn an_event_has_to_have_a_type_and_a_source_of_those_named() {
        let both = shed(json!({ "types": ["a", "b"], "sources": ["/nyc/"] }));
        for (r#type, source, covered) in
            [("a", "/nyc/JFK", true), ("b", "/nyc", true), ("c", "/nyc", false), ("a", "/nycx", false)]
        {
            assert_eq!(both.covers(r#type, source, [9; 16]), covered, "{type} {source}");
        }
        assert!(shed(json!({ "types": ["a"] })).covers("a", "/anything", [9; 16]));
        assert!(shed(json!({ "sources": ["/nyc"] })).covers("anything", "/nyc", [9; 16]));
    }

    #[test]
    fn nothing_named_sheds_nothing() {
        assert!(!shed(json!({})).is_in_force());
        assert!(!shed(json!({ "types": ["a"], "share": 0 })).is_in_force());
        assert!(shed(json!({ "types": ["a"] })).is_in_force());
    }

    #[test]
    fn a_share_is_that_share_of_identities_and_decides_each_the_same_way() {
        let quarter = shed(json!({ "types": ["a"], "share": 0.25 }));
        let identity = |n: u32| {
            let mut identity = [0; 16];
            identity[..4].copy_from_slice(&n.wrapping_mul(2_654_435_761).to_be_bytes());
            identity
        };
        let shed = (0..10_000).filter(|n| quarter.covers("a", "/", identity(*n))).count();
        assert!((2_400..2_600).contains(&shed), "{shed}");
        assert!(
            (0..100).all(|n| quarter.covers("a", "/", identity(n)) == quarter.covers("a", "/", identity(n)))
        );
    }

    #[test]
    fn what_could_be_a_slip_is_refused() {
        for (wrong, said) in [
            (json!({ "type": "a" }), "unknown field `type`"),
            (json!({ "types": "a" }), "invalid type"),
            (json!({ "types": [""] }), "empty"),
            (json!({ "types": ["a"], "share": 25 }), "share is 25"),
            (json!({ "types": ["a"], "retryAfterSeconds": 0 }), "retryAfterSeconds is 0"),
            (json!(true), "invalid type"),
        ] {
            let error = Shed::read(wrong).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
