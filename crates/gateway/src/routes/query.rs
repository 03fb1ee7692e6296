//! The parameters of a query, each known, each given once.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use actix_web::{HttpRequest, web};

use crate::problem::{At, Kind, Problem};

/// A request's query parameters.
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    /// Reads them; `known` are the names that this resource has.
    pub(super) fn of(request: &HttpRequest, known: &[&str]) -> Result<Self, Problem> {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string())
            .map_err(|_| Problem::new(Kind::MalformedRequest, "the query is not of the form name=value&…"))?;
        let mut parameters = BTreeMap::new();
        for (name, value) in pairs.into_inner() {
            if !known.contains(&name.as_str()) {
                let detail = format!("is no parameter of this resource; it has {}", known.join(", "));
                return Err(wrong(&name, detail));
            }
            if parameters.insert(name.clone(), value).is_some() {
                return Err(wrong(&name, "is given twice"));
            }
        }
        Ok(Self(parameters))
    }

    /// A parameter that must be there.
    pub(super) fn required<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, Problem> {
        self.optional(name)?.ok_or_else(|| wrong(name, "is missing"))
    }

    /// A parameter that may be there.
    pub(super) fn optional<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>, Problem> {
        let text = self.0.get(name);
        text.map(|text| text.parse().map_err(|error: T::Err| wrong(name, error))).transpose()
    }
}

/// A parameter that cannot be meant.
pub(super) fn wrong(name: &str, why: impl Display) -> Problem {
    // Whoever made up the name gets it back, but not at any length.
    let shown: String = name.chars().take(64).collect();
    Problem::new(Kind::MalformedRequest, format!("query parameter {shown}: {why}")).at(At::Parameter(shown))
}
