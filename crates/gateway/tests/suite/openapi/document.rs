//! The document as a test reads it: its operations, and whether an answer is one it tells of.

use crate::support::{Running, json};
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// Headers of HTTP itself, which no operation tells of.
const OF_HTTP: [&str; 5] = ["connection", "content-length", "content-type", "date", "transfer-encoding"];

pub(super) struct Api {
    pub(super) document: Value,
}

pub(super) struct Operation<'d> {
    pub(super) method: Method,
    pub(super) path: &'d str,
    pub(super) said: &'d Value,
}

impl Api {
    /// What this gateway says of itself.
    pub(super) async fn of(gateway: &Running) -> Self {
        let response = gateway.get("/openapi.json").send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/json");
        Self { document: json(response).await }
    }

    pub(super) fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.document["paths"].as_object().unwrap().iter();
        paths
            .flat_map(|(path, methods)| {
                methods.as_object().unwrap().iter().map(move |(method, said)| Operation {
                    method: method.to_uppercase().parse().unwrap(),
                    path,
                    said,
                })
            })
            .collect()
    }

    pub(super) fn operation(&self, id: &str) -> Operation<'_> {
        let mut operations = self.operations().into_iter();
        operations
            .find(|operation| operation.said["operationId"] == id)
            .unwrap_or_else(|| panic!("no operation {id}"))
    }

    pub(super) fn methods_of(&self, path: &str) -> Vec<String> {
        self.document["paths"][path].as_object().unwrap().keys().map(|method| method.to_uppercase()).collect()
    }

    pub(super) fn examples(content: &Value) -> impl Iterator<Item = &Value> {
        content["examples"].as_object().into_iter().flatten().map(|(_, example)| &example["value"])
    }

    /// Whether `value` is of `schema`; the error says where it is not.
    pub(super) fn validate(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let whole = json!({ "allOf": [schema], "components": self.document["components"] });
        let validator = jsonschema::options().should_validate_formats(true).build(&whole).unwrap();
        let errors: Vec<_> =
            validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        if errors.is_empty() { Ok(()) } else { Err(format!("{value}\n{}", errors.join("\n"))) }
    }

    /// Fails unless the operation tells of this answer: its status, its headers, its media type and
    /// its body, which is the result.
    pub(super) async fn check(&self, operation: &Operation<'_>, answer: Response) -> Value {
        let (place, status) = (format!("{} {}", operation.method, operation.path), answer.status());
        let said = &operation.said["responses"][status.as_str()];
        assert!(said.is_object(), "{place} does not tell of {status}");
        for name in answer.headers().keys().map(|name| name.as_str()).filter(|name| !OF_HTTP.contains(name)) {
            assert!(
                said["headers"][name].is_object(),
                "{place} does not tell of the header {name} of {status}"
            );
        }
        let Some(content_type) = answer.headers().get("content-type") else {
            assert!(said["content"].is_null(), "{place} tells of a body of {status}, and there is none");
            return Value::Null;
        };
        let media_type = essence(content_type.to_str().unwrap()).to_owned();
        let contents = said["content"].as_object().into_iter().flatten();
        let content = contents.into_iter().find(|(name, _)| essence(name) == media_type);
        let (_, content) =
            content.unwrap_or_else(|| panic!("{place} does not tell of {media_type} for {status}"));
        let text = answer.text().await.unwrap();
        let body = if media_type.ends_with("json") {
            serde_json::from_str(&text).unwrap()
        } else {
            Value::String(text)
        };
        if let Err(error) = self.validate(&content["schema"], &body) {
            panic!("{place} answers {status} otherwise than documented: {error}");
        }
        body
    }
}

/// A media type without its parameters.
fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default()
}

impl<'d> Operation<'d> {
    /// The parameters in `place`.
    pub(super) fn parameters(&self, place: &str) -> Vec<&'d Value> {
        let all = self.said["parameters"].as_array().into_iter().flatten();
        all.filter(|parameter| parameter["in"] == place).collect()
    }

    pub(super) fn path_with_examples(&self) -> String {
        let fill = |path: String, parameter: &Value| {
            let (name, example) =
                (parameter["name"].as_str().unwrap(), parameter["example"].as_str().unwrap());
            path.replace(&format!("{{{name}}}"), example)
        };
        self.parameters("path").into_iter().fold(self.path.to_owned(), fill)
    }

    /// The headers that have an example.
    pub(super) fn headers_with_examples(&self) -> Vec<(&'d str, &'d str)> {
        let pair = |parameter: &'d Value| Some((parameter["name"].as_str()?, parameter["example"].as_str()?));
        self.parameters("header").into_iter().filter_map(pair).collect()
    }
}
