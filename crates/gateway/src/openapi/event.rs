//! An event in the JSON event format, and in binary mode the headers that make one. The limits are
//! those of the crate `event`; a test holds each against a running gateway.

use std::borrow::Cow;

use serde_json::Value;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, Object, SchemaType, Type};
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Required, Schema, SchemaFormat};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// An attribute of CloudEvents.
struct Attribute {
    name: &'static str,
    about: &'static str,
    max_length: usize,
    required: bool,
    format: Option<SchemaFormat>,
}

impl Attribute {
    fn new(name: &'static str, max_length: usize, about: &'static str) -> Self {
        Self { name, about, max_length, required: false, format: None }
    }

    fn required(self) -> Self {
        Self { required: true, ..self }
    }

    fn format(self, format: SchemaFormat) -> Self {
        Self { format: Some(format), ..self }
    }

    fn schema(&self) -> Object {
        let schema = ObjectBuilder::new().schema_type(Type::String).format(self.format.clone());
        match self.name {
            "specversion" => schema.enum_values(Some(["1.0"])).build(),
            _ => schema.min_length(Some(1)).max_length(Some(self.max_length)).build(),
        }
    }
}

fn attributes() -> [Attribute; 8] {
    let custom = |name: &str| SchemaFormat::Custom(name.to_owned());
    let date_time = SchemaFormat::KnownFormat(KnownFormat::DateTime);
    [
        Attribute::new("specversion", 3, "The version of CloudEvents").required(),
        Attribute::new("id", 512, "Unique within its source; 512 bytes of UTF-8 at most").required(),
        Attribute::new("source", 1024, "Where it happened: a URI reference; 1024 bytes of UTF-8 at most")
            .required()
            .format(custom("uri-reference")),
        Attribute::new("type", 4096, "What kind of occurrence it was").required(),
        Attribute::new("subject", 4096, "What it is about within its source"),
        Attribute::new("time", 4096, "When it happened (RFC 3339); its text is kept").format(date_time),
        Attribute::new("datacontenttype", 4096, "The media type of the data; JSON where it is not given"),
        Attribute::new("dataschema", 4096, "The schema of the data: an absolute URI").format(custom("uri")),
    ]
}

/// An event in the JSON event format of CloudEvents 1.0.2.
pub(crate) struct CloudEvent;

impl PartialSchema for CloudEvent {
    fn schema() -> RefOr<Schema> {
        let mut schema = ObjectBuilder::new().schema_type(Type::Object).description(Some(
            "An event in the JSON event format of CloudEvents 1.0.2. Other members are extension attributes: names of \
             a-z and 0-9, values of 4096 bytes at most.",
        ));
        for attribute in attributes() {
            let described = ObjectBuilder::from(attribute.schema()).description(Some(attribute.about));
            schema = schema.property(attribute.name, described);
            if attribute.required {
                schema = schema.required(attribute.name);
            }
        }
        let base64 = ObjectBuilder::new().schema_type(Type::String).content_encoding("base64");
        let names =
            ObjectBuilder::new().schema_type(Type::String).pattern(Some("^([a-z0-9]{1,64}|data_base64)$"));
        let values = [Type::String, Type::Boolean, Type::Integer, Type::Null];
        let extension =
            ObjectBuilder::new().schema_type(SchemaType::Array(values.into())).max_length(Some(4096));
        schema
            .property("data", payload("The data: any JSON value, kept value for value"))
            .property(
                "data_base64",
                base64.description(Some("Data that is not JSON, kept byte for byte; instead of `data`")),
            )
            .property_names(Some(Schema::Object(names.build())))
            .additional_properties(Some(AdditionalProperties::from(Schema::Object(extension.build()))))
            .into()
    }
}

fn payload(about: &str) -> Object {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue).description(Some(about)).build()
}

impl ToSchema for CloudEvent {
    fn name() -> Cow<'static, str> {
        "CloudEvent".into()
    }
}

/// The headers of `POST /v1/events`; those that make an event count in binary mode only.
pub(crate) struct BinaryHeaders;

impl IntoParams for BinaryHeaders {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let in_binary_mode = attributes().into_iter().filter(|attribute| attribute.name != "datacontenttype");
        let attributes = in_binary_mode.map(|attribute| {
            let needed = if attribute.required { ", needed there" } else { "" };
            let about =
                format!("Binary mode{needed}: {}. Percent-encoded where it is not ASCII", attribute.about);
            header(&format!("ce-{}", attribute.name), &about, attribute.schema(), example(attribute.name))
        });
        let choice = |values: &[&str]| {
            ObjectBuilder::new().schema_type(Type::String).enum_values(Some(values.to_vec())).build()
        };
        let text = || Object::with_type(Type::String);
        let others = [
            header(
                "content-encoding",
                "How the body is encoded, once",
                choice(&["gzip", "zstd", "identity"]),
                None,
            ),
            header(
                "prefer",
                "Of a batch: take the good events where others are bad (RFC 7240)",
                choice(&["handling=lenient", "handling=strict"]),
                None,
            ),
            header("traceparent", "The trace that the event goes on (W3C Trace Context)", text(), None),
            header("tracestate", "What else belongs to that trace", text(), None),
        ];
        attributes.chain(others).collect()
    }
}

fn header(name: &str, about: &str, schema: Object, example: Option<&str>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(about))
        .schema(Some(schema))
        .example(example.map(Value::from))
        .build()
}

/// An event that binary mode could carry.
fn example(attribute: &str) -> Option<&'static str> {
    match attribute {
        "specversion" => Some("1.0"),
        "id" => Some("2013-01-01-B6-725"),
        "source" => Some("/nyc/JFK"),
        "type" => Some("aero.flight.departed"),
        "subject" => Some("N804JB"),
        "time" => Some("2013-01-01T05:44:00-05:00"),
        _ => None,
    }
}
