//! The document as a person reads it: what the page of the API shows, in the order it shows it.

use serde_json::Value;

/// Everything on the page.
pub(crate) struct Reference {
    pub(crate) sections: Vec<Section>,
    pub(crate) schemas: Vec<Schema>,
}

/// The operations of one tag.
pub(crate) struct Section {
    pub(crate) tag: String,
    pub(crate) about: Words,
    pub(crate) operations: Vec<Operation>,
}

pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) summary: String,
    pub(crate) about: Vec<Words>,
    /// The role that a key needs; none where no key is needed.
    pub(crate) role: Option<String>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) bodies: Vec<Body>,
    pub(crate) answers: Vec<Answer>,
}

pub(crate) struct Parameter {
    pub(crate) name: String,
    /// `query`, `path` or `header`.
    pub(crate) place: String,
    pub(crate) required: bool,
    pub(crate) about: Words,
    pub(crate) bounds: String,
    pub(crate) example: String,
}

/// A body of one media type.
pub(crate) struct Body {
    pub(crate) media_type: String,
    /// The schemas it may be of.
    pub(crate) schemas: Vec<String>,
    pub(crate) examples: Vec<Example>,
}

pub(crate) struct Answer {
    pub(crate) status: String,
    pub(crate) about: Vec<Words>,
    pub(crate) headers: Vec<(String, Words)>,
    pub(crate) bodies: Vec<Body>,
}

pub(crate) struct Example {
    pub(crate) summary: String,
    pub(crate) text: String,
}

pub(crate) struct Schema {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// A text in which some pieces are code.
pub(crate) struct Words(pub(crate) Vec<Piece>);

pub(crate) struct Piece {
    pub(crate) code: bool,
    pub(crate) text: String,
}

impl Reference {
    /// Reads the document, which is OpenAPI 3.1.
    pub(crate) fn of(document: &Value) -> Self {
        let section = |tag: &Value| {
            let name = text(&tag["name"]);
            let operations = operations(document).filter(|(_, _, said)| said["tags"][0] == tag["name"]);
            Section {
                about: Words::of(&text(&tag["description"])),
                operations: operations
                    .map(|(path, method, said)| Operation::of(path, method, said))
                    .collect(),
                tag: name,
            }
        };
        let schema = |(name, schema): (&String, &Value)| Schema { name: name.clone(), text: pretty(schema) };
        Self {
            sections: items(&document["tags"]).map(section).collect(),
            schemas: members(&document["components"]["schemas"]).map(schema).collect(),
        }
    }
}

fn operations(document: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    let of_path = |(path, methods)| members(methods).map(move |(method, said)| (path, method, said));
    members(&document["paths"]).flat_map(of_path)
}

impl Operation {
    fn of(path: &str, method: &str, said: &Value) -> Self {
        Self {
            id: text(&said["operationId"]),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: text(&said["summary"]),
            about: paragraphs(&said["description"]),
            role: items(&said["security"]).flat_map(members).map(|(_, roles)| text(&roles[0])).next(),
            parameters: items(&said["parameters"]).map(Parameter::of).collect(),
            bodies: bodies(&said["requestBody"]["content"]),
            answers: members(&said["responses"]).map(|(status, said)| Answer::of(status, said)).collect(),
        }
    }
}

impl Parameter {
    fn of(said: &Value) -> Self {
        Self {
            name: text(&said["name"]),
            place: text(&said["in"]),
            required: said["required"] == true,
            about: Words::of(&text(&said["description"])),
            bounds: bounds(&said["schema"]),
            example: text(&said["example"]),
        }
    }
}

impl Answer {
    fn of(status: &str, said: &Value) -> Self {
        let header =
            |(name, header): (&String, &Value)| (name.clone(), Words::of(&text(&header["description"])));
        Self {
            status: status.to_owned(),
            about: paragraphs(&said["description"]),
            headers: members(&said["headers"]).map(header).collect(),
            bodies: bodies(&said["content"]),
        }
    }
}

impl Words {
    fn of(text: &str) -> Self {
        let piece = |(index, text): (usize, &str)| Piece { code: index % 2 == 1, text: text.to_owned() };
        Self(text.split('`').enumerate().map(piece).filter(|piece| !piece.text.is_empty()).collect())
    }
}

fn bodies(content: &Value) -> Vec<Body> {
    let body = |(media_type, said): (&String, &Value)| {
        let example = |(_, said): (&String, &Value)| Example {
            summary: text(&said["summary"]),
            text: pretty(&said["value"]),
        };
        Body {
            media_type: media_type.clone(),
            schemas: schema_names(&said["schema"]),
            examples: members(&said["examples"]).map(example).collect(),
        }
    };
    members(content).map(body).collect()
}

/// The names of the schemas that a body's schema refers to.
fn schema_names(schema: &Value) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return vec![reference.rsplit('/').next().unwrap_or_default().to_owned()];
    }
    let mut names: Vec<_> = items(&schema["oneOf"])
        .chain([&schema["items"]])
        .filter(|each| !each.is_null())
        .flat_map(schema_names)
        .collect();
    names.dedup();
    names
}

/// What a value may be, in a few words.
fn bounds(schema: &Value) -> String {
    let mut said = vec![text(&schema["type"])];
    if let Some(format) = schema["format"].as_str() {
        said.push(format.to_owned());
    }
    for (least, most, unit) in [("minLength", "maxLength", " characters"), ("minimum", "maximum", "")] {
        match (schema.get(least), schema.get(most)) {
            (Some(least), Some(most)) => said.push(format!("{least} to {most}{unit}")),
            (Some(least), None) => said.push(format!("{least}{unit} or more")),
            (None, Some(most)) => said.push(format!("up to {most}{unit}")),
            (None, None) => {}
        }
    }
    let choices: Vec<_> = items(&schema["enum"]).map(text).collect();
    if !choices.is_empty() {
        said.push(choices.join(" or "));
    }
    if let Some(default) = schema.get("default") {
        said.push(format!("{default} if not given"));
    }
    said.join(", ")
}

fn paragraphs(description: &Value) -> Vec<Words> {
    text(description).split("\n\n").filter(|paragraph| !paragraph.is_empty()).map(Words::of).collect()
}

/// A string as it is, nothing as nothing, anything else as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

fn items(array: &Value) -> impl Iterator<Item = &Value> {
    array.as_array().into_iter().flatten()
}

fn members(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flatten()
}
